//! Running cargo and other programs: what is run is shown, what fails is named.

use crate::failure::{Failure, Result};
use crate::workspace::{self, root};
use cargo_metadata::{Artifact, Message};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::BufReader;
use std::process::{Command, Stdio};

/// `cargo` with arguments, at the root of the workspace.
pub(crate) fn cargo<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(workspace::cargo());
    command.current_dir(root()).args(arguments);
    command
}

/// Runs a command to its end, its output passing through.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command
        .status()
        .map_err(|error| Failure::new(format!("can't run {}: {error}", line(command))))?;
    if status.success() {
        Ok(())
    } else {
        Err(Failure::new(format!("{} failed: {status}", line(command))))
    }
}

/// Runs a command and returns what it prints.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = line(command);
    let failed = |reason: String| Failure::new(format!("{line} failed: {reason}"));
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        return Err(failed(format!("{}: {}", output.status, stderr.trim())));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs `cargo build` with the command's arguments and returns what it built, fresh or not. Diagnostics are shown.
pub(crate) fn artifacts(command: &mut Command) -> Result<Vec<Artifact>> {
    command
        .arg("--message-format=json-render-diagnostics")
        .stdout(Stdio::piped());
    announce(command);
    let line = line(command);
    let failed = |reason: String| Failure::new(format!("{line} failed: {reason}"));
    let mut child = command.spawn().map_err(|error| failed(error.to_string()))?;
    let mut artifacts = Vec::new();
    if let Some(stdout) = child.stdout.take() {
        for message in Message::parse_stream(BufReader::new(stdout)) {
            match message.map_err(|error| failed(error.to_string()))? {
                Message::CompilerArtifact(artifact) => artifacts.push(artifact),
                // What build scripts of old print ends up here.
                Message::TextLine(text) => println!("{text}"),
                _ => {}
            }
        }
    }
    let status = child.wait().map_err(|error| failed(error.to_string()))?;
    if status.success() {
        Ok(artifacts)
    } else {
        Err(failed(status.to_string()))
    }
}

/// Says what is run.
pub(crate) fn announce(command: &Command) {
    eprintln!("$ {}", line(command));
}

/// The command as one would type it, without directories and quotes.
fn line(command: &Command) -> String {
    let name = |word: &OsStr| word.to_string_lossy().into_owned();
    let mut line: String = command
        .get_envs()
        .filter_map(|(key, value)| Some(format!("{}={} ", name(key), name(value?))))
        .collect();
    let program = std::path::Path::new(command.get_program());
    line += &name(program.file_stem().unwrap_or(command.get_program()));
    for argument in command.get_args() {
        // Writing to a string can't fail.
        let _ = write!(line, " {}", name(argument));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new("/somewhere/bin/cargo");
        command
            .args(["doc", "--no-deps"])
            .env("RUSTDOCFLAGS", "-Dwarnings");
        assert_eq!(line(&command), "RUSTDOCFLAGS=-Dwarnings cargo doc --no-deps");
    }

    #[test]
    fn a_failing_command_is_named() {
        let failure = run(&mut Command::new("false")).unwrap_err();
        assert_eq!(failure.to_string(), "error: false failed: exit status: 1");
        let failure = output(&mut Command::new("surely-not-there")).unwrap_err();
        assert!(
            failure
                .to_string()
                .starts_with("error: surely-not-there failed: "),
            "{failure}"
        );
    }
}
