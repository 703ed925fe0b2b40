//! A check in a process of its own: how it is started, ended, and what is read from what it leaves.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::{
    CHECKS, Check, Options, absolute,
    subject::Subject,
    verdict::{Findings, Line, Outcome, Status},
};
use crate::plugins::{PARENT_VARIABLE, end_with_parent};

/// How often a running child is looked at; the standard library cannot wait with a limit.
const POLL: Duration = Duration::from_millis(5);

/// How much of what a child printed is shown when it crashed.
const SHOWN_LINES: usize = 12;

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
    one_round: bool,
}

/// Runs the check to its end, whatever that is. An error says that it has not begun.
pub(super) fn run(check: &'static Check, options: &Options) -> io::Result<Outcome> {
    let start = Instant::now();
    let ended = tempfile::tempdir().and_then(|folder| {
        let ended = start_child(check, options, folder.path())?;
        let read = |name: &str| fs::read(folder.path().join(name)).unwrap_or_default();
        let output = String::from_utf8_lossy(&read(OUTPUT)).into_owned();
        Ok((ended, read(VERDICT), output))
    });
    let (ended, verdict, output) = ended.map_err(|error| {
        let message = format!("the check `{}` could not be started: {error}", check.id);
        io::Error::new(error.kind(), message)
    })?;
    let verdict = Verdict::read(&verdict);
    let mut outcome = Outcome::skipped(check, String::new());
    (outcome.status, outcome.details) = judge(ended, verdict.findings, &output, options.limit);
    if outcome.status.is_bad() {
        outcome.reproduce = verdict.round.map(|seed| format!("{}:{seed}", check.id));
    }
    outcome.took = start.elapsed();
    Ok(outcome)
}

const VERDICT: &str = "verdict";
const OUTPUT: &str = "output";

/// How the child ended; nothing if it had to be killed.
fn start_child(check: &Check, options: &Options, folder: &Path) -> io::Result<Option<ExitStatus>> {
    let output = File::create(folder.join(OUTPUT))?;
    let mut command = Command::new(&options.program);
    command
        .arg("validate-check")
        .args([check.id.as_ref(), absolute(&options.library).as_os_str()])
        .arg(folder.join(VERDICT))
        .arg(options.seed.to_string())
        .arg(options.limit.as_millis().to_string())
        .args(options.one_round.then_some("--one-round"))
        .env(PARENT_VARIABLE, std::process::id().to_string())
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output);
    // A group of its own, to be killed with whatever it starts.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;
    let deadline = Instant::now() + options.limit;
    loop {
        if let Some(status) = child.try_wait()? {
            // Whoever it started does not live on either.
            kill_group(&mut child);
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            kill_group(&mut child);
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(POLL);
    }
}

fn kill_group(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw)
    {
        // It fails if nobody of the group is left.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
}

/// What a child wrote.
#[derive(Default)]
struct Verdict {
    /// The seed of the last round that began.
    round: Option<u64>,
    findings: Option<Findings>,
}

impl Verdict {
    /// Reads what is there; a child that crashed may have left half a line.
    fn read(bytes: &[u8]) -> Self {
        let mut verdict = Self::default();
        for line in bytes.split(|byte| *byte == b'\n') {
            match serde_json::from_slice(line) {
                Ok(Line::Round(seed)) => verdict.round = Some(seed),
                Ok(Line::Verdict(findings)) => verdict.findings = Some(findings),
                Err(_) => {}
            }
        }
        verdict
    }
}

fn judge(
    ended: Option<ExitStatus>,
    findings: Option<Findings>,
    output: &str,
    limit: Duration,
) -> (Status, Vec<String>) {
    let Some(status) = ended else {
        let what = format!("not over after {} s; it was killed", limit.as_secs_f64());
        return (Status::Hang, [vec![what], last_lines(output)].concat());
    };
    match findings {
        Some(findings) => (findings.status(), findings.into_details()),
        None => {
            let what = format!("its process ended without a verdict ({status})");
            (Status::Crash, [vec![what], last_lines(output)].concat())
        }
    }
}

fn last_lines(output: &str) -> Vec<String> {
    let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines.iter().skip(lines.len().saturating_sub(SHOWN_LINES));
    last.map(|line| format!("it printed: {line}")).collect()
}

/// Runs one check in this process and writes its verdict. For the child only: the library may end the process.
pub fn run_child(arguments: &ChildArguments) -> io::Result<()> {
    let check = CHECKS.iter().find(|check| check.id == arguments.check);
    let check = check.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no such check"))?;
    end_with_parent();
    end_in(Duration::from_millis(arguments.limit) * 2);
    let mut file = File::create(&arguments.verdict)?;
    let mut subject = Subject::new(
        absolute(&arguments.library),
        arguments.seed,
        arguments.one_round,
        file.try_clone()?,
    );
    if let Err(fault) = (check.run)(&mut subject) {
        subject.fault(fault);
    }
    write_line(&mut file, &Line::Verdict(subject.into_findings()))?;
    // Destructors of the library's statics and threads that it left behind are not part of the check.
    std::process::exit(0)
}

pub(super) fn write_line(file: &mut File, line: &Line) -> io::Result<()> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    file.write_all(text.as_bytes())
}

/// Ends this process if whoever started it does not, because it was killed itself.
fn end_in(limit: Duration) {
    let _ = thread::Builder::new().spawn(move || {
        thread::sleep(limit);
        std::process::abort();
    });
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn child_without_a_verdict_crashed_whatever_its_exit_code() {
        let limit = Duration::from_secs(3);
        let ended = |raw| Some(ExitStatus::from_raw(raw));
        let findings = || Some(Findings::default());
        assert_eq!(judge(ended(0), findings(), "", limit).0, Status::Pass);
        assert_eq!(judge(ended(0), None, "", limit).0, Status::Crash);
        let (status, details) = judge(ended(11), None, "a\n\nb\n", limit);
        assert_eq!(status, Status::Crash);
        assert!(details[0].contains("signal: 11"), "{details:?}");
        assert_eq!(details[1..], ["it printed: a", "it printed: b"]);
        assert_eq!(judge(None, findings(), "", limit).0, Status::Hang);
    }

    #[test]
    fn verdict_counts_only_when_it_is_whole() {
        let verdict = Verdict::read(b"{\"Round\":7}\n{\"Round\":8}\n{\"Verdict\":{\"faul");
        assert_eq!((verdict.round, verdict.findings), (Some(8), None));
        let whole = b"{\"Verdict\":{\"faults\":[\"x\"],\"warnings\":[],\"skipped\":null}}\n";
        assert_eq!(Verdict::read(whole).findings.unwrap().status(), Status::Fail);
    }
}
