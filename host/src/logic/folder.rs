//! The folder `logic/`: which graphs a project has.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use pulsewire_plugin_api::manifest::Scope;

use super::{Graph, parse_graph};
use crate::{
    diagnostics::{Fault, Faults, Severity, nearest},
    literal::reader,
};

const PROJECT: &str = "logic/project.toml";

/// Reads every graph of the project in `folder`: the project's, then the scenes', then the functions', each kind in
/// the order of names.
///
/// What could be read is returned even if there are faults, so that later stages can report theirs too; with an error
/// among the faults, the graphs must not run.
pub fn read_project_logic(folder: &Path, faults: &mut Faults) -> Vec<Graph> {
    let mut graphs = Vec::new();
    let project = Path::new(PROJECT);
    let found = read_graph(folder, project, "project".to_owned(), Scope::Project, faults);
    let mut any = found.any;
    graphs.extend(found.graph);
    for (kind, scope) in [("scenes", Scope::Scene), ("functions", Scope::Function)] {
        for (name, path) in graph_files(folder, kind, faults) {
            let id = format!("{kind}/{name}");
            let found = read_graph(folder, &path, id, scope, faults);
            any |= found.any && scope == Scope::Scene;
            graphs.extend(found.graph);
        }
    }
    warn_unread(folder, faults);
    if let Some(fault) = reader::dangling(folder, Path::new("logic")) {
        faults.push(fault);
    } else if !any {
        faults.push(
            Fault::file(project, "the project has no logic")
                .hint("it is the project's graph; graphs of scenes are `logic/scenes/NAME.toml`"),
        );
    }
    graphs
}

/// Warns of what lies in `logic/` and looks like logic, but is not read. Notes and hidden files are the designer's.
fn warn_unread(folder: &Path, faults: &mut Faults) {
    // A folder that can't be read has been reported where its files were looked for.
    for entry in fs::read_dir(folder.join("logic")).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !matches!(&*name, "project.toml" | "scenes" | "functions") {
            warn_if_logic(&entry, Path::new("logic"), faults);
        }
    }
    for kind in ["scenes", "functions"] {
        let relative = Path::new("logic").join(kind);
        for entry in fs::read_dir(folder.join(&relative))
            .into_iter()
            .flatten()
            .flatten()
        {
            if !has_extension(&entry) {
                warn_if_logic(&entry, &relative, faults);
            }
        }
    }
}

/// Whether the file was taken for a graph.
fn has_extension(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    Path::new(&name)
        .extension()
        .is_some_and(|extension| extension == "toml")
}

fn warn_if_logic(entry: &fs::DirEntry, relative: &Path, faults: &mut Faults) {
    let name = entry.file_name();
    let path = Path::new(&name);
    let part = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().to_lowercase();
    let (stem, extension) = (part(path.file_stem()), part(path.extension()));
    // Editors leave copies whose names end so.
    let is_near = nearest(&extension, ["toml"]).is_some() && !extension.ends_with('~');
    let is_slip = match relative.file_name().is_some_and(|folder| folder != "logic") {
        true => is_near,
        false => (extension.is_empty() || is_near) && nearest(&stem, ["project"]).is_some(),
    };
    let (is_toml, is_folder) = (extension == "toml", entry.path().is_dir());
    if name.as_encoded_bytes().starts_with(b".") || !(is_toml || is_folder || is_slip) {
        return;
    }
    let what = if is_folder { "folder" } else { "file" };
    faults.push(Fault {
        severity: Severity::Warning,
        hint: Some(
            "logic is read from `logic/project.toml`, `logic/scenes/NAME.toml` and `logic/functions/NAME.toml`"
                .to_owned(),
        ),
        ..Fault::file(relative.join(path), format!("this {what} is not read"))
    });
}

struct Found {
    /// Whether there is such a file, readable or not.
    any: bool,
    graph: Option<Graph>,
}

fn read_graph(folder: &Path, path: &Path, id: String, scope: Scope, faults: &mut Faults) -> Found {
    let (any, graph) = match reader::read_file(folder, path) {
        Ok(Some(source)) => (true, parse_graph(source, id, scope, faults)),
        Ok(None) => (false, None),
        Err(fault) => {
            faults.push(fault.in_graph(&id));
            (true, None)
        }
    };
    Found { any, graph }
}

/// Names and paths of the files of one kind, sorted; `name` is the part of the graph's id.
fn graph_files(folder: &Path, kind: &str, faults: &mut Faults) -> Vec<(String, PathBuf)> {
    let relative = Path::new("logic").join(kind);
    let entries = match fs::read_dir(folder.join(&relative)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            faults.extend(reader::dangling(folder, &relative));
            return Vec::new();
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            let hint = format!("it is the folder of graphs: `logic/{kind}/NAME.toml`");
            faults.push(Fault::file(relative, "is not a folder").hint(hint));
            return Vec::new();
        }
        Err(error) => {
            faults.push(Fault::file(relative, format!("can't be read: {error}")));
            return Vec::new();
        }
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = match entry {
            Ok(entry) => relative.join(entry.file_name()),
            Err(error) => {
                faults.push(Fault::file(&relative, format!("can't be read: {error}")));
                continue;
            }
        };
        let hidden = path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden || path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        match path.file_stem().and_then(|stem| stem.to_str()) {
            Some(name) if super::parse::is_id(name) => files.push((name.to_owned(), path)),
            _ => faults.push(
                Fault::file(path, "the file's name can't name a graph")
                    .hint("use letters, digits, `_` and `-`, without dots and spaces"),
            ),
        }
    }
    files.sort_unstable();
    files
}
