//! `cargo xtask test`: everything that tests need, then all tests, then each fuzz target for some seconds, and the
//! count of the engine's instructions.
//!
//! Tests find what is staged here by their own path (see `tests/it/src/lib.rs`); only the harness is told where
//! the libraries are. Everything is
//! built in one go with the tests, so that `cargo test` finds nothing left to build and all crates agree on their features.

mod tally;

use crate::build;
use crate::cargo;
use crate::failure::{Failure, Result};
use crate::fuzz;
use crate::instructions;
use crate::other_compiler;
use crate::tools;
use crate::workspace::Workspace;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use tally::Tally;

/// What is already printed when the tests are over takes no longer to read.
const DRAIN: Duration = Duration::from_secs(10);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Passed on to `cargo test`: `-p PACKAGE`, a filter, `-- --nocapture`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    _arguments: Vec<String>,
}

pub(crate) fn run(_: &Arguments) -> Result<()> {
    // As typed: clap would swallow a leading `--`. What comes before is the program and the word `test`.
    let arguments: Vec<String> = std::env::args().skip(2).collect();
    let workspace = Workspace::load()?;
    tools::install(&workspace)?;
    let everything = ["--workspace", "--lib", "--bins", "--tests"].map(str::to_owned);
    let built = build::build_selected(&workspace, everything, false)?;
    other_compiler::build_for_tests(&workspace)?;
    test(&arguments, &built.directory)?;
    // Who chooses tests chooses these too.
    if arguments.is_empty() {
        fuzz::run_briefly(&workspace)?;
        instructions::run(&workspace)?;
    }
    Ok(())
}

/// Runs the tests, passing their output through, and closes with one line for all of them.
fn test(arguments: &[String], staged: &Path) -> Result<()> {
    let mut command = cargo::cargo(["test", "--no-fail-fast"]);
    if !selects_packages(arguments) {
        command.arg("--workspace");
    }
    // The harness would build the libraries itself; they are there already.
    command
        .args(arguments)
        .env("PULSEWIRE_TEST_LIBRARIES", staged)
        .stdout(Stdio::piped());
    cargo::announce(&command);
    let failed = |error: std::io::Error| Failure::new(format!("cargo test failed: {error}"));
    let mut child = command.spawn().map_err(failed)?;
    let (done, ended) = mpsc::channel();
    if let Some(stdout) = child.stdout.take() {
        thread::spawn(move || {
            let mut tally = Tally::default();
            for line in BufReader::new(stdout)
                .split(b'\n')
                .map_while(std::result::Result::ok)
            {
                let line = String::from_utf8_lossy(&line);
                println!("{line}");
                tally.add(&line);
            }
            // Nobody listens when the time was up.
            let _ = done.send(tally);
        });
    }
    let status = child.wait().map_err(failed)?;
    let tally = ended.recv_timeout(DRAIN).map_err(|_| {
        Failure::new("a process that a test started is still running; it holds the output open")
    })?;
    println!("\n{tally}");
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("cargo test failed: {status}")))
    }
}

/// Whether the caller chose packages; `--workspace` would override the choice.
fn selects_packages(arguments: &[String]) -> bool {
    arguments
        .iter()
        .take_while(|argument| *argument != "--")
        .any(|argument| argument.starts_with("-p") || argument.starts_with("--package"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_chosen_before_the_double_dash_only() {
        let selects =
            |line: &str| selects_packages(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert!(selects("-p pulsewire-it"));
        assert!(selects("echo --package=pulsewire-it"));
        assert!(!selects("echo -- -p"));
        assert!(!selects(""));
    }
}
