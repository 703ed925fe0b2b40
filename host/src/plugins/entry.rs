//! One plugin as the registry knows it.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use pulsewire_plugin_api::{
    Node,
    abi::{interface::NodeSetup, loaded::LoadedPlugin},
    manifest::Manifest,
    value::Dictionary,
};

use super::{
    calls::{Call, Calls, Entered},
    image::Hash,
    inspect::Inspection,
    report::{Report, Reports},
    services::{Account, Connection, EngineServices},
};

/// How many states of a plugin are kept; who switches it for months must not fill the memory.
const MAX_HISTORY: usize = 100;

/// Where a plugin stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The plugins config switches it off; its library is not opened.
    Disabled,
    /// Its library passed the static checks.
    Declared,
    /// Its library is open, and it has registered what it adds.
    Loaded,
    /// The project runs with it.
    Active,
    /// A step failed; the reason is that of the newest report.
    Failed(String),
    /// The plugins config names it, but no folder of the search path holds it.
    Missing,
}

impl State {
    /// The word in lists.
    pub const fn name(&self) -> &'static str {
        match self {
            State::Disabled => "disabled",
            State::Declared => "declared",
            State::Loaded => "loaded",
            State::Active => "active",
            State::Failed(_) => "failed",
            State::Missing => "missing",
        }
    }

    /// Why it failed.
    pub fn reason(&self) -> Option<&str> {
        match self {
            State::Failed(reason) => Some(reason),
            _ => None,
        }
    }
}

/// The word, and in brackets the reason.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self.reason() {
            Some(reason) => write!(f, " ({reason})"),
            None => Ok(()),
        }
    }
}

/// A plugin that was found, or that somebody asked for.
pub struct Entry {
    pub(super) id: String,
    pub(super) path: Option<PathBuf>,
    pub(super) manifest: Option<Manifest>,
    pub(super) state: State,
    /// A second library of the same id; it stays failed.
    pub(super) is_shadowed: bool,
    pub(super) hash: Option<Hash>,
    pub(super) compiler: Option<String>,
    /// How long it took to load.
    pub(super) loading: Duration,
    since: Instant,
    history: Vec<(Duration, &'static str)>,
    /// Its number among the places of calls; 0 if it has none.
    pub(super) place: u32,
    pub(super) account: Arc<Account>,
    pub(super) running: Option<Running>,
}

/// The plugin object of a loaded or active plugin. Dropping it drops the plugin, never the library.
pub(super) struct Running {
    pub(super) plugin: Box<dyn PluginCalls>,
    pub(super) connection: Arc<Connection>,
    pub(super) engine: Arc<dyn EngineServices>,
    pub(super) registered: Vec<(String, bool)>,
}

/// A plugin as the registry calls it, in this process or in one of its own. Errors are what the plugin said, or why it
/// could not be asked. `[logic-thread]`
pub(super) trait PluginCalls: Send {
    fn activate(&mut self) -> Result<(), String>;

    fn create_node(&mut self, node_type: &str, setup: NodeSetup) -> Result<Box<dyn Node>, String>;

    fn settings_changed(&mut self) -> Result<(), String>;

    /// What it makes of its section of schema version `from`.
    fn migrate(&self, section: &str, from: u32, settings: Dictionary) -> Result<Dictionary, String>;

    fn deactivate(&mut self) -> Result<(), String>;
}

impl PluginCalls for LoadedPlugin {
    fn activate(&mut self) -> Result<(), String> {
        self.activate()
    }

    fn create_node(&mut self, node_type: &str, setup: NodeSetup) -> Result<Box<dyn Node>, String> {
        let node = self.create_node(node_type, setup)?;
        Ok(Box::new(node))
    }

    fn settings_changed(&mut self) -> Result<(), String> {
        self.settings_changed()
    }

    fn migrate(&self, section: &str, from: u32, settings: Dictionary) -> Result<Dictionary, String> {
        self.migrate(section, from, settings)
    }

    fn deactivate(&mut self) -> Result<(), String> {
        self.deactivate()
    }
}

impl Entry {
    pub(super) fn new(id: &str, account: Account) -> Self {
        Self {
            id: id.to_owned(),
            path: None,
            manifest: None,
            state: State::Missing,
            is_shadowed: false,
            hash: None,
            compiler: None,
            loading: Duration::ZERO,
            since: Instant::now(),
            history: Vec::new(),
            place: 0,
            account: Arc::new(account),
            running: None,
        }
    }

    /// The id; also the name of its folder.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its library, if one was found.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// What it says about itself, if that can be read; also of a disabled or refused plugin.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// Where it stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether an earlier folder holds a plugin of the same id, so that this one is never used.
    pub fn is_shadowed(&self) -> bool {
        self.is_shadowed
    }

    /// What went wrong so far. The handle may be kept and read on any thread.
    pub fn reports(&self) -> &Reports {
        &self.account.reports
    }

    /// How many calls of the plugin were refused because it was not active.
    pub fn refused_calls(&self) -> u64 {
        self.account.refused_calls()
    }

    /// How often its nodes were called. Counted in a [`Runtime`](crate::runtime::Runtime) with a call budget.
    pub fn calls(&self) -> u64 {
        self.account.calls.load(Ordering::Relaxed)
    }

    /// How many calls took longer than the call budget.
    pub fn overruns(&self) -> u64 {
        self.account.punctuality.overruns()
    }

    /// Whether three calls took too long lately, so that its project suffers. It is active all the same: no call can be
    /// ended from outside. It is over when a thousand calls of its nodes were in time since the last such call, or when the
    /// plugin is switched off and on.
    pub fn is_unresponsive(&self) -> bool {
        self.account.is_unresponsive()
    }

    /// Takes over what the static checks found.
    pub(super) fn take_inspection(&mut self, inspection: Inspection) {
        self.manifest = inspection.manifest;
        self.compiler = inspection.compiler;
        match inspection.rejection {
            Some(rejection) => self.fail(rejection.report()),
            None => self.set_state(State::Declared),
        }
    }

    pub(super) fn set_state(&mut self, state: State) {
        if self.history.len() < MAX_HISTORY {
            self.history.push((self.since.elapsed(), state.name()));
        }
        self.state = state;
    }

    /// Its states so far, the first [`MAX_HISTORY`] of them, with the time since the host looked for plugins.
    pub(super) fn history(&self) -> &[(Duration, &'static str)] {
        &self.history
    }

    /// The release of the compiler that built it, if the library says so.
    pub fn compiler(&self) -> Option<&str> {
        self.compiler.as_deref()
    }

    /// Puts a call of the plugin on record, if anything is.
    pub(super) fn enter<'a>(&self, calls: Option<&'a Calls>, call: Call) -> Option<Entered<'a>> {
        calls.map(|calls| calls.enter(self.place, call))
    }

    /// Ends in failure; whatever ran is dropped.
    pub(super) fn fail(&mut self, report: Report) {
        self.stop();
        self.set_state(State::Failed(report.message.clone()));
        self.account.reports.push(report);
    }

    /// Adds a report that nobody waits for; so it goes to the log too, with what to do about it.
    pub(super) fn report_at_run(&self, report: Report) {
        let hint = report.hint.iter().map(|hint| format!("\n  hint: {hint}"));
        let line: String = std::iter::once(report.message.clone()).chain(hint).collect();
        self.account.reports.push(report);
        self.account.log.host_line(log::Level::Error, &line);
    }

    /// Cuts the plugin off from the engine, then drops it.
    pub(super) fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.connection.detach();
            drop(running);
        }
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("id", &self.id)
            .field("path", &self.path)
            .field("state", &self.state)
            .field("reports", &self.account.reports.list())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::plugins::Step;

    #[derive(Default)]
    struct Lines(Mutex<Vec<String>>);

    impl log::Log for Lines {
        fn enabled(&self, _: &log::Metadata<'_>) -> bool {
            true
        }

        fn log(&self, record: &log::Record<'_>) {
            self.0.lock().unwrap().push(record.args().to_string());
        }

        fn flush(&self) {}
    }

    #[test]
    fn report_at_run_is_kept_and_logged_with_its_hint() {
        let lines = Arc::new(Lines::default());
        let entry = Entry::new("lamp", Account::new("lamp", lines.clone()));
        let report = Report::new(Step::Open, "old code").hint("restart the host");
        entry.report_at_run(report.clone());
        entry.report_at_run(Report::new(Step::Settings, "no hint"));
        assert_eq!(
            *lines.0.lock().unwrap(),
            ["old code\n  hint: restart the host", "no hint"]
        );
        assert_eq!(entry.reports().list()[0], report);
    }
}
