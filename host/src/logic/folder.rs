//! The folder `logic/`: which graphs a project has.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use pulsewire_plugin_api::manifest::Scope;

use super::{Graph, parse_graph};
use crate::{
    diagnostics::{Fault, Faults},
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
    if !any {
        faults.push(
            Fault::file(project, "the project has no logic")
                .hint("it is the project's graph; graphs of scenes are `logic/scenes/NAME.toml`"),
        );
    }
    graphs
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
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
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
