//! What a graph sees by name: variables and events, its own before the project's, and the lists of the settings.

use std::collections::BTreeMap;

use crate::logic::{CustomEvent, Graph, Variable};

/// The names that one graph sees.
pub(super) struct Names<'a> {
    variables: BTreeMap<&'a str, (String, &'a Variable)>,
    events: BTreeMap<&'a str, (String, &'a CustomEvent)>,
    /// See [`Environment::settings_names`](super::Environment::settings_names).
    pub(super) settings: &'a dyn Fn(&str) -> Option<Vec<String>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(
        graph: &'a Graph,
        project: Option<&'a Graph>,
        settings: &'a dyn Fn(&str) -> Option<Vec<String>>,
    ) -> Self {
        let mut names = Self {
            variables: BTreeMap::new(),
            events: BTreeMap::new(),
            settings,
        };
        for graph in project.into_iter().chain([graph]) {
            for variable in &graph.variables {
                let name = variable.name.value.as_str();
                names
                    .variables
                    .insert(name, (format!("{}/{name}", graph.id), variable));
            }
            for event in &graph.events {
                let name = event.name.value.as_str();
                names.events.insert(name, (format!("{}/{name}", graph.id), event));
            }
        }
        names
    }

    /// The variable `name` with its qualified name.
    pub(super) fn variable(&self, name: &str) -> Option<(String, &'a Variable)> {
        self.variables.get(name).cloned()
    }

    /// The event `name` with its qualified name.
    pub(super) fn event(&self, name: &str) -> Option<(String, &'a CustomEvent)> {
        self.events.get(name).cloned()
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().copied()
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &str> {
        self.events.keys().copied()
    }
}
