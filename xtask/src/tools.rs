//! `cargo xtask tools`: the Socket.IO servers that tests talk to, installed from their lock files.
//!
//! Interpreters are checked, never installed: that is the machine's business, and the hint says how. What is installed lies
//! outside of git and is done again only when what it was made from has changed.

mod node;
mod python;
mod stamp;

use crate::cargo;
use crate::failure::{Failure, Result};
use crate::workspace::{Workspace, root};
use std::path::PathBuf;
use std::process::Command;

pub(crate) fn run() -> Result<()> {
    install(&Workspace::load()?)
}

/// Installs what is missing or stale.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    install_node()?;
    for generation in ["node2", "node1"] {
        node::install(&servers().join(generation))?;
    }
    python::install(&servers().join("python"), &workspace.target().join("venv"))
}

/// The official server and client of the newest generation.
pub(crate) fn install_node() -> Result<()> {
    node::install(&servers().join("node"))
}

/// Node-RED, which only the benches run.
pub(crate) fn install_node_red() -> Result<()> {
    node::install(&servers().join("node-red"))
}

fn servers() -> PathBuf {
    root().join("tests/servers")
}

/// What a program prints when asked for its version; `hint` is for when it can't be run.
fn version_of(program: &str, arguments: &[&str], hint: &str) -> Result<String> {
    cargo::output(Command::new(program).args(arguments))
        .map(|version| version.trim().to_owned())
        .map_err(|failure| failure.hint(hint))
}

/// Refuses versions below `minimum`; only as many numbers as it has are compared.
fn require(program: &str, version: &str, minimum: &[u32], hint: &str) -> Result<()> {
    if numbers(version).take(minimum.len()).ge(minimum.iter().copied()) {
        return Ok(());
    }
    let minimum = minimum.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
    Err(Failure::new(format!(
        "`{program}` is {version}, but {minimum} or newer is needed"
    ))
    .hint(hint))
}

fn numbers(version: &str) -> impl Iterator<Item = u32> {
    version
        .trim_start_matches('v')
        .split('.')
        .map_while(|part| part.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_compared_number_by_number() {
        assert!(require("node", "v18.20.4", &[18], "").is_ok());
        assert!(require("node", "v9.11.2", &[18], "").is_err());
        assert!(require("python3", "3.11.7", &[3, 11], "").is_ok());
        assert!(require("python3", "4.0.0", &[3, 11], "").is_ok());
        assert!(require("python3", "3.9.18", &[3, 11], "").is_err());
        assert!(require("python3", "nonsense", &[3, 11], "").is_err());
    }

    #[test]
    fn a_missing_program_names_the_command_that_installs_it() {
        let failure = version_of("surely-not-there", &["--version"], "run `apt-get install x`").unwrap_err();
        assert!(
            failure.to_string().ends_with("\nhint: run `apt-get install x`"),
            "{failure}"
        );
    }
}
