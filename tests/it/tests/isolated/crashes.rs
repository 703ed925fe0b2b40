//! What becomes of a project whose isolated plugin crashes, ends or hangs.

use std::{fs, time::Duration};

use pulsewire_harness::{Harness, HarnessNode, LONG, PluginFolder};
use pulsewire_host::plugins::{State, Step};
use pulsewire_plugin_api::value::Value;
use serde_json::json;

use crate::library::{MISBEHAVES, host_of, host_of_one_that_does, isolation, that_does};

const NONE: [Value; 0] = [];

/// The limit for what is meant to hang.
const SHORT: Duration = Duration::from_millis(300);

fn active(does: &str, limit: Duration) -> (Harness, HarnessNode) {
    let mut host = host_of_one_that_does(does, isolation().call_limit(limit));
    host.try_load().unwrap();
    host.activate();
    let node = host.node("misbehaves.act", json!({}));
    (host, node)
}

/// The node fails in these words, the report says so, and the plugin is there again with its node.
#[track_caller]
fn assert_starts_again(does: &str, limit: Duration, node_says: &str, report_says: &str) {
    let (mut host, mut node) = active(does, limit);
    for pause in ["0.001 s", "0.002 s"] {
        let error = node.try_run(NONE).unwrap_err();
        assert_eq!(error.reason(), node_says);
        let report = host.wait_for_report(&format!("it is started again in {pause}"));
        assert!(report.message.contains(report_says), "{report}");
        host.wait_for_log("runs again, in a new process");
        host.forget_logs();
    }
    assert_eq!(*host.state(), State::Active);
    drop(node);
    host.plugins().deactivate_all();
}

const ENDED: &str = "the process of plugin `misbehaves` ended during the call";

#[test]
fn plugin_that_crashes_in_a_node_is_started_again() {
    let report = "plugin `misbehaves` ended its process with SIGSEGV";
    assert_starts_again("segfault in a node", LONG, ENDED, report);
}

#[test]
fn plugin_that_crashes_on_a_thread_is_started_again() {
    let report = "plugin `misbehaves` ended its process with SIGSEGV";
    assert_starts_again("segfault on a thread", LONG, ENDED, report);
}

#[test]
fn plugin_that_exits_in_a_node_is_started_again() {
    let report = "plugin `misbehaves` ended its process with exit code 0";
    assert_starts_again("exit in a node", LONG, ENDED, report);
}

#[test]
fn plugin_that_hangs_in_a_node_is_ended_and_started_again() {
    let node = "plugin `misbehaves` did not answer within 0.3 s; its process is ended";
    let report = "plugin `misbehaves` did not answer within 0.3 s";
    assert_starts_again("hang in a node", SHORT, node, report);
}

#[test]
fn node_fails_while_its_process_is_not_there() {
    let slow = isolation().pause(LONG);
    let mut host = host_of_one_that_does("segfault in a node", slow);
    host.try_load().unwrap();
    host.activate();
    let mut node = host.node("misbehaves.act", json!({}));
    node.try_run(NONE).unwrap_err();
    host.wait_for_report("it is started again");
    let words = "the process of plugin `misbehaves` has ended and is not started again yet";
    assert_eq!(node.try_run(NONE).unwrap_err().reason(), words);
    // Neither is a new node a fault, nor does the end wait for a start.
    let _other = host.node("misbehaves.act", json!({}));
    host.try_settings_changed().unwrap();
    host.deactivate();
}

#[test]
fn plugin_whose_file_changed_is_not_started_again() {
    let (host, mut node) = active("segfault in a node", LONG);
    fs::write(host.library(), that_does("none")).unwrap();
    node.try_run(NONE).unwrap_err();
    let report = host.wait_for_report("could not be started again");
    assert!(
        report.message.contains("changed after it was checked"),
        "{report}"
    );
}

#[test]
fn plugin_that_crashes_when_it_is_loaded_or_activated_fails() {
    let mut host = host_of_one_that_does("abort when opened", isolation());
    let error = host.try_load().unwrap_err();
    let words = "the plugin ended its process with SIGABRT";
    assert!(error.to_string().contains(words), "{error}");
    assert!(error.hint().is_some());
    assert_eq!(error.step(), Step::Open);

    let mut host = host_of_one_that_does("segfault when activated", isolation());
    host.try_load().unwrap();
    let error = host.try_activate().unwrap_err();
    assert!(error.to_string().contains(ENDED), "{error}");
    assert!(matches!(host.state(), State::Failed(_)));
}

#[test]
fn panic_in_a_plugin_is_its_error_and_does_not_end_its_process() {
    let mut host = host_of_one_that_does("panic when made", isolation());
    let error = host.try_load().unwrap_err();
    assert!(
        error.to_string().contains("panicked: on purpose, when made"),
        "{error}"
    );
    assert_eq!(error.step(), Step::Create);
}

#[test]
fn program_that_cannot_be_started_is_named() {
    let folder = PluginFolder::new();
    folder.add_bytes(MISBEHAVES, &that_does("none"));
    let nowhere = pulsewire_host::plugins::Isolation::pulsewire("/nowhere/pulsewire".into());
    let error = host_of(folder, MISBEHAVES, Some(nowhere)).try_load().unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`/nowhere/pulsewire` cannot be started"),
        "{error}"
    );
}
