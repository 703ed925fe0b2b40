//! GStreamer's `gst-inspect-1.0` beside `pulsewire plugins list`: a host of about as many plugins, which it opens once and
//! remembers in a registry.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use tempfile::TempDir;

use crate::{Failure, Result, cold};

const PROGRAM: &str = "gst-inspect-1.0";

/// A plugin that every GStreamer has.
const CORE: &str = "coreelements";

/// GStreamer with a registry of its own.
pub struct Gst {
    registry: TempDir,
    /// The folder of its plugins.
    plugins: PathBuf,
}

impl Gst {
    /// The one that is installed.
    pub fn installed() -> Result<Self> {
        let mut gst = Self {
            registry: tempfile::tempdir()?,
            plugins: PathBuf::new(),
        };
        let about = gst.run(&[CORE])?;
        let file = about
            .lines()
            .find_map(|line| line.trim().strip_prefix("Filename"));
        let folder = file.and_then(|file| Path::new(file.trim()).parent());
        gst.plugins = folder
            .ok_or_else(|| Failure::new(format!("`{PROGRAM} {CORE}` names no file: {about}")))?
            .to_owned();
        Ok(gst)
    }

    /// How many plugins it lists.
    pub fn count(&self) -> Result<usize> {
        let list = self.run(&[])?;
        let total = list.lines().find_map(|line| line.strip_prefix("Total count: "));
        let count = total.and_then(|total| total.split_once(' ')?.0.parse().ok());
        count.ok_or_else(|| Failure::new(format!("`{PROGRAM}` does not count its plugins: {list}")))
    }

    /// How long it takes to list all plugins, in milliseconds.
    pub fn list(&self) -> Result<f64> {
        let began = Instant::now();
        self.run(&[])?;
        Ok(began.elapsed().as_secs_f64() * 1e3)
    }

    /// As [`list`](Self::list), without its registry, and with neither plugins nor program in memory.
    pub fn list_cold(&self) -> Result<f64> {
        for entry in self.registry.path().read_dir()? {
            std::fs::remove_file(entry?.path())?;
        }
        cold::forget_files(&self.plugins)?;
        for folder in std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()) {
            let program = folder.join(PROGRAM);
            if program.is_file() {
                cold::forget(&program)?;
            }
        }
        self.list()
    }

    fn run(&self, arguments: &[&str]) -> Result<String> {
        let output = Command::new(PROGRAM)
            .args(arguments)
            .env("GST_REGISTRY", self.registry.path().join("registry.bin"))
            .stdin(Stdio::null())
            .output();
        let output = output.map_err(|error| match error.kind() {
            ErrorKind::NotFound => Failure::new(format!(
                "`{PROGRAM}` is missing; on Debian install gstreamer1.0-tools, and gstreamer1.0-plugins-base and \
                 gstreamer1.0-plugins-good for about a hundred plugins"
            )),
            _ => Failure::new(format!("can't run `{PROGRAM}`: {error}")),
        })?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(Failure::new(format!(
                "`{PROGRAM}` ended with {}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            ))),
        }
    }
}
