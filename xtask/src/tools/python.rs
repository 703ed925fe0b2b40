//! Python and a virtual environment with what `tests/servers/python` needs.

use super::stamp::{Stamp, source};
use super::{require, version_of};
use crate::cargo;
use crate::failure::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

const PYTHON: &str = "python3";
const HINT: &str = "run `apt-get install python3 python3-venv`";
/// What the pinned packages ask for.
const MINIMUM: [u32; 2] = [3, 11];
const SHOW_VERSION: &str = "import platform; print(platform.python_version())";

pub(super) fn install(directory: &Path, venv: &Path) -> Result<()> {
    let version = version_of(PYTHON, &["-c", SHOW_VERSION], HINT)?;
    require(PYTHON, &version, &MINIMUM, HINT)?;

    let requirements = directory.join("requirements.txt");
    let stamp = Stamp::new(venv, format!("python {version}\n{}", source(&requirements)?));
    if stamp.is_fresh() {
        return Ok(());
    }
    create(venv)?;
    let pip = || {
        let mut command = Command::new(python_in(venv));
        command.args(["-m", "pip", "--disable-pip-version-check"]);
        command
    };
    // Without dependencies, so that nothing comes in that is not pinned; the check tells what is missing.
    cargo::run(
        pip()
            .args(["install", "--quiet", "--no-deps", "--requirement"])
            .arg(&requirements),
    )?;
    cargo::run(pip().arg("check"))?;
    stamp.write()
}

/// Makes an empty environment in the place of any other. Debian's Python may lack `venv`, but have `virtualenv`.
fn create(venv: &Path) -> Result<()> {
    let with = |module: &str| cargo::run(Command::new(PYTHON).args(["-m", module, "--clear"]).arg(venv));
    with("venv").or_else(|failure| with("virtualenv").map_err(|_| failure.hint(HINT)))
}

fn python_in(venv: &Path) -> PathBuf {
    venv.join(if cfg!(windows) {
        "Scripts/python.exe"
    } else {
        "bin/python"
    })
}
