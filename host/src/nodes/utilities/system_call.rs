//! System Call: runs a command of the operating system, if the settings allow it.
//!
//! The node looks from time to time whether the command has ended, so that nothing waits for it. What the command says
//! goes to stderr, since stdout is the project's console.

#[cfg(unix)]
use std::os::unix::process::CommandExt;
use std::{
    collections::HashMap,
    io,
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use pulsewire_plugin_api::{NodeResult, prelude::*};
#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process_group};

use crate::{
    engine::{EngineNode, TimerId, World},
    nodes::Builtin,
};

/// How often the node looks whether a command has ended.
const LOOK: Duration = Duration::from_millis(10);

/// How many commands of one node may run at once.
const MOST_RUNNING: usize = 64;

const TYPE: NodeType = NodeType::action("utilities.system_call", "System Call")
    .category("Utilities")
    .help(
        "Runs a command in the system's shell, in the project's folder; the output fires when it has ended, with its exit \
         code. Several may run at once; those that run when the project ends are killed, with what \
         they started. Only with `system_calls = true` under `[host]` in settings.toml.",
    )
    .inputs(&[Socket::data("input", "Input", DataType::String).help("The command.")])
    .outputs(&[Socket::data("output", "Output", DataType::Int)]);

pub(in crate::nodes) const NODE: Builtin =
    builtin!(TYPE, |_| Ok(Box::new(SystemCall { running: HashMap::new() })));

struct SystemCall {
    running: HashMap<TimerId, Child>,
}

impl EngineNode for SystemCall {
    fn execute(&mut self, call: &mut Call<'_>, world: &mut World) -> NodeResult {
        let surroundings = world.surroundings();
        if !surroundings.may_call_system {
            return Err("system calls are off; `system_calls = true` under `[host]` in settings.toml allows them".into());
        }
        if self.running.len() == MOST_RUNNING {
            return Err(format!("{MOST_RUNNING} commands of this node are running").into());
        }
        let mut command = shell(call.text(0)?);
        if let Some(folder) = &surroundings.folder {
            command.current_dir(folder);
        }
        command.stdin(Stdio::null()).stdout(io::stderr());
        let child = command.spawn().map_err(|error| format!("the command does not start: {error}"))?;
        self.running.insert(world.set_timer(Instant::now() + LOOK), child);
        Ok(Flow::end())
    }

    fn on_timer(&mut self, call: &mut Call<'_>, world: &mut World, timer: TimerId) -> NodeResult {
        let Some(child) = self.running.get_mut(&timer) else { return Ok(Flow::end()) };
        let status = child.try_wait();
        if let Ok(None) = status {
            world.set_timer_again(timer, Instant::now() + LOOK);
            return Ok(Flow::end());
        }
        self.running.remove(&timer);
        let status = status.map_err(|error| format!("the command's end is unknown: {error}"))?;
        call.set(0, status.map_or(0, exit_code));
        Ok(Flow::fire(0))
    }
}

impl Drop for SystemCall {
    fn drop(&mut self) {
        for child in self.running.values_mut() {
            let killed = kill(child).and_then(|()| child.wait());
            if let Err(error) = killed {
                log::warn!("a command of System Call goes on: {error}");
            }
        }
    }
}

#[cfg(unix)]
fn shell(text: &str) -> Command {
    let mut command = Command::new("/bin/sh");
    // A group of its own, so that what the shell starts can be killed with it.
    command.arg("-c").arg(text).process_group(0);
    command
}

/// The shell and what it runs. It was not waited for yet, so that the group's number is still its own.
#[cfg(unix)]
fn kill(child: &mut Child) -> io::Result<()> {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    match group.map(|group| kill_process_group(group, Signal::KILL)) {
        Some(Ok(())) => Ok(()),
        _ => child.kill(),
    }
}

#[cfg(not(unix))]
fn shell(text: &str) -> Command {
    let mut command = Command::new("cmd");
    command.arg("/C").arg(text);
    command
}

#[cfg(not(unix))]
fn kill(child: &mut Child) -> io::Result<()> {
    child.kill()
}

/// As a shell has it: 128 and more for a command that a signal killed.
fn exit_code(status: ExitStatus) -> i64 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return i64::from(128 + signal);
    }
    status.code().map_or(-1, i64::from)
}
