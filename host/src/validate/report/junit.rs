//! The format that CI services read, called JUnit's: a suite of test cases, with the elements and attributes that both the
//! schema of Maven Surefire (`surefire-test-report.xsd`) and that of Jenkins (`junit-10.xsd`) allow.
//!
//! What did not come to its end is an error there, what broke a rule a failure.

use std::{fmt::Write as _, time::Duration};

use crate::validate::{Outcome, Status, Validation};

/// The report, a test case for each check.
pub(crate) fn text(validation: &Validation) -> String {
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
            '\t' => escaped += "&#9;",
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use roxmltree::{Document, Node};

    use super::*;

    /// Of each element: the attributes that it must have, those that it may have, and what may stand in it, in that order.
    /// A report that keeps to it is valid under both schemas.
    const SCHEMA: &[(&str, [&[&str]; 3])] = &[
        (
            "testsuite",
            [
                &["name", "tests", "failures", "errors", "skipped"],
                &["time", "group"],
                &["properties", "testcase"],
            ],
        ),
        ("properties", [&[], &[], &["property"]]),
        ("property", [&["name", "value"], &[], &[]]),
        (
            "testcase",
            [
                &["name", "time"],
                &["classname", "group"],
                &["failure", "skipped", "error", "system-out", "system-err"],
            ],
        ),
        ("failure", [&["type"], &["message"], &[]]),
        ("error", [&["type"], &["message"], &[]]),
        ("skipped", [&[], &["message"], &[]]),
        ("system-out", [&[], &[], &[]]),
        ("system-err", [&[], &[], &[]]),
    ];

    #[track_caller]
    fn assert_valid(element: Node<'_, '_>) {
        let name = element.tag_name().name();
        let (_, [required, optional, inside]) = SCHEMA.iter().find(|(known, _)| *known == name).unwrap();
        for attribute in *required {
            assert!(
                element.has_attribute(*attribute),
                "`{name}` without `{attribute}`"
            );
        }
        for attribute in element.attributes() {
            let known = required
                .iter()
                .chain(*optional)
                .any(|known| *known == attribute.name());
            assert!(known, "`{name}` with `{}`", attribute.name());
        }
        let elements = element.children().filter(Node::is_element);
        let places = elements.clone().map(|child| {
            let place = inside.iter().position(|known| *known == child.tag_name().name());
            place.unwrap_or_else(|| panic!("`{}` in `{name}`", child.tag_name().name()))
        });
        assert!(places.is_sorted(), "the order in `{name}`");
        elements.for_each(|child| assert_valid(child));
    }

    const HARMFUL: &str = "\u{1b}[31m]]>&<\"'\0\r\u{9b}\u{fffe}\u{ffff}\u{1f600}\n  second\tline";

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
            library: format!("lib{HARMFUL}.so").into(),
            seed: 7,
            checks: vec![
                outcome("file", Status::Pass, &[]),
                outcome("exports", Status::Warn, &[HARMFUL, "more"]),
                outcome("load", Status::Crash, &["signal 11", HARMFUL]),
                outcome("threads", Status::Hang, &[HARMFUL]),
                outcome("budget", Status::Fail, &[HARMFUL, "more"]),
                outcome("activate", Status::Fail, &[]),
                outcome("layout", Status::Skip, &["it needs `load`"]),
            ],
        }
    }

    #[test]
    fn report_is_valid_whatever_a_plugin_says() {
        let xml = text(&validation());
        assert!(
            xml.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"),
            "{xml}"
        );
        let document = Document::parse(&xml).unwrap();
        assert_valid(document.root_element());
        let harmless = "[31m]]>&<\"'\u{1f600}\n  second\tline";
        let failure = document
            .descendants()
            .find(|one| one.has_tag_name("failure"))
            .unwrap();
        assert_eq!(failure.text(), Some(&*format!("{harmless}\nmore")));
        assert_eq!(failure.attribute("message"), Some(harmless));
        let name = document.root_element().attribute("name").unwrap();
        assert_eq!(name, format!("lib{harmless}.so"));
    }

    #[test]
    fn counts_and_times_add_up() {
        let xml = text(&validation());
        let document = Document::parse(&xml).unwrap();
        let suite = document.root_element();
        let count = |tag| {
            document
                .descendants()
                .filter(|one| one.has_tag_name(tag))
                .count()
                .to_string()
        };
        for (attribute, tag, expected) in [
            ("tests", "testcase", "7"),
            ("failures", "failure", "2"),
            ("errors", "error", "2"),
            ("skipped", "skipped", "1"),
        ] {
            assert_eq!(suite.attribute(attribute), Some(expected), "{attribute}");
            assert_eq!(count(tag), expected, "{tag}");
        }
        assert_eq!(suite.attribute("time"), Some("10.500"));
        for case in document.descendants().filter(|one| one.has_tag_name("testcase")) {
            assert_eq!(case.attribute("time"), Some("1.500"));
            assert_eq!(case.attribute("classname"), Some("pulsewire.level1"));
        }
    }

    #[test]
    fn case_says_how_it_ended_and_how_to_see_it_again() {
        let xml = text(&validation());
        let document = Document::parse(&xml).unwrap();
        let found = |check| {
            let mut all = document.descendants();
            let case = all.find(|one| one.attribute("name") == Some(check)).unwrap();
            let element = case.children().find(Node::is_element);
            element.map(|one| {
                let kind = one.attribute("type").unwrap_or_default();
                (
                    one.tag_name().name(),
                    kind,
                    one.text().unwrap_or_default().to_owned(),
                )
            })
        };
        assert_eq!(found("file"), None);
        let (tag, kind, words) = found("load").unwrap();
        assert_eq!((tag, kind), ("error", "crash"));
        assert!(words.ends_with("\nthe same again: --reproduce load:7"), "{words}");
        let (tag, kind, _) = found("threads").unwrap();
        assert_eq!((tag, kind), ("error", "hang"));
        let (tag, _, words) = found("exports").unwrap();
        assert!(tag == "system-out" && words.starts_with("warn: "), "{words}");
        assert_eq!(found("layout").unwrap().0, "skipped");
        let seed = document
            .descendants()
            .find(|one| one.has_tag_name("property"))
            .unwrap();
        assert_eq!(
            (seed.attribute("name"), seed.attribute("value")),
            (Some("seed"), Some("7"))
        );
    }
}
