//! Get Command Line Option: what stood behind `pulsewire run --`.

use pulsewire_plugin_api::{NodeResult, prelude::*};

use crate::{
    engine::{EngineNode, World},
    nodes::Builtin,
};

const TYPE: NodeType = NodeType::action("utilities.get_command_line_option", "Get Command Line Option")
    .category("Utilities")
    .help(
        "The value of an option behind `pulsewire run -- --name value`. A Bool without a value is true. OnError fires in \
         place of the output if the option is not there or not of the type.",
    )
    .attributes(&[Attribute::choice("option_type", "Option Type", &["String", "Int", "Float", "Bool"])])
    .inputs(&[Socket::data("option_name", "Option Name", DataType::String).help("Without the dashes.")])
    .pulse_outputs(&[Socket::pulse("out", ""), Socket::pulse("on_error", "OnError")])
    .outputs(&[Socket::typed_by("option_value", "Option Value", "option_type")]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    Ok(Box::new(GetCommandLineOption { data_type: build.text("option_type").parse().unwrap_or(DataType::String) }))
});

struct GetCommandLineOption {
    data_type: DataType,
}

const ON_ERROR: usize = 1;

impl EngineNode for GetCommandLineOption {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let text = world.surroundings().options.get(call.text(0)?.as_str());
        let value = text.and_then(|text| value(text, self.data_type));
        let is_there = value.is_some();
        call.set(0, value.unwrap_or_else(|| Value::default_of(self.data_type)));
        Ok(Flow::fire(if is_there { 0 } else { ON_ERROR }))
    }
}

fn value(text: &str, data_type: DataType) -> Option<Value> {
    match data_type {
        DataType::Int => text.parse().ok().map(Value::Int),
        DataType::Float => text.parse().ok().map(Value::Float),
        DataType::Bool if text.is_empty() => Some(Value::Bool(true)),
        DataType::Bool => text.parse().ok().map(Value::Bool),
        _ => Some(Value::from(text)),
    }
}
