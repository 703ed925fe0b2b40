//! On Variable Change: a variable was set to a different value.

use pulsewire_plugin_api::prelude::*;

use crate::{
    engine::PassEvent,
    nodes::{Builtin, EVENT_ID, ON_VARIABLE_CHANGE, VARIABLE},
};

const TYPE: NodeType = NodeType::event(ON_VARIABLE_CHANGE, "On Variable Change")
    .category("Events / Variables")
    .help("Starts a branch when the variable was set to a value that differs from the one before.")
    .attributes(&[VARIABLE])
    .keyed_by("variable")
    .outputs(&[Socket::typed_by("value", "Value", "variable"), EVENT_ID]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    build.request_own_event();
    Ok(Box::new(PassEvent::new([DataType::Any])))
});
