//! From the start of the process to the first pulse, with the Socket.IO plugin active.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Instant,
};

use crate::{
    Failure, Result,
    measure::quantile,
    project::{Project, beside},
    throughput::settings,
};

/// How often the process is started.
const STARTS: usize = 20;

/// Prints `up` on the first pulse, and ends.
pub const GRAPH: &str = "begin: events.on_initialize\n\
                         say: development.console { data_type = \"String\", input = \"up\" }\n\
                         exit: utilities.exit\n\
                         begin.out -> say.in\nsay.out -> exit.in\n";

/// Milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// The best.
    pub best: f64,
    /// Half were faster.
    pub median: f64,
}

/// Starts `pulsewire run` and waits for what On Initialize prints. A node of the plugin stands in the graph, and
/// `--strict` refuses to run without it.
pub fn to_first_pulse() -> Result<Start> {
    let binary = beside(format!("pulsewire{}", std::env::consts::EXE_SUFFIX))?;
    let graph = format!("{GRAPH}start: socketio.start {{ configuration = \"bench\" }}\n");
    let project = Project::new(&settings(9), &graph)?;
    let mut command = Command::new(binary);
    command
        .args(["run", "--strict"])
        .current_dir(project.folder())
        .env_remove("PULSEWIRE_PLUGIN_PATH")
        .env_remove("PULSEWIRE_LOG");
    starts(&mut command, STARTS)
}

/// Starts a project with [`GRAPH`] that often.
pub fn starts(command: &mut Command, count: usize) -> Result<Start> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let starts: Result<Vec<f64>> = (0..count).map(|_| once(command)).collect();
    let mut millis = starts?;
    millis.sort_by(f64::total_cmp);
    Ok(Start {
        best: quantile(&millis, 0.0),
        median: quantile(&millis, 0.5),
    })
}

fn once(command: &mut Command) -> Result<f64> {
    let began = Instant::now();
    let mut child = command.spawn()?;
    let mut line = String::new();
    if let Some(stdout) = child.stdout.take() {
        BufReader::new(stdout).read_line(&mut line)?;
    }
    let took = began.elapsed();
    let status = child.wait()?;
    if line.trim_end() != "up" || !status.success() {
        return Err(Failure::new(format!(
            "`pulsewire run` printed {line:?} and ended with {status}"
        )));
    }
    Ok(took.as_secs_f64() * 1e3)
}
