//! Event Trigger: fires a custom event.

use pulsewire_plugin_api::{NodeResult, prelude::*};

use crate::{
    engine::{EngineNode, EventId, World},
    nodes::{Builtin, EVENT, EVENT_LISTENER},
};

const TYPE: NodeType = NodeType::action("events.event_trigger", "Event Trigger")
    .category("Events / Custom")
    .help("Fires a custom event with its parameters. Its listeners run after the current branch has ended.")
    .attributes(&[EVENT])
    .inputs(&[Socket::data("parameter", "Parameter", DataType::Any).repeated("event")]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    Ok(Box::new(EventTrigger { event: build.event(EVENT_LISTENER, build.text("event")) }))
});

struct EventTrigger {
    event: EventId,
}

impl EngineNode for EventTrigger {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        world.emit_if_heard(self.event, || call.inputs().cloned().collect())?;
        Ok(Flow::fire(0))
    }
}
