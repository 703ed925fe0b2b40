//! The compiler's one pass over all graphs.

use std::{collections::HashMap, sync::Arc};

use pulsewire_plugin_api::{
    manifest::{NodeKind, Scope},
    value::{DataType, Value},
};

use super::{
    Environment, Listener, NodeInfo, NodePlace, Program, VariablePlace, cycles, hints, idle,
    names::Names,
    shape::{self, Shape},
    targets, wires,
};
use crate::{
    diagnostics::{Fault, Faults, Severity},
    engine::Events,
    logic::{Graph, NodeUse},
    nodes::Build,
    plugins::is_identifier,
    toolbox::{Entry, Origin},
};

/// Compiles the graphs of a project. The program is only fit to run if `faults` holds no error afterwards.
pub fn compile(graphs: &[Graph], environment: &Environment<'_>, faults: &mut Faults) -> Program {
    let project = graphs.iter().find(|graph| graph.id == "project");
    let mut program = Program::default();
    for graph in graphs {
        declare_variables(graph, &mut program, faults);
        if graph.scope == Scope::Function {
            let message = "functions are checked, but this release does not run them";
            faults.push(Fault {
                severity: Severity::Warning,
                ..Fault::file(&graph.source.path, message)
            });
        }
    }
    let mut drafts = Vec::new();
    for graph in graphs {
        let first = drafts.len();
        let others = project.filter(|project| !std::ptr::eq(*project, graph));
        let names = Names::new(graph, others, environment.settings_names);
        for node in &graph.nodes {
            drafts.push(Draft::new(graph, node, first, &names, environment, faults));
        }
        wires::join(graph, &mut drafts[first..], faults);
        idle::warn_unreached(graph, &drafts[first..], faults);
    }
    for draft in &mut drafts {
        draft.place(&mut program);
    }
    for draft in &drafts {
        draft.lay_inputs(&drafts, &mut program);
        targets::lay(draft, &drafts, &mut program);
        draft.listen(&mut program);
    }
    cycles::check(&drafts, &program, faults);
    idle::warn_unavailable(&drafts, faults);
    program
}

fn declare_variables(graph: &Graph, program: &mut Program, faults: &mut Faults) {
    for variable in &graph.variables {
        if variable.persistent {
            let message = format!(
                "variable `{}` is persistent, but this release does not keep values",
                variable.name.value
            );
            faults.push(Fault::warning(&graph.source, &variable.name.span, message).in_graph(&graph.id));
        }
        let slot = program.slots.len() as u32;
        program.slots.push(variable.value.clone());
        let place = VariablePlace {
            slot,
            data_type: variable.data_type,
        };
        program
            .variables
            .insert(format!("{}/{}", graph.id, variable.name.value), place);
    }
}

/// A node on its way into the program.
pub(super) struct Draft<'a> {
    pub(super) graph: &'a Graph,
    pub(super) node: &'a NodeUse,
    /// `None`: the plugin is missing, and so nothing is known about the type.
    pub(super) entry: Option<&'a Entry>,
    pub(super) shape: Shape,
    /// What is wired to each data input: a draft of the same graph and its data output.
    pub(super) wired: Vec<Option<(usize, usize)>>,
    /// Where each pulse output leads: a draft of the same graph and its pulse input.
    pub(super) pulses: Vec<Option<(usize, usize)>>,
    /// The number of the first draft of the same graph.
    pub(super) first_of_graph: usize,
    /// Its number in the program; sources have none.
    pub(super) number: Option<u32>,
    /// The slot of its first data output.
    first_output: u32,
}

impl<'a> Draft<'a> {
    fn new(
        graph: &'a Graph,
        node: &'a NodeUse,
        first_of_graph: usize,
        names: &Names<'_>,
        environment: &Environment<'a>,
        faults: &mut Faults,
    ) -> Self {
        let entry = environment.toolbox.get(&node.node_type.value);
        let shape = match entry {
            Some(entry) => shape::resolve(&entry.node_type, node, graph, names, faults),
            None => {
                faults.push(unknown_type(graph, node, environment));
                Shape::default()
            }
        };
        let draft = Self {
            graph,
            node,
            entry,
            wired: vec![None; shape.inputs.len()],
            pulses: vec![None; shape.pulse_outputs.len()],
            shape,
            first_of_graph,
            number: None,
            first_output: 0,
        };
        draft.check(faults);
        draft
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

    fn is_available(&self) -> bool {
        self.entry.is_some_and(Entry::is_available)
    }

    /// Gives the node its number and its output slots.
    fn place(&mut self, program: &mut Program) {
        self.first_output = program.slots.len() as u32;
        program.slots.extend(
            self.shape
                .outputs
                .iter()
                .map(|output| Value::default_of(output.data_type)),
        );
        if self.kind() == Some(NodeKind::Source) {
            // A source is read when used: whoever uses it reads the variable itself.
            let variable = self
                .shape
                .variable
                .as_ref()
                .and_then(|name| program.variables.get(name));
            if !self.node.enabled {
                return;
            }
            match (variable, self.constant()) {
                (Some(place), _) => self.first_output = place.slot,
                (None, Some(constant)) => program.slots[self.first_output as usize] = constant,
                (None, None) => {}
            }
            return;
        }
        self.number = Some(program.nodes.len() as u32);
        program.nodes.push(NodePlace {
            first_output: self.first_output,
            output_count: self.shape.outputs.len() as u32,
            ..NodePlace::default()
        });
        program.infos.push(NodeInfo {
            graph: Arc::from(self.graph.id.as_str()),
            id: Arc::from(self.node.id.value.as_str()),
            node_type: Arc::from(self.node.node_type.value.as_str()),
            plugin: match self.entry {
                Some(entry) => entry.plugin().map(Arc::from),
                None => self
                    .node
                    .node_type
                    .value
                    .split_once('.')
                    .map(|(plugin, _)| Arc::from(plugin)),
            },
            placeholder: !self.is_available(),
            outputs: self.shape.outputs.clone().into(),
            pulse_outputs: self.shape.pulse_outputs.clone().into(),
            attributes: self.shape.attributes.clone(),
            own_event: None,
        });
    }

    /// What a value source says that its output holds.
    fn constant(&self) -> Option<Value> {
        let Origin::Builtin(builtin) = &self.entry?.origin else {
            return None;
        };
        let events = Events::default();
        let build = Build::new(&self.shape.attributes, &events);
        builtin.make(&build).ok()?;
        build.constant()
    }

    fn lay_inputs(&self, drafts: &[Draft<'_>], program: &mut Program) {
        let Some(number) = self.number else { return };
        let first_input = program.inputs.len() as u32;
        for (input, wired) in self.shape.inputs.iter().zip(&self.wired) {
            let slot = match *wired {
                Some((draft, output)) => drafts[self.first_of_graph + draft].first_output + output as u32,
                None => {
                    program.slots.push(input.value.clone());
                    program.slots.len() as u32 - 1
                }
            };
            program.inputs.push(slot);
        }
        // The variable of a Setter follows its inputs: the node writes it through this position.
        if let Some(place) = self
            .shape
            .variable
            .as_ref()
            .and_then(|name| program.variables.get(name))
        {
            program.inputs.push(place.slot);
        }
        let place = &mut program.nodes[number as usize];
        place.first_input = first_input;
        place.input_count = program.inputs.len() as u32 - first_input;
    }

    fn listen(&self, program: &mut Program) {
        let (Some(entry), Some(node)) = (self.entry, self.number) else {
            return;
        };
        if entry.node_type.kind != NodeKind::Event || !self.node.enabled || !self.is_available() {
            return;
        }
        let key = match self.shape.attributes.get(&entry.node_type.event_key) {
            Some(Value::String(key)) => key.to_string(),
            _ => String::new(),
        };
        program.listeners.push(Listener {
            node_type: entry.node_type.id.clone(),
            key,
            node,
            passes: matches!(
                entry.origin,
                Origin::Plugin {
                    has_behaviour: false,
                    ..
                }
            ),
        });
    }
}

/// A type of a missing plugin is a warning, because its nodes wait for it; a misspelt one is an error.
fn unknown_type(graph: &Graph, node: &NodeUse, environment: &Environment<'_>) -> Fault {
    let id = &node.node_type.value;
    let toolbox = environment.toolbox;
    let prefix = id.split_once('.').map_or("", |(prefix, _)| prefix);
    let span = &node.node_type.span;
    let fault = if !is_identifier(prefix) || toolbox.knows_prefix(prefix) {
        let fault = Fault::error(&graph.source, span, format!("unknown node type `{id}`"));
        fault.hint(hints::node_type(id, toolbox))
    } else {
        let is = match toolbox.broken(prefix) {
            Some(reason) => hints::standing(reason),
            None => "is not installed".into(),
        };
        let message = format!("node type `{id}`: plugin `{prefix}` {is}; the node will not run");
        let hint = match toolbox.broken(prefix) {
            Some(reason) => hints::unavailable(prefix, reason),
            None => hints::missing_plugin(id, prefix, toolbox),
        };
        Fault::warning(&graph.source, span, message).hint(hint)
    };
    fault.at_node(&graph.id, &node.id.value)
}

/// The type of a data input, for messages.
pub(super) fn accepts(input: DataType, output: DataType) -> bool {
    input == DataType::Any || input == output
}

/// Positions of a graph's nodes by their ids.
pub(super) fn positions<'a>(drafts: &[Draft<'a>]) -> HashMap<&'a str, usize> {
    drafts
        .iter()
        .enumerate()
        .map(|(at, draft)| (draft.node.id.value.as_str(), at))
        .collect()
}
