//! Node executions a second on one core: a chain of scalar nodes inside two For Loops, again and again.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use pulsewire_host::runtime::Ended;

use crate::{
    Failure, Result,
    project::{Complaints, Project},
};

/// The argument with which the program runs the scalar nodes once; how often the outer loop does, follows.
pub const ONCE: &str = "run-nodes-once";

/// How many nodes the body of the inner loop has.
const CHAIN: u64 = 10;

/// How often the inner loop runs its body.
const INNER: u64 = 1000;

/// How often the outer loop runs the inner one. With this a branch stays below the engine's budget of a million steps.
const OUTER: u64 = 80;

/// How long a run takes.
const RUN: Duration = Duration::from_millis(400);

/// A node of a chain: as a graph has it, its first data input, and its data output.
type Link = (&'static str, &'static str, &'static str);

const BUILTIN: [Link; CHAIN as usize] = [
    ("math.numerical_value", "input", "output"),
    ("math.increment { step = 3 }", "input", "output"),
    ("math.add { input_2 = 5 }", "input_1", "output"),
    ("math.modulo { divisor = 1000003 }", "dividend", "remainder"),
    ("math.increment", "input", "output"),
    ("math.add { input_2 = -7 }", "input_1", "output"),
    ("math.numerical_value", "input", "output"),
    ("math.modulo { divisor = 4096 }", "dividend", "remainder"),
    ("math.add { input_2 = 1 }", "input_1", "output"),
    ("math.increment", "input", "output"),
];

/// What a line of telemetry goes through: a text is made, taken apart, and one of its parts is made ready to show.
const MIXED: [Link; CHAIN as usize] = [
    (
        "utilities.conversion { input_data_type = \"Int\", output_data_type = \"String\" }",
        "input",
        "output",
    ),
    (
        "string.concat_strings { input_2 = \";21.5;ok;battery 80 %\" }",
        "input_1",
        "output",
    ),
    ("string.split { delimiter = \";\" }", "string", "array"),
    (
        "array.push_array_element { data_type_1 = \"String\", value_1 = \"end\" }",
        "array",
        "array",
    ),
    (
        "array.set_array_element { data_type_1 = \"String\", index_1 = 1, value_1 = \"22.0\" }",
        "array",
        "array",
    ),
    (
        "array.get_array_element { data_type_1 = \"String\", index_1 = 1 }",
        "array",
        "value_1",
    ),
    (
        "string.concat_strings { input_2 = \" °C \" }",
        "input_1",
        "output",
    ),
    ("string.trim { characters = \" \" }", "string", "trimmed"),
    ("string.substring { length = 4 }", "source", "substring"),
    ("string.string_value", "input", "output"),
];

const PLUGIN: Link = ("scalar.step", "input", "output");
const UNGUARDED: Link = ("unguarded.step", "input", "output");

/// The chain of built-in scalar nodes.
pub fn scalar_chain() -> impl Iterator<Item = Link> + Clone {
    BUILTIN.into_iter()
}

const CALL: Link = ("functions.function { function = \"step\" }", "number", "number");

/// What the calls of [`Nodes::Functions`] run.
const STEP: &str = "[[input]]\nname = \"number\"\ntype = \"Int\"\n[[output]]\nname = \"number\"\ntype = \"Int\"\n\
                    begin: functions.function_input\nstep: math.increment\nend: functions.function_output\n\
                    begin.out -> step.in\nbegin.number -> step.input\nstep.out -> end.in\n\
                    step.output -> end.number\n";

/// Which nodes are in the loops.
#[derive(Clone, Copy, Debug)]
pub enum Nodes<'a> {
    /// Built-in ones with numbers.
    Builtin,
    /// Built-in ones with texts and arrays.
    Mixed,
    /// Calls of a function.
    Functions,
    /// The node of the fixture `scalar`, whose library this is.
    Plugin(&'a Path),
    /// The same, with its calls on record and watched.
    Watched(&'a Path),
    /// The same node without a guard, of the fixture `unguarded`.
    Unguarded(&'a Path),
    /// The same, in a process of its own.
    Isolated(&'a Path),
}

impl Nodes<'_> {
    /// A project that runs the loops over and over, counting the rounds in `rounds`; just once if not `again`.
    pub fn project(self, outer: u64, again: bool) -> Result<Project> {
        let chain = match self {
            Nodes::Builtin => BUILTIN,
            Nodes::Mixed => MIXED,
            Nodes::Functions => [CALL; CHAIN as usize],
            Nodes::Plugin(_) | Nodes::Watched(_) | Nodes::Isolated(_) => [PLUGIN; CHAIN as usize],
            Nodes::Unguarded(_) => [UNGUARDED; CHAIN as usize],
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
        let mut settings = "[plugins]\nsocketio.enabled = false\n".to_owned();
        if let Nodes::Isolated(_) = self {
            settings += "scalar.isolate = true\n";
        }
        let project = Project::new(&settings, &lines)?;
        match self {
            Nodes::Builtin | Nodes::Mixed => {}
            Nodes::Functions => project.add_graph("functions/step", STEP)?,
            Nodes::Plugin(library) | Nodes::Watched(library) | Nodes::Isolated(library) => {
                project.add_plugin("scalar", library)?;
            }
            Nodes::Unguarded(library) => project.add_plugin("unguarded", library)?,
        }
        Ok(project)
    }

    /// Runs the loops once and says how many nodes that executed; `cargo xtask instructions` counts beside it.
    pub fn once(self, outer: u64) -> Result<u64> {
        let project = self.project(outer, false)?;
        let console = Arc::new(Complaints::default());
        let mut runtime = project.start(console.clone())?;
        runtime.engine().run_pending();
        console.check()?;
        match rounds(&mut runtime)? {
            1 => Ok(executions(outer)),
            other => Err(Failure::new(format!("the loops ran {other} times, expected 1"))),
        }
    }

    /// Executions a second in one run.
    pub fn per_second(self) -> Result<f64> {
        let (rounds, took) = self.run(OUTER)?;
        Ok((rounds * executions(OUTER)) as f64 / took.as_secs_f64())
    }

    /// How often a node of the chain is pulsed in a second. The time includes that of the loops, which is a tenth of a scalar
    /// node's.
    pub fn pulses_per_second(self) -> Result<f64> {
        let (rounds, took) = self.run(1)?;
        Ok((rounds * INNER * CHAIN) as f64 / took.as_secs_f64())
    }

    /// The rounds of one run, and the time that they took.
    fn run(self, outer: u64) -> Result<(u64, Duration)> {
        let project = self.project(outer, true)?;
        let console = Arc::new(Complaints::default());
        let mut runtime = match self {
            Nodes::Watched(_) => project.start_watched(console.clone())?,
            _ => project.start(console.clone())?,
        };
        let began = Instant::now();
        let outcome = runtime.run(Some(RUN));
        let took = began.elapsed();
        console.check()?;
        if outcome != Ended::Deadline {
            return Err(Failure::new(format!("the loops ended with {outcome:?}")));
        }
        Ok((rounds(&mut runtime)?, took))
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
