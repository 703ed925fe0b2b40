//! `pulsewire new`: a project or a plugin that runs at once.
//!
//! The files are those of `host/templates`. Those of a plugin are whole Rust and TOML for a plugin `my_plugin`, whose name
//! is replaced; `{{…}}` stands for what depends on where this program and the new folder are.

mod names;
mod plugin;

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::ValueHint;

use super::Failure;
use crate::project::is_empty;

#[derive(clap::Subcommand, Debug)]
pub(super) enum Command {
    /// Make a project: a folder with settings and a graph
    Project {
        /// The folder, which must not exist, or be empty
        #[arg(value_name = "NAME", value_hint = ValueHint::DirPath)]
        folder: PathBuf,
    },
    /// Make a plugin: a crate with nodes, an event, settings, tests, and a project that uses it
    Plugin {
        /// The plugin's id in snake case, or the path of a folder that is named so; it must not exist
        #[arg(value_name = "NAME", value_hint = ValueHint::DirPath)]
        folder: PathBuf,
        /// The checkout of Pulsewire whose plugin-api it is built with [default: what this program was built from, or the
        /// public repository at the tag of its version]
        #[arg(long, value_name = "PATH", value_hint = ValueHint::DirPath)]
        api: Option<PathBuf>,
    },
}

/// A file to be, and its text.
type File = (PathBuf, String);

pub(super) fn execute(command: Command, out: &mut impl Write) -> Result<ExitCode, Failure> {
    match command {
        Command::Project { folder } => {
            make(&folder, &project(), |_| Ok(()))?;
            let shown = quoted(&folder);
            writeln!(
                out,
                "made the project `{}`; run it: pulsewire run {shown}",
                folder.display()
            )?;
        }
        Command::Plugin { folder, api } => {
            let id = names::plugin_id(&folder)?;
            let source = plugin::Source::find(api)?;
            make(&folder, &plugin::files(id, &source), |folder| {
                plugin::link(folder, id)
            })?;
            let shown = quoted(&folder);
            writeln!(out, "made the plugin `{id}`, with plugin-api from {source}")?;
            writeln!(
                out,
                "test it: cd {shown} && cargo test; run it: cargo build && pulsewire run project"
            )?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "-_./\\:".contains(c);
    match path.chars().all(is_plain) {
        true => path,
        false => format!("'{}'", path.replace('\'', r"'\''")),
    }
}

fn project() -> [File; 3] {
    [
        (
            ".gitignore".into(),
            include_str!("../../templates/project/gitignore").into(),
        ),
        (
            "settings.toml".into(),
            include_str!("../../templates/project/settings.toml").into(),
        ),
        (
            "logic/project.toml".into(),
            include_str!("../../templates/project/logic.toml").into(),
        ),
    ]
}

/// Makes the folder with these files, whole or not at all; an empty folder is filled. What is there already is never
/// touched.
fn make(folder: &Path, files: &[File], finish: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), Failure> {
    let shown = folder.display();
    let is_new = match fs::create_dir(folder) {
        Ok(()) => true,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_empty(folder) => false,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let hint = "choose another name, or remove it";
            let what = match folder.is_dir() {
                true => "not empty",
                false => "no folder",
            };
            return Err(Failure::refused(
                format!("`{shown}` exists already, and is {what}"),
                Some(hint.to_owned()),
            ));
        }
        Err(error) => {
            return Err(Failure::refused(
                format!("cannot make the folder `{shown}`: {error}"),
                None,
            ));
        }
    };
    let written = files
        .iter()
        .try_for_each(|(path, text)| write(&folder.join(path), text))
        .and_then(|()| finish(folder));
    written.map_err(|error| {
        match is_new {
            // It was made above, so nothing of anybody else's is in it.
            true => drop(fs::remove_dir_all(folder)),
            false => files.iter().for_each(|(path, _)| unwrite(folder, path)),
        }
        Failure::refused(format!("cannot write into `{shown}`: {error}"), None)
    })
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

/// Removes the file, and the folders above it that are empty then.
fn unwrite(folder: &Path, file: &Path) {
    let _ = fs::remove_file(folder.join(file));
    let above = file
        .ancestors()
        .skip(1)
        .filter(|above| !above.as_os_str().is_empty());
    above.for_each(|above| drop(fs::remove_dir(folder.join(above))));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exists_is_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("hall");
        make(&folder, &project(), |_| Ok(())).unwrap();
        fs::write(folder.join("settings.toml"), "mine").unwrap();
        let refused = make(&folder, &project(), |_| Ok(())).unwrap_err().to_string();
        assert!(refused.contains("exists already"), "{refused}");
        assert_eq!(fs::read_to_string(folder.join("settings.toml")).unwrap(), "mine");
    }

    #[test]
    fn empty_folder_is_filled_and_empty_again_if_that_fails() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join(".git")).unwrap();
        let left = || fs::read_dir(folder.path()).unwrap().count();
        let failed = make(folder.path(), &project(), |_| Err(io::Error::other("full")));
        assert!(failed.unwrap_err().to_string().contains("full"));
        assert_eq!(left(), 1);
        make(folder.path(), &project(), |_| Ok(())).unwrap();
        assert_eq!(left(), 4);
    }

    #[test]
    fn what_a_run_keeps_stays_out_of_git() {
        let [ignored, ..] = project();
        assert_eq!(ignored, (".gitignore".into(), "/state\n".into()));
    }

    #[test]
    fn nothing_is_left_of_a_folder_that_could_not_be_filled() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("hall");
        let failed = make(&folder, &project(), |_| Err(io::Error::other("full")));
        assert!(failed.unwrap_err().to_string().contains("full"));
        assert!(!folder.exists());
    }
}
