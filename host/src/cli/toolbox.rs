//! `pulsewire toolbox`.

use std::{io::Write, process::ExitCode};

use super::{
    Failure, Place,
    describe::{NodeTypeShape, table},
    print_json,
};
use crate::{diagnostics::suggestion, toolbox::Entry};

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
        /// Its id, such as `flow_control.branch`
        #[arg(value_name = "TYPE")]
        node_type: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn execute(place: &Place, command: Command, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let project = place.open()?;
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
            let entry = toolbox.get(&node_type).filter(|entry| entry.is_available());
            let entry = entry.ok_or_else(|| {
                let known = toolbox.available();
                let ids = known.iter().map(|entry| entry.node_type.id.as_str());
                match toolbox.get(&node_type).and_then(Entry::plugin) {
                    Some(plugin) => Failure::refused(
                        format!("node type `{node_type}` is not available now"),
                        Some(format!("see `pulsewire plugins info {plugin}`")),
                    ),
                    None => Failure::refused(
                        format!("unknown node type `{node_type}`"),
                        suggestion(&node_type, ids),
                    ),
                }
            })?;
            if json {
                return print_json(out, &shape(entry));
            }
            writeln!(out, "{}", shape(entry).text())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn shape(entry: &Entry) -> NodeTypeShape<'_> {
    NodeTypeShape::new(&entry.node_type, entry.plugin())
}
