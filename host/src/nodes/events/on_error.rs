//! On Error: a node failed.

use pulsewire_plugin_api::prelude::*;

use crate::{
    engine::PassEvent,
    nodes::{Builtin, ON_ERROR},
};

const TYPE: NodeType = NodeType::event(ON_ERROR, "On Error")
    .category("Events")
    .help("Starts a branch when any node fails. A failure inside this very branch only shows on the console.")
    .outputs(&[
        Socket::data("graph", "Graph", DataType::String),
        Socket::data("node", "Node", DataType::String).help("The id of the node that failed."),
        Socket::data("message", "Message", DataType::String).help("The reason."),
    ]);

pub(in crate::nodes) const NODE: Builtin =
    builtin!(TYPE, |_| Ok(Box::new(PassEvent::new([DataType::String; 3]))));
