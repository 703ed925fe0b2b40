//! A file inside an installation that holds what it was made from. Written last: without it an installation is half done.

use crate::failure::{Failure, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Tests look for this name too (`tests/it/src/tools.rs`).
const NAME: &str = ".pulsewire-installed";

/// The stamp of one installation.
pub(super) struct Stamp {
    path: PathBuf,
    content: String,
}

impl Stamp {
    /// The stamp that `directory` has when it was made from `content`.
    pub(super) fn new(directory: &Path, content: String) -> Self {
        Self {
            path: directory.join(NAME),
            content,
        }
    }

    pub(super) fn is_fresh(&self) -> bool {
        fs::read_to_string(&self.path).is_ok_and(|present| present == self.content)
    }

    pub(super) fn write(&self) -> Result<()> {
        fs::write(&self.path, &self.content).map_err(|error| Failure::file("write", &self.path, &error))
    }
}

/// The text of a file that an installation is made from.
pub(super) fn source(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_fresh_until_its_source_changes() {
        let directory = tempfile::tempdir().unwrap();
        let stamp = |content: &str| Stamp::new(directory.path(), content.to_owned());
        assert!(!stamp("one").is_fresh());
        stamp("one").write().unwrap();
        assert!(stamp("one").is_fresh());
        assert!(!stamp("two").is_fresh());
    }
}
