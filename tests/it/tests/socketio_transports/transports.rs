//! Long-polling, WebSocket, and the way from one to the other, on both real servers.

use pulsewire_harness::LONG;
use pulsewire_it::servers::{Kind, RealServer, bytes};
use pulsewire_plugin_api::value::Value;
use serde_json::{Value as Json, json};

use crate::chat::{Chat, on_both};

/// Polling alone, WebSocket alone, and polling that is upgraded.
const MODES: [&str; 3] = ["polling", "websocket", "upgrade"];

fn mode(name: &str) -> Json {
    match name {
        "polling" => json!({"transports": ["polling"]}),
        "websocket" => json!({"transports": ["websocket"]}),
        _ => json!({"transports": ["polling", "websocket"]}),
    }
}

/// Runs a fact on both servers in each mode; the output of a failure says where.
fn everywhere(fact: impl Fn(Kind, &str, Json)) {
    on_both(|kind| {
        for name in MODES {
            println!("by {name}");
            fact(kind, name, mode(name));
        }
    });
}

/// Connected in this mode; an upgrade is done.
#[track_caller]
fn connected(server: &RealServer, name: &str) -> Chat {
    let chat = Chat::started(server, mode(name));
    if name == "upgrade" {
        chat.harness.wait_for_log("goes on over WebSocket");
    }
    chat
}

#[test]
fn text_and_bytes_pass_both_ways_by_every_transport() {
    everywhere(|kind, name, _| {
        let mut server = RealServer::start(kind);
        let mut chat = connected(&server, name);
        chat.subscribe("file", "/");
        chat.round_trip();
        let args = json!(["é\u{1e}", {"parts": [bytes("AQIDBA=="), bytes("")]}, bytes("BQ==")]);
        server.send(&json!({"do": "emit", "namespace": "/", "name": "file", "args": args}));
        let values = chat.on("receive").wait(LONG);
        assert_eq!(values[3], Value::from("é\u{1e}"));
        assert_eq!(values[5], Value::from(vec![1u8, 2, 3, 4]));
        chat.stop();
        chat.on("stop").wait(LONG);
        server.wait_for(&json!({"on": "disconnect", "namespace": "/"}), LONG);
        chat.deactivate();
        assert_eq!(chat.on("error").waiting(), 0);
    });
}

#[test]
fn the_transport_is_the_one_that_was_asked_for() {
    everywhere(|kind, name, fields| {
        let server = RealServer::start(kind);
        let _chat = Chat::started(&server, fields);
        let connect = server.wait_for(&json!({"on": "connect"}), LONG);
        let expected = if name == "websocket" {
            "websocket"
        } else {
            "polling"
        };
        assert_eq!(connect["query"]["transport"], expected);
        assert_eq!(connect["query"]["t"].is_string(), expected == "polling");
    });
}

#[test]
fn large_messages_pass_by_every_transport() {
    everywhere(|kind, name, _| {
        let mut server = RealServer::start_with(kind, &["--max-payload", "20000000"]);
        let mut chat = connected(&server, name);
        chat.subscribe("echo", "/");
        chat.round_trip();
        for size in [300_000, 2_000_000] {
            let text = "x\u{e9}\n".repeat(size / 4);
            if (kind, name) == (Kind::Python, "polling") {
                // engineio reads as much of a body as is there, and takes that for all of it.
                server.send(&json!({"do": "emit", "namespace": "/", "name": "echo", "args": [text]}));
            } else {
                chat.send("echo", "/", &text);
            }
            let [_, _, message] = chat.received();
            assert!(message == text, "{} bytes came", message.len());
            chat.round_trip();
        }
        assert_eq!(chat.on("stop").waiting(), 0);
    });
}

#[test]
fn a_burst_arrives_whole_and_in_order_by_every_transport() {
    everywhere(|kind, name, _| {
        let mut server = RealServer::start(kind);
        let mut chat = connected(&server, name);
        chat.subscribe("n", "/");
        chat.round_trip();
        // Many bodies: a server of Python drops those with more than 16 packets.
        for n in 0..500 {
            chat.send("n", "/", &n.to_string());
        }
        server.wait_for(&json!({"on": "event", "name": "n", "args": ["499"]}), LONG);
        let seen = server.seen(&json!({"on": "event", "name": "n"}));
        let seen: Vec<&str> = seen
            .iter()
            .filter_map(|event| event["args"][0].as_str())
            .collect();
        assert_eq!(seen, (0..500).map(|n| n.to_string()).collect::<Vec<_>>());

        server.send(&json!({"do": "flood", "namespace": "/", "name": "n", "count": 5000, "size": 100}));
        for n in 0..5000 {
            let [_, _, message] = chat.received();
            assert!(message.starts_with(&format!("{n} x")), "{n}: {message}");
        }
    });
}

#[test]
fn an_upgrade_loses_nothing_and_keeps_the_order() {
    on_both(|kind| {
        let server = RealServer::start(kind);
        for _ in 0..5 {
            let mut chat = Chat::to(&server.url(), mode("upgrade"));
            chat.subscribe("echo", "/");
            chat.start();
            // All the while, from before the first request until after the last one.
            let mut sent = 0;
            while sent < 2000 {
                for _ in 0..20 {
                    chat.send("echo", "/", &sent.to_string());
                    sent += 1;
                }
                if sent == 1000 {
                    chat.harness.wait_for_log("goes on over WebSocket");
                }
            }
            for n in 0..sent {
                assert_eq!(chat.received()[2], n.to_string());
            }
            assert_eq!(chat.on("start").waiting(), 1);
            assert_eq!(chat.on("error").waiting(), 0);
            chat.deactivate();
        }
    });
}

#[test]
fn the_connection_comes_back_by_every_transport() {
    everywhere(|kind, name, _| {
        let mut server = RealServer::start(kind);
        let mut chat = connected(&server, name);
        chat.round_trip();
        server.restart();
        chat.on("stop").wait(LONG);
        chat.on("start").wait(LONG);
        chat.round_trip();
        // The server goes, as it says.
        server.send(&json!({"do": "disconnect_clients", "close": true}));
        chat.on("stop").wait(LONG);
    });
}

#[test]
fn the_heartbeat_is_kept_by_every_transport() {
    everywhere(|kind, name, _| {
        let server = RealServer::start_with(kind, &["--ping-interval", "100", "--ping-timeout", "1000"]);
        let mut chat = connected(&server, name);
        for _ in 0..20 {
            chat.round_trip();
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        assert_eq!(chat.on("stop").waiting(), 0);
        assert_eq!(chat.on("error").waiting(), 0);
    });
}

#[test]
fn an_event_above_max_payload_is_refused_over_polling_and_the_rest_goes_on() {
    on_both(|kind| {
        let server = RealServer::start_with(kind, &["--max-payload", "2000"]);
        let mut chat = connected(&server, "polling");
        chat.round_trip();
        chat.send("large", "/", &"x".repeat(3000));
        let [namespace, message] = chat.error();
        assert_eq!(namespace, "/");
        assert!(
            message.starts_with("limit: ") && message.contains("2000") && message.contains("maxPayload"),
            "{message}"
        );
        // As many as one body has room for, and more.
        for n in 0..20 {
            chat.send("n", "/", &format!("{n} {}", "x".repeat(900)));
        }
        server.wait_until(
            "the last",
            |entry| {
                entry["args"][0]
                    .as_str()
                    .is_some_and(|text| text.starts_with("19 "))
            },
            LONG,
        );
        assert_eq!(server.seen(&json!({"on": "event", "name": "n"})).len(), 20);
        assert_eq!(chat.on("stop").waiting(), 0);
    });
}

/// R20. Over polling it comes packed by gzip, in chunks.
#[test]
fn a_message_of_a_hundred_megabytes_arrives_by_every_transport() {
    for name in MODES {
        let mut server = RealServer::start(Kind::Node);
        let mut chat = connected(&server, name);
        chat.subscribe("n", "/");
        chat.round_trip();
        // With what is around the text it is just below the default of `max_message_size`.
        let size = 99_999_900;
        server.send(&json!({"do": "flood", "namespace": "/", "name": "n", "count": 1, "size": size}));
        assert_eq!(chat.received()[2].len(), size, "by {name}");
        chat.round_trip();
        assert_eq!(chat.on("stop").waiting(), 0);
    }
}
