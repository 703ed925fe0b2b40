//! `pulsewire plugins`.

mod info;
mod paths;

use std::{io::Write, path::Path, process::ExitCode};

use serde::Serialize;

use super::{Failure, Place, describe::table, note, print_json};
use crate::{
    diagnostics::{Faults, suggestion},
    plugins::{Entry, State},
    project::Project,
    settings::edit,
};

#[derive(clap::Subcommand, Debug)]
pub(super) enum Command {
    /// List all plugins with their states
    List {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Tell everything about one plugin
    Info {
        /// Its id
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show where plugins are looked for, in order, and what was found there
    Paths {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Try a library out again that is in quarantine because it crashed or hung
    Retry {
        /// Its id
        id: String,
    },
    /// Switch a plugin on in `settings.toml`; a running project follows
    Enable {
        /// Its id
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Switch a plugin off in `settings.toml`; a running project follows
    Disable {
        /// Its id
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn execute(place: &Place, command: Command, out: &mut impl Write) -> Result<ExitCode, Failure> {
    match command {
        Command::List { json } => {
            let project = place.open_without_plugins()?;
            let rows: Vec<Row<'_>> = project
                .plugins()
                .entries()
                .iter()
                .map(|entry| Row::new(entry, &project))
                .collect();
            if json {
                return print_json(out, &rows);
            }
            let lines: Vec<Vec<&str>> = rows
                .iter()
                .map(|row| {
                    vec![
                        row.id,
                        row.state,
                        row.version,
                        row.reason.unwrap_or(row.description),
                    ]
                })
                .collect();
            out.write_all(table(&lines).as_bytes())?;
            if lines.is_empty() {
                note("no plugin was found; `pulsewire plugins paths` shows where they are looked for");
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Info { id, json } => info::execute(&place.open_without_plugins()?, &id, json, out),
        Command::Paths { json } => paths::execute(&place.open_without_plugins()?, json, out),
        Command::Retry { id } => retry(&place.open_without_plugins()?, &id, out),
        Command::Enable { id, json } => switch(place, &id, true, json, out),
        Command::Disable { id, json } => switch(place, &id, false, json, out),
    }
}

/// An entry of `plugins list`.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    name: &'a str,
    version: &'a str,
    category: &'a str,
    description: &'a str,
    enabled: bool,
    isolated: bool,
    state: &'a str,
    reason: Option<&'a str>,
    path: Option<&'a Path>,
}

impl<'a> Row<'a> {
    fn new(entry: &'a Entry, project: &Project) -> Self {
        let manifest = entry.manifest();
        Self {
            id: entry.id(),
            name: manifest.map_or(entry.id(), |manifest| &manifest.name),
            version: manifest.map_or("", |manifest| &manifest.version),
            category: manifest.map_or("", |manifest| &manifest.category),
            description: manifest.map_or("", |manifest| &manifest.description),
            enabled: project.settings().is_enabled(entry.id()),
            isolated: project.plugins().isolates(entry.id()),
            state: entry.state().name(),
            reason: entry.state().reason(),
            path: entry.path(),
        }
    }
}

fn retry(project: &Project, id: &str, out: &mut impl Write) -> Result<ExitCode, Failure> {
    find(project, id)?;
    match project.plugins().retry(id) {
        Ok(was_in_quarantine) => {
            let quarantine = match was_in_quarantine {
                true => "its quarantine is over",
                false => "it was in no quarantine",
            };
            writeln!(out, "plugin `{id}` opens and registers; {quarantine}")?;
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => Err(Failure::refused(format!("plugin `{id}`: {error}"), error.hint())),
    }
}

fn switch(
    place: &Place,
    id: &str,
    enabled: bool,
    json: bool,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let options = place.options(None);
    find(&place.open_without_plugins()?, id)?;
    edit::set_plugin_enabled(&options.folder, id, enabled)?;
    if json {
        // Its faults were told a moment ago.
        let mut faults = Faults::default();
        let project = Project::open(&options, &mut faults).ok_or(Failure::Settings(faults))?;
        return print_json(out, &Row::new(find(&project, id)?, &project));
    }
    writeln!(
        out,
        "plugin `{id}` is {}",
        if enabled { "enabled" } else { "disabled" }
    )?;
    Ok(ExitCode::SUCCESS)
}

/// A plugin that was found or that the settings name.
fn find<'a>(project: &'a Project, id: &str) -> Result<&'a Entry, Failure> {
    project.plugins().get(id).ok_or_else(|| {
        let known = project.plugins().entries().iter().map(Entry::id);
        let hint = suggestion(id, known)
            .or_else(|| Some("no plugin was found; name their folder with `--plugin-dir`".to_owned()));
        Failure::refused(format!("there is no plugin `{id}`"), hint)
    })
}

/// Why what the plugin would add is not there, and what to do.
pub(super) fn absence(project: &Project, id: &str) -> (String, String) {
    match project.plugins().get(id).map(Entry::state) {
        Some(State::Disabled) => (
            format!("plugin `{id}` is disabled"),
            format!("switch it on: `pulsewire plugins enable {id}`"),
        ),
        Some(state) => (
            format!("plugin `{id}` is {state}"),
            format!("see `pulsewire plugins info {id}`"),
        ),
        None => (
            format!("there is no plugin `{id}`"),
            "see `pulsewire plugins list`".to_owned(),
        ),
    }
}
