//! `cargo xtask build`: the host and every plugin, in one cargo invocation, ready to run.
//!
//! Leaves `<target>/<profile>/pulsewire` and `<target>/<profile>/plugins/<id>/lib<id>.so`; the id of a plugin is the name
//! of its library target. It builds no fixtures: they are for tests only.

use crate::cargo;
use crate::failure::Result;
use crate::libraries;
use crate::workspace::{Role, Workspace};
use std::env::consts::EXE_SUFFIX;
use std::path::PathBuf;

const HOST: &str = "pulsewire-host";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Build optimized, as shipped
    #[arg(long)]
    release: bool,
}

/// What a build left behind, for the commands that run it.
pub(crate) struct Built {
    /// `<target>/<profile>`
    pub(crate) directory: PathBuf,
    /// The staged libraries.
    pub(crate) libraries: Vec<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let built = build(&Workspace::load()?, arguments.release)?;
    let binary = built.directory.join(format!("pulsewire{EXE_SUFFIX}"));
    if binary.is_file() {
        println!("{}", binary.display());
    }
    for library in &built.libraries {
        println!("{}", library.display());
    }
    Ok(())
}

/// Builds host and plugins.
pub(crate) fn build(workspace: &Workspace, release: bool) -> Result<Built> {
    let mut packages = vec![HOST.to_owned()];
    packages.extend(workspace.libraries(Role::Plugin));
    let selection = packages
        .into_iter()
        .flat_map(|package| ["--package".to_owned(), package]);
    build_selected(workspace, selection, release)
}

/// Builds what `selection` says in cargo's words, and stages the libraries among it.
pub(crate) fn build_selected(
    workspace: &Workspace,
    selection: impl IntoIterator<Item = String>,
    release: bool,
) -> Result<Built> {
    let mut command = cargo::cargo(["build"]);
    command.args(selection);
    if release {
        command.arg("--release");
    }
    let artifacts = cargo::artifacts(&mut command)?;
    let directory = workspace.target().join(if release { "release" } else { "debug" });
    let libraries = libraries::stage(&artifacts, &directory)?;
    Ok(Built { directory, libraries })
}
