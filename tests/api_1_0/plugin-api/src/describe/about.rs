//! The plugin as a whole.

use super::{node_type::NodeType, section::Section};

/// Everything that a library says about itself before any of its code runs.
#[derive(Clone, Copy, Debug)]
pub struct About {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    pub(super) category: &'static str,
    pub(super) description: &'static str,
    pub(super) node_types: &'static [NodeType],
    pub(super) sections: &'static [Section],
}

impl About {
    /// A plugin. `id` is also the name of its folder and library (`lib<id>.so`) and the prefix of its node
    /// types; `version` is usually `env!("CARGO_PKG_VERSION")`.
    pub const fn new(id: &'static str, name: &'static str, version: &'static str) -> Self {
        Self {
            id,
            name,
            version,
            category: "",
            description: "",
            node_types: &[],
            sections: &[],
        }
    }

    /// Where the list of plugins shows it: `Communication`.
    pub const fn category(self, category: &'static str) -> Self {
        Self { category, ..self }
    }

    /// What the plugin adds and what is lost without it.
    pub const fn description(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    /// The node types that [`Plugin::register`](crate::Plugin::register) will register.
    pub const fn node_types(self, node_types: &'static [NodeType]) -> Self {
        Self { node_types, ..self }
    }

    /// The settings sections that come with the plugin.
    pub const fn sections(self, sections: &'static [Section]) -> Self {
        Self { sections, ..self }
    }
}
