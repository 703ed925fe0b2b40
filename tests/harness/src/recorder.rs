//! Keeps what a plugin logs, and lets tests wait for it.

use std::{
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use log::{Level, Log, Metadata, Record};

/// A line that a plugin, or the host about it, logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// How bad it is.
    pub level: Level,
    /// `plugin::<id>`.
    pub target: String,
    /// The plugin's own target, usually a module; empty for lines of the host.
    pub module: String,
    /// The text.
    pub message: String,
}

/// A logger that keeps every line.
#[derive(Default)]
pub struct Recorder {
    lines: Mutex<Vec<LogLine>>,
    more: Condvar,
}

impl Recorder {
    /// The lines so far.
    pub fn lines(&self) -> Vec<LogLine> {
        self.lock().clone()
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    /// Waits until `found` finds something. It is asked now and after each further line; every report of a plugin
    /// at run time comes with a line.
    pub(crate) fn wait_until<T>(
        &self,
        timeout: Duration,
        mut found: impl FnMut(&[LogLine]) -> Option<T>,
    ) -> Option<T> {
        let deadline = Instant::now() + timeout;
        let mut lines = self.lock();
        loop {
            if let Some(found) = found(&lines) {
                return Some(found);
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            let woken = self.more.wait_timeout(lines, left);
            lines = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<LogLine>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for Recorder {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        self.lock().push(LogLine {
            level: record.level(),
            target: record.target().to_owned(),
            module: record.module_path().unwrap_or_default().to_owned(),
            message: record.args().to_string(),
        });
        self.more.notify_all();
    }

    fn flush(&self) {}
}
