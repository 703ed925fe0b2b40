//! A project in a folder of its own, run in this process by the real runtime.

use std::{
    env::{self, consts::EXE_SUFFIX},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use pulsewire_host::{
    console::{Console, Level, Line},
    plugins::{CALL_BUDGET, Isolation, Safeguards},
    project::OpenOptions,
    runtime::{Ended, RunOptions, Runtime, StartError},
};
use tempfile::TempDir;

use crate::{Failure, Result};

/// No run takes longer, whatever hangs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A project; its folder is removed when dropped.
pub struct Project {
    folder: TempDir,
}

impl Project {
    /// Writes settings (without the `format` line) and a graph as [`graph`] reads it.
    pub fn new(settings: &str, lines: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        fs::create_dir(folder.path().join("logic"))?;
        fs::write(
            folder.path().join("settings.toml"),
            format!("format = 1\n{settings}"),
        )?;
        fs::write(folder.path().join("logic/project.toml"), graph(lines))?;
        Ok(Self { folder })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Adds another graph, such as `functions/step`, as [`graph`] reads it.
    pub fn add_graph(&self, id: &str, lines: &str) -> Result<()> {
        let file = self.folder().join(format!("logic/{id}.toml"));
        fs::create_dir_all(file.parent().unwrap_or(self.folder()))?;
        Ok(fs::write(file, graph(lines))?)
    }

    /// Puts a plugin's library where [`start`](Self::start) finds it.
    pub fn add_plugin(&self, id: &str, library: &Path) -> Result<()> {
        let folder = self.plugins().join(id);
        fs::create_dir_all(&folder)?;
        let name = library.file_name().unwrap_or(library.as_os_str());
        fs::copy(library, folder.join(name))
            .map_err(|error| Failure::new(format!("can't copy `{}`: {error}", library.display())))?;
        Ok(())
    }

    /// Starts the project, with its calls into plugins neither on record nor watched. A node that is not available is a
    /// failure, as is all that `console` is told as an error.
    pub fn start(&self, console: Arc<dyn Console>) -> Result<Runtime> {
        let safeguards = Safeguards {
            isolation: beside(format!("pulsewire{EXE_SUFFIX}"))
                .ok()
                .map(Isolation::pulsewire),
            ..Safeguards::default()
        };
        self.start_with(safeguards, console)
    }

    /// As [`start`](Self::start), with calls on record in a file and watched, as in `pulsewire run`.
    pub fn start_watched(&self, console: Arc<dyn Console>) -> Result<Runtime> {
        let safeguards = Safeguards {
            call_budget: Some(CALL_BUDGET),
            cache: Some(self.folder().join("cache")),
            ..Safeguards::default()
        };
        self.start_with(safeguards, console)
    }

    fn start_with(&self, safeguards: Safeguards, console: Arc<dyn Console>) -> Result<Runtime> {
        let plugin_dirs = Some(self.plugins()).filter(|folder| folder.is_dir());
        let options = RunOptions {
            open: OpenOptions {
                folder: self.folder().to_owned(),
                plugin_dirs: plugin_dirs.into_iter().collect(),
                safeguards,
            },
            strict: true,
            ignore_changes: true,
            ..RunOptions::default()
        };
        Runtime::start(&options, console).map_err(|error| {
            let (StartError::Settings(faults) | StartError::Project(faults)) = error;
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            Failure::new(faults.join("\n"))
        })
    }

    fn plugins(&self) -> PathBuf {
        self.folder().join("plugins")
    }
}

/// Runs until an Exit node; anything else is a failure, and so is a complaint on the console.
pub fn run_to_exit(runtime: &mut Runtime, complaints: &Complaints) -> Result<()> {
    let outcome = runtime.run(Some(PATIENCE));
    complaints.check()?;
    match outcome {
        Ended::Exit(0) => Ok(()),
        other => Err(Failure::new(format!("the project ended with {other:?}"))),
    }
}

/// A console that keeps errors and drops all else.
#[derive(Default)]
pub struct Complaints(Mutex<Vec<String>>);

impl Console for Complaints {
    fn show(&self, line: &Line<'_>) {
        if line.level == Level::Error {
            let mut complaints = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            complaints.push(format!("{}: {}", line.node, line.message));
        }
    }
}

impl Complaints {
    /// The first error becomes a failure.
    pub fn check(&self) -> Result<()> {
        let complaints = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match complaints.first() {
            Some(first) => Err(Failure::new(first.as_str())),
            None => Ok(()),
        }
    }
}

/// A file that `cargo xtask bench` has built into the folder of this program.
pub fn beside(path: impl AsRef<Path>) -> Result<PathBuf> {
    let found = env::current_exe()?.with_file_name("").join(path);
    if found.is_file() {
        return Ok(found);
    }
    let message = format!(
        "`{}` is missing; run `cargo xtask bench`, which builds it",
        found.display()
    );
    Err(Failure::new(message))
}

/// A graph in short: `id: type { attributes }` is a node, `a.out -> b.in` a wire, anything else TOML as it stands.
pub fn graph(lines: &str) -> String {
    let mut text = String::from("format = 1\n");
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some((from, to)) = line.split_once(" -> ") {
            text += &format!("[[wire]]\nfrom = \"{from}\"\nto = \"{to}\"\n");
        } else if let Some((id, rest)) = line.split_once(": ") {
            let (node_type, attributes) = rest.split_once(' ').unwrap_or((rest, "{}"));
            text += &format!("[[node]]\nid = \"{id}\"\ntype = \"{node_type}\"\nattributes = {attributes}\n");
        } else {
            text += line;
            text.push('\n');
        }
    }
    text
}
