//! A validation as text, and for CI.

use std::{fmt::Write as _, time::Duration};

use super::{CHECKS, Outcome, Status, Validation};

/// One line, and one more for each thing that was found.
pub(crate) fn outcome(outcome: &Outcome) -> String {
    let mut text = format!("{}  {}\n", outcome.status.name(), outcome.check);
    for line in outcome.details.iter().flat_map(|detail| detail.lines()) {
        text += &format!("      {}\n", visible(line));
    }
    if let Some(reproduce) = &outcome.reproduce {
        text += &format!("      the same again: --reproduce {reproduce}\n");
    }
    text
}

/// What a plugin said must not command the terminal.
fn visible(line: &str) -> String {
    let mut shown = String::new();
    for letter in line.chars() {
        match letter {
            '\t' => shown.push(' '),
            letter if letter.is_control() => shown.extend(letter.escape_default()),
            letter => shown.push(letter),
        }
    }
    shown
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

/// The format that CI services read: a suite of test cases, with the elements and attributes of Maven Surefire's schema.
/// What did not come to its end is an error there, what broke a rule a failure.
pub(crate) fn junit(validation: &Validation) -> String {
    let count = |status| validation.count(status);
    let took = validation.checks.iter().map(|outcome| outcome.took);
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a string can't fail.
    let _ = writeln!(
        xml,
        "<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\">",
        escaped(&validation.library.to_string_lossy()),
        validation.checks.len(),
        count(Status::Fail),
        count(Status::Crash) + count(Status::Hang),
        count(Status::Skip),
        took.sum::<Duration>().as_secs_f64()
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
        let _ = match found(outcome) {
            Some(found) => writeln!(xml, ">{found}</testcase>"),
            None => writeln!(xml, "/>"),
        };
    }
    xml + "</testsuite>\n"
}

/// The element that says what a check found.
fn found(outcome: &Outcome) -> Option<String> {
    let again = outcome.reproduce.as_ref();
    let again = again.map(|reproduce| format!("the same again: --reproduce {reproduce}"));
    let details: Vec<String> = outcome.details.iter().cloned().chain(again).collect();
    let details = escaped(&details.join("\n"));
    let first = escaped(outcome.details.first().map_or("", String::as_str));
    let status = outcome.status.name();
    let element = match outcome.status {
        Status::Pass => return None,
        Status::Warn => return Some(format!("<system-out>{status}: {details}</system-out>")),
        Status::Skip => return Some(format!("<skipped message=\"{details}\"/>")),
        Status::Fail => "failure",
        Status::Crash | Status::Hang => "error",
    };
    Some(format!(
        "<{element} type=\"{status}\" message=\"{first}\">{details}</{element}>"
    ))
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
            "<testsuite name=\"lib&lt;x&gt;.so\" tests=\"4\" failures=\"0\" errors=\"1\" skipped=\"1\" time=\"6.000\">",
            "name=\"file\" time=\"1.500\"/>",
            "<system-out>warn: it exports `a&amp;b`</system-out>",
            "<error type=\"crash\" message=\"signal 11\">signal 11&#10;it printed: x&#10;the same again: --reproduce load:7</error>",
            "<skipped message=\"it needs `load`\"/>",
        ] {
            assert!(xml.contains(part), "no {part} in {xml}");
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
