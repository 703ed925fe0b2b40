//! Events that are sent until the server has acknowledged them.

use pulsewire_harness::{HarnessNode, LONG};
use pulsewire_it::servers::{Kind, RealServer};
use pulsewire_plugin_api::Flow;
use serde_json::{Value as Json, json};

use crate::chat::{Chat, on_both};

/// Nobody waits so long here.
const EVER: u32 = 60_000;

fn retrying(count: u32, timeout: u32) -> Json {
    json!({"retries": count, "ack_timeout": timeout})
}

fn asking(chat: &mut Chat) -> HarnessNode {
    let attributes = json!({"configuration": "chat"});
    chat.harness
        .node("socketio.send_with_acknowledgement", attributes)
}

/// The texts of the events of that name, as they have arrived.
fn arrived(server: &RealServer, name: &str) -> Vec<Json> {
    let entries = server.seen(&json!({"on": "event", "name": name}));
    entries.iter().map(|entry| entry["args"][0].clone()).collect()
}

#[test]
fn an_event_is_sent_until_it_is_acknowledged_and_the_next_one_waits() {
    for transport in ["websocket", "polling"] {
        let server = RealServer::start(Kind::Node);
        let mut fields = retrying(2, 600);
        fields["transports"] = json!([transport]);
        let mut chat = Chat::started(&server, fields);
        let mut node = asking(&mut chat);
        chat.send("third", "/", "1");
        assert_eq!(node.run(["third", "/", "2"]).flow, Flow::fire(0));
        node.run(["note", "/", "3"]);
        // In another namespace nothing has to wait.
        chat.send("note", "/room-1", "4");
        for _ in 0..2 {
            assert_eq!(node.run_own_event(LONG).flow, Flow::fire(1));
        }
        // The server may tell of it after it has acknowledged it.
        server.wait_for(&json!({"on": "event", "args": ["3"]}), LONG);
        assert_eq!(arrived(&server, "third"), ["1", "1", "1", "2", "2", "2"]);
        assert_eq!(arrived(&server, "note"), ["4", "3"]);
        chat.deactivate();
        assert_eq!(chat.on("error").waiting(), 0);
    }
}

#[test]
fn the_last_try_is_an_error_of_its_event() {
    let server = RealServer::start(Kind::Node);
    let mut chat = Chat::started(&server, retrying(1, 500));
    let mut node = asking(&mut chat);
    chat.send("third", "/", "1");
    let [namespace, message] = chat.error();
    assert_eq!(namespace, "/");
    assert!(
        message.contains("has not acknowledged the event in 2 tries"),
        "{message}"
    );
    // The third one is acknowledged, the fourth and the fifth are not.
    chat.send("third", "/", "2");
    node.run(["third", "/", "3"]);
    assert_eq!(node.run_own_event(LONG).flow, Flow::fire(2));
    assert_eq!(arrived(&server, "third"), ["1", "1", "2", "3", "3"]);
    chat.deactivate();
    assert_eq!(chat.on("error").waiting(), 0);
}

#[test]
fn a_lost_connection_is_a_reason_to_send_again() {
    let mut server = RealServer::start(Kind::Node);
    let mut chat = Chat::started(&server, retrying(5, EVER));
    chat.send("third", "/", "1");
    chat.send("note", "/", "2");
    for _ in 0..2 {
        server.wait_for(&json!({"on": "event", "name": "third"}), LONG);
        server.send(&json!({"do": "cut"}));
        chat.on("stop").wait(LONG);
        chat.on("start").wait(LONG);
    }
    server.wait_for(&json!({"on": "event", "name": "note"}), LONG);
    assert_eq!(arrived(&server, "third"), ["1", "1", "1"]);
}

/// The official client would keep them until `connect()` is called again, which here makes a new connection.
#[test]
fn stop_writes_what_waits_behind_the_event_under_way() {
    for transport in ["websocket", "polling"] {
        let server = RealServer::start(Kind::Node);
        let mut fields = retrying(5, EVER);
        fields["transports"] = json!([transport]);
        let mut chat = Chat::started(&server, fields);
        let mut node = asking(&mut chat);
        chat.send("third", "/", "under way");
        node.run(["note", "/", "0"]);
        for n in 1..20 {
            chat.send("note", "/", &n.to_string());
        }
        chat.stop();
        chat.on("stop").wait(LONG);
        assert_eq!(node.run_own_event(LONG).flow, Flow::fire(3));
        server.wait_for(&json!({"on": "disconnect"}), LONG);
        assert_eq!(arrived(&server, "third"), ["under way"]);
        assert_eq!(
            arrived(&server, "note"),
            (0..20).map(|n| n.to_string()).collect::<Vec<_>>()
        );
        assert_eq!(chat.on("error").waiting(), 0);
        chat.deactivate();
    }
}

#[test]
fn stop_tells_of_what_waits_without_a_connection() {
    let mut server = RealServer::start(Kind::Node);
    let mut chat = Chat::started(&server, retrying(5, EVER));
    server.kill();
    chat.on("stop").wait(LONG);
    chat.send("note", "/", "1");
    chat.send("note", "/", "2");
    chat.stop();
    while !chat.error()[1].contains("stopped before 2 events were acknowledged") {}
    chat.deactivate();
}

#[test]
fn what_waits_survives_a_server() {
    on_both(|kind| {
        let mut server = RealServer::start(kind);
        let mut chat = Chat::started(&server, retrying(5, EVER));
        server.kill();
        chat.on("stop").wait(LONG);
        for n in 0..3 {
            chat.send("note", "/", &n.to_string());
        }
        server.restart();
        server.wait_for(&json!({"on": "event", "name": "note", "args": ["2"]}), LONG);
        assert_eq!(arrived(&server, "note"), ["0", "1", "2"]);
    });
}
