//! Switch: one branch for each case.

use pulsewire_plugin_api::prelude::*;

use crate::{
    literal::coerce,
    nodes::{Builtin},
};

const TYPE: NodeType = NodeType::action("flow_control.switch", "Switch")
    .category("Flow Control")
    .help("Fires the pulse of the first case that equals the input, or Default if none does.")
    .attributes(&[
        Attribute::choice("data_type", "Data Type", &["Int", "String", "Float", "Bool", "Byte", "Color", "CustomID"]),
        Attribute::new("cases", "Cases", DataType::Array).help("The values to compare with, in order."),
    ])
    .inputs(&[Socket::typed_by("input", "Input", "data_type")])
    .pulse_outputs(&[Socket::pulse("case", "Case").repeated("cases"), Socket::pulse("default", "Default")]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    let data_type = build.text("data_type").parse().unwrap_or(DataType::Any);
    let Value::Array(cases) = build.attribute("cases") else { return Ok(Box::new(Switch { cases: Vec::new() })) };
    let cases = cases.iter().enumerate().map(|(at, case)| {
        coerce(case, data_type).map_err(|reason| format!("case {}: {reason}", at + 1))
    });
    Ok(Box::new(Switch { cases: cases.collect::<Result<_, _>>()? }))
});

struct Switch {
    cases: Vec<Value>,
}

impl Node for Switch {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let input = call.input(0);
        let case = self.cases.iter().position(|case| case == input);
        Ok(Flow::fire(case.unwrap_or(self.cases.len())))
    }
}
