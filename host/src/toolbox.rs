//! The toolbox: every node type that is known, and whether it can be used now.
//!
//! Built-in types are always available. Those of a plugin are available while it is loaded or active; those of a
//! plugin that is off stay known, so that its nodes in a graph can be checked and kept, but are not listed.

use std::sync::{Arc, LazyLock};

use indexmap::IndexMap;
use pulsewire_plugin_api::manifest::NodeType;

use crate::{nodes::Builtin, plugins::is_identifier};

/// A node type and where it comes from.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What a graph is checked against.
    pub node_type: Arc<NodeType>,
    /// What makes its nodes.
    pub origin: Origin,
}

/// What makes the nodes of a type.
#[derive(Clone, Debug)]
pub enum Origin {
    /// The host itself.
    Builtin(&'static Builtin),
    /// A plugin that is loaded.
    Plugin {
        /// Its id.
        plugin: String,
        /// Whether its nodes have behaviour; an event node without any is run by the host alone.
        has_behaviour: bool,
    },
    /// A plugin that is off or failed: nodes of the type are placeholders.
    Unavailable {
        /// Its id.
        plugin: String,
        /// Why, for people.
        reason: String,
    },
}

impl Entry {
    /// The id of the plugin that the type belongs to.
    pub fn plugin(&self) -> Option<&str> {
        match &self.origin {
            Origin::Builtin(_) => None,
            Origin::Plugin { plugin, .. } | Origin::Unavailable { plugin, .. } => Some(plugin),
        }
    }

    /// Whether nodes of the type can run.
    pub fn is_available(&self) -> bool {
        !matches!(self.origin, Origin::Unavailable { .. })
    }
}

/// All known node types by id.
#[derive(Clone, Debug)]
pub struct Toolbox {
    entries: IndexMap<String, Entry>,
    /// Why plugins of whose node types nothing is known cannot be used, by id.
    broken: IndexMap<String, String>,
}

/// Read once: a toolbox is made anew at every change of a plugin.
static BUILTIN_ENTRIES: LazyLock<IndexMap<String, Entry>> = LazyLock::new(|| {
    let entries = crate::nodes::BUILTINS.iter().map(|builtin| {
        let node_type = Arc::new(builtin.node_type());
        let origin = Origin::Builtin(builtin);
        (node_type.id.clone(), Entry { node_type, origin })
    });
    entries.collect()
});

impl Default for Toolbox {
    /// The built-in nodes alone.
    fn default() -> Self {
        Self {
            entries: BUILTIN_ENTRIES.clone(),
            broken: IndexMap::new(),
        }
    }
}

impl Toolbox {
    /// Adds a type; the caller has made sure that its id is free.
    pub fn add(&mut self, node_type: NodeType, origin: Origin) {
        self.entries.insert(
            node_type.id.clone(),
            Entry {
                node_type: Arc::new(node_type),
                origin,
            },
        );
    }

    /// Adds a plugin whose library is there, but says nothing of its node types; the reason is for people.
    pub fn add_broken(&mut self, plugin: impl Into<String>, reason: impl Into<String>) {
        self.broken.insert(plugin.into(), reason.into());
    }

    /// The reason that [`add_broken`](Self::add_broken) was given for the plugin.
    pub fn broken(&self, plugin: &str) -> Option<&str> {
        self.broken.get(plugin).map(String::as_str)
    }

    /// The entry of a type, available or not.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.get(id)
    }

    /// What can be wired now, in the order of ids.
    pub fn available(&self) -> Vec<&Entry> {
        let mut available: Vec<&Entry> = self
            .entries
            .values()
            .filter(|entry| entry.is_available())
            .collect();
        available.sort_by(|a, b| a.node_type.id.cmp(&b.node_type.id));
        available
    }

    /// Every known id, for suggestions.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Whether the id, of no known type, is that of a built-in node or of a known plugin, written wrongly; otherwise its
    /// plugin is missing.
    pub fn is_misspelt(&self, id: &str) -> bool {
        match id.split_once('.') {
            Some((prefix, _)) if is_identifier(prefix) => {
                let mut known = self.ids().filter_map(|known| known.split_once('.'));
                known.any(|(known, _)| known == prefix)
            }
            _ => true,
        }
    }
}
