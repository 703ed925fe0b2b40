//! An isolated plugin is as any other: nodes, events from threads, settings, log lines.

use std::fs;

use pulsewire_harness::{LONG, PluginFolder, fixtures};
use pulsewire_host::plugins::State;
use pulsewire_plugin_api::{Flow, value::Value};
use serde_json::json;

use crate::library::{good, host_of};

#[test]
fn node_runs_in_another_process() {
    let mut host = good();
    host.try_load().unwrap();
    host.activate();
    let mut shout = host.node("good.shout", json!({}));
    let ran = shout.run(["from another process"]);
    assert_eq!(ran.flow, Flow::fire(0));
    assert_eq!(ran.outputs, [Value::from("FROM ANOTHER PROCESS")]);
    #[cfg(target_os = "linux")]
    assert!(!fs::read_to_string("/proc/self/maps").unwrap().contains("libgood"));
    let error = shout.try_run([Value::Int(1)]).unwrap_err();
    assert_eq!(error.reason(), "input 1 carries Int, expected String");
    assert_eq!(shout.run(["again"]).outputs, [Value::from("AGAIN")]);
}

#[test]
fn events_settings_and_log_lines_cross() {
    let mut host = good();
    host.try_load().unwrap();
    host.set_settings(json!({ "greetings": [{ "name": "polite" }] }));
    host.activate();
    host.wait_for_log("1 greetings");
    let told = host.event("good.on_told", "polite");
    let mut tell = host.node("good.tell", json!({ "configuration": "polite" }));
    tell.run(["you"]);
    assert_eq!(told.wait(LONG), [Value::from("Hello, you")]);

    host.set_settings(json!({ "greetings": [{ "name": "polite", "prefix": "Sir " }, { "name": "b" }] }));
    host.try_settings_changed().unwrap();
    host.wait_for_log("2 greetings");
    tell.run(["you"]);
    assert_eq!(told.wait(LONG), [Value::from("Sir you")]);

    host.engine().set_full(true);
    tell.run(["you"]);
    host.wait_for_log("the engine's event queue is full");
}

#[test]
fn plugin_that_was_switched_off_is_active_again_in_a_new_process() {
    let mut host = good();
    for _ in 0..2 {
        host.try_load().unwrap();
        host.activate();
        assert_eq!(
            host.node("good.shout", json!({})).run(["here"]).outputs,
            [Value::from("HERE")]
        );
        host.deactivate();
        assert_eq!(*host.state(), State::Declared);
    }
    assert!(host.reports().is_empty(), "{:?}", host.reports());
}

#[test]
fn host_that_cannot_isolate_does_not_load_the_plugin() {
    let folder = PluginFolder::of([fixtures::path("good")]);
    let mut host = host_of(folder, "good", None);
    let error = host.try_load().unwrap_err();
    assert_eq!(
        error.to_string(),
        "this host cannot run a plugin in a process of its own"
    );
    assert!(error.hint().is_some_and(|hint| hint.contains("isolate = true")));
}

#[test]
fn changed_library_runs_once_the_plugin_was_switched_off_and_on() {
    let mut host = good();
    host.try_load().unwrap();
    host.activate();
    let library = host.library().to_owned();
    let mut bytes = fs::read(&library).unwrap();
    bytes.push(0);
    fs::write(&library, bytes).unwrap();
    let outputs = host.node("good.shout", json!({})).run(["here"]).outputs;
    assert_eq!(outputs, [Value::from("HERE")]);
    host.deactivate();
    host.try_load().unwrap();
    host.activate();
    let outputs = host.node("good.shout", json!({})).run(["here"]).outputs;
    assert_eq!(outputs, [Value::from("HERE")]);
    assert!(host.reports().is_empty(), "{:?}", host.reports());
}
