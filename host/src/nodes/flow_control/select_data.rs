//! Select Data: merges branches that bring alternative values.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{ALL_TYPES, Builtin};

const TYPE: NodeType = NodeType::action("flow_control.select_data", "Select Data")
    .category("Flow Control")
    .help("Outputs the input that stands next to the pulse that came.")
    .attributes(&[
        Attribute::choice("data_type", "Data Type", ALL_TYPES),
        Attribute::new("count", "Count", DataType::Int).default(Literal::Int(2)),
    ])
    .pulse_inputs(&[Socket::pulse("pulse", "Pulse").repeated("count")])
    .inputs(&[Socket::typed_by("input", "Input", "data_type").repeated("count")])
    .outputs(&[Socket::typed_by("output", "Output", "data_type")]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(SelectData)));

struct SelectData;

impl Node for SelectData {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let chosen = call.input(call.pulse()).clone();
        call.set(0, chosen);
        Ok(Flow::fire(0))
    }
}
