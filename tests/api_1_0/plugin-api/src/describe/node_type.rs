//! The node type: an entry of the toolbox.

use super::item::{Attribute, Socket};

/// A kind of graph that a node may stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `logic/project.toml`.
    Project,
    /// `logic/scenes/NAME.toml`.
    Scene,
    /// `logic/functions/NAME.toml`.
    Function,
}

/// How a node takes part in execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// Runs when a pulse arrives.
    Action,
    /// Has no pulse input; starts a branch.
    Event,
    /// Has no pulses at all; its output is read when used.
    Source,
}

/// What a toolbox entry describes.
#[derive(Clone, Copy, Debug)]
pub struct NodeType {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) category: &'static str,
    pub(super) help: &'static str,
    pub(super) kind: NodeKind,
    pub(super) scopes: &'static [Scope],
    pub(super) pulse_inputs: &'static [Socket],
    pub(super) inputs: &'static [Socket],
    pub(super) pulse_outputs: &'static [Socket],
    pub(super) outputs: &'static [Socket],
    pub(super) attributes: &'static [Attribute],
    pub(super) event_key: &'static str,
}

const STANDARD_IN: &[Socket] = &[Socket::pulse("in", "")];
const STANDARD_OUT: &[Socket] = &[Socket::pulse("out", "")];

impl NodeType {
    const fn new(id: &'static str, name: &'static str, kind: NodeKind) -> Self {
        Self {
            id,
            name,
            category: "",
            help: "",
            kind,
            scopes: &[Scope::Project, Scope::Scene, Scope::Function],
            pulse_inputs: &[],
            inputs: &[],
            pulse_outputs: &[],
            outputs: &[],
            attributes: &[],
            event_key: "",
        }
    }

    /// A node that runs when pulsed: one pulse input `in`, one pulse output `out`.
    ///
    /// `id` is `<plugin id>.<name in snake case>`; `name` is the label in the toolbox.
    pub const fn action(id: &'static str, name: &'static str) -> Self {
        Self {
            pulse_inputs: STANDARD_IN,
            pulse_outputs: STANDARD_OUT,
            ..Self::new(id, name, NodeKind::Action)
        }
    }

    /// An event node: no pulse input, one pulse output `out`. Scope project and scene.
    pub const fn event(id: &'static str, name: &'static str) -> Self {
        Self {
            pulse_outputs: STANDARD_OUT,
            scopes: &[Scope::Project, Scope::Scene],
            ..Self::new(id, name, NodeKind::Event)
        }
    }

    /// A value source: no pulses, read when used. For hosts' own nodes: a host refuses a plugin that has one.
    pub const fn source(id: &'static str, name: &'static str) -> Self {
        Self::new(id, name, NodeKind::Source)
    }

    /// Where the toolbox shows it: `Communication / Socket.IO`.
    pub const fn category(self, category: &'static str) -> Self {
        Self { category, ..self }
    }

    /// A few sentences for the designer.
    pub const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    /// Which graphs the node may stand in. By default all, for event nodes project and scene.
    pub const fn scopes(self, scopes: &'static [Scope]) -> Self {
        Self { scopes, ..self }
    }

    /// The data inputs, in the order of [`Call::input`](crate::Call::input).
    pub const fn inputs(self, inputs: &'static [Socket]) -> Self {
        Self { inputs, ..self }
    }

    /// The data outputs, in the order of [`Call::set`](crate::Call::set).
    pub const fn outputs(self, outputs: &'static [Socket]) -> Self {
        Self { outputs, ..self }
    }

    /// Replaces the standard pulse input.
    pub const fn pulse_inputs(self, pulse_inputs: &'static [Socket]) -> Self {
        Self { pulse_inputs, ..self }
    }

    /// Replaces the standard pulse output.
    pub const fn pulse_outputs(self, pulse_outputs: &'static [Socket]) -> Self {
        Self {
            pulse_outputs,
            ..self
        }
    }

    /// The attributes that are no defaults of inputs.
    pub const fn attributes(self, attributes: &'static [Attribute]) -> Self {
        Self { attributes, ..self }
    }

    /// Names the attribute by whose value events find their listeners, such as `configuration`.
    pub const fn keyed_by(self, attribute: &'static str) -> Self {
        Self {
            event_key: attribute,
            ..self
        }
    }

    /// The id of the type.
    pub const fn id(&self) -> &'static str {
        self.id
    }
}
