//! Files that the system has not in memory, without rights that a user lacks.
//!
//! Their pages are written and then dropped. What the kernel knows of folders stays, and so does what another process has
//! mapped, such as the C library.

use std::{fs::File, path::Path};

use crate::{Failure, Result};

/// Drops the pages of the file at `path` from the system's memory.
pub fn forget(path: &Path) -> Result<()> {
    let naming = |error: std::io::Error| Failure::new(format!("can't drop `{}`: {error}", path.display()));
    let file = File::open(path).map_err(naming)?;
    // What is not written yet cannot be dropped.
    file.sync_all().map_err(naming)?;
    drop_pages(&file).map_err(naming)
}

/// As [`forget`], for all files in the folder.
pub fn forget_files(folder: &Path) -> Result<()> {
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.is_file() {
            forget(&path)?;
        }
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn drop_pages(file: &File) -> std::io::Result<()> {
    Ok(rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed)?)
}

#[cfg(not(target_os = "linux"))]
fn drop_pages(_: &File) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}
