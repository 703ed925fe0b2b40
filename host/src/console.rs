//! The console: what the project says to its user.

use std::{
    io::Write,
    sync::Mutex,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::Serialize;

/// The kind of a console line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Said by the project.
    Message,
    /// Said by the project, or by the engine about it.
    Warning,
    /// Something failed.
    Error,
}

/// One thing said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line<'a> {
    /// How it is meant.
    pub level: Level,
    /// The graph of the node that says it; empty for the engine itself.
    pub graph: &'a str,
    /// The node that says it; empty for the engine itself.
    pub node: &'a str,
    /// What it says.
    pub message: &'a str,
}

/// Where lines go. Called on the logic thread; must not block for long.
pub trait Console: Send + Sync {
    /// Shows a line.
    fn show(&self, line: &Line<'_>);

    /// Forgets what was shown, where that is possible.
    fn clear(&self) {}
}

/// One line of text each: messages as they are, others with level, graph and node before them.
pub struct TextConsole<W>(Mutex<W>);

impl<W: Write + Send> TextConsole<W> {
    /// Writes to `out`, flushed after each line so that a reader sees it at once.
    pub fn new(out: W) -> Self {
        Self(Mutex::new(out))
    }
}

impl<W: Write + Send> Console for TextConsole<W> {
    fn show(&self, line: &Line<'_>) {
        let Ok(mut out) = self.0.lock() else { return };
        // A closed pipe must not end the project: whoever reads has chosen to stop.
        let _ = match (line.level, line.node) {
            (Level::Message, _) => writeln!(out, "{}", line.message),
            (level, "") => writeln!(out, "{}: {}", word(level), line.message),
            (level, node) => writeln!(out, "{}: {}: {node}: {}", word(level), line.graph, line.message),
        };
        let _ = out.flush();
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Message => "message",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

/// One JSON object a line: `time` (Unix milliseconds), `level`, `graph`, `node`, `message`.
pub struct JsonConsole<W>(Mutex<W>);

impl<W: Write + Send> JsonConsole<W> {
    /// Writes to `out`, flushed after each line.
    pub fn new(out: W) -> Self {
        Self(Mutex::new(out))
    }
}

impl<W: Write + Send> Console for JsonConsole<W> {
    fn show(&self, line: &Line<'_>) {
        #[derive(Serialize)]
        struct Timed<'a> {
            time: u64,
            #[serde(flatten)]
            line: &'a Line<'a>,
        }
        let time = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis() as u64);
        let Ok(text) = serde_json::to_string(&Timed { time, line }) else {
            return;
        };
        let Ok(mut out) = self.0.lock() else { return };
        let _ = writeln!(out, "{text}");
        let _ = out.flush();
    }
}
