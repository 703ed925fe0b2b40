//! Function Input: where a function begins.

use pulsewire_plugin_api::prelude::*;

use crate::{
    compile::shape::FUNCTION_INPUTS,
    engine::Placeholder,
    nodes::{Builtin, FUNCTION_INPUT},
};

const TYPE: NodeType = NodeType::event(FUNCTION_INPUT, "Function Input")
    .category("Functions")
    .help(
        "Where a function begins: fires when a Function node is pulsed. Its outputs are the function's `[[input]]`, as they \
         were at that moment. A function has one.",
    )
    .scopes(&[Scope::Function])
    .outputs(&[Socket::data("input", "Input Parameter", DataType::Any)
        .repeated(FUNCTION_INPUTS)
        .help("One for each `[[input]]`, under its name.")]);

/// The calls stand for it; it is never made.
pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(Placeholder)));
