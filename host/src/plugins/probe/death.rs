//! How a child came to its end.

use std::{
    io,
    process::{Child, ExitStatus},
};

/// Kills the child with its process group and takes its status, which is its own if it was dead already.
pub(in crate::plugins) fn end(child: &mut Child) -> io::Result<ExitStatus> {
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

/// As in "the library …".
pub(in crate::plugins) fn described(status: io::Result<ExitStatus>) -> String {
    let Ok(status) = status else {
        return "ended its process in an unknown way".to_owned();
    };
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return match signal {
            // Ours: it was alive, and had closed the pipe.
            9 => "closed all files of its process".to_owned(),
            signal => format!("ended its process with {}", name_of(signal)),
        };
    }
    match status.code() {
        Some(code) => format!("ended its process with exit code {code}"),
        None => "ended its process in an unknown way".to_owned(),
    }
}

#[cfg(unix)]
fn name_of(signal: i32) -> String {
    use signal_hook::consts;
    let name = match signal {
        consts::SIGILL => "SIGILL (an invalid instruction)",
        consts::SIGTRAP => "SIGTRAP",
        consts::SIGABRT => "SIGABRT (it gave up by itself)",
        consts::SIGBUS => "SIGBUS (memory that the file lacks)",
        consts::SIGFPE => "SIGFPE",
        consts::SIGSEGV => "SIGSEGV (invalid memory)",
        consts::SIGSYS => "SIGSYS",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}
