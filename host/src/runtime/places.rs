//! Where the files of a running project lie, and what can be seen of them without reading them.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, Metadata},
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::settings_file;

/// The folders of logic files.
pub(super) const LOGIC: [&str; 3] = ["logic", "logic/scenes", "logic/functions"];

/// The folders to watch with the names that count in them. Two are equal only if the same folders stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Places(Vec<Place>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    folder: PathBuf,
    counts: Counts,
    /// `None` if it is not there.
    identity: Option<Identity>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Counts {
    /// The file of this name.
    File(OsString),
    /// Logic files, and the folders of logic.
    Logic,
}

/// Tells a folder from another that takes its place.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Identity {
    real: PathBuf,
    number: Option<(u64, u64)>,
    created: Option<SystemTime>,
}

/// What changes when a file is changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stamps(Vec<(PathBuf, Option<Stamp>)>);

type Stamp = (Option<(u64, u64)>, Option<SystemTime>, u64);

impl Places {
    pub(super) fn of(folder: &Path) -> Self {
        let file = settings_file(folder);
        let mut places = vec![Place::new(
            folder.to_owned(),
            Counts::File(OsString::from("settings.toml")),
        )];
        // Where it is a symbolic link, the file behind it is watched too.
        let behind = fs::canonicalize(&file).ok();
        let behind = behind
            .as_deref()
            .and_then(|file| Some((file.parent()?, file.file_name()?)));
        if let Some((folder, name)) = behind {
            let place = Place::new(folder.to_owned(), Counts::File(name.to_owned()));
            if (&place.counts, &place.identity) != (&places[0].counts, &places[0].identity) {
                places.push(place);
            }
        }
        let logic = LOGIC.map(|logic| folder.join(logic));
        let logic = logic.into_iter().filter(|folder| folder.is_dir());
        places.extend(logic.map(|folder| Place::new(folder, Counts::Logic)));
        Self(places)
    }

    /// The folders that are there.
    pub(super) fn folders(&self) -> impl Iterator<Item = &Path> {
        let present = self.0.iter().filter(|place| place.identity.is_some());
        present.map(|place| place.folder.as_path())
    }

    /// Whether the project's own folder is there.
    pub(super) fn are_there(&self) -> bool {
        self.0.first().is_some_and(|place| place.identity.is_some())
    }

    /// Whether a change of `path` is a change of one of the files, or moves one of the folders.
    pub(super) fn concern(&self, path: &Path) -> bool {
        let name = path.file_name().unwrap_or_default();
        self.0.iter().any(|place| {
            place.folder == path
                || match &place.counts {
                    Counts::File(file) => file == name || name == "logic",
                    Counts::Logic => path.parent() == Some(&place.folder) && is_logic(name),
                }
        })
    }

    /// The files as they are now.
    pub(super) fn stamps(&self) -> Stamps {
        let mut stamps = Vec::new();
        for place in &self.0 {
            match &place.counts {
                Counts::File(name) => {
                    let file = place.folder.join(name);
                    stamps.push((file.clone(), stamp(&file)));
                }
                Counts::Logic => {
                    let files = logic_files(&place.folder).into_iter();
                    stamps.extend(files.map(|file| (file.clone(), stamp(&file))));
                }
            }
        }
        Stamps(stamps)
    }
}

impl Place {
    fn new(folder: PathBuf, counts: Counts) -> Self {
        let identity = fs::metadata(&folder).ok().and_then(|metadata| {
            Some(Identity {
                real: fs::canonicalize(&folder).ok()?,
                number: number(&metadata),
                created: metadata.created().ok(),
            })
        });
        Self {
            folder,
            counts,
            identity,
        }
    }
}

/// The logic files of one folder, in the order of names; none if it can't be read.
pub(super) fn logic_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name());
    let mut files: Vec<PathBuf> = names
        .filter(|name| is_file(name))
        .map(|name| folder.join(name))
        .collect();
    files.sort_unstable();
    files
}

fn is_logic(name: &OsStr) -> bool {
    is_file(name) || name == "scenes" || name == "functions"
}

/// Hidden ones are what editors keep beside the file.
fn is_file(name: &OsStr) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "toml")
        && !name.as_encoded_bytes().starts_with(b".")
}

fn stamp(file: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(file).ok()?;
    Some((number(&metadata), metadata.modified().ok(), metadata.len()))
}

#[cfg(unix)]
fn number(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn number(_: &Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> tempfile::TempDir {
        let project = tempfile::tempdir().unwrap();
        fs::write(project.path().join("settings.toml"), "").unwrap();
        project
    }

    #[test]
    fn logic_files_count_and_other_files_do_not() {
        let project = project();
        let scenes = project.path().join("logic/scenes");
        fs::create_dir_all(&scenes).unwrap();
        let places = Places::of(project.path());
        assert!(places.concern(&scenes.join("a.toml")));
        assert!(!places.concern(&scenes.join(".a.toml")));
        assert!(!places.concern(&scenes.join("a.toml~")));
        assert!(!places.concern(&project.path().join("other.toml")));
        let before = places.stamps();
        fs::write(scenes.join("a.toml"), "").unwrap();
        assert_ne!(places.stamps(), before);
    }

    #[cfg(unix)]
    #[test]
    fn file_behind_a_link_is_watched_too() {
        let project = project();
        let file = project.path().join("settings.toml");
        assert_eq!(Places::of(project.path()).folders().count(), 1);

        let elsewhere = tempfile::tempdir().unwrap();
        let shared = elsewhere.path().join("shared.toml");
        fs::rename(&file, &shared).unwrap();
        std::os::unix::fs::symlink(&shared, &file).unwrap();
        let places = Places::of(project.path());
        let behind = elsewhere.path().canonicalize().unwrap();
        assert_eq!(
            places.folders().collect::<Vec<_>>(),
            [project.path(), behind.as_path()]
        );
        assert!(places.concern(&behind.join("shared.toml")));
    }

    #[cfg(unix)]
    #[test]
    fn folder_that_takes_the_place_of_another_is_another() {
        let parent = tempfile::tempdir().unwrap();
        let current = parent.path().join("current");
        for name in ["one", "two"] {
            fs::create_dir(parent.path().join(name)).unwrap();
            fs::write(parent.path().join(name).join("settings.toml"), "").unwrap();
        }
        std::os::unix::fs::symlink("one", &current).unwrap();
        let one = Places::of(&current);
        assert_eq!(Places::of(&current), one);
        fs::remove_file(&current).unwrap();
        std::os::unix::fs::symlink("two", &current).unwrap();
        assert_ne!(Places::of(&current), one);
    }
}
