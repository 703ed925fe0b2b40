//! Increment: the input plus a step.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Builtin, NUMERIC_TYPES, arithmetic::{Sum, fold}};

const TYPE: NodeType = NodeType::action("math.increment", "Increment")
    .category("Math")
    .help("The input plus Step. It keeps no state: wire a variable to it to count.")
    .attributes(&[Attribute::choice("data_type", "Data Type", NUMERIC_TYPES)])
    .inputs(&[
        Socket::typed_by("input", "Input", "data_type"),
        Socket::typed_by("step", "Step", "data_type").default(Literal::Int(1)),
    ])
    .outputs(&[Socket::typed_by("output", "Output", "data_type")]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(Increment)));

struct Increment;

impl Node for Increment {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        fold::<Sum>(call)?;
        Ok(Flow::fire(0))
    }
}
