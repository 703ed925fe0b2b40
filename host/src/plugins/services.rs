//! What the host gives to a plugin: the engine's services, for as long as an activation lasts.
//!
//! Every activation gets a [`Connection`] of its own. It is cut when `deactivate` has returned, and holds nothing
//! of the engine from then on; whoever still calls it gets a refusal, and the plugin a report.

use std::{
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
    sync::{
        Arc, OnceLock, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use log::Level;
use pulsewire_plugin_api::{EmitError, HostServices, Wanted, value::Value};

use super::{
    calls::punctuality::Punctuality,
    error::REPORT_IT,
    plugin_log::{LogSink, PluginLog},
    report::{Report, Reports, Step},
};
use crate::{console, diagnostics::suggestion, literal::shortened};

/// The engine as plugins use it.
///
/// Thread: every method is called on any thread, several at once. None may block or call a plugin: the caller may
/// be the thread for which `deactivate` waits.
pub trait EngineServices: Send + Sync {
    /// The settings section `section` of the plugin as JSON, checked, with all defaults.
    fn settings(&self, plugin: &str, section: &str) -> Option<String>;

    /// The folder of the project.
    fn project_folder(&self) -> PathBuf;

    /// The number of the event that nodes of type `node_type` with the event key `key` listen to.
    fn event(&self, node_type: &str, key: &str) -> Option<u64>;

    /// Who listens to the event now, and which of its values are read.
    fn wanted(&self, event: u64) -> Wanted;

    /// Queues the event `count` times for the logic thread; see [`HostServices::emit`].
    fn emit(&self, event: u64, count: usize, values: &mut [Value]) -> Result<usize, EmitError>;

    /// Tells the user what became of a plugin's own process. Nobody is told, unless the engine has a console.
    fn tell(&self, level: console::Level, message: &str) {
        let _ = (level, message);
    }
}

/// The longest text that a plugin can put into a report, in bytes.
const MAX_REPORT: usize = 4 << 10;

/// What is kept about a plugin across its activations. Shared with its threads.
pub(super) struct Account {
    id: String,
    pub(super) reports: Reports,
    pub(super) log: PluginLog,
    refused: AtomicU64,
    /// How often its nodes were called; counted only while calls are on record.
    pub(super) calls: AtomicU64,
    pub(super) punctuality: Punctuality,
}

impl Account {
    pub(super) fn new(id: &str, sink: LogSink) -> Self {
        Self {
            id: id.to_owned(),
            reports: Reports::default(),
            log: PluginLog::new(id, sink),
            refused: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            punctuality: Punctuality::default(),
        }
    }

    /// The plugin's id.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// How many calls of the plugin were refused because they came at the wrong time.
    pub(super) fn refused_calls(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Whether calls took too long so often lately that the project suffers.
    pub(super) fn is_unresponsive(&self) -> bool {
        self.punctuality
            .is_unresponsive(self.calls.load(Ordering::Relaxed))
    }

    /// Adds a report from the plugin's own life, which nobody waits for; so it goes to the log too.
    pub(super) fn report_at_run(&self, report: Report) {
        let hint = report.hint.iter().map(|hint| format!("\n  hint: {hint}"));
        let line: String = std::iter::once(report.message.clone()).chain(hint).collect();
        self.reports.push(report);
        self.log.host_line(Level::Error, &line);
    }
}

/// The services that need an active plugin.
#[derive(Clone, Copy)]
enum Service {
    Settings,
    ProjectFolder,
    Event,
    Wanted,
    Emit,
}

impl Service {
    const COUNT: usize = Self::Emit as usize + 1;

    const fn name(self) -> &'static str {
        match self {
            Service::Settings => "settings",
            Service::ProjectFolder => "project_folder",
            Service::Event => "event",
            Service::Wanted => "wanted",
            Service::Emit => "emit",
        }
    }
}

/// The host as one activation of a plugin sees it.
pub(super) struct Connection {
    account: Arc<Account>,
    generation: u64,
    /// There while the plugin is active.
    engine: RwLock<Option<Arc<dyn EngineServices>>>,
    was_active: AtomicBool,
    /// Which services were refused already, so that each is reported once.
    refused: [AtomicBool; Service::COUNT],
    asked_for_foreign: AtomicBool,
    /// The node types of the plugin, once it has registered them.
    registered: OnceLock<Box<[String]>>,
    asked_for_unregistered: AtomicBool,
}

impl Connection {
    pub(super) fn new(account: Arc<Account>, generation: u64) -> Self {
        Self {
            account,
            generation,
            engine: RwLock::new(None),
            was_active: AtomicBool::new(false),
            refused: Default::default(),
            asked_for_foreign: AtomicBool::new(false),
            registered: OnceLock::new(),
            asked_for_unregistered: AtomicBool::new(false),
        }
    }

    /// Notes which node types the plugin has registered; it can ask for events of no others.
    pub(super) fn set_registered<'a>(&self, node_types: impl Iterator<Item = &'a str>) {
        // A plugin registers once for each connection.
        let _ = self.registered.set(node_types.map(str::to_owned).collect());
    }

    /// Lets calls through from now on.
    pub(super) fn attach(&self, engine: Arc<dyn EngineServices>) {
        self.was_active.store(true, Ordering::Relaxed);
        *self.engine.write().unwrap_or_else(PoisonError::into_inner) = Some(engine);
    }

    /// Refuses calls from now on. Waits for those that are under way.
    pub(super) fn detach(&self) {
        let engine = self.engine.write().unwrap_or_else(PoisonError::into_inner).take();
        drop(engine);
        self.account.log.flush();
    }

    /// Calls the engine if the plugin is active. A panic of the engine must not reach the plugin's frames, in
    /// which it would end the process.
    fn with_engine<T>(&self, service: Service, call: impl FnOnce(&dyn EngineServices) -> T) -> Option<T> {
        let engine = self.engine.read().unwrap_or_else(PoisonError::into_inner);
        let Some(engine) = &*engine else {
            self.refuse(service);
            return None;
        };
        let result = panic::catch_unwind(AssertUnwindSafe(|| call(&**engine)));
        if result.is_err() {
            let message = format!("the host panicked when the plugin called `{}`", service.name());
            self.account.report_at_run(
                Report::new(Step::Run, message).hint("this is a bug in the host; please report it"),
            );
        }
        result.ok()
    }

    #[cold]
    fn refuse(&self, service: Service) {
        self.account.refused.fetch_add(1, Ordering::Relaxed);
        if self.refused[service as usize].swap(true, Ordering::Relaxed) {
            return;
        }
        let (when, hint) = if self.was_active.load(Ordering::Relaxed) {
            (
                "after it was deactivated",
                "`deactivate` must end and join every thread of the plugin",
            )
        } else {
            (
                "before it was activated",
                "`new` and `register` may only log; the rest belongs into `activate`",
            )
        };
        let message = format!("plugin `{}` called `{}` {when}", self.account.id, service.name());
        log::debug!("{message} (generation {})", self.generation);
        self.account
            .report_at_run(Report::new(Step::Run, message).hint(hint));
    }

    /// The plugin's own process has ended: a report, and an error for the user.
    pub(super) fn crashed(&self, how: &str) {
        let message = format!("plugin `{}` {how}", self.account.id);
        let report = Report::new(Step::Run, message.as_str());
        self.account.report_at_run(report.hint(REPORT_IT));
        self.tell(console::Level::Error, &message);
    }

    /// The plugin's own process is there again.
    pub(super) fn recovered(&self) {
        let message = format!("plugin `{}` runs again, in a new process", self.account.id);
        self.account.log.host_line(Level::Info, &message);
        self.tell(console::Level::Notice, &message);
    }

    fn tell(&self, level: console::Level, message: &str) {
        if let Some(engine) = &*self.engine.read().unwrap_or_else(PoisonError::into_inner) {
            engine.tell(level, message);
        }
    }

    fn is_own(&self, node_type: &str) -> bool {
        node_type
            .strip_prefix(self.account.id.as_str())
            .is_some_and(|rest| rest.starts_with('.'))
    }

    fn node_types(&self) -> &[String] {
        self.registered.get().map_or(&[], |node_types| node_types)
    }

    /// A misspelt type would get a number too, and its events would never be heard.
    #[cold]
    fn refuse_unregistered(&self, node_type: &str) {
        if !self.asked_for_unregistered.swap(true, Ordering::Relaxed) {
            let id = &self.account.id;
            let node_type = shortened(node_type);
            let message =
                format!("plugin `{id}` asked for an event of `{node_type}`, which it has not registered");
            let known = self.node_types().iter().map(String::as_str);
            let hint = suggestion(&node_type, known).unwrap_or_else(|| "`register` must name it".to_owned());
            self.account
                .report_at_run(Report::new(Step::Run, message).hint(hint));
        }
    }

    #[cold]
    fn refuse_foreign(&self, wanted: &str) {
        if !self.asked_for_foreign.swap(true, Ordering::Relaxed) {
            let id = &self.account.id;
            let message = format!("plugin `{id}` asked for {wanted}, which is not its own");
            let hint = "a plugin sees its own settings section and emits events of its own node types only";
            self.account
                .report_at_run(Report::new(Step::Run, message).hint(hint));
        }
    }
}

impl HostServices for Connection {
    fn log(&self, level: u32, target: &str, message: &str) {
        let level = match level {
            0 | 1 => Level::Error,
            2 => Level::Warn,
            3 => Level::Info,
            4 => Level::Debug,
            _ => Level::Trace,
        };
        self.account.log.line(level, target, message);
    }

    fn log_level(&self) -> u32 {
        self.account.log.max_level() as u32
    }

    fn report(&self, message: &str) {
        let message = &message[..message.floor_char_boundary(MAX_REPORT)];
        self.account.report_at_run(Report::new(Step::Run, message));
    }

    fn settings(&self, section: &str) -> Option<String> {
        if section != self.account.id {
            self.refuse_foreign(&format!("the settings section `{section}`"));
            return None;
        }
        self.with_engine(Service::Settings, |engine| {
            engine.settings(&self.account.id, section)
        })?
    }

    fn project_folder(&self) -> Option<String> {
        let folder = self.with_engine(Service::ProjectFolder, |engine| engine.project_folder())?;
        Some(folder.to_string_lossy().into_owned())
    }

    fn event(&self, node_type: &str, key: &str) -> Option<u64> {
        if !self.is_own(node_type) {
            self.refuse_foreign(&format!("an event of `{node_type}`"));
            return None;
        }
        let is_registered = self.node_types().iter().any(|one| one == node_type);
        let number = self.with_engine(Service::Event, |engine| {
            is_registered.then(|| engine.event(node_type, key))
        })?;
        if number.is_none() {
            self.refuse_unregistered(node_type);
        }
        number?
    }

    fn wanted(&self, event: u64) -> Wanted {
        self.with_engine(Service::Wanted, |engine| engine.wanted(event))
            .unwrap_or(Wanted::NOTHING)
    }

    fn emit(&self, event: u64, count: usize, values: &mut [Value]) -> Result<usize, EmitError> {
        if count == 0 {
            return Ok(0);
        }
        self.with_engine(Service::Emit, |engine| engine.emit(event, count, values))
            .unwrap_or(Err(EmitError::Detached))
    }
}

#[cfg(test)]
mod tests;
