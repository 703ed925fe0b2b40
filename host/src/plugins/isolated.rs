//! Plugins in processes of their own: what `isolate = true` in the plugins config makes of one.
//!
//! A child process opens the library through the real ABI. To the registry and the engine the plugin looks as any other:
//! each call is a question to the child, for whose answer the logic thread waits, and what the plugin wants of its host
//! comes back the same way, from whichever thread of it. When the child ends or does not answer, that is one error on the
//! console; the nodes fail until the child is started again, with everything made anew that was there.
//!
//! Parent and child speak over two pairs of sockets, each of which carries one conversation: *calls*, asked by the logic
//! thread, and *services*, asked by any thread of the plugin ([`messages`]). So neither side ever waits for a thread that
//! waits for it.
//!
//! Not here: a jail. A child may do whatever its user may.
//!
//! Start at [`start`]; the child's side is [`child`].

#[cfg(unix)]
mod channel;
#[cfg(unix)]
mod child;
#[cfg(unix)]
mod datum;
#[cfg(unix)]
mod messages;
#[cfg(unix)]
mod node;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod shared;
#[cfg(unix)]
mod supervisor;

use std::{env, ffi::OsString, path::PathBuf, time::Duration};

use super::{
    image::Hash,
    report::{Report, Step},
};
#[cfg(unix)]
pub use child::serve_plugin;
#[cfg(unix)]
pub(super) use supervisor::start;

/// How long a call of a node may take in the child, unless told otherwise; the logic waits meanwhile.
pub const ISOLATED_CALL_LIMIT: Duration = Duration::from_secs(2);

/// How long it takes until the child is started again, at first; twice as long each time, up to half a minute.
pub const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// A program that runs plugins in processes of their own: it calls [`serve_plugin`] with its last two arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Isolation {
    program: PathBuf,
    arguments: Vec<OsString>,
    call_limit: Duration,
    pause: Duration,
}

impl Isolation {
    /// The limits are [`ISOLATED_CALL_LIMIT`] and [`RESTART_PAUSE`]. The child gets `arguments`, the path of the library
    /// and its hash; its standard input and output are the host's.
    pub fn new(program: PathBuf, arguments: impl IntoIterator<Item = OsString>) -> Self {
        Self {
            program,
            arguments: arguments.into_iter().collect(),
            call_limit: ISOLATED_CALL_LIMIT,
            pause: RESTART_PAUSE,
        }
    }

    /// The hidden command of the program `pulsewire`.
    pub fn pulsewire(program: PathBuf) -> Self {
        Self::new(program, [crate::cli::SERVE_PLUGIN.into()])
    }

    /// This very program, if it is `pulsewire`.
    pub fn this_pulsewire() -> Option<Self> {
        env::current_exe().ok().map(Self::pulsewire)
    }

    /// Ends a child in which a call of a node takes longer.
    pub fn call_limit(self, call_limit: Duration) -> Self {
        Self { call_limit, ..self }
    }

    /// Waits so long before a child is started again, at first.
    pub fn pause(self, pause: Duration) -> Self {
        Self { pause, ..self }
    }
}

/// Why a plugin does not run in a process of its own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IsolationError {
    /// The host has no program for it.
    #[error("this host cannot run a plugin in a process of its own")]
    NotOffered,
    /// The child could not be started.
    #[error("no process for the plugin: `{program}` cannot be started: {reason}")]
    Start {
        /// What should have been started.
        program: String,
        /// What the system says.
        reason: String,
    },
    /// The child lives, and says why the plugin cannot be loaded.
    #[error("{}", .0.message)]
    Refused(Report),
    /// The child ended, or did not answer.
    #[error("the plugin {how} while it was loaded")]
    Ended {
        /// As in "ended its process with SIGSEGV".
        how: String,
    },
}

impl IsolationError {
    /// The step that failed.
    pub const fn step(&self) -> Step {
        match self {
            IsolationError::Refused(report) => report.step,
            _ => Step::Open,
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            IsolationError::Refused(report) => return report.hint.clone(),
            IsolationError::NotOffered if cfg!(unix) => {
                "remove `isolate = true` from the plugin's table in `settings.toml`, or have the host name a program in \
                 `Safeguards::isolation`"
            }
            IsolationError::NotOffered => {
                "it takes Unix; remove `isolate = true` from the plugin's table in `settings.toml`"
            }
            IsolationError::Start { .. } => {
                "the host starts a program of its own for the plugin; let it, or install it anew"
            }
            IsolationError::Ended { .. } => "install another build of it and tell its author",
        };
        Some(hint.to_owned())
    }
}

/// What a child loads: these bytes or none.
pub(super) struct Library {
    /// The plugin.
    pub(super) id: String,
    pub(super) path: PathBuf,
    pub(super) hash: Hash,
}

/// There is no such child here.
#[cfg(not(unix))]
pub fn serve_plugin(_: &std::path::Path, _: Hash) -> std::process::ExitCode {
    std::process::ExitCode::FAILURE
}

#[cfg(not(unix))]
pub(super) fn start(
    _: &Isolation,
    _: Library,
    _: std::sync::Arc<super::services::Connection>,
) -> Result<
    (
        pulsewire_plugin_api::abi::loaded::LoadedPlugin,
        Vec<(String, bool)>,
    ),
    IsolationError,
> {
    Err(IsolationError::NotOffered)
}
