//! Function Output: where a call of a function ends.

use pulsewire_plugin_api::prelude::*;

use crate::{
    compile::shape::FUNCTION_OUTPUTS,
    nodes::{Builtin, FUNCTION_OUTPUT, PassInputs},
};

const TYPE: NodeType = NodeType::action(FUNCTION_OUTPUT, "Function Output")
    .category("Functions")
    .help(
        "Where a function ends: its inputs, the function's `[[output]]`, become the outputs of the Function node, which \
         fires. There may be several, for several ways through the function.",
    )
    .scopes(&[Scope::Function])
    .inputs(&[Socket::data("output", "Output Parameter", DataType::Any)
        .repeated(FUNCTION_OUTPUTS)
        .help("One for each `[[output]]`, under its name.")])
    .pulse_outputs(&[]);

/// The compiler gives it the outputs of the call, and the pulse output.
pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(PassInputs)));
