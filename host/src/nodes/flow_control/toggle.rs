//! Toggle: flips its state at each pulse.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::Builtin;

const TYPE: NodeType = NodeType::action("flow_control.toggle", "Toggle")
    .category("Flow Control")
    .help("Flips its state at each pulse and outputs the new state.")
    .attributes(&[Attribute::new("value", "Value", DataType::Bool).help("The state before the first pulse.")])
    .outputs(&[Socket::data("is_on", "Is On", DataType::Bool)]);

pub(in crate::nodes) const NODE: Builtin =
    builtin!(TYPE, |build| Ok(Box::new(Toggle { is_on: build.flag("value") })));

struct Toggle {
    is_on: bool,
}

impl Node for Toggle {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        self.is_on = !self.is_on;
        call.set(0, self.is_on);
        Ok(Flow::fire(0))
    }
}
