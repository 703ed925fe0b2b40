//! The demo: the root project at work against an embedded Socket.IO server, and the plugin switched off and on meanwhile.
//!
//! `cargo xtask demo` builds `pulsewire` with its plugins beside this program and runs it. Everything that is shown is
//! also checked: the first fact that does not hold ends the demo with `error:` and exit code 1. What is waited for has
//! an end ([`story::PATIENCE`]); nothing sleeps, and nothing is left running, however the demo ends.
//!
//! Start at [`story`], which tells it in order; [`server`] is the other side, [`pulsewire`] the program that is shown.

mod project;
mod pulsewire;
mod server;
mod show;
mod story;

use std::process::ExitCode;

use tokio::runtime::Builder;

/// Why the demo ends early: what did not hold, in the words of the one who watches.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(String);

impl Failure {
    fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

/// What everything here returns.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

fn main() -> ExitCode {
    let told = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("no runtime: {error}")))
        .and_then(|runtime| runtime.block_on(story::tell()));
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}
