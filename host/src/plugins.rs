//! The plugin host: finds plugins, checks their files, loads them, and stands between them and the engine.
//!
//! A plugin goes through [`State`]s: *declared* when its file passed the static checks of [`inspect()`], *loaded*
//! when its library is open and it has registered, *active* while the project runs with it. Whatever fails ends as
//! a [`Report`] in its [`Entry`] that names the [`Step`] and what to do; no other plugin notices.
//!
//! Before the bytes of a library are opened here, a child process tries them out, if the [`Safeguards`] say so: a file
//! can pass every check and still end whoever opens it.
//!
//! Not here: what the nodes do (the engine), which plugins are enabled (settings).
//!
//! Invariant: a disabled plugin's library is read, never opened. Invariant: a library that was opened stays open.
//!
//! Start at [`Plugins`].

mod cache_file;
mod calls;
mod descriptors;
mod discover;
mod entry;
mod error;
mod faults;
mod image;
mod inspect;
mod isolated;
mod last_run;
mod library;
mod loading;
mod migrate;
mod object_file;
mod partial_file;
mod place;
mod plugin_log;
mod probe;
mod registry;
mod rejection;
mod report;
mod run_file;
mod safeguards;
mod search;
mod services;
mod trials;
mod verdicts;

pub use calls::watchdog::CALL_BUDGET;
pub(crate) use descriptors::is_identifier;
pub use entry::{Entry, State};
pub use error::{CallError, LoadError};
pub use image::{Hash, hash_library};
pub use inspect::{MAX_LIBRARY_BYTES, inspect, inspect_bytes, library_file_name};
pub use isolated::{ISOLATED_CALL_LIMIT, Isolation, IsolationError, RESTART_PAUSE, serve_plugin};
pub use last_run::LastRun;
pub use library::OpenError;
pub(crate) use library::open_for_good;
pub(crate) use plugin_log::ProcessLog;
pub use plugin_log::{LOG_LINES_PER_SECOND, LogSink};
pub(crate) use probe::{PARENT_VARIABLE, death, prepare as prepare_child};
pub use probe::{PROBE_LIMIT, Probe, ProbeError, try_library};
pub use registry::{DEACTIVATION_LIMIT, Plugins};
pub use rejection::Rejection;
pub use report::{Report, Reports, Step};
pub use safeguards::{CACHE_VARIABLE, Knowledge, LibraryRule, Safeguards, user_cache};
pub use search::{Folder, Origin, PATH_VARIABLE, SearchInputs, SearchPath};
pub use services::EngineServices;
