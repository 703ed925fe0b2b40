//! Node executions a second on one core: a chain of scalar nodes inside two For Loops, again and again.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use pulsewire_host::engine::Outcome;

use crate::{
    Failure, Result,
    project::{Complaints, Project},
};

/// How many nodes the body of the inner loop has.
const CHAIN: u64 = 10;

/// How often the inner loop runs its body.
const INNER: u64 = 1000;

/// How often the outer loop runs the inner one. With this a branch stays below the engine's budget of a million steps.
const OUTER: u64 = 80;

/// How long a run takes.
const RUN: Duration = Duration::from_millis(400);

const BUILTIN: [&str; CHAIN as usize] = [
    "math.numerical_value",
    "math.increment { step = 3 }",
    "math.add { input_2 = 5 }",
    "math.modulo { divisor = 1000003 }",
    "math.increment",
    "math.add { input_2 = -7 }",
    "math.numerical_value",
    "math.modulo { divisor = 4096 }",
    "math.add { input_2 = 1 }",
    "math.increment",
];

/// Which nodes are in the loops.
#[derive(Clone, Copy, Debug)]
pub enum Nodes<'a> {
    /// Built-in ones.
    Builtin,
    /// The node of the fixture `scalar`, whose library this is.
    Plugin(&'a Path),
}

impl Nodes<'_> {
    /// A project that runs the loops over and over, counting the rounds in `rounds`; just once if not `again`.
    pub fn project(self, outer: u64, again: bool) -> Result<Project> {
        let chain: Vec<(&str, &str, &str)> = match self {
            Nodes::Builtin => BUILTIN
                .iter()
                .map(|node| (*node, sockets(node).0, sockets(node).1))
                .collect(),
            Nodes::Plugin(_) => vec![("scalar.step", "input", "output"); CHAIN as usize],
        };
        let mut lines = format!(
            "[[variable]]\nname = \"rounds\"\ntype = \"Int\"\nvalue = 0\n[[event]]\nname = \"again\"\n\
             begin: events.on_initialize\n\
             again: events.event_listener {{ event = \"again\" }}\n\
             outer: flow_control.for_loop {{ last_index = {outer} }}\n\
             inner: flow_control.for_loop {{ last_index = {INNER} }}\n\
             rounds: variables.variable_getter {{ variable = \"rounds\" }}\n\
             count: math.increment\n\
             keep: variables.variable_setter {{ variable = \"rounds\" }}\n\
             begin.out -> outer.in\nagain.out -> outer.in\nouter.out -> inner.in\nouter.on_end -> count.in\n\
             rounds.value -> count.input\ncount.out -> keep.in\ncount.output -> keep.value\n",
        );
        if again {
            lines += "fire: events.event_trigger { event = \"again\" }\nkeep.out -> fire.in\n";
        }
        let (mut pulse, mut data) = ("inner.out".to_owned(), "inner.index".to_owned());
        for (number, (node, input, output)) in chain.into_iter().enumerate() {
            lines += &format!("n{number}: {node}\n{pulse} -> n{number}.in\n{data} -> n{number}.{input}\n");
            (pulse, data) = (format!("n{number}.out"), format!("n{number}.{output}"));
        }
        let project = Project::new("[plugins.socketio]\nenabled = false\n", &lines)?;
        if let Nodes::Plugin(library) = self {
            project.add_plugin("scalar", library)?;
        }
        Ok(project)
    }

    /// Executions a second in one run.
    pub fn per_second(self) -> Result<f64> {
        let project = self.project(OUTER, true)?;
        let console = Arc::new(Complaints::default());
        let mut runtime = project.start(console.clone())?;
        let began = Instant::now();
        let outcome = runtime.run(Some(RUN));
        let took = began.elapsed();
        console.check()?;
        if outcome != Outcome::Deadline {
            return Err(Failure::new(format!("the loops ended with {outcome:?}")));
        }
        Ok((rounds(&mut runtime)? * executions(OUTER)) as f64 / took.as_secs_f64())
    }
}

/// How many rounds the project has done.
pub fn rounds(runtime: &mut pulsewire_host::runtime::Runtime) -> Result<u64> {
    runtime
        .engine()
        .variable("project/rounds")
        .and_then(|rounds| rounds.to_string().parse().ok())
        .ok_or_else(|| Failure::new("the rounds were not counted"))
}

/// How many nodes one round executes: the body, and each loop once for its start and once for each index. The few that
/// join the rounds are left out.
pub fn executions(outer: u64) -> u64 {
    let inner = 1 + INNER + INNER * CHAIN;
    1 + outer + outer * inner
}

/// The first data input and the data output of a built-in node in the chain.
fn sockets(node: &str) -> (&'static str, &'static str) {
    match node.split(' ').next() {
        Some("math.modulo") => ("dividend", "remainder"),
        Some("math.add") => ("input_1", "output"),
        _ => ("input", "output"),
    }
}
