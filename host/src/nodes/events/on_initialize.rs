//! On Initialize: the project starts.

use pulsewire_plugin_api::prelude::*;

use crate::{
    engine::PassEvent,
    nodes::{Builtin, ON_INITIALIZE},
};

const TYPE: NodeType = NodeType::event(ON_INITIALIZE, "On Initialize")
    .category("Events")
    .help("Starts a branch once, when the project starts; in a scene, each time the scene begins.");

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(PassEvent::new([]))));
