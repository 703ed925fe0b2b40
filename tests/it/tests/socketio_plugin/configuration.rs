//! Settings: wrong, changed and removed ones.

use pulsewire_harness::{Harness, LONG, fixtures};
use pulsewire_it::servers::{Kind, RealServer};
use pulsewire_plugin_api::value::Value;
use serde_json::json;

use crate::chat::{Chat, free_port, settings};

#[test]
fn a_wrong_entry_is_its_own_fault_alone() {
    let server = RealServer::start(Kind::Node);
    let mut wrong = settings("ftp://h", json!({"name": "wrong"}));
    let right = settings(&server.url(), json!({}));
    let connections = wrong["connections"].as_array_mut().unwrap();
    connections.push(right["connections"][0].clone());
    let mut harness = Harness::active(fixtures::plugin("socketio"), wrong);
    let mut start = |configuration: &str| {
        let mut node = harness.node("socketio.start", json!({"configuration": configuration}));
        node.try_run::<Value>([])
            .map_err(|error| error.reason().to_owned())
    };
    let refused = start("wrong").unwrap_err();
    assert!(
        refused.contains("`wrong`") && refused.contains("scheme `ftp`"),
        "{refused}"
    );
    let refused = start("absent").unwrap_err();
    assert!(refused.contains("no Socket.IO connection `absent`"), "{refused}");
    start("chat").unwrap();
    harness.event("socketio.on_start", "chat").wait(LONG);
}

#[test]
fn a_removed_configuration_is_stopped_and_a_changed_one_applies_at_the_next_start() {
    let first = RealServer::start(Kind::Node);
    let second = RealServer::start(Kind::Node);
    let mut chat = Chat::started(&first, json!({}));
    chat.harness.set_settings(settings(&second.url(), json!({})));
    chat.harness.try_settings_changed().unwrap();
    chat.round_trip();
    chat.stop();
    chat.start();
    chat.on("stop").wait(LONG);
    chat.on("start").wait(LONG);
    second.wait_for(&json!({"on": "connect"}), LONG);

    chat.harness.set_settings(json!({"connections": []}));
    chat.harness.try_settings_changed().unwrap();
    chat.on("stop").wait(LONG);
    let refused = chat.start.try_run::<Value>([]).unwrap_err();
    assert!(
        refused.reason().contains("no Socket.IO connection `chat`"),
        "{refused:?}"
    );
}

#[test]
fn a_connection_that_has_given_up_starts_with_new_settings() {
    let server = RealServer::start(Kind::Node);
    let mut chat = Chat::to(
        &format!("http://{}", free_port()),
        json!({"reconnection_attempts": 1}),
    );
    chat.start();
    chat.harness.wait_for_log("gave up");
    chat.harness.set_settings(settings(&server.url(), json!({})));
    chat.harness.try_settings_changed().unwrap();
    chat.start();
    chat.on("start").wait(LONG);
}
