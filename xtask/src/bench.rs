//! `cargo xtask bench`: the measurements of the design, as JSON lines.

use crate::failure::{Failure, Result};

#[derive(clap::Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<()> {
    Err(Failure::usage("`bench` is not built yet"))
}
