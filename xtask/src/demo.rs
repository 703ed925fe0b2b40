//! `cargo xtask demo`: the root project at work against an embedded Socket.IO server.
//!
//! What is shown, and checked, stands in `tests/demo`.

use crate::build;
use crate::cargo;
use crate::failure::Result;
use crate::workspace::Workspace;

#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<()> {
    build::build(&Workspace::load()?, false)?;
    // Its executable finds `pulsewire` beside itself.
    cargo::run(&mut cargo::cargo([
        "run",
        "--quiet",
        "--package",
        "pulsewire-demo",
    ]))
}
