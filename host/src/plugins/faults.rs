//! What is wrong with the plugins, as faults of the project: for `pulsewire check`.

use std::path::Path;

use super::{Plugins, Report, State};
use crate::diagnostics::{Fault, Severity};

/// The file that names plugins; a missing one has no other.
const SETTINGS: &str = "settings.toml";

impl Plugins {
    /// What the search and each enabled plugin that cannot be used have to say. A plugin that failed is an error if
    /// `is_used` says that the project has nodes or settings of it; everything else keeps no project from running
    /// as it is meant.
    pub fn faults(&self, is_used: impl Fn(&str) -> bool) -> Vec<Fault> {
        let mut faults: Vec<Fault> = Vec::new();
        for report in self.search_reports() {
            let file = report.path.as_deref().unwrap_or(Path::new(SETTINGS));
            faults.push(fault(Severity::Warning, file, report.message.clone(), report));
        }
        for entry in self.entries().iter().filter(|entry| !entry.is_shadowed()) {
            let severity = match entry.state() {
                State::Failed(_) if is_used(entry.id()) => Severity::Error,
                State::Failed(_) | State::Missing => Severity::Warning,
                _ => continue,
            };
            let file = entry.path().unwrap_or(Path::new(SETTINGS));
            for report in entry.reports().list() {
                let message = format!("plugin `{}`: {}", entry.id(), report.message);
                faults.push(fault(severity, file, message, &report));
            }
        }
        faults
    }
}

fn fault(severity: Severity, file: &Path, message: String, report: &Report) -> Fault {
    Fault {
        severity,
        hint: report.hint.clone(),
        ..Fault::file(file, message)
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs};

    use super::*;
    use crate::plugins::{SearchPath, library_file_name};

    #[test]
    fn failed_plugin_is_an_error_if_used_and_its_library_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for id in ["used", "unused", "off"] {
            let library = folder.path().join(id).join(library_file_name(id));
            fs::create_dir(library.parent().unwrap()).unwrap();
            fs::write(library, "no library").unwrap();
        }
        let nowhere = folder.path().join("nowhere");
        let search = SearchPath::of_folders([folder.path().to_owned(), nowhere.clone()]);
        let config = BTreeMap::from([("off".to_owned(), false), ("ghost".to_owned(), true)]);
        let plugins = Plugins::discover(search, &config);
        let faults = plugins.faults(|id| id == "used" || id == "ghost");
        let found: Vec<(Severity, &Path, &str)> = faults
            .iter()
            .map(|fault| {
                let start = fault.message.split(": ").next().unwrap();
                (fault.severity, &*fault.file, start)
            })
            .collect();
        let library = |id: &str| folder.path().join(id).join(library_file_name(id));
        let text = format!("the plugin folder `{}` cannot be read", nowhere.display());
        assert_eq!(
            found,
            [
                (Severity::Warning, &*nowhere, &*text),
                (Severity::Warning, &*library("unused"), "plugin `unused`"),
                (Severity::Error, &*library("used"), "plugin `used`"),
                (Severity::Warning, Path::new(SETTINGS), "plugin `ghost`"),
            ]
        );
        let ghost = Path::new("ghost").join(library_file_name("ghost"));
        let hint = format!(
            "put its library as `{}` into one of `{}`, `{}`",
            ghost.display(),
            folder.path().display(),
            nowhere.display()
        );
        assert_eq!(faults[3].hint, Some(hint));
    }
}
