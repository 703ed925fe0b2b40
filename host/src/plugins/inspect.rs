//! The static checks on a library: everything that can be known without running its code.
//!
//! They can't see a crash in a static constructor or a bit that flipped inside a segment.

use std::{
    env::consts::{DLL_EXTENSION, DLL_PREFIX, DLL_SUFFIX},
    ffi::OsStr,
    fs::{self, File, Metadata},
    io::{Cursor, Read, Seek},
    path::Path,
    time::SystemTime,
};

use pulsewire_plugin_api::manifest::Manifest;

use super::{descriptors, object_file, partial_file::PartialFile, place::check_needed, rejection::Rejection};

/// The greatest size of a library. Debug builds of real plugins have a tenth of it.
pub const MAX_LIBRARY_BYTES: u64 = 256 << 20;

/// The name of the file that holds the plugin `id`: `lib<id>.so`.
pub fn library_file_name(id: &str) -> String {
    format!("{DLL_PREFIX}{id}{DLL_SUFFIX}")
}

/// Checks the library and returns what it says about itself. Runs none of its code.
pub fn inspect(path: &Path) -> Result<Manifest, Rejection> {
    let inspection = Inspection::of(path);
    match (inspection.manifest, inspection.rejection) {
        (_, Some(rejection)) => Err(rejection),
        (Some(manifest), None) => Ok(manifest),
        (None, None) => Err(Rejection::NoMetadata),
    }
}

/// As [`inspect`], on the bytes of a file named for the plugin `id`.
pub fn inspect_bytes(bytes: &[u8], id: &str) -> Result<Manifest, Rejection> {
    let examined = examine(PartialFile::new(Cursor::new(bytes), bytes.len() as u64), id);
    (examined.verdict).and_then(|()| examined.manifest.ok_or(Rejection::NoMetadata))
}

/// What the checks found out, even about a library that fails them.
#[derive(Debug)]
pub(super) struct Inspection {
    /// What the library says about itself, if that could be read.
    pub(super) manifest: Option<Manifest>,
    /// Why it is refused, if it is.
    pub(super) rejection: Option<Rejection>,
    /// The size of its file, if it is one.
    pub(super) bytes: Option<u64>,
    /// The compiler that built it, if it says so.
    pub(super) compiler: Option<String>,
}

impl Inspection {
    pub(super) fn of(path: &Path) -> Self {
        match Opening::of(path) {
            Ok(opening) => {
                let (id, bytes) = (opening.id, opening.length());
                let examined = examine(PartialFile::new(opening.file, bytes), id);
                let verdict = examined
                    .verdict
                    .and_then(|()| check_needed(path, &examined.needed));
                Self {
                    manifest: examined.manifest,
                    rejection: verdict.err(),
                    bytes: Some(bytes),
                    compiler: examined.compiler,
                }
            }
            Err(rejection) => Self {
                manifest: None,
                rejection: Some(rejection),
                bytes: None,
                compiler: None,
            },
        }
    }
}

/// What [`examine`] found out.
pub(super) struct Examined {
    pub(super) manifest: Option<Manifest>,
    pub(super) verdict: Result<(), Rejection>,
    /// How much of the file, from its beginning, the system's loader reads.
    pub(super) loaded_bytes: u64,
    /// The names of the libraries that it needs.
    pub(super) needed: Vec<String>,
    pub(super) compiler: Option<String>,
}

/// What the library of the plugin `id` says about itself, and the verdict on it.
pub(super) fn examine<R: Read + Seek>(file: PartialFile<R>, id: &str) -> Examined {
    let (loaded_bytes, needed) = (object_file::loaded_bytes(&file), object_file::needed(&file));
    let compiler = object_file::compiler(&file);
    let (manifest, verdict) = match object_file::metadata(&file).map(|json| descriptors::read(json, id)) {
        Ok(read) => read,
        Err(rejection) => (None, Err(file.into_refusal().unwrap_or(rejection))),
    };
    Examined {
        manifest,
        verdict,
        loaded_bytes,
        needed,
        compiler,
    }
}

/// Tells whether a file is still the one that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// On Unix the file's number and the time of its last change of any kind, which nobody can set.
    identity: (u64, i64, i64),
}

impl Stamp {
    fn new(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let identity = {
            use std::os::unix::fs::MetadataExt;
            (metadata.ino(), metadata.ctime(), metadata.ctime_nsec())
        };
        #[cfg(not(unix))]
        let identity = Default::default();
        Self {
            length: metadata.len(),
            modified: metadata.modified().ok(),
            identity,
        }
    }

    /// The file of that name as it is now.
    pub(super) fn of(path: &Path) -> Option<Self> {
        fs::metadata(path).ok().as_ref().map(Self::new)
    }

    /// The open file as it is now.
    pub(super) fn of_file(file: &File) -> Option<Self> {
        file.metadata().ok().as_ref().map(Self::new)
    }
}

/// The file of a library, open for reading.
pub(super) struct Opening<'a> {
    pub(super) file: File,
    pub(super) stamp: Stamp,
    /// The plugin for which the file is named.
    pub(super) id: &'a str,
}

impl<'a> Opening<'a> {
    /// Opens the file for reading. What is not a file is never opened: opening a FIFO would wait for a writer.
    ///
    /// A symbolic link counts as what it leads to, so that a build's result can be linked into a plugin folder.
    pub(super) fn of(path: &'a Path) -> Result<Self, Rejection> {
        let id = plugin_id(path)?;
        let metadata = fs::metadata(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => misnamed(path).unwrap_or(Rejection::Missing),
            _ => Rejection::Unreadable(error),
        })?;
        if !metadata.is_file() {
            return Err(Rejection::NotAFile {
                kind: kind_of(&metadata),
            });
        }
        if metadata.len() > MAX_LIBRARY_BYTES {
            return Err(Rejection::TooLarge {
                bytes: metadata.len(),
                limit: MAX_LIBRARY_BYTES,
            });
        }
        let file = File::open(path).map_err(Rejection::Unreadable)?;
        let stamp = Stamp::new(&metadata);
        Ok(Self { file, stamp, id })
    }

    /// The length of the file.
    pub(super) fn length(&self) -> u64 {
        self.stamp.length
    }

    /// The file for [`examine`].
    pub(super) fn partial(&self) -> PartialFile<&File> {
        PartialFile::new(&self.file, self.length())
    }
}

/// The plugin for which the file is named.
fn plugin_id(path: &Path) -> Result<&str, Rejection> {
    let name = path.file_name().unwrap_or_default();
    let id = name
        .to_str()
        .and_then(|name| name.strip_prefix(DLL_PREFIX)?.strip_suffix(DLL_SUFFIX));
    id.ok_or_else(|| Rejection::FileName {
        found: name.to_string_lossy().into_owned(),
        expected: library_file_name(&path.file_stem().unwrap_or_default().to_string_lossy()),
    })
}

/// If the folder holds one library, but not under the name of `path`.
fn misnamed(path: &Path) -> Option<Rejection> {
    let entries = fs::read_dir(path.parent()?).ok()?;
    let names = entries.flatten().map(|entry| entry.file_name());
    let libraries = names.filter(|name| Path::new(name).extension() == Some(OsStr::new(DLL_EXTENSION)));
    let mut libraries: Vec<_> = libraries.collect();
    libraries.sort();
    let expected = path.file_name()?.to_string_lossy().into_owned();
    match libraries.as_slice() {
        // A link that leads nowhere has the right name.
        [found] if **found != *expected => Some(Rejection::FileName {
            found: found.to_string_lossy().into_owned(),
            expected,
        }),
        _ => None,
    }
}

#[cfg(unix)]
fn kind_of(metadata: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let kind = metadata.file_type();
    if kind.is_dir() {
        "folder"
    } else if kind.is_fifo() {
        "FIFO"
    } else if kind.is_socket() {
        "socket"
    } else {
        "device"
    }
}

#[cfg(not(unix))]
fn kind_of(metadata: &Metadata) -> &'static str {
    if metadata.is_dir() { "folder" } else { "device" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::Step;

    fn refusal(name: &str, content: &[u8]) -> Rejection {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        inspect(&path).unwrap_err()
    }

    #[track_caller]
    fn assert_refused(rejection: &Rejection, step: Step, words: &str) {
        assert_eq!(rejection.step(), step, "{rejection}");
        assert!(rejection.to_string().contains(words), "{rejection}");
    }

    #[test]
    fn missing_file_is_named() {
        let rejection = inspect(&Path::new("/nowhere").join(library_file_name("x"))).unwrap_err();
        assert_refused(&rejection, Step::File, "there is no such file");
    }

    #[test]
    fn file_without_the_name_of_a_library_is_refused() {
        let rejection = refusal("x.plugin", b"");
        assert_refused(&rejection, Step::File, "the file is named `x.plugin`, not");
        assert_eq!(
            rejection.hint(),
            format!("rename it to `{}`", library_file_name("x"))
        );
    }

    #[test]
    fn library_under_another_name_in_the_right_folder_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(library_file_name("lamp"));
        let found = format!("lamp.{DLL_EXTENSION}");
        fs::write(folder.path().join(&found), b"").unwrap();
        fs::write(folder.path().join("readme.md"), b"").unwrap();
        let rejection = inspect(&path).unwrap_err();
        let expected = library_file_name("lamp");
        let words = format!("the file is named `{found}`, not `{expected}`");
        assert_refused(&rejection, Step::File, &words);
        assert_eq!(rejection.hint(), format!("rename it to `{expected}`"));

        // Which of two it is nobody can know.
        fs::write(folder.path().join(format!("dimmer.{DLL_EXTENSION}")), b"").unwrap();
        assert_refused(&inspect(&path).unwrap_err(), Step::File, "there is no such file");
    }

    #[test]
    fn folder_is_no_library() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(library_file_name("x"));
        fs::create_dir(&path).unwrap();
        assert_refused(&inspect(&path).unwrap_err(), Step::File, "it is a folder");
    }

    #[cfg(unix)]
    #[test]
    fn fifo_is_refused_without_waiting_for_a_writer() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(library_file_name("x"));
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let linked = folder.path().join(library_file_name("y"));
        std::os::unix::fs::symlink(&path, &linked).unwrap();
        assert_refused(&inspect(&path).unwrap_err(), Step::File, "it is a FIFO");
        assert_refused(&inspect(&linked).unwrap_err(), Step::File, "it is a FIFO");
    }

    #[test]
    fn oversized_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(library_file_name("x"));
        // A sparse file: it takes no room.
        File::create(&path)
            .and_then(|file| file.set_len(MAX_LIBRARY_BYTES + 1))
            .unwrap();
        assert_refused(&inspect(&path).unwrap_err(), Step::File, "more than the");
    }

    #[test]
    fn what_is_no_library_is_told_by_its_kind() {
        let name = library_file_name("x");
        assert_refused(&refusal(&name, b""), Step::Format, "it is empty");
        assert_refused(
            &refusal(&name, b"#!/bin/sh\necho hi\n"),
            Step::Format,
            "a text file",
        );
        assert_refused(&refusal(&name, &[1; 4096]), Step::Format, "unknown format");
        assert_refused(
            &refusal(&name, b"!<arch>\nplugin.o/       "),
            Step::Format,
            "a static library",
        );
    }

    /// This very test: an object file of this system with everything but a plugin's entry.
    fn own_executable() -> Vec<u8> {
        fs::read(std::env::current_exe().unwrap()).unwrap()
    }

    #[test]
    fn executable_is_no_plugin() {
        let rejection = inspect_bytes(&own_executable(), "x").unwrap_err();
        assert_refused(&rejection, Step::Entry, "exports no plugin");
    }
}
