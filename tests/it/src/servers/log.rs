//! What a server said, in order, and waiting for more of it.

use serde_json::Value;
use std::fmt;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Long lines (a flood, a big event) are cut in failures only.
const SHOWN: usize = 400;

/// Where a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// What the test did.
    Test,
    /// The server's log.
    Stdout,
    /// What its libraries complain about.
    Stderr,
}

/// The lines of one server over all its restarts.
#[derive(Debug, Default)]
pub(super) struct Log {
    state: Mutex<State>,
    grown: Condvar,
}

#[derive(Debug, Default)]
struct State {
    lines: Vec<Line>,
    ended: bool,
}

#[derive(Debug)]
struct Line {
    source: Source,
    text: String,
    /// The parsed line, for stdout only.
    entry: Option<Value>,
    taken: bool,
}

impl Log {
    /// A new process starts to write.
    pub(super) fn begin(&self) {
        self.lock().ended = false;
    }

    pub(super) fn push(&self, source: Source, text: &str) {
        let entry = if source == Source::Stdout {
            serde_json::from_str(text).ok()
        } else {
            None
        };
        self.lock().lines.push(Line {
            source,
            text: text.to_owned(),
            entry,
            taken: false,
        });
        self.grown.notify_all();
    }

    /// A stream of the process ended; with its stdout the process is taken for dead.
    pub(super) fn end(&self, source: Source) {
        if source == Source::Stdout {
            self.lock().ended = true;
            self.grown.notify_all();
        }
    }

    /// The first line that matches and was not taken before; waits for it at most `within`.
    pub(super) fn take(
        &self,
        matches: impl Fn(&Value) -> bool,
        within: Duration,
    ) -> Result<Value, &'static str> {
        let deadline = Instant::now() + within;
        let mut state = self.lock();
        let mut checked = 0;
        loop {
            for line in state.lines.iter_mut().skip(checked).filter(|line| !line.taken) {
                if let Some(entry) = line.entry.as_ref().filter(|entry| matches(entry)) {
                    let entry = entry.clone();
                    line.taken = true;
                    return Ok(entry);
                }
            }
            checked = state.lines.len();
            if state.ended {
                return Err("it has ended");
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err("the time is up");
            }
            state = self
                .grown
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }

    pub(super) fn clear(&self) {
        self.lock().lines.clear();
    }

    pub(super) fn entries(&self) -> Vec<Value> {
        self.lock()
            .lines
            .iter()
            .filter_map(|line| line.entry.clone())
            .collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lock().lines {
            let mark = match line.source {
                Source::Test => ">",
                Source::Stdout => "<",
                Source::Stderr => "!",
            };
            let shown: String = line.text.chars().take(SHOWN).collect();
            let cut = if shown.len() < line.text.len() { "…" } else { "" };
            writeln!(f, "  {mark} {shown}{cut}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Duration = Duration::ZERO;

    #[test]
    fn a_line_is_taken_once_and_in_any_order() {
        let log = Log::default();
        for text in [r#"{"n":1}"#, r#"{"n":2}"#, r#"{"n":1}"#] {
            log.push(Source::Stdout, text);
        }
        assert_eq!(log.take(|entry| entry["n"] == 2, NOW), Ok(json!({"n": 2})));
        assert_eq!(log.take(|entry| entry["n"] == 1, NOW), Ok(json!({"n": 1})));
        assert_eq!(log.take(|entry| entry["n"] == 1, NOW), Ok(json!({"n": 1})));
        assert_eq!(log.take(|entry| entry["n"] == 1, NOW), Err("the time is up"));
    }

    #[test]
    fn a_wait_ends_with_the_server() {
        let log = Log::default();
        log.end(Source::Stdout);
        assert_eq!(log.take(|_| true, Duration::from_secs(3600)), Err("it has ended"));
        log.begin();
        assert_eq!(log.take(|_| true, NOW), Err("the time is up"));
    }

    #[test]
    fn the_log_shows_all_sources_and_cuts_long_lines() {
        let log = Log::default();
        log.push(Source::Test, "do");
        log.push(Source::Stdout, &"x".repeat(SHOWN + 1));
        log.push(Source::Stderr, "oops");
        assert_eq!(
            log.to_string(),
            format!("  > do\n  < {}…\n  ! oops\n", "x".repeat(SHOWN))
        );
    }
}
