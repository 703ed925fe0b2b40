//! Color Value: a literal.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Builtin, PassInput};

const TYPE: NodeType = NodeType::action("utilities.color_value", "Color Value")
    .category("Utilities")
    .help("Outputs the colour set on it, eight digits for alpha, red, green and blue, or the input if one is wired.")
    .inputs(&[Socket::data("input", "Input", DataType::Color)])
    .outputs(&[Socket::data("output", "Output", DataType::Color)]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(PassInput)));
