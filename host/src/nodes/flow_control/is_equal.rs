//! Is Equal: compares two values.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{ALL_TYPES, Builtin};

const TYPE: NodeType = NodeType::action("flow_control.is_equal", "Is Equal")
    .category("Flow Control")
    .help("Tells whether A and B are equal, or with Mode IsNotEqual whether they differ. NaN equals NaN.")
    .attributes(&[
        Attribute::choice("data_type", "Data Type", ALL_TYPES),
        Attribute::choice("mode", "Mode", &["IsEqual", "IsNotEqual"]),
    ])
    .inputs(&[Socket::typed_by("a", "A", "data_type"), Socket::typed_by("b", "B", "data_type")])
    .outputs(&[Socket::data("c", "C", DataType::Bool)]);

pub(in crate::nodes) const NODE: Builtin =
    builtin!(TYPE, |build| Ok(Box::new(IsEqual { wanted: build.text("mode") != "IsNotEqual" })));

struct IsEqual {
    wanted: bool,
}

impl Node for IsEqual {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let equal = call.input(0) == call.input(1);
        call.set(0, equal == self.wanted);
        Ok(Flow::fire(0))
    }
}
