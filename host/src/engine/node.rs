//! Nodes as the engine sees them.
//!
//! Most built-in nodes and all plugin nodes implement [`Node`], which knows nothing of the engine. The few that
//! need it (Console, timers, variables, events, Exit) implement [`EngineNode`] themselves.

use pulsewire_plugin_api::{
    Call, Flow, Node, NodeError, NodeResult,
    value::{DataType, Value},
};

use super::{timers::TimerId, world::World};

/// What a node may touch while it runs: the program's slots, and which of them are its own.
pub struct Frame<'a> {
    /// All slots of the program.
    pub slots: &'a mut [Value],
    /// The slots that the data inputs read.
    pub inputs: &'a [u32],
    /// The first of the node's own output slots.
    pub first_output: u32,
    /// How many output slots the node has.
    pub output_count: u32,
    /// The pulse input that the pulse came through.
    pub pulse: u32,
    /// What the event carries.
    pub values: &'a [Value],
}

impl Frame<'_> {
    /// The frame as [`Node`]s see it.
    pub fn call(&mut self) -> Call<'_> {
        Call::new(
            self.slots,
            self.inputs,
            self.first_output,
            self.output_count,
            self.pulse,
        )
        .with_values(self.values)
    }

    /// The value at data input `input`.
    pub fn input(&self, input: usize) -> &Value {
        &self.slots[self.inputs[input] as usize]
    }

    /// Latches `value` in data output `output`.
    pub fn set(&mut self, output: usize, value: impl Into<Value>) {
        self.slots[self.first_output as usize + output] = value.into();
    }
}

/// A node that may use the engine.
pub trait EngineNode: Send {
    /// A pulse arrived.
    fn execute(&mut self, frame: &mut Frame<'_>, world: &mut World) -> NodeResult;

    /// The branch fired with [`Flow::fire_then_resume`] has ended.
    fn resume(&mut self, frame: &mut Frame<'_>, world: &mut World) -> NodeResult {
        let _ = (frame, world);
        Ok(Flow::end())
    }

    /// An event for this node arrived.
    fn on_event(&mut self, frame: &mut Frame<'_>, world: &mut World) -> NodeResult {
        let _ = world;
        frame.call().pass_values();
        Ok(Flow::fire(0))
    }

    /// A timer that this node set has come due.
    fn on_timer(&mut self, frame: &mut Frame<'_>, world: &mut World, timer: TimerId) -> NodeResult {
        let _ = (frame, world, timer);
        Ok(Flow::end())
    }
}

impl<N: Node> EngineNode for N {
    fn execute(&mut self, frame: &mut Frame<'_>, _: &mut World) -> NodeResult {
        Node::execute(self, &mut frame.call())
    }

    fn resume(&mut self, frame: &mut Frame<'_>, _: &mut World) -> NodeResult {
        Node::resume(self, &mut frame.call())
    }

    fn on_event(&mut self, frame: &mut Frame<'_>, _: &mut World) -> NodeResult {
        Node::on_event(self, &mut frame.call())
    }
}

/// A plugin's node. What it sets is checked against the declared types, so that no other node is ever surprised.
pub(crate) struct PluginNode {
    pub(crate) node: Box<dyn Node>,
    pub(crate) outputs: Box<[DataType]>,
}

impl PluginNode {
    fn checked(&self, frame: &Frame<'_>, result: NodeResult) -> NodeResult {
        let first = frame.first_output as usize;
        for (at, (value, data_type)) in frame.slots[first..].iter().zip(&self.outputs).enumerate() {
            if !value.fits(*data_type) {
                let found = value.data_type();
                return Err(NodeError::new(format!(
                    "the plugin set output {} to {found}, expected {data_type}",
                    at + 1
                )));
            }
        }
        result
    }
}

impl EngineNode for PluginNode {
    fn execute(&mut self, frame: &mut Frame<'_>, _: &mut World) -> NodeResult {
        let result = self.node.execute(&mut frame.call());
        self.checked(frame, result)
    }

    fn resume(&mut self, frame: &mut Frame<'_>, _: &mut World) -> NodeResult {
        let result = self.node.resume(&mut frame.call());
        self.checked(frame, result)
    }

    fn on_event(&mut self, frame: &mut Frame<'_>, _: &mut World) -> NodeResult {
        let result = self.node.on_event(&mut frame.call());
        self.checked(frame, result)
    }
}

/// An event node without behaviour: hands on what was emitted.
pub(crate) struct PassEvent {
    outputs: Box<[DataType]>,
}

impl PassEvent {
    /// For a node with these data outputs.
    pub(crate) fn new(outputs: impl Into<Box<[DataType]>>) -> Self {
        Self {
            outputs: outputs.into(),
        }
    }
}

impl EngineNode for PassEvent {
    fn execute(&mut self, _: &mut Frame<'_>, _: &mut World) -> NodeResult {
        Ok(Flow::end())
    }

    fn on_event(&mut self, frame: &mut Frame<'_>, _: &mut World) -> NodeResult {
        if frame.values.len() != self.outputs.len() {
            let (found, expected) = (frame.values.len(), self.outputs.len());
            return Err(NodeError::new(format!(
                "the event carries {found} values, expected {expected}"
            )));
        }
        for (at, (value, data_type)) in frame.values.iter().zip(&self.outputs).enumerate() {
            if !value.fits(*data_type) {
                let found = value.data_type();
                return Err(NodeError::new(format!(
                    "the event carries {found} as value {}, expected {data_type}",
                    at + 1
                )));
            }
        }
        frame.call().pass_values();
        Ok(Flow::fire(0))
    }
}

/// Stands for a node whose plugin is off or missing: a pulse ends here.
pub struct Placeholder;

impl EngineNode for Placeholder {
    fn execute(&mut self, _: &mut Frame<'_>, _: &mut World) -> NodeResult {
        Ok(Flow::end())
    }

    fn on_event(&mut self, _: &mut Frame<'_>, _: &mut World) -> NodeResult {
        Ok(Flow::end())
    }
}
