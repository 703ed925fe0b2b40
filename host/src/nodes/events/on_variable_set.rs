//! On Variable Set: a variable was set, to whatever value.

use pulsewire_plugin_api::prelude::*;

use crate::{
    engine::PassEvent,
    nodes::{Builtin, EVENT_ID, ON_VARIABLE_SET, VARIABLE},
};

const TYPE: NodeType = NodeType::event(ON_VARIABLE_SET, "On Variable Set")
    .category("Events / Variables")
    .help("Starts a branch whenever the variable was set, also to the value that it had.")
    .attributes(&[VARIABLE])
    .keyed_by("variable")
    .outputs(&[Socket::typed_by("value", "Value", "variable"), EVENT_ID]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    build.request_own_event();
    Ok(Box::new(PassEvent::new([DataType::Any])))
});
