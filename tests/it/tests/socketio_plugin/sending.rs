//! What Send refuses, and what becomes of what it took.

use std::sync::{Arc, Barrier, mpsc};

use pulsewire_harness::{HarnessNode, LONG};
use pulsewire_it::servers::{Kind, RealServer};
use serde_json::{Value as Json, json};
use tungstenite::Message;

use crate::chat::{Chat, OPEN, free_port, on_both, serve_websocket};

#[test]
fn send_is_refused_before_start_and_after_stop() {
    let server = RealServer::start(Kind::Node);
    let mut chat = Chat::to(&server.url(), json!({}));
    assert!(chat.refused_send("a", "/", "").contains("`chat` is not started"));
    chat.start();
    chat.send("a", "/", "");
    chat.stop();
    assert!(chat.refused_send("a", "/", "").contains("`chat` is not started"));
}

#[test]
fn send_is_refused_when_the_buffer_is_full() {
    let mut chat = Chat::to(
        &format!("http://{}", free_port()),
        json!({"send_buffer": 3, "send_buffer_bytes": 1000}),
    );
    chat.start();
    for _ in 0..3 {
        chat.send("a", "/", "x");
    }
    let full = chat.refused_send("a", "/", "x");
    assert!(
        full.contains("3 events") && full.contains("send_buffer"),
        "{full}"
    );
    chat.stop();
    // What was not sent is told, not lost in silence.
    let errors = std::iter::from_fn(|| Some(chat.error()[1].clone()));
    let unsent = errors.take(100).find(|message| message.contains("3 events"));
    assert!(unsent.is_some());
    chat.start();
    let full = chat.refused_send("a", "/", &"x".repeat(1000));
    assert!(full.contains("1000 bytes"), "{full}");
    chat.send("a", "/", "room again");
}

#[test]
fn what_stop_leaves_unsent_is_told_once_and_before_on_stop() {
    let address = serve_websocket(|mut websocket| {
        // `/` is joined, `/quiet` never gets an answer.
        for packet in [OPEN, r#"40{"sid":"s"}"#] {
            websocket.send(Message::text(packet)).unwrap();
        }
        while websocket.read().is_ok() {}
    });
    let mut chat = Chat::to(&format!("http://{address}"), json!({}));
    chat.start();
    chat.on("start").wait(LONG);
    chat.send("a", "/quiet", "x");
    chat.stop();
    let engine = chat.harness.engine();
    let told = engine.next_event(LONG).unwrap();
    assert_eq!(told.node_type, "socketio.on_error");
    assert!(told.values[1].to_string().contains("before 1 events"), "{told:?}");
    assert_eq!(engine.next_event(LONG).unwrap().node_type, "socketio.on_stop");
    chat.deactivate();
    chat.assert_quiet();
}

#[test]
fn a_burst_is_taken_while_connected() {
    on_both(|kind| {
        let server = RealServer::start(kind);
        let mut chat = Chat::started(&server, json!({"send_buffer": 10}));
        chat.subscribe("echo", "/");
        for n in 0..5000 {
            chat.send("echo", "/", &n.to_string());
        }
        for n in 0..5000 {
            assert_eq!(chat.received()[2], n.to_string());
        }
    });
}

#[test]
fn unusable_names_are_refused() {
    let mut chat = Chat::to("http://127.0.0.1:9", json!({}));
    assert!(chat.refused_send("", "/", "").contains("event name is empty"));
    assert!(chat.refused_send("disconnect", "/", "").contains("`disconnect`"));
    assert!(chat.refused_send("a", "/a,b", "").contains("`/a,b`"));
    let refused = chat.subscribe.try_run(["", "/"]).unwrap_err();
    assert!(refused.reason().contains("event name is empty"), "{refused:?}");
}

/// A node Send whose events are volatile.
fn volatile(chat: &mut Chat) -> HarnessNode {
    let attributes = json!({"configuration": "chat", "volatile": true});
    chat.harness.node("socketio.send", attributes)
}

#[test]
fn a_volatile_event_is_sent_now_or_never() {
    for transport in ["websocket", "polling"] {
        on_both(|kind| {
            let mut server = RealServer::start(kind);
            let mut chat = Chat::to(&server.url(), json!({"transports": [transport]}));
            let mut volatile = volatile(&mut chat);
            let refused = volatile.try_run(["early", "/", ""]).unwrap_err();
            assert!(refused.reason().contains("not started"), "{refused:?}");
            chat.start();
            chat.on("start").wait(LONG);
            volatile.run(["now", "/", "x"]);
            server.wait_for(&json!({"on": "event", "name": "now", "args": ["x"]}), LONG);

            server.kill();
            chat.on("stop").wait(LONG);
            volatile.run(["lost", "/", "x"]);
            chat.send("kept", "/", "x");
            server.restart();
            server.wait_for(&json!({"on": "event", "name": "kept"}), LONG);
            chat.round_trip_in_log(&server);
            assert_eq!(
                server.seen(&json!({"on": "event", "name": "lost"})),
                [] as [Json; 0]
            );
        });
    }
}

#[test]
fn a_volatile_event_is_dropped_while_the_connection_takes_no_more() {
    let (sender, said) = mpsc::channel();
    let gate = Arc::new(Barrier::new(2));
    let server_gate = Arc::clone(&gate);
    let address = serve_websocket(move |mut websocket| {
        for packet in [OPEN, r#"40{"sid":"s"}"#] {
            websocket.send(Message::text(packet)).unwrap();
        }
        // Until then it reads nothing.
        server_gate.wait();
        while let Ok(message) = websocket.read() {
            let _ = sender.send(message.to_string());
        }
    });
    let mut chat = Chat::to(&format!("http://{address}"), json!({}));
    let mut volatile = volatile(&mut chat);
    chat.start();
    chat.on("start").wait(LONG);
    // More than the buffers of both ends hold.
    for _ in 0..24 {
        chat.send("large", "/", &"x".repeat(1 << 20));
    }
    // The connection has had its turns, so all that can be written is.
    for n in 0..20 {
        chat.subscribe(&format!("turn {n}"), "/");
        chat.on("subscribe").wait(LONG);
    }
    volatile.run(["lost", "/", "x"]);
    chat.send("last", "/", "x");
    gate.wait();
    let said: Vec<String> = std::iter::from_fn(|| said.recv_timeout(LONG).ok())
        .take_while(|text| !text.contains("last"))
        .collect();
    assert_eq!(said.len(), 25, "CONNECT and the large events");
    assert!(!said.iter().any(|text| text.contains("lost")));
}

/// What the connection has said of dropped events: to the nodes, and to the log.
fn told_of_drops(chat: &Chat) -> [Vec<String>; 2] {
    let errors = std::iter::from_fn(|| (chat.on("error").waiting() > 0).then(|| chat.error()[1].clone()));
    let logs = chat.harness.logs().into_iter().map(|line| line.message);
    [
        errors.filter(|text| text.contains("dropped")).collect(),
        logs.filter(|text| text.contains("were dropped")).collect(),
    ]
}

#[test]
fn a_full_buffer_drops_what_the_policy_says() {
    on_both(|kind| {
        for (policy, kept) in [("drop_oldest", ["3", "4", "5"]), ("drop_newest", ["1", "2", "3"])] {
            let mut server = RealServer::start(kind);
            let fields = json!({"send_buffer": 3, "send_buffer_policy": policy});
            let mut chat = Chat::started(&server, fields);
            for _ in 0..2 {
                server.kill();
                chat.on("stop").wait(LONG);
                for n in 1..=5 {
                    chat.send("kept", "/", &n.to_string());
                }
                server.forget();
                server.restart();
                chat.on("start").wait(LONG);
                chat.round_trip_in_log(&server);
                let arrived = server.seen(&json!({"on": "event", "name": "kept"}));
                let arrived: Vec<&Json> = arrived.iter().map(|entry| &entry["args"][0]).collect();
                assert_eq!(arrived, kept, "{policy}");
            }
            // Once for each time that the connection was lost.
            let [errors, logs] = told_of_drops(&chat);
            assert_eq!(errors.len(), 2, "{errors:?}");
            assert!(
                errors[0].starts_with("limit: the send buffer is full"),
                "{errors:?}"
            );
            assert_eq!(logs.len(), 2, "{logs:?}");
            assert!(logs[0].contains("2 events were dropped"), "{logs:?}");
        }
    });
}
