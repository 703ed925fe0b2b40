//! What a fault in a graph says to do about it, and what is only a warning.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{faults, graph, project};
use pulsewire_host::{
    compile::{Environment, compile},
    diagnostics::Faults,
    toolbox::{Origin, Toolbox},
};

/// Each case: its name, the lines after `begin`, and what the faults must contain.
#[track_caller]
fn assert_all(cases: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (name, lines, expected) in cases {
        let found = faults(&project(&format!("begin: events.on_initialize\n{lines}")));
        if !found.contains(expected) {
            wrong.push(format!("{name}:\n--- expected\n{expected}\n--- found\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn hints_say_what_to_write() {
    assert_all(&[
        (
            "variable where none is declared",
            "a: variables.variable_getter { variable = \"counter\" }",
            "there is no variable `counter`\n  hint: declare a `[[variable]]` first",
        ),
        (
            "event where none is declared",
            "a: events.event_listener { event = \"done\" }",
            "there is no event `done`\n  hint: declare an `[[event]]` first",
        ),
        (
            "input beyond the count",
            "a: math.add { count = 3, input_4 = 4 }",
            "`math.add` has no attribute `input_4`\n  hint: `count` is 3; set `count = 4`",
        ),
        (
            "wire beyond the count",
            "a: math.add { count = 3 }\nb: math.add\nb.output -> a.input_4",
            "there is no input `input_4`\n  hint: `count` is 3; set `count = 4`",
        ),
        (
            "output beyond the cases",
            "a: flow_control.switch { cases = [1] }\nb: development.console\na.case_2 -> b.in",
            "there is no output `case_2`\n  hint: `cases` has 1 element; add another",
        ),
        (
            "number beyond every count",
            "a: math.add { input_99999 = 4 }",
            "`math.add` has no attribute `input_99999`\n  hint: known:",
        ),
        (
            "label for a type",
            "a: Console",
            "error: logic/project.toml:7:8: node `a`: unknown node type `Console`\n  \
             hint: did you mean `development.console`?",
        ),
        (
            "type without its category",
            "a: on_initialize",
            "unknown node type `on_initialize`\n  hint: did you mean `events.on_initialize`?",
        ),
        (
            "type in another category",
            "a: events.for_loop",
            "unknown node type `events.for_loop`\n  hint: did you mean `flow_control.for_loop`?",
        ),
        (
            "label in two words",
            "a: math.ForLoop",
            "unknown node type `math.ForLoop`\n  hint: did you mean `flow_control.for_loop`?",
        ),
        (
            "label with spaces",
            "a: X\n[[node]]\nid = \"b\"\ntype = \"For Loop\"",
            "node `b`: unknown node type `For Loop`\n  hint: did you mean `flow_control.for_loop`?",
        ),
        (
            "label with a dot",
            "a: X\n[[node]]\nid = \"b\"\ntype = \"For.Loop\"",
            "node `b`: unknown node type `For.Loop`\n  hint: did you mean `flow_control.for_loop`?",
        ),
        (
            "type that resembles none",
            "a: print",
            "unknown node type `print`\n  hint: `pulsewire toolbox list` shows all node types",
        ),
        (
            "prefix that can be no plugin's",
            "a: Console.log",
            "error: logic/project.toml:7:8: node `a`: unknown node type `Console.log`",
        ),
        (
            "plugin that is not installed",
            "a: mqtt.start",
            &format!(
                "the node will not run\n  hint: put its library into a plugin folder, as `mqtt/{}`; \
                 `--plugin-dir` names one",
                pulsewire_host::plugins::library_file_name("mqtt")
            ),
        ),
        (
            "end without a socket",
            "a: development.console\nbegin -> a.in",
            "error: logic/project.toml:9:8: node `begin`: expected `node.socket`, found `begin`\n  \
             hint: write `begin.out`",
        ),
        (
            "end without one of several sockets",
            "a: development.console\nbegin.out -> a",
            "error: logic/project.toml:10:6: node `a`: expected `node.socket`, found `a`\n  \
             hint: write one of `a.in`, `a.input`",
        ),
        (
            "end without a socket at a node that waits for its plugin",
            "a: mqtt.start\nbegin.out -> a",
            "node `a`: expected `node.socket`, found `a`\n  hint: an end is",
        ),
        (
            "pulse into a source",
            "[[variable]]\nname = \"v\"\ntype = \"Int\"\na: variables.variable_getter { variable = \"v\" }\nbegin.out -> a.in",
            "there is no input `in`\n  hint: `variables.variable_getter` has no pulse inputs; it is read when used",
        ),
        (
            "number out of an input's range",
            "a: utilities.exit { code = 300 }",
            "node `a`: attribute `code` is 300, expected 0 to 255",
        ),
        (
            "fraction out of an input's range",
            "a: utilities.start_interval { seconds = 0 }",
            "node `a`: attribute `seconds` is 0.0, expected 0.001 to 315360000",
        ),
        (
            "pulse into an event",
            "a: events.on_error\nbegin.out -> a.in",
            "there is no input `in`\n  hint: `events.on_error` has no pulse inputs; it starts by itself",
        ),
    ]);
}

#[test]
fn node_that_nothing_pulses_is_a_warning() {
    assert_all(&[
        (
            "one pulse input",
            "a: development.console",
            "warning: logic/project.toml:6:6: node `a`: nothing pulses `a.in`\n  hint: wire a pulse output to it, or set `enabled = false`",
        ),
        (
            "only data is wired",
            "a: math.add\nb: development.console\nbegin.out -> b.in\na.output -> b.input",
            "node `a`: nothing pulses `a.in`",
        ),
    ]);
    for quiet in [
        "begin: events.on_initialize",
        "a: development.console\nenabled = false",
        // A wire at fault is enough of a fault.
        "a: development.console\nbegin: events.on_initialize\nbegin.out -> a.inn",
        "a: development.console\nb: mqtt.on_receive\nb.out -> a.in",
        "a: mqtt.start",
    ] {
        let found = faults(&project(quiet));
        assert!(!found.contains("nothing pulses"), "{quiet}: {found}");
    }
}

fn faults_with_plugin(reason: &str) -> String {
    let mut toolbox = Toolbox::default();
    let node_type = |id: &str| {
        let json = format!(
            r#"{{"type": "{id}", "name": "X", "kind": "action", "scopes": ["project"],
                 "inputs": [{{"id": "in", "type": "Pulse"}}]}}"#
        );
        serde_json::from_str(&json).unwrap()
    };
    for id in ["lamp.on", "lamp.off"] {
        let (plugin, reason) = ("lamp".to_owned(), reason.to_owned());
        toolbox.add(node_type(id), Origin::Unavailable { plugin, reason });
    }
    let mut faults = Faults::default();
    let text = project(
        "begin: events.on_initialize\nall: flow_control.sequential { count = 3 }\na: lamp.on\nb: lamp.on\nc: lamp.off
         begin.out -> all.in\nall.pulse_1 -> a.in\nall.pulse_2 -> b.in\nall.pulse_3 -> c.in",
    );
    let graph = graph("project", &text, &mut faults).unwrap();
    let environment = Environment {
        toolbox: &toolbox,
        settings_names: &|_| None,
    };
    compile(&[graph], &environment, &mut faults);
    faults.to_string()
}

#[test]
fn types_of_a_plugin_that_is_off_or_failed_are_warned_of_once_each() {
    assert_eq!(
        faults_with_plugin("disabled"),
        "warning: logic/project.toml:11:8: node `a`: node type `lamp.on`: plugin `lamp` is disabled; \
         its 2 nodes will not run\n  hint: switch it on: `pulsewire plugins enable lamp`\n\
         warning: logic/project.toml:17:8: node `c`: node type `lamp.off`: plugin `lamp` is disabled; \
         the node will not run\n  hint: switch it on: `pulsewire plugins enable lamp`"
    );
    let failed = faults_with_plugin("failed (it is empty)");
    assert!(
        failed.contains(
            "plugin `lamp` failed (it is empty); its 2 nodes will not run\n  hint: `pulsewire plugins info lamp` says more"
        ),
        "{failed}"
    );
}

#[test]
fn plugin_without_metadata_is_not_called_missing() {
    let mut toolbox = Toolbox::default();
    toolbox.add_broken("lamp", "failed (the file is cut off)");
    let mut faults = Faults::default();
    let graph = graph("project", &project("a: lamp.on\nb: lamp.on"), &mut faults).unwrap();
    let environment = Environment {
        toolbox: &toolbox,
        settings_names: &|_| None,
    };
    compile(&[graph], &environment, &mut faults);
    assert_eq!(
        faults.to_string(),
        "warning: logic/project.toml:4:8: node `a`: node type `lamp.on`: \
         plugin `lamp` failed (the file is cut off); its 2 nodes will not run\n  \
         hint: `pulsewire plugins info lamp` says more"
    );
}

#[test]
fn missing_entry_of_a_list_is_added_by_a_command() {
    let mut toolbox = Toolbox::default();
    let json = r#"{"type": "lamp.on", "name": "X", "kind": "event", "scopes": ["project"],
        "attributes": [{"id": "configuration", "type": "String", "options_from": "lamp.lamps", "required": true}]}"#;
    let plugin = Origin::Plugin {
        plugin: "lamp".to_owned(),
        has_behaviour: false,
    };
    toolbox.add(serde_json::from_str(json).unwrap(), plugin);
    let mut faults = Faults::default();
    let text = project("a: lamp.on { configuration = \"desk lamp\" }\nb: lamp.on");
    let graph = graph("project", &text, &mut faults).unwrap();
    let environment = Environment {
        toolbox: &toolbox,
        settings_names: &|_| Some(Vec::new()),
    };
    compile(&[graph], &environment, &mut faults);
    let found = faults.to_string();
    for expected in [
        "`lamp.lamps` has no entry `desk lamp`\n  hint: add an entry: `pulsewire settings add lamp lamps name=\"desk lamp\"`",
        "attribute `configuration` is missing\n  hint: add an entry: \
         `pulsewire settings add lamp lamps name=…`",
    ] {
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn bounds_and_defaults_of_inputs_are_in_range() {
    for sound in [
        "utilities.exit",
        "utilities.exit { code = 255 }",
        "utilities.start_interval",
        "utilities.start_interval { seconds = 0.001 }",
        "utilities.start_timeout { seconds = 0 }",
    ] {
        let text = project(&format!(
            "begin: events.on_initialize\na: {sound}\nbegin.out -> a.in"
        ));
        assert_eq!(faults(&text), "", "{sound}");
    }
}
