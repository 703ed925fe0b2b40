//! Unsubscribe: an event node hears nothing more.

use pulsewire_plugin_api::{NodeResult, prelude::*};

use crate::{
    engine::{EngineNode, World},
    nodes::Builtin,
};

const TYPE: NodeType = NodeType::action("events.unsubscribe", "Unsubscribe")
    .category("Events")
    .help("The event node with this Event ID hears nothing more until it begins anew, with the project or its scene. An \
           Event ID that is none, or was unsubscribed before, does nothing.")
    .inputs(&[Socket::data("event_id", "Event ID", DataType::CustomId)]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(Unsubscribe)));

struct Unsubscribe;

impl EngineNode for Unsubscribe {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        world.unsubscribe(call.custom_id(0)?);
        Ok(Flow::fire(0))
    }
}
