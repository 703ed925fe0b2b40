//! The root project in a folder of its own, where its port may change.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use toml_edit::DocumentMut;

use crate::{Failure, Result};

/// A copy of the root project; removed when dropped.
pub(crate) struct Project {
    folder: TempDir,
}

impl Project {
    /// Copies settings and logic. Only the port of the connection is another.
    pub(crate) fn copy(port: u16) -> Result<Self> {
        let root = root();
        let failed = |error: io::Error| Failure::new(format!("the root project cannot be copied: {error}"));
        let folder = tempfile::tempdir().map_err(failed)?;
        copy_folder(&root.join("logic"), &folder.path().join("logic")).map_err(failed)?;
        let settings = fs::read_to_string(root.join("settings.toml")).map_err(failed)?;
        let project = Self { folder };
        fs::write(project.settings_file(), with_port(&settings, port)?).map_err(failed)?;
        Ok(project)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// `settings.toml` as it is now.
    pub(crate) fn settings(&self) -> Result<String> {
        fs::read_to_string(self.settings_file())
            .map_err(|error| Failure::new(format!("`settings.toml` cannot be read: {error}")))
    }

    fn settings_file(&self) -> PathBuf {
        self.folder().join("settings.toml")
    }
}

/// The repository, where the root project lies.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// The settings with another port in their first Socket.IO connection, and nothing else changed.
fn with_port(settings: &str, port: u16) -> Result<String> {
    let mut document: DocumentMut = settings
        .parse()
        .map_err(|error| Failure::new(format!("the root project's `settings.toml`: {error}")))?;
    let connection = document
        .get_mut("settings")
        .and_then(|settings| {
            settings
                .get_mut("socketio")?
                .get_mut("connections")?
                .get_mut(0)?
                .get_mut("port")
        })
        .and_then(|port| port.as_value_mut())
        .ok_or_else(|| {
            Failure::new("the root project's settings have no Socket.IO connection with a port")
        })?;
    let decor = connection.decor().clone();
    *connection = i64::from(port).into();
    *connection.decor_mut() = decor;
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_port_changes() {
        let settings = fs::read_to_string(root().join("settings.toml")).unwrap();
        let changed = with_port(&settings, 4711).unwrap();
        let different: Vec<_> = settings
            .lines()
            .zip(changed.lines())
            .filter(|(a, b)| a != b)
            .collect();
        assert_eq!(different.len(), 1, "{different:?}");
        assert!(different[0].1.contains("4711"), "{different:?}");
        assert_eq!(settings.lines().count(), changed.lines().count());
    }

    #[test]
    fn settings_without_a_port_are_refused() {
        assert!(with_port("format = 1\n", 1).is_err());
        assert!(with_port("not toml", 1).is_err());
    }
}
