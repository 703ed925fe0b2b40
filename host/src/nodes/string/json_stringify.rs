//! JSON Stringify: a value to JSON text.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Builtin, limits};

const TYPE: NodeType = NodeType::action("string.json_stringify", "JSON Stringify")
    .category("String")
    .help("Writes any value as JSON: Binary as base64, Color as hexadecimal digits, NaN as null.")
    .attributes(&[Attribute::new("beautified", "Beautified", DataType::Bool).help("On several lines.")])
    .inputs(&[Socket::data("input", "Input", DataType::Any)])
    .outputs(&[Socket::data("output", "Output", DataType::String)]);

pub(in crate::nodes) const NODE: Builtin =
    builtin!(TYPE, |build| Ok(Box::new(JsonStringify { beautified: build.flag("beautified") })));

struct JsonStringify {
    beautified: bool,
}

impl Node for JsonStringify {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let json = limits::json(call.input(0), self.beautified)?;
        call.set(0, json);
        Ok(Flow::fire(0))
    }
}
