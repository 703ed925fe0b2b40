//! What the registry answers when a plugin can't do what was asked.

use pulsewire_plugin_api::abi::loaded::EntryError;

use super::{
    entry::State,
    isolated::IsolationError,
    library::OpenError,
    probe::ProbeError,
    rejection::Rejection,
    report::{Report, Step},
};

/// Why a plugin was not loaded. None of what it would add is there then.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No plugin of this id.
    #[error("there is no plugin `{0}`")]
    Unknown(String),
    /// Only a declared plugin can be loaded.
    #[error("plugin `{id}` is {state}")]
    NotDeclared {
        /// The plugin.
        id: String,
        /// Where it stands.
        state: State,
    },
    /// The file changed since it was checked, and fails now.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The library was not found harmless, so this process did not open it.
    #[error("{error}")]
    Probe {
        /// The plugin.
        id: String,
        /// What happened.
        #[source]
        error: ProbeError,
    },
    /// The plugin does not run in a process of its own, as its settings want it.
    #[error(transparent)]
    Isolation(#[from] IsolationError),
    /// The library can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The plugin can't be made.
    #[error("the plugin cannot be made: {reason}")]
    Create {
        /// What it said, or the text of its panic.
        reason: String,
    },
    /// It fails to register.
    #[error("the plugin cannot register: {reason}")]
    Register {
        /// What it said, or the text of its panic.
        reason: String,
    },
    /// It registers something else than its metadata says.
    #[error("the plugin does not register what its metadata declares: {difference}")]
    Differs {
        /// In which ids.
        difference: String,
    },
    /// Somebody else has a node type of this id already.
    #[error("the node type `{node_type}` is already there, from {owner}")]
    Taken {
        /// The id.
        node_type: String,
        /// Who has it.
        owner: String,
    },
}

impl LoadError {
    /// The step that failed.
    pub const fn step(&self) -> Step {
        match self {
            LoadError::Unknown(_) | LoadError::NotDeclared { .. } => Step::Search,
            LoadError::Rejected(rejection) => rejection.step(),
            LoadError::Probe { error, .. } => error.step(),
            LoadError::Isolation(error) => error.step(),
            LoadError::Open(OpenError::Loader(_)) => Step::Open,
            LoadError::Open(OpenError::Entry(EntryError::Entry { .. })) => Step::Create,
            LoadError::Open(OpenError::Entry(_)) => Step::Layout,
            LoadError::Create { .. } => Step::Create,
            LoadError::Register { .. } | LoadError::Differs { .. } | LoadError::Taken { .. } => {
                Step::Register
            }
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            LoadError::Unknown(_) => "look for it with `pulsewire plugins list`",
            LoadError::NotDeclared { state, .. } => match state {
                State::Disabled => "enable it first",
                State::Loaded | State::Active => return None,
                _ => "repair it, then disable and enable it",
            },
            LoadError::Rejected(rejection) => return Some(rejection.hint()),
            LoadError::Probe { id, error } => return error.hint(id),
            LoadError::Isolation(error) => return error.hint(),
            LoadError::Open(OpenError::Loader(_)) => {
                "install what the library needs, or build it on this system"
            }
            LoadError::Open(OpenError::Entry(EntryError::Entry { .. })) | LoadError::Create { .. } => {
                REPORT_IT
            }
            LoadError::Open(OpenError::Entry(_)) => "build the plugin again with the plugin-api of this host",
            LoadError::Register { .. } => REPORT_IT,
            LoadError::Differs { .. } => "register exactly the node types of the plugin's `ABOUT`",
            LoadError::Taken { .. } => "disable one of the two plugins",
        };
        Some(hint.to_owned())
    }

    /// Step, message and hint.
    pub fn report(&self) -> Report {
        let report = Report::new(self.step(), self.to_string());
        match self.hint() {
            Some(hint) => report.hint(hint),
            None => report,
        }
    }
}

/// For faults of the plugin itself.
pub(super) const REPORT_IT: &str = "this is a fault of the plugin; tell its author";

/// Why a call to a loaded plugin failed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No plugin of this id, or none whose prefix the node type carries.
    #[error("there is no plugin `{0}`")]
    Unknown(String),
    /// The plugin is not where the call needs it.
    #[error("plugin `{id}` is {state}, not {needed}")]
    State {
        /// The plugin.
        id: String,
        /// Where it stands.
        state: State,
        /// Where it would have to stand.
        needed: &'static str,
    },
    /// The plugin answered with an error, or panicked.
    #[error("plugin `{id}` failed to {task}: {reason}")]
    Plugin {
        /// The plugin.
        id: String,
        /// What it was asked for.
        task: &'static str,
        /// What it said, or the text of its panic.
        reason: String,
    },
}
