//! One plugin in a scripted host.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use pulsewire_host::{
    defaults,
    plugins::{CallError, EngineServices, Entry, LoadError, Plugins, Report, Safeguards, State},
};
use pulsewire_plugin_api::{
    abi::interface::NodeSetup,
    manifest::{Manifest, NodeType},
    value::Value,
};
use serde_json::Value as Json;

use crate::{
    LONG,
    engine::{Emitted, ScriptedEngine},
    folder::{PluginFolder, id_of},
    node::HarnessNode,
    recorder::{LogLine, Recorder},
};

/// A plugin under test. Dropping it deactivates the plugin.
///
/// Each harness loads a copy of the library, so that tests share no statics. Libraries are never unloaded: a process has
/// thread-local keys (1024 on Linux) for some two hundred of them, so put more into several test files.
pub struct Harness {
    id: String,
    plugins: Plugins,
    engine: Arc<ScriptedEngine>,
    recorder: Arc<Recorder>,
    nodes: usize,
    /// The copy of the library; also the project's folder.
    folder: PluginFolder,
}

impl Harness {
    /// Copies the library and runs the static checks on it; nothing of its code.
    #[track_caller]
    pub fn discover(library: impl AsRef<Path>) -> Self {
        let id = id_of(library.as_ref());
        let folder = PluginFolder::of([library.as_ref().to_owned()]);
        Self::in_folder(folder, &id, &BTreeMap::new())
    }

    /// The plugin `id` among others: all in `folder` are discovered, with this plugins config. The others are
    /// reached through [`plugins`](Self::plugins).
    #[track_caller]
    pub fn in_folder(folder: PluginFolder, id: &str, config: &BTreeMap<String, bool>) -> Self {
        Self::guarded(folder, id, config, Safeguards::default())
    }

    /// As [`in_folder`](Self::in_folder), in a host that guards itself.
    #[track_caller]
    pub fn guarded(
        folder: PluginFolder,
        id: &str,
        config: &BTreeMap<String, bool>,
        safeguards: Safeguards,
    ) -> Self {
        let recorder = Arc::new(Recorder::default());
        let plugins = Plugins::discover_with(folder.search_path(), config, safeguards, recorder.clone());
        let mut harness = Self {
            id: id.to_owned(),
            plugins,
            engine: Arc::new(ScriptedEngine::new(folder.path().to_owned())),
            recorder,
            nodes: 0,
            folder,
        };
        harness.set_settings(Json::Null);
        harness
    }

    /// Loads the library: the plugin is made and registered.
    #[track_caller]
    pub fn load(library: impl AsRef<Path>) -> Self {
        let mut harness = Self::discover(library);
        if let Err(error) = harness.try_load() {
            panic!("{}", harness.story(&error.to_string()));
        }
        harness
    }

    /// Loads the library and activates the plugin with these settings, see [`set_settings`](Self::set_settings).
    #[track_caller]
    pub fn active(library: impl AsRef<Path>, settings: Json) -> Self {
        let mut harness = Self::load(library);
        harness.set_settings(settings);
        harness.activate();
        harness
    }

    /// Declared → loaded.
    pub fn try_load(&mut self) -> Result<(), LoadError> {
        self.plugins.load(&self.id, self.engine.clone(), &|_| None)
    }

    /// Loaded → active.
    #[track_caller]
    pub fn activate(&mut self) {
        if let Err(error) = self.try_activate() {
            panic!("{}", self.story(&error.to_string()));
        }
    }

    /// Loaded → active.
    pub fn try_activate(&mut self) -> Result<(), CallError> {
        self.plugins.activate(&self.id)
    }

    /// Active → declared.
    #[track_caller]
    pub fn deactivate(&mut self) {
        if let Err(error) = self.try_deactivate() {
            panic!("{}", self.story(&error.to_string()));
        }
    }

    /// Active → declared.
    pub fn try_deactivate(&mut self) -> Result<(), CallError> {
        self.plugins.deactivate(&self.id)
    }

    /// What the plugin reads as its section from now on: `{"LIST": [{FIELD: VALUE}]}`. Lists and fields that are
    /// left out get their defaults, as in the real host. The plugin is not told; see
    /// [`try_settings_changed`](Self::try_settings_changed).
    pub fn set_settings(&mut self, settings: Json) {
        let sections = self.entry().manifest().into_iter();
        for section in sections.flat_map(|manifest| &manifest.sections) {
            let complete = defaults::complete_section(section, &settings);
            self.engine.set_settings(&section.id, complete.to_string());
        }
    }

    /// Tells the plugin that its settings changed.
    pub fn try_settings_changed(&mut self) -> Result<(), CallError> {
        self.plugins.settings_changed(&self.id)
    }

    /// Makes a node. `attributes` may also set data inputs, as in a project's file; what is left out gets its
    /// default.
    #[track_caller]
    pub fn node(&mut self, node_type: &str, attributes: Json) -> HarnessNode {
        let node = self.try_node(node_type, attributes);
        node.unwrap_or_else(|error| panic!("{}", self.story(&error.to_string())))
    }

    /// As [`node`](Self::node).
    #[track_caller]
    pub fn try_node(&mut self, node_type: &str, given: Json) -> Result<HarnessNode, CallError> {
        self.nodes += 1;
        let id = format!("node_{}", self.nodes);
        let own_event = self.engine.number_of(node_type, &format!("node {id}"));
        let owner = node_type.split_once('.').map_or(node_type, |(id, _)| id);
        let described = self.plugins.get(owner).and_then(Entry::manifest);
        let described = described.unwrap_or_else(|| panic!("no plugin has `{node_type}`"));
        let described = node_type_of(described, node_type);
        let attributes = defaults::attributes(described, &given);
        let mut slots = defaults::inputs(described, &attributes, &given);
        let input_count = slots.len();
        slots.extend(defaults::outputs(described, &attributes));
        let setup = NodeSetup {
            graph: "project".into(),
            node: id.as_str().into(),
            attributes,
            own_event,
        };
        let node = self.plugins.create_node(node_type, setup)?;
        Ok(HarnessNode {
            id,
            node,
            slots,
            input_count,
            own_event,
            engine: Arc::clone(&self.engine),
        })
    }

    /// Listens to the events of a node type and event key, from the very first.
    pub fn event(&self, node_type: &str, key: &str) -> EventListener {
        let event = self.engine.number_of(node_type, key);
        self.listener(event, format!("{node_type} ({key})"))
    }

    /// Listens to the event that arrives at this node alone.
    pub fn own_event(&self, node: &HarnessNode) -> EventListener {
        self.listener(node.own_event, format!("of node {}", node.id))
    }

    fn listener(&self, event: u64, name: String) -> EventListener {
        EventListener {
            events: vec![event],
            name,
            engine: Arc::clone(&self.engine),
            recorder: Arc::clone(&self.recorder),
        }
    }

    /// The scripted engine.
    pub fn engine(&self) -> &ScriptedEngine {
        &self.engine
    }

    /// The scripted engine as the registry wants it.
    pub fn services(&self) -> Arc<dyn EngineServices> {
        self.engine.clone()
    }

    /// The registry, with this plugin and, after [`in_folder`](Self::in_folder), others.
    pub fn plugins(&mut self) -> &mut Plugins {
        &mut self.plugins
    }

    /// The plugin's entry in the registry.
    #[track_caller]
    pub fn entry(&self) -> &Entry {
        let entry = self.plugins.get(&self.id);
        entry.expect("the plugin was found when the harness was made")
    }

    /// Where the plugin stands.
    #[track_caller]
    pub fn state(&self) -> &State {
        self.entry().state()
    }

    /// What the plugin says about itself.
    #[track_caller]
    pub fn manifest(&self) -> &Manifest {
        self.entry().manifest().expect("the metadata is readable")
    }

    /// The copy of the library that is loaded.
    #[track_caller]
    pub fn library(&self) -> &Path {
        self.entry().path().expect("the library was found")
    }

    /// The project's folder, as the plugin sees it.
    pub fn project_folder(&self) -> &Path {
        self.folder.path()
    }

    /// What went wrong so far.
    #[track_caller]
    pub fn reports(&self) -> Vec<Report> {
        self.entry().reports().list()
    }

    /// What the plugin, and the host about it, logged so far.
    pub fn logs(&self) -> Vec<LogLine> {
        self.recorder.lines()
    }

    /// Drops what was logged so far, for tests that run long and watch the memory.
    pub fn forget_logs(&self) {
        self.recorder.clear();
    }

    /// Waits for a report that contains `words`.
    #[track_caller]
    pub fn wait_for_report(&self, words: &str) -> Report {
        let reports = self.entry().reports();
        let found = self.recorder.wait_until(LONG, |_| {
            let mut reports = reports.list().into_iter();
            reports.find(|report| report.message.contains(words))
        });
        found.unwrap_or_else(|| panic!("{}", self.story(&format!("no report with `{words}`"))))
    }

    /// Waits for a log line that contains `words`.
    #[track_caller]
    pub fn wait_for_log(&self, words: &str) -> LogLine {
        let found = self.recorder.wait_until(LONG, |lines| {
            let mut lines = lines.iter();
            lines.find(|line| line.message.contains(words)).cloned()
        });
        found.unwrap_or_else(|| panic!("{}", self.story(&format!("no log line with `{words}`"))))
    }

    /// All that is known, for a failing test.
    fn story(&self, failure: &str) -> String {
        let mut story = format!("{failure}\nplugin `{}`: {}", self.id, self.state());
        for report in self.reports() {
            story += &format!("\nreport: {report}");
        }
        story + &log_story(&self.recorder)
    }
}

fn log_story(recorder: &Recorder) -> String {
    let lines = recorder.lines();
    let newest = lines.iter().skip(lines.len().saturating_sub(40));
    newest
        .map(|line| format!("\nlog: {} {}: {}", line.level, line.module, line.message))
        .collect()
}

/// Takes the events of one node type and event key, or of several, in their order.
pub struct EventListener {
    events: Vec<u64>,
    name: String,
    engine: Arc<ScriptedEngine>,
    recorder: Arc<Recorder>,
}

impl EventListener {
    /// Waits for the next event and returns what it carries.
    #[track_caller]
    pub fn wait(&self, timeout: Duration) -> Vec<Value> {
        self.try_wait(timeout).unwrap_or_else(|| {
            let log = log_story(&self.recorder);
            let waiting = self.engine.waiting();
            panic!(
                "no event `{}` in {timeout:?}\nwaiting: {waiting:?}{log}",
                self.name
            )
        })
    }

    /// As [`wait`](Self::wait).
    pub fn try_wait(&self, timeout: Duration) -> Option<Vec<Value>> {
        self.try_next(timeout).map(|emitted| emitted.values)
    }

    /// As [`try_wait`](Self::try_wait), with whom the event is for.
    pub fn try_next(&self, timeout: Duration) -> Option<Emitted> {
        self.engine.take(timeout, |emitted| self.hears(emitted))
    }

    /// Listens to what both listen to.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.events.extend(other.events);
        self.name += &format!(", {}", other.name);
        self
    }

    fn hears(&self, emitted: &Emitted) -> bool {
        self.events.contains(&emitted.event)
    }

    /// The events that wait to be taken; none is waited for.
    pub fn waiting(&self) -> usize {
        let waiting = self.engine.waiting();
        waiting.iter().filter(|emitted| self.hears(emitted)).count()
    }
}

/// The descriptor of a node type.
#[track_caller]
fn node_type_of<'a>(manifest: &'a Manifest, id: &str) -> &'a NodeType {
    let found = manifest.node_types.iter().find(|node_type| node_type.id == id);
    found.unwrap_or_else(|| panic!("the plugin `{}` has no node type `{id}`", manifest.id))
}
