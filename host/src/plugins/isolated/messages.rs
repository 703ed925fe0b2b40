//! What parent and child say to each other. Both are the same program, so there is one version of it.

use pulsewire_plugin_api::Flow;
use serde::{Deserialize, Serialize};

use super::datum::Datum;
use crate::plugins::report::Report;

/// A call, from the logic thread to the child. Each has one [`Answer`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// Open the library, make the plugin, have it register.
    Load,
    Activate,
    SettingsChanged,
    /// Bring the section of schema version `from` up to date.
    Migrate {
        section: String,
        from: u32,
        settings: Vec<(String, Datum)>,
    },
    Deactivate,
    CreateNode(Made),
    Run(Run),
    DropNode(u64),
}

/// What a node is made from, and the number under which both sides know it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Made {
    pub(super) number: u64,
    pub(super) node_type: String,
    pub(super) graph: String,
    pub(super) node: String,
    pub(super) attributes: Vec<(String, Datum)>,
    pub(super) own_event: u64,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Run {
    pub(super) number: u64,
    pub(super) method: Method,
    pub(super) pulse: u32,
    pub(super) inputs: Vec<Datum>,
    /// What is latched in the outputs.
    pub(super) outputs: Vec<Datum>,
    /// What an event carries.
    pub(super) values: Vec<Datum>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Method {
    Execute,
    Resume,
    OnEvent,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// It is done, and there is nothing to say.
    Done,
    /// The node types, each with whether its nodes have behaviour.
    Registered(Vec<(String, bool)>),
    /// The library or the plugin does not load; `details` are for the log.
    Refused { report: Report, details: Option<String> },
    /// A node has run. Only outputs that changed come back.
    Ran {
        pulse: Pulse,
        outputs: Vec<(u32, Datum)>,
    },
    /// The section as it is now.
    Migrated(Vec<(String, Datum)>),
    /// The plugin or the node says why not.
    Failed(String),
}

/// Where the pulse goes: [`Flow`] as it is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Pulse {
    End,
    Fire(u32),
    FireThenResume(u32),
}

impl From<Flow> for Pulse {
    fn from(flow: Flow) -> Self {
        match flow.output() {
            None => Pulse::End,
            Some(output) if flow.resumes() => Pulse::FireThenResume(output as u32),
            Some(output) => Pulse::Fire(output as u32),
        }
    }
}

impl From<Pulse> for Flow {
    fn from(pulse: Pulse) -> Self {
        match pulse {
            Pulse::End => Flow::end(),
            Pulse::Fire(output) => Flow::fire(output as usize),
            Pulse::FireThenResume(output) => Flow::fire_then_resume(output as usize),
        }
    }
}

/// What a plugin wants of its host: the methods of `HostServices`. Each has one [`Reply`], but Log and Report.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Ask {
    Log {
        level: u32,
        target: String,
        message: String,
    },
    Report(String),
    LogLevel,
    Settings(String),
    ProjectFolder,
    Event {
        node_type: String,
        key: String,
    },
    Wanted(u64),
    Emit {
        event: u64,
        count: u64,
        values: Vec<Datum>,
    },
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Reply {
    Level(u32),
    Text(Option<String>),
    Event(Option<u64>),
    Wanted(Option<Vec<u8>>),
    Taken(u64),
    Full,
    Detached,
}
