//! `cargo xtask fuzz`: the fuzz targets of the protocol under libFuzzer, on stable Rust.
//!
//! The flags are LLVM's own for coverage, so that no nightly compiler is needed; what is missing without one is the address
//! sanitizer, which code without `unsafe` does not need. They are given for a named target platform, which keeps build
//! scripts and the ordinary artifacts free of them. What a run finds interesting stays in `<target>/fuzz/corpus`; what
//! breaks a promise is written to `<target>/fuzz/` and named, to become a seed in git.

use crate::cargo;
use crate::failure::{Failure, Result};
use crate::workspace::{Workspace, cargo as cargo_program, root};
use std::fs;
use std::path::Path;
use std::process::Command;

const PACKAGE: &str = "pulsewire-socketio-fuzz";

/// Where the seeds lie, a folder for each target.
const SEEDS: &str = "plugins/socketio/proto/fuzz/seeds";

/// Counters at every edge, and what comparisons compare: without the latter a fuzzer guesses keywords byte by byte.
const FLAGS: [&str; 7] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Cdebug-assertions",
];

/// A longer input only repeats; a packet may still be nested as deep as is allowed.
const LONGEST_INPUT: &str = "-max_len=4096";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// How long each target runs, in seconds
    #[arg(default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Only this target: attachments, frame, payload or session
    #[arg(long)]
    target: Option<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::load()?;
    let targets = targets(arguments.target.as_deref())?;
    let corpus = workspace.target().join("fuzz/corpus");
    let options = [format!("-max_total_time={}", arguments.seconds)];
    run_each(&workspace, &targets, &corpus, &options)
}

/// All targets for a second or two, as part of the tests: as many inputs on a slow machine as on a fast one. Even with its
/// seed a run is not the same each time, because values of the clock are among what steers it.
pub(crate) fn run_briefly(workspace: &Workspace) -> Result<()> {
    let corpus = workspace.target().join("fuzz/brief");
    if corpus.exists() {
        fs::remove_dir_all(&corpus).map_err(|error| Failure::file("remove", &corpus, &error))?;
    }
    let options = ["-seed=1".to_owned(), "-runs=50000".to_owned()];
    run_each(workspace, &targets(None)?, &corpus, &options)
}

/// The targets by their folders of seeds; all, or the one that is named.
fn targets(only: Option<&str>) -> Result<Vec<String>> {
    let seeds = root().join(SEEDS);
    let failed = |error| Failure::file("read", &seeds, &error);
    let mut names = Vec::new();
    for entry in fs::read_dir(&seeds).map_err(failed)? {
        names.extend(entry.map_err(failed)?.file_name().into_string().ok());
    }
    names.sort();
    let known = names.join(", ");
    names.retain(|name| only.is_none_or(|only| only == name));
    match names.is_empty() {
        false => Ok(names),
        true => Err(Failure::new("there is no such fuzz target").hint(format!("there are {known}"))),
    }
}

/// `corpus` is where each target finds and keeps its inputs, beside the seeds; `options` say how long it runs.
fn run_each(workspace: &Workspace, targets: &[String], corpus: &Path, options: &[String]) -> Result<()> {
    let triple = host_triple()?;
    let mut build = cargo::cargo([
        "build",
        "--release",
        "--package",
        PACKAGE,
        "--features",
        "libfuzzer",
        "--bins",
    ]);
    build
        .args(["--target", &triple])
        // One run in some seconds is not worth the minutes of a whole-program optimization.
        .args(["--config", "profile.release.lto=false"])
        .env("RUSTFLAGS", FLAGS.join(" "));
    cargo::run(&mut build).map_err(|failure| failure.hint("libFuzzer is C++: run `apt-get install g++`"))?;
    let programs = workspace.target().join(&triple).join("release");
    for target in targets {
        let mut command = Command::new(programs.join(format!("fuzz_{target}")));
        command.args(options);
        fuzz(
            target,
            command,
            &corpus.join(target),
            &workspace.target().join("fuzz"),
        )?;
    }
    Ok(())
}

/// One run. libFuzzer is talkative, so all that it says is shown only when it found something.
fn fuzz(target: &str, mut command: Command, corpus: &Path, results: &Path) -> Result<()> {
    fs::create_dir_all(corpus).map_err(|error| Failure::file("create", corpus, &error))?;
    command
        .arg(corpus)
        .arg(root().join(SEEDS).join(target))
        .arg(format!("-artifact_prefix={}/{target}-", results.display()))
        // An input may take no longer than this, and all of them no more memory.
        .args([
            "-timeout=10",
            "-rss_limit_mb=1024",
            LONGEST_INPUT,
            "-print_final_stats=1",
        ]);
    cargo::announce(&command);
    let output = command.output();
    let output = output.map_err(|error| {
        let program = Path::new(command.get_program());
        Failure::new(format!("can't run {}: {error}", program.display()))
    })?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        let runs = said
            .lines()
            .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"));
        println!("{target}: {} inputs", runs.unwrap_or("no").trim());
        return Ok(());
    }
    eprintln!("{said}");
    let hint = format!(
        "the input is `{target}-*` in `{}`; make it a seed in `{SEEDS}/{target}`",
        results.display()
    );
    Err(Failure::new(format!("{target} breaks a promise")).hint(hint))
}

/// What this compiler builds for by default.
fn host_triple() -> Result<String> {
    let rustc = cargo_program().with_file_name("rustc");
    let told = cargo::output(Command::new(rustc).arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned)
        .ok_or_else(|| Failure::new("`rustc -vV` names no host"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_chosen_by_name() {
        assert_eq!(
            targets(None).unwrap(),
            ["attachments", "frame", "payload", "session"]
        );
        assert_eq!(targets(Some("frame")).unwrap(), ["frame"]);
        let failure = targets(Some("frames")).unwrap_err().to_string();
        assert!(
            failure.ends_with("hint: there are attachments, frame, payload, session"),
            "{failure}"
        );
    }

    #[test]
    fn this_compiler_has_a_host() {
        assert!(host_triple().unwrap().contains('-'));
    }
}
