//! Modulo: the remainder of Euclidean division.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Builtin, arithmetic::{Remainder, fold}};

const TYPE: NodeType = NodeType::action("math.modulo", "Modulo")
    .category("Math")
    .help("The remainder of Euclidean division, which is never negative. An Int or Byte divisor of 0 is an error.")
    .attributes(&[Attribute::choice("data_type", "Data Type", &["Int", "Float", "Byte"])])
    .inputs(&[
        Socket::typed_by("dividend", "Dividend", "data_type"),
        Socket::typed_by("divisor", "Divisor", "data_type"),
    ])
    .outputs(&[Socket::typed_by("remainder", "Remainder", "data_type")]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(Modulo)));

struct Modulo;

impl Node for Modulo {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        fold::<Remainder>(call)?;
        Ok(Flow::fire(0))
    }
}
