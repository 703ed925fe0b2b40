//! Laying all uses of all sheets into the tables of the program.
//!
//! A call is a node that puts what it is given into the slots of the function's Function Input, and fires what that
//! one fires. A Function Output is a node that puts what it is given into the slots of the call's outputs, and fires
//! what the call fires. So nothing is left of a function while it runs but two nodes that pass values on.

use std::{collections::HashSet, sync::Arc};

use pulsewire_plugin_api::{manifest::NodeKind, value::Value};
use rustc_hash::FxHashMap;

use super::{
    CallPlace, IS_PERSISTENT, Latched, Listener, NodeInfo, NodeModel, NodePlace, OutputInfo, Program,
    VariablePlace,
    functions::Use,
    shape::Shape,
    sheet::{Draft, Role},
    targets,
};
use crate::{
    diagnostics::{Fault, Faults},
    nodes::ON_INITIALIZE,
    toolbox::{Entry, Origin},
};

/// Where a draft of a use ended up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Its number in the program, if it is a node there.
    pub(super) number: Option<u32>,
    /// The slot of its first data output, for those who read it.
    first_output: u32,
}

/// The program, and for each use the places of its drafts.
pub(super) fn lay(uses: &[Use<'_>], faults: &mut Faults) -> (Program, Vec<Vec<Place>>) {
    let mut laying = Laying {
        uses,
        places: Vec::with_capacity(uses.len()),
        program: Program::default(),
        models: FxHashMap::default(),
    };
    let mut told = HashSet::new();
    for one in uses {
        laying.declare_variables(one, &mut told, faults);
    }
    for one in uses {
        let places = one.sheet.drafts.iter().map(|draft| laying.place(one, draft));
        let places = places.collect();
        laying.places.push(places);
    }
    for (at, one) in uses.iter().enumerate() {
        for (draft_at, draft) in one.sheet.drafts.iter().enumerate() {
            if let Some(number) = laying.places[at][draft_at].number {
                laying.lay_outputs(at, draft_at, number);
                laying.lay_inputs(at, draft, number);
                targets::lay(uses, &laying.places, (at, draft_at), number, &mut laying.program);
                laying.listen(draft, number);
            }
            if let Some(&callee) = one.calls.get(&draft_at).filter(|_| draft.runs()) {
                laying.note_call(draft, laying.places[at][draft_at], callee);
            }
        }
    }
    (laying.program, laying.places)
}

struct Laying<'a> {
    uses: &'a [Use<'a>],
    places: Vec<Vec<Place>>,
    program: Program,
    /// Of each node type the model that was made last.
    models: FxHashMap<&'a str, Arc<NodeModel>>,
}

impl<'a> Laying<'a> {
    /// `told` has the graphs and names of those variables whose fault is told already: a function's are there for each call.
    fn declare_variables(
        &mut self,
        one: &'a Use<'_>,
        told: &mut HashSet<(&'a str, &'a str)>,
        faults: &mut Faults,
    ) {
        let graph = one.sheet.graph;
        for variable in &graph.variables {
            let place = VariablePlace {
                slot: self.program.slots.len() as u32,
                data_type: variable.data_type,
                persistent: variable.persistent,
            };
            self.program.slots.push(variable.value.clone());
            let name = format!("{}/{}", one.path, variable.name.value);
            let is_taken = self.program.variables.contains_key(&name);
            if is_taken && told.insert((&graph.id, &variable.name.value)) {
                let message = format!("the engine would call two variables `{name}`");
                let fault = Fault::error(&graph.source, &variable.name.span, message);
                faults.push(fault.hint("rename the one with a `/`").in_graph(&graph.id));
            }
            self.program.variables.insert(name, place);
        }
    }

    /// The variable that the draft is about.
    fn variable(&self, one: &Use<'_>, draft: &Draft<'_>) -> Option<VariablePlace> {
        let name = one.variable(draft.shape.variable.as_ref()?);
        self.program.variables.get(&name).copied()
    }

    /// Gives a draft its slots, and its number if it is a node of the program.
    fn place(&mut self, one: &Use<'_>, draft: &Draft<'a>) -> Place {
        let first_output = self.program.slots.len() as u32;
        let defaults = draft.shape.outputs.iter();
        let defaults = defaults.map(|output| Value::default_of(output.data_type));
        self.program.slots.extend(defaults);
        match draft.role {
            Role::Entry => Place {
                number: None,
                first_output,
            },
            Role::Source => Place {
                number: None,
                first_output: self.place_source(one, draft, first_output),
            },
            Role::Node | Role::Call(_) | Role::Exit => {
                let number = self.program.nodes.len() as u32;
                self.program.nodes.push(NodePlace {
                    first_output,
                    output_count: draft.shape.outputs.len() as u32,
                    ..NodePlace::default()
                });
                let info = self.info(one, draft);
                self.program.infos.push(info);
                Place {
                    number: Some(number),
                    first_output,
                }
            }
        }
    }

    /// A source is read when used: whoever uses it reads the variable itself.
    fn place_source(&mut self, one: &Use<'_>, draft: &Draft<'_>, first_output: u32) -> u32 {
        if !draft.node.enabled {
            return first_output;
        }
        match (self.variable(one, draft), draft.constant()) {
            (Some(place), _) => return place.slot,
            (None, Some(constant)) => self.program.slots[first_output as usize] = constant,
            (None, None) => {}
        }
        first_output
    }

    /// What a call and a Function Output put out is not read at them, but at the other end of the call.
    fn lay_outputs(&mut self, at: usize, draft_at: usize, number: u32) {
        let one = &self.uses[at];
        let (end, outputs) = match &one.sheet.drafts[draft_at].role {
            Role::Call(_) => {
                let inside = one.calls.get(&draft_at).and_then(|&callee| {
                    let sheet = self.uses[callee].sheet;
                    let entry = sheet.entry()?;
                    Some((self.places[callee][entry], &sheet.drafts[entry].shape.outputs))
                });
                match inside {
                    Some(inside) => inside,
                    None => return self.set_outputs(number, 0, &[]),
                }
            }
            Role::Exit => {
                let Some((caller, call)) = one.caller else { return };
                let outputs = &self.uses[caller].sheet.drafts[call].shape.outputs;
                (self.places[caller][call], outputs)
            }
            _ => return,
        };
        self.set_outputs(number, end.first_output, outputs);
    }

    /// Remembers where the values of a call lie.
    fn note_call(&mut self, draft: &Draft<'_>, place: Place, callee: usize) {
        let Use { sheet, path, .. } = &self.uses[callee];
        let latched = |place: Place, shape: &Shape| Latched {
            first: place.first_output,
            sockets: shape.outputs.clone().into(),
        };
        let entry = sheet.entry();
        let call = CallPlace {
            function: Arc::clone(&sheet.id),
            inputs: entry
                .map(|entry| latched(self.places[callee][entry], &sheet.drafts[entry].shape))
                .unwrap_or_default(),
            outputs: latched(place, &draft.shape),
        };
        self.program.calls.insert(Arc::clone(path), call);
    }

    fn set_outputs(&mut self, number: u32, first_output: u32, outputs: &[OutputInfo]) {
        let place = &mut self.program.nodes[number as usize];
        place.first_output = first_output;
        place.output_count = outputs.len() as u32;
        Arc::make_mut(&mut self.program.infos[number as usize].model).outputs = outputs.into();
    }

    fn lay_inputs(&mut self, at: usize, draft: &Draft<'_>, number: u32) {
        let first_input = self.program.inputs.len() as u32;
        for (input, wired) in draft.shape.inputs.iter().zip(&draft.wired) {
            let slot = match *wired {
                Some((source, output)) => self.places[at][source].first_output + output as u32,
                None => {
                    self.program.slots.push(input.value.clone());
                    self.program.slots.len() as u32 - 1
                }
            };
            self.program.inputs.push(slot);
        }
        // The variable of a Setter follows its inputs: the node writes it through this position.
        if let Some(place) = self.variable(&self.uses[at], draft) {
            self.program.inputs.push(place.slot);
        }
        let place = &mut self.program.nodes[number as usize];
        place.first_input = first_input;
        place.input_count = self.program.inputs.len() as u32 - first_input;
    }

    fn listen(&mut self, draft: &Draft<'_>, node: u32) {
        let Some(entry) = draft.entry else { return };
        if entry.node_type.kind != NodeKind::Event || !draft.node.enabled || !draft.is_available() {
            return;
        }
        let key = match draft.shape.attributes.get(&entry.node_type.event_key) {
            Some(Value::String(key)) => key.to_string(),
            _ => String::new(),
        };
        if entry.node_type.id == ON_INITIALIZE && draft.graph.scene_name().is_some() {
            // The scene may begin later than the project.
            self.program.listeners.push(Listener {
                node_type: ON_INITIALIZE.to_owned(),
                key: draft.graph.id.clone(),
                node,
                passes: false,
            });
        }
        self.program.listeners.push(Listener {
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

    fn info(&mut self, one: &Use<'_>, draft: &Draft<'a>) -> NodeInfo {
        let variable = self.variable(one, draft);
        let new = model(one, draft, variable);
        let node_type = draft.node.node_type.value.as_str();
        let last = self.models.get(node_type).filter(|last| ***last == new);
        let model = last.cloned().unwrap_or_else(|| Arc::new(new));
        self.models.insert(node_type, Arc::clone(&model));
        NodeInfo {
            graph: Arc::clone(&one.path),
            written_in: Arc::clone(&one.sheet.id),
            id: Arc::from(draft.node.id.value.as_str()),
            model,
            placeholder: !draft.is_available(),
            runs: draft.runs(),
            own_event: None,
        }
    }
}

fn model(one: &Use<'_>, draft: &Draft<'_>, variable: Option<VariablePlace>) -> NodeModel {
    let node_type = draft.node.node_type.value.as_str();
    let mut attributes = draft.shape.attributes.clone();
    if let Some(name) = &draft.shape.variable {
        let is_it = |value: &Value| matches!(value, Value::String(text) if text.as_str() == name.as_str());
        let named: Vec<String> = (attributes.iter())
            .filter(|(_, value)| is_it(value))
            .map(|(id, _)| id.to_string())
            .collect();
        for id in named {
            attributes.insert(id.as_str(), Value::from(one.variable(name)));
        }
    }
    if variable.is_some_and(|variable| variable.persistent) {
        attributes.insert(IS_PERSISTENT, Value::Bool(true));
    }
    NodeModel {
        node_type: node_type.to_owned(),
        plugin: match draft.entry {
            Some(entry) => Entry::plugin(entry).map(str::to_owned),
            None => node_type.split_once('.').map(|(plugin, _)| plugin.to_owned()),
        },
        pulse_inputs: draft.shape.pulse_inputs.clone().into(),
        inputs: draft.shape.inputs.iter().map(|input| input.id.clone()).collect(),
        outputs: draft.shape.outputs.clone().into(),
        pulse_outputs: draft.shape.pulse_outputs.clone().into(),
        attributes,
    }
}
