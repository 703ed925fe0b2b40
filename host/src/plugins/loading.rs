//! Declared → loaded: a library's way from its file to a plugin that has registered.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use pulsewire_plugin_api::{
    abi::loaded::{EntryError, LoadedLibrary},
    manifest::{Manifest, NodeKind},
};

use super::{
    calls::{Call, Calls},
    entry::{Entry, PluginCalls, Running},
    error::LoadError,
    image::Image,
    isolated::{self, IsolationError, Library},
    library::{self, OpenError},
    report::{Report, Step},
    safeguards::Safeguards,
    services::{Account, Connection, EngineServices},
    trials::Tried,
};

/// A plugin that was made and has registered.
pub(super) struct Registered {
    pub(super) plugin: Box<dyn PluginCalls>,
    pub(super) connection: Arc<Connection>,
    pub(super) node_types: Vec<(String, bool)>,
}

/// All of it: the static checks on the bytes as they are now, the trial, opening, registration. What was `tried` is not
/// tried again. `[logic-thread]`
pub(super) fn load(
    entry: &mut Entry,
    tried: Option<Tried>,
    generation: u64,
    engine: Arc<dyn EngineServices>,
    safeguards: &Safeguards,
    taken: &dyn Fn(&str) -> Option<String>,
    calls: Option<&Calls>,
) -> Result<Running, LoadError> {
    let path = entry.path.clone().unwrap_or_default();
    let registered = if safeguards.isolates(&entry.id) {
        isolated(entry, tried, path, generation, safeguards, taken, calls)?
    } else {
        let library = library(entry, tried, &path, safeguards, taken, calls)?;
        let _entered = entry.enter(calls, Call::Load);
        register(library, &entry.account, generation)?
    };
    let manifest = (entry.manifest.as_ref()).ok_or(super::rejection::Rejection::NoMetadata)?;
    check_registered(manifest, &registered.node_types)?;
    let node_types = registered.node_types.iter().map(|(id, _)| id.as_str());
    registered.connection.set_registered(node_types);
    Ok(Running {
        plugin: registered.plugin,
        connection: registered.connection,
        engine,
        registered: registered.node_types,
    })
}

/// A plugin that has registered in a process of its own.
fn isolated(
    entry: &mut Entry,
    tried: Option<Tried>,
    path: PathBuf,
    generation: u64,
    safeguards: &Safeguards,
    taken: &dyn Fn(&str) -> Option<String>,
    calls: Option<&Calls>,
) -> Result<Registered, LoadError> {
    let isolation = safeguards.isolation.as_ref();
    let isolation = isolation.ok_or(IsolationError::NotOffered)?;
    let library = Library {
        id: entry.id.clone(),
        hash: admitted(entry, tried, &path, safeguards, taken)?.hash,
        path,
    };
    let connection = Arc::new(Connection::new(Arc::clone(&entry.account), generation));
    let _entered = entry.enter(calls, Call::Load);
    let (plugin, node_types) = isolated::start(isolation, library, Arc::clone(&connection))?;
    Ok(Registered {
        plugin: Box::new(plugin),
        connection,
        node_types,
    })
}

/// The library, open: now, or since it was loaded before.
fn library(
    entry: &mut Entry,
    tried: Option<Tried>,
    path: &Path,
    safeguards: &Safeguards,
    taken: &dyn Fn(&str) -> Option<String>,
    calls: Option<&Calls>,
) -> Result<LoadedLibrary, LoadError> {
    let known = library::already_open(path);
    if let (Some(known), Some(manifest)) = (&known, &entry.manifest)
        && !known.is_outdated
    {
        check_taken(manifest, taken)?;
        return Ok(known.library);
    }
    if let Some(known) = known {
        let image = Image::of(path)?;
        entry.hash = Some(image.hash);
        check_taken(&image.manifest, taken)?;
        let message = "the library's file changed after it was opened; its old code goes on running";
        let report = Report::new(Step::Open, message).hint("restart the host to run the new code");
        entry.report_at_run(report);
        return Ok(known.library);
    }
    let image = admitted(entry, tried, path, safeguards, taken)?;
    // Reading and trying out is the host's own time.
    let _entered = entry.enter(calls, Call::Load);
    Ok(library::open(path, image)?)
}

/// The bytes of the library, which may be loaded.
fn admitted(
    entry: &mut Entry,
    tried: Option<Tried>,
    path: &Path,
    safeguards: &Safeguards,
    taken: &dyn Fn(&str) -> Option<String>,
) -> Result<Image, LoadError> {
    let is_tried = tried.is_some();
    let image = tried.unwrap_or_else(|| Ok(Image::of(path)?))?;
    entry.hash = Some(image.hash);
    check_taken(&image.manifest, taken)?;
    if !is_tried {
        check_image(&image, safeguards)?;
    }
    entry.manifest = Some(image.manifest.clone());
    Ok(image)
}

/// Whether the bytes are those that the settings name, and harmless; they are tried out if nobody knows. Any thread.
pub(super) fn check_image(image: &Image, safeguards: &Safeguards) -> Result<(), LoadError> {
    safeguards.check_hash(image)?;
    safeguards.admit(image).map_err(|error| LoadError::Probe {
        id: image.manifest.id.clone(),
        error,
    })
}

/// Makes the plugin of an open library and has it register.
pub(super) fn register(
    library: LoadedLibrary,
    account: &Arc<Account>,
    generation: u64,
) -> Result<Registered, LoadError> {
    let connection = Arc::new(Connection::new(Arc::clone(account), generation));
    let created = library.create(connection.clone());
    let mut plugin = created.map_err(|reason| LoadError::Create { reason })?;
    let node_types = (plugin.register()).map_err(|reason| LoadError::Register { reason })?;
    Ok(Registered {
        plugin: Box::new(plugin),
        connection,
        node_types,
    })
}

fn check_taken(manifest: &Manifest, taken: &dyn Fn(&str) -> Option<String>) -> Result<(), LoadError> {
    let mut ids = manifest.node_types.iter().map(|node_type| &node_type.id);
    match ids.find_map(|id| Some((id, taken(id)?))) {
        Some((id, owner)) => Err(LoadError::Taken {
            node_type: id.clone(),
            owner,
        }),
        None => Ok(()),
    }
}

/// What is registered must be exactly what is declared, or the toolbox would show what is not there.
fn check_registered(manifest: &Manifest, registered: &[(String, bool)]) -> Result<(), LoadError> {
    let declared: HashSet<&str> = manifest.node_types.iter().map(|one| &*one.id).collect();
    let undeclared = registered.iter().find(|(id, _)| !declared.contains(id.as_str()));
    let missing = manifest.node_types.iter().find_map(|node_type| {
        let found = registered.iter().find(|(id, _)| *id == node_type.id);
        match found {
            None => Some(format!("`{}` is missing", node_type.id)),
            Some((id, false)) if node_type.kind != NodeKind::Event => {
                Some(format!("`{id}` has no behaviour, but is no event node"))
            }
            Some(_) => None,
        }
    });
    let undeclared = undeclared.map(|(id, _)| format!("`{id}` is not declared"));
    match undeclared.or(missing) {
        Some(difference) => Err(LoadError::Differs { difference }),
        None => Ok(()),
    }
}

/// What is too long for a report: of a layout that differs, 150 lines.
pub(super) fn details(error: &LoadError) -> Option<&str> {
    match error {
        LoadError::Open(OpenError::Entry(
            EntryError::Header { details } | EntryError::Layout { details },
        )) => Some(details),
        _ => None,
    }
}
