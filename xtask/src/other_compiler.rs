//! `cargo xtask other-compiler`: a second Rust release on this machine, and the Socket.IO plugin built by it.
//!
//! A plugin has to load into a host that another compiler built; that can only be shown with another compiler. Nightly and
//! beta toolchains are taken only when named: they are no releases, and change from day to day.

use crate::cargo;
use crate::failure::{Failure, Result};
use crate::libraries;
use crate::workspace::{Role, Workspace, is_cdylib, is_ci, root};
use cargo_metadata::semver::Version;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGE: &str = "pulsewire-socketio";
const PLUGIN: &str = "socketio";
const VARIABLE: &str = "PULSEWIRE_OTHER_RUSTC";
const DEBIAN: &str = "/usr/bin/rustc";
const INSTALL: &str = "run `apt-get install rustc-web`, or `rustup toolchain install` with another release, \
                       or set PULSEWIRE_OTHER_RUSTC to the path of a `rustc`";

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Build the Socket.IO plugin with it into `<target>/other-compiler/plugins/socketio/`
    #[arg(long)]
    build: bool,
}

/// A compiler other than the one that builds the host.
struct OtherCompiler {
    rustc: PathBuf,
    release: Version,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::load()?;
    let compiler = find(&workspace)?;
    if arguments.build {
        println!("{}", build(&workspace, &compiler)?.display());
    } else {
        eprintln!("rustc {}", compiler.release);
        println!("{}", compiler.rustc.display());
    }
    Ok(())
}

/// Builds the plugin for the tests that need it. Where there is no other compiler those tests skip, except under `CI=true`.
pub(crate) fn build_for_tests(workspace: &Workspace) -> Result<()> {
    match find(workspace).and_then(|compiler| build(workspace, &compiler)) {
        Err(failure) if !is_ci() => {
            eprintln!("{failure}\nskipped: the plugin built by another compiler");
            // One from an earlier run would be tested in its place.
            let _ = fs::remove_dir_all(libraries::staged(&directory(workspace), Role::Plugin, PLUGIN));
            Ok(())
        }
        outcome => outcome.map(|_| ()),
    }
}

fn directory(workspace: &Workspace) -> PathBuf {
    workspace.target().join("other-compiler")
}

fn build(workspace: &Workspace, compiler: &OtherCompiler) -> Result<PathBuf> {
    if !workspace
        .package(PACKAGE)
        .is_some_and(|package| package.targets.iter().any(is_cdylib))
    {
        return Err(Failure::new(format!(
            "package `{PACKAGE}` has no library of the type `cdylib`"
        )));
    }
    let directory = directory(workspace);
    let mut command = cargo::cargo(["build", "--locked", "--package", PACKAGE, "--target-dir"]);
    command.arg(&directory).env("RUSTC", &compiler.rustc);
    let staged = libraries::stage(&cargo::artifacts(&mut command)?, &directory)?;
    staged
        .into_iter()
        .next()
        .ok_or_else(|| Failure::new(format!("cargo built no library of `{PACKAGE}`")))
}

fn find(workspace: &Workspace) -> Result<OtherCompiler> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let ours = release_of(Path::new(&rustc))?;
    let oldest = workspace
        .package(PACKAGE)
        .and_then(|package| package.rust_version.clone());
    if let Some(named) = std::env::var_os(VARIABLE) {
        let rustc = PathBuf::from(named);
        let release = release_of(&rustc).map_err(|failure| failure.hint(format!("{VARIABLE} names it")))?;
        return match objection(&release, &ours, oldest.as_ref(), true) {
            Some(reason) => Err(Failure::new(format!(
                "{VARIABLE} names rustc {release}, {reason}"
            ))),
            None => Ok(OtherCompiler { rustc, release }),
        };
    }
    let mut refused = String::new();
    for rustc in installed() {
        let Ok(release) = release_of(&rustc) else { continue };
        match objection(&release, &ours, oldest.as_ref(), false) {
            Some(reason) => refused += &format!("\n  {}: {release}, {reason}", rustc.display()),
            None => return Ok(OtherCompiler { rustc, release }),
        }
    }
    Err(Failure::new(format!("there is no second Rust release beside {ours}{refused}")).hint(INSTALL))
}

/// Why a release won't do as the other one.
fn objection(release: &Version, ours: &Version, oldest: Option<&Version>, named: bool) -> Option<String> {
    if release == ours {
        return Some("the same release".into());
    }
    if !release.pre.is_empty() && !named {
        return Some("not a release".into());
    }
    oldest
        .filter(|oldest| release < oldest)
        .map(|oldest| format!("older than {oldest}"))
}

/// The compilers of rustup's toolchains, in its order, then Debian's.
fn installed() -> Vec<PathBuf> {
    let toolchains = cargo::output(Command::new("rustup").args(["toolchain", "list"])).unwrap_or_default();
    let which = |toolchain: &str| {
        let mut command = Command::new("rustup");
        cargo::output(command.args(["which", "--toolchain", toolchain, "rustc"])).ok()
    };
    toolchains
        .lines()
        .filter_map(|line| which(line.split_whitespace().next()?))
        .map(|path| PathBuf::from(path.trim()))
        .chain([PathBuf::from(DEBIAN)])
        .filter(|path| path.is_file())
        .collect()
}

fn release_of(rustc: &Path) -> Result<Version> {
    let text = cargo::output(Command::new(rustc).arg("-vV").current_dir(root()))?;
    parse_release(&text)
        .ok_or_else(|| Failure::new(format!("`{}` does not say which release it is", rustc.display())))
}

fn parse_release(text: &str) -> Option<Version> {
    text.lines()
        .find_map(|line| Version::parse(line.strip_prefix("release: ")?).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn the_release_is_read_from_the_long_version() {
        let text = "rustc 1.97.0-nightly (e50aa6fba 2026-05-19)\nbinary: rustc\nrelease: 1.97.0-nightly\n";
        assert_eq!(parse_release(text), Some(version("1.97.0-nightly")));
        assert_eq!(parse_release("gcc 12"), None);
    }

    #[test]
    fn only_another_release_that_is_new_enough_will_do() {
        let (ours, oldest) = (version("1.95.0"), version("1.85.0"));
        let objection = |release: &str, named| objection(&version(release), &ours, Some(&oldest), named);
        assert_eq!(objection("1.96.0", false), None);
        assert_eq!(objection("1.85.0", false), None);
        assert_eq!(objection("1.95.0", true).as_deref(), Some("the same release"));
        assert_eq!(objection("1.63.0", true).as_deref(), Some("older than 1.85.0"));
        assert_eq!(
            objection("1.97.0-nightly", false).as_deref(),
            Some("not a release")
        );
        assert_eq!(objection("1.97.0-nightly", true), None);
    }
}
