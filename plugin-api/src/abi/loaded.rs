//! The host's side: a library that was opened, the plugins that it makes, their nodes.

use std::sync::Arc;

use abi_stable::{
    StableAbi,
    abi_stability::abi_checking::check_layout_compatibility,
    library::AbiHeaderRef,
    sabi_trait::TD_Opaque,
    std_types::{RArc, ROption, RResult, RSliceMut, RStr, RString},
};

use super::interface::{
    EmitStatus, Emitted, Extension, HostInterface, HostInterface_TO, NodeObject, NodeSetup, PluginObject,
    Root_Ref, Wanted,
};
use super::{
    migration::{self, Migration},
    node::Call,
    value::Value,
};
use crate::{
    host::{EmitError, HostServices},
    node::{Node, NodeError, NodeResult},
    value::Dictionary,
};

/// Why an opened library is no plugin for this host.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// Another abi_stable, or another C ABI.
    #[error("the library was built with an incompatible abi_stable")]
    Header {
        /// For the log.
        details: String,
    },
    /// The library hides its layout.
    #[error("the library switches the layout check off")]
    Unchecked,
    /// The interface differs.
    #[error("the library's interface differs from plugin-api {}", crate::API_VERSION)]
    Layout {
        /// abi_stable's report, long; for the log.
        details: String,
    },
    /// The entry function failed.
    #[error("the library's entry failed: {reason}")]
    Entry {
        /// What it said.
        reason: String,
    },
}

/// The root of a library that passed the layout check.
#[derive(Clone, Copy)]
pub struct LoadedLibrary {
    root: Root_Ref,
}

impl LoadedLibrary {
    /// Checks what stands behind the symbol [`ENTRY_SYMBOL`](super::ENTRY_SYMBOL) and runs the entry.
    ///
    /// The layouts are compared in both directions, because abi_stable's own check refuses an older library in a
    /// newer host; one direction must hold. `[logic-thread]`
    ///
    /// # Safety
    /// `entry` is the value of that symbol in a library that stays loaded as long as the process.
    pub unsafe fn from_entry(entry: *const ()) -> Result<Self, EntryError> {
        // SAFETY: `AbiHeaderRef` is a transparent, non-null reference; the symbol is such a header.
        let header: AbiHeaderRef = unsafe { std::mem::transmute_copy(&entry) };
        let header = header.upgrade().map_err(|error| EntryError::Header {
            details: error.to_string(),
        })?;
        let theirs = header.layout().ok_or(EntryError::Unchecked)?;
        let ours = <Root_Ref as StableAbi>::LAYOUT;
        if let Err(error) = check_layout_compatibility(ours, theirs) {
            check_layout_compatibility(theirs, ours).map_err(|_| EntryError::Layout {
                details: error.to_string(),
            })?;
        }
        // SAFETY: one of the two checks above says that the layout is ours.
        let root = unsafe { header.init_root_module_with_unchecked_layout::<Root_Ref>() };
        root.map(|root| Self { root }).map_err(|error| EntryError::Entry {
            reason: error.to_string(),
        })
    }

    /// Makes a plugin. `[logic-thread]`
    pub fn create(&self, host: Arc<dyn HostServices>) -> Result<LoadedPlugin, String> {
        let host = HostInterface_TO::from_ptr(RArc::new(HostObjectOf(host)), TD_Opaque);
        result(self.root.create()(host)).map(|plugin| LoadedPlugin { plugin })
    }

    /// The library's extension `id`. `[any-thread]`
    pub fn extension(&self, id: &str) -> Option<Extension> {
        self.root.extension()(id.into()).into_option()
    }
}

/// A plugin of a library, seen from the host. Errors are what the plugin said, or the text of its panic.
pub struct LoadedPlugin {
    plugin: PluginObject,
}

impl LoadedPlugin {
    /// The ids of the node types that it registers, each with whether its nodes have behaviour.
    /// `[logic-thread & created]`
    pub fn register(&mut self) -> Result<Vec<(String, bool)>, String> {
        let registered = result(self.plugin.register())?;
        Ok(registered
            .into_iter()
            .map(|one| (one.node_type.into(), one.has_behaviour))
            .collect())
    }

    /// `[logic-thread & registered]`
    pub fn activate(&mut self) -> Result<(), String> {
        result(self.plugin.activate())
    }

    /// Makes a node. `[logic-thread & active]`
    pub fn create_node(&mut self, node_type: &str, setup: NodeSetup) -> Result<LoadedNode, String> {
        result(self.plugin.create_node(node_type.into(), setup)).map(LoadedNode)
    }

    /// `[logic-thread & active]`
    pub fn settings_changed(&mut self) -> Result<(), String> {
        result(self.plugin.settings_changed())
    }

    /// `[logic-thread & active]`
    pub fn deactivate(&mut self) -> Result<(), String> {
        result(self.plugin.deactivate())
    }

    /// The section `section`, of schema version `from`, as the plugin brings it up to date; see
    /// [`Plugin::migrate`](crate::Plugin::migrate). `[logic-thread & registered]`
    pub fn migrate(&self, section: &str, from: u32, settings: Dictionary) -> Result<Dictionary, String> {
        let extension = self.extension(migration::ID);
        let table = extension.and_then(Extension::table::<Migration>);
        let table = table.ok_or_else(|| format!("the plugin has no `{}` that fits", migration::ID))?;
        result((table.migrate)(section.into(), from, settings))
    }

    /// The plugin's extension `id`. `[any-thread & created]`
    pub fn extension(&self, id: &str) -> Option<Extension> {
        self.plugin.extension(id.into()).into_option()
    }
}

fn result<T>(result: RResult<T, RString>) -> Result<T, String> {
    result.into_result().map_err(String::from)
}

/// A plugin's node as the engine runs it.
pub struct LoadedNode(NodeObject);

impl LoadedNode {
    /// The node's extension `id`. `[logic-thread & active]`
    pub fn extension(&self, id: &str) -> Option<Extension> {
        self.0.extension(id.into()).into_option()
    }
}

impl Node for LoadedNode {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        self.0.execute(call).into_result().map_err(NodeError::new)
    }

    fn resume(&mut self, call: &mut Call<'_>) -> NodeResult {
        self.0.resume(call).into_result().map_err(NodeError::new)
    }

    fn on_event(&mut self, call: &mut Call<'_>) -> NodeResult {
        self.0.on_event(call).into_result().map_err(NodeError::new)
    }
}

/// A host's services as a plugin sees them.
struct HostObjectOf(Arc<dyn HostServices>);

impl HostInterface for HostObjectOf {
    fn log(&self, level: u32, target: RStr<'_>, message: RStr<'_>) {
        self.0.log(level, target.as_str(), message.as_str());
    }

    fn log_level(&self) -> u32 {
        self.0.log_level()
    }

    fn report(&self, message: RStr<'_>) {
        self.0.report(message.as_str());
    }

    fn settings(&self, section: RStr<'_>) -> ROption<RString> {
        self.0.settings(section.as_str()).map(RString::from).into()
    }

    fn project_folder(&self) -> ROption<RString> {
        self.0.project_folder().map(RString::from).into()
    }

    fn event(&self, node_type: RStr<'_>, key: RStr<'_>) -> ROption<u64> {
        self.0.event(node_type.as_str(), key.as_str()).into()
    }

    fn wanted(&self, event: u64) -> Wanted {
        self.0.wanted(event)
    }

    fn emit(&self, event: u64, count: u64, mut values: RSliceMut<'_, Value>) -> Emitted {
        let refused = |status| Emitted { taken: 0, status };
        match self.0.emit(event, count as usize, values.as_mut_slice()) {
            Ok(taken) => Emitted {
                taken: taken as u64,
                status: EmitStatus::TAKEN,
            },
            Err(EmitError::Full) => refused(EmitStatus::FULL),
            Err(EmitError::Detached) => refused(EmitStatus::DETACHED),
        }
    }

    fn extension(&self, id: RStr<'_>) -> ROption<Extension> {
        self.0.extension(id.as_str()).into()
    }
}
