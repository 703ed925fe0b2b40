//! JSON Parse: JSON text to a value.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Builtin, limits};

const TYPE: NodeType = NodeType::action("string.json_parse", "JSON Parse")
    .category("String")
    .help("Reads JSON. Use Conversion to make the result a Dictionary or another type. Invalid JSON is an error.")
    .inputs(&[Socket::data("input", "Input", DataType::String)])
    .outputs(&[
        Socket::data("output", "Output", DataType::Any),
        Socket::data("is_array", "IsArray", DataType::Bool),
    ]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(JsonParse)));

struct JsonParse;

impl Node for JsonParse {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let text = call.text(0)?;
        limits::check_json(text)?;
        let value = Value::from_json(text).map_err(|error| format!("no valid JSON: {error}"))?;
        let is_array = matches!(value, Value::Array(_));
        call.set(0, value);
        call.set(1, is_array);
        Ok(Flow::fire(0))
    }
}
