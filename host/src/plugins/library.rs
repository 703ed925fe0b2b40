//! Opening libraries, for good: a library is never unloaded, since its code may be on any thread's stack.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use pulsewire_plugin_api::abi::{
    ENTRY_SYMBOL,
    loaded::{EntryError, LoadedLibrary},
};

use super::{image::Image, inspect::Stamp};

/// Why a library could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The system's loader refuses it: a library that it needs is missing, or a symbol.
    #[error("the system cannot open the library: {0}")]
    Loader(String),
    /// What it exports is not a plugin for this host.
    #[error(transparent)]
    Entry(#[from] EntryError),
}

/// A library that was opened in this process.
#[derive(Clone, Copy)]
pub(super) struct Opened {
    pub(super) library: LoadedLibrary,
    /// The file has changed since it was opened; what runs is the code from then.
    pub(super) is_outdated: bool,
}

/// All libraries that this process has opened, by the resolved path of their files.
static LIBRARIES: Mutex<BTreeMap<PathBuf, (LoadedLibrary, Stamp)>> = Mutex::new(BTreeMap::new());

/// The library of that file, if it was opened before.
pub(super) fn already_open(path: &Path) -> Option<Opened> {
    let libraries = LIBRARIES.lock().unwrap_or_else(PoisonError::into_inner);
    let (library, stamp) = libraries.get(&resolved(path))?;
    Some(Opened {
        library: *library,
        is_outdated: Stamp::of(path) != Some(*stamp),
    })
}

/// Opens the copy of the library whose file is `path`. `[logic-thread]`
pub(super) fn open(path: &Path, image: Image) -> Result<LoadedLibrary, OpenError> {
    let opened = open_for_good(&image.path());
    let stamp = image.stamp;
    // Also a library that fails may go on running.
    image.leak();
    let library = opened?;
    let mut libraries = LIBRARIES.lock().unwrap_or_else(PoisonError::into_inner);
    libraries.insert(resolved(path), (library, stamp));
    Ok(library)
}

fn resolved(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Opens exactly this file; it stays open. `[logic-thread]`
pub(crate) fn open_for_good(path: &Path) -> Result<LoadedLibrary, OpenError> {
    let entry = entry_of(path).map_err(|error| OpenError::Loader(reason(&error, path)))?;
    // SAFETY: `entry` is the value of the entry symbol, and its library was leaked.
    Ok(unsafe { LoadedLibrary::from_entry(entry) }?)
}

/// The address of the entry symbol in the library, which stays open. Every symbol that the library needs is bound
/// now, so that a missing one is an error here and not the end of the process later.
#[cfg(unix)]
fn entry_of(path: &Path) -> Result<*const (), libloading::Error> {
    use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
    // SAFETY: opening runs the library's constructors. That they are harmless can't be known; it is what whoever
    // enables a plugin trusts it with. The path is absolute, so the loader searches nowhere else.
    let library = unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }?;
    // SAFETY: the symbol is a static, and its address is all that is taken.
    let entry = unsafe { library.get::<*const ()>(ENTRY_SYMBOL) }.map(|symbol| *symbol);
    std::mem::forget(library);
    entry.and_then(not_null)
}

/// As on Unix; Windows always binds every symbol.
#[cfg(not(unix))]
fn entry_of(path: &Path) -> Result<*const (), libloading::Error> {
    // SAFETY: opening runs the library's entry point, with which whoever enables a plugin trusts it.
    let library = unsafe { libloading::Library::new(path) }?;
    // SAFETY: the symbol is a static, and its address is all that is taken.
    let entry = unsafe { library.get::<*const ()>(ENTRY_SYMBOL) }.map(|symbol| *symbol);
    std::mem::forget(library);
    entry.and_then(not_null)
}

/// What the system says, which stands below the error; without the path of the copy, which tells nobody anything.
fn reason(error: &libloading::Error, path: &Path) -> String {
    let said = std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
    said.replace(&format!("{}: ", path.display()), "")
}

fn not_null(entry: *const ()) -> Result<*const (), libloading::Error> {
    if entry.is_null() {
        Err(libloading::Error::DlSymUnknown)
    } else {
        Ok(entry)
    }
}
