//! What each computing node does, by examples: `type { attributes } => output = JSON; …`, or `=> error: words of it`.
//!
//! An example is a node that On Initialize pulses, with its inputs as attributes, run by the real compiler and engine.

mod common;

use std::collections::BTreeSet;

use common::{engine, project};
use pulsewire_host::{literal, toolbox::Toolbox};
use pulsewire_plugin_api::value::{DataType, Value};

const EXAMPLES: &str = include_str!("node_examples.txt");

/// Where nodes are at work whose doing is not seen on their own outputs.
const ELSEWHERE: &[&str] = &[
    include_str!("engine.rs"),
    include_str!("functions.rs"),
    include_str!("node_flows.rs"),
    include_str!("node_interpolate.rs"),
    include_str!("node_machine.rs"),
    include_str!("node_subscriptions.rs"),
    include_str!("scenes.rs"),
];

struct Example<'a> {
    line: &'a str,
    node_type: &'a str,
    attributes: &'a str,
    expected: &'a str,
}

fn examples() -> impl Iterator<Item = Example<'static>> {
    let lines = EXAMPLES.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let (node, expected) = line.split_once(" => ").expect(line);
            let (node_type, attributes) = node.split_once(' ').unwrap_or((node, "{}"));
            Example {
                line,
                node_type,
                attributes,
                expected,
            }
        })
}

/// The JSON as a value of the type that the output has.
fn value(json: &str, output: &Value) -> Value {
    match json {
        "NaN" => Value::Float(f64::NAN),
        "inf" => Value::Float(f64::INFINITY),
        _ => {
            let plain = Value::from_json(json).expect(json);
            literal::coerce(&plain, output.data_type()).unwrap_or(plain)
        }
    }
}

#[test]
fn nodes_do_what_their_examples_say() {
    for Example {
        line,
        node_type,
        attributes,
        expected,
    } in examples()
    {
        let text = project(&format!(
            "begin: events.on_initialize\nnode: {node_type} {attributes}\nbegin.out -> node.in\n"
        ));
        let mut running = engine(&[("project", &text)]);
        running.engine.run_pending();
        let said = running.console.lines();
        if let Some(words) = expected.strip_prefix("error: ") {
            assert!(said.len() == 1 && said[0].contains(words), "{line}\n{said:?}");
            continue;
        }
        assert_eq!(said, [""; 0], "{line}");
        for part in expected.split("; ") {
            let (output, text) = part.split_once(" = ").expect(line);
            let found = running.engine.output("project", "node", output).expect(line);
            let expected = value(text, found);
            // JSON does not tell a Byte in an array from an Int.
            let is_same = *found == expected || found.to_json() == expected.to_json();
            assert!(is_same, "{line}\n{output} is {found:?}");
        }
    }
}

#[test]
fn every_node_has_an_example_or_is_at_work_in_another_test() {
    let shown: BTreeSet<&str> = examples().map(|example| example.node_type).collect();
    // An id stands as a whole word: what goes on behind it is another node's.
    let is_word = |text: &str, id: &str| {
        let continues =
            |rest: &str| rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
        text.match_indices(id)
            .any(|(at, _)| !continues(&text[at + id.len()..]))
    };
    let toolbox = Toolbox::default();
    let missing: Vec<&str> = toolbox
        .ids()
        .filter(|id| !shown.contains(id))
        .filter(|id| !ELSEWHERE.iter().any(|test| is_word(test, id)))
        .collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_node_has_help() {
    let toolbox = Toolbox::default();
    let silent: Vec<&str> = toolbox
        .ids()
        .filter(|id| {
            toolbox
                .get(id)
                .is_some_and(|entry| entry.node_type.help.is_empty())
        })
        .collect();
    assert_eq!(silent, [""; 0]);
    assert_eq!(value("1", &Value::default_of(DataType::Int)), Value::Int(1));
}
