//! A graph of a hundred thousand nodes: how long it takes from its file to the first pulse, and what it keeps in memory.

use std::{
    fmt::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use pulsewire_host::{
    diagnostics::Faults,
    engine::{Engine, EventQueue, Events},
    project::OpenOptions,
    runtime::make_nodes,
};

use crate::{
    Failure, Result,
    nodes::scalar_chain,
    project::{Complaints, Project},
};

/// How many nodes the graph has.
const NODES: usize = 100_000;

/// What was found.
pub struct Large {
    /// Reading, checking and compiling the files, and making the nodes.
    pub start: Duration,
    /// Checking and compiling what was read.
    pub compile: Duration,
    /// What the engine keeps, in bytes for each node.
    pub engine: f64,
    /// What the project keeps of its files, to compile them again when a plugin comes or goes.
    pub files: f64,
}

/// Starts the large project. What any project keeps is not counted.
pub fn measure() -> Result<Large> {
    let (large, small) = (project(NODES)?, project(1)?);
    let each = |large: i64, small: i64| (large - small) as f64 / (NODES - 1) as f64;
    let (start, kept) = started(&large)?;
    let all = each(kept, started(&small)?.1);
    let (compile, kept) = engine_of(&large)?;
    let engine = each(kept, engine_of(&small)?.1);
    Ok(Large {
        start,
        compile,
        engine,
        files: all - engine,
    })
}

/// How long the start takes, and how many bytes are kept by all that has started.
fn started(project: &Project) -> Result<(Duration, i64)> {
    let console = Arc::new(Complaints::default());
    let mut runtime = None;
    let began = Instant::now();
    let counted = allocation_counter::measure(|| runtime = Some(project.start(console.clone())));
    let took = began.elapsed();
    let mut runtime = runtime.transpose()?;
    if let Some(runtime) = &mut runtime {
        runtime.engine().run_pending();
    }
    console.check()?;
    Ok((took, counted.bytes_current))
}

/// How long it takes to check and to compile, and how many bytes the engine keeps that comes of it.
fn engine_of(project: &Project) -> Result<(Duration, i64)> {
    let options = OpenOptions {
        folder: project.folder().to_owned(),
        ..OpenOptions::default()
    };
    let mut faults = Faults::default();
    let Some(project) = pulsewire_host::project::Project::open(&options, &mut faults) else {
        return Err(Failure::new("the project can't be opened"));
    };
    let graphs = project.read_logic(&mut faults);
    let (queue, events) = (Arc::new(EventQueue::new(1)), Arc::new(Events::default()));
    let (mut engine, mut took) = (None, Duration::ZERO);
    let counted = allocation_counter::measure(|| {
        let began = Instant::now();
        let mut program = project.compile(&graphs, &mut faults);
        took = began.elapsed();
        let nodes = make_nodes(&mut program, project.toolbox(), &events);
        let console = Arc::new(Complaints::default());
        engine = Some(Engine::new(program, nodes, queue, events, console));
    });
    drop(engine);
    match faults.has_errors() {
        true => Err(Failure::new("the project is at fault")),
        false => Ok((took, counted.bytes_current)),
    }
}

/// One chain of pulses and data through scalar nodes, as `builtin_nodes` has it in a loop.
fn project(nodes: usize) -> Result<Project> {
    let mut lines =
        String::from("begin: events.on_initialize\nzero: math.numerical_value\nbegin.out -> zero.in\n");
    let (mut pulse, mut data) = ("zero.out".to_owned(), "zero.output".to_owned());
    for (number, (node, input, output)) in scalar_chain().cycle().take(nodes).enumerate() {
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            lines,
            "n{number}: {node}\n{pulse} -> n{number}.in\n{data} -> n{number}.{input}"
        );
        (pulse, data) = (format!("n{number}.out"), format!("n{number}.{output}"));
    }
    Project::new("[plugins.socketio]\nenabled = false\n", &lines)
}
