//! Index Switch: one pulse output for each index.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Builtin, count};

const TYPE: NodeType = NodeType::action("flow_control.index_switch", "Index Switch")
    .category("Flow Control")
    .help("Fires the output of the index, counted from 0; Default for any other.")
    .attributes(&[count(2, "How many indices.")])
    .inputs(&[Socket::data("index", "Index", DataType::Int)])
    .pulse_outputs(&[Socket::pulse("default", "Default"), Socket::pulse("index", "Index").repeated("count")]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    let count = match build.attribute("count") {
        Value::Int(count) => usize::try_from(*count).unwrap_or(0),
        _ => 0,
    };
    Ok(Box::new(IndexSwitch { count }))
});

struct IndexSwitch {
    count: usize,
}

impl Node for IndexSwitch {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let index = usize::try_from(call.int(0)?).ok().filter(|&index| index < self.count);
        Ok(Flow::fire(index.map_or(0, |index| index + 1)))
    }
}
