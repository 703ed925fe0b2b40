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

use super::inspect::Stamp;

/// Why a library could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The system's loader refuses it: a library that it needs is missing, or a symbol.
    #[error("the system cannot open the library: {0}")]
    Loader(#[source] libloading::Error),
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

/// All libraries that this process has opened, by their resolved path.
static LIBRARIES: Mutex<BTreeMap<PathBuf, (LoadedLibrary, Option<Stamp>)>> = Mutex::new(BTreeMap::new());

/// Opens the library, or finds it among those that are open already. `[logic-thread]`
pub(super) fn open(path: &Path) -> Result<Opened, OpenError> {
    let resolved = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let stamp = Stamp::of(&resolved);
    let mut libraries = LIBRARIES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((library, opened_as)) = libraries.get(&resolved) {
        return Ok(Opened {
            library: *library,
            is_outdated: *opened_as != stamp,
        });
    }
    let entry = open_for_good(&resolved).map_err(OpenError::Loader)?;
    // SAFETY: `entry` is the value of the entry symbol, and its library was leaked.
    let library = unsafe { LoadedLibrary::from_entry(entry) }?;
    libraries.insert(resolved, (library, stamp));
    Ok(Opened {
        library,
        is_outdated: false,
    })
}

/// The address of the entry symbol in the library, which stays open. Every symbol that the library needs is bound
/// now, so that a missing one is an error here and not the end of the process later.
#[cfg(unix)]
fn open_for_good(path: &Path) -> Result<*const (), libloading::Error> {
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
fn open_for_good(path: &Path) -> Result<*const (), libloading::Error> {
    // SAFETY: opening runs the library's entry point, with which whoever enables a plugin trusts it.
    let library = unsafe { libloading::Library::new(path) }?;
    // SAFETY: the symbol is a static, and its address is all that is taken.
    let entry = unsafe { library.get::<*const ()>(ENTRY_SYMBOL) }.map(|symbol| *symbol);
    std::mem::forget(library);
    entry.and_then(not_null)
}

fn not_null(entry: *const ()) -> Result<*const (), libloading::Error> {
    if entry.is_null() {
        Err(libloading::Error::DlSymUnknown)
    } else {
        Ok(entry)
    }
}
