//! The runtime: a project that runs, with its plugins, and follows its settings and its logic while it does.
//!
//! Everything here happens on the logic thread, between branches: start, settings changes, end. Start with
//! [`Runtime::start`], then [`Runtime::run`].
//!
//! What an embedder has to know; the [crate]'s documentation begins with an example:
//! - The thread that calls [`Runtime::start`] and [`Runtime::run`] is the logic thread. A [`StopHandle`] ends the run from
//!   any other; once [`stop`](StopHandle::stop) was called, every further `run` of this runtime returns
//!   [`Ended::Stopped`] at once:
//!
//! ```no_run
//! # use std::{io, sync::Arc, thread, time::Duration};
//! # use pulsewire_host::{console::{Format, StreamConsole}, runtime::{Ended, RunOptions, Runtime, StartError}};
//! # fn main() -> Result<(), StartError> {
//! # let (options, console) = (RunOptions::default(), Arc::new(StreamConsole::new(Format::Text, io::stdout())));
//! let mut runtime = Runtime::start(&options, console)?;
//! let stop = runtime.stop_handle();
//! thread::spawn(move || {
//!     thread::sleep(Duration::from_secs(60));
//!     stop.stop();
//! });
//! assert_eq!(runtime.run(None), Ended::Stopped);
//! assert_eq!(runtime.run(None), Ended::Stopped);
//! # Ok(())
//! # }
//! ```
//!
//! - Warnings, plugins that fail and what plugins log go to the `log` crate. Without a logger nobody sees them.
//! - Plugins are looked for in `plugins` beside the embedder's own executable. If they are not there, name their folders
//!   in [`OpenOptions::plugin_dirs`].

mod follow;
mod kept;
mod make;
mod on_disk;
mod places;
mod scenes;
mod services;
mod watch;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    compile::Program,
    console::{Console, Level, Line},
    diagnostics::{Fault, Faults},
    engine::{Engine, EngineNode, EventQueue, Events, Outcome, StopHandle, Surroundings, listen},
    logic::Graph,
    nodes::{ON_INITIALIZE, ON_SCENE_LOADED},
    project::{OpenOptions, Project},
    toolbox::Toolbox,
};
pub(crate) use services::Services;

/// How many events may wait for the logic thread.
const QUEUE_CAPACITY: usize = 65_536;

/// How to run a project.
#[derive(Clone, Debug, Default)]
pub struct RunOptions {
    /// Which project, and where its plugins are.
    pub open: OpenOptions,
    /// Refuse to start if the plugin of any node is off or missing.
    pub strict: bool,
    /// Do not follow changes of `settings.toml` and of the logic.
    pub ignore_changes: bool,
    /// What Get Command Line Option finds, by name, without dashes.
    pub options: HashMap<String, String>,
}

/// Why a project did not start. Its text has a line or two for each fault.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `settings.toml` cannot be read.
    #[error("the settings cannot be read\n{0}")]
    Settings(Faults),
    /// Settings or logic are at fault.
    #[error("the project is at fault\n{0}")]
    Project(Faults),
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// An Exit node ran, with this code.
    Exit(i32),
    /// [`StopHandle::stop`] was called.
    Stopped,
    /// The time was up; the next run goes on from here.
    Deadline,
}

/// A running project.
pub struct Runtime {
    project: Project,
    graphs: Vec<Graph>,
    /// The scenes that run.
    running: BTreeSet<String>,
    is_strict: bool,
    services: Arc<Services>,
    engine: Engine,
    console: Arc<dyn Console>,
    kept: kept::Kept,
    absences: Absences,
    on_disk: on_disk::OnDisk,
    /// Ends with the runtime.
    _watch: Option<watch::Watch>,
}

impl Runtime {
    /// Opens the project, activates its plugins and makes its nodes. The first branch, On Initialize, runs in
    /// [`run`](Self::run). Warnings go to the log.
    pub fn start(options: &RunOptions, console: Arc<dyn Console>) -> Result<Self, StartError> {
        let mut faults = Faults::default();
        let Some(mut project) = Project::open(&options.open, &mut faults) else {
            return Err(StartError::Settings(faults));
        };
        let queue = Arc::new(EventQueue::new(QUEUE_CAPACITY));
        let events = Arc::new(Events::default());
        let services = Services::new(project.folder(), Arc::clone(&queue), Arc::clone(&events));
        let services = Arc::new(services.with_console(Arc::clone(&console)));
        project.begin_run();
        project.load_plugins(&services);
        if !faults.has_errors() {
            project.migrate();
        }

        project.check_settings(&mut faults);
        services.set_settings(project.settings_json(&mut faults));
        let graphs = project.read_logic(&mut faults);
        let program = project.compile(&graphs, &mut faults);
        if options.strict {
            faults.extend(absent_nodes(&graphs, project.toolbox()));
        }
        if faults.has_errors() {
            return Err(StartError::Project(faults));
        }
        faults
            .iter()
            .map(|fault| project.located(fault))
            .for_each(|fault| log::warn!("{}", fault.without_severity()));

        let running = scenes::at_start(&graphs);
        let mut program = scenes::part_of(program, &project, &graphs, &running);
        // Whatever a plugin emits while it is activated finds its listeners, and comes after On Initialize.
        listen(&program, &events);
        let _ = queue.push(events.number(ON_INITIALIZE, ""), &mut []);
        for scene in &running {
            let _ = queue.push(events.number(ON_SCENE_LOADED, scene), &mut []);
        }
        if project.activate_plugins() {
            // A plugin that could not be activated has left the toolbox.
            if options.strict {
                faults.extend(absent_nodes(&graphs, project.toolbox()));
            }
            if faults.has_errors() {
                project.deactivate_plugins();
                return Err(StartError::Project(faults));
            }
            program = scenes::link(&project, &graphs, &running);
        }
        let kept = kept::Kept::new(project.folder());
        kept.fill(&mut program);
        let nodes = (0..program.nodes.len())
            .map(|at| make_node(&mut program, at, &mut project, &events, &*console))
            .collect();
        let mut absences = Absences::default();
        absences.report(&program, project.toolbox(), &*console);
        let mut engine = Engine::new(program, nodes, queue, events, Arc::clone(&console));
        engine.set_scenes(scenes::all(&graphs), &running, &BTreeSet::new());
        engine.set_keeper(kept.keeper());
        engine.set_surroundings(Surroundings {
            folder: Some(project.folder().to_owned()),
            options: options.options.clone(),
            may_call_system: project.settings().allows_system_calls(),
        });
        let watch = match options.ignore_changes {
            true => None,
            false => watch::Watch::new(project.folder(), engine.stop_handle()),
        };
        if watch.is_some() {
            // The file may have changed since it was read.
            engine.stop_handle().request_attention();
        }
        let on_disk = on_disk::OnDisk::new(&graphs);
        Ok(Self {
            project,
            graphs,
            running,
            is_strict: options.strict,
            services,
            engine,
            console,
            kept,
            absences,
            on_disk,
            _watch: watch,
        })
    }

    /// Runs until an Exit node, a stop, or the end of `limit`.
    pub fn run(&mut self, limit: Option<Duration>) -> Ended {
        let until = limit.and_then(|limit| Instant::now().checked_add(limit));
        loop {
            match self.engine.run(until) {
                Outcome::Scenes => self.follow_scenes(),
                Outcome::Attention => {
                    // New logic goes on with the scenes that nodes wished for.
                    self.follow_scenes();
                    self.follow_files();
                }
                Outcome::Exit(code) => return Ended::Exit(code),
                Outcome::Stopped => return Ended::Stopped,
                Outcome::Deadline => return Ended::Deadline,
            }
        }
    }

    /// Ends the run from any thread.
    pub fn stop_handle(&self) -> StopHandle {
        self.engine.stop_handle()
    }

    /// The project as it runs now.
    pub fn project(&self) -> &Project {
        &self.project
    }

    /// The running program, for tests and tools.
    pub fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }
}

impl Drop for Runtime {
    /// Nodes go before the plugins that made them; then the plugins end, each within two seconds.
    fn drop(&mut self) {
        self.engine.keep();
        self.engine.tell_lost_events();
        for plugin in self.project.active_plugins() {
            self.engine.detach(&plugin);
        }
        self.project.deactivate_plugins();
    }
}

/// Makes a node; a plugin that refuses says so on the console, and a placeholder takes the node's place.
fn make_node(
    program: &mut Program,
    at: usize,
    project: &mut Project,
    events: &Events,
    console: &dyn Console,
) -> Box<dyn EngineNode> {
    let toolbox = Arc::clone(project.toolbox());
    make::make_node(program, at, &toolbox, events, &mut |node_type, setup| {
        let (graph, node) = (setup.graph.clone(), setup.node.clone());
        let made = project.create_node(node_type, setup);
        made.map_err(|reason| {
            console.show(&Line {
                graph: &graph,
                node: &node,
                ..Line::of_engine(Level::Error, &reason)
            });
        })
        .ok()
    })
}

/// What `--strict` refuses: every node whose plugin is off or missing, also in a function that nothing calls. A misspelt
/// type is a fault of its own.
fn absent_nodes(graphs: &[Graph], toolbox: &Toolbox) -> Vec<Fault> {
    let mut faults = Vec::new();
    for graph in graphs {
        for node in &graph.nodes {
            let id = &node.node_type.value;
            let is_absent = match toolbox.get(id) {
                Some(entry) => !entry.is_available(),
                None => !toolbox.is_misspelt(id),
            };
            if is_absent {
                let message = format!("node type `{id}` is not available: {}", absence(toolbox, id));
                let fault = Fault::error(&graph.source, &node.node_type.span, message);
                faults.push(
                    fault
                        .at_node(&graph.id, &node.id.value)
                        .hint("enable the plugin, or run without `--strict`"),
                );
            }
        }
    }
    faults
}

/// The types whose nodes do not run, with the reasons that the console already told.
#[derive(Default)]
struct Absences(BTreeMap<String, String>);

impl Absences {
    /// One console error for each type whose nodes do not run, unless it was told before; a notice when they run again.
    fn report(&mut self, program: &Program, toolbox: &Toolbox, console: &dyn Console) {
        let absent = program.infos.iter().filter(|info| info.placeholder);
        let now: BTreeMap<String, String> = absent
            .map(|info| (info.node_type.to_string(), absence(toolbox, &info.node_type)))
            .collect();
        for (node_type, reason) in &now {
            if self.0.get(node_type) != Some(reason) {
                let message = format!("nodes of type `{node_type}` do not run: {reason}");
                console.show(&Line::of_engine(Level::Error, &message));
            }
        }
        for node_type in self.0.keys().filter(|node_type| !now.contains_key(*node_type)) {
            let message = format!("nodes of type `{node_type}` run again");
            console.show(&Line::of_engine(Level::Notice, &message));
        }
        self.0 = now;
    }
}

fn absence(toolbox: &Toolbox, node_type: &str) -> String {
    use crate::toolbox::Origin;
    match toolbox.get(node_type).map(|entry| &entry.origin) {
        Some(Origin::Unavailable { plugin, reason }) => format!("plugin `{plugin}` is {reason}"),
        Some(_) => "its plugin refused to make them".to_owned(),
        None => {
            let plugin = node_type.split_once('.').map_or(node_type, |(plugin, _)| plugin);
            match toolbox.broken(plugin) {
                Some(reason) => format!("plugin `{plugin}` is {reason}"),
                None => format!("plugin `{plugin}` is not installed"),
            }
        }
    }
}

/// The nodes of a program without plugins; for tests and benchmarks of the engine alone.
pub fn make_nodes(program: &mut Program, toolbox: &Toolbox, events: &Events) -> Vec<Box<dyn EngineNode>> {
    (0..program.nodes.len())
        .map(|at| make_builtin_node(program, at, toolbox, events))
        .collect()
}

/// One node of a program without plugins.
pub fn make_builtin_node(
    program: &mut Program,
    at: usize,
    toolbox: &Toolbox,
    events: &Events,
) -> Box<dyn EngineNode> {
    make::make_node(program, at, toolbox, events, &mut |_, _| None)
}

/// Where a project's settings lie.
pub(crate) fn settings_file(folder: &std::path::Path) -> PathBuf {
    folder.join("settings.toml")
}
