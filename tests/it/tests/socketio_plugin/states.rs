//! Start and Stop in every state.

use std::{net::TcpStream, sync::mpsc, time::Instant};

use pulsewire_harness::LONG;
use pulsewire_it::DEACTIVATION;
use pulsewire_it::servers::{Kind, RealServer};
use pulsewire_plugin_api::value::Value;
use serde_json::json;
use tungstenite::Message;

use crate::chat::{Chat, OPEN, drain, free_port, on_both, serve_websocket, stalling};

#[test]
fn start_is_idempotent() {
    let server = RealServer::start(Kind::Node);
    let mut chat = Chat::to(&server.url(), json!({}));
    for _ in 0..10 {
        chat.start();
    }
    chat.on("start").wait(LONG);
    chat.start();
    chat.round_trip_in_log(&server);
    assert_eq!(server.seen(&json!({"on": "connect"})).len(), 1);
    assert_eq!(chat.on("start").waiting(), 0);
}

#[test]
fn start_while_stopping_makes_exactly_one_new_connection() {
    on_both(|kind| {
        let server = RealServer::start(kind);
        let mut chat = Chat::started(&server, json!({}));
        chat.send("last", "/", "x");
        for _ in 0..5 {
            chat.stop();
            chat.stop();
            chat.start();
            chat.start();
        }
        chat.round_trip_in_log(&server);
        // What was sent before the first Stop was delivered.
        server.wait_for(&json!({"on": "event", "name": "last"}), LONG);
        let connects = server.seen(&json!({"on": "connect"})).len();
        let disconnects = server.seen(&json!({"on": "disconnect"})).len();
        assert!(connects >= 2 && disconnects < connects, "{}", server.log());
        // Each On Start but the last has its On Stop.
        let (starts, stops) = (chat.on("start").waiting() + 1, chat.on("stop").waiting());
        assert_eq!(starts, stops + 1);
    });
}

/// Starts a connection to this address, waits until the server says where it is, stops it, and shows that nothing
/// follows and that it is gone for the server.
#[track_caller]
fn assert_stops(url: &str, at: &mpsc::Receiver<TcpStream>) {
    let mut chat = Chat::to(url, json!({}));
    for _ in 0..2 {
        chat.start();
        let mut stream = at.recv_timeout(LONG).unwrap();
        let begin = Instant::now();
        chat.stop();
        chat.stop();
        stream.set_read_timeout(Some(LONG)).unwrap();
        drain(&mut stream);
        let took = begin.elapsed();
        assert!(took < DEACTIVATION, "Stop took {took:?}");
    }
    chat.deactivate();
    chat.assert_quiet();
}

#[test]
fn stop_works_while_the_server_stalls_before_the_websocket() {
    let (address, streams) = stalling();
    assert_stops(&format!("http://{address}"), &streams);
}

#[test]
fn stop_works_while_the_server_stalls_in_tls() {
    let (address, streams) = stalling();
    assert_stops(&format!("https://{address}"), &streams);
}

#[test]
fn stop_works_while_the_server_stalls_before_the_handshake() {
    let (sender, receiver) = mpsc::channel();
    let address = serve_websocket(move |websocket| {
        let _ = sender.send(websocket.get_ref().try_clone().unwrap());
        // Kept open by the clone.
    });
    assert_stops(&format!("http://{address}"), &receiver);
}

#[test]
fn stop_works_while_no_namespace_is_accepted() {
    let (sender, receiver) = mpsc::channel();
    let address = serve_websocket(move |mut websocket| {
        websocket.send(Message::text(OPEN)).unwrap();
        assert_eq!(websocket.read().unwrap(), Message::text("40"));
        let _ = sender.send(websocket.get_ref().try_clone().unwrap());
    });
    assert_stops(&format!("http://{address}"), &receiver);
}

#[test]
fn stop_works_while_waiting_to_retry() {
    let mut chat = Chat::to(
        &format!("http://{}", free_port()),
        json!({"reconnection_delay": 60_000, "reconnection_delay_max": 60_000}),
    );
    for _ in 0..2 {
        chat.start();
        assert!(chat.error()[1].starts_with("tcp: "));
        let [attempt, _] = chat.on("reconnect_attempt").wait(LONG).try_into().unwrap();
        assert_eq!(attempt, Value::Int(1));
        chat.stop();
        chat.harness.wait_for_log("stopped");
    }
    chat.deactivate();
    chat.assert_quiet();
}

#[test]
fn state_tells_how_the_connection_is() {
    let mut server = RealServer::start(Kind::Node);
    let mut chat = Chat::to(&server.url(), json!({}));
    let mut state = chat
        .harness
        .node("socketio.state", json!({"configuration": "chat"}));
    let mut now = |namespace: &str| state.run([namespace]).outputs;
    let none = [
        Value::Bool(false),
        "".into(),
        "".into(),
        Value::Bool(false),
        Value::Int(0),
    ];
    assert_eq!(now("/"), none);
    chat.start();
    chat.on("start").wait(LONG);
    let joined = now("");
    let entry = server.wait_for(&json!({"on": "connect"}), LONG);
    assert_eq!(joined[0], Value::Bool(true));
    assert!(["polling", "websocket"].contains(&joined[1].to_string().as_str()));
    assert_eq!(joined[2], Value::from(entry["sid"].as_str().unwrap()));
    assert_eq!(now("/room-1")[0], Value::Bool(false));
    server.kill();
    chat.on("stop").wait(LONG);
    chat.on("reconnect_attempt").wait(LONG);
    assert_eq!(now("/")[..3], none[..3]);
    assert_ne!(now("/")[4], Value::Int(0));
    chat.stop();
    chat.harness.wait_for_log("stopped");
}
