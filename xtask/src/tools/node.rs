//! Node.js and the packages of a server: `tests/servers/node`, and `node2` and `node1` for older Socket.IO.

use super::stamp::{Stamp, source};
use super::{require, version_of};
use crate::cargo;
use crate::failure::Result;
use std::path::Path;
use std::process::Command;

const HINT: &str = "run `apt-get install nodejs npm`";

pub(super) fn install(directory: &Path) -> Result<()> {
    let node = version_of("node", &["--version"], HINT)?;
    require("node", &node, &[18], HINT)?;
    version_of("npm", &["--version"], HINT)?;

    let stamp = Stamp::new(
        &directory.join("node_modules"),
        source(&directory.join("package-lock.json"))?,
    );
    if stamp.is_fresh() {
        return Ok(());
    }
    // Removes what was there, and its stamp with it. No package here has a script to run.
    let flags = [
        "ci",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ];
    cargo::run(Command::new("npm").args(flags).current_dir(directory))?;
    stamp.write()
}
