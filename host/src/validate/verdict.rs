//! What a check found.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Check;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// As it should be.
    Pass,
    /// Nothing that breaks a host, but something that its author should see.
    Warn,
    /// The plugin breaks a rule.
    Fail,
    /// The process ended before the check was over.
    Crash,
    /// The check was not over in time.
    Hang,
    /// It could not be checked, here or because of what was found before.
    Skip,
}

impl Status {
    /// All of them, in the order of a summary.
    pub const ALL: [Self; 6] = [
        Self::Pass,
        Self::Warn,
        Self::Fail,
        Self::Crash,
        Self::Hang,
        Self::Skip,
    ];

    /// The word in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Crash => "crash",
            Self::Hang => "hang",
            Self::Skip => "skip",
        }
    }

    /// Whether the plugin does not conform.
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Fail | Self::Crash | Self::Hang)
    }
}

/// One check, when it is over.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Its id.
    pub check: &'static str,
    /// Its level.
    pub level: u8,
    /// How it ended.
    pub status: Status,
    /// What was found, a sentence each.
    pub details: Vec<String>,
    /// How to see the same again, if chance had a part in it: `CHECK:SEED`.
    pub reproduce: Option<String>,
    /// How long it took, with the start of its process.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub took: Duration,
}

fn seconds<S: serde::Serializer>(took: &Duration, output: S) -> Result<S::Ok, S::Error> {
    output.serialize_f64(took.as_secs_f64())
}

impl Outcome {
    pub(super) fn skipped(check: &Check, why: String) -> Self {
        Self {
            check: check.id,
            level: check.level,
            status: Status::Skip,
            details: vec![why],
            reproduce: None,
            took: Duration::ZERO,
        }
    }
}

/// What a check says in its own process; the last line of the verdict's file.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Findings {
    pub(super) faults: Vec<String>,
    pub(super) warnings: Vec<String>,
    /// Why it cannot be checked here.
    pub(super) skipped: Option<String>,
}

impl Findings {
    pub(super) fn status(&self) -> Status {
        if !self.faults.is_empty() {
            Status::Fail
        } else if !self.warnings.is_empty() {
            Status::Warn
        } else if self.skipped.is_some() {
            Status::Skip
        } else {
            Status::Pass
        }
    }

    pub(super) fn into_details(self) -> Vec<String> {
        let found = self.faults.into_iter().chain(self.warnings);
        found.chain(self.skipped).collect()
    }
}

/// A line of the verdict's file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Line {
    /// The round with this seed begins.
    Round(u64),
    /// The check is over.
    Verdict(Findings),
}
