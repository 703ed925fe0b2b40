//! Group: a frame around nodes.

use pulsewire_plugin_api::prelude::*;

use crate::{engine::Placeholder, nodes::Builtin};

const TYPE: NodeType = NodeType::source("utilities.group", "Group")
    .category("Utilities")
    .help("A frame around nodes, with a name that serves as a comment. It does nothing; an editor shows it.")
    .attributes(&[
        Attribute::new("name", "Name", DataType::String),
        Attribute::new("color", "Color", DataType::Color),
        Attribute::new("z_index", "ZIndex", DataType::Int).help("Frames with a higher one lie in front."),
        Attribute::new("content_alpha", "Content Alpha", DataType::Int)
            .default(Literal::Int(255))
            .help("How opaque its inside is, 0 to 255."),
    ]);

pub(in crate::nodes) const NODE: Builtin = builtin!(TYPE, |_| Ok(Box::new(Placeholder)));
