//! Writes a file whole or not at all.

use std::{
    fs::{self, File, Metadata, OpenOptions, Permissions},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use super::{EditError, FILE};
use crate::diagnostics::Fault;

/// Waits until no other edit of the project is under way; the next one waits until the file is dropped.
///
/// Where a folder can't be opened or locked, such as on Windows or some network drives, the edit goes on without.
pub(super) fn lock(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// Replaces the content of the file if it is still `old`, otherwise returns `false` and leaves it. A reader, a crash or
/// a power cut sees the old content or the new, never a part. A link is followed; owner and permissions stay.
///
/// Whoever may write the file but can't give the new one to its owner is refused: writing in place would keep the owner,
/// but a crash would then leave a part of the file.
pub(super) fn replace(path: &Path, old: &str, new: &str) -> Result<bool, EditError> {
    let fail = |action| {
        move |source| EditError::Io {
            action,
            path: path.to_owned(),
            source,
        }
    };
    let path = fs::canonicalize(path).map_err(fail("find"))?;
    // A file that its owner protected is not replaced behind the protection.
    OpenOptions::new()
        .write(true)
        .open(&path)
        .map_err(fail("write"))?;
    let metadata = fs::metadata(&path).map_err(fail("read"))?;
    let temporary = Temporary(beside(&path));
    let mut file = temporary.create().map_err(fail("write"))?;
    keep_owner(&file, &metadata)?;
    fill(&mut file, new, metadata.permissions()).map_err(fail("write"))?;
    if fs::read(&path).map_err(fail("read"))? != old.as_bytes() {
        return Ok(false);
    }
    fs::rename(&temporary.0, &path).map_err(fail("replace"))?;
    // Makes the new name last. Not every system can do it, and the content is safe without it.
    if let Some(Ok(folder)) = path.parent().map(File::open) {
        let _ = folder.sync_all();
    }
    Ok(true)
}

fn beside(path: &Path) -> PathBuf {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".settings.{}.{number}.tmp", process::id()))
}

/// A file that is gone unless it was renamed.
struct Temporary(PathBuf);

impl Temporary {
    fn create(&self) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            // Settings hold secrets: nobody else may read them before the permissions are right.
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        options.open(&self.0)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn fill(file: &mut File, text: &str, permissions: Permissions) -> io::Result<()> {
    file.set_permissions(permissions)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Gives the new file to the user and the group that have the old one, or else root would take it from them.
#[cfg(unix)]
fn keep_owner(file: &File, old: &Metadata) -> Result<(), EditError> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let is_theirs = |new: Metadata| (new.uid(), new.gid()) == (old.uid(), old.gid());
    // A file system without owners refuses to change them, and has nothing to change.
    if file.metadata().is_ok_and(is_theirs) {
        return Ok(());
    }
    fchown(file, Some(old.uid()), Some(old.gid())).map_err(|error| {
        let (user, group) = (old.uid(), old.gid());
        let message =
            format!("belongs to the user {user} and the group {group}, which an edit can't keep: {error}");
        let hint = format!("run pulsewire as the user {user}, or edit the file by hand");
        Fault::file(FILE, message).hint(hint).into()
    })
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) -> Result<(), EditError> {
    Ok(())
}
