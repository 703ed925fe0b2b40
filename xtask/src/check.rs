//! `cargo xtask check`: everything that is judged without running a test. All steps run; the first failure stops none.

use crate::cargo;
use crate::failure::{Failure, Result};
use crate::tidy;

type Step = fn() -> Result<()>;

pub(crate) fn run() -> Result<()> {
    let steps: [(&str, Step); 4] = [
        ("format", format),
        ("lints", lints),
        ("documentation", documentation),
        ("tidy", tidy::run),
    ];
    let mut failed = Vec::new();
    for (name, step) in steps {
        if let Err(failure) = step() {
            eprintln!("{failure}");
            failed.push(name);
        }
    }
    if failed.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(format!("failed: {}", failed.join(", "))))
    }
}

fn format() -> Result<()> {
    cargo::run(&mut cargo::cargo(["fmt", "--all", "--check"]))
        .map_err(|failure| failure.hint("run `cargo fmt --all`"))
}

fn lints() -> Result<()> {
    cargo::run(&mut cargo::cargo([
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ]))
}

fn documentation() -> Result<()> {
    let mut command = cargo::cargo(["doc", "--workspace", "--no-deps", "--document-private-items"]);
    cargo::run(command.env("RUSTDOCFLAGS", "-Dwarnings"))
}
