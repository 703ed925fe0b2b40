//! Console: prints a value.

use pulsewire_plugin_api::{Flow, NodeResult, prelude::*};

use crate::{
    console::Level,
    engine::{EngineNode, World},
    nodes::{ALL_TYPES, Builtin, limits},
};

const TYPE: NodeType = NodeType::action("development.console", "Console")
    .category("Development")
    .help("Prints the value on the console and hands it on.")
    .attributes(&[
        Attribute::choice("data_type", "Data Type", ALL_TYPES),
        Attribute::choice("type", "Type", &["Message", "Warning", "Error"]).help("The kind of message."),
    ])
    .inputs(&[Socket::typed_by("input", "Input", "data_type")])
    .outputs(&[Socket::typed_by("output", "Output", "data_type")]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    let level = match build.text("type") {
        "Warning" => Level::Warning,
        "Error" => Level::Error,
        _ => Level::Message,
    };
    Ok(Box::new(Console { level }))
});

struct Console {
    level: Level,
}

impl EngineNode for Console {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let value = call.input(0).clone();
        match &value {
            Value::String(text) => world.print(self.level, text),
            other => world.print(self.level, &limits::text(other)?),
        }
        call.set(0, value);
        Ok(Flow::fire(0))
    }
}
