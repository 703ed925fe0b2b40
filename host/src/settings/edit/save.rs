//! Writes a file whole or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use super::EditError;

/// Waits until no other edit of the project is under way; the next one waits until the file is dropped.
///
/// Where a folder can't be opened or locked, such as on Windows or some network drives, the edit goes on without.
pub(super) fn lock(folder: &Path) -> Option<File> {
    let folder = File::open(folder).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

/// Replaces the content of the file if it is still `old`, otherwise returns `false` and leaves it. A reader, a crash or
/// a power cut sees the old content or the new, never a part. A link is followed; the permissions stay.
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
    let permissions = fs::metadata(&path).map_err(fail("read"))?.permissions();
    let temporary = Temporary(beside(&path));
    temporary.fill(new, permissions).map_err(fail("write"))?;
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
    fn fill(&self, text: &str, permissions: fs::Permissions) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            // Settings hold secrets: nobody else may read them before the permissions are right.
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(&self.0)?;
        file.set_permissions(permissions)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
