//! Connection state recovery with the real server: what was missed arrives after the reconnection, once and in order.

use pulsewire_harness::{HarnessNode, LONG};
use pulsewire_it::servers::{Kind, RealServer};
use pulsewire_plugin_api::value::Value;
use serde_json::{Value as Json, json};

use crate::chat::Chat;

fn server() -> RealServer {
    RealServer::start_with(Kind::Node, &["--recovery", "1"])
}

/// Connected, and listening to `news`. It comes back no sooner than the server has said what is to be missed.
fn connected(server: &RealServer, mut fields: Json) -> Chat {
    fields["reconnection_delay"] = json!(500);
    fields["reconnection_delay_max"] = json!(500);
    fields["randomization_factor"] = json!(0.0);
    let mut chat = Chat::started(server, fields);
    chat.subscribe("news", "/");
    chat.on("subscribe").wait(LONG);
    chat
}

fn broadcast(server: &mut RealServer, text: &str) {
    server.send(&json!({"do": "broadcast", "namespace": "/", "name": "news", "args": [text]}));
}

/// The first argument of the next event, and how many it has.
#[track_caller]
fn received(chat: &Chat) -> (String, usize) {
    let values = chat.on("receive").wait(LONG);
    let Value::Array(arguments) = &values[4] else {
        panic!("{values:?}")
    };
    (values[3].to_string(), arguments.len())
}

/// Whether the session was restored, and its id.
fn state(node: &mut HarnessNode) -> (bool, String) {
    let outputs = node.run(["/"]).outputs;
    (outputs[3] == Value::Bool(true), outputs[2].to_string())
}

#[test]
fn what_was_missed_arrives_after_the_reconnection() {
    for transports in [
        json!(["websocket"]),
        json!(["polling"]),
        json!(["polling", "websocket"]),
    ] {
        let mut server = server();
        let mut chat = connected(&server, json!({"transports": transports, "auth": {"token": "t"}}));
        let attributes = json!({"configuration": "chat"});
        let mut node = chat.harness.node("socketio.state", attributes);
        broadcast(&mut server, "0");
        assert_eq!(received(&chat), ("0".to_owned(), 2));
        let (is_recovered, id) = state(&mut node);
        assert!(!is_recovered);
        for round in 1..=2 {
            server.send(&json!({"do": "cut"}));
            chat.on("stop").wait(LONG);
            for n in 0..3 {
                broadcast(&mut server, &format!("{round}.{n}"));
            }
            chat.on("start").wait(LONG);
            for n in 0..3 {
                assert_eq!(received(&chat), (format!("{round}.{n}"), 2));
            }
            assert_eq!(state(&mut node), (true, id.clone()));
            broadcast(&mut server, "live");
            assert_eq!(received(&chat), ("live".to_owned(), 2));
        }
        // A server that knows nothing of it: no error, and all goes on.
        server.restart();
        chat.on("stop").wait(LONG);
        chat.on("start").wait(LONG);
        assert!(!state(&mut node).0);
        broadcast(&mut server, "anew");
        assert_eq!(received(&chat), ("anew".to_owned(), 2));
        let entry = server.wait_for(&json!({"on": "connect", "auth": {"token": "t"}}), LONG);
        assert_eq!(entry["namespace"], "/");
        chat.deactivate();
        assert_eq!(chat.on("receive").waiting(), 0);
    }
}

#[test]
fn offsets_are_kept_from_the_nodes_where_the_settings_say_so() {
    let mut server = server();
    let mut chat = connected(&server, json!({"strip_offset": true}));
    broadcast(&mut server, "0");
    assert_eq!(received(&chat), ("0".to_owned(), 1));
    server.send(&json!({"do": "cut"}));
    chat.on("stop").wait(LONG);
    broadcast(&mut server, "1");
    chat.on("start").wait(LONG);
    assert_eq!(received(&chat), ("1".to_owned(), 1));
    // Such an event has no offset, and that cannot be known.
    server.send(&json!({
        "do": "broadcast", "namespace": "/", "name": "news", "args": ["2", "3"], "volatile": true,
    }));
    assert_eq!(received(&chat), ("2".to_owned(), 1));
    chat.deactivate();
}

#[test]
fn what_was_missed_arrives_as_message_pack_too() {
    let mut server = RealServer::start_with(Kind::Node, &["--recovery", "1", "--msgpack", "1"]);
    let mut chat = connected(&server, json!({"parser": "MessagePack", "auth": {"token": "t"}}));
    let attributes = json!({"configuration": "chat"});
    let mut node = chat.harness.node("socketio.state", attributes);
    broadcast(&mut server, "0");
    assert_eq!(received(&chat), ("0".to_owned(), 2));
    server.send(&json!({"do": "cut"}));
    chat.on("stop").wait(LONG);
    broadcast(&mut server, "1");
    chat.on("start").wait(LONG);
    assert_eq!(received(&chat), ("1".to_owned(), 2));
    assert!(state(&mut node).0);
    chat.deactivate();
}
