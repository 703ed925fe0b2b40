//! The official Socket.IO servers, started by a test and gone with it.
//!
//! [`RealServer`] owns one process that speaks the protocol of `tests/servers/README.md`: its log is read by a thread, its
//! commands go to its stdin. Nothing sleeps: a test waits for a line of the log, and a wait that fails shows the whole log.
//! The module knows no Socket.IO; what the servers do stands in their scripts.

mod log;

use crate::{artifacts, tools};
use log::{Log, Source};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Starting an interpreter and its packages on a busy machine.
const START: Duration = Duration::from_secs(60);

/// A command that is obeyed at once, on a busy machine.
const ANSWER: Duration = Duration::from_secs(30);

/// Which implementation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// npm's `socket.io`.
    Node,
    /// PyPI's `python-socketio`.
    Python,
    /// npm's `socket.io` 2.5, which speaks Engine.IO 3.
    Node2,
    /// npm's `socket.io` 1.7, which speaks Engine.IO 3.
    Node1,
    /// The crate `socketioxide`.
    Oxide,
}

impl Kind {
    /// Both of the present generation, for a test that is written once.
    pub const ALL: [Self; 2] = [Self::Node, Self::Python];

    /// Those of the older generation.
    pub const OLD: [Self; 2] = [Self::Node2, Self::Node1];

    #[track_caller]
    fn command(self) -> Command {
        let node = |folder| tools::node().and_then(|node| Ok((node, tools::node_server(folder)?)));
        let found = match self {
            Self::Node => node("node"),
            Self::Node2 => node("node2"),
            Self::Node1 => node("node1"),
            Self::Python => tools::python().map(|python| (python, tools::python_server())),
            Self::Oxide => return Command::new(artifacts::socketioxide_server()),
        };
        // No closures around panics here: they would hide which test was the caller.
        let (program, script) = match found {
            Ok(found) => found,
            Err(missing) => panic!("{missing}"),
        };
        let mut command = Command::new(program);
        command.arg(script);
        command
    }
}

/// A running server on a free port of the loopback interface. Dropping it kills it.
#[derive(Debug)]
pub struct RealServer {
    kind: Kind,
    arguments: Vec<String>,
    port: u16,
    log: Arc<Log>,
    process: Option<Process>,
}

#[derive(Debug)]
struct Process {
    child: Child,
    stdin: ChildStdin,
    readers: [JoinHandle<()>; 2],
}

impl RealServer {
    /// Starts a server with its own defaults.
    ///
    /// # Panics
    /// When a tool is missing (the message names the command that installs it) or the server does not listen in time.
    #[track_caller]
    pub fn start(kind: Kind) -> Self {
        Self::start_with(kind, &[])
    }

    /// Starts a server with options of the control protocol: `&["--ping-interval", "300"]`.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    #[track_caller]
    pub fn start_with(kind: Kind, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let mut server = Self {
            kind,
            arguments,
            port: 0,
            log: Arc::default(),
            process: None,
        };
        server.spawn();
        server
    }

    /// The port it listens on; the same after [`restart`](Self::restart).
    pub fn port(&self) -> u16 {
        self.port
    }

    /// `http://127.0.0.1:PORT`; `https` where it was started with a certificate.
    pub fn url(&self) -> String {
        let has_certificate = self
            .arguments
            .iter()
            .any(|argument| argument == "--tls-certificate");
        let scheme = if has_certificate { "https" } else { "http" };
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// The id of the process.
    ///
    /// # Panics
    /// When it was killed.
    #[track_caller]
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("the server was killed").child.id()
    }

    /// Gives the server a command: `json!({"do": "emit", "namespace": "/", "name": "news", "args": ["x"]})`.
    ///
    /// # Panics
    /// When the server is gone.
    #[track_caller]
    pub fn send(&mut self, command: &Value) {
        self.log.push(Source::Test, &command.to_string());
        let stdin = &mut self.process.as_mut().expect("the server was killed").stdin;
        if let Err(error) = writeln!(stdin, "{command}") {
            panic!(
                "the server does not take `{command}`: {error}; its log:\n{}",
                self.log
            );
        }
    }

    /// Waits for a line that contains `pattern` and takes it out of further waits: objects match when every field of the
    /// pattern does, arrays element by element, everything else when equal. Lines that came before the call count.
    ///
    /// # Panics
    /// When none comes in `within` or the server ends; the message holds the whole log.
    #[track_caller]
    pub fn wait_for(&self, pattern: &Value, within: Duration) -> Value {
        self.wait(&format!("`{pattern}`"), |entry| contains(entry, pattern), within)
    }

    /// As [`wait_for`](Self::wait_for), for what a pattern can't say; `what` is for the message.
    ///
    /// # Panics
    /// As [`wait_for`](Self::wait_for).
    #[track_caller]
    pub fn wait_until(&self, what: &str, matches: impl Fn(&Value) -> bool, within: Duration) -> Value {
        self.wait(what, matches, within)
    }

    /// Every line so far that contains `pattern`, whether waited for or not.
    pub fn seen(&self, pattern: &Value) -> Vec<Value> {
        self.log
            .entries()
            .into_iter()
            .filter(|entry| contains(entry, pattern))
            .collect()
    }

    /// Waits until the log holds all that the server has done so far: a thread reads it, and may be behind.
    ///
    /// # Panics
    /// When the server is gone in the middle of it.
    #[track_caller]
    pub fn catch_up(&mut self) {
        // A killed server's log was read to its end.
        if self.process.is_some() {
            let nobody = "/catching-up";
            self.send(&json!({"do": "emit", "namespace": nobody, "name": "x", "args": []}));
            self.wait_for(&json!({"on": "nobody", "namespace": nobody}), ANSWER);
        }
    }

    /// Drops the log of all that the server has done so far.
    ///
    /// # Panics
    /// As [`catch_up`](Self::catch_up).
    #[track_caller]
    pub fn forget(&mut self) {
        self.catch_up();
        self.log.clear();
    }

    /// The whole log as text.
    pub fn log(&self) -> String {
        self.log.to_string()
    }

    /// Kills the process at once, as a crash would, and waits until it is gone. Does nothing the second time.
    pub fn kill(&mut self) {
        let Some(Process {
            mut child,
            stdin,
            readers,
        }) = self.process.take()
        else {
            return;
        };
        // Fails only for a process that has ended by itself, which `wait` reaps all the same.
        let _ = child.kill();
        let _ = child.wait();
        drop(stdin);
        for reader in readers {
            let _ = reader.join();
        }
    }

    /// Kills the server, if it runs, and starts it again on the same port. The log goes on.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    #[track_caller]
    pub fn restart(&mut self) {
        self.kill();
        self.spawn();
    }

    #[track_caller]
    fn spawn(&mut self) {
        let mut command = self.kind.command();
        command.args(&self.arguments);
        if self.port != 0 {
            command.args(["--port", &self.port.to_string()]);
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        self.log.push(Source::Test, &format!("{command:?}"));
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("can't start {command:?}: {error}"));
        let (Some(stdin), Some(stdout), Some(stderr)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            unreachable!("all three are piped")
        };
        self.log.begin();
        let readers = [
            self.read(Source::Stdout, stdout),
            self.read(Source::Stderr, stderr),
        ];
        self.process = Some(Process {
            child,
            stdin,
            readers,
        });
        let listening = self.wait("`listening`", |entry| entry.get("listening").is_some(), START);
        self.port = listening["listening"]
            .as_u64()
            .and_then(|port| u16::try_from(port).ok())
            .expect("a port");
    }

    /// Reads one stream to its end into the log.
    fn read(&self, source: Source, stream: impl Read + Send + 'static) -> JoinHandle<()> {
        let log = Arc::clone(&self.log);
        thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                match line {
                    Ok(line) => log.push(source, &line),
                    Err(error) => log.push(source, &format!("unreadable: {error}")),
                }
            }
            log.end(source);
        })
    }

    #[track_caller]
    fn wait(&self, what: &str, matches: impl Fn(&Value) -> bool, within: Duration) -> Value {
        match self.log.take(matches, within) {
            Ok(entry) => entry,
            Err(reason) => {
                panic!(
                    "waited for {what} of the {:?} server: {reason}; its log:\n{}",
                    self.kind, self.log
                )
            }
        }
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Bytes as the control protocol writes them.
pub fn bytes(base64: &str) -> Value {
    json!({ "base64": base64 })
}

fn contains(entry: &Value, pattern: &Value) -> bool {
    match (entry, pattern) {
        (Value::Object(entry), Value::Object(pattern)) => pattern
            .iter()
            .all(|(key, wanted)| entry.get(key).is_some_and(|value| contains(value, wanted))),
        (Value::Array(entry), Value::Array(pattern)) => {
            entry.len() == pattern.len()
                && entry
                    .iter()
                    .zip(pattern)
                    .all(|(value, wanted)| contains(value, wanted))
        }
        _ => entry == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_when_each_of_its_fields_does() {
        let entry = json!({"on": "event", "name": "n", "args": [{"a": 1, "b": 2}, 3]});
        assert!(contains(&entry, &json!({"on": "event"})));
        assert!(contains(&entry, &json!({"args": [{"a": 1}, 3]})));
        assert!(!contains(&entry, &json!({"on": "event", "sid": null})));
        assert!(!contains(&entry, &json!({"args": [{"a": 1}]})));
        assert!(!contains(&entry, &json!({"args": [{"a": 2}, 3]})));
    }
}
