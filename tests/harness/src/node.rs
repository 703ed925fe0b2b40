//! A node without a graph: the test is its wires.

use std::{sync::Arc, time::Duration};

use pulsewire_plugin_api::{Call, Flow, Node, NodeError, NodeResult, value::Value};

use crate::engine::ScriptedEngine;

/// A node of a plugin. It must be dropped, or not be run any more, before the plugin is deactivated.
pub struct HarnessNode {
    pub(crate) id: String,
    pub(crate) node: Box<dyn Node>,
    /// The data inputs, then the data outputs, as in the engine's row of slots.
    pub(crate) slots: Vec<Value>,
    pub(crate) input_count: usize,
    pub(crate) own_event: u64,
    pub(crate) engine: Arc<ScriptedEngine>,
}

/// What a node did.
#[derive(Clone, Debug, PartialEq)]
pub struct Ran {
    /// Where the pulse goes.
    pub flow: Flow,
    /// What is latched in the data outputs.
    pub outputs: Vec<Value>,
}

impl HarnessNode {
    /// Pulses the first pulse input. `inputs` are set on the data inputs, in order; those beyond keep what they
    /// carried.
    #[track_caller]
    pub fn run<V: Into<Value>>(&mut self, inputs: impl IntoIterator<Item = V>) -> Ran {
        let ran = self.try_run(inputs);
        ran.unwrap_or_else(|error| panic!("node `{}` failed: {error:?}", self.id))
    }

    /// As [`run`](Self::run).
    pub fn try_run<V: Into<Value>>(&mut self, inputs: impl IntoIterator<Item = V>) -> Result<Ran, NodeError> {
        self.try_run_at(0, inputs)
    }

    /// As [`run`](Self::run), through the pulse input `pulse`, counted from 0.
    #[track_caller]
    pub fn try_run_at<V: Into<Value>>(
        &mut self,
        pulse: u32,
        inputs: impl IntoIterator<Item = V>,
    ) -> Result<Ran, NodeError> {
        for (at, input) in inputs.into_iter().enumerate() {
            assert!(
                at < self.input_count,
                "node `{}` has no input {}",
                self.id,
                at + 1
            );
            self.slots[at] = input.into();
        }
        self.call(pulse, &[], |node, call| node.execute(call))
    }

    /// The branch that [`Flow::fire_then_resume`] fired is over.
    pub fn try_resume(&mut self) -> Result<Ran, NodeError> {
        self.call(0, &[], |node, call| node.resume(call))
    }

    /// Hands an event to the node, as if it had been emitted for it.
    pub fn try_event(&mut self, values: &[Value]) -> Result<Ran, NodeError> {
        self.call(0, values, |node, call| node.on_event(call))
    }

    /// Waits for an event that arrives at this node alone, and hands it to it.
    #[track_caller]
    pub fn run_own_event(&mut self, timeout: Duration) -> Ran {
        let own = self.own_event;
        let emitted = self.engine.take(timeout, |emitted| emitted.event == own);
        let emitted = emitted.unwrap_or_else(|| {
            panic!(
                "no event for node `{}` in {timeout:?}; waiting: {:?}",
                self.id,
                self.engine.waiting()
            )
        });
        self.try_event(&emitted.values)
            .unwrap_or_else(|error| panic!("node `{}` failed: {error:?}", self.id))
    }

    fn call(
        &mut self,
        pulse: u32,
        values: &[Value],
        run: impl FnOnce(&mut dyn Node, &mut Call<'_>) -> NodeResult,
    ) -> Result<Ran, NodeError> {
        let inputs: Vec<u32> = (0..self.input_count as u32).collect();
        let output_count = (self.slots.len() - self.input_count) as u32;
        let first_output = self.input_count as u32;
        let mut values = values.to_vec();
        let call = Call::new(&mut self.slots, &inputs, first_output, output_count, pulse);
        let mut call = call.with_values(&mut values);
        let flow = run(&mut *self.node, &mut call)?;
        Ok(Ran {
            flow,
            outputs: self.slots[self.input_count..].to_vec(),
        })
    }
}
