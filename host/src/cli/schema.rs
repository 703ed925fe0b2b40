//! `pulsewire schema`.

use std::{io::Write, process::ExitCode};

use super::{Failure, Place, print_json};
use crate::{diagnostics::Faults, plugins::Entry, schema};

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum File {
    /// `settings.toml`
    Settings,
    /// The files in `logic/`
    Logic,
}

/// Prints the schema of a file, for the plugins that the project has now.
pub(super) fn execute(place: &Place, file: File, out: &mut impl Write) -> Result<ExitCode, Failure> {
    let mut project = place.open()?;
    let schema = match file {
        File::Settings => {
            let plugins = project.plugins();
            let entries = || plugins.entries().iter().filter(|entry| !entry.is_shadowed());
            let added = entries().filter(|entry| plugins.added(entry.id()).is_some());
            let sections = added
                .filter_map(Entry::manifest)
                .flat_map(|manifest| &manifest.sections);
            schema::settings(entries().map(Entry::id), sections)
        }
        File::Logic => {
            // Faults are told by `check`; here only the names matter.
            project.check_settings(&mut Faults::default());
            schema::logic(project.toolbox(), |list| project.names(list).unwrap_or_default())
        }
    };
    print_json(out, &schema)
}
