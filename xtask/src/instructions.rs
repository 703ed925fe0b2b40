//! `cargo xtask instructions`: how many instructions the engine takes to execute a scalar node.
//!
//! Time depends on the machine and on what else it does; instructions hardly do. Counted by Valgrind, in the optimized
//! program, as the difference between a short run and a longer one.

use crate::build;
use crate::cargo;
use crate::failure::{Failure, Result};
use crate::workspace::Workspace;
use std::env::consts::EXE_SUFFIX;
use std::path::Path;
use std::process::Command;

const BENCH: &str = "pulsewire-bench";

/// Runs the scalar nodes once (`nodes::ONCE` of the bench).
const ONCE: &str = "run-nodes-once";

/// How often the outer loop runs.
const FEW: u32 = 2;
const MANY: u32 = 22;

/// A quarter more than there are. Fewer are welcome: then lower it.
const LIMIT: f64 = 190.0;

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let selection = ["--package", BENCH].map(str::to_owned);
    let built = build::build_selected(workspace, selection, true)?;
    let bench = built.directory.join(format!("{BENCH}{EXE_SUFFIX}"));
    let (few, many) = (count(&bench, FEW)?, count(&bench, MANY)?);
    let each = (many.instructions - few.instructions) / (many.executions - few.executions);
    println!("{each:.1} instructions for each execution of a scalar node, at most {LIMIT} are allowed");
    match each <= LIMIT {
        true => Ok(()),
        false => Err(Failure::new("the engine takes more instructions than it did")
            .hint("profile it as docs/performance.md says, or raise the limit in xtask/src/instructions.rs with a reason")),
    }
}

struct Count {
    executions: f64,
    instructions: f64,
}

fn count(bench: &Path, outer: u32) -> Result<Count> {
    let mut command = Command::new("valgrind");
    command
        .args([
            "--tool=cachegrind",
            "--cache-sim=no",
            "--cachegrind-out-file=/dev/null",
        ])
        .arg(bench)
        .args([ONCE, &outer.to_string()]);
    cargo::announce(&command);
    let output = command.output().map_err(|error| {
        Failure::new(format!("can't run `valgrind`: {error}")).hint("run `apt-get install valgrind`")
    })?;
    let (said, log) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    let executions = said.trim().parse().ok();
    match (executions, instructions(&log)) {
        (Some(executions), Some(instructions)) if output.status.success() => Ok(Count {
            executions,
            instructions,
        }),
        _ => Err(Failure::new(format!("{}: {said}{log}", output.status))),
    }
}

/// The number in Valgrind's line `==1234== I   refs:      1,234,567`.
fn instructions(log: &str) -> Option<f64> {
    let (_, number) = (log.lines())
        .filter_map(|line| line.split_once("refs:"))
        .find(|(what, _)| what.contains(" I "))?;
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_stand_in_one_line_of_the_log() {
        let log = "==7== Cachegrind\n==7== D refs: 5\n==7== I   refs:      1,234,567\n==7== done 8";
        assert_eq!(instructions(log), Some(1_234_567.0));
        assert_eq!(instructions("==7== Cachegrind"), None);
    }
}
