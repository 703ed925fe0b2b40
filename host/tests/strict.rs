//! With `strict` a project does not start if the plugin of any node is off or missing, wherever the node stands.

mod common;

use std::{path::Path, sync::Arc};

use common::{
    Recorder,
    live::{folder, write},
};
use pulsewire_host::{
    project::OpenOptions,
    runtime::{RunOptions, Runtime, StartError},
};

/// A function that begins, and has more nodes.
fn function(lines: &str) -> String {
    format!("begin: functions.function_input\n{lines}")
}

/// Why the project does not start, if it does not.
fn refusal(folder: &Path) -> Option<String> {
    let options = RunOptions {
        open: OpenOptions {
            folder: folder.to_owned(),
            ..OpenOptions::default()
        },
        strict: true,
        ignore_changes: true,
        ..RunOptions::default()
    };
    match Runtime::start(&options, Arc::new(Recorder::default())) {
        Ok(_) => None,
        Err(StartError::Project(faults)) => Some(faults.to_string()),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn strict_refuses_nodes_in_functions_that_are_called_by_functions_and_that_nothing_calls() {
    let folder = folder();
    let path = folder.path();
    write(
        path,
        "project",
        "begin: events.on_initialize\ncall: functions.function { function = \"outer\" }\nbegin.out -> call.in",
    );
    write(
        path,
        "functions/outer",
        &function("call: functions.function { function = \"inner\" }\nbegin.out -> call.in"),
    );
    write(
        path,
        "functions/inner",
        &function("dropped: mqtt.publish\nbegin.out -> dropped.in"),
    );
    write(
        path,
        "functions/uncalled",
        &function("alone: mqtt.start\nbegin.out -> alone.in"),
    );
    write(path, "scenes/later", "start = false\nwaits: mqtt.on_start");
    let refused = refusal(path).unwrap();
    for (file, node, node_type) in [
        ("functions/inner", "dropped", "mqtt.publish"),
        ("functions/uncalled", "alone", "mqtt.start"),
        ("scenes/later", "waits", "mqtt.on_start"),
    ] {
        let told = format!(
            "node `{node}`: node type `{node_type}` is not available: plugin `mqtt` is not installed"
        );
        let is_told = refused
            .lines()
            .any(|line| line.contains(&format!("logic/{file}.toml:")) && line.ends_with(&told));
        assert!(is_told, "{file}: {refused}");
    }
}

#[test]
fn strict_tells_a_misspelt_type_once() {
    let folder = folder();
    write(folder.path(), "project", "a: flow_control.brunch");
    let refused = refusal(folder.path()).unwrap();
    assert_eq!(refused.matches("node `a`").count(), 1, "{refused}");
}

#[test]
fn strict_starts_what_has_all_it_needs() {
    let folder = folder();
    write(folder.path(), "project", "begin: events.on_initialize");
    assert_eq!(refusal(folder.path()), None);
}
