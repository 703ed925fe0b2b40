//! A node without a graph: what pulses it gets, and whether what it puts out is what it declares.

use pulsewire_plugin_api::{
    Call, Flow, Node, NodeResult,
    manifest::{NodeKind, NodeType, Socket, SocketType},
    value::{DataType, Dictionary, Value},
};
use rand::Rng;
use serde_json::Value as Json;

use super::{child::Progress, host::is_panic, samples, subject::Instance};
use crate::defaults;

/// A node of the plugin, with its slots.
pub(super) struct Pulsed {
    id: String,
    pub(super) own_event: u64,
    progress: Progress,
    node: Box<dyn Node>,
    /// The data inputs, then the data outputs, as in the engine's row of slots.
    slots: Vec<Value>,
    input_count: usize,
    /// The types of the data outputs.
    outputs: Vec<DataType>,
    /// As many as the descriptor says; nothing if an attribute says it.
    pulse_outputs: Option<usize>,
    pub(super) pulse_inputs: u32,
}

impl Pulsed {
    /// Makes the node.
    pub(super) fn new(
        instance: &mut Instance,
        node_type: &NodeType,
        attributes: Dictionary,
    ) -> Result<Self, String> {
        let mut slots = defaults::inputs(node_type, &attributes, &Json::Null);
        let input_count = slots.len();
        slots.extend(defaults::outputs(node_type, &attributes));
        let outputs = slots[input_count..].iter().map(Value::data_type).collect();
        let pulses = |sockets: &[Socket]| {
            let pulses = sockets.iter().filter(|one| one.socket_type == SocketType::Pulse);
            pulses
                .clone()
                .all(|one| one.repeat.is_empty())
                .then(|| pulses.count())
        };
        let (own_event, node) = instance.node(node_type, attributes)?;
        Ok(Self {
            id: node_type.id.clone(),
            own_event,
            progress: instance.progress.clone(),
            node,
            slots,
            input_count,
            outputs,
            pulse_outputs: pulses(&node_type.outputs),
            pulse_inputs: pulses(&node_type.inputs).unwrap_or(1).max(1) as u32,
        })
    }

    /// Sets other values on the inputs, each of its type.
    pub(super) fn randomize(&mut self, rng: &mut impl Rng) {
        for slot in &mut self.slots[..self.input_count] {
            *slot = samples::value(slot.data_type(), rng);
        }
    }

    /// A pulse through that input. Tells whether the node wants to be resumed; an error is a fault.
    pub(super) fn execute(&mut self, pulse: u32) -> Result<bool, String> {
        self.call("execute", pulse, &mut [], |node, call| node.execute(call))
    }

    pub(super) fn resume(&mut self) -> Result<bool, String> {
        self.call("resume", 0, &mut [], |node, call| node.resume(call))
    }

    pub(super) fn event(&mut self, mut values: Vec<Value>) -> Result<bool, String> {
        self.call("on_event", 0, &mut values, |node, call| node.on_event(call))
    }

    fn call(
        &mut self,
        method: &str,
        pulse: u32,
        values: &mut [Value],
        run: impl FnOnce(&mut dyn Node, &mut Call<'_>) -> NodeResult,
    ) -> Result<bool, String> {
        let what = format!("`{method}` of a node `{}`", self.id);
        self.progress.call(&what, || {
            let given = self.slots[..self.input_count].iter().chain(values.iter());
            let given: Vec<String> = given.map(brief).collect();
            format!(", pulse {}, with [{}]", pulse + 1, given.join(", "))
        });
        let inputs: Vec<u32> = (0..self.input_count as u32).collect();
        let (first, count) = (self.input_count as u32, self.outputs.len() as u32);
        let call = Call::new(&mut self.slots, &inputs, first, count, pulse);
        let ran = run(&mut *self.node, &mut call.with_values(values));
        match ran {
            Ok(flow) => self.judge(flow),
            // Not to be able to is every node's right.
            Err(error) if is_panic(error.reason()) => {
                Err(format!("the node `{}` {}", self.id, error.reason()))
            }
            Err(_) => Ok(false),
        }
    }

    /// Drops the node.
    pub(super) fn end(self) {
        self.progress
            .call(&format!("`drop` of a node `{}`", self.id), String::new);
    }

    fn judge(&self, flow: Flow) -> Result<bool, String> {
        let fired = flow.output().zip(self.pulse_outputs);
        if let Some((fired, there_are)) = fired.filter(|(fired, there_are)| fired >= there_are) {
            return Err(format!(
                "the node `{}` fires pulse output {}, but has {there_are}",
                self.id,
                fired + 1
            ));
        }
        let latched = self.slots[self.input_count..].iter().zip(&self.outputs);
        for (at, (value, data_type)) in latched.enumerate() {
            if !value.fits(*data_type) {
                return Err(format!(
                    "the node `{}` puts {} into data output {}, which is {data_type}",
                    self.id,
                    value.data_type(),
                    at + 1
                ));
            }
        }
        Ok(flow.resumes())
    }
}

/// The value as JSON, of which a long text shows the beginning.
pub(super) fn brief(value: &Value) -> String {
    const SHOWN: usize = 60;
    let json = value.to_json();
    match json.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &json[..end]),
        None => json,
    }
}

/// The node types whose nodes a plugin makes itself.
pub(super) fn with_behaviour(instance: &Instance) -> Vec<NodeType> {
    let types = instance.manifest.node_types.iter();
    types
        .filter(|one| one.kind == NodeKind::Action)
        .cloned()
        .collect()
}

/// Makes a node of each type, pulses it once and drops it. A node may refuse; what it breaks is a fault.
pub(super) fn once_each(instance: &mut Instance) -> Result<(), String> {
    for node_type in with_behaviour(instance) {
        let attributes = samples::plain_attributes(&node_type);
        match Pulsed::new(instance, &node_type, attributes) {
            Ok(mut node) => {
                node.execute(0)?;
            }
            Err(reason) if is_panic(&reason) => {
                return Err(format!("making a node `{}` {reason}", node_type.id));
            }
            Err(_) => {}
        }
    }
    Ok(())
}
