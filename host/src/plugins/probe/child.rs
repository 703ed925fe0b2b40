//! The child's side.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    process::ExitCode,
    sync::Arc,
};

use super::Answer;
use crate::plugins::{
    error::LoadError,
    library,
    loading::{self, details},
    plugin_log::ProcessLog,
    services::Account,
};

/// Opens the library, has its plugin register, and answers on stdout: what a program does that a
/// [`Probe`](super::Probe) starts, before anything else.
///
/// `path` is the program's last argument. The library's code runs, so the process is to end afterwards.
pub fn try_library(path: &Path) -> ExitCode {
    prepare();
    // Constructors may write to stdout too, so it becomes another's.
    let Ok(mut pipe) = take_stdout() else {
        return ExitCode::FAILURE;
    };
    let answer = match open_and_register(path) {
        Ok(()) => Answer::Registered,
        Err(error) => Answer::Refused {
            report: error.report(),
            details: details(&error).map(str::to_owned),
        },
    };
    let Ok(mut line) = serde_json::to_vec(&answer) else {
        return ExitCode::FAILURE;
    };
    line.push(b'\n');
    match pipe.write_all(&line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn open_and_register(path: &Path) -> Result<(), LoadError> {
    let library = library::open_for_good(path)?;
    // No service is there before a plugin is active; it may log.
    let account = Arc::new(Account::new("probe", Arc::new(ProcessLog)));
    // The plugin is dropped, too: the host will do the same.
    loading::register(library, &account, 0).map(drop)
}

/// The environment variable by which a child knows its parent's number.
pub(crate) const PARENT_VARIABLE: &str = "PULSEWIRE_PARENT";

/// Has this process end when its parent does, or now if that is dead already: whoever kills the parent does not reach it,
/// since it has a process group of its own.
fn end_with_parent() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, getppid, set_parent_process_death_signal};
        let _ = set_parent_process_death_signal(Some(Signal::KILL));
        let parent = std::env::var(PARENT_VARIABLE);
        let parent = parent.ok().and_then(|number| number.parse::<i32>().ok());
        let now = getppid().map(|pid| pid.as_raw_nonzero().get());
        if parent.is_some() && parent != now {
            std::process::exit(1);
        }
    }
}

/// Makes sure that a child that opens a stranger's library does no harm where the parent can't see it. What the system
/// refuses is left out.
pub(crate) fn prepare() {
    end_with_parent();
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // A crash is expected; writing it down takes longer than all the rest.
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        let _ = setrlimit(Resource::Core, none);
        // A library that takes all memory must not cost the parent its life.
        let _ = fs::write("/proc/self/oom_score_adj", "1000");
    }
}

/// The pipe to the parent. From now on stdout leads nowhere.
#[cfg(unix)]
fn take_stdout() -> io::Result<File> {
    use std::os::fd::AsFd;
    let pipe = io::stdout().as_fd().try_clone_to_owned()?;
    let nowhere = fs::OpenOptions::new().write(true).open("/dev/null")?;
    rustix::stdio::dup2_stdout(&nowhere)?;
    Ok(pipe.into())
}

/// What the library writes stands before the answer, and spoils it.
#[cfg(not(unix))]
fn take_stdout() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}
