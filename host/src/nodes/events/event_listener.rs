//! Event Listener: a custom event was fired.

use pulsewire_plugin_api::{NodeResult, prelude::*};

use crate::{
    engine::{EngineNode, World},
    nodes::{Builtin, EVENT, EVENT_ID, EVENT_LISTENER},
};

const TYPE: NodeType = NodeType::event(EVENT_LISTENER, "Event Listener")
    .category("Events / Custom")
    .help("Starts a branch when the custom event was fired. Several listeners run in the order of the file.")
    .attributes(&[EVENT])
    .keyed_by("event")
    .outputs(&[Socket::data("parameter", "Parameter", DataType::Any).repeated("event"), EVENT_ID]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    build.request_own_event();
    Ok(Box::new(EventListener))
});

/// The values come from a trigger, whose inputs the compiler has checked.
struct EventListener;

impl EngineNode for EventListener {
    fn execute(&mut self, _: &mut Call<'_>, _: &mut World) -> NodeResult {
        Ok(Flow::end())
    }
}
