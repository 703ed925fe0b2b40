//! `cargo xtask bench`: the measurements of the design, as JSON lines. What they are stands in `docs/performance.md`.

use crate::build;
use crate::cargo;
use crate::failure::{Failure, Result};
use crate::tools;
use crate::workspace::{Role, Workspace};
use std::env::consts::EXE_SUFFIX;
use std::process::Command;

const HOST: &str = "pulsewire-host";

/// The package that measures; its executable finds `pulsewire` and the plugins beside itself.
const BENCH: &str = "pulsewire-bench";

/// The plugin whose node does next to nothing, and the same without a guard.
const FIXTURES: [&str; 2] = ["fixture-scalar", "fixture-unguarded"];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only the benches whose names begin so
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::load()?;
    // The official client is one of the peers, Node-RED another.
    tools::install_node()?;
    tools::install_node_red()?;
    let mut packages: Vec<String> = [HOST, BENCH]
        .into_iter()
        .chain(FIXTURES)
        .map(str::to_owned)
        .collect();
    packages.extend(workspace.libraries(Role::Plugin));
    let selection = packages
        .into_iter()
        .flat_map(|package| ["--package".to_owned(), package]);
    let built = build::build_selected(&workspace, selection, true)?;
    let bench = built.directory.join(format!("{BENCH}{EXE_SUFFIX}"));
    let mut command = Command::new(bench);
    command.args(&arguments.names);
    cargo::announce(&command);
    let status = command
        .status()
        .map_err(|error| Failure::new(format!("can't run {BENCH}: {error}")))?;
    match status.code() {
        Some(0) => Ok(()),
        // It has said which ones there are.
        Some(2) => Err(Failure::usage("there is no such bench")),
        _ => Err(Failure::new(format!(
            "a limit was missed, or a bench failed: {status}"
        ))),
    }
}
