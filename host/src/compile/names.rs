//! What a graph sees by name: variables and events, its own before the project's, functions, and the lists of the
//! settings.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
};

use pulsewire_plugin_api::manifest::Scope;

use crate::logic::{CustomEvent, Graph, Unsound, Variable};

/// The id of the project's graph.
const PROJECT: &str = "project";

/// What all graphs of a project see.
pub(super) struct Names<'a> {
    graphs: Vec<&'a Graph>,
    project: Own<'a>,
    functions: BTreeMap<&'a str, &'a Graph>,
    scenes: BTreeSet<&'a str>,
    /// See [`Environment::settings_names`](super::Environment::settings_names).
    settings: &'a dyn Fn(&str) -> Option<Vec<String>>,
    /// The ids of graphs that cannot be read.
    unread: BTreeSet<String>,
    /// The settings lists that were asked for.
    lists: RefCell<HashMap<String, Option<HashSet<String>>>>,
}

impl<'a> Names<'a> {
    pub(super) fn new(
        graphs: &[&'a Graph],
        unread: BTreeSet<String>,
        settings: &'a dyn Fn(&str) -> Option<Vec<String>>,
    ) -> Self {
        let project = graphs.iter().find(|graph| graph.scope == Scope::Project);
        Self {
            graphs: graphs.to_vec(),
            project: project.map(|graph| Own::new(graph)).unwrap_or_default(),
            functions: graphs
                .iter()
                .filter_map(|graph| Some((graph.function_name()?, *graph)))
                .collect(),
            scenes: graphs.iter().filter_map(|graph| graph.scene_name()).collect(),
            settings,
            unread,
            lists: RefCell::default(),
        }
    }

    /// All graphs of the project.
    pub(super) fn graphs(&self) -> &[&'a Graph] {
        &self.graphs
    }

    /// What `graph` sees.
    pub(super) fn seen_by(&self, graph: &'a Graph) -> SeenNames<'_, 'a> {
        SeenNames {
            all: self,
            own: Own::new(graph),
        }
    }
}

/// The variables and events of one graph, with their qualified names.
#[derive(Default)]
struct Own<'a> {
    variables: BTreeMap<&'a str, (String, &'a Variable)>,
    events: BTreeMap<&'a str, (String, &'a CustomEvent)>,
    /// What is declared, but at fault.
    unsound: Option<&'a Unsound>,
}

impl<'a> Own<'a> {
    fn new(graph: &'a Graph) -> Self {
        let qualified = |name: &str| format!("{}/{name}", graph.id);
        let variables = graph.variables.iter().map(|variable| {
            let name = variable.name.value.as_str();
            (name, (qualified(name), variable))
        });
        let events = graph.events.iter().map(|event| {
            let name = event.name.value.as_str();
            (name, (qualified(name), event))
        });
        Self {
            variables: variables.collect(),
            events: events.collect(),
            unsound: Some(&graph.unsound),
        }
    }

    /// Whether the variable `name` is declared, as far as can be said, but not known for a fault.
    fn is_variable_unsound(&self, name: &str) -> bool {
        let is_it = |unsound: &Unsound| unsound.is_partial("variable") || unsound.variables.contains(name);
        self.unsound.is_some_and(is_it)
    }

    /// The same of the event `name`.
    fn is_event_unsound(&self, name: &str) -> bool {
        let is_it = |unsound: &Unsound| unsound.is_partial("event") || unsound.events.contains(name);
        self.unsound.is_some_and(is_it)
    }
}

/// The names that one graph sees.
pub(super) struct SeenNames<'n, 'a> {
    all: &'n Names<'a>,
    own: Own<'a>,
}

impl<'a> SeenNames<'_, 'a> {
    /// The variable `name` with its qualified name.
    pub(super) fn variable(&self, name: &str) -> Option<(String, &'a Variable)> {
        match self.own.variables.get(name) {
            None if self.own.is_variable_unsound(name) => None,
            own => own.or_else(|| self.all.project.variables.get(name)).cloned(),
        }
    }

    /// The event `name` with its qualified name.
    pub(super) fn event(&self, name: &str) -> Option<(String, &'a CustomEvent)> {
        match self.own.events.get(name) {
            None if self.own.is_event_unsound(name) => None,
            own => own.or_else(|| self.all.project.events.get(name)).cloned(),
        }
    }

    /// The graph of the function `name`.
    pub(super) fn function(&self, name: &str) -> Option<&'a Graph> {
        self.all.functions.get(name).copied()
    }

    pub(super) fn is_scene(&self, name: &str) -> bool {
        self.all.scenes.contains(name) || self.all.unread.contains(&format!("scenes/{name}"))
    }

    /// Whether the function `name` is there, but its file cannot be read.
    pub(super) fn is_unread_function(&self, name: &str) -> bool {
        self.all.unread.contains(&format!("functions/{name}"))
    }

    /// Whether the variable `name` is declared, as far as can be said, but not known for a fault.
    pub(super) fn is_variable_unsound(&self, name: &str) -> bool {
        self.all.unread.contains(PROJECT)
            || [&self.own, &self.all.project]
                .iter()
                .any(|own| own.is_variable_unsound(name))
    }

    /// The same of the event `name`.
    pub(super) fn is_event_unsound(&self, name: &str) -> bool {
        self.all.unread.contains(PROJECT)
            || [&self.own, &self.all.project]
                .iter()
                .any(|own| own.is_event_unsound(name))
    }

    /// Whether the settings list has the entry `name`; true if there is no such list now, as nothing can be said then.
    pub(super) fn is_in_settings(&self, list: &str, name: &str) -> bool {
        let mut lists = self.all.lists.borrow_mut();
        if !lists.contains_key(list) {
            let names = (self.all.settings)(list).map(HashSet::from_iter);
            lists.insert(list.to_owned(), names);
        }
        let names = lists.get(list).and_then(Option::as_ref);
        names.is_none_or(|names| names.contains(name))
    }

    /// The names of the entries of the settings list, if there is one now.
    pub(super) fn settings(&self, list: &str) -> Option<Vec<String>> {
        (self.all.settings)(list)
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        union(&self.own.variables, &self.all.project.variables)
    }

    pub(super) fn events(&self) -> impl Iterator<Item = &str> {
        union(&self.own.events, &self.all.project.events)
    }

    pub(super) fn scenes(&self) -> impl Iterator<Item = &str> {
        self.all.scenes.iter().copied()
    }

    pub(super) fn functions(&self) -> impl Iterator<Item = &str> {
        self.all.functions.keys().copied()
    }
}

/// The names in both, each once.
fn union<'n, T>(one: &'n BTreeMap<&str, T>, other: &'n BTreeMap<&str, T>) -> impl Iterator<Item = &'n str> {
    let names: BTreeSet<&str> = one.keys().chain(other.keys()).copied().collect();
    names.into_iter()
}
