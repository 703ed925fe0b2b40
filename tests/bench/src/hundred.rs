//! A hundred plugins in the folder: how long it takes to list them, and to start a project with one of them.
//!
//! Each is a copy of the library of the fixture `scalar`, in which `scalar` is replaced by another id of six letters
//! wherever it stands. So each has its own id, node type, metadata and hash, and each can be loaded: before anything is
//! measured, a project runs with all of them, which also leaves a verdict on each in the host's cache.

use std::{
    env::consts::{DLL_PREFIX, DLL_SUFFIX, EXE_SUFFIX},
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use tempfile::TempDir;

use crate::{
    Failure, Result, cold,
    project::{Project, beside},
    start::{self, Start},
};

/// How many plugins there are.
pub const PLUGINS: usize = 100;

/// What is replaced in the library by an id of the same length.
const MODEL: &str = "scalar";

/// The folder with the plugins, and the host's cache.
pub struct Hundred {
    binary: PathBuf,
    /// Beside this program: the folder for temporary files may lie in memory, where nothing is ever cold.
    folder: TempDir,
}

/// The id of a plugin.
fn id(number: usize) -> String {
    format!("p{number:05}")
}

impl Hundred {
    /// Copies the fixture's library, and tries the copies out.
    pub fn of(library: &Path) -> Result<Self> {
        let binary = beside(format!("pulsewire{EXE_SUFFIX}"))?;
        let folder = tempfile::tempdir_in(binary.with_file_name(""))?;
        let model = fs::read(library)?;
        for number in 0..PLUGINS {
            let id = id(number);
            let own = folder.path().join("plugins").join(&id);
            fs::create_dir_all(&own)?;
            let copy = replaced(&model, MODEL.as_bytes(), id.as_bytes());
            fs::write(own.join(format!("{DLL_PREFIX}{id}{DLL_SUFFIX}")), copy)?;
        }
        let hundred = Self { binary, folder };
        hundred.start(PLUGINS, 1)?;
        Ok(hundred)
    }

    fn plugins(&self) -> PathBuf {
        self.folder.path().join("plugins")
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// `pulsewire`, which finds the plugins and nothing of this machine's user.
    fn pulsewire(&self, project: &Project) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .arg("--plugin-dir")
            .arg(self.plugins())
            .current_dir(project.folder())
            .env("PULSEWIRE_CACHE_DIR", self.cache())
            .env("XDG_DATA_HOME", self.folder.path())
            .env_remove("PULSEWIRE_PLUGIN_PATH")
            .env_remove("PULSEWIRE_LOG")
            .stdin(Stdio::null());
        command
    }

    /// How long `pulsewire plugins list` takes, in milliseconds, from its start to its end.
    pub fn list(&self) -> Result<f64> {
        let project = Project::new("", "")?;
        let mut command = self.pulsewire(&project);
        command.args(["plugins", "list"]);
        let began = Instant::now();
        let output = command.output()?;
        let took = began.elapsed();
        let text = String::from_utf8_lossy(&output.stdout);
        let listed = text.lines().filter(|line| line.contains("declared")).count();
        if !output.status.success() || listed < PLUGINS {
            return Err(Failure::new(format!(
                "`plugins list` names {listed} sound plugins: {text}{}",
                String::from_utf8_lossy(&output.stderr)
            )));
        }
        Ok(took.as_secs_f64() * 1e3)
    }

    /// As [`list`](Self::list), as after the start of the machine: without the host's cache, and with neither the libraries
    /// nor `pulsewire` in memory.
    pub fn list_cold(&self) -> Result<f64> {
        if self.cache().exists() {
            fs::remove_dir_all(self.cache())?;
        }
        for plugin in self.plugins().read_dir()? {
            cold::forget_files(&plugin?.path())?;
        }
        cold::forget(&self.binary)?;
        self.list()
    }

    /// Starts a project until the line that On Initialize prints can be read, with the first `active` plugins switched on,
    /// each with a node.
    pub fn start(&self, active: usize, starts: usize) -> Result<Start> {
        let mut settings = "[plugins]\nsocketio.enabled = false\nwebsocket.enabled = false\n".to_owned();
        let mut graph = start::GRAPH.to_owned();
        for number in 0..PLUGINS {
            let id = id(number);
            match number < active {
                true => graph += &format!("{id}: {id}.step\n"),
                false => settings += &format!("{id}.enabled = false\n"),
            }
        }
        let project = Project::new(&settings, &graph)?;
        let mut command = self.pulsewire(&project);
        command.args(["run", "--strict"]);
        start::starts(&mut command, starts)
    }
}

/// The bytes with another text of the same length wherever `from` stands.
fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut copy = bytes.to_vec();
    let mut at = 0;
    while at + from.len() <= copy.len() {
        if copy[at..].starts_with(from) {
            copy[at..at + to.len()].copy_from_slice(to);
        }
        at += 1;
    }
    copy
}
