//! Contains: looks for a text in a text.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::Builtin;

const TYPE: NodeType = NodeType::action("string.contains", "Contains")
    .category("String")
    .help("Tells whether the pattern occurs in the text. The empty pattern occurs everywhere.")
    .inputs(&[
        Socket::data("string", "String", DataType::String),
        Socket::data("pattern", "Pattern", DataType::String),
    ])
    .outputs(&[Socket::data("contains", "Contains", DataType::Bool)]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(Contains)));

struct Contains;

impl Node for Contains {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let contains = call.text(0)?.contains(call.text(1)?.as_str());
        call.set(0, contains);
        Ok(Flow::fire(0))
    }
}
