//! A graph with its nodes checked and joined: what is the same wherever a function is called, and so told once.

use std::sync::Arc;

use pulsewire_plugin_api::{
    manifest::{NodeKind, Scope},
    value::{DataType, Value},
};
use rustc_hash::FxHashMap;

use super::{
    Environment, hints, idle,
    names::{Names, SeenNames},
    shape::{self, Shape},
    wires,
};
use crate::{
    diagnostics::{Fault, Faults, Severity},
    engine::Events,
    logic::{Graph, NodeUse},
    nodes::{Build, FUNCTION, FUNCTION_INPUT, FUNCTION_OUTPUT, START_INTERVAL, START_TIMEOUT},
    toolbox::{Entry, Origin},
};

/// A graph with its nodes checked and joined.
pub(super) struct Sheet<'a> {
    pub(super) graph: &'a Graph,
    /// The graph's, shared by its nodes.
    pub(super) id: Arc<str>,
    pub(super) drafts: Vec<Draft<'a>>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(
        graph: &'a Graph,
        all: &Names<'a>,
        environment: &Environment<'a>,
        faults: &mut Faults,
    ) -> Self {
        let names = all.seen_by(graph);
        let drafts = graph.nodes.iter();
        let mut drafts: Vec<Draft<'a>> = drafts
            .map(|node| Draft::new(graph, node, &names, environment, faults))
            .collect();
        wires::join(graph, all.graphs(), &mut drafts, faults);
        let id = Arc::from(graph.id.as_str());
        Self { graph, id, drafts }
    }

    /// Looks for faults that do not show while the graph is put together.
    pub(super) fn check(&self, faults: &mut Faults) {
        self.drafts.iter().for_each(|draft| draft.check(faults));
        idle::warn_unreached(self.graph, &self.drafts, faults);
        if self.graph.scope == Scope::Function {
            self.check_entry(faults);
        }
    }

    /// Where the calls of the function go in.
    pub(super) fn entry(&self) -> Option<usize> {
        self.drafts.iter().position(|draft| draft.role == Role::Entry)
    }

    fn check_entry(&self, faults: &mut Faults) {
        let mut entries = self.drafts.iter().filter(|draft| draft.role == Role::Entry);
        match entries.next() {
            None => {
                let message = "the function has no Function Input; its calls end there";
                let fault = Fault::file(&self.graph.source.path, message).in_graph(&self.graph.id);
                faults.push(Fault {
                    severity: Severity::Warning,
                    ..fault.hint(format!("add a node of type `{FUNCTION_INPUT}`"))
                });
            }
            Some(first) => entries.for_each(|second| {
                let message = format!(
                    "the function has a Function Input already, `{}`",
                    first.node.id.value
                );
                faults.push(
                    second
                        .fault(message)
                        .hint("a function begins in one place; remove one of them"),
                );
            }),
        }
    }
}

/// What the compiler makes of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A node of the program.
    Node,
    /// A value source: read when used, and so no node of the program.
    Source,
    /// Calls the function of this name.
    Call(String),
    /// Function Input: the calls stand for it.
    Entry,
    /// Function Output: ends a call.
    Exit,
}

impl Role {
    fn of(entry: &Entry, shape: &Shape) -> Self {
        match entry.node_type.id.as_str() {
            FUNCTION => Role::Call(match shape.attributes.get("function") {
                Some(Value::String(name)) => name.to_string(),
                _ => String::new(),
            }),
            FUNCTION_INPUT => Role::Entry,
            FUNCTION_OUTPUT => Role::Exit,
            _ if entry.node_type.kind == NodeKind::Source => Role::Source,
            _ => Role::Node,
        }
    }
}

/// A node of a sheet.
pub(super) struct Draft<'a> {
    pub(super) graph: &'a Graph,
    pub(super) node: &'a NodeUse,
    /// `None`: the plugin is missing, and so nothing is known about the type.
    pub(super) entry: Option<&'a Entry>,
    pub(super) role: Role,
    pub(super) shape: Shape,
    /// What is wired to each data input: a draft of the same sheet and its data output.
    pub(super) wired: Vec<Option<(usize, usize)>>,
    /// Where each pulse output leads: a draft of the same sheet and its pulse input.
    pub(super) pulses: Vec<Option<(usize, usize)>>,
}

impl<'a> Draft<'a> {
    fn new(
        graph: &'a Graph,
        node: &'a NodeUse,
        names: &SeenNames<'_, '_>,
        environment: &Environment<'a>,
        faults: &mut Faults,
    ) -> Self {
        let entry = environment.toolbox.get(&node.node_type.value);
        let shape = match entry {
            Some(entry) => shape::resolve(&entry.node_type, node, graph, names, faults),
            None => {
                if environment.toolbox.is_misspelt(&node.node_type.value) {
                    faults.push(misspelt_type(graph, node, environment));
                }
                Shape::default()
            }
        };
        Self {
            graph,
            node,
            entry,
            role: entry.map_or(Role::Node, |entry| Role::of(entry, &shape)),
            wired: vec![None; shape.inputs.len()],
            pulses: vec![None; shape.pulse_outputs.len()],
            shape,
        }
    }

    fn check(&self, faults: &mut Faults) {
        let Some(entry) = self.entry else { return };
        let node_type = &entry.node_type;
        if let Origin::Builtin(builtin) = &entry.origin {
            // Some attributes only make sense together; their node knows, and is made just to ask it.
            let events = Events::default();
            if let Err(reason) = builtin.make(&Build::new(&self.shape.attributes, &events)) {
                faults.push(self.fault(reason));
            }
        }
        if !node_type.scopes.contains(&self.graph.scope) {
            let allowed: Vec<&str> = node_type.scopes.iter().map(|scope| scope.name()).collect();
            let message = format!(
                "`{}` may not stand in a {} graph",
                node_type.id,
                self.graph.scope.name()
            );
            let hint = format!("it may stand in: {}", allowed.join(", "));
            faults.push(self.fault(message).hint(hint));
        }
        let one_way = self.shape.pulse_inputs.len() == 1 && self.shape.pulse_outputs.len() == 1;
        if self.node.pulse_pass_through && !one_way {
            let message = "`pulse_pass_through` needs exactly one pulse input and one pulse output";
            faults.push(self.fault(message).hint("remove it, or set `enabled = false`"));
        }
    }

    pub(super) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::error(&self.graph.source, &self.node.node_type.span, message)
            .at_node(&self.graph.id, &self.node.id.value)
    }

    pub(super) fn kind(&self) -> Option<NodeKind> {
        self.entry.map(|entry| entry.node_type.kind)
    }

    /// The pulse output that a timer fires at once whenever it is pulsed; its others fire in branches of their own.
    pub(super) fn on_start(&self) -> Option<usize> {
        let node_type = self.node.node_type.value.as_str();
        let ends_there = || matches!(self.shape.attributes.get("when_pending"), Some(Value::String(text)) if text.as_str() == "ignore");
        let starts = match node_type {
            START_INTERVAL => true,
            START_TIMEOUT => !ends_there(),
            _ => false,
        };
        let mut outputs = self.shape.pulse_outputs.iter();
        outputs.position(|output| starts && output == "on_start")
    }

    /// Whether it may run: Enabled is on, and Pulse Pass Through off.
    pub(super) fn runs(&self) -> bool {
        self.node.enabled && !self.node.pulse_pass_through
    }

    pub(super) fn is_available(&self) -> bool {
        self.entry.is_some_and(Entry::is_available)
    }

    /// What a value source says that its output holds.
    pub(super) fn constant(&self) -> Option<Value> {
        let Origin::Builtin(builtin) = &self.entry?.origin else {
            return None;
        };
        let events = Events::default();
        let build = Build::new(&self.shape.attributes, &events);
        let build = build.in_scene(self.graph.scene_name().unwrap_or_default());
        builtin.make(&build).ok()?;
        build.constant()
    }
}

fn misspelt_type(graph: &Graph, node: &NodeUse, environment: &Environment<'_>) -> Fault {
    let id = &node.node_type.value;
    let fault = Fault::error(
        &graph.source,
        &node.node_type.span,
        format!("unknown node type `{id}`"),
    );
    let hint = hints::node_type(id, environment.toolbox);
    fault.hint(hint).at_node(&graph.id, &node.id.value)
}

/// The type of a data input, for messages.
pub(super) fn accepts(input: DataType, output: DataType) -> bool {
    input == DataType::Any || input == output
}

/// Positions of a graph's nodes by their ids.
pub(super) fn positions<'a>(drafts: &[Draft<'a>]) -> FxHashMap<&'a str, usize> {
    drafts
        .iter()
        .enumerate()
        .map(|(at, draft)| (draft.node.id.value.as_str(), at))
        .collect()
}
