//! Putting built libraries where the host and the tests look: `<directory>/<id>/lib<id>.so`.

use crate::failure::{Failure, Result};
use crate::workspace::{self, Role};
use cargo_metadata::Artifact;
use std::env::consts::DLL_EXTENSION;
use std::fs;
use std::path::{Path, PathBuf};

/// Stages every plugin and fixture among `artifacts` below `directory` and returns where each went.
pub(crate) fn stage(artifacts: &[Artifact], directory: &Path) -> Result<Vec<PathBuf>> {
    let mut staged = Vec::new();
    for artifact in artifacts {
        let role = workspace::role_of(artifact.manifest_path.as_std_path());
        if let (Some(role), Some(library)) = (role, library_of(artifact)) {
            staged.push(stage_one(
                library,
                &artifact.target.name,
                &directory.join(role.directory()),
            )?);
        }
    }
    Ok(staged)
}

/// Where the library `id` of a role lies below `directory` once staged.
pub(crate) fn staged(directory: &Path, role: Role, id: &str) -> PathBuf {
    directory.join(role.directory()).join(id)
}

/// The library to load that an artifact holds; a unit test harness of the same target is none.
fn library_of(artifact: &Artifact) -> Option<&Path> {
    if !workspace::is_cdylib(&artifact.target) || artifact.profile.test {
        return None;
    }
    let mut files = artifact.filenames.iter();
    files
        .find(|file| file.extension() == Some(DLL_EXTENSION))
        .map(|file| file.as_std_path())
}

/// Copies a library into the directory `id` below `directory`. A running host sees the old file or the new one, never half
/// of one, and nothing at all when both are the same.
fn stage_one(library: &Path, id: &str, directory: &Path) -> Result<PathBuf> {
    let directory = directory.join(id);
    fs::create_dir_all(&directory).map_err(|error| Failure::file("create", &directory, &error))?;
    let name = library.file_name().unwrap_or(library.as_os_str());
    let target = directory.join(name);
    let built = fs::read(library).map_err(|error| Failure::file("read", library, &error))?;
    if fs::read(&target).is_ok_and(|present| present == built) {
        return Ok(target);
    }
    // Hidden, and without a library's extension, so that no search takes it for a plugin.
    let temporary = directory.join(format!(".{}.{}", id, std::process::id()));
    fs::write(&temporary, built).map_err(|error| Failure::file("write", &temporary, &error))?;
    fs::rename(&temporary, &target).map_err(|error| Failure::file("write", &target, &error))?;
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_is_replaced_whole_and_left_alone_when_equal() {
        let directory = tempfile::tempdir().unwrap();
        let library = directory.path().join("libx.so");
        let plugins = directory.path().join("plugins");
        fs::write(&library, "one").unwrap();
        let staged = stage_one(&library, "x", &plugins).unwrap();
        assert_eq!(staged, plugins.join("x/libx.so"));
        let first = fs::metadata(&staged).unwrap();

        stage_one(&library, "x", &plugins).unwrap();
        assert_eq!(
            fs::metadata(&staged).unwrap().modified().unwrap(),
            first.modified().unwrap()
        );

        let open = fs::File::open(&staged).unwrap();
        fs::write(&library, "two").unwrap();
        stage_one(&library, "x", &plugins).unwrap();
        assert_eq!(fs::read_to_string(&staged).unwrap(), "two");
        assert_eq!(std::io::read_to_string(open).unwrap(), "one");
        assert_eq!(fs::read_dir(plugins.join("x")).unwrap().count(), 1);
    }
}
