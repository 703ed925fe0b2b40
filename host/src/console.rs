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
    /// Said by the engine: something is in order again.
    Notice,
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
    /// Whether the logic says it, by a node such as Console; otherwise the engine says it of the node.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub said: bool,
}

impl<'a> Line<'a> {
    /// What no node says, but the engine itself.
    pub fn of_engine(level: Level, message: &'a str) -> Self {
        Self {
            level,
            graph: "",
            node: "",
            message,
            said: false,
        }
    }
}

/// Where lines go. Called on the logic thread, and on others that watch plugins; must not block for long.
pub trait Console: Send + Sync {
    /// Shows a line.
    fn show(&self, line: &Line<'_>);

    /// Takes away what was shown, where that can be done.
    fn clear(&self) {}
}

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One line of text each: messages as they are, others with level, graph and node before them, and `says` behind
    /// the node if the logic says it. Control characters in a message are escaped, so that one message can't look like
    /// several.
    Text,
    /// One JSON object a line: `time` (Unix milliseconds), `level`, `graph`, `node`, `message`; and `said`, true, if the
    /// logic says it.
    Json,
}

/// A console that writes to a stream, through a thread of its own: a reader that stalls must not hold the logic up.
pub struct StreamConsole {
    format: Format,
    writer: writer::LineWriter,
    is_terminal: bool,
}

/// Clears the screen and what was scrolled off it, and goes to its top.
const CLEAR: &str = "\x1b[2J\x1b[3J\x1b[H";

impl StreamConsole {
    /// Writes to `out`, flushed whenever no further line waits.
    pub fn new(format: Format, out: impl Write + Send + 'static) -> Self {
        Self {
            format,
            writer: writer::LineWriter::new(out, move |dropped| {
                let what = if dropped == 1 { "line was" } else { "lines were" };
                let message = format!("{dropped} {what} dropped, because nobody read them");
                format.line(&Line::of_engine(Level::Warning, &message))
            }),
            is_terminal: false,
        }
    }

    /// Says whether the stream is a terminal, which [`clear`](Console::clear) can empty.
    pub fn terminal(self, is_terminal: bool) -> Self {
        Self { is_terminal, ..self }
    }
}

impl Console for StreamConsole {
    fn show(&self, line: &Line<'_>) {
        self.writer.write(self.format.line(line));
    }

    fn clear(&self) {
        if self.is_terminal && self.format == Format::Text {
            self.writer.write(CLEAR.to_owned());
        }
    }
}

impl Format {
    fn line(self, line: &Line<'_>) -> String {
        match self {
            Format::Text => text(line),
            Format::Json => json(line),
        }
    }
}

fn text(line: &Line<'_>) -> String {
    let message = escaped(line.message);
    match (line.level, line.node) {
        (Level::Message, _) => message.into_owned(),
        (level, "") => format!("{}: {message}", word(level)),
        (level, node) => {
            let says = if line.said { " says" } else { "" };
            format!("{}: {}: {node}{says}: {message}", word(level), line.graph)
        }
    }
}

/// The text without control characters but tab, which might move the cursor or begin another line.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
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
        Level::Notice => "notice",
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
    use std::{
        io,
        sync::mpsc::{Receiver, Sender, channel},
        thread,
        time::{Duration, Instant},
    };

    use super::*;

    /// Takes nothing before it is permitted to.
    struct Stalled(Receiver<()>, Sender<u8>);

    impl Write for Stalled {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            for byte in bytes {
                let _ = self.1.send(*byte);
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn loss_of_lines_is_told_in_the_format_of_the_console() {
        let (permit, permits) = channel();
        let (sender, written) = channel();
        let console = StreamConsole::new(Format::Json, Stalled(permits, sender));
        let say = |message| console.show(&Line::of_engine(Level::Message, message));
        (0..10_000).for_each(|_| say("x"));
        drop(permit);
        let end = Instant::now() + Duration::from_secs(20);
        while console.writer.is_busy() {
            assert!(Instant::now() < end);
            thread::yield_now();
        }
        say("last");
        drop(console);
        let text = String::from_utf8(written.try_iter().collect()).unwrap();
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect();
        let told = &lines[lines.len() - 2];
        assert_eq!(told["level"], "warning");
        let message = told["message"].as_str().unwrap();
        assert!(
            message.ends_with(" lines were dropped, because nobody read them"),
            "{message}"
        );
        assert_eq!(lines[lines.len() - 1]["message"], "last");
    }

    #[test]
    fn only_a_terminal_with_text_is_cleared() {
        let cleared = |format, is_terminal| {
            let (permit, permits) = channel();
            let (sender, written) = channel();
            drop(permit);
            let console = StreamConsole::new(format, Stalled(permits, sender)).terminal(is_terminal);
            console.clear();
            drop(console);
            !written.try_iter().collect::<Vec<u8>>().is_empty()
        };
        assert!(cleared(Format::Text, true));
        assert!(!cleared(Format::Text, false));
        assert!(!cleared(Format::Json, true));
    }

    #[test]
    fn text_of_a_message_stays_on_one_line() {
        let line = |level, node, message| {
            text(&Line {
                graph: "project",
                node,
                ..Line::of_engine(level, message)
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

    #[test]
    fn what_the_logic_says_does_not_look_like_a_failure() {
        let line = |said| Line {
            graph: "project",
            node: "a",
            said,
            ..Line::of_engine(Level::Error, "ALARM")
        };
        assert_eq!(text(&line(true)), "error: project: a says: ALARM");
        assert!(json(&line(true)).ends_with(r#""message":"ALARM","said":true}"#));
        assert!(json(&line(false)).ends_with(r#""message":"ALARM"}"#));
    }
}
