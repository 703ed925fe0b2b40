//! `pulsewire plugins paths`: the search path, and which plugin was found where.

use std::{io::Write, path::Path, process::ExitCode};

use serde::Serialize;

use crate::{
    cli::{Failure, print_json},
    plugins::{Entry, Folder, Origin},
    project::Project,
};

/// A folder of the search path.
#[derive(Serialize)]
struct Row<'a> {
    path: &'a Path,
    origin: &'static str,
    exists: bool,
    plugins: Vec<&'a str>,
}

impl<'a> Row<'a> {
    fn new(folder: &'a Folder, entries: &'a [Entry]) -> Self {
        let is_here = |entry: &&Entry| entry.path().is_some_and(|path| path.starts_with(&folder.path));
        Self {
            path: &folder.path,
            origin: name_of(folder.origin),
            exists: folder.path.is_dir(),
            plugins: entries.iter().filter(is_here).map(Entry::id).collect(),
        }
    }
}

const fn name_of(origin: Origin) -> &'static str {
    match origin {
        Origin::Option => "--plugin-dir",
        Origin::Environment => "PULSEWIRE_PLUGIN_PATH",
        Origin::Settings => "plugin_paths",
        Origin::Executable => "beside the executable",
        Origin::UserData => "the user's data",
    }
}

pub(super) fn execute(project: &Project, json: bool, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let plugins = project.plugins();
    let rows = plugins
        .folders()
        .iter()
        .map(|folder| Row::new(folder, plugins.entries()));
    let rows: Vec<Row<'_>> = rows.collect();
    if json {
        return print_json(out, &rows);
    }
    for row in &rows {
        let found = match (row.exists, row.plugins.is_empty()) {
            (false, _) => "not there".to_owned(),
            (true, true) => "no plugin".to_owned(),
            (true, false) => row.plugins.join(", "),
        };
        writeln!(out, "{}  ({}): {found}", row.path.display(), row.origin)?;
    }
    Ok(ExitCode::SUCCESS)
}
