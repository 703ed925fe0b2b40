//! `pulsewire check`.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::ValueHint;

use super::{Failure, Place, print_json};
use crate::{
    diagnostics::{Fault, Faults, Severity},
    plugins::State,
    project::{Project, located},
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
    faults.extend(plugin_faults(&project));
    project.check_settings(&mut faults);
    let graphs = project.read_logic(&mut faults);
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
        writeln!(out, "{}", located(fault, project.folder()))?;
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

/// A plugin that is on but cannot be used does not keep the project from running.
fn plugin_faults(project: &Project) -> Vec<Fault> {
    let reported = |message: String, hint: &Option<String>| Fault {
        severity: Severity::Warning,
        hint: hint.clone(),
        ..Fault::file("settings.toml", message)
    };
    let mut faults: Vec<Fault> = Vec::new();
    for report in project.plugins().search_reports() {
        faults.push(reported(report.message.clone(), &report.hint));
    }
    for entry in project.plugins().entries() {
        if !matches!(entry.state(), State::Failed(_) | State::Missing) || entry.is_shadowed() {
            continue;
        }
        for report in entry.reports().list() {
            faults.push(reported(
                format!("plugin `{}`: {}", entry.id(), report.message),
                &report.hint,
            ));
        }
    }
    faults
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
