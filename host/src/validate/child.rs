//! The child's side of a check: it runs in a process that the library may end, and writes down how far it came.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{self, Write},
    mem,
    path::PathBuf,
    rc::Rc,
    thread,
    time::Duration,
};

use super::{CHECKS, absolute, process, sandbox, subject::Subject, verdict::Line};
use crate::plugins::prepare_child;

/// How much memory a check may take, in bytes: a plugin that takes more must not cost others their work.
/// Kept on Linux only.
pub(super) const MEMORY: u64 = 4 << 30;

/// What a child process is told; see [`run_child`].
#[derive(clap::Args, Clone, Debug)]
pub struct ChildArguments {
    /// The id of the check
    check: String,
    /// The library
    library: PathBuf,
    /// Where to write the verdict
    verdict: PathBuf,
    /// What everything random is made from
    seed: u64,
    /// When to end at the latest, in milliseconds
    limit: u64,
    /// Only the round with that very seed
    #[arg(long)]
    pub(super) one_round: bool,
    /// Only these steps of it
    #[arg(long, value_delimiter = ',')]
    pub(super) steps: Option<Vec<u32>>,
}

/// Runs one check in this process and writes its verdict. For the child only: the library may end the process.
pub fn run_child(arguments: &ChildArguments) -> io::Result<()> {
    let check = CHECKS.iter().find(|check| check.id == arguments.check);
    let check = check.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no such check"))?;
    prepare_child();
    process::adopt_orphans();
    limit_memory();
    end_in(Duration::from_millis(arguments.limit).saturating_mul(2));
    let progress = Progress::new(arguments.verdict.clone(), arguments.one_round)?;
    let rounds = Rounds {
        seed: arguments.seed,
        only_one: arguments.one_round,
        steps: arguments
            .steps
            .as_ref()
            .map(|steps| steps.iter().copied().collect()),
    };
    let mut subject = Subject::new(absolute(&arguments.library), rounds, progress.clone());
    if let Err(fault) = (check.run)(&mut subject) {
        subject.fault(fault);
    }
    // The parent can't know those whose environment is their own.
    process::kill(&process::descendants());
    let ends_in_order = subject.ends_in_order();
    progress.write(&Line::Verdict(subject.into_findings()))?;
    if ends_in_order {
        progress.call("the end of the process", String::new);
        std::process::exit(0)
    }
    end_at_once()
}

/// Ends this process without another word: what the library does at the end of a process is a check of its own.
fn end_at_once() -> ! {
    #[cfg(unix)]
    {
        use rustix::process::{Signal, getpid, kill_process};
        let _ = kill_process(getpid(), Signal::KILL);
    }
    std::process::exit(0)
}

/// What chance is made from, and how much of it is wanted.
pub(super) struct Rounds {
    pub(super) seed: u64,
    /// Only the round with that very seed.
    pub(super) only_one: bool,
    /// Only these steps of it.
    pub(super) steps: Option<BTreeSet<u32>>,
}

/// The way of a check, written while it goes it. What can't be written is left out: without the verdict it all counts for
/// nothing.
#[derive(Clone)]
pub(super) struct Progress(Rc<RefCell<State>>);

struct State {
    path: PathBuf,
    file: File,
    /// The last call, so that many of a kind are written once.
    last: String,
    /// Whether every call is wanted, with its values.
    in_detail: bool,
}

impl Progress {
    fn new(path: PathBuf, in_detail: bool) -> io::Result<Self> {
        let file = sandbox::out_of_reach(File::create(&path)?);
        Ok(Self(Rc::new(RefCell::new(State {
            path,
            file,
            last: String::new(),
            in_detail,
        }))))
    }

    /// The round with this seed begins.
    pub(super) fn round(&self, seed: u64) {
        self.0.borrow_mut().last.clear();
        let _ = self.write(&Line::Round(seed));
    }

    /// A step of the round begins.
    pub(super) fn step(&self, number: u32) {
        let _ = self.write(&Line::Step(number));
    }

    /// The plugin is called: `what`, and in detail `details`.
    pub(super) fn call(&self, what: &str, details: impl FnOnce() -> String) {
        let in_detail = self.0.borrow().in_detail;
        let what = match in_detail {
            true => what.to_owned() + &details(),
            false if self.0.borrow().last == what => return,
            false => what.to_owned(),
        };
        let _ = self.write(&Line::Call(what.clone()));
        self.0.borrow_mut().last = what;
    }

    fn write(&self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        let mut state = self.0.borrow_mut();
        if state.file.write_all(text.as_bytes()).is_ok() {
            return Ok(());
        }
        // The library may have closed it, with all others.
        let file = OpenOptions::new().append(true).open(&state.path)?;
        // What is closed already must not be closed again: its number may be another's by now.
        mem::forget(mem::replace(&mut state.file, sandbox::out_of_reach(file)));
        state.file.write_all(text.as_bytes())
    }
}

/// Ends this process if whoever started it does not, because it was killed itself.
fn end_in(limit: Duration) {
    let _ = thread::Builder::new().spawn(move || {
        thread::sleep(limit);
        std::process::abort();
    });
}

/// What the system refuses is left out.
fn limit_memory() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let memory = Rlimit {
            current: Some(MEMORY),
            maximum: Some(MEMORY),
        };
        let _ = setrlimit(Resource::Data, memory);
    }
}
