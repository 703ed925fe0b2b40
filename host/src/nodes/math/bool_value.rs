//! Bool Value: a literal.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Builtin, PassInput};

const TYPE: NodeType = NodeType::action("math.bool_value", "Bool Value")
    .category("Math / Boolean")
    .help("Outputs the Bool set on it, or the input if one is wired.")
    .inputs(&[Socket::data("input", "Input", DataType::Bool)])
    .outputs(&[Socket::data("output", "Output", DataType::Bool)]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(PassInput)));
