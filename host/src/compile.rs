//! The compiler: graphs as the designer wrote them → a program that looks nothing up.
//!
//! One pass, all faults at once: [`shape`] settles what sockets a node has, `wires` joins them, `functions` takes each
//! function in wherever it is called, `lay` fills the program's tables, `targets` finds the next node of every pulse
//! output, `cycles` refuses pulses that could never end, `idle` warns of nodes that never run, `contested` of variables
//! that several listeners set.

mod contested;
mod cycles;
mod functions;
mod graph;
mod hints;
mod idle;
mod lay;
mod names;
pub mod shape;
mod sheet;
mod targets;
mod wires;

use std::{collections::HashMap, ops::Deref, sync::Arc};

use pulsewire_plugin_api::value::{DataType, Dictionary, Value};

#[cfg(test)]
pub(crate) use graph::counted;
pub use graph::{compile, link};

use crate::{engine::EventId, toolbox::Toolbox};

/// What the compiler looks things up in.
pub struct Environment<'a> {
    /// Node types.
    pub toolbox: &'a Toolbox,
    /// The names of the entries of a settings list, by `section.list`; `None` if there is no such list now.
    pub settings_names: &'a dyn Fn(&str) -> Option<Vec<String>>,
}

/// A compiled project.
#[derive(Debug, Default)]
pub struct Program {
    /// Initial values: outputs, constants, variables.
    pub slots: Vec<Value>,
    /// The nodes, in the order of the files.
    pub nodes: Vec<NodePlace>,
    /// The slots that inputs read, node by node.
    pub inputs: Vec<u32>,
    /// Where pulse outputs lead, node by node.
    pub next: Vec<Target>,
    /// What is known about the nodes, in the same order as `nodes`.
    pub infos: Vec<NodeInfo>,
    /// Which nodes listen to which events, in the order of the files.
    pub listeners: Vec<Listener>,
    /// Variables, by `GRAPH/NAME`.
    pub variables: HashMap<String, VariablePlace>,
    /// Calls of functions, by `GRAPH/NODE`.
    pub calls: HashMap<Arc<str>, CallPlace>,
}

/// What a call has handed to its function, and got back from it. The nodes that put it there come and go with the
/// function's graph.
#[derive(Clone, Debug)]
pub struct CallPlace {
    /// The function's graph.
    pub function: Arc<str>,
    /// What was handed in.
    pub inputs: Latched,
    /// What came back.
    pub outputs: Latched,
}

/// Slots in a row that hold the values of sockets.
#[derive(Clone, Debug, Default)]
pub struct Latched {
    /// The slot of the first.
    pub first: u32,
    /// The sockets, a slot each.
    pub sockets: Box<[OutputInfo]>,
}

/// A variable in a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VariablePlace {
    /// The slot that holds its value.
    pub slot: u32,
    /// Its declared type.
    pub data_type: DataType,
    /// Whether its value outlives the run.
    pub persistent: bool,
}

/// The attribute that tells a node that its variable is persistent. It stands in no file: the variable's declaration says
/// it.
pub(crate) const IS_PERSISTENT: &str = "[[variable]].persistent";

impl Program {
    /// Gives the node at position `at` the number under which it alone receives events. It is its Event ID too, if it has
    /// one and is not switched off.
    pub fn set_own_event(&mut self, at: usize, event: Option<EventId>) {
        let info = &mut self.infos[at];
        info.own_event = event;
        if let Some(event) = event.filter(|_| info.runs && info.has_event_id()) {
            let place = self.nodes[at];
            self.slots[(place.first_output + place.output_count) as usize - 1] = Value::CustomId(event);
        }
    }
}

/// Where a node's parts lie in the tables of a program.
#[derive(Clone, Copy, Debug, Default)]
pub struct NodePlace {
    /// Its first entry in [`Program::inputs`].
    pub first_input: u32,
    /// How many data inputs it has.
    pub input_count: u32,
    /// The first of its slots.
    pub first_output: u32,
    /// How many data outputs it has.
    pub output_count: u32,
    /// Its first entry in [`Program::next`].
    pub first_next: u32,
    /// How many pulse outputs it has.
    pub next_count: u32,
}

/// The end of a pulse wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The node, or [`Target::NONE`]'s.
    pub node: u32,
    /// Its pulse input.
    pub pulse: u32,
}

impl Target {
    /// No wire.
    pub const NONE: Target = Target {
        node: u32::MAX,
        pulse: 0,
    };

    /// Whether the pulse ends here.
    pub fn is_none(self) -> bool {
        self.node == Self::NONE.node
    }
}

/// What is known about a node beside the tables.
#[derive(Clone, Debug)]
pub struct NodeInfo {
    /// Where it runs: `project`, `scenes/NAME`, and within the function that the node `connect` calls,
    /// `project/connect`.
    pub graph: Arc<str>,
    /// The graph whose file it stands in: `project`, `scenes/NAME`, `functions/NAME`.
    pub written_in: Arc<str>,
    /// Its id.
    pub id: Arc<str>,
    /// What it shares with nodes like it.
    pub model: Arc<NodeModel>,
    /// Whether it only stands for a node whose plugin is off or missing.
    pub placeholder: bool,
    /// Whether it may run: Enabled is on, and Pulse Pass Through off.
    pub runs: bool,
    /// The number under which it alone receives events.
    pub own_event: Option<EventId>,
}

/// What nodes of one type with the same attributes have in common; most nodes of a large graph have few models.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeModel {
    /// The id of the type.
    pub node_type: String,
    /// The plugin that the type belongs to.
    pub plugin: Option<String>,
    /// The pulse inputs' ids.
    pub pulse_inputs: Box<[String]>,
    /// The data inputs' ids.
    pub inputs: Box<[String]>,
    /// The data outputs.
    pub outputs: Box<[OutputInfo]>,
    /// The pulse outputs' ids.
    pub pulse_outputs: Box<[String]>,
    /// All attributes, with defaults; those that name a variable or event are qualified: `GRAPH/NAME`.
    pub attributes: Dictionary,
}

impl Deref for NodeInfo {
    type Target = NodeModel;

    fn deref(&self) -> &NodeModel {
        &self.model
    }
}

/// The output of event nodes that says under which number they can be unsubscribed.
pub(crate) const EVENT_ID: &str = "event_id";

impl NodeInfo {
    /// Whether it is an event node that can be unsubscribed.
    pub(crate) fn has_event_id(&self) -> bool {
        self.outputs.last().is_some_and(|output| output.id == EVENT_ID)
    }

    /// Whether a running node of this kind can go on as `other`.
    pub fn is_same_node(&self, other: &NodeInfo) -> bool {
        self.model == other.model
            && self.written_in == other.written_in
            && self.placeholder == other.placeholder
            && self.runs == other.runs
    }
}

/// A data output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputInfo {
    /// Its id.
    pub id: String,
    /// Its type.
    pub data_type: DataType,
}

/// A node that listens to an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// The event's node type.
    pub node_type: String,
    /// The event's key.
    pub key: String,
    /// The node, by its position in the program.
    pub node: u32,
    /// Whether the event's values become the node's outputs as they are: it has no behaviour of its own.
    pub passes: bool,
}
