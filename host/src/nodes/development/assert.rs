//! Assert: compares two values and says what came of it.

use std::cmp::Ordering;

use pulsewire_plugin_api::{Flow, NodeResult, prelude::*};

use crate::{
    console::Level,
    engine::{EngineNode, World},
    nodes::{ALL_TYPES, Builtin, limits, order::order},
};

const TYPE: NodeType = NodeType::action("development.assert", "Assert")
    .category("Development")
    .help("Compares A with B and prints the label with the result, as a warning if it is false. The pulse goes on.")
    .attributes(&[
        Attribute::choice("data_type", "Data Type", ALL_TYPES),
        Attribute::choice("operator", "Operator", &["==", "!=", "<", "<=", ">", ">="]),
        Attribute::new("label", "Label", DataType::String),
    ])
    .inputs(&[Socket::typed_by("a", "A", "data_type"), Socket::typed_by("b", "B", "data_type")])
    .outputs(&[Socket::data("c", "C", DataType::Bool)]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    Ok(Box::new(Assert {
        operator: build.text("operator").into(),
        label: build.text("label").into(),
    }))
});

struct Assert {
    operator: Box<str>,
    label: Box<str>,
}

impl EngineNode for Assert {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let (a, b) = (call.input(0), call.input(1));
        let holds = match &*self.operator {
            "==" => a == b,
            "!=" => a != b,
            operator => {
                let order = order(a, b)?;
                match operator {
                    "<" => order == Some(Ordering::Less),
                    "<=" => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                    ">" => order == Some(Ordering::Greater),
                    _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                }
            }
        };
        let level = if holds { Level::Message } else { Level::Warning };
        world.print(level, &format!("{}: {} {} {} is {holds}", self.label, limits::text(a)?, self.operator, limits::text(b)?));
        call.set(0, holds);
        Ok(Flow::fire(0))
    }
}
