//! Branch: if and else.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::Builtin;

const TYPE: NodeType = NodeType::action("flow_control.branch", "Branch")
    .category("Flow Control")
    .help("Fires On True if the input is true, else On False.")
    .inputs(&[Socket::data("input", "Input", DataType::Bool)])
    .pulse_outputs(&[Socket::pulse("on_true", "OnTrue"), Socket::pulse("on_false", "OnFalse")]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(Branch)));

struct Branch;

impl Node for Branch {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        Ok(Flow::fire(if call.bool(0)? { 0 } else { 1 }))
    }
}
