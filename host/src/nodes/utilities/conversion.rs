//! Conversion: a value of one type to another.

use pulsewire_plugin_api::prelude::*;

use crate::{
    convert::convert,
    nodes::{ALL_TYPES, Builtin},
};

const TYPE: NodeType = NodeType::action("utilities.conversion", "Conversion")
    .category("Utilities")
    .help("Converts the input to the output type. A value that has no counterpart there is an error.")
    .attributes(&[
        Attribute::choice("input_data_type", "Input Data Type", ALL_TYPES),
        Attribute::choice("output_data_type", "Output Data Type", ALL_TYPES),
    ])
    .inputs(&[Socket::typed_by("input", "Input", "input_data_type")])
    .outputs(&[Socket::typed_by("output", "Output", "output_data_type")]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    Ok(Box::new(Conversion { to: build.text("output_data_type").parse().unwrap_or(DataType::Any) }))
});

struct Conversion {
    to: DataType,
}

impl Node for Conversion {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let converted = convert(call.input(0), self.to)?;
        call.set(0, converted);
        Ok(Flow::fire(0))
    }
}
