//! The author's side: wraps a [`Plugin`] and its nodes so that they can cross, and unwraps the host object.

use std::sync::{Arc, OnceLock, RwLock};

use abi_stable::{
    sabi_trait::TD_Opaque,
    std_types::{ROption, RResult, RStr, RString, RVec},
};

use super::{
    guard::{self, Contained},
    interface::{
        EmitStatus, Extension, HostObject, NodeInterface, NodeInterface_TO, NodeObject, NodeSetup,
        PluginInterface, PluginInterface_TO, PluginObject, Registered, Wanted,
    },
    migration,
    node::{Call, Flow},
    value::Value,
};
use crate::{
    host::{EmitError, Host, HostServices, Setup},
    node::{Node, NodeResult},
    plugin::{Plugin, PluginError, Registrar},
};

/// The body of a library's `create`.
pub(super) extern "C" fn create<P: Plugin>(host: HostObject) -> RResult<PluginObject, RString> {
    let services: Arc<dyn HostServices> = Arc::new(AbiHost(host));
    bridge_log(&services, P::SILENT);
    let host = Host::new(services);
    match guard::catch(|| P::new(host.clone())) {
        Ok(plugin) => {
            let wrapped = PluginWrapper {
                plugin: Contained::new(plugin, report_drop),
                host,
                registrar: None,
                poisoned: None,
            };
            RResult::ROk(PluginInterface_TO::from_value(wrapped, TD_Opaque))
        }
        Err(panic) => RResult::RErr(panic.into()),
    }
}

/// The host object as an author's side sees it.
struct AbiHost(HostObject);

impl HostServices for AbiHost {
    fn log(&self, level: u32, target: &str, message: &str) {
        self.0.log(level, target.into(), message.into());
    }

    fn log_level(&self) -> u32 {
        self.0.log_level()
    }

    fn report(&self, message: &str) {
        self.0.report(message.into());
    }

    fn settings(&self, section: &str) -> Option<String> {
        self.0.settings(section.into()).into_option().map(String::from)
    }

    fn project_folder(&self) -> Option<String> {
        self.0.project_folder().into_option().map(String::from)
    }

    fn event(&self, node_type: &str, key: &str) -> Option<u64> {
        self.0.event(node_type.into(), key.into()).into_option()
    }

    fn wanted(&self, event: u64) -> Wanted {
        self.0.wanted(event)
    }

    fn emit(&self, event: u64, count: usize, values: &mut [Value]) -> Result<usize, EmitError> {
        let emitted = self.0.emit(event, count as u64, values.into());
        match emitted.status {
            EmitStatus::TAKEN => Ok(emitted.taken as usize),
            EmitStatus::FULL => Err(EmitError::Full),
            _ => Err(EmitError::Detached),
        }
    }

    fn extension(&self, id: &str) -> Option<Extension> {
        self.0.extension(id.into()).into_option()
    }
}

struct PluginWrapper<P> {
    plugin: Contained<P>,
    host: Host,
    registrar: Option<Contained<Registrar<P>>>,
    /// The text of the panic after which the plugin is not called again.
    poisoned: Option<String>,
}

impl<P: Plugin> PluginWrapper<P> {
    fn guarded<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, PluginError>) -> RResult<T, RString> {
        if let Some(panic) = &self.poisoned {
            return RResult::RErr(format!("not called after it {panic}").into());
        }
        match guard::catch(|| work(self)) {
            Ok(Ok(value)) => RResult::ROk(value),
            Ok(Err(error)) => RResult::RErr(error.to_string().into()),
            Err(panic) => {
                self.poisoned = Some(panic.clone());
                RResult::RErr(panic.into())
            }
        }
    }
}

impl<P: Plugin> PluginInterface for PluginWrapper<P> {
    fn register(&mut self) -> RResult<RVec<Registered>, RString> {
        self.guarded(|this| {
            let registrar = Registrar::collect();
            let registered = registrar
                .registered()?
                .into_iter()
                .map(|(id, has_behaviour)| Registered {
                    node_type: id.into(),
                    has_behaviour,
                })
                .collect();
            this.registrar = Some(Contained::new(registrar, report_drop));
            Ok(registered)
        })
    }

    fn activate(&mut self) -> RResult<(), RString> {
        self.guarded(|this| this.plugin.activate())
    }

    fn create_node(&mut self, node_type: RStr<'_>, setup: NodeSetup) -> RResult<NodeObject, RString> {
        self.guarded(|this| {
            let factory = this
                .registrar
                .as_ref()
                .and_then(|registrar| registrar.factory(node_type.as_str()));
            let factory = factory
                .ok_or_else(|| PluginError::new(format!("no node type `{node_type}` is registered")))?;
            let setup = Setup::new(
                setup.graph,
                setup.node,
                setup.attributes,
                &this.host,
                setup.own_event,
            );
            let node = factory(&mut this.plugin, &setup)?;
            let node = Contained::new(node, report_drop);
            let wrapped = NodeWrapper { node, poisoned: None };
            Ok(NodeInterface_TO::from_value(wrapped, TD_Opaque))
        })
    }

    fn settings_changed(&mut self) -> RResult<(), RString> {
        self.guarded(|this| this.plugin.settings_changed())
    }

    fn deactivate(&mut self) -> RResult<(), RString> {
        self.guarded(|this| this.plugin.deactivate())
    }

    fn extension(&self, id: RStr<'_>) -> ROption<Extension> {
        if id.as_str() == migration::ID {
            return ROption::RSome(migration::extension::<P>());
        }
        // What a plugin offers does not depend on its state, so a panic poisons nothing.
        guard::catch(|| P::extension(id.as_str())).ok().flatten().into()
    }
}

struct NodeWrapper {
    node: Contained<Box<dyn Node>>,
    poisoned: Option<String>,
}

impl NodeWrapper {
    fn guarded(&mut self, work: impl FnOnce(&mut dyn Node) -> NodeResult) -> RResult<Flow, RString> {
        if let Some(panic) = &self.poisoned {
            return RResult::RErr(format!("not called after it {panic}").into());
        }
        let node = &mut **self.node;
        match guard::catch(|| work(node)) {
            Ok(Ok(flow)) => RResult::ROk(flow),
            Ok(Err(error)) => RResult::RErr(error.reason().into()),
            Err(panic) => {
                self.poisoned = Some(panic.clone());
                RResult::RErr(panic.into())
            }
        }
    }
}

impl NodeInterface for NodeWrapper {
    fn execute(&mut self, call: &mut Call<'_>) -> RResult<Flow, RString> {
        self.guarded(|node| node.execute(call))
    }

    fn resume(&mut self, call: &mut Call<'_>) -> RResult<Flow, RString> {
        self.guarded(|node| node.resume(call))
    }

    fn on_event(&mut self, call: &mut Call<'_>) -> RResult<Flow, RString> {
        self.guarded(|node| node.on_event(call))
    }

    fn extension(&self, _id: RStr<'_>) -> ROption<Extension> {
        ROption::RNone
    }
}

/// Where the library's log goes. A library that is activated again gets a new host object.
static LOG_HOST: RwLock<Option<Arc<dyn HostServices>>> = RwLock::new(None);

/// The `log` crate and the panic hook of a library are its own copies; both are led to the host.
fn bridge_log(host: &Arc<dyn HostServices>, silent: &'static [&'static str]) {
    static BRIDGED: OnceLock<()> = OnceLock::new();
    if let Ok(mut current) = LOG_HOST.write() {
        *current = Some(Arc::clone(host));
    }
    log::set_max_level(level_filter(host.log_level()));
    BRIDGED.get_or_init(|| {
        // In a library's own tests another logger may be set already; then that one stays.
        let _ = log::set_boxed_logger(Box::new(LogBridge { silent }));
        guard::install_hook(|message| with_log_host(|host| host.report(message)));
    });
}

fn with_log_host(work: impl FnOnce(&dyn HostServices)) {
    let host = LOG_HOST.read().ok().and_then(|host| host.clone());
    if let Some(host) = host {
        work(&*host);
    }
}

fn level_filter(level: u32) -> log::LevelFilter {
    log::LevelFilter::iter()
        .nth(level as usize)
        .unwrap_or(log::LevelFilter::Trace)
}

fn report_drop(panic: &str) {
    with_log_host(|host| host.report(&format!("a destructor {panic}")));
}

struct LogBridge {
    /// See [`Plugin::SILENT`].
    silent: &'static [&'static str],
}

impl log::Log for LogBridge {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::max_level() && !self.is_silent(metadata.target())
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            let message = record.args().to_string();
            with_log_host(|host| host.log(record.level() as u32, record.target(), &message));
        }
    }

    fn flush(&self) {}
}

impl LogBridge {
    fn is_silent(&self, target: &str) -> bool {
        self.silent.iter().any(|name| {
            let below = target.strip_prefix(name);
            below.is_some_and(|below| below.is_empty() || below.starts_with("::"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_crate_is_silent_with_all_its_modules() {
        let bridge = LogBridge {
            silent: &["http", "ws::frame"],
        };
        for silent in ["http", "http::client", "ws::frame", "ws::frame::mask"] {
            assert!(bridge.is_silent(silent), "{silent}");
        }
        for heard in ["httpd", "ws", "ws::frames", "my::http"] {
            assert!(!bridge.is_silent(heard), "{heard}");
        }
    }
}
