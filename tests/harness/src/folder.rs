//! A folder on the search path, filled by a test and gone with it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use pulsewire_host::plugins::{SearchPath, library_file_name};
use tempfile::TempDir;

/// A temporary plugin folder.
pub struct PluginFolder(TempDir);

impl PluginFolder {
    /// An empty one.
    #[track_caller]
    #[expect(clippy::new_without_default, reason = "it makes a folder on disk")]
    pub fn new() -> Self {
        Self(TempDir::with_prefix("pulsewire-plugins-").expect("a temporary folder can be made"))
    }

    /// One that holds copies of `libraries`, each under the id that its file is named for.
    #[track_caller]
    pub fn of(libraries: impl IntoIterator<Item = PathBuf>) -> Self {
        let folder = Self::new();
        for library in libraries {
            folder.add(library);
        }
        folder
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// A search path of this folder alone.
    pub fn search_path(&self) -> SearchPath {
        SearchPath::of_folders([self.path().to_owned()])
    }

    /// Where the library of `id` lies; makes the folder for it.
    #[track_caller]
    pub fn place(&self, id: &str) -> PathBuf {
        let folder = self.path().join(id);
        fs::create_dir_all(&folder).expect("a folder for the plugin can be made");
        folder.join(library_file_name(id))
    }

    /// Copies a library under the id that its file is named for.
    #[track_caller]
    pub fn add(&self, library: impl AsRef<Path>) -> PathBuf {
        let library = library.as_ref();
        let bytes = fs::read(library).unwrap_or_else(|error| panic!("`{}`: {error}", library.display()));
        self.add_bytes(&id_of(library), &bytes)
    }

    /// Writes `bytes` as the library of `id`.
    #[track_caller]
    pub fn add_bytes(&self, id: &str, bytes: &[u8]) -> PathBuf {
        let place = self.place(id);
        fs::write(&place, bytes).expect("the library can be written");
        place
    }
}

/// The id that a library's file is named for.
#[track_caller]
pub(crate) fn id_of(library: &Path) -> String {
    let name = library
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let prefix_and_suffix = library_file_name("|");
    let (prefix, suffix) = prefix_and_suffix.split_once('|').unwrap_or_default();
    name.strip_prefix(prefix)
        .and_then(|name| name.strip_suffix(suffix))
        .unwrap_or_else(|| panic!("`{}` is not named like a library", library.display()))
        .to_owned()
}
