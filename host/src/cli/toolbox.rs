//! `pulsewire toolbox`.

use std::{io::Write, process::ExitCode};

use super::{
    Failure, Place,
    describe::{NodeTypeShape, table},
    plugins::absence,
    print_json,
};
use crate::{
    diagnostics::{nearest, suggestion},
    project::Project,
    toolbox::Entry,
};

#[derive(clap::Subcommand, Debug)]
pub(super) enum Command {
    /// List the node types
    List {
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
    /// Show one node type with its sockets and attributes
    Show {
        /// Its id, such as `flow_control.branch`; `branch` or its title do if only one is called so
        #[arg(value_name = "TYPE")]
        node_type: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn execute(place: &Place, command: Command, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let project = place.open_or_begin()?;
    let toolbox = project.toolbox();
    match command {
        Command::List { json: true } => {
            let shapes: Vec<NodeTypeShape<'_>> = toolbox.available().into_iter().map(shape).collect();
            print_json(out, &shapes)
        }
        Command::List { json: false } => {
            let row = |entry: &&'_ Entry| {
                let node_type = &entry.node_type;
                vec![
                    node_type.id.clone(),
                    node_type.name.clone(),
                    node_type.category.clone(),
                ]
            };
            let rows: Vec<Vec<String>> = toolbox.available().iter().map(row).collect();
            let rows: Vec<Vec<&str>> = rows
                .iter()
                .map(|row| row.iter().map(String::as_str).collect())
                .collect();
            out.write_all(table(&rows).as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Show { node_type, json } => {
            let entry = find(&project, &node_type)?;
            if json {
                return print_json(out, &shape(entry));
            }
            writeln!(out, "{}", shape(entry).text())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The type of that id; else the only one whose id ends so, or whose title it is.
fn find<'a>(project: &'a Project, word: &str) -> Result<&'a Entry, Failure> {
    let toolbox = project.toolbox();
    let called_so = || {
        let known = toolbox.ids().filter(|id| {
            let title = toolbox.get(id).map_or("", |entry| entry.node_type.name.as_str());
            last_segment(id).eq_ignore_ascii_case(word) || title.eq_ignore_ascii_case(word)
        });
        known.collect::<Vec<&str>>()
    };
    let entry = match toolbox.get(word) {
        Some(entry) => Some(entry),
        None => match called_so().as_slice() {
            [] => None,
            [id] => toolbox.get(id),
            several => {
                return Err(Failure::refused(
                    format!("several node types are called `{word}`"),
                    Some(format!("name one: `{}`", several.join("`, `"))),
                ));
            }
        },
    };
    let Some(entry) = entry else {
        let hint = suggestion(word, toolbox.ids()).or_else(|| {
            let near = nearest(word, toolbox.ids().map(last_segment))?;
            let ids: Vec<&str> = toolbox.ids().filter(|id| last_segment(id) == near).collect();
            Some(format!("did you mean `{}`?", ids.join("` or `")))
        });
        return Err(Failure::refused(format!("unknown node type `{word}`"), hint));
    };
    match entry.plugin() {
        Some(plugin) if !entry.is_available() => {
            let (reason, hint) = absence(project, plugin);
            let message = format!("node type `{}` is not available: {reason}", entry.node_type.id);
            Err(Failure::refused(message, Some(hint)))
        }
        _ => Ok(entry),
    }
}

fn last_segment(id: &str) -> &str {
    id.rsplit('.').next().unwrap_or(id)
}

fn shape(entry: &Entry) -> NodeTypeShape<'_> {
    NodeTypeShape::new(&entry.node_type, entry.plugin())
}
