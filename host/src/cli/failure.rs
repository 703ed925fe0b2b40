//! Why a command ends with another code than 0.

use std::{fmt, io, path::Path, process::ExitCode};

use crate::{diagnostics::Faults, project::located, settings::edit::EditError};

/// What went wrong; shown on stderr as `error:` and `hint:` lines.
#[derive(Debug)]
pub enum Failure {
    /// Code 2: the arguments contradict each other.
    Usage(String),
    /// Code 2: `settings.toml` cannot be read.
    Settings(Faults),
    /// Code 1: the project is at fault.
    Project(Faults),
    /// Code 1: something that was asked for is not there or cannot be done.
    Refused {
        /// What.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
    /// Code 1: the answer could not be written.
    Output(io::Error),
}

impl Failure {
    pub(super) fn refused(message: impl Into<String>, hint: Option<String>) -> Self {
        Self::Refused {
            message: message.into(),
            hint,
        }
    }

    /// The failure with faults that name the project's folder, unless it is the current one.
    pub(super) fn in_folder(self, folder: &Path) -> Self {
        let named = |faults: Faults| {
            let mut named = Faults::default();
            named.extend(faults.iter().map(|fault| located(fault, folder)));
            named
        };
        match self {
            Failure::Settings(faults) => Failure::Settings(named(faults)),
            Failure::Project(faults) => Failure::Project(named(faults)),
            other => other,
        }
    }

    pub(super) fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Usage(_) | Failure::Settings(_) => ExitCode::from(2),
            Failure::Project(_) | Failure::Refused { .. } | Failure::Output(_) => ExitCode::FAILURE,
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

impl From<EditError> for Failure {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Faults(faults) => Self::Project(faults),
            other => Self::refused(with_sources(&other), None),
        }
    }
}

/// The error with everything below it, in one line.
fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(below) = source {
        text.push_str(&format!(": {below}"));
        source = below.source();
    }
    text
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Settings(faults) | Failure::Project(faults) => {
                let lines: Vec<String> = faults
                    .clone()
                    .into_sorted()
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                f.write_str(&lines.join("\n"))
            }
            Failure::Usage(message) => write!(f, "error: {message}"),
            Failure::Refused { message, hint } => {
                write!(f, "error: {message}")?;
                match hint {
                    Some(hint) => write!(f, "\nhint: {hint}"),
                    None => Ok(()),
                }
            }
            Failure::Output(error) => write!(f, "error: cannot write the answer: {error}"),
        }
    }
}
