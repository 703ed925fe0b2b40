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

/// How much of what was found is told; a plugin may break a rule a thousand times.
const MOST_DETAILS: usize = 30;

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

    /// What was found, without what is said twice.
    pub(super) fn details(&self) -> Vec<String> {
        let found = self.faults.iter().chain(&self.warnings);
        let mut details: Vec<String> = found.chain(&self.skipped).cloned().collect();
        details.dedup();
        let more = details.len().saturating_sub(MOST_DETAILS);
        details.truncate(MOST_DETAILS);
        details.extend((more > 0).then(|| format!("and {more} more")));
        details
    }
}

/// A line of the verdict's file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Line {
    /// The round with this seed begins.
    Round(u64),
    /// A step of it begins.
    Step(u32),
    /// The plugin is called.
    Call(String),
    /// The check is over.
    Verdict(Findings),
}

/// What the file says as a whole.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    /// The seed of the last round that began.
    pub(super) round: Option<u64>,
    /// The steps of that round.
    pub(super) steps: Vec<u32>,
    /// The calls of that round.
    pub(super) calls: Vec<String>,
    pub(super) findings: Option<Findings>,
}

impl Verdict {
    /// Reads what is there; a child that crashed may have left half a line.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut verdict = Self::default();
        for line in bytes.split(|byte| *byte == b'\n') {
            match serde_json::from_slice(line) {
                Ok(Line::Round(seed)) => {
                    verdict.round = Some(seed);
                    verdict.steps.clear();
                    verdict.calls.clear();
                }
                Ok(Line::Step(number)) => verdict.steps.push(number),
                Ok(Line::Call(call)) => verdict.calls.push(call),
                Ok(Line::Verdict(findings)) => verdict.findings = Some(findings),
                Err(_) => {}
            }
        }
        verdict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdict_counts_only_when_it_is_whole() {
        let verdict = Verdict::read(b"{\"Round\":7}\n{\"Round\":8}\n{\"Verdict\":{\"faul");
        assert_eq!((verdict.round, verdict.findings), (Some(8), None));
        let whole = b"{\"Verdict\":{\"faults\":[\"x\"],\"warnings\":[],\"skipped\":null}}\n";
        assert_eq!(Verdict::read(whole).findings.unwrap().status(), Status::Fail);
    }

    #[test]
    fn many_faults_of_a_kind_are_told_in_few_lines() {
        let mut findings = Findings::default();
        findings.faults.extend(["same".to_owned(), "same".to_owned()]);
        findings.faults.extend((0..100).map(|number| number.to_string()));
        let details = findings.details();
        assert_eq!((details.len(), &*details[0], &*details[1]), (31, "same", "0"));
        assert_eq!(details[30], "and 71 more");
    }

    #[test]
    fn steps_and_calls_are_those_of_the_last_round() {
        let verdict = Verdict::read(
            b"{\"Call\":\"new\"}\n{\"Round\":7}\n{\"Step\":1}\n{\"Call\":\"a\"}\n{\"Round\":8}\n{\"Step\":2}\n{\"Call\":\"b\"}\n",
        );
        assert_eq!((verdict.steps, verdict.calls), (vec![2], vec!["b".to_owned()]));
    }
}
