//! What a graph sees by name: variables and events, its own before the project's, functions, and the lists of the
//! settings.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};

use pulsewire_plugin_api::manifest::Scope;

use crate::logic::{CustomEvent, Graph, Variable};

/// The id of the project's graph.
const PROJECT: &str = "project";

/// The names that one graph sees.
pub(super) struct Names<'a> {
    variables: BTreeMap<&'a str, (String, &'a Variable)>,
    events: BTreeMap<&'a str, (String, &'a CustomEvent)>,
    functions: BTreeMap<&'a str, &'a Graph>,
    scenes: BTreeSet<&'a str>,
    /// See [`Environment::settings_names`](super::Environment::settings_names).
    settings: &'a dyn Fn(&str) -> Option<Vec<String>>,
    /// What is declared, but at fault.
    unsound: HashSet<&'a str>,
    /// The ids of graphs that cannot be read.
    unread: &'a BTreeSet<String>,
    /// The settings lists that were asked for.
    lists: RefCell<HashMap<String, Option<HashSet<String>>>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(
        graph: &'a Graph,
        all: &[&'a Graph],
        unread: &'a BTreeSet<String>,
        settings: &'a dyn Fn(&str) -> Option<Vec<String>>,
    ) -> Self {
        let mut names = Self {
            variables: BTreeMap::new(),
            events: BTreeMap::new(),
            functions: all
                .iter()
                .filter_map(|graph| Some((graph.function_name()?, *graph)))
                .collect(),
            scenes: all.iter().filter_map(|graph| graph.scene_name()).collect(),
            settings,
            unsound: HashSet::new(),
            unread,
            lists: RefCell::default(),
        };
        let project = all
            .iter()
            .copied()
            .filter(|other| other.scope == Scope::Project && other.id != graph.id);
        for graph in project.chain([graph]) {
            names.unsound.extend(graph.unsound.iter().map(String::as_str));
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

    /// The graph of the function `name`.
    pub(super) fn function(&self, name: &str) -> Option<&'a Graph> {
        self.functions.get(name).copied()
    }

    pub(super) fn is_scene(&self, name: &str) -> bool {
        self.scenes.contains(name) || self.unread.contains(&format!("scenes/{name}"))
    }

    /// Whether the function `name` is there, but its file cannot be read.
    pub(super) fn is_unread_function(&self, name: &str) -> bool {
        self.unread.contains(&format!("functions/{name}"))
    }

    /// Whether the variable or event `name` is declared, as far as can be said, but not known for a fault.
    pub(super) fn is_unsound(&self, name: &str) -> bool {
        self.unsound.contains(name) || self.unread.contains(PROJECT)
    }

    /// Whether the settings list has the entry `name`; true if there is no such list now, as nothing can be said then.
    pub(super) fn is_in_settings(&self, list: &str, name: &str) -> bool {
        let mut lists = self.lists.borrow_mut();
        if !lists.contains_key(list) {
            let names = (self.settings)(list).map(HashSet::from_iter);
            lists.insert(list.to_owned(), names);
        }
        let names = lists.get(list).and_then(Option::as_ref);
        names.is_none_or(|names| names.contains(name))
    }

    /// The names of the entries of the settings list, if there is one now.
    pub(super) fn settings(&self, list: &str) -> Option<Vec<String>> {
        (self.settings)(list)
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.keys().copied()
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &str> {
        self.events.keys().copied()
    }

    pub(super) fn scenes(&self) -> impl Iterator<Item = &str> {
        self.scenes.iter().copied()
    }

    pub(super) fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().copied()
    }
}
