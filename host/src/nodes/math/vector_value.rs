//! Vector Value: a literal.

use pulsewire_plugin_api::prelude::*;

use crate::nodes::{Builtin, PassInput};

const TYPE: NodeType = NodeType::action("math.vector_value", "Vector Value")
    .category("Math")
    .help("Outputs the vector set on it, or the input if one is wired.")
    .attributes(&[Attribute::choice("data_type", "Data Type", &["Vector2", "Vector3", "Vector4"])])
    .inputs(&[Socket::typed_by("input", "Input", "data_type")])
    .outputs(&[Socket::typed_by("output", "Output", "data_type")]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(PassInput)));
