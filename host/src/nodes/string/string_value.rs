//! String Value: a literal.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Builtin, PassInput};

const TYPE: NodeType = NodeType::action("string.string_value", "String Value")
    .category("String")
    .help("Outputs the text set on it, or the input if one is wired.")
    .inputs(&[Socket::data("input", "Input", DataType::String)])
    .outputs(&[Socket::data("output", "Output", DataType::String)]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(PassInput)));
