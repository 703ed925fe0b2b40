//! Math Constant: a number that never changes.

use std::f64::consts;

use pulsewire_plugin_api::prelude::*;

use crate::{engine::Placeholder, nodes::Builtin};

const TYPE: NodeType = NodeType::source("math.math_constant", "Math Constant")
    .category("Math")
    .help("Pi, Euler's number or 42. It has no pulses; it is read whenever its output is used.")
    .attributes(&[Attribute::choice("type", "Type", &["Pi", "e", "Douglas-Adams (42)"])])
    .outputs(&[Socket::data("value", "Value", DataType::Float)]);

/// The compiler lays the constant where the users of the output read; the node is never made.
pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |build| {
    build.set_constant(match build.text("type") {
        "e" => consts::E,
        "Douglas-Adams (42)" => 42.0,
        _ => consts::PI,
    });
    Ok(Box::new(Placeholder))
});
