//! What follows from another fault is not told beside it.

mod common;

use common::{faults, faults_of};

const WIRED: &str = "[[wire]]\nfrom = \"begin.out\"\nto = \"say.in\"\n\
    [[wire]]\nfrom = \"say.out\"\nto = \"end.in\"\n";

const BEGIN: &str = "id = \"begin\"\ntype = \"events.on_initialize\"\n";
const SAY: &str = "id = \"say\"\ntype = \"development.console\"\n";
const END: &str = "id = \"end\"\ntype = \"utilities.exit\"\n";

/// The graph in which `say` is as it is given.
fn with_say(say: &str) -> String {
    format!("format = 1\n[[node]]\n{BEGIN}[[node]]\n{say}[[node]]\n{END}{WIRED}")
}

#[test]
fn graph_of_these_tests_is_sound() {
    assert_eq!(faults(&with_say(SAY)), "");
}

#[test]
fn list_of_nodes_at_fault_does_not_make_wires_faulty() {
    let nodes = |header: &str| format!("format = 1\n{header}\n{BEGIN}{header}\n{SAY}{header}\n{END}{WIRED}");
    assert_eq!(
        faults(&nodes("[[nodes]]")),
        "error: logic/project.toml:2:3: unknown key `nodes`\n  hint: did you mean `node`?"
    );
    assert_eq!(
        faults(&format!("format = 1\nnodes = []\n{WIRED}")),
        "error: logic/project.toml:2:1: unknown key `nodes`\n  hint: did you mean `node`?"
    );
    assert_eq!(
        faults(&format!("format = 1\n[node]\n{BEGIN}{WIRED}")),
        "error: logic/project.toml:2:1: expected a list of tables, found Dictionary\n  hint: begin each with `[[node]]`"
    );
}

#[test]
fn node_at_fault_does_not_make_its_wires_faulty() {
    let cases = [
        (
            "id = \"sa y\"\ntype = \"development.console\"\n",
            "6:6: `sa y` is no node id\n  hint: use letters, digits, `_` and `-`, without dots and spaces",
        ),
        (
            "id = \"sa.y\"\ntype = \"development.console\"\n",
            "6:6: `sa.y` is no node id\n  hint: use letters, digits, `_` and `-`, without dots and spaces",
        ),
        (
            "id = 5\ntype = \"development.console\"\n",
            "6:6: expected String, found Int `5`\n  hint: write it in quotes: `\"5\"`",
        ),
        (
            "type = \"development.console\"\n",
            "5:1: missing key `id`\n  hint: a node needs `id` and `type`",
        ),
        (
            "ID = \"say\"\ntype = \"development.console\"\n",
            "6:1: unknown key `ID`\n  hint: did you mean `id`?",
        ),
        (
            "id = \"say\"\ntyp = \"development.console\"\n",
            "7:1: node `say`: unknown key `typ`\n  hint: did you mean `type`?",
        ),
        (
            "id = \"say\"\n",
            "5:1: node `say`: missing key `type`\n  hint: a node needs `id` and `type`",
        ),
    ];
    for (say, expected) in cases {
        let written = say.strip_prefix("id = ").map_or("say", |rest| {
            rest.lines().next().unwrap_or_default().trim_matches('"')
        });
        let text = with_say(say).replace("say.", &format!("{written}."));
        let expected = format!("error: logic/project.toml:{expected}");
        assert_eq!(faults(&text), expected, "{say}");
    }
}

#[test]
fn wires_at_fault_do_not_make_nodes_unpulsed() {
    let wired = |wires: &str| format!("format = 1\n[[node]]\n{BEGIN}[[node]]\n{SAY}[[node]]\n{END}{wires}");
    assert_eq!(
        faults(&wired(&WIRED.replace("[[wire]]", "[[wires]]"))),
        "error: logic/project.toml:11:3: unknown key `wires`\n  hint: did you mean `wire`?"
    );
    assert_eq!(
        faults(&wired(&WIRED.replace("to = \"end.in\"", "too = \"end.in\""))),
        "error: logic/project.toml:16:1: unknown key `too`\n  hint: did you mean `to`?"
    );
}

#[test]
fn declarations_at_fault_do_not_make_what_uses_them_faulty() {
    let uses = "[[node]]\nid = \"begin\"\ntype = \"events.on_initialize\"\n\
        [[node]]\nid = \"keep\"\ntype = \"variables.variable_setter\"\nattributes = { variable = \"last\", value = 5 }\n\
        [[wire]]\nfrom = \"begin.out\"\nto = \"keep.in\"\n";
    let declared =
        |header: &str, name: &str| format!("format = 1\n{header}\n{name} = \"last\"\ntype = \"Int\"\n{uses}");
    assert_eq!(faults(&declared("[[variable]]", "name")), "");
    assert_eq!(
        faults(&declared("[[variables]]", "name")),
        "error: logic/project.toml:2:3: unknown key `variables`\n  hint: did you mean `variable`?"
    );
    assert_eq!(
        faults(&declared("[[variable]]", "nam")),
        "error: logic/project.toml:3:1: unknown key `nam`\n  hint: did you mean `name`?"
    );
}

#[test]
fn sides_of_a_function_at_fault_do_not_make_its_calls_faulty() {
    let project = "format = 1\n[[node]]\nid = \"begin\"\ntype = \"events.on_initialize\"\n\
        [[node]]\nid = \"call\"\ntype = \"functions.function\"\nattributes = { function = \"f\", who = \"Ada\" }\n\
        [[node]]\nid = \"say\"\ntype = \"development.console\"\n\
        [[wire]]\nfrom = \"begin.out\"\nto = \"call.in\"\n[[wire]]\nfrom = \"call.out\"\nto = \"say.in\"\n\
        [[wire]]\nfrom = \"call.text\"\nto = \"say.input\"\n";
    let function = |input: &str, kind: &str| {
        format!(
            "format = 1\n[[{input}]]\nname = \"who\"\ntype = \"{kind}\"\n[[output]]\nname = \"text\"\ntype = \"String\"\n\
             [[node]]\nid = \"in\"\ntype = \"functions.function_input\"\n\
             [[node]]\nid = \"out\"\ntype = \"functions.function_output\"\n\
             [[wire]]\nfrom = \"in.out\"\nto = \"out.in\"\n[[wire]]\nfrom = \"in.who\"\nto = \"out.text\"\n"
        )
    };
    let told = |input, kind| faults_of(&[("project", project), ("functions/f", &function(input, kind))]);
    assert_eq!(told("input", "String"), "");
    assert_eq!(
        told("inputs", "String"),
        "error: logic/functions/f.toml:2:3: unknown key `inputs`\n  hint: did you mean `input`?"
    );
    assert_eq!(
        told("input", "Strin"),
        "error: logic/functions/f.toml:4:8: unknown type `Strin`\n  hint: did you mean `String`?"
    );
}

#[test]
fn missing_plugin_is_told_once_for_each_type_with_the_number_of_its_nodes() {
    let graph = |nodes: &str| common::project(nodes);
    let found = faults_of(&[
        ("project", &graph("a: mqtt.start\nb: mqtt.send\nc: mqtt.start")),
        ("scenes/hall", &graph("d: mqtt.start")),
    ]);
    let told: Vec<&str> = found.lines().filter(|line| line.starts_with("warning")).collect();
    assert_eq!(
        told,
        [
            "warning: logic/project.toml:4:8: node `a`: node type `mqtt.start`: plugin `mqtt` is not installed; \
             its 3 nodes will not run",
            "warning: logic/project.toml:7:8: node `b`: node type `mqtt.send`: plugin `mqtt` is not installed; \
             the node will not run"
        ]
    );
}

#[test]
fn fault_of_one_declaration_does_not_hide_that_others_are_missing() {
    let graph = |declared: &str| {
        format!(
            "format = 1\n{declared}[[node]]\nid = \"begin\"\ntype = \"events.on_initialize\"\n\
             [[node]]\nid = \"keep\"\ntype = \"variables.variable_setter\"\nattributes = {{ variable = \"last\", value = 5 }}\n\
             [[node]]\nid = \"tell\"\ntype = \"events.event_trigger\"\nattributes = {{ event = \"last\" }}\n\
             [[wire]]\nfrom = \"begin.out\"\nto = \"keep.in\"\n[[wire]]\nfrom = \"keep.out\"\nto = \"tell.in\"\n"
        )
    };
    let nameless = faults(&graph("[[variable]]\ntype = \"Int\"\n"));
    assert!(
        nameless.contains("missing key `name`") && nameless.contains("there is no event `last`"),
        "{nameless}"
    );
    assert!(!nameless.contains("there is no variable"), "{nameless}");
    let faulty = faults(&graph("[[variable]]\nname = \"last\"\ntype = \"Intt\"\n"));
    assert!(
        faulty.contains("unknown type `Intt`") && faulty.contains("there is no event `last`"),
        "{faulty}"
    );
}

#[test]
fn variable_at_fault_in_a_scene_is_not_taken_for_the_projects() {
    let setter = "[[node]]\nid = \"begin\"\ntype = \"events.on_initialize\"\n\
        [[node]]\nid = \"keep\"\ntype = \"variables.variable_setter\"\nattributes = { variable = \"x\", value = \"hi\" }\n\
        [[wire]]\nfrom = \"begin.out\"\nto = \"keep.in\"\n";
    let declared = |kind: &str| format!("format = 1\n[[variable]]\nname = \"x\"\ntype = \"{kind}\"\n");
    let scene = |kind: &str| format!("{}{setter}", declared(kind));
    let told = |kind| faults_of(&[("project", &declared("Int")), ("scenes/hall", &scene(kind))]);
    assert_eq!(told("String"), "");
    assert_eq!(
        told("Strin"),
        "error: logic/scenes/hall.toml:4:8: unknown type `Strin`\n  hint: did you mean `String`?"
    );
}

#[test]
fn node_without_id_does_not_hide_a_slip_in_the_id_of_another() {
    let text = format!(
        "format = 1\n[[node]]\n{BEGIN}[[node]]\ntype = \"development.console\"\n[[node]]\n{END}{}",
        "[[wire]]\nfrom = \"begn.out\"\nto = \"say.in\"\n[[wire]]\nfrom = \"say.out\"\nto = \"end.in\"\n"
    );
    let told = faults(&text);
    assert!(
        told.contains("missing key `id`") && told.contains("there is no node `begn`"),
        "{told}"
    );
    assert!(!told.contains("there is no node `say`"), "{told}");
}

#[test]
fn fault_of_a_functions_input_does_not_hide_that_an_output_is_missing() {
    let project = "format = 1\n[[node]]\nid = \"begin\"\ntype = \"events.on_initialize\"\n\
        [[node]]\nid = \"call\"\ntype = \"functions.function\"\nattributes = { function = \"f\" }\n\
        [[node]]\nid = \"say\"\ntype = \"development.console\"\n\
        [[wire]]\nfrom = \"begin.out\"\nto = \"call.in\"\n[[wire]]\nfrom = \"call.out\"\nto = \"say.in\"\n\
        [[wire]]\nfrom = \"call.nothing\"\nto = \"say.input\"\n";
    let function = "format = 1\n[[input]]\nname = \"who\"\ntype = \"Strin\"\n[[output]]\nname = \"text\"\ntype = \"String\"\n\
        [[node]]\nid = \"in\"\ntype = \"functions.function_input\"\n\
        [[node]]\nid = \"out\"\ntype = \"functions.function_output\"\n\
        [[wire]]\nfrom = \"in.out\"\nto = \"out.in\"\n";
    let told = faults_of(&[("project", project), ("functions/f", function)]);
    assert!(
        told.contains("unknown type `Strin`") && told.contains("there is no output `nothing`"),
        "{told}"
    );
}

#[test]
fn attribute_at_fault_does_not_hide_a_wire_between_sockets_of_fixed_types() {
    let text = "format = 1\n[[node]]\nid = \"begin\"\ntype = \"events.on_initialize\"\n\
        [[node]]\nid = \"count\"\ntype = \"math.increment\"\n\
        [[node]]\nid = \"file\"\ntype = \"string.replace\"\nattributes = { nothing = 1 }\n\
        [[wire]]\nfrom = \"begin.out\"\nto = \"count.in\"\n[[wire]]\nfrom = \"count.out\"\nto = \"file.in\"\n\
        [[wire]]\nfrom = \"count.output\"\nto = \"file.string\"\n";
    let told = faults(text);
    assert!(
        told.contains("has no attribute `nothing`") && told.contains("takes String"),
        "{told}"
    );
}

#[test]
fn end_of_a_wire_at_fault_hides_neither_the_other_end_nor_what_nothing_pulses() {
    let nodes = "format = 1\n[[node]]\nid = \"begin\"\ntype = \"events.on_initialize\"\n\
        [[node]]\nid = \"say\"\ntype = \"development.console\"\n\
        [[node]]\nid = \"alone\"\ntype = \"development.console\"\n";
    let told = faults(&format!(
        "{nodes}[[wire]]\nfrom = \"begin out\"\nto = \"say.inn\"\n"
    ));
    assert!(
        told.contains("expected `node.socket`, found `begin out`")
            && told.contains("there is no input `inn`"),
        "{told}"
    );
    assert!(told.contains("nothing pulses `alone.in`"), "{told}");
    assert!(!told.contains("nothing pulses `say.in`"), "{told}");
    // Where this one leads is not known.
    let told = faults(&format!(
        "{nodes}[[wire]]\nfrom = \"begi.out\"\nto = \"say in\"\n"
    ));
    assert!(
        told.contains("expected `node.socket`, found `say in`") && told.contains("there is no node `begi`"),
        "{told}"
    );
    assert!(!told.contains("nothing pulses"), "{told}");
}

#[test]
fn node_that_cannot_let_the_pulse_pass_is_no_ring_too() {
    let text = "format = 1\n[[node]]\nid = \"begin\"\ntype = \"events.on_initialize\"\n\
        [[node]]\nid = \"tick\"\ntype = \"utilities.start_interval\"\npulse_pass_through = true\n\
        [[node]]\nid = \"say\"\ntype = \"development.console\"\n\
        [[wire]]\nfrom = \"begin.out\"\nto = \"say.in\"\n[[wire]]\nfrom = \"say.out\"\nto = \"tick.in\"\n\
        [[wire]]\nfrom = \"tick.out\"\nto = \"say.in\"\n";
    let told = faults(text);
    assert!(told.contains("`pulse_pass_through` needs exactly one"), "{told}");
    assert!(!told.contains("goes round"), "{told}");
}
