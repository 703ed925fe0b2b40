//! Finding libraries in the folders of the search path: `<folder>/<id>/lib<id>.so`. Opens none of them.

use std::{
    env::consts::{DLL_EXTENSION, DLL_PREFIX},
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    descriptors::is_identifier,
    inspect::library_file_name,
    report::{Report, Step},
    search::{Folder, SearchPath},
};

/// A plugin folder that holds something.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) id: String,
    /// Where its library is, or should be.
    pub(super) library: PathBuf,
}

/// The plugin folders on the search path, in its order, and by id within a folder.
pub(super) fn scan(search: &SearchPath) -> (Vec<Found>, Vec<Report>) {
    let mut found = Vec::new();
    let mut reports = search.reports().to_vec();
    let mut seen = Vec::new();
    for folder in search.folders() {
        // The same folder by another way is not a second one.
        let resolved = fs::canonicalize(&folder.path).unwrap_or_else(|_| folder.path.clone());
        if !seen.contains(&resolved) {
            seen.push(resolved);
            scan_folder(folder, &mut found, &mut reports);
        }
    }
    (found, reports)
}

/// The library of the plugin `id` that the search path would take now.
pub(super) fn find(search: &SearchPath, id: &str) -> Option<PathBuf> {
    let libraries = search.folders().iter().map(|folder| library_of(&folder.path, id));
    libraries
        .into_iter()
        .find(|library| fs::symlink_metadata(library).is_ok())
}

fn library_of(folder: &Path, id: &str) -> PathBuf {
    folder.join(id).join(library_file_name(id))
}

fn scan_folder(folder: &Folder, found: &mut Vec<Found>, reports: &mut Vec<Report>) {
    let names = match names_in(&folder.path) {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound && !folder.origin.is_explicit() => return,
        Err(error) => {
            let message = format!(
                "the plugin folder `{}` cannot be read: {error}",
                folder.path.display()
            );
            reports.push(Report::new(Step::Search, message).hint("create the folder, or stop naming it"));
            return;
        }
    };
    for name in names {
        let path = folder.path.join(&name);
        if path.is_dir() {
            found.extend(plugin_in(&folder.path, &name));
        } else if path.extension() == Some(OsStr::new(DLL_EXTENSION)) {
            reports.push(outside_of_a_folder(&path));
        }
    }
}

/// The plugin in the folder `name`. Folders that hold no library are somebody else's business.
fn plugin_in(parent: &Path, name: &str) -> Option<Found> {
    let library = library_of(parent, name);
    let is_meant = || {
        let names = names_in(&parent.join(name)).unwrap_or_default();
        is_identifier(name)
            && names
                .iter()
                .any(|name| Path::new(name).extension() == Some(OsStr::new(DLL_EXTENSION)))
    };
    (fs::symlink_metadata(&library).is_ok() || is_meant()).then(|| Found {
        id: name.to_owned(),
        library,
    })
}

fn outside_of_a_folder(library: &Path) -> Report {
    let stem = library.file_stem().unwrap_or_default().to_string_lossy();
    let id = stem.strip_prefix(DLL_PREFIX).unwrap_or(&stem);
    let parent = library.parent().unwrap_or(library);
    let message = format!("`{}` lies outside of a folder of its own", library.display());
    Report::new(Step::Search, message).hint(format!("move it to `{}`", library_of(parent, id).display()))
}

/// The names in a folder, sorted; hidden ones are left out, and those that are no text.
fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let mut names: Vec<String> = fs::read_dir(folder)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::{SearchInputs, inspect::library_file_name as file};

    fn put(folder: &Path, path: &str) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }

    fn ids(found: &[Found]) -> Vec<&str> {
        found.iter().map(|found| &*found.id).collect()
    }

    #[test]
    fn libraries_are_found_by_folder_then_id() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        put(one.path(), &format!("b/{}", file("b")));
        put(one.path(), &format!("a/{}", file("a")));
        put(two.path(), &format!("a/{}", file("a")));
        let folders = [
            one.path().to_owned(),
            two.path().to_owned(),
            one.path().join("../").join(one.path()),
        ];
        let (found, reports) = scan(&SearchPath::of_folders(folders));
        assert_eq!(ids(&found), ["a", "b", "a"]);
        assert_eq!(found[2].library, two.path().join("a").join(file("a")));
        assert_eq!(reports, []);
    }

    #[test]
    fn folders_without_a_library_are_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "notes/readme.md");
        put(folder.path(), "readme.md");
        put(folder.path(), &format!(".hidden/{}", file(".hidden")));
        let (found, reports) = scan(&SearchPath::of_folders([folder.path().to_owned()]));
        assert_eq!(found, []);
        assert_eq!(reports, []);
    }

    #[test]
    fn library_under_another_name_makes_its_folder_a_plugin() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), &format!("chat/{}", file("chat_plugin")));
        let (found, _) = scan(&SearchPath::of_folders([folder.path().to_owned()]));
        assert_eq!(ids(&found), ["chat"]);
    }

    #[test]
    fn library_outside_of_a_folder_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), &file("chat"));
        let (found, reports) = scan(&SearchPath::of_folders([folder.path().to_owned()]));
        assert_eq!(found, []);
        assert!(
            reports[0]
                .message
                .ends_with("lies outside of a folder of its own")
        );
        let right = folder.path().join("chat").join(file("chat"));
        assert_eq!(reports[0].hint, Some(format!("move it to `{}`", right.display())));
    }

    #[test]
    fn only_folders_that_somebody_named_must_exist() {
        let missing = std::env::temp_dir().join("pulsewire-nowhere");
        let named = SearchPath::of_folders([missing.clone()]);
        let (_, reports) = scan(&named);
        assert!(
            reports[0].message.contains("pulsewire-nowhere` cannot be read"),
            "{reports:?}"
        );
        let implied = SearchPath::new(&SearchInputs {
            data_home: Some(missing.into()),
            ..SearchInputs::default()
        });
        assert_eq!(scan(&implied).1, []);
    }
}
