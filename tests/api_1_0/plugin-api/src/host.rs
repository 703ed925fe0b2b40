//! What a host gives to a plugin.

use std::sync::Arc;

use serde::de::DeserializeOwned;

pub use crate::abi::interface::Wanted;
use crate::{
    abi::{Extension, StableAbi},
    plugin::PluginError,
    value::{Text, Value},
};

/// The services of a host. A host implements it; an author uses it through [`Host`] and [`EventSource`].
///
/// Thread: every method may be called on any thread. State: [`log`](Self::log) and [`report`](Self::report) work
/// from the creation of the plugin to the end of the process, all others only between `activate` and the return
/// of `deactivate`; outside of it they return [`EmitError::Detached`] or nothing, and the host reports the call.
pub trait HostServices: Send + Sync {
    /// Takes one line of the plugin's log. `level` is 1 (error) to 5 (trace). `[any-thread & created]`
    fn log(&self, level: u32, target: &str, message: &str);

    /// The most detailed level that the host keeps, 0 (none) to 5 (trace). `[any-thread & created]`
    fn log_level(&self) -> u32;

    /// Takes note of something wrong in the plugin, such as a panic on one of its threads.
    /// `[any-thread & created]`
    fn report(&self, message: &str);

    /// The settings section of the plugin as JSON, checked, with all defaults. `[any-thread & active]`
    fn settings(&self, section: &str) -> Option<String>;

    /// The folder of the project. `[any-thread & active]`
    fn project_folder(&self) -> Option<String>;

    /// The number of the event that nodes of type `node_type` with the event key `key` listen to.
    /// `[any-thread & active]`
    fn event(&self, node_type: &str, key: &str) -> Option<u64>;

    /// Who listens to the event now, and which of its values are read. `[any-thread & active]`
    fn wanted(&self, event: u64) -> Wanted;

    /// Queues the event `count` times for the logic thread. `values` are those of the first, then those of the
    /// second, and so on, equally many each. Says how many were taken, from the first on and at least one; their
    /// values are taken out, the others stay as they are. `[any-thread & active]`
    fn emit(&self, event: u64, count: usize, values: &mut [Value]) -> Result<usize, EmitError>;

    /// What the host offers beyond these services, under an id such as `timers/1`. `[any-thread & created]`
    fn extension(&self, id: &str) -> Option<Extension> {
        let _ = id;
        None
    }
}

/// Why an event was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// The engine's queue is full; try again later, or drop the event and say so.
    #[error("the engine's event queue is full")]
    Full,
    /// The plugin was deactivated; no event of this handle will be taken again.
    #[error("the plugin is not active")]
    Detached,
}

/// A plugin's handle to its host. Cheap to clone, usable on any thread.
#[derive(Clone)]
pub struct Host {
    services: Arc<dyn HostServices>,
}

impl Host {
    /// Wraps the services of a host; for hosts and tests.
    pub fn new(services: Arc<dyn HostServices>) -> Self {
        Self { services }
    }

    /// The plugin's settings section, checked and with all defaults, as the author's own type.
    ///
    /// `[any-thread & active]`
    pub fn settings<T: DeserializeOwned>(&self, section: &str) -> Result<T, PluginError> {
        let json = self
            .services
            .settings(section)
            .ok_or_else(|| PluginError::new(format!("the host has no settings section `{section}`")))?;
        serde_json::from_str(&json)
            .map_err(|error| PluginError::new(format!("settings section `{section}`: {error}")))
    }

    /// The folder of the project, if the plugin is active. `[any-thread & active]`
    pub fn project_folder(&self) -> Option<std::path::PathBuf> {
        self.services.project_folder().map(Into::into)
    }

    /// The event that all nodes of type `node_type` with the event key `key` listen to, such as all
    /// `socketio.on_receive` of the configuration `chat`.
    ///
    /// `[any-thread & active]`
    pub fn event(&self, node_type: &str, key: &str) -> Result<EventSource, PluginError> {
        let event = self
            .services
            .event(node_type, key)
            .ok_or_else(|| PluginError::new(format!("no event node type `{node_type}` is registered")))?;
        Ok(self.source(event))
    }

    /// Tells the host about something wrong that concerns the plugin as a whole. `[any-thread & created]`
    pub fn report(&self, message: &str) {
        self.services.report(message);
    }

    /// What the host offers under `id` beyond these services, if it is a `T`: how hosts grow after 1.0.
    /// `[any-thread & created]`
    pub fn extension<T: StableAbi>(&self, id: &str) -> Option<&'static T> {
        self.services.extension(id)?.table()
    }

    pub(crate) fn source(&self, event: u64) -> EventSource {
        EventSource {
            services: Arc::clone(&self.services),
            event,
        }
    }
}

/// Starts branches in the logic from any thread. Cheap to clone.
#[derive(Clone)]
pub struct EventSource {
    services: Arc<dyn HostServices>,
    event: u64,
}

impl EventSource {
    /// Queues the event; its listeners run on the logic thread, in the order of the file. `values` become
    /// their data outputs, in order. They are taken out of what is passed by reference, unless the event is refused:
    /// `emit([message])` gives them away, `emit(&mut values)` can be tried again.
    ///
    /// `[any-thread & active]`
    pub fn emit(&self, mut values: impl AsMut<[Value]>) -> Result<(), EmitError> {
        self.services.emit(self.event, 1, values.as_mut()).map(|_| ())
    }

    /// Queues the event `count` times, as [`emit`](Self::emit) does, for less than so many calls cost. `values` are
    /// those of the first event, then those of the second, and so on, equally many each. Says how many events were
    /// taken, from the first on, at least one; the values of the others stay.
    ///
    /// `[any-thread & active]`
    pub fn emit_many(&self, count: usize, values: &mut [Value]) -> Result<usize, EmitError> {
        match count {
            0 => Ok(0),
            _ => self.services.emit(self.event, count, values),
        }
    }

    /// Whether any node listens now; saves the work of making an event that nobody wants.
    ///
    /// `[any-thread & active]`
    pub fn has_listeners(&self) -> bool {
        self.wanted().is_heard()
    }

    /// Which values of the event are read now; saves the work of making the others, in whose place
    /// [`Value::Empty`] may be given. A node that begins to listen after this call, because the logic was changed
    /// meanwhile, finds the default of its output there.
    ///
    /// `[any-thread & active]`
    pub fn wanted(&self) -> Wanted {
        self.services.wanted(self.event)
    }
}

/// Where a node stands and what the designer set on it.
#[derive(Clone)]
pub struct Setup {
    graph: Text,
    node: Text,
    attributes: crate::value::Dictionary,
    own_event: EventSource,
}

impl Setup {
    /// For hosts and tests: `event` is the number under which this very node receives events.
    pub fn new(
        graph: Text,
        node: Text,
        attributes: crate::value::Dictionary,
        host: &Host,
        event: u64,
    ) -> Self {
        Self {
            graph,
            node,
            attributes,
            own_event: host.source(event),
        }
    }

    /// The graph: `project`, `scenes/NAME`.
    pub fn graph(&self) -> &str {
        &self.graph
    }

    /// The id of the node in its graph.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// The attribute `id`; the host has checked it and filled in its default.
    pub fn attribute(&self, id: &str) -> &Value {
        const EMPTY: &Value = &Value::Empty;
        self.attributes.get(id).unwrap_or(EMPTY)
    }

    /// The text of the attribute `id`; empty if it is no text.
    pub fn text(&self, id: &str) -> &str {
        match self.attribute(id) {
            Value::String(text) => text,
            _ => "",
        }
    }

    /// All attributes by their ids.
    pub fn attributes(&self) -> &crate::value::Dictionary {
        &self.attributes
    }

    /// The event that arrives at this node alone, in [`Node::on_event`](crate::Node::on_event).
    pub fn own_event(&self) -> &EventSource {
        &self.own_event
    }
}
