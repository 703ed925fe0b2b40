//! `pulsewire check`.

use std::{
    env,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::ValueHint;

use super::{Failure, Place, print_json};
use crate::{
    diagnostics::{Fault, Faults, Severity},
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
    let is_painted =
        io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    for fault in &faults {
        let fault = project.located(fault);
        match is_painted {
            true => writeln!(out, "{}", painted(&fault))?,
            false => writeln!(out, "{fault}")?,
        }
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

/// The faults of a file stand together, in the order of its lines, as with ruff; colours keep errors from being lost among
/// warnings, as with rustc.
fn painted(fault: &Fault) -> String {
    let colour = match fault.severity {
        Severity::Error => "\x1b[1;31m",
        Severity::Warning => "\x1b[1;33m",
    };
    format!("{colour}{}\x1b[0m: {}", fault.severity, fault.without_severity())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_alone_is_painted() {
        let error = Fault::file("a.toml", "one");
        assert_eq!(painted(&error), "\x1b[1;31merror\x1b[0m: a.toml: one");
        let warning = Fault {
            severity: Severity::Warning,
            ..error
        };
        assert_eq!(painted(&warning), "\x1b[1;33mwarning\x1b[0m: a.toml: one");
    }
}
