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
        Err(error) => {
            use io::ErrorKind::{NotADirectory, NotFound};
            if folder.origin.is_explicit() || !matches!(error.kind(), NotADirectory | NotFound) {
                reports.push(unreadable(&folder.path, &error));
            }
            return;
        }
    };
    for name in names {
        let path = folder.path.join(&name);
        if path.is_dir() {
            found.extend(plugin_in(&folder.path, &name));
        } else if path.extension() == Some(OsStr::new(DLL_EXTENSION)) {
            reports.push(match search_folder_of(&path) {
                Some(parent) => own_folder(&folder.path, parent),
                None => outside_of_a_folder(&path),
            });
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

fn unreadable(folder: &Path, error: &io::Error) -> Report {
    let shown = folder.display();
    let (message, hint) = match (error.kind(), search_folder_of(folder)) {
        (io::ErrorKind::NotADirectory, Some(parent)) => (
            format!("the plugin folder `{shown}` is a file"),
            format!(
                "name the folder that holds the plugin's own, `{}`",
                parent.display()
            ),
        ),
        (io::ErrorKind::NotADirectory, None) => (
            format!("the plugin folder `{shown}` is a file"),
            format!(
                "name a folder that holds plugins, each as `{}`",
                library_of(Path::new(""), "ID").display()
            ),
        ),
        _ => (
            format!("the plugin folder `{shown}` cannot be read: {error}"),
            "create the folder, or stop naming it".to_owned(),
        ),
    };
    Report::new(Step::Search, message).hint(hint).at(folder)
}

/// The folder to name for the plugin whose library this is, if it lies in a folder of its own.
fn search_folder_of(library: &Path) -> Option<&Path> {
    let own = library.parent()?;
    let is_library = library.extension() == Some(OsStr::new(DLL_EXTENSION));
    (is_library && own.file_name()?.to_str() == Some(&id_of(library))).then(|| own.parent())?
}

/// The id for which the library is or should be named.
fn id_of(library: &Path) -> String {
    let stem = library.file_stem().unwrap_or_default().to_string_lossy();
    stem.strip_prefix(DLL_PREFIX).unwrap_or(&stem).to_owned()
}

fn own_folder(folder: &Path, parent: &Path) -> Report {
    let message = format!("`{}` is the own folder of one plugin", folder.display());
    let hint = format!("name its parent, `{}`", parent.display());
    Report::new(Step::Search, message).hint(hint).at(folder)
}

fn outside_of_a_folder(library: &Path) -> Report {
    let id = id_of(library);
    let parent = library.parent().unwrap_or(library);
    let message = format!("`{}` lies outside of a folder of its own", library.display());
    let hint = format!("move it to `{}`", library_of(parent, &id).display());
    Report::new(Step::Search, message).hint(hint).at(library)
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
    fn folder_of_one_plugin_is_told_from_a_folder_of_plugins() {
        let folder = tempfile::tempdir().unwrap();
        let library = format!("lamp/{}", file("lamp"));
        put(folder.path(), &library);
        let lamp = folder.path().join("lamp");
        let (found, reports) = scan(&SearchPath::of_folders([lamp.clone()]));
        assert_eq!(found, []);
        let expected = Report::new(
            Step::Search,
            format!("`{}` is the own folder of one plugin", lamp.display()),
        );
        let hint = format!("name its parent, `{}`", folder.path().display());
        assert_eq!(reports, [expected.hint(hint).at(lamp)]);
    }

    #[test]
    fn library_named_instead_of_a_folder_is_told_to_be_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let (own, loose) = (format!("lamp/{}", file("lamp")), file("lamp"));
        let misnamed = format!("lamp/lamp.{DLL_EXTENSION}");
        let hints = [
            format!(
                "name the folder that holds the plugin's own, `{}`",
                folder.path().display()
            ),
            format!(
                "name the folder that holds the plugin's own, `{}`",
                folder.path().display()
            ),
            format!("name a folder that holds plugins, each as `ID/{}`", file("ID")),
        ];
        for (name, hint) in [own, misnamed, loose].iter().zip(hints) {
            put(folder.path(), name);
            let path = folder.path().join(name);
            let (_, reports) = scan(&SearchPath::of_folders([path.clone()]));
            let message = format!("the plugin folder `{}` is a file", path.display());
            assert_eq!(reports, [Report::new(Step::Search, message).hint(hint).at(&path)]);
            let implied = SearchPath::new(&SearchInputs {
                data_home: Some(path.into()),
                ..SearchInputs::default()
            });
            assert_eq!(scan(&implied).1, [], "nobody named it");
        }
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
