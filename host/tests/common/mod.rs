//! A project in a text, run by the real compiler and engine.
#![allow(dead_code, unreachable_pub, reason = "not every test file uses everything")]
#![allow(clippy::unwrap_used, reason = "only tests call this")]

pub mod live;

use std::sync::{Arc, Mutex};

use pulsewire_host::{
    compile::{Environment, Program, compile},
    console::{Console, Level, Line},
    diagnostics::{Faults, SourceFile},
    engine::{Engine, EventQueue, Events, Outcome},
    logic::{Graph, parse_graph},
    nodes::ON_INITIALIZE,
    runtime::make_nodes,
    toolbox::Toolbox,
};
use pulsewire_plugin_api::manifest::Scope;

/// Keeps what was said.
#[derive(Default)]
pub struct Recorder(Mutex<Vec<(Level, String, String)>>);

impl Console for Recorder {
    fn show(&self, line: &Line<'_>) {
        self.0
            .lock()
            .unwrap()
            .push((line.level, line.node.to_owned(), line.message.to_owned()));
    }

    fn clear(&self) {
        self.0.lock().unwrap().clear();
    }
}

impl Recorder {
    /// The messages so far, errors as `error NODE: reason`.
    pub fn lines(&self) -> Vec<String> {
        let lines = self.0.lock().unwrap();
        let text = |(level, node, message): &(Level, String, String)| match level {
            Level::Message => message.clone(),
            Level::Warning => format!("warning {node}: {message}"),
            Level::Notice => format!("notice {node}: {message}"),
            Level::Error => format!("error {node}: {message}"),
        };
        lines.iter().map(text).collect()
    }
}

pub fn graph(id: &str, text: &str, faults: &mut Faults) -> Option<Graph> {
    let source = Arc::new(SourceFile::new(format!("logic/{id}.toml"), text));
    let scope = match id.split_once('/') {
        None => Scope::Project,
        Some(("functions", _)) => Scope::Function,
        Some(_) => Scope::Scene,
    };
    parse_graph(source, id.to_owned(), scope, faults)
}

pub fn compile_all(graphs: &[(&str, &str)]) -> (Program, Faults) {
    let mut faults = Faults::default();
    let graphs: Vec<Graph> = graphs
        .iter()
        .filter_map(|(id, text)| graph(id, text, &mut faults))
        .collect();
    let toolbox = Toolbox::default();
    let environment = Environment {
        toolbox: &toolbox,
        settings_names: &|_| None,
    };
    let program = compile(&graphs, &environment, &mut faults);
    (program, faults)
}

/// The faults of one project graph, rendered.
pub fn faults(text: &str) -> String {
    faults_of(&[("project", text)])
}

/// The faults of several graphs, rendered.
pub fn faults_of(graphs: &[(&str, &str)]) -> String {
    let (_, faults) = compile_all(graphs);
    faults
        .into_sorted()
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

pub struct Running {
    pub engine: Engine,
    pub console: Arc<Recorder>,
}

pub fn engine(graphs: &[(&str, &str)]) -> Running {
    let (program, faults) = compile_all(graphs);
    let found: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(!faults.has_errors(), "{found:#?}");
    start(program)
}

/// An engine that has been told of its start.
pub fn start(mut program: Program) -> Running {
    let (queue, events) = (Arc::new(EventQueue::new(1000)), Arc::new(Events::default()));
    let console = Arc::new(Recorder::default());
    let nodes = make_nodes(&mut program, &Toolbox::default(), &events);
    let shown: Arc<dyn Console> = console.clone();
    let mut engine = Engine::new(program, nodes, queue, Arc::clone(&events), shown);
    engine.raise(events.number(ON_INITIALIZE, ""), Vec::new());
    Running { engine, console }
}

/// Runs a project graph until nothing waits; what the console says.
pub fn run(text: &str) -> Vec<String> {
    let mut running = engine(&[("project", text)]);
    running.engine.run_pending();
    running.console.lines()
}

/// Runs several graphs until nothing waits; what the console says.
pub fn run_all(graphs: &[(&str, &str)]) -> Vec<String> {
    let mut running = engine(graphs);
    running.engine.run_pending();
    running.console.lines()
}

/// Runs until an Exit node; its code and what the console says.
pub fn run_to_exit(text: &str) -> (i32, Vec<String>) {
    let mut running = engine(&[("project", text)]);
    let limit = std::time::Instant::now() + std::time::Duration::from_secs(30);
    match running.engine.run(Some(limit)) {
        Outcome::Exit(code) => (code, running.console.lines()),
        other => panic!("{other:?}: {:?}", running.console.lines()),
    }
}

/// A node in one line: `id type key=value…` → TOML; wires as `a.out -> b.in`; anything else is TOML as it is.
pub fn project(lines: &str) -> String {
    let mut text = String::from("format = 1\n");
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some((from, to)) = line.split_once(" -> ") {
            text.push_str(&format!("[[wire]]\nfrom = \"{from}\"\nto = \"{to}\"\n"));
        } else if let Some((id, rest)) = line.split_once(": ") {
            let (node_type, attributes) = rest.split_once(' ').unwrap_or((rest, ""));
            text.push_str(&format!("[[node]]\nid = \"{id}\"\ntype = \"{node_type}\"\n"));
            if !attributes.is_empty() {
                text.push_str(&format!("attributes = {attributes}\n"));
            }
        } else {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}
