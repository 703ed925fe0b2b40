//! A plugin's log on its way into the host's: under a target of its own, and no more than a host can bear.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::console::escaped;

/// How many lines a second a plugin may write; the rest is counted and dropped.
pub const LOG_LINES_PER_SECOND: u32 = 1000;

/// The longest line that is kept, in bytes.
const MAX_LINE: usize = 16 << 10;

/// Where the log of the plugins goes.
pub type LogSink = Arc<dyn Log>;

/// The logger of the host's process.
pub(crate) struct ProcessLog;

impl Log for ProcessLog {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= log::max_level() && log::logger().enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            log::logger().log(record);
        }
    }

    fn flush(&self) {
        log::logger().flush();
    }
}

/// The log of one plugin.
pub(super) struct PluginLog {
    target: String,
    sink: LogSink,
    rate: Mutex<Rate>,
}

impl PluginLog {
    pub(super) fn new(plugin: &str, sink: LogSink) -> Self {
        Self {
            target: format!("plugin::{plugin}"),
            sink,
            rate: Mutex::new(Rate::new(Instant::now())),
        }
    }

    /// The most detailed level that the sink keeps of this plugin.
    pub(super) fn max_level(&self) -> LevelFilter {
        let kept = |level: &Level| {
            self.sink
                .enabled(&Metadata::builder().level(*level).target(&self.target).build())
        };
        Level::iter()
            .filter(kept)
            .max()
            .map_or(LevelFilter::Off, |level| level.to_level_filter())
    }

    /// Takes a line that the plugin's module `module` wrote.
    pub(super) fn line(&self, level: Level, module: &str, message: &str) {
        self.line_at(Instant::now(), level, module, message);
    }

    fn line_at(&self, now: Instant, level: Level, module: &str, message: &str) {
        let admitted = self.rate().admit(now);
        match admitted {
            Admitted::No => return,
            Admitted::Yes => {}
            Admitted::After { dropped } => self.tell_dropped(dropped),
        }
        let message = &message[..message.floor_char_boundary(MAX_LINE)];
        // It may be what a server said, and must neither command the terminal nor begin another line.
        self.write(level, Some(module), format_args!("{}", escaped(message)));
    }

    /// Takes a line that the host writes about the plugin; it is never dropped.
    pub(super) fn host_line(&self, level: Level, message: &str) {
        self.write(level, None, format_args!("{message}"));
    }

    /// Says what was dropped, if anything was, without waiting for the next line.
    pub(super) fn flush(&self) {
        let dropped = std::mem::take(&mut self.rate().dropped);
        if dropped > 0 {
            self.tell_dropped(dropped);
        }
    }

    fn tell_dropped(&self, dropped: u64) {
        let message = format!("{dropped} lines dropped: more than {LOG_LINES_PER_SECOND} a second");
        self.host_line(Level::Warn, &message);
    }

    fn rate(&self) -> std::sync::MutexGuard<'_, Rate> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, level: Level, module: Option<&str>, message: std::fmt::Arguments<'_>) {
        self.sink.log(
            &Record::builder()
                .level(level)
                .target(&self.target)
                .module_path(module)
                .args(message)
                .build(),
        );
    }
}

/// Counts lines in seconds.
struct Rate {
    second: Instant,
    lines: u32,
    dropped: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum Admitted {
    Yes,
    No,
    /// Yes, and so many before were not.
    After {
        dropped: u64,
    },
}

impl Rate {
    fn new(now: Instant) -> Self {
        Self {
            second: now,
            lines: 0,
            dropped: 0,
        }
    }

    fn admit(&mut self, now: Instant) -> Admitted {
        if now.duration_since(self.second) >= Duration::from_secs(1) {
            self.second = now;
            self.lines = 0;
        }
        if self.lines == LOG_LINES_PER_SECOND {
            self.dropped += 1;
            return Admitted::No;
        }
        self.lines += 1;
        match std::mem::take(&mut self.dropped) {
            0 => Admitted::Yes,
            dropped => Admitted::After { dropped },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Lines(Mutex<Vec<String>>);

    impl Log for Lines {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.level() <= Level::Info && metadata.target() == "plugin::x"
        }

        fn log(&self, record: &Record<'_>) {
            let line = format!("{} {} {}", record.level(), record.target(), record.args());
            self.0.lock().unwrap().push(line);
        }

        fn flush(&self) {}
    }

    #[test]
    fn lines_beyond_the_rate_are_dropped_until_the_next_second() {
        let start = Instant::now();
        let mut rate = Rate::new(start);
        for _ in 0..LOG_LINES_PER_SECOND {
            assert_eq!(rate.admit(start), Admitted::Yes);
        }
        assert_eq!(rate.admit(start), Admitted::No);
        assert_eq!(rate.admit(start + Duration::from_millis(999)), Admitted::No);
        let next = start + Duration::from_secs(1);
        assert_eq!(rate.admit(next), Admitted::After { dropped: 2 });
        assert_eq!(rate.admit(next), Admitted::Yes);
    }

    #[test]
    fn line_commands_no_terminal_and_begins_no_other() {
        let sink = Arc::new(Lines::default());
        let log = PluginLog::new("x", sink.clone());
        log.line(Level::Info, "x", "a\u{1b}[2J\nERROR pulsewire b\tc");
        let lines = sink.0.lock().unwrap();
        assert_eq!(*lines, ["INFO plugin::x a\\u{1b}[2J\\nERROR pulsewire b\tc"]);
    }

    /// A log to which so many lines were written at once.
    fn flooded(lines: u32) -> (Arc<Lines>, PluginLog, Instant) {
        let sink = Arc::new(Lines::default());
        let log = PluginLog::new("x", sink.clone());
        let now = Instant::now();
        for _ in 0..lines {
            log.line_at(now, Level::Info, "x", "again");
        }
        (sink, log, now)
    }

    #[test]
    fn dropped_lines_are_told_in_one() {
        let (lines, log, _) = flooded(LOG_LINES_PER_SECOND + 7);
        log.flush();
        log.flush();
        let lines = lines.0.lock().unwrap();
        let (told, kept) = lines.split_last().unwrap();
        assert_eq!(told, "WARN plugin::x 7 lines dropped: more than 1000 a second");
        assert_eq!(kept.len(), LOG_LINES_PER_SECOND as usize);
        assert!(kept.iter().all(|line| line == "INFO plugin::x again"));
    }

    #[test]
    fn dropped_lines_are_told_before_the_next_line() {
        let (lines, log, now) = flooded(LOG_LINES_PER_SECOND + 7);
        log.line_at(now + Duration::from_secs(1), Level::Info, "x", "later");
        log.flush();
        assert_eq!(
            lines.0.lock().unwrap()[LOG_LINES_PER_SECOND as usize..],
            [
                "WARN plugin::x 7 lines dropped: more than 1000 a second",
                "INFO plugin::x later"
            ]
        );
    }

    #[test]
    fn level_is_that_of_the_plugins_target() {
        let lines = Arc::new(Lines::default());
        assert_eq!(PluginLog::new("x", lines.clone()).max_level(), LevelFilter::Info);
        assert_eq!(PluginLog::new("y", lines).max_level(), LevelFilter::Off);
    }

    #[test]
    fn long_lines_are_cut() {
        let lines = Arc::new(Lines::default());
        PluginLog::new("x", lines.clone()).line(Level::Info, "x", &"ü".repeat(MAX_LINE));
        assert!(lines.0.lock().unwrap()[0].len() < MAX_LINE + 100);
    }
}
