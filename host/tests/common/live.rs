//! A project in a folder, run by the real runtime.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use pulsewire_host::{
    project::OpenOptions,
    runtime::{Ended, RunOptions, Runtime},
};

use super::{Recorder, project};

pub const PATIENCE: Duration = Duration::from_secs(20);

/// A folder with settings and nothing else.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("settings.toml"), "format = 1\n").unwrap();
    folder
}

/// Writes a graph, given by its id, in the manner of [`project`].
pub fn write(folder: &Path, graph: &str, lines: &str) {
    let file = folder.join(format!("logic/{graph}.toml"));
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, project(lines)).unwrap();
}

pub struct Live {
    pub runtime: Runtime,
    pub console: Arc<Recorder>,
    /// How many lines were waited for.
    seen: usize,
}

/// Starts the project; it follows its files only if wanted.
pub fn start(folder: &Path, follows: bool) -> Live {
    let console = Arc::new(Recorder::default());
    let options = RunOptions {
        open: OpenOptions {
            folder: folder.to_owned(),
            ..OpenOptions::default()
        },
        ignore_changes: !follows,
        ..RunOptions::default()
    };
    let runtime = Runtime::start(&options, console.clone()).unwrap();
    Live {
        runtime,
        console,
        seen: 0,
    }
}

impl Live {
    /// Runs until the console says `line`, after what was waited for before.
    #[track_caller]
    pub fn wait_for(&mut self, line: &str) {
        let seen = self.seen;
        let find = |console: &Recorder| {
            let lines = console.lines();
            lines[seen..].iter().position(|said| said.contains(line))
        };
        self.wait(line, |console| find(console).is_some());
        self.seen += find(&self.console).map_or(0, |at| at + 1);
    }

    /// Runs until the console satisfies `done`.
    #[track_caller]
    pub fn wait(&mut self, what: &str, done: impl Fn(&Recorder) -> bool) {
        let latest = Instant::now() + PATIENCE;
        while !done(&self.console) {
            let lines = self.console.lines();
            assert!(Instant::now() < latest, "never: {what}\n{lines:#?}");
            let outcome = self.runtime.run(Some(Duration::from_millis(5)));
            assert_eq!(outcome, Ended::Deadline, "{:#?}", self.console.lines());
        }
    }
}
