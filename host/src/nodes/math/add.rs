//! Add: the sum of its inputs.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Builtin, COUNT, MATRIX_TYPES, arithmetic::{Sum, fold}};

const TYPE: NodeType = NodeType::action("math.add", "Add")
    .category("Math")
    .help("The sum of all inputs, of vectors and matrices component by component. Int and Byte stay at their limits instead of wrapping.")
    .attributes(&[
        Attribute::choice("data_type", "Data Type", MATRIX_TYPES),
        COUNT,
    ])
    .inputs(&[Socket::typed_by("input", "Input", "data_type").repeated("count")])
    .outputs(&[Socket::typed_by("output", "Output", "data_type")]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(Add)));

struct Add;

impl Node for Add {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        fold::<Sum>(call)?;
        Ok(Flow::fire(0))
    }
}
