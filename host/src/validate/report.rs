//! A validation as text, and for CI.

use std::fmt::Write as _;

use super::{CHECKS, Outcome, Status, Validation};

/// One line, and one more for each thing that was found.
pub(crate) fn outcome(outcome: &Outcome) -> String {
    let mut text = format!("{}  {}\n", outcome.status.name(), outcome.check);
    for detail in &outcome.details {
        text += &format!("      {detail}\n");
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

/// The format that CI services read: a suite of test cases.
pub(crate) fn junit(validation: &Validation) -> String {
    let bad = validation
        .checks
        .iter()
        .filter(|outcome| outcome.status.is_bad())
        .count();
    let seconds: f64 = validation
        .checks
        .iter()
        .map(|outcome| outcome.took.as_secs_f64())
        .sum();
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string can't fail.
    let _ = writeln!(
        xml,
        "<testsuite name=\"{}\" tests=\"{}\" failures=\"{bad}\" skipped=\"{}\" time=\"{seconds:.3}\">",
        escaped(&validation.library.to_string_lossy()),
        validation.checks.len(),
        validation.count(Status::Skip)
    );
    let _ = writeln!(
        xml,
        "  <properties><property name=\"seed\" value=\"{}\"/></properties>",
        validation.seed
    );
    for outcome in &validation.checks {
        let _ = write!(
            xml,
            "  <testcase classname=\"pulsewire.level{}\" name=\"{}\" time=\"{:.3}\"",
            outcome.level,
            outcome.check,
            outcome.took.as_secs_f64()
        );
        let mut details = outcome.details.join("\n");
        if let Some(reproduce) = &outcome.reproduce {
            details += &format!("\nthe same again: --reproduce {reproduce}");
        }
        let details = escaped(&details);
        let status = outcome.status.name();
        let _ = match outcome.status {
            Status::Pass => writeln!(xml, "/>"),
            Status::Warn => writeln!(xml, "><system-out>{status}: {details}</system-out></testcase>"),
            Status::Skip => writeln!(xml, "><skipped message=\"{details}\"/></testcase>"),
            Status::Fail | Status::Crash | Status::Hang => {
                writeln!(xml, "><failure type=\"{status}\">{details}</failure></testcase>")
            }
        };
    }
    xml + "</testsuite>\n"
}

/// The text as XML has it; control characters, which XML cannot have, are left out.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\n' => escaped += "&#10;",
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {}
            letter => escaped.push(letter),
        }
    }
    escaped
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
    fn junit_counts_and_escapes() {
        let xml = junit(&validation());
        for part in [
            "<testsuite name=\"lib&lt;x&gt;.so\" tests=\"4\" failures=\"1\" skipped=\"1\" time=\"6.000\">",
            "name=\"file\" time=\"1.500\"/>",
            "<system-out>warn: it exports `a&amp;b`</system-out>",
            "<failure type=\"crash\">signal 11&#10;it printed: x&#10;the same again: --reproduce load:7</failure>",
            "<skipped message=\"it needs `load`\"/>",
        ] {
            assert!(xml.contains(part), "no {part} in {xml}");
        }
    }

    #[test]
    fn summary_counts_what_there_is() {
        let text = summary(&validation());
        assert_eq!(text, "4 checks: 1 pass, 1 warn, 1 crash, 1 skip; seed 7");
    }
}
