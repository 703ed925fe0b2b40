//! What events carry, small and large, and who waits when there are too many.

use std::{io::Write, sync::mpsc, time::Duration};

use pulsewire_harness::LONG;
use pulsewire_it::servers::{Kind, RealServer, bytes};
use pulsewire_plugin_api::value::Value;
use serde_json::json;
use tungstenite::Message;

use crate::chat::{Chat, OPEN, on_both, serve_websocket};

#[test]
fn json_payloads_keep_their_types_both_ways() {
    on_both(|kind| {
        let mut server = RealServer::start(kind);
        let mut chat = Chat::started(&server, json!({}));
        chat.subscribe("echo", "/");
        let mut send_json = chat.harness.node(
            "socketio.send",
            json!({"configuration": "chat", "message_format": "JSON", "event_name": "echo"}),
        );
        let text = r#"{"z":[1,2.5,null,true,"é"],"a":{}}"#;
        send_json.run(["echo", "/", text]);
        let args = json!([{"z": [1, 2.5, null, true, "é"], "a": {}}]);
        server.wait_for(&json!({"on": "event", "name": "echo", "args": args}), LONG);
        let values = chat.on("receive").wait(LONG);
        assert_eq!(values[2], Value::from(text));
        assert_eq!(values[3], Value::from_json(text).unwrap());

        let refused = send_json.try_run(["echo", "/", "{no json"]).unwrap_err();
        assert!(refused.reason().contains("not JSON"), "{refused:?}");

        // None, several, and a number as the name.
        for (name, args, message) in [
            ("none", json!([]), ""),
            ("several", json!(["a", 1, {"b": []}]), r#"["a",1,{"b":[]}]"#),
            ("7", json!([null]), "null"),
        ] {
            chat.subscribe(name, "/");
            chat.round_trip();
            server.send(&json!({"do": "emit", "namespace": "/", "name": name, "args": args}));
            let values = chat.on("receive").wait(LONG);
            assert_eq!(values[1], Value::from(name));
            assert_eq!(values[2], Value::from(message));
            assert_eq!(values[4], Value::from_json(&args.to_string()).unwrap());
        }
    });
}

#[test]
fn binary_events_arrive_whole() {
    on_both(|kind| {
        let mut server = RealServer::start(kind);
        let mut chat = Chat::started(&server, json!({}));
        chat.subscribe("file", "/");
        chat.round_trip();
        let args = json!(["a.bin", {"parts": [bytes("AQIDBA=="), bytes("")]}, bytes("BQ==")]);
        server.send(&json!({"do": "emit", "namespace": "/", "name": "file", "args": args}));
        let values = chat.on("receive").wait(LONG);
        assert_eq!(
            values[2],
            Value::from(r#"["a.bin",{"parts":["AQIDBA==",""]},"BQ=="]"#)
        );
        assert_eq!(values[3], Value::from("a.bin"));
        let Value::Array(all) = &values[4] else {
            panic!("{values:?}")
        };
        assert_eq!(all[2], Value::from(vec![5u8]));
        let Value::Dictionary(file) = &all[1] else {
            panic!("{all:?}")
        };
        let parts = vec![Value::from(vec![1u8, 2, 3, 4]), Value::from(Vec::<u8>::new())];
        assert_eq!(file.get("parts"), Some(&Value::from(parts)));
        assert_eq!(values[5], Value::from(vec![1u8, 2, 3, 4]));
    });
}

#[test]
fn events_of_no_bytes_and_of_ten_megabytes_pass() {
    on_both(|kind| {
        let server = RealServer::start_with(kind, &["--max-payload", "20000000"]);
        let mut chat = Chat::started(&server, json!({}));
        chat.subscribe("echo", "/");
        let large = "\u{e9}x\n".repeat(2_500_000);
        assert_eq!(large.len(), 10_000_000);
        for text in ["", &large, "after"] {
            chat.send("echo", "/", text);
            let [_, _, message] = chat.received();
            assert!(message == text, "{} bytes came", message.len());
        }
        assert_eq!(chat.on("stop").waiting(), 0);
    });
}

#[test]
fn a_message_above_the_limit_is_an_error() {
    let server = RealServer::start(Kind::Node);
    let mut chat = Chat::started(&server, json!({"max_message_size": 2000}));
    chat.round_trip();
    chat.send("echo", "/", &"x".repeat(3000));
    let [_, message] = chat.error();
    assert!(
        message.starts_with("limit: ") && message.contains("max_message_size"),
        "{message}"
    );
    chat.on("stop").wait(LONG);
    chat.on("start").wait(LONG);
}

#[test]
fn a_flood_arrives_in_order_though_the_engine_is_full() {
    on_both(|kind| {
        let mut server = RealServer::start(kind);
        let mut chat = Chat::started(&server, json!({}));
        chat.subscribe("n", "/");
        chat.round_trip();
        chat.harness.engine().set_full(true);
        server.send(&json!({"do": "flood", "namespace": "/", "name": "n", "count": 20000, "size": 100}));
        // The server hands all to its transport; the plugin takes no more than it may hold.
        server.wait_for(&json!({"on": "flooded"}), LONG);
        assert_eq!(chat.on("receive").waiting(), 0);
        chat.harness.engine().set_full(false);
        for n in 0..20000 {
            let [_, _, message] = chat.received();
            assert!(message.starts_with(&format!("{n} x")), "{n}: {message}");
        }
        chat.deactivate();
        assert_eq!(chat.on("start").waiting(), 0);
    });
}

#[test]
fn a_full_engine_makes_the_server_wait() {
    let (sender, blocked) = mpsc::channel();
    let address = serve_websocket(move |mut websocket| {
        for packet in [OPEN, r#"40{"sid":"s"}"#] {
            websocket.send(Message::text(packet)).unwrap();
        }
        // The client says when.
        while websocket.read().unwrap() != Message::text(r#"42["go",""]"#) {}
        let stream = websocket.get_mut();
        stream.set_write_timeout(Some(Duration::from_secs(2))).unwrap();
        let packet = format!(r#"42["n","{}"]"#, "x".repeat(1000));
        let mut frame = vec![0x81, 126, (packet.len() >> 8) as u8, packet.len() as u8];
        frame.extend(packet.as_bytes());
        // More than everybody's buffers hold, unless the client reads on.
        let is_blocked = (0..200_000).any(|_| stream.write_all(&frame).is_err());
        let _ = sender.send(is_blocked);
    });
    let mut chat = Chat::to(&format!("http://{address}"), json!({}));
    chat.subscribe("n", "/");
    chat.start();
    chat.on("start").wait(LONG);
    chat.on("subscribe").wait(LONG);
    chat.harness.engine().set_full(true);
    chat.send("go", "/", "");
    assert!(blocked.recv_timeout(LONG).unwrap(), "the client took it all");
    chat.harness.engine().set_full(false);
    // What was taken is there, in the right order of events.
    assert_eq!(chat.received()[1], "n");
    chat.deactivate();
}

#[test]
fn any_value_and_several_arguments_are_sent_with_their_bytes() {
    on_both(|kind| {
        let mut server = RealServer::start(kind);
        let mut chat = Chat::started(&server, json!({}));
        chat.subscribe("echo", "/");
        let format = |format: &str| json!({"configuration": "chat", "message_format": format, "event_name": "echo", "namespace": "/"});
        let nested = Value::from(vec![Value::from(vec![1u8, 2]), Value::Int(7), Value::Empty]);
        let large = Value::from(vec![9u8; 5000]);

        let mut value = chat.harness.node("socketio.send", format("Value"));
        let row = |at: usize, value: &Value| {
            let mut row = vec![Value::from("echo"), "/".into(), "".into(), Value::Empty];
            row.truncate(at);
            row.push(value.clone());
            row
        };
        value.run(row(3, &nested));
        let args = json!([[bytes("AQI="), 7, null]]);
        server.wait_for(&json!({"on": "event", "name": "echo", "args": args}), LONG);
        assert_eq!(chat.on("receive").wait(LONG)[3], nested);

        let mut all = chat.harness.node("socketio.send", format("Arguments"));
        for sent in [vec![], vec!["a".into(), large, nested]] {
            let sent = Value::from(sent);
            all.run(row(4, &sent));
            assert_eq!(chat.on("receive").wait(LONG)[4], sent);
        }
        let many = Value::from(vec![Value::from(vec![0u8]); 11]);
        let refused = all.try_run(row(4, &many)).unwrap_err();
        assert!(refused.reason().contains("11 attachments"), "{refused:?}");

        // The same in a request and in its answer.
        let mut asking = chat
            .harness
            .node("socketio.send_with_acknowledgement", format("Value"));
        let sent = Value::from(vec![3u8]);
        asking.run([
            "echo".into(),
            "/".into(),
            "".into(),
            Value::Float(0.0),
            sent.clone(),
        ]);
        assert_eq!(
            asking.run_own_event(LONG).outputs[1..4],
            [sent.clone(), Value::from(vec![sent.clone()]), sent]
        );
        let mut answering = chat.harness.node(
            "socketio.acknowledge",
            json!({"configuration": "chat", "message_format": "Arguments"}),
        );
        chat.subscribe("q", "/");
        chat.round_trip();
        server.send(&json!({"do": "ask", "namespace": "/", "name": "q", "args": []}));
        let request = chat.on("request").wait(LONG).remove(6);
        let sent = Value::from(vec![Value::Int(1), Value::from(vec![1u8, 2])]);
        answering.run([request, "".into(), Value::Empty, sent]);
        server.wait_for(
            &json!({"on": "ack", "name": "q", "args": [1, bytes("AQI=")]}),
            LONG,
        );
    });
}
