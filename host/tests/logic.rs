//! Logic files: what is read from them, and what is said about the faulty ones.

use std::{sync::Arc, time::Instant};

use proptest::prelude::*;
use pulsewire_host::{
    diagnostics::{Faults, SourceFile},
    logic::{Graph, parse_graph},
};
use pulsewire_plugin_api::{
    manifest::Scope,
    value::{DataType, Value},
};

fn parse(text: &str) -> (Option<Graph>, String) {
    let mut faults = Faults::default();
    let source = Arc::new(SourceFile::new("logic/project.toml", text));
    let graph = parse_graph(source, "project".to_owned(), Scope::Project, &mut faults);
    (graph, rendered(faults))
}

fn rendered(faults: Faults) -> String {
    let faults: Vec<String> = faults.into_sorted().iter().map(ToString::to_string).collect();
    faults.join("\n")
}

const WHOLE: &str = r#"format = 1

[[node]]
id = "begin"
type = "events.on_initialize"

[[node]]
id = "connect"
type = "socketio.start"
attributes = { z = 1, configuration = "chat", a = [1, 2.5] }
enabled = false
pulse_pass_through = true

[[wire]]
from = "begin.out"
to = "connect.in"

[[variable]]
name = "speed"
type = "Float"
value = 3
persistent = true

[[variable]]
name = "tint"
type = "Color"

[[event]]
name = "news came"
parameters = [
    { name = "text", type = "String", default = "none" },
    { name = "count", type = "Int" },
]

[layout]
begin = { x = 1, y = 2 }
"#;

#[test]
fn graph_holds_what_the_file_says() {
    let (graph, faults) = parse(WHOLE);
    assert_eq!(faults, "");
    let graph = graph.unwrap();
    let connect = &graph.nodes[1];
    assert_eq!(
        (connect.id.value.as_str(), connect.node_type.value.as_str()),
        ("connect", "socketio.start")
    );
    assert_eq!((connect.enabled, connect.pulse_pass_through), (false, true));
    let begin = &graph.nodes[0];
    assert_eq!((begin.enabled, begin.pulse_pass_through), (true, false));
    let wire = &graph.wires[0];
    assert_eq!(
        (
            wire.from.as_ref().unwrap().value.node.as_str(),
            wire.to.as_ref().unwrap().value.socket.as_str()
        ),
        ("begin", "in")
    );
    assert_eq!(graph.variables[0].value, Value::Float(3.0));
    assert!(graph.variables[0].persistent);
    assert_eq!(graph.variables[1].value, Value::default_of(DataType::Color));
    let event = &graph.events[0];
    assert_eq!(event.name.value, "news came");
    assert_eq!(event.parameters[0].default, Value::from("none"));
    assert_eq!(event.parameters[1].default, Value::Int(0));
}

#[test]
fn attributes_keep_the_order_of_the_file_and_their_places() {
    let (graph, _) = parse(WHOLE);
    let attributes = &graph.unwrap().nodes[1].attributes;
    let keys: Vec<&str> = attributes.iter().map(|(key, _)| key.value.as_str()).collect();
    assert_eq!(keys, ["z", "configuration", "a"]);
    assert_eq!(&WHOLE[attributes[1].0.span.clone()], "configuration");
    assert_eq!(&WHOLE[attributes[1].1.span.clone()], "\"chat\"");
    assert_eq!(attributes[2].1.value.to_json(), "[1,2.5]");
}

#[test]
fn positions_count_characters_and_no_byte_order_mark() {
    let source = SourceFile::new("a.toml", "\u{feff}äö = 1\r\n\n  ü\n");
    let at = |what: &str| source.position(source.text.find(what).unwrap());
    assert_eq!(source.position(0), (1, 1));
    assert_eq!((at("= 1"), at("\r"), at("ü")), ((1, 4), (1, 7), (3, 3)));
    assert_eq!(source.position(source.text.len()), (4, 1));
    assert_eq!(source.position(usize::MAX), (4, 1));
}

#[test]
fn nodes_follow_each_other_as_in_the_file() {
    let (graph, _) = parse(
        "format = 1\n[[node]]\nid = \"b\"\ntype = \"t\"\n[[wire]]\nfrom = \"b.out\"\nto = \"a.in\"\n\
         [[node]]\nid = \"a\"\ntype = \"t\"\n",
    );
    let nodes = graph.unwrap().nodes;
    let ids: Vec<&str> = nodes.iter().map(|node| node.id.value.as_str()).collect();
    assert_eq!(ids, ["b", "a"]);
}

/// A file without its first line `format = 1`, and the faults without `error: logic/project.toml:`.
const FAULTS: &[(&str, &str)] = &[
    (
        "[[nod]]\nid = \"a\"\n",
        "2:3: unknown key `nod`\n  hint: did you mean `node`?",
    ),
    (
        "[[node]]\nid = \"a\"\ntype = \"t\"\natributes = {}\n",
        "5:1: node `a`: unknown key `atributes`\n  hint: did you mean `attributes`?",
    ),
    (
        "[[wire]]\nfrom = \"a.out\"\nto = \"b.in\"\nzzz = 1\n",
        "5:1: unknown key `zzz`\n  hint: known: `from`, `to`",
    ),
    (
        "[[node]]\ntype = \"t\"\n",
        "2:1: missing key `id`\n  hint: a node needs `id` and `type`",
    ),
    (
        "[[node]]\nid = \"a\"\n",
        "2:1: node `a`: missing key `type`\n  hint: a node needs `id` and `type`",
    ),
    (
        "[[node]]\nid = \"a\"\ntype = \"t\"\n\n[[node]]\nid = \"a\"\ntype = \"u\"\n",
        "7:6: node `a`: duplicate node id `a` in lines 3 and 7\n  hint: rename one of them",
    ),
    (
        "[[node]]\nid = \"\"\ntype = \"t\"\n",
        "3:6: the node id is empty\n  hint: use letters, digits, `_` and `-`, without dots and spaces",
    ),
    (
        "[[node]]\nid = \"a.b\"\ntype = \"t\"\n",
        "3:6: `a.b` is no node id\n  hint: use letters, digits, `_` and `-`, without dots and spaces",
    ),
    (
        "[[node]]\nid = \"a\\tb\"\ntype = \"t\"\n",
        "3:6: `a\\tb` is no node id\n  hint: use letters, digits, `_` and `-`, without dots and spaces",
    ),
    (
        "[[node]]\nid = \"a\"\ntype = \"\"\n",
        "4:8: node `a`: `` is no node type\n  hint: a type is `category.name`, such as `development.console`",
    ),
    (
        "[[node]]\nid = 5\ntype = \"t\"\n",
        "3:6: expected String, found Int `5`\n  hint: write it in quotes: `\"5\"`",
    ),
    (
        "[[node]]\nid = \"a\"\ntype = \"t\"\nenabled = \"yes\"\n",
        "5:11: node `a`: expected Bool, found String `yes`\n  hint: Bool is written `true`",
    ),
    (
        "[[node]]\nid = \"a\"\ntype = \"t\"\nattributes = [1]\n",
        "5:14: node `a`: expected a table, found Array of 1\n  hint: as in `attributes = { input = \"hello\" }`",
    ),
    (
        "[[node]]\nid = \"a\"\ntype = \"t\"\nattributes = { when = 1979-05-27 }\n",
        "5:23: node `a`: there is no type for the date `1979-05-27`\n  \
         hint: put it in quotes, so that it is a String",
    ),
    (
        "[[node]]\nid = \"a\"\ntype = \"t\"\nattributes = { n = 9223372036854775808 }\n",
        "5:20: node `a`: `9223372036854775808` does not fit an Int\n  hint: Int has 64 bits",
    ),
    (
        "[[node]]\nid = \"a\"\ntype = \"t\"\ninput = \"x\"\n",
        "5:1: node `a`: unknown key `input`\n  \
         hint: an attribute of the node? write `attributes = { input = \"x\" }`",
    ),
    (
        "[node]\nid = \"a\"\n",
        "2:1: expected a list of tables, found Dictionary\n  hint: begin each with `[[node]]`",
    ),
    (
        "[[wire]]\nfrom = \"a.\"\nto = \"b.in\"\n",
        "3:8: expected `node.socket`, found `a.`\n  \
         hint: an end is a node's id, a dot, and a socket's id: `begin.out`",
    ),
    (
        "[[wire]]\nfrom = \"a.out\"\nto = \"b.in.x\"\n",
        "4:6: expected `node.socket`, found `b.in.x`\n  \
         hint: an end is a node's id, a dot, and a socket's id: `begin.out`",
    ),
    (
        "[[variable]]\nname = \"v\"\ntype = \"Int\"\nvalue = \"five\"\n",
        "5:9: expected Int, found String `five`\n  hint: Int is written `-7`",
    ),
    (
        "[[variable]]\nname = \"v\"\ntype = \"Strin\"\n",
        "4:8: unknown type `Strin`\n  hint: did you mean `String`?",
    ),
    (
        "[[variable]]\nname = \" v\"\ntype = \"Int\"\n",
        "3:8: ` v` is no name\n  hint: a name has no spaces at its ends and no line breaks",
    ),
    (
        "[[event]]\nname = \"e\"\n[[event]]\nname = \"e\"\n",
        "5:8: duplicate event `e` in lines 3 and 5\n  hint: rename one of them",
    ),
    (
        "[[event]]\nname = \"e\"\nparameters = [{ name = \"a.b\", type = \"Int\" }]\n",
        "4:24: `a.b` is no parameter name\n  hint: use letters, digits, `_` and `-`, without dots and spaces",
    ),
    (
        "[[event]]\nname = \"e\"\nparameters = [{ name = \"in\", type = \"Int\" }]\n",
        "4:24: `in` is the name of a socket already\n  hint: rename the parameter",
    ),
    (
        "[[event]]\nname = \"e\"\nparameters = [{ name = \"out\", type = \"Int\" }]\n",
        "4:24: `out` is the name of a socket already\n  hint: rename the parameter",
    ),
    (
        "[[event]]\nname = \"e\"\nparameters = [{ name = \"event\", type = \"Int\" }]\n",
        "4:24: `event` is the name of an attribute already\n  hint: rename the parameter",
    ),
    (
        "[[event]]\nname = \"e\"\nparameters = [{ name = \"p\", type = \"Int\", defalt = 1 }]\n",
        "4:43: unknown key `defalt`\n  hint: did you mean `default`?",
    ),
    (
        "[[node]\nid = \"a\"\n",
        "2:8: not valid TOML: unclosed array table, expected `]`\n  hint: close it with `]]`",
    ),
    (
        "format = 1\n",
        "2:1: not valid TOML: duplicate key `format`\n  hint: remove one of them",
    ),
];

#[test]
fn every_fault_is_told_in_the_designers_words() {
    for (text, expected) in FAULTS {
        let text = format!("format = 1\n{text}");
        assert_eq!(
            parse(&text).1,
            format!("error: logic/project.toml:{expected}"),
            "\nthe faults of\n{text}"
        );
    }
}

#[test]
fn format_must_be_there_and_known() {
    assert_eq!(
        parse("[[node]]\nid = \"a\"\ntype = \"t\"\n").1,
        "error: logic/project.toml:1:1: missing key `format`\n  hint: begin the file with `format = 1`"
    );
    assert_eq!(
        parse("format = 2\nnonsense = true\n").1,
        "error: logic/project.toml:1:10: format 2 is not supported\n  hint: this release reads format 1"
    );
}

#[test]
fn all_faults_come_at_once_and_the_sound_parts_are_kept() {
    let (graph, faults) = parse(
        "format = 1\n[[node]]\nid = \"a\"\ntype = 1\n[[node]]\nid = \"b\"\ntype = \"t\"\nx = 1\n\
         [[wire]]\nto = \"b.in\"\n",
    );
    assert_eq!(faults.lines().filter(|line| line.starts_with("error")).count(), 3);
    let graph = graph.unwrap();
    assert_eq!((graph.nodes.len(), graph.wires.len()), (1, 1));
    let wire = &graph.wires[0];
    assert!(wire.from.is_none() && wire.to.is_some(), "{wire:?}");
}

#[test]
fn syntax_fault_names_the_graph() {
    let mut faults = Faults::default();
    let source = Arc::new(SourceFile::new("logic/scenes/a.toml", "= 3"));
    assert!(parse_graph(source, "scenes/a".to_owned(), Scope::Scene, &mut faults).is_none());
    assert_eq!(faults.iter().next().unwrap().graph.as_deref(), Some("scenes/a"));
}

#[test]
fn faults_of_a_large_file_cost_no_more_than_the_file() {
    let mut text = String::from("format = 1\n");
    for number in 0..20_000 {
        text += &format!("[[node]]\nid = \"n{number}\"\ntype = \"t\"\nwrong = 1\n");
    }
    let begin = Instant::now();
    let (graph, faults) = parse(&text);
    assert_eq!(graph.unwrap().nodes.len(), 20_000);
    assert!(faults.ends_with(
        "unknown key `wrong`\n  hint: an attribute of the node? write `attributes = { wrong = 1 }`"
    ));
    // Counting the lines from the top of the file for each fault takes ten times as long.
    assert!(begin.elapsed().as_secs() < 10, "took {:?}", begin.elapsed());
}

/// Run it with `--release -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, to be read by people"]
fn graph_of_100_000_nodes_and_wires_is_read_whole() {
    let mut text = String::from("format = 1\n");
    for number in 0..100_000 {
        text += &format!(
            "\n[[node]]\nid = \"node_{number}\"\ntype = \"math.add\"\nattributes = {{ a = {number} }}\n\n\
             [[wire]]\nfrom = \"node_{number}.out\"\nto = \"node_{}.in\"\n",
            number + 1
        );
    }
    let begin = Instant::now();
    let (graph, faults) = parse(&text);
    let took = begin.elapsed();
    println!("{} bytes in {took:?}", text.len());
    assert_eq!((graph.unwrap().nodes.len(), faults.as_str()), (100_000, ""));
}

/// Pieces that real files are made of, so that random texts get past the parser's first line.
const PIECES: &[&str] = &[
    "format = 1\n",
    "[[node]]\n",
    "[node]\n",
    "[[wire]]\n",
    "[[variable]]\n",
    "[[event]]\n",
    "[layout]\n",
    "[[event.parameters]]\n",
    "id = \"a\"\n",
    "id = 1\n",
    "type = \"Int\"\n",
    "name = \"n\"\n",
    "value = []\n",
    "from = \"a.b\"\n",
    "to = \"\"\n",
    "attributes = { a = 1 }\n",
    "attributes.b.c = 1979-05-27\n",
    "parameters = [{}]\n",
    "a.b.c = nan\n",
    "node = []\n",
    "wire = {}\n",
    "\"ü\" = 'x'\r\n",
    "# c\n",
    "[",
    "]",
    "=",
    "\u{feff}",
];

proptest! {
    #[test]
    fn no_toml_makes_the_reader_panic(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..24),
    ) {
        let (graph, faults) = parse(&pieces.concat());
        prop_assert!(graph.is_some() || !faults.is_empty());
    }
}
