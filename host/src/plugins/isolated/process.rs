//! The child process: how it starts, and how it came to its end.

use std::{
    io,
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Child, Command, ExitStatus, Stdio},
};

use super::{Isolation, Library, channel::Channel};
use crate::plugins::probe::death;

/// A child that was started, and the parent's ends of both conversations.
pub(super) struct Started {
    pub(super) child: Child,
    pub(super) calls: Channel,
    pub(super) services: Channel,
}

/// Starts the program in a process group of its own. What it writes to stderr goes where the parent's goes.
///
/// It must be called by a thread that lives as long as the child: on Linux the child ends with that thread.
pub(super) fn spawn(isolation: &Isolation, library: &Library) -> io::Result<Started> {
    let (calls, its_calls) = UnixStream::pair()?;
    let (services, its_services) = UnixStream::pair()?;
    let mut command = Command::new(&isolation.program);
    command
        .args(&isolation.arguments)
        .arg(&library.path)
        .arg(library.hash.to_string())
        .stdin(Stdio::from(OwnedFd::from(its_calls)))
        .stdout(Stdio::from(OwnedFd::from(its_services)));
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    Ok(Started {
        child: command.spawn()?,
        calls: Channel::new(calls),
        services: Channel::new(services),
    })
}

/// Ends the child, if it lives, with all that it started. As in "the plugin …".
pub(super) fn end(child: &mut Child) -> String {
    const KILL: i32 = 9;
    let status = death::end(child);
    let signal = |status: &ExitStatus| std::os::unix::process::ExitStatusExt::signal(status);
    match &status {
        // Nobody but the system kills so, or it was us, since nothing was heard of it any more.
        Ok(status) if signal(status) == Some(KILL) => {
            "was killed, as for lack of memory, or closed the files of its process".to_owned()
        }
        _ => death::described(status),
    }
}
