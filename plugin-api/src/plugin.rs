//! The plugin: what an author implements and exports.

use std::{collections::BTreeMap, fmt};

use crate::{
    abi::Extension,
    describe::{About, NodeType},
    host::{Host, Setup},
    node::Node,
    value::Dictionary,
};

/// A plugin. Implement it, then write `pulsewire_plugin_api::export_plugin!(MyPlugin);`.
///
/// Order of calls: [`new`](Self::new) → [`register`](Self::register) → [`activate`](Self::activate) → nodes are
/// made and run → [`deactivate`](Self::deactivate) → drop. A plugin that is switched on again is made anew.
/// All calls come on the host's logic thread and must return in microseconds, `deactivate` within two seconds.
/// A panic in any of them is caught and reported; the instance is not called again but to be dropped.
pub trait Plugin: Send + Sized + 'static {
    /// What the library says about itself; readable without running it.
    const ABOUT: About;

    /// Crates and modules whose log lines are dropped, with all below them: for a dependency that logs what may be
    /// secret, such as the headers of a request.
    const SILENT: &'static [&'static str] = &[];

    /// Makes the plugin. No thread, no I/O, no host services but the log. `[logic-thread]`
    fn new(host: Host) -> Self;

    /// Names a factory for every node type of [`ABOUT`](Self::ABOUT). `[logic-thread & created]`
    fn register(registrar: &mut Registrar<Self>);

    /// The project runs from now on; settings are readable and events may be emitted.
    /// `[logic-thread & registered]`
    fn activate(&mut self) -> Result<(), PluginError> {
        Ok(())
    }

    /// The plugin's sections changed while it is active. Its nodes live on: what they read of the settings must be
    /// shared with them. `[logic-thread & active]`
    fn settings_changed(&mut self) -> Result<(), PluginError> {
        Ok(())
    }

    /// Brings a section of a project's `settings.toml` up to the schema version that [`ABOUT`](Self::ABOUT) declares
    /// for it ([`Section::version`](crate::describe::Section::version)). `from` is the lower version that the file has;
    /// `settings` is the section as it stands there, unchecked: lists by their ids, each an Array of Dictionaries,
    /// without defaults, secrets as they are written. What is returned takes its place in the file, if it is valid.
    /// An error, or a panic, leaves the file as it is, and the plugin has failed. `[logic-thread & registered]`
    fn migrate(section: &str, from: u32, settings: Dictionary) -> Result<Dictionary, PluginError> {
        let _ = settings;
        Err(PluginError::new(format!(
            "the plugin does not know version {from} of the section `{section}`"
        )))
    }

    /// What the plugin offers beyond this interface, under an id such as `lamp.colours/1`: to hosts that know the id.
    /// `[any-thread & created]`
    fn extension(id: &str) -> Option<Extension> {
        let _ = id;
        None
    }

    /// Ends and joins every thread of the plugin, within two seconds. `[logic-thread & active]`
    fn deactivate(&mut self) -> Result<(), PluginError> {
        Ok(())
    }
}

/// Why a plugin could not do what the host asked; shown in its report.
#[derive(Clone, PartialEq, Eq)]
pub struct PluginError(String);

impl PluginError {
    /// An error with a reason: lower case, no full stop.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Debug for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for PluginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PluginError {}

pub(crate) type Factory<P> = Box<dyn Fn(&mut P, &Setup) -> Result<Box<dyn Node>, PluginError> + Send>;

/// Collects the factories of a plugin's nodes.
pub struct Registrar<P> {
    /// `None` for event nodes without behaviour of their own.
    factories: BTreeMap<&'static str, Option<Factory<P>>>,
    duplicate: Option<&'static str>,
}

impl<P: Plugin> Registrar<P> {
    pub(crate) fn collect() -> Self {
        let mut registrar = Self {
            factories: BTreeMap::new(),
            duplicate: None,
        };
        P::register(&mut registrar);
        registrar
    }

    /// `factory` makes a node of type `node_type` for one use in a graph.
    pub fn node<N: Node + 'static>(
        &mut self,
        node_type: &NodeType,
        factory: impl Fn(&mut P, &Setup) -> Result<N, PluginError> + Send + 'static,
    ) {
        let boxed: Factory<P> =
            Box::new(move |plugin, setup| factory(plugin, setup).map(|node| Box::new(node) as Box<dyn Node>));
        self.insert(node_type.id(), Some(boxed));
    }

    /// An event node that just hands on what was emitted.
    pub fn event(&mut self, node_type: &NodeType) {
        self.insert(node_type.id(), None);
    }

    fn insert(&mut self, id: &'static str, factory: Option<Factory<P>>) {
        if self.factories.insert(id, factory).is_some() {
            self.duplicate = Some(id);
        }
    }

    /// The ids, with whether nodes of the type have behaviour, or the id that was registered twice.
    pub(crate) fn registered(&self) -> Result<Vec<(&'static str, bool)>, PluginError> {
        match self.duplicate {
            Some(id) => Err(PluginError::new(format!("node type `{id}` is registered twice"))),
            None => Ok(self
                .factories
                .iter()
                .map(|(id, factory)| (*id, factory.is_some()))
                .collect()),
        }
    }

    pub(crate) fn factory(&self, id: &str) -> Option<&Factory<P>> {
        self.factories.get(id)?.as_ref()
    }
}
