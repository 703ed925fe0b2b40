//! Requests of the server: answered once, by any node, while the connection lasts.

use pulsewire_harness::{HarnessNode, LONG};
use pulsewire_it::servers::{Kind, RealServer};
use pulsewire_plugin_api::value::Value;
use serde_json::{Value as Json, json};

use crate::chat::{Chat, on_both};

/// A node Acknowledge.
fn acknowledging(chat: &mut Chat, mut attributes: Json) -> HarnessNode {
    attributes["configuration"] = json!("chat");
    chat.harness.node("socketio.acknowledge", attributes)
}

/// Lets the server ask `q` with this text; returns the handle.
#[track_caller]
fn asked(chat: &mut Chat, server: &mut RealServer, text: &str) -> Value {
    server.send(&json!({"do": "ask", "namespace": "/", "name": "q", "args": [text]}));
    let mut values = chat.on("request").wait(LONG);
    assert_eq!(values[2], Value::from(text));
    values.remove(6)
}

/// Why the node refuses.
#[track_caller]
fn refused(node: &mut HarnessNode, request: &Value) -> String {
    let refused = node.try_run([request.clone(), "late".into()]);
    refused.unwrap_err().reason().to_owned()
}

fn connected(server: &RealServer) -> Chat {
    let mut chat = Chat::started(server, json!({}));
    chat.subscribe("q", "/");
    chat.round_trip();
    chat
}

#[test]
fn a_request_is_answered_later_and_in_any_order() {
    on_both(|kind| {
        let mut server = RealServer::start(kind);
        let mut chat = connected(&server);
        let mut text = acknowledging(&mut chat, json!({}));
        let mut typed = acknowledging(&mut chat, json!({"message_format": "JSON"}));
        let first = asked(&mut chat, &mut server, "first");
        let second = asked(&mut chat, &mut server, "second");
        assert_ne!(first, second);
        // On Receive gets them as before.
        for expected in ["first", "second"] {
            assert_eq!(chat.received(), ["/", "q", expected]);
        }
        typed.run([second, r#"{"a":[1]}"#.into()]);
        server.wait_for(&json!({"on": "ack", "name": "q", "args": [{"a": [1]}]}), LONG);
        text.run([first, "an answer".into()]);
        server.wait_for(&json!({"on": "ack", "name": "q", "args": ["an answer"]}), LONG);
        // What is no request does not arrive as one.
        chat.round_trip();
        assert_eq!(chat.on("request").waiting(), 0);
    });
}

#[test]
fn a_request_is_answered_once_and_by_its_own_connection() {
    let mut server = RealServer::start(Kind::Node);
    let mut chat = connected(&server);
    let mut node = acknowledging(&mut chat, json!({}));
    let request = asked(&mut chat, &mut server, "?");
    node.run([request.clone(), "answer".into()]);
    assert!(refused(&mut node, &request).contains("acknowledged before"));
    assert!(refused(&mut node, &Value::CustomId(0)).contains("unknown"));
    let mut other = chat
        .harness
        .node("socketio.acknowledge", json!({"configuration": "other"}));
    let request = asked(&mut chat, &mut server, "!");
    assert!(refused(&mut other, &request).contains("unknown"));
    node.run([request, "answer".into()]);
    chat.round_trip();
    assert_eq!(server.seen(&json!({"on": "ack"})).len(), 2, "{}", server.log());
}

#[test]
fn a_request_is_over_with_its_connection() {
    let mut server = RealServer::start(Kind::Node);
    let mut chat = connected(&server);
    let mut node = acknowledging(&mut chat, json!({}));
    let request = asked(&mut chat, &mut server, "?");
    server.restart();
    chat.on("stop").wait(LONG);
    assert!(refused(&mut node, &request).contains("has ended"));
    chat.on("start").wait(LONG);
    let request = asked(&mut chat, &mut server, "again");
    chat.stop();
    assert!(refused(&mut node, &request).contains("has ended"));
    chat.deactivate();
    assert_eq!(server.seen(&json!({"on": "ack"})).len(), 0, "{}", server.log());
}
