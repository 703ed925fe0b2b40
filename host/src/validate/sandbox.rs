//! A check in a process of its own: how it is started, ended, and what is read from what it leaves.
//!
//! As a host's probe (`plugins/probe.rs`) it is a child in a group of its own, of which nothing is left afterwards, and the
//! two share how that is done. What they hear differs: a probe is over with its one answer on a pipe, a check with the end
//! of its process, whose verdict is a file, because it also has to tell what it did last when it does not come to an end.

#[cfg(unix)]
use std::os::fd::{AsFd, OwnedFd};
use std::{
    collections::BTreeSet,
    fs,
    io::{self, PipeReader, Read},
    path::Path,
    process::{Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::{Duration, Instant},
};

use super::{
    Check, Options, absolute,
    child::MEMORY,
    process,
    verdict::{Outcome, Status, Verdict},
};
use crate::plugins::{PARENT_VARIABLE, death};

/// The environment variable by which all that a check starts is known, whatever group it puts itself into.
const CHECK_VARIABLE: &str = "PULSEWIRE_CHECK";

/// How much of what a child printed is kept, in bytes, and shown when it crashed, in lines and letters.
const KEPT: usize = 16 << 10;
const SHOWN_LINES: usize = 12;
const SHOWN_LETTERS: usize = 200;

/// How long the end of what a dead child printed is waited for.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How long all that a check started may take to die when it was killed.
const DYING: Duration = Duration::from_secs(1);

/// A check that has run, and what it did.
pub(super) struct Trial {
    pub(super) outcome: Outcome,
    /// The seed of the last round that began.
    pub(super) round: Option<u64>,
    /// The steps of that round that were taken.
    pub(super) steps: Vec<u32>,
    /// The calls of that round, if it was the only one.
    pub(super) calls: Vec<String>,
}

/// Runs the check to its end, whatever that is. An error says that it has not begun.
pub(super) fn run(check: &'static Check, options: &Options) -> io::Result<Trial> {
    let start = Instant::now();
    let ended = tempfile::tempdir().and_then(|folder| {
        let (ended, output) = run_child(check, options, folder.path())?;
        Ok((
            ended,
            fs::read(folder.path().join(VERDICT)).unwrap_or_default(),
            output,
        ))
    });
    let (ended, verdict, output) = ended.map_err(|error| {
        let message = format!("the check `{}` could not be started: {error}", check.id);
        io::Error::new(error.kind(), message)
    })?;
    let verdict = Verdict::read(&verdict);
    let mut outcome = Outcome::skipped(check, String::new());
    (outcome.status, outcome.details) = judge(ended, &verdict, &output, options.limit);
    outcome.took = start.elapsed();
    Ok(Trial {
        outcome,
        round: verdict.round,
        steps: verdict.steps,
        calls: verdict.calls,
    })
}

const VERDICT: &str = "verdict";

/// How the child ended, nothing if it had to be killed; and the end of what it printed.
fn run_child(check: &Check, options: &Options, folder: &Path) -> io::Result<(Option<ExitStatus>, String)> {
    let (output, printed) = io::pipe()?;
    let mut command = Command::new(&options.program);
    command
        .arg("validate-check")
        .args([check.id.as_ref(), absolute(&options.library).as_os_str()])
        .arg(folder.join(VERDICT))
        .arg(options.seed.to_string())
        .arg(
            u64::try_from(options.limit.as_millis())
                .unwrap_or(u64::MAX)
                .to_string(),
        )
        .args(options.one_round.then_some("--one-round"))
        .env(PARENT_VARIABLE, std::process::id().to_string())
        .env(CHECK_VARIABLE, folder)
        // Only the last lines are shown, and what went wrong stands before a backtrace.
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(printed.try_clone()?)
        .stderr(printed);
    if let Some(steps) = &options.steps {
        command.arg("--steps").arg(listed(steps));
    }
    // A group of its own, to be killed with whatever it starts.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;
    // It holds the other end of the pipe.
    drop(command);
    let output = keep_end(output)?;
    let has_ended = death::dies_within(&mut child, options.limit);
    // Whoever it started does not live on either.
    let status = death::end(&mut child)?;
    end_strays(folder);
    let output = output.recv_timeout(LAST_WORDS).unwrap_or_default();
    Ok((has_ended.then_some(status), output))
}

/// Steps as `--steps` and `--reproduce` have them.
pub(super) fn listed(steps: &BTreeSet<u32>) -> String {
    let steps: Vec<String> = steps.iter().map(u32::to_string).collect();
    steps.join(",")
}

/// Kills what has left the group.
fn end_strays(folder: &Path) {
    let start = Instant::now();
    loop {
        let strays = process::marked(CHECK_VARIABLE, folder.as_os_str());
        process::kill(&strays);
        if strays.is_empty() || start.elapsed() > DYING {
            return;
        }
    }
}

/// Reads all that comes, so that nobody has to wait, and keeps its end.
fn keep_end(mut pipe: PipeReader) -> io::Result<Receiver<String>> {
    let (sender, receiver) = channel();
    thread::Builder::new().spawn(move || {
        let (mut kept, mut piece) = (Vec::new(), [0; KEPT]);
        while let Ok(count @ 1..) = pipe.read(&mut piece) {
            kept.extend_from_slice(&piece[..count]);
            kept.drain(..kept.len().saturating_sub(KEPT));
        }
        // Nobody waits for it if a process that could not be killed held the pipe open.
        let _ = sender.send(String::from_utf8_lossy(&kept).into_owned());
    })?;
    Ok(receiver)
}

fn judge(
    ended: Option<ExitStatus>,
    verdict: &Verdict,
    output: &str,
    limit: Duration,
) -> (Status, Vec<String>) {
    let (status, what) = match (ended, &verdict.findings) {
        (Some(status), Some(findings)) if is_in_order(status) => {
            return (findings.status(), findings.details());
        }
        (Some(status), Some(_)) => (Status::Crash, format!("its process ended badly ({status})")),
        (Some(status), None) => (
            Status::Crash,
            format!("its process ended without a verdict ({status})"),
        ),
        (None, _) => (
            Status::Hang,
            format!("not over after {} s; it was killed", limit.as_secs_f64()),
        ),
    };
    let last = verdict.calls.last().map(|call| format!("the last call: {call}"));
    // The words of Rust's standard library.
    let is_out = output.contains("memory allocation of ");
    let memory = is_out.then(|| format!("it may take {} GB of memory at most", MEMORY >> 30));
    let details = [what]
        .into_iter()
        .chain(last)
        .chain(memory)
        .chain(last_lines(output));
    (status, details.collect())
}

/// How a child ends that has left its verdict: as a host does, or at once, by its own hand.
fn is_in_order(status: ExitStatus) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt;
        const KILL: i32 = rustix::process::Signal::KILL.as_raw();
        status.success() || status.signal() == Some(KILL)
    }
    #[cfg(not(unix))]
    status.success()
}

fn last_lines(output: &str) -> Vec<String> {
    let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines.iter().skip(lines.len().saturating_sub(SHOWN_LINES));
    last.map(|line| {
        let shown: String = line.chars().take(SHOWN_LETTERS).collect();
        format!("it printed: {shown}")
    })
    .collect()
}

/// A file of the child's own, under a number that a plugin does not close by chance.
#[cfg(unix)]
pub(super) fn out_of_reach<F: From<OwnedFd> + AsFd>(file: F) -> F {
    const HIGH: i32 = 200;
    // Where so many files are not allowed it stays where it is.
    match rustix::io::fcntl_dupfd_cloexec(&file, HIGH) {
        Ok(moved) => moved.into(),
        Err(_) => file,
    }
}

#[cfg(not(unix))]
pub(super) fn out_of_reach<F>(file: F) -> F {
    file
}

#[cfg(all(test, unix))]
mod tests {
    use std::{io::Write, os::unix::process::ExitStatusExt};

    use super::*;
    use crate::validate::verdict::Findings;

    #[test]
    fn child_without_a_verdict_crashed_whatever_its_exit_code() {
        let limit = Duration::from_secs(3);
        let ended = |raw| Some(ExitStatus::from_raw(raw));
        let passed = Verdict {
            findings: Some(Findings::default()),
            ..Verdict::default()
        };
        let none = Verdict {
            calls: vec!["`new`".to_owned()],
            ..Verdict::default()
        };
        assert_eq!(judge(ended(0), &passed, "", limit).0, Status::Pass);
        assert_eq!(judge(ended(0), &none, "", limit).0, Status::Crash);
        let (status, details) = judge(ended(11), &none, "a\n\nb\n", limit);
        assert_eq!(status, Status::Crash);
        assert!(details[0].contains("signal: 11"), "{details:?}");
        let expected = ["the last call: `new`", "it printed: a", "it printed: b"];
        assert_eq!(details[1..], expected);
        assert_eq!(judge(None, &passed, "", limit).0, Status::Hang);
    }

    #[test]
    fn child_that_does_not_end_well_crashed_whatever_its_verdict() {
        let limit = Duration::from_secs(3);
        let passed = Verdict {
            findings: Some(Findings::default()),
            ..Verdict::default()
        };
        for (raw, expected) in [
            (0, Status::Pass),
            (9, Status::Pass),
            (6, Status::Crash),
            (3 << 8, Status::Crash),
        ] {
            let ended = Some(ExitStatus::from_raw(raw));
            assert_eq!(judge(ended, &passed, "", limit).0, expected, "{raw}");
        }
    }

    #[test]
    fn only_the_end_of_much_output_is_kept() {
        let (reader, mut writer) = io::pipe().unwrap();
        let end = keep_end(reader).unwrap();
        for _ in 0..100 {
            writer.write_all(&[b'x'; 1000]).unwrap();
        }
        writer.write_all(b"end").unwrap();
        drop(writer);
        let kept = end.recv().unwrap();
        assert_eq!((kept.len(), kept.ends_with("xend")), (KEPT, true));
    }
}
