//! How a child came to its end.

use std::{
    io,
    process::{Child, ExitStatus},
    thread,
    time::{Duration, Instant},
};

/// How long a process may take to die once it has closed its files.
const DYING: Duration = Duration::from_secs(1);

/// How often it is looked at meanwhile; the standard library cannot wait with a limit.
const POLL: Duration = Duration::from_millis(5);

/// Kills the child with its process group and takes its status, which is its own if it was dead already.
pub(crate) fn end(child: &mut Child) -> io::Result<ExitStatus> {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        // It has not been waited for, so the number is still its own.
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
    // A group that is gone, or a system without groups.
    let _ = child.kill();
    child.wait()
}

/// Whether the child, which has closed its pipe, is dead by itself, or soon is.
pub(super) fn is_near(child: &mut Child) -> bool {
    cfg!(unix) && dies_within(child, DYING)
}

/// Whether the child dies by itself within that time. On Unix its status is left for [`end`], so that its number, which is
/// its group's too, stays its own.
pub(crate) fn dies_within(child: &mut Child, limit: Duration) -> bool {
    let start = Instant::now();
    while !is_dead(child) {
        if start.elapsed() >= limit {
            return false;
        }
        thread::sleep(POLL);
    }
    true
}

#[cfg(unix)]
fn is_dead(child: &mut Child) -> bool {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| matches!(waitid(WaitId::Pid(pid), options), Ok(Some(_))))
}

#[cfg(not(unix))]
fn is_dead(child: &mut Child) -> bool {
    matches!(child.try_wait(), Ok(Some(_)))
}

/// Whose doing a child's death was.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Death {
    /// The library's, and it would be so again. As in "the library …".
    OfLibrary(String),
    /// Somebody else's: a user, a service manager, a system without memory. As above.
    FromOutside(String),
}

/// What the status says of a child that did not answer. `has_died`: before it was killed.
pub(super) fn of(status: io::Result<ExitStatus>, has_died: bool) -> Death {
    #[cfg(not(unix))]
    let _ = has_died;
    let Ok(status) = status else {
        return Death::FromOutside("ended its process in an unknown way".to_owned());
    };
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        const KILL: i32 = rustix::process::Signal::KILL.as_raw();
        return match (name_of(signal), has_died) {
            (Some(name), _) => Death::OfLibrary(format!("ended its process with {name}")),
            // The signal was the host's own.
            (None, false) if signal == KILL => Death::OfLibrary("closed all files of its process".to_owned()),
            (None, _) => {
                let name = signal_hook::low_level::signal_name(signal);
                let name = name.map_or_else(|| format!("signal {signal}"), str::to_owned);
                Death::FromOutside(format!("ended its process with {name}"))
            }
        };
    }
    match status.code() {
        Some(code) => Death::OfLibrary(format!("ended its process with exit code {code}")),
        None => Death::FromOutside("ended its process in an unknown way".to_owned()),
    }
}

/// How a child died that was killed when it was still alive. As in "the library …".
pub(in crate::plugins) fn described(status: io::Result<ExitStatus>) -> String {
    match of(status, false) {
        Death::OfLibrary(how) | Death::FromOutside(how) => how,
    }
}

/// Of the signals with which code ends its own process.
#[cfg(unix)]
fn name_of(signal: i32) -> Option<&'static str> {
    use signal_hook::consts;
    Some(match signal {
        consts::SIGILL => "SIGILL (an invalid instruction)",
        consts::SIGTRAP => "SIGTRAP",
        consts::SIGABRT => "SIGABRT (it gave up by itself)",
        consts::SIGBUS => "SIGBUS (memory that the file lacks)",
        consts::SIGFPE => "SIGFPE",
        consts::SIGSEGV => "SIGSEGV (invalid memory)",
        consts::SIGSYS => "SIGSYS",
        _ => return None,
    })
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn death_by_a_signal_that_others_send_is_not_the_librarys() {
        let of = |raw| of(Ok(ExitStatus::from_raw(raw)), true);
        for signal in [1, 2, 9, 15] {
            assert!(matches!(of(signal), Death::FromOutside(_)), "{signal}");
        }
        for signal in [4, 5, 6, 8, 11] {
            assert!(matches!(of(signal), Death::OfLibrary(_)), "{signal}");
        }
        let exited = Death::OfLibrary("ended its process with exit code 3".to_owned());
        assert_eq!(of(3 << 8), exited);
    }

    #[test]
    fn kill_is_the_librarys_fault_only_when_the_host_sent_it() {
        let of = |has_died| of(Ok(ExitStatus::from_raw(9)), has_died);
        assert_eq!(
            of(false),
            Death::OfLibrary("closed all files of its process".to_owned())
        );
        let outside = "ended its process with SIGKILL".to_owned();
        assert_eq!(of(true), Death::FromOutside(outside));
    }
}
