//! A plugin's whole life through the real ABI.

use log::Level;
use pulsewire_harness::{Harness, LONG, fixtures};
use pulsewire_host::plugins::{CallError, LoadError, State, Step};
use pulsewire_plugin_api::{Flow, value::Value};
use serde_json::json;

fn good() -> Harness {
    Harness::active(
        fixtures::path("good"),
        json!({"greetings": [{"name": "en"}, {"name": "loud", "prefix": "HEY ", "times": 2}]}),
    )
}

#[test]
fn node_runs_with_wired_and_preset_inputs() {
    let mut good = good();
    let mut shout = good.node("good.shout", json!({"text": "preset"}));
    let preset = shout.run([] as [Value; 0]);
    assert_eq!(preset.outputs, [Value::from("PRESET")]);
    assert_eq!(preset.flow, Flow::fire(0));
    assert_eq!(shout.run(["grüße"]).outputs, [Value::from("GRÜSSE")]);
}

#[test]
fn wrong_input_is_an_error_of_the_node_and_not_of_the_plugin() {
    let mut good = good();
    let mut shout = good.node("good.shout", json!({}));
    let error = shout.try_run([1_i64]).unwrap_err();
    assert_eq!(error.reason(), "input 1 carries Int, expected String");
    assert_eq!(shout.run(["again"]).outputs, [Value::from("AGAIN")]);
}

#[test]
fn events_from_a_thread_of_the_plugin_arrive_in_order_under_their_key() {
    let mut good = good();
    let (english, loud) = (
        good.event("good.on_told", "en"),
        good.event("good.on_told", "loud"),
    );
    let mut tell = good.node("good.tell", json!({"configuration": "en"}));
    let mut tell_loudly = good.node("good.tell", json!({"configuration": "loud"}));
    tell.run(["one"]);
    tell_loudly.run(["you"]);
    tell.run(["two"]);
    assert_eq!(loud.wait(LONG), [Value::from("HEY HEY you")]);
    assert_eq!(english.wait(LONG), [Value::from("Hello, one")]);
    assert_eq!(english.wait(LONG), [Value::from("Hello, two")]);
    assert_eq!(english.waiting(), 0);
}

#[test]
fn node_follows_changed_settings() {
    let mut good = good();
    let mut tell = good.node("good.tell", json!({"configuration": "fr"}));
    let error = tell.try_run(["toi"]).unwrap_err();
    assert_eq!(error.reason(), "no greeting `fr`");

    good.set_settings(json!({"greetings": [{"name": "fr", "prefix": "Salut "}]}));
    good.try_settings_changed().unwrap();
    let told = good.event("good.on_told", "fr");
    tell.run(["toi"]);
    assert_eq!(told.wait(LONG), [Value::from("Salut toi")]);
}

#[test]
fn settings_that_the_plugin_cannot_take_are_reported_and_change_nothing() {
    let mut good = good();
    good.set_settings(json!({"greetings": [{"name": "en", "times": "often"}]}));
    let error = good.try_settings_changed().unwrap_err().to_string();
    assert!(
        error.starts_with("plugin `good` failed to take its changed settings"),
        "{error}"
    );
    assert_eq!(good.reports()[0].step, Step::Settings);
    let told = good.event("good.on_told", "en");
    good.node("good.tell", json!({"configuration": "en"}))
        .run(["you"]);
    assert_eq!(told.wait(LONG), [Value::from("Hello, you")]);
}

#[test]
fn node_that_outlives_its_plugin_gets_no_further() {
    let mut good = good();
    let mut tell = good.node("good.tell", json!({"configuration": "en"}));
    good.deactivate();
    tell.try_run(["nobody"]).unwrap_err();
    assert_eq!(good.engine().waiting(), []);
}

#[test]
fn log_of_the_plugin_comes_under_its_own_target() {
    let good = good();
    let line = good.wait_for_log("2 greetings");
    assert_eq!((line.level, line.target.as_str()), (Level::Info, "plugin::good"));
    assert_eq!(line.module, "good");
}

#[test]
fn full_queue_is_told_to_the_plugin() {
    let mut good = good();
    good.engine().set_full(true);
    good.node("good.tell", json!({"configuration": "en"}))
        .run(["nobody"]);
    let line = good.wait_for_log("the engine's event queue is full");
    assert_eq!(line.level, Level::Warn);
}

#[test]
fn plugin_lives_again_after_deactivation() {
    let mut good = good();
    good.deactivate();
    assert_eq!(*good.state(), State::Declared);
    assert!(good.plugins().added("good").is_none());
    good.try_load().unwrap();
    good.activate();
    let told = good.event("good.on_told", "en");
    good.node("good.tell", json!({"configuration": "en"}))
        .run(["again"]);
    assert_eq!(told.wait(LONG), [Value::from("Hello, again")]);
    assert_eq!(good.reports(), []);
}

#[test]
fn calls_in_the_wrong_state_are_refused() {
    let mut good = Harness::discover(fixtures::path("good"));
    let text = |error: CallError| error.to_string();
    assert_eq!(
        text(good.try_activate().unwrap_err()),
        "plugin `good` is declared, not loaded"
    );
    good.try_load().unwrap();
    assert_eq!(
        text(good.try_deactivate().unwrap_err()),
        "plugin `good` is loaded, not active"
    );
    let node = good.try_node("good.shout", json!({}));
    assert_eq!(text(node.err().unwrap()), "plugin `good` is loaded, not active");
    let again = good.try_load().unwrap_err();
    assert!(matches!(
        again,
        LoadError::NotDeclared {
            state: State::Loaded,
            ..
        }
    ));
    assert_eq!(*good.state(), State::Loaded);
    assert_eq!(good.reports(), []);
}

#[test]
fn loaded_plugin_shows_what_it_adds() {
    let mut good = Harness::load(fixtures::path("good"));
    let (manifest, registered) = good.plugins().added("good").unwrap();
    assert_eq!(manifest.node_types.len(), 3);
    let mut registered = registered.to_vec();
    registered.sort();
    let expected = [("good.on_told", false), ("good.shout", true), ("good.tell", true)];
    assert_eq!(
        registered,
        expected.map(|(id, behaviour)| (id.to_owned(), behaviour))
    );
}

#[test]
fn panic_on_a_thread_of_the_plugin_is_reported() {
    let mut harness = Harness::active(fixtures::path("panics_in_thread"), json!({}));
    let boom = harness.event("panics_in_thread.on_boom", "");
    harness
        .node("panics_in_thread.bomb", json!({}))
        .run([] as [Value; 0]);
    boom.wait(LONG);
    let report = harness.wait_for_report("on purpose, on a thread");
    assert_eq!(report.step, Step::Run);
    assert!(
        report.message.starts_with("thread `bomb` panicked: "),
        "{}",
        report.message
    );
    assert_eq!(*harness.state(), State::Active);
}

#[test]
fn panic_in_a_node_poisons_that_node_alone() {
    let mut harness = Harness::active(fixtures::path("panics_in_node"), json!({}));
    let mut bomb = harness.node("panics_in_node.bomb", json!({}));
    let error = bomb.try_run([] as [Value; 0]).unwrap_err();
    assert!(
        error.reason().starts_with("panicked: on purpose, in a node at "),
        "{error:?}"
    );
    let again = bomb.try_run([] as [Value; 0]).unwrap_err();
    assert!(
        again.reason().starts_with("not called after it panicked"),
        "{again:?}"
    );
    let mut other = harness.node("panics_in_node.bomb", json!({}));
    assert!(other.try_run([] as [Value; 0]).is_err());
    assert_eq!(*harness.state(), State::Active);
}

#[test]
fn panic_in_the_making_of_a_node_is_an_error() {
    let mut harness = Harness::active(fixtures::path("panics_in_node"), json!({}));
    let error = harness.try_node("panics_in_node.dud", json!({})).err().unwrap();
    assert!(
        error.to_string().contains("on purpose, in the making of a node"),
        "{error}"
    );
}

#[test]
fn panics_in_destructors_are_reported() {
    let mut harness = Harness::active(fixtures::path("panics_in_drop"), json!({}));
    drop(harness.node("panics_in_drop.nothing", json!({})));
    harness.wait_for_report("a destructor panicked: on purpose, when the node is dropped");
    harness.deactivate();
    harness.wait_for_report("a destructor panicked: on purpose, when the plugin is dropped");
    assert_eq!(*harness.state(), State::Declared);
}

#[test]
fn slow_end_is_reported_and_late_calls_are_refused() {
    let mut harness = Harness::active(fixtures::path("lingers"), json!({}));
    let tick = harness.event("lingers.on_tick", "");
    tick.wait(LONG);
    harness.deactivate();
    let report = harness.wait_for_report("to deactivate");
    assert_eq!(report.step, Step::Deactivate);
    assert!(
        report.message.starts_with("plugin `lingers` took 2."),
        "{}",
        report.message
    );
    let late = harness.wait_for_report("after it was deactivated");
    assert_eq!(
        late.message,
        "plugin `lingers` called `emit` after it was deactivated"
    );
    assert!(harness.entry().refused_calls() >= 1);
    assert_eq!(*harness.state(), State::Declared);
}
