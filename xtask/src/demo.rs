//! `cargo xtask demo`: the root project at work against an embedded Socket.IO server.

use crate::failure::{Failure, Result};

#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<()> {
    Err(Failure::usage("`demo` is not built yet"))
}
