//! Concat Strings: joins texts.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Builtin, COUNT, check_bytes};

const TYPE: NodeType = NodeType::action("string.concat_strings", "Concat Strings")
    .category("String")
    .help("Joins its inputs from first to last, without a separator.")
    .attributes(&[COUNT])
    .inputs(&[Socket::data("input", "Input", DataType::String).repeated("count")])
    .outputs(&[Socket::data("output", "Output", DataType::String)]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(ConcatStrings)));

struct ConcatStrings;

impl Node for ConcatStrings {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let mut length = 0usize;
        for input in 0..call.input_count() {
            length = length.saturating_add(call.text(input)?.len());
        }
        check_bytes("the text", length)?;
        let mut joined = String::with_capacity(length);
        for input in 0..call.input_count() {
            joined.push_str(call.text(input)?);
        }
        call.set(0, joined);
        Ok(Flow::fire(0))
    }
}
