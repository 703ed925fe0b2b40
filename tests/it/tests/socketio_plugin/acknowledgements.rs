//! Acknowledgements that a node asks for: each ends exactly once, at the node that asked.

mod retries;

use std::sync::mpsc;

use pulsewire_harness::{HarnessNode, LONG, Ran};
use pulsewire_it::servers::{Kind, RealServer};
use pulsewire_plugin_api::{Flow, value::Value};
use serde_json::{Value as Json, json};
use tungstenite::Message;

use crate::chat::{Chat, OPEN, free_port, on_both, serve_websocket};

const ACKNOWLEDGED: Flow = Flow::fire(1);
const TIMED_OUT: Flow = Flow::fire(2);
const DISCONNECTED: Flow = Flow::fire(3);

/// A node Send With Acknowledgement.
fn asking(chat: &mut Chat, mut attributes: Json) -> HarnessNode {
    attributes["configuration"] = json!("chat");
    chat.harness
        .node("socketio.send_with_acknowledgement", attributes)
}

#[track_caller]
fn ask(node: &mut HarnessNode, name: &str, namespace: &str, message: &str) {
    assert_eq!(node.run([name, namespace, message]).flow, Flow::fire(0));
}

/// The pulse output and the text of the message.
#[track_caller]
fn outcome(node: &mut HarnessNode) -> (Flow, String) {
    let Ran { flow, outputs } = node.run_own_event(LONG);
    (flow, outputs[0].to_string())
}

/// Accepts `/` and hands on what the client says; answers nothing.
fn silent_server() -> (String, mpsc::Receiver<String>) {
    let (sender, said) = mpsc::channel();
    let address = serve_websocket(move |mut websocket| {
        for packet in [OPEN, r#"40{"sid":"s"}"#] {
            websocket.send(Message::text(packet)).unwrap();
        }
        while let Ok(message) = websocket.read() {
            let _ = sender.send(message.to_string());
        }
    });
    (format!("http://{address}"), said)
}

#[test]
fn the_server_acknowledges_with_what_it_likes() {
    on_both(|kind| {
        let server = RealServer::start(kind);
        let mut chat = Chat::started(&server, json!({}));
        let mut text = asking(&mut chat, json!({}));
        let mut typed = asking(&mut chat, json!({"message_format": "JSON"}));
        ask(&mut text, "echo", "/", "one");
        ask(&mut typed, "echo", "/", r#"{"a":[1,2.5]}"#);
        ask(&mut text, "other", "/room-1", "two");
        assert_eq!(outcome(&mut text), (ACKNOWLEDGED, "one".to_owned()));
        let typed = typed.run_own_event(LONG);
        assert_eq!(typed.flow, ACKNOWLEDGED);
        assert_eq!(typed.outputs[0], Value::from(r#"{"a":[1,2.5]}"#));
        assert_eq!(typed.outputs[1], Value::from_json(r#"{"a":[1,2.5]}"#).unwrap());
        assert_eq!(typed.outputs[2], Value::from_json(r#"[{"a":[1,2.5]}]"#).unwrap());
        assert_eq!(typed.outputs[3], Value::from(Vec::<u8>::new()));
        // Without arguments, in a namespace that was joined for it.
        assert_eq!(outcome(&mut text), (ACKNOWLEDGED, String::new()));
        chat.deactivate();
        assert_eq!(chat.on("error").waiting(), 0);
    });
}

#[test]
fn a_thousand_may_be_under_way_from_one_node() {
    let server = RealServer::start(Kind::Node);
    let mut chat = Chat::to(&server.url(), json!({}));
    let mut node = asking(&mut chat, json!({"timeout": 60.0}));
    chat.start();
    for n in 0..1000 {
        ask(&mut node, "echo", "/", &n.to_string());
    }
    for n in 0..1000 {
        assert_eq!(outcome(&mut node), (ACKNOWLEDGED, n.to_string()));
    }
}

#[test]
fn an_acknowledgement_that_does_not_come_times_out() {
    let (url, said) = silent_server();
    let mut chat = Chat::to(&url, json!({"ack_timeout": 30}));
    let mut by_setting = asking(&mut chat, json!({}));
    let mut by_node = asking(&mut chat, json!({"timeout": 0.01}));
    chat.start();
    chat.on("start").wait(LONG);
    ask(&mut by_setting, "x", "/", "");
    assert_eq!(outcome(&mut by_setting), (TIMED_OUT, String::new()));
    ask(&mut by_node, "y", "/", "");
    assert_eq!(outcome(&mut by_node), (TIMED_OUT, String::new()));
    // In a namespace that is not joined it waits, and then is not sent.
    ask(&mut by_node, "late", "/quiet", "");
    assert_eq!(outcome(&mut by_node), (TIMED_OUT, String::new()));
    chat.deactivate();
    chat.on("stop").wait(LONG);
    chat.assert_quiet();
    let said: Vec<String> = said.try_iter().collect();
    assert_eq!(said[..3], ["40", r#"420["x",""]"#, r#"421["y",""]"#]);
    assert!(!said.iter().any(|text| text.contains("late")), "{said:?}");
}

#[test]
fn a_lost_connection_ends_what_was_sent_and_keeps_what_was_not() {
    let mut server = RealServer::start(Kind::Node);
    let (silent, said) = silent_server();
    let mut chat = Chat::to(&silent, json!({}));
    let mut node = asking(&mut chat, json!({}));
    chat.start();
    chat.on("start").wait(LONG);
    ask(&mut node, "x", "/", "");
    said.recv_timeout(LONG).unwrap();
    assert_eq!(said.recv_timeout(LONG).unwrap(), r#"420["x",""]"#);
    chat.stop();
    assert_eq!(outcome(&mut node), (DISCONNECTED, String::new()));
    chat.on("stop").wait(LONG);
    chat.deactivate();
    chat.assert_quiet();

    let mut chat = Chat::started(&server, json!({}));
    let mut node = asking(&mut chat, json!({}));
    server.kill();
    chat.on("stop").wait(LONG);
    ask(&mut node, "echo", "/", "waits");
    server.restart();
    assert_eq!(outcome(&mut node), (ACKNOWLEDGED, "waits".to_owned()));
}

#[test]
fn stop_ends_all_before_on_stop() {
    let (url, _said) = silent_server();
    let mut chat = Chat::to(&url, json!({}));
    let mut node = asking(&mut chat, json!({}));
    chat.start();
    chat.on("start").wait(LONG);
    ask(&mut node, "x", "/", "");
    ask(&mut node, "y", "/", "");
    chat.stop();
    let engine = chat.harness.engine();
    let told = [(); 3].map(|()| engine.next_event(LONG).unwrap().node_type);
    let ended = "socketio.send_with_acknowledgement";
    assert_eq!(told, [ended, ended, "socketio.on_stop"]);
    chat.deactivate();
    chat.assert_quiet();
}

#[test]
fn what_cannot_be_asked_is_refused_by_name() {
    let url = format!("http://{}", free_port());
    let mut chat = Chat::to(&url, json!({"max_pending_acks": 2}));
    let mut node = asking(&mut chat, json!({}));
    let mut refused = |inputs: [Value; 4]| node.try_run(inputs).unwrap_err().reason().to_owned();
    let with = |timeout| ["x".into(), "/".into(), "".into(), Value::Float(timeout)];
    assert!(refused(with(0.0)).contains("not started"));
    chat.start();
    for timeout in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(refused(with(timeout)).contains("timeout"), "{timeout}");
    }
    node.run(with(0.0));
    ask(&mut node, "x", "/", "");
    let full = node.try_run(["x", "/", ""]).unwrap_err();
    assert!(full.reason().contains("max_pending_acks"), "{full:?}");
    // Stop makes room.
    chat.stop();
    assert_eq!(outcome(&mut node).0, DISCONNECTED);
    assert_eq!(outcome(&mut node).0, DISCONNECTED);
    chat.start();
    ask(&mut node, "x", "/", "");
}

#[test]
fn an_acknowledgement_of_a_dropped_event_ends_at_once() {
    for (policy, order) in [
        ("drop_oldest", [DISCONNECTED, ACKNOWLEDGED]),
        ("drop_newest", [ACKNOWLEDGED, DISCONNECTED]),
    ] {
        let mut server = RealServer::start(Kind::Node);
        let fields = json!({"send_buffer": 1, "send_buffer_policy": policy});
        let mut chat = Chat::started(&server, fields);
        let mut nodes = [asking(&mut chat, json!({})), asking(&mut chat, json!({}))];
        server.kill();
        chat.on("stop").wait(LONG);
        for node in &mut nodes {
            ask(node, "echo", "/", "x");
        }
        let dropped = order.iter().position(|flow| *flow == DISCONNECTED).unwrap();
        assert_eq!(outcome(&mut nodes[dropped]), (DISCONNECTED, String::new()));
        server.restart();
        assert_eq!(outcome(&mut nodes[1 - dropped]), (ACKNOWLEDGED, "x".to_owned()));
        chat.deactivate();
        assert_eq!(server.seen(&json!({"on": "event", "name": "echo"})).len(), 1);
    }
}
