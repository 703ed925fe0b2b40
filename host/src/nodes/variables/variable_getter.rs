//! Variable Getter: reads a variable when its output is used.

use pulsewire_plugin_api::prelude::*;

use crate::{
    engine::Placeholder,
    nodes::{Builtin, VARIABLE},
};

const TYPE: NodeType = NodeType::source("variables.variable_getter", "Variable Getter")
    .category("Variables")
    .help("The present value of the variable. It has no pulses; it is read whenever its output is used.")
    .attributes(&[VARIABLE])
    .outputs(&[Socket::typed_by("value", "Value", "variable")]);

/// The compiler wires its users to the variable itself; it is never made.
pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(Placeholder)));
