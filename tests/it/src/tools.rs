//! The programs that tests need beside cargo, found where `cargo xtask tools` puts them.
//!
//! A missing one is never a skip: it is an error that names the command which installs it.

use crate::artifacts;
use std::env::consts::EXE_SUFFIX;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

/// A tool that is not there.
#[derive(Debug)]
pub struct MissingTool {
    what: String,
    install: &'static str,
}

impl fmt::Display for MissingTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is missing; run `{}`", self.what, self.install)
    }
}

impl Error for MissingTool {}

/// Node.js, from the search path.
pub fn node() -> Result<PathBuf, MissingTool> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    find_in(std::env::split_paths(&path), &["node", "nodejs"]).ok_or_else(|| MissingTool {
        what: "`node`".into(),
        install: "apt-get install nodejs npm",
    })
}

/// The script of the Node server in this folder of `tests/servers`, with its packages installed.
pub fn node_server(folder: &str) -> Result<PathBuf, MissingTool> {
    let directory = artifacts::workspace().join("tests/servers").join(folder);
    present(&directory.join("node_modules").join(STAMP))?;
    Ok(directory.join("server.js"))
}

/// The Python that has python-socketio.
pub fn python() -> Result<PathBuf, MissingTool> {
    let venv = artifacts::target_dir().join("venv");
    present(&venv.join(STAMP))?;
    Ok(venv.join(VENV_PYTHON))
}

/// The script of the Python server.
pub fn python_server() -> PathBuf {
    artifacts::workspace().join("tests/servers/python/server.py")
}

/// What `cargo xtask tools` writes last: without it an installation is half done.
const STAMP: &str = ".pulsewire-installed";

const VENV_PYTHON: &str = if cfg!(windows) {
    "Scripts/python.exe"
} else {
    "bin/python"
};

fn present(path: &Path) -> Result<(), MissingTool> {
    if path.exists() {
        return Ok(());
    }
    Err(MissingTool {
        what: format!("`{}`", path.display()),
        install: "cargo xtask tools",
    })
}

fn find_in(directories: impl Iterator<Item = PathBuf>, names: &[&str]) -> Option<PathBuf> {
    directories
        .flat_map(|directory| {
            names
                .iter()
                .map(move |name| directory.join(format!("{name}{EXE_SUFFIX}")))
        })
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_tool_names_the_command_that_installs_it() {
        let error = present(Path::new("/nowhere/at/all")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`/nowhere/at/all` is missing; run `cargo xtask tools`"
        );
    }

    #[test]
    fn a_tool_is_looked_for_in_every_directory() {
        let here = std::env::current_exe().unwrap();
        let directories = [PathBuf::from("/nowhere"), here.parent().unwrap().to_owned()];
        let name = here.file_stem().unwrap().to_str().unwrap();
        assert_eq!(
            find_in(directories.clone().into_iter(), &["absent", name]),
            Some(here.clone())
        );
        assert_eq!(find_in(directories.into_iter(), &["absent"]), None);
    }
}
