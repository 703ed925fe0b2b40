//! A validation as text; for CI see [`junit`].

pub(crate) mod junit;

use super::{CHECKS, Outcome, Status, Validation};
use crate::console::escaped;

/// One line, and one more for each thing that was found.
pub(crate) fn outcome(outcome: &Outcome) -> String {
    let mut text = format!("{}  {}\n", outcome.status.name(), outcome.check);
    for line in outcome.details.iter().flat_map(|detail| detail.lines()) {
        // What a plugin said must not command the terminal.
        text += &format!("      {}\n", escaped(line));
    }
    if let Some(reproduce) = &outcome.reproduce {
        text += &format!("      the same again: --reproduce {reproduce}\n");
    }
    text
}

/// What it comes to.
pub(crate) fn summary(validation: &Validation) -> String {
    let counts = Status::ALL
        .iter()
        .filter_map(|status| match validation.count(*status) {
            0 => None,
            count => Some(format!("{count} {}", status.name())),
        });
    let counts: Vec<String> = counts.collect();
    format!(
        "{} checks: {}; seed {}",
        validation.checks.len(),
        counts.join(", "),
        validation.seed
    )
}

/// All checks with what they say, in columns.
pub(crate) fn list() -> String {
    let widest = CHECKS
        .iter()
        .map(|check| check.id.len())
        .max()
        .unwrap_or_default();
    let lines = CHECKS
        .iter()
        .map(|check| format!("{}  {:widest$}  {}\n", check.level, check.id, check.about));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn validation() -> Validation {
        let outcome = |check, status, details: &[&str]| Outcome {
            check,
            level: 1,
            status,
            details: details.iter().map(|one| (*one).to_owned()).collect(),
            reproduce: (status == Status::Crash).then(|| format!("{check}:7")),
            took: Duration::from_millis(1500),
        };
        Validation {
            library: "lib<x>.so".into(),
            seed: 7,
            checks: vec![
                outcome("file", Status::Pass, &[]),
                outcome("exports", Status::Warn, &["it exports `a&b`"]),
                outcome("load", Status::Crash, &["signal 11", "it printed: \u{1b}x"]),
                outcome("layout", Status::Skip, &["it needs `load`"]),
            ],
        }
    }

    #[test]
    fn what_a_plugin_printed_does_not_command_the_terminal() {
        let validation = validation();
        let text = super::outcome(&validation.checks[2]);
        assert!(text.contains("it printed: \\u{1b}x"), "{text}");
    }

    #[test]
    fn summary_counts_what_there_is() {
        let text = summary(&validation());
        assert_eq!(text, "4 checks: 1 pass, 1 warn, 1 crash, 1 skip; seed 7");
    }
}
