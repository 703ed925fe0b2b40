//! The table of conversions in `docs/logic.md` is what the node Conversion does: each example, and for every pair of types
//! whether there is a way from one to the other.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{collections::BTreeSet, fs, path::Path};

use common::{engine, project};
use pulsewire_host::literal::coerce;
use pulsewire_plugin_api::value::{DataType, Value};

/// Values of each type, as TOML; whatever a type can become, one of them can.
const SAMPLES: &[(DataType, &[&str])] = &[
    (
        DataType::Array,
        &["[]", "[1, 2]", "[1, 2, 3]", "[1, 2, 3, 4]", MATRIX],
    ),
    (DataType::Binary, &[r#""""#, r#""31""#]),
    (DataType::Bool, &["true"]),
    (DataType::Byte, &["1"]),
    (DataType::Color, &[r##""#FF00A0E0""##]),
    (DataType::CustomId, &["1"]),
    (DataType::Dictionary, &["{}", "{ a = 1 }"]),
    (DataType::Float, &["1.0"]),
    (DataType::Int, &["1"]),
    (DataType::Matrix4x4, &[MATRIX]),
    (DataType::String, &[r#""1""#, r#""FF00A0E0""#, r#""[]""#]),
    (DataType::Vector2, &["[1, 2]"]),
    (DataType::Vector3, &["[1, 2, 3]"]),
    (DataType::Vector4, &["[1, 2, 3, 4]"]),
];

const MATRIX: &str = "[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]";

/// The rows of the table: from, to, and the examples.
fn table() -> Vec<(Vec<DataType>, Vec<DataType>, Vec<String>)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/logic.md");
    let text = fs::read_to_string(file).unwrap();
    let section = text.split("### Conversions").nth(1).unwrap();
    let rows = section
        .lines()
        .skip_while(|line| !line.starts_with("| ---"))
        .skip(1);
    rows.take_while(|line| line.starts_with('|'))
        .map(|row| {
            let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
            let [from, to, _, examples] = cells[..] else {
                panic!("{row}")
            };
            let types = |cell: &str| cell.split(", ").map(|name| name.parse().expect(cell)).collect();
            let examples = examples.split('`').skip(1).step_by(2);
            (types(from), types(to), examples.map(str::to_owned).collect())
        })
        .collect()
}

/// What Conversion makes of a value; nothing if it fails.
fn converted(from: DataType, value: &str, to: DataType) -> Option<Value> {
    let mut running = engine(&[(
        "project",
        &project(&format!(
            "begin: events.on_initialize\nnode: utilities.conversion {{ input_data_type = \"{from}\", \
             output_data_type = \"{to}\", input = {value} }}\nbegin.out -> node.in"
        )),
    )]);
    running.engine.run_pending();
    let value = running
        .engine
        .output("project", "node", "output")
        .unwrap()
        .clone();
    running.console.lines().is_empty().then_some(value)
}

#[test]
fn every_example_of_the_table_is_what_happens() {
    let mut count = 0;
    for (_, _, examples) in table() {
        for example in examples.iter().filter(|example| example.contains(" → ")) {
            let (from, to) = example.split_once(" → ").unwrap();
            let (from, value) = from.split_once(' ').unwrap();
            let from: DataType = from.parse().unwrap();
            let expected = match to.strip_suffix(": error") {
                Some(to) => {
                    assert_eq!(converted(from, value, to.parse().unwrap()), None, "{example}");
                    count += 1;
                    continue;
                }
                None => to.split_once(' ').unwrap(),
            };
            let to: DataType = expected.0.parse().unwrap();
            let plain = Value::from_json(expected.1).expect(example);
            let expected = coerce(&plain, to).expect(example);
            let found = converted(from, value, to).unwrap_or_else(|| panic!("{example}: it fails"));
            // JSON does not tell a Byte in an array from an Int.
            assert!(
                found == expected || found.to_json() == expected.to_json(),
                "{example}: {found:?}"
            );
            count += 1;
        }
    }
    assert!(count > 25, "only {count} examples were found");
}

#[test]
fn the_table_has_every_pair_of_types_that_can_be_converted_and_no_other() {
    let mut listed = BTreeSet::new();
    for (from, to, _) in table() {
        for from in from {
            listed.extend(
                to.iter()
                    .filter(|to| **to != from)
                    .map(|to| format!("{from} to {to}")),
            );
        }
    }
    let mut found = BTreeSet::new();
    for (from, samples) in SAMPLES {
        for (to, _) in SAMPLES.iter().filter(|(to, _)| to != from) {
            if samples
                .iter()
                .any(|sample| converted(*from, sample, *to).is_some())
            {
                found.insert(format!("{from} to {to}"));
            }
        }
    }
    assert_eq!(listed, found);
}

#[test]
fn every_type_becomes_itself_and_any() {
    for (from, samples) in SAMPLES {
        for to in [*from, DataType::Any] {
            let sample = samples[0];
            let becomes = converted(*from, sample, to).unwrap_or_else(|| panic!("{from} to {to}"));
            assert_eq!(becomes.data_type(), *from);
        }
    }
}
