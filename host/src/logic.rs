//! Logic files: one graph a file, as the designer wrote it.
//!
//! This is the raw stage: shapes and keys are checked, nothing is looked up. Whether a node type exists or a wire
//! fits is the compiler's business.
//!
//! Start with [`read_project_logic`], or [`parse_graph`] for one file.

mod declared;
mod folder;
mod parse;

pub use folder::read_project_logic;
pub(crate) use parse::is_id;
pub use parse::parse_graph;

use std::collections::HashSet;

use pulsewire_plugin_api::{
    manifest::Scope,
    value::{DataType, Value},
};

use crate::diagnostics::{Source, Span};

/// The keys of a logic file's tables.
pub(crate) mod keys {
    pub(crate) const GRAPH: &[&str] = &["format", "node", "wire", "variable", "event", "layout"];
    pub(crate) const SCENE: &[&str] = &["format", "start", "node", "wire", "variable", "event", "layout"];
    pub(crate) const FUNCTION: &[&str] = &["format", "node", "wire", "variable", "input", "output", "layout"];
    pub(crate) const NODE: &[&str] = &["id", "type", "attributes", "enabled", "pulse_pass_through"];
    pub(crate) const WIRE: &[&str] = &["from", "to"];
    pub(crate) const VARIABLE: &[&str] = &["name", "type", "value", "persistent"];
    pub(crate) const EVENT: &[&str] = &["name", "parameters"];
    pub(crate) const PARAMETER: &[&str] = &["name", "type", "default"];
    pub(crate) const OUTPUT: &[&str] = &["name", "type"];
}

/// A graph as it stands in its file.
#[derive(Clone, Debug)]
pub struct Graph {
    /// The file.
    pub source: Source,
    /// `project`, `scenes/NAME` or `functions/NAME`.
    pub id: String,
    /// Which kind of graph it is.
    pub scope: Scope,
    /// `[[node]]`, in the order of the file.
    pub nodes: Vec<NodeUse>,
    /// `[[wire]]`, in the order of the file.
    pub wires: Vec<Wire>,
    /// `[[variable]]`.
    pub variables: Vec<Variable>,
    /// `[[event]]`; functions have none.
    pub events: Vec<CustomEvent>,
    /// `[[input]]` of a function: what its calls hand in.
    pub inputs: Vec<Parameter>,
    /// `[[output]]` of a function: what its calls get back.
    pub outputs: Vec<Parameter>,
    /// Of a scene, whether it runs from the start on.
    pub start: bool,
    /// What stands in the file, but is at fault.
    pub unsound: Unsound,
}

/// What stands in a file, but is at fault: it is not missing, and what is missing may be just this.
#[derive(Clone, Debug, Default)]
pub struct Unsound {
    /// Names of variables.
    pub variables: HashSet<String>,
    /// Names of events.
    pub events: HashSet<String>,
    /// Ids of nodes, or what stands there instead.
    pub nodes: HashSet<String>,
    /// Lists of the file of which something is not known by its name: `node`, `variable`; `wire` if it is not known where
    /// one leads.
    pub lists: HashSet<String>,
}

impl Unsound {
    /// Whether something of the list is not known by its name.
    pub fn is_partial(&self, list: &str) -> bool {
        self.lists.contains(list)
    }
}

impl Graph {
    /// `NAME` of `scenes/NAME`, if it is a scene's graph.
    pub fn scene_name(&self) -> Option<&str> {
        self.name_in(Scope::Scene)
    }

    /// `NAME` of `functions/NAME`, if it is a function's graph.
    pub fn function_name(&self) -> Option<&str> {
        self.name_in(Scope::Function)
    }

    fn name_in(&self, scope: Scope) -> Option<&str> {
        let name = || self.id.split_once('/').map_or(&*self.id, |(_, name)| name);
        (self.scope == scope).then(name)
    }
}

/// A name or value with its place in the file.
#[derive(Clone, Debug)]
pub struct Spanned<T> {
    /// What stands there.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// A node in a graph.
#[derive(Clone, Debug)]
pub struct NodeUse {
    /// Unique in its graph.
    pub id: Spanned<String>,
    /// The id of its type.
    pub node_type: Spanned<String>,
    /// What the designer set, in the order of the file; TOML integers are Int, floats Float, strings String,
    /// arrays Array, tables Dictionary.
    pub attributes: Vec<(Spanned<String>, Spanned<Value>)>,
    /// Off: the node and what follows it do not run.
    pub enabled: bool,
    /// On: the node is skipped, the pulse goes on.
    pub pulse_pass_through: bool,
}

/// A wire between two sockets. An end that is at fault, and told so, is not there; one of the two is.
#[derive(Clone, Debug)]
pub struct Wire {
    /// The output.
    pub from: Option<Spanned<End>>,
    /// The input.
    pub to: Option<Spanned<End>>,
}

/// `node.socket`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct End {
    /// The node's id; it may itself hold no dot.
    pub node: String,
    /// The socket's id; empty if none is written, which the compiler reports, since it knows what could be.
    pub socket: String,
}

/// The hint for an end that is none.
pub(crate) const ANY_END: &str = "an end is a node's id, a dot, and a socket's id: `begin.out`";

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.node, self.socket)
    }
}

/// A variable.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: Spanned<String>,
    /// Its type.
    pub data_type: DataType,
    /// Its initial value; already of `data_type`.
    pub value: Value,
    /// Whether its value survives a restart.
    pub persistent: bool,
}

/// A custom event.
#[derive(Clone, Debug)]
pub struct CustomEvent {
    /// Its name.
    pub name: Spanned<String>,
    /// Its parameters, in order.
    pub parameters: Vec<Parameter>,
}

/// A parameter of a custom event or of a function.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name; also the id of the socket.
    pub name: Spanned<String>,
    /// Its type.
    pub data_type: DataType,
    /// Its default; already of `data_type`.
    pub default: Value,
}
