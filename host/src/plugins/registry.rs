//! All plugins of a host, and what can be done with one. The failure of one touches no other.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use pulsewire_plugin_api::{Node, abi::interface::NodeSetup, manifest::Manifest};

use super::{
    calls::{Call, Calls, Place, Watched, watchdog::Watchdog},
    discover,
    entry::{Entry, Running, State},
    error::{CallError, LoadError, REPORT_IT},
    image::Image,
    inspect::{Inspection, library_file_name},
    last_run::{self, LastRun},
    loading,
    plugin_log::{LogSink, ProcessLog},
    report::{Report, Step},
    safeguards::{Knowledge, LibraryRule, Safeguards, Survey},
    search::{Folder, SearchPath},
    services::{Account, EngineServices},
    trials::Trial,
};

/// How long a plugin may take to end.
pub const DEACTIVATION_LIMIT: Duration = Duration::from_secs(2);

/// The plugins that were found, with those that the plugins config names.
///
/// Belongs to the logic thread. Dropping it deactivates whatever is active.
pub struct Plugins {
    pub(super) search: SearchPath,
    pub(super) safeguards: Safeguards,
    sink: LogSink,
    pub(super) entries: Vec<Entry>,
    reports: Vec<Report>,
    /// Counts activations, so that log lines can tell them apart.
    generation: u64,
    /// By the plugins' ids: what came out, or has yet to come, of trying libraries out that are to be loaded.
    pub(super) trials: BTreeMap<String, Trial>,
    /// The record of calls, in a run. The watchdog goes first: it has a share in it.
    watchdog: Option<Watchdog>,
    pub(super) calls: Option<Arc<Calls>>,
    /// Whose run it is.
    project: Option<PathBuf>,
}

impl Plugins {
    /// Looks for plugins and checks their files; no code of theirs runs. `config` is the plugins config: who is
    /// not in it is enabled.
    pub fn discover(search: SearchPath, config: &BTreeMap<String, bool>) -> Self {
        Self::discover_with(search, config, Safeguards::default(), Arc::new(ProcessLog))
    }

    /// As [`discover`](Self::discover), with safeguards, and the log of the plugins led elsewhere than to the process's
    /// logger.
    pub fn discover_with(
        search: SearchPath,
        config: &BTreeMap<String, bool>,
        mut safeguards: Safeguards,
        sink: LogSink,
    ) -> Self {
        safeguards.check_cache();
        let (found, reports) = discover::scan(&search);
        let mut plugins = Self {
            search,
            safeguards,
            sink,
            entries: Vec::new(),
            reports,
            generation: 0,
            trials: BTreeMap::new(),
            watchdog: None,
            calls: None,
            project: None,
        };
        let mut survey = plugins.safeguards.survey(&plugins.search);
        for found in found {
            let mut entry = plugins.new_entry(&found.id);
            inspect(&plugins.safeguards, &mut survey, &mut entry, found.library, false);
            if let Some(first) = plugins.get(&found.id) {
                entry.is_shadowed = true;
                entry.fail(duplicate(first));
            } else if config.get(&found.id) == Some(&false) || plugins.safeguards.without_plugins {
                entry.set_state(State::Disabled);
            }
            plugins.entries.push(entry);
        }
        for id in config.keys() {
            if plugins.get(id).is_none() {
                let mut entry = plugins.new_entry(id);
                set_missing(&plugins.search, &mut entry);
                plugins.entries.push(entry);
            }
        }
        plugins
    }

    fn new_entry(&self, id: &str) -> Entry {
        Entry::new(id, Account::new(id, Arc::clone(&self.sink)))
    }

    /// All entries: those found in the order of the search path, then those that are missing.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The plugin `id`; of several libraries the one that counts.
    pub fn get(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    fn get_mut(&mut self, id: &str) -> Option<&mut Entry> {
        self.entries.iter_mut().find(|entry| entry.id == id)
    }

    /// The folders that are searched, in order.
    pub fn folders(&self) -> &[Folder] {
        self.search.folders()
    }

    /// What is known of the library of a plugin.
    pub fn knowledge(&self, entry: &Entry) -> Option<Knowledge> {
        Knowledge::of(&self.safeguards, entry.path()?)
    }

    /// What the last run of the project that ended well has kept of the plugin.
    pub fn last_run(&self, project: &Path, id: &str) -> Option<LastRun> {
        last_run::kept(&self.safeguards, project)
            .into_iter()
            .find(|kept| kept.plugin == id)
    }

    /// What was wrong with the search itself, such as a folder that is not there.
    pub fn search_reports(&self) -> &[Report] {
        &self.reports
    }

    /// What a loaded or active plugin adds: its metadata, and of each node type whether its nodes have behaviour,
    /// so that [`create_node`](Self::create_node) must be called for them.
    pub fn added(&self, id: &str) -> Option<(&Manifest, &[(String, bool)])> {
        let entry = self.get(id)?;
        Some((entry.manifest.as_ref()?, &entry.running.as_ref()?.registered))
    }

    /// Follows the plugins config. Switched off, an active plugin is deactivated. Switched on, a plugin that is
    /// disabled, failed or missing is looked for and checked anew. `[logic-thread]`
    pub fn set_enabled(&mut self, id: &str, enabled: bool) -> &Entry {
        let enabled = enabled && !self.safeguards.without_plugins;
        if !enabled && self.get(id).is_some_and(|entry| entry.state == State::Active) {
            // What went wrong is in the entry's reports.
            let _ = self.deactivate(id);
        }
        let at = self.position_or_new(id);
        let is_tried = self.trials.contains_key(id);
        let entry = &mut self.entries[at];
        match (enabled, &entry.state) {
            (true, State::Declared | State::Loaded | State::Active) => {}
            (true, _) => declare(&self.search, &self.safeguards, entry, is_tried),
            (false, _) if entry.path.is_none() => declare(&self.search, &self.safeguards, entry, false),
            (false, _) => entry.stop(),
        }
        if !enabled && entry.path.is_some() {
            entry.set_state(State::Disabled);
        }
        entry
    }

    fn position_or_new(&mut self, id: &str) -> usize {
        let at = self.entries.iter().position(|entry| entry.id == id);
        at.unwrap_or_else(|| {
            let mut entry = self.new_entry(id);
            let account = Arc::clone(&entry.account);
            let place = Place { account, node: None };
            entry.place = self.calls.as_ref().map_or(0, |calls| calls.add_place(place));
            self.entries.push(entry);
            self.entries.len() - 1
        })
    }

    /// Declared → loaded: opens the library, makes the plugin, has it register. `taken` says who already has a
    /// node type of that id. All of what the plugin adds is there afterwards, or nothing and it has failed.
    ///
    /// `[logic-thread]`
    pub fn load(
        &mut self,
        id: &str,
        engine: Arc<dyn EngineServices>,
        taken: &dyn Fn(&str) -> Option<String>,
    ) -> Result<(), LoadError> {
        self.generation += 1;
        let generation = self.generation;
        let calls = self.calls.clone();
        let tried = self.trials.remove(id).and_then(Trial::outcome);
        let entry = (self.entries.iter_mut())
            .find(|entry| entry.id == id)
            .ok_or_else(|| LoadError::Unknown(id.to_owned()))?;
        if entry.state != State::Declared {
            return Err(LoadError::NotDeclared {
                id: id.to_owned(),
                state: entry.state.clone(),
            });
        }
        let began = Instant::now();
        let calls = calls.as_deref();
        let loaded = loading::load(entry, tried, generation, engine, &self.safeguards, taken, calls);
        entry.loading = began.elapsed();
        match loaded {
            Ok(running) => {
                entry.running = Some(running);
                entry.set_state(State::Loaded);
                Ok(())
            }
            Err(error) => {
                if let Some(details) = loading::details(&error) {
                    log::debug!("plugin `{id}`: {details}");
                }
                entry.fail(error.report());
                Err(error)
            }
        }
    }

    /// Whether the plugin runs in a process of its own, now or once it is loaded.
    pub fn isolates(&self, id: &str) -> bool {
        self.safeguards.isolates(id)
    }

    /// Takes over what the plugins config says of single libraries; it counts when a library is checked or loaded.
    pub(crate) fn set_rules(&mut self, rules: BTreeMap<String, LibraryRule>) {
        self.safeguards.rules = rules;
    }

    /// Puts calls into plugins on record from now on, for a run of this project, and has them watched; as far as the
    /// safeguards say so. What is left of a run that did not end well goes to the log. `[logic-thread]`
    pub(crate) fn begin_run(&mut self, project: &Path) {
        let Some(budget) = self.safeguards.call_budget else {
            return;
        };
        let calls = Arc::new(Calls::new(last_run::begin(&self.safeguards, project)));
        for entry in &mut self.entries {
            entry.place = calls.add_place(Place {
                account: Arc::clone(&entry.account),
                node: None,
            });
        }
        self.watchdog = Some(Watchdog::start(Arc::clone(&calls), budget));
        self.calls = Some(calls);
        self.project = Some(project.to_owned());
    }

    /// Tries the library of `id` out in a child process, whatever is known of it, also out of quarantine; for
    /// `pulsewire plugins retry`. Whether it was in quarantine until now. Refuses, as loading does, what lies where others
    /// may write, or has another hash than the plugins config says. Does not load it, nor change its state. Any thread.
    pub fn retry(&self, id: &str) -> Result<bool, LoadError> {
        let entry = self.get(id).ok_or_else(|| LoadError::Unknown(id.to_owned()))?;
        let path = entry.path().unwrap_or(Path::new(""));
        let image = Image::of(path)?;
        let mut survey = self.safeguards.survey(&self.search);
        self.safeguards.check_place(&mut survey, id, path)?;
        self.safeguards.check_hash(&image)?;
        let tried = self.safeguards.try_again(&image);
        let id = id.to_owned();
        tried.map_err(|error| LoadError::Probe { id, error })
    }

    /// Loaded → active. A plugin that fails here is dropped. `[logic-thread]`
    pub fn activate(&mut self, id: &str) -> Result<(), CallError> {
        let calls = self.calls.clone();
        let (entry, mut running) = self.take_running(id, &State::Loaded)?;
        running.connection.attach(Arc::clone(&running.engine));
        let entered = entry.enter(calls.as_deref(), Call::Activate);
        let result = running.plugin.activate();
        drop(entered);
        entry.running = Some(running);
        match result {
            Ok(()) => {
                entry.account.punctuality.forgive();
                entry.set_state(State::Active);
                Ok(())
            }
            Err(reason) => {
                let error = failed(id, "activate", reason);
                entry.fail(Report::new(Step::Activate, error.to_string()).hint(ACTIVATE_HINT));
                Err(error)
            }
        }
    }

    /// Active → declared. The plugin is dropped in any case; an error says that it could not end as it should.
    /// Its nodes must not run any more. `[logic-thread]`
    pub fn deactivate(&mut self, id: &str) -> Result<(), CallError> {
        let calls = self.calls.clone();
        let (entry, mut running) = self.take_running(id, &State::Active)?;
        let entered = entry.enter(calls.as_deref(), Call::Deactivate);
        let start = Instant::now();
        let result = running.plugin.deactivate();
        let took = start.elapsed();
        entry.running = Some(running);
        entry.stop();
        drop(entered);
        entry.set_state(State::Declared);
        if took > DEACTIVATION_LIMIT {
            let message = format!("plugin `{id}` took {:.1} s to deactivate", took.as_secs_f64());
            let hint = format!(
                "`deactivate` has {} s; it must not wait for the network",
                DEACTIVATION_LIMIT.as_secs()
            );
            entry.report_at_run(Report::new(Step::Deactivate, message).hint(hint));
        }
        result.map_err(|reason| {
            let error = failed(id, "deactivate", reason);
            let report = Report::new(Step::Deactivate, error.to_string());
            entry.report_at_run(report.hint(REPORT_IT));
            error
        })
    }

    /// Deactivates every active plugin, the last found first. What goes wrong is reported. `[logic-thread]`
    pub fn deactivate_all(&mut self) {
        let active = self
            .entries
            .iter()
            .rev()
            .filter(|entry| entry.state == State::Active);
        let ids: Vec<String> = active.map(|entry| entry.id.clone()).collect();
        for id in ids {
            let _ = self.deactivate(&id);
        }
    }

    /// Tells an active plugin that its settings changed. If it can't take them, it stays as it is and says why.
    /// `[logic-thread]`
    pub fn settings_changed(&mut self, id: &str) -> Result<(), CallError> {
        let calls = self.calls.clone();
        let (entry, mut running) = self.take_running(id, &State::Active)?;
        let entered = entry.enter(calls.as_deref(), Call::SettingsChanged);
        let result = running.plugin.settings_changed();
        drop(entered);
        entry.running = Some(running);
        result.map_err(|reason| {
            let error = failed(id, "take its changed settings", reason);
            entry.report_at_run(Report::new(Step::Settings, error.to_string()));
            error
        })
    }

    /// Makes a node of an active plugin, found by the prefix of `node_type`. `[logic-thread]`
    pub fn create_node(&mut self, node_type: &str, setup: NodeSetup) -> Result<Box<dyn Node>, CallError> {
        let id = node_type.split_once('.').map_or(node_type, |(id, _)| id);
        let calls = self.calls.clone();
        let (entry, mut running) = self.take_running(id, &State::Active)?;
        let place = calls.as_ref().map(|_| Place {
            account: Arc::clone(&entry.account),
            node: Some([
                setup.graph.to_string(),
                setup.node.to_string(),
                node_type.to_owned(),
            ]),
        });
        let make = || {
            let made = running.plugin.create_node(node_type, setup);
            made.map_err(|reason| failed(id, "make a node", reason))
        };
        let result = match calls.zip(place) {
            None => make(),
            Some((calls, place)) => Watched::make(place, calls, make),
        };
        entry.running = Some(running);
        result
    }

    /// The plugin object of an entry in that state; the caller puts it back.
    fn take_running(&mut self, id: &str, needed: &State) -> Result<(&mut Entry, Running), CallError> {
        let entry = self
            .get_mut(id)
            .ok_or_else(|| CallError::Unknown(id.to_owned()))?;
        match entry.running.take() {
            Some(running) if entry.state == *needed => Ok((entry, running)),
            running => {
                entry.running = running;
                Err(CallError::State {
                    id: id.to_owned(),
                    state: entry.state.clone(),
                    needed: needed.name(),
                })
            }
        }
    }
}

impl Drop for Plugins {
    fn drop(&mut self) {
        self.deactivate_all();
        if let (Some(_), Some(project)) = (&self.calls, &self.project) {
            last_run::keep(&self.safeguards, project, &self.entries);
        }
    }
}

/// Looks for the plugin's library and checks it, as at the start.
fn declare(search: &SearchPath, safeguards: &Safeguards, entry: &mut Entry, is_tried: bool) {
    entry.account.reports.clear();
    match discover::find(search, &entry.id) {
        Some(path) => inspect(safeguards, &mut safeguards.survey(search), entry, path, is_tried),
        None => {
            entry.path = None;
            set_missing(search, entry);
        }
    }
}

/// The static checks, where the library lies, and whether it is in quarantine; if it was tried just now, what came out is
/// told when it is loaded.
fn inspect(safeguards: &Safeguards, survey: &mut Survey, entry: &mut Entry, path: PathBuf, is_tried: bool) {
    let inspection = Inspection::of(&path);
    let bytes = inspection.bytes;
    entry.take_inspection(inspection);
    if entry.state == State::Declared {
        let id = entry.id.clone();
        let place = safeguards
            .check_place(survey, &id, &path)
            .map_err(|rejection| rejection.report());
        let quarantine = bytes
            .filter(|_| !is_tried)
            .and_then(|bytes| safeguards.quarantine(survey, &path, bytes));
        let quarantine = quarantine.map(|error| LoadError::Probe { id, error }.report());
        if let Some(report) = place.err().or(quarantine) {
            entry.fail(report);
        }
    }
    entry.path = Some(path);
}

fn set_missing(search: &SearchPath, entry: &mut Entry) {
    let folders = search.folders().iter();
    let folders: Vec<String> = folders
        .map(|folder| format!("`{}`", folder.path.display()))
        .collect();
    let report = Report::new(Step::Search, format!("no folder holds the plugin `{}`", entry.id));
    let library = Path::new(&entry.id).join(library_file_name(&entry.id));
    let hint = format!(
        "put its library as `{}` into one of {}",
        library.display(),
        folders.join(", ")
    );
    entry.set_state(State::Missing);
    entry.account.reports.push(report.hint(hint));
}

const ACTIVATE_HINT: &str = "check the plugin's settings; if they are right, tell its author";

fn duplicate(first: &Entry) -> Report {
    let place = first.path().map(|path| path.display().to_string());
    let message = format!(
        "the plugin `{}` is there already, from `{}`",
        first.id,
        place.unwrap_or_default()
    );
    Report::new(Step::Search, message).hint("remove one of the two")
}

fn failed(id: &str, task: &'static str, reason: String) -> CallError {
    CallError::Plugin {
        id: id.to_owned(),
        task,
        reason,
    }
}
