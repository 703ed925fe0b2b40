//! Trying a library out in another process, before this one opens it.
//!
//! Opening a library runs its code and trusts every byte of it: a flipped bit, a crash or an endless loop in a static
//! constructor ends or freezes the process. So a child opens it first, has it register, and answers on a pipe. Only that
//! answer counts, since a library can end a process with any exit code. Whatever else happens within the limit, or
//! nothing at all, is a failure, and the child's process group is killed.
//!
//! The child's side is [`try_library`]; the parent's is [`Probe::try_out`].

mod child;
pub(crate) mod death;

use std::{
    env,
    ffi::OsString,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    image::Image,
    report::{Report, Step},
};
pub use child::try_library;
pub(crate) use child::{PARENT_VARIABLE, prepare};
use death::Death;

/// How long a library may take to open and register in the child, unless told otherwise.
pub const PROBE_LIMIT: Duration = Duration::from_secs(5);

/// The longest answer that is read, in bytes.
const MAX_ANSWER: u64 = 64 << 10;

/// How much of what the child says on stderr is kept, in bytes.
const MAX_SAID: u64 = 4 << 10;

/// How long the end of the child's stderr is waited for, when the child is dead.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// A program that tries libraries out: it calls [`try_library`] with its last argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    program: PathBuf,
    arguments: Vec<OsString>,
    limit: Duration,
}

/// Why a library was not found harmless.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// The child could not be started.
    #[error("the library cannot be tried out: `{program}` cannot be started: {reason}")]
    Start {
        /// What should have been started.
        program: String,
        /// What the system says.
        reason: String,
    },
    /// Something else than the library kept it from being tried out; the next time may be another.
    #[error("the library could not be tried out: {reason}")]
    Untried {
        /// What happened.
        reason: String,
    },
    /// It is sound, but that cannot be kept, so what was known before still counts.
    #[error("the library opens and registers, but that cannot be kept: {reason}")]
    NotKept {
        /// The file, and what the system says.
        reason: String,
    },
    /// It was tried out before, and ended or froze its process.
    #[error("the library is in quarantine: it {reason}")]
    Quarantined {
        /// As in [`Died`](Self::Died) and [`Hung`](Self::Hung).
        reason: String,
    },
    /// The child lives, and says why the plugin cannot be loaded.
    #[error("{}", .0.message)]
    Refused(Report),
    /// The library ends whoever opens it.
    #[error("the library {how}{}", said(.last_words))]
    Died {
        /// As in "ended its process with SIGSEGV".
        how: String,
        /// The last line that it wrote to stderr.
        last_words: Option<String>,
    },
    /// The library does not come back.
    #[error("the library did not open and register within {} s", .limit.as_secs_f32())]
    Hung {
        /// How long it was given.
        limit: Duration,
    },
}

fn said(last_words: &Option<String>) -> String {
    last_words
        .as_ref()
        .map(|words| format!("; it said: {words}"))
        .unwrap_or_default()
}

impl ProbeError {
    /// What to do about it; `id` is the plugin.
    pub fn hint(&self, id: &str) -> Option<String> {
        Some(match self {
            ProbeError::Start { .. } => {
                "the host starts a program of its own to try libraries out; let it, or install it anew".into()
            }
            ProbeError::Untried { .. } => {
                "the library need not be at fault; it is tried out again at the next start".into()
            }
            ProbeError::NotKept { .. } => format!(
                "let the host write there, or lead it elsewhere by `{}`",
                super::safeguards::CACHE_VARIABLE
            ),
            ProbeError::Refused(report) => return report.hint.clone(),
            ProbeError::Hung { .. } => {
                "on a slow machine give it more time by `--probe-limit`; it is tried out again at the next start, three \
                 times at most"
                    .into()
            }
            ProbeError::Quarantined { .. } | ProbeError::Died { .. } => format!(
                "install another build of it and tell its author; it is not opened again until its file changes or \
                 `pulsewire plugins retry {id}`"
            ),
        })
    }

    /// The step that failed.
    pub const fn step(&self) -> Step {
        match self {
            ProbeError::Refused(report) => report.step,
            _ => Step::Probe,
        }
    }
}

/// What the child says.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    /// The library opened, and its plugin registered.
    Registered,
    /// One of the two failed, in good order. `details` are for the log.
    Refused { report: Report, details: Option<String> },
}

impl Probe {
    /// The limit is [`PROBE_LIMIT`]. The child gets `arguments` and the path of the library.
    pub fn new(program: PathBuf, arguments: impl IntoIterator<Item = OsString>) -> Self {
        Self {
            program,
            arguments: arguments.into_iter().collect(),
            limit: PROBE_LIMIT,
        }
    }

    /// The hidden command of the program `pulsewire`.
    pub fn pulsewire(program: PathBuf) -> Self {
        Self::new(program, [crate::cli::TRY_LIBRARY.into()])
    }

    /// This very program, if it is `pulsewire`.
    pub fn this_pulsewire() -> Option<Self> {
        env::current_exe().ok().map(Self::pulsewire)
    }

    /// Kills a child that takes longer.
    pub fn limit(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    /// How long a child may take.
    pub(super) fn time(&self) -> Duration {
        self.limit
    }

    /// Has a child open the library and register its plugin. Blocks until it has, at most for the limit.
    pub(super) fn try_out(&self, image: &Image) -> Result<(), ProbeError> {
        let mut child = self.start(image).map_err(|error| ProbeError::Start {
            program: self.program.display().to_string(),
            reason: error.to_string(),
        })?;
        let (answer, last_words) = listen(&mut child).map_err(|error| {
            let _ = death::end(&mut child);
            let reason = format!("nobody can listen to its process: {error}");
            ProbeError::Untried { reason }
        })?;
        let answer = answer.recv_timeout(self.limit);
        let has_died = matches!(answer, Err(RecvTimeoutError::Disconnected)) && death::is_near(&mut child);
        // Whatever it started goes with it; of a child that has answered nothing more is wanted.
        let status = death::end(&mut child);
        match answer {
            Ok(Answer::Registered) => Ok(()),
            Ok(Answer::Refused { report, details }) => {
                if let Some(details) = details {
                    log::debug!("{details}");
                }
                Err(ProbeError::Refused(report))
            }
            Err(RecvTimeoutError::Timeout) => Err(ProbeError::Hung { limit: self.limit }),
            Err(RecvTimeoutError::Disconnected) => Err(match death::of(status, has_died) {
                Death::OfLibrary(how) => ProbeError::Died {
                    how,
                    last_words: last_words.recv_timeout(LAST_WORDS).ok(),
                },
                Death::FromOutside(how) => ProbeError::Untried {
                    reason: format!("something {how}"),
                },
            }),
        }
    }

    fn start(&self, image: &Image) -> io::Result<Child> {
        let (library, path): (File, PathBuf) = image.for_child()?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .arg(path)
            // Its log is nobody's, and would hide its last words.
            .env("PULSEWIRE_LOG", "off")
            .env(PARENT_VARIABLE, std::process::id().to_string())
            .stdin(Stdio::from(library))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn()
    }
}

/// The answer, and the last line on stderr.
fn listen(child: &mut Child) -> io::Result<(Receiver<Answer>, Receiver<String>)> {
    let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    Ok((read_answer(stdout)?, keep_last_line(stderr)?))
}

/// Reads the answer on a thread of its own: a process that the library has started may hold the pipe open for ever.
fn read_answer(pipe: impl Read + Send + 'static) -> io::Result<Receiver<Answer>> {
    let (sender, receiver) = channel();
    let read = move || {
        let mut line = Vec::new();
        let read = BufReader::new(pipe.take(MAX_ANSWER)).read_until(b'\n', &mut line);
        if let (Ok(_), Ok(answer)) = (read, serde_json::from_slice(&line)) {
            // Nobody listens any more when the time was up.
            let _ = sender.send(answer);
        }
    };
    spawn("probe-answer", read)?;
    Ok(receiver)
}

/// Reads all that the child says, so that it never has to wait, and keeps the last line of its beginning.
fn keep_last_line(mut pipe: impl Read + Send + 'static) -> io::Result<Receiver<String>> {
    let (sender, receiver) = channel();
    let read = move || {
        let mut said = Vec::new();
        let _ = (&mut pipe).take(MAX_SAID).read_to_end(&mut said);
        let _ = io::copy(&mut pipe, &mut io::sink());
        let said = String::from_utf8_lossy(&said);
        let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
        if let Some(line) = last {
            let _ = sender.send(format!("`{}`", crate::literal::shortened(line)));
        }
    };
    spawn("probe-stderr", read)?;
    Ok(receiver)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let builder = thread::Builder::new().name(name.to_owned());
    builder.spawn(work).map(drop)
}
