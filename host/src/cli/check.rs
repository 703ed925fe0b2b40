//! `pulsewire check`.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::ValueHint;

use super::{Failure, Place, print_json};
use crate::{
    diagnostics::{Faults, Severity},
    logic::{Graph, NodeUse},
    project::Project,
};

#[derive(clap::Args, Debug)]
pub(super) struct Arguments {
    /// The project's folder
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    folder: Option<PathBuf>,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

impl Arguments {
    pub(super) fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }
}

pub(super) fn execute(
    place: &Place,
    arguments: Arguments,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let mut faults = Faults::default();
    let Some(mut project) = Project::open(&place.options(arguments.folder), &mut faults) else {
        if arguments.json {
            print_json(out, &faults.into_sorted())?;
            return Ok(ExitCode::from(2));
        }
        return Err(Failure::Settings(faults));
    };
    project.load_plugins_for_listing();
    project.check_settings(&mut faults);
    let graphs = project.read_logic(&mut faults);
    faults.extend(project.plugins().faults(|plugin| uses(&project, &graphs, plugin)));
    project.compile(&graphs, &mut faults);

    let code = if faults.has_errors() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    };
    let faults = faults.into_sorted();
    if arguments.json {
        print_json(out, &faults)?;
        return Ok(code);
    }
    for fault in &faults {
        writeln!(out, "{}", project.located(fault))?;
    }
    let errors = faults
        .iter()
        .filter(|fault| fault.severity == Severity::Error)
        .count();
    let warnings = faults.len() - errors;
    writeln!(
        out,
        "{}, {}",
        counted(errors, "error"),
        counted(warnings, "warning")
    )?;
    Ok(code)
}

/// Whether the project has nodes or settings of the plugin.
fn uses(project: &Project, graphs: &[Graph], plugin: &str) -> bool {
    let is_its = |node: &NodeUse| {
        let node_type = node.node_type.value.split_once('.');
        node_type.is_some_and(|(prefix, _)| prefix == plugin)
    };
    graphs.iter().any(|graph| graph.nodes.iter().any(is_its))
        || project.settings().section_ids().any(|section| section == plugin)
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
