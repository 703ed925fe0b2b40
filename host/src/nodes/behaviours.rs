//! What several node types do alike.

use pulsewire_plugin_api::{Call, Flow, Node, NodeError, NodeResult};

use crate::engine::{EngineNode, World};

/// A node of [`pure!`]: computes its outputs, then fires.
pub(super) struct Pure<S> {
    /// What the attributes say.
    pub(super) state: S,
    pub(super) run: fn(&S, &mut Call<'_>) -> Result<(), NodeError>,
}

impl<S: Send> Node for Pure<S> {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        (self.run)(&self.state, call)?;
        Ok(Flow::fire(0))
    }
}

/// What every literal node does: the input, wired or set on the node, becomes the output.
pub(super) struct PassInput;

impl Node for PassInput {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        call.pass(0, 0);
        Ok(Flow::fire(0))
    }
}

/// A call of a function, and its end: each input becomes the output of the same place.
pub(super) struct PassInputs;

impl Node for PassInputs {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        for at in 0..call.output_count() {
            call.pass(at, at);
        }
        Ok(Flow::fire(0))
    }
}

/// Ends the timeout or interval whose Instance ID is the first input.
pub(super) struct CancelTimer;

impl EngineNode for CancelTimer {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let timer = call.custom_id(0)?;
        // Other nodes have timers too, which are nobody's Instance ID.
        if world.is_cancelling_heard(timer) {
            world.cancel_timer(timer)?;
        }
        Ok(Flow::fire(0))
    }
}
