//! Reports: what went wrong with a plugin, at which step, and what to do about it.

use std::{
    collections::VecDeque,
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

/// A step on a plugin's way, in the order in which they are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Finding libraries in the folders of the search path.
    Search,
    /// The library is a file that can be read.
    File,
    /// It is a shared library of this system.
    Format,
    /// It is made for this machine.
    Machine,
    /// Every segment and section lies inside the file.
    Segments,
    /// It exports the entry of a plugin.
    Entry,
    /// It carries metadata.
    Metadata,
    /// Its plugin-api and this host's go together.
    Api,
    /// A panic in it can be caught.
    Panics,
    /// Its descriptors agree with each other.
    Descriptors,
    /// It opens and registers in another process first.
    Probe,
    /// The system's loader opens it.
    Open,
    /// Its memory layouts are ours.
    Layout,
    /// It makes the plugin.
    Create,
    /// The plugin registers what its metadata says.
    Register,
    /// The plugin becomes active.
    Activate,
    /// The plugin takes changed settings.
    Settings,
    /// The plugin makes and runs nodes, on any of its threads.
    Run,
    /// The plugin ends.
    Deactivate,
}

impl Step {
    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Step::Search => "search",
            Step::File => "file",
            Step::Format => "format",
            Step::Machine => "machine",
            Step::Segments => "segments",
            Step::Entry => "entry",
            Step::Metadata => "metadata",
            Step::Api => "api",
            Step::Panics => "panics",
            Step::Descriptors => "descriptors",
            Step::Probe => "probe",
            Step::Open => "open",
            Step::Layout => "layout",
            Step::Create => "create",
            Step::Register => "register",
            Step::Activate => "activate",
            Step::Settings => "settings",
            Step::Run => "run",
            Step::Deactivate => "deactivate",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing that went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Where on the plugin's way.
    pub step: Step,
    /// What: one sentence, lower case, no full stop, backticks round literals.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The folder or file that the search is about; a plugin's reports are about its library.
    #[serde(skip)]
    pub path: Option<PathBuf>,
}

impl Report {
    /// A report without a hint.
    pub fn new(step: Step, message: impl Into<String>) -> Self {
        Self {
            step,
            message: message.into(),
            hint: None,
            path: None,
        }
    }

    /// Says which folder or file it is about.
    pub fn at(self, path: impl Into<PathBuf>) -> Self {
        Self {
            path: Some(path.into()),
            ..self
        }
    }

    /// Says what to do.
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

/// `step: message`, then a line `hint:` if there is one.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// The newest reports of one plugin. Cheap to clone; every clone sees the same, from any thread.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    kept: Arc<Mutex<VecDeque<Report>>>,
}

impl Reports {
    /// How many are kept; a plugin that fails for months must not fill the memory.
    pub const LIMIT: usize = 100;

    /// Adds a report; the oldest goes when there are too many.
    pub fn push(&self, report: Report) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == Self::LIMIT {
            kept.pop_front();
        }
        kept.push_back(report);
    }

    /// The reports that are kept, oldest first.
    pub fn list(&self) -> Vec<Report> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().cloned().collect()
    }

    /// Forgets all, for a plugin that starts afresh.
    pub(super) fn clear(&self) {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newest_reports_are_kept() {
        let reports = Reports::default();
        for number in 0..Reports::LIMIT + 5 {
            reports.push(Report::new(Step::Run, number.to_string()));
        }
        let list = reports.list();
        assert_eq!(list.len(), Reports::LIMIT);
        assert_eq!(list[0].message, "5");
    }

    #[test]
    fn report_shows_step_message_and_hint() {
        let report = Report::new(Step::Api, "too new").hint("update");
        assert_eq!(report.to_string(), "api: too new\n  hint: update");
    }
}
