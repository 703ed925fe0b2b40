//! The console: what the project says to its user.

mod writer;

use std::{
    borrow::Cow,
    io::Write,
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
}

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One line of text each: messages as they are, others with level, graph and node before them. Control
    /// characters in a message are escaped, so that one message can't look like several.
    Text,
    /// One JSON object a line: `time` (Unix milliseconds), `level`, `graph`, `node`, `message`.
    Json,
}

/// A console that writes to a stream, through a thread of its own: a reader that stalls must not hold the logic up.
pub struct StreamConsole {
    format: Format,
    writer: writer::LineWriter,
}

impl StreamConsole {
    /// Writes to `out`, flushed whenever no further line waits.
    pub fn new(format: Format, out: impl Write + Send + 'static) -> Self {
        Self {
            format,
            writer: writer::LineWriter::new(out),
        }
    }
}

impl Console for StreamConsole {
    fn show(&self, line: &Line<'_>) {
        self.writer.write(match self.format {
            Format::Text => text(line),
            Format::Json => json(line),
        });
    }
}

fn text(line: &Line<'_>) -> String {
    let message = escaped(line.message);
    match (line.level, line.node) {
        (Level::Message, _) => message.into_owned(),
        (level, "") => format!("{}: {message}", word(level)),
        (level, node) => format!("{}: {}: {node}: {message}", word(level), line.graph),
    }
}

/// The text without control characters but tab, which might move the cursor or begin another line.
fn escaped(text: &str) -> Cow<'_, str> {
    let is_harmless = |c: char| !c.is_control() || c == '\t';
    if text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let escape = |c: char| {
        if is_harmless(c) {
            c.to_string()
        } else {
            c.escape_default().to_string()
        }
    };
    Cow::Owned(text.chars().map(escape).collect())
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Message => "message",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

fn json(line: &Line<'_>) -> String {
    #[derive(Serialize)]
    struct Timed<'a> {
        time: u64,
        #[serde(flatten)]
        line: &'a Line<'a>,
    }
    let time = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_millis() as u64);
    serde_json::to_string(&Timed { time, line }).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_message_stays_on_one_line() {
        let line = |level, node, message| {
            text(&Line {
                level,
                graph: "project",
                node,
                message,
            })
        };
        assert_eq!(line(Level::Message, "a", "tab\tü"), "tab\tü");
        assert_eq!(
            line(Level::Message, "a", "x\nerror: forged\x1b[2J"),
            "x\\nerror: forged\\u{1b}[2J"
        );
        assert_eq!(line(Level::Error, "a", "reason"), "error: project: a: reason");
        assert_eq!(line(Level::Warning, "", "reason"), "warning: reason");
    }
}
