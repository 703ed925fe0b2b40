//! The table of requirements in the Socket.IO plugin's documentation names tests that exist, and leaves none out.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use pulsewire_it::artifacts;

const TABLE: &str = "plugins/socketio/docs/requirements.md";

/// Where the tests of the plugin lie.
const PLACES: [&str; 2] = ["plugins/socketio", "tests/it/tests"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// `file::test` of every test in a source: a function under an attribute that ends in `test` or `test]`.
fn tests_in(path: &Path) -> Vec<String> {
    let file = path.file_stem().unwrap().to_string_lossy();
    let text = fs::read_to_string(path).unwrap();
    let (mut found, mut is_test) = (Vec::new(), false);
    for line in text.lines().map(str::trim) {
        is_test |= line == "#[test]" || line.starts_with("#[tokio::test");
        let name = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        if let Some(name) = name.filter(|_| is_test) {
            found.push(format!("{file}::{}", name.split(['(', '<']).next().unwrap()));
            is_test = false;
        }
    }
    found
}

#[test]
fn every_requirement_names_tests_that_exist_or_is_open() {
    let mut files = Vec::new();
    for place in PLACES {
        sources(&artifacts::workspace().join(place), &mut files);
    }
    let known: BTreeSet<String> = files.iter().flat_map(|file| tests_in(file)).collect();
    let page = fs::read_to_string(artifacts::workspace().join(TABLE)).unwrap();
    let rows = page.lines().filter(|line| line.starts_with("| R"));
    let mut numbers = Vec::new();
    for row in rows {
        let [_, number, requirement, held_by, _] = row.split('|').map(str::trim).collect::<Vec<_>>()[..]
        else {
            panic!("not three columns: {row}");
        };
        numbers.push(number.to_owned());
        assert!(!requirement.is_empty(), "{row}");
        let named: Vec<&str> = held_by.split('`').skip(1).step_by(2).collect();
        assert!(
            !named.is_empty() || held_by.contains("**open**"),
            "{number} is held by nothing"
        );
        for test in named {
            assert!(
                known.contains(test),
                "{number} names `{test}`, which does not exist"
            );
        }
    }
    let expected: Vec<String> = (1..=29).map(|number| format!("R{number}")).collect();
    assert_eq!(numbers, expected);
}
