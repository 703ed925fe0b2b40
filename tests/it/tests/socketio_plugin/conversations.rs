//! Conversations with both real servers.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use pulsewire_harness::LONG;
use pulsewire_it::servers::{Kind, RealServer};
use pulsewire_plugin_api::value::Value;
use serde_json::{Value as Json, json};
use tungstenite::Message;

use crate::chat::{Chat, OPEN, free_port, on_both, serve_websocket};

#[test]
fn a_connection_starts_echoes_and_stops() {
    on_both(|kind| {
        let server = RealServer::start(kind);
        let mut chat = Chat::started(&server, json!({}));
        chat.subscribe("echo", "/");
        assert_eq!(chat.on("subscribe").wait(LONG), [Value::from("/")]);
        chat.send("echo", "/", "hello");
        let values = chat.on("receive").wait(LONG);
        let hello = Value::from("hello");
        assert_eq!(
            values,
            [
                Value::from("/"),
                Value::from("echo"),
                hello.clone(),
                hello.clone(),
                Value::from(vec![hello]),
                Value::from(Vec::<u8>::new()),
            ]
        );
        chat.stop();
        chat.on("stop").wait(LONG);
        server.wait_for(&json!({"on": "disconnect", "namespace": "/"}), LONG);
        chat.deactivate();
        chat.assert_quiet();
    });
}

#[test]
fn a_url_without_a_port_takes_the_ports_field() {
    let server = RealServer::start(Kind::Node);
    let mut chat = Chat::to("ws://127.0.0.1", json!({"port": server.port()}));
    chat.start();
    chat.on("start").wait(LONG);
}

#[test]
fn several_namespaces_share_one_connection() {
    on_both(|kind| {
        let mut server = RealServer::start(kind);
        let mut chat = Chat::started(&server, json!({"namespaces": ["/", "room-1"]}));
        chat.subscribe("echo", "/");
        chat.subscribe("echo", "/room-1");
        // Not configured: Subscribe joins the one, Send the other.
        chat.subscribe("echo", "/room-2");
        chat.send("note", "/room-3", "x");
        let event = json!({"on": "event", "namespace": "/room-3", "name": "note", "args": ["x"]});
        server.wait_for(&event, LONG);
        let effective: BTreeSet<String> = (0..3)
            .map(|_| chat.on("subscribe").wait(LONG)[0].to_string())
            .collect();
        assert_eq!(effective, ["/", "/room-1", "/room-2"].map(String::from).into());
        for namespace in ["/", "/room-1", "/room-2"] {
            chat.send("echo", namespace, namespace);
            assert_eq!(chat.received(), [namespace, "echo", namespace]);
        }
        // One connection: when it closes, all of them end.
        server.send(&json!({"do": "disconnect_clients", "close": true}));
        chat.on("stop").wait(LONG);
        assert_eq!(chat.on("start").waiting(), 0);
    });
}

#[test]
fn only_subscribed_events_arrive() {
    on_both(|kind| {
        let mut server = RealServer::start(kind);
        let mut chat = Chat::started(&server, json!({"namespaces": ["/", "/room-1"]}));
        chat.subscribe("wanted", "/");
        chat.subscribe("gone", "/");
        chat.unsubscribe.run(["gone", "/"]);
        assert_eq!(chat.on("unsubscribe").wait(LONG), [Value::from("/")]);
        chat.round_trip();
        for (namespace, name) in [
            ("/", "unwanted"),
            ("/", "gone"),
            ("/room-1", "wanted"),
            ("/", "wanted"),
        ] {
            server.send(&json!({"do": "emit", "namespace": namespace, "name": name, "args": [name]}));
        }
        // The namespaces share one connection, so the order is theirs.
        assert_eq!(chat.received(), ["/", "wanted", "wanted"]);
        chat.round_trip();
        // Ended once, and never twice.
        chat.unsubscribe.run(["gone", "/"]);
        chat.unsubscribe.run(["never", "/"]);
        chat.round_trip();
        assert_eq!(chat.on("unsubscribe").waiting(), 0);
        assert_eq!(chat.on("receive").waiting(), 0);
    });
}

#[test]
fn a_subscription_before_start_is_remembered() {
    on_both(|kind| {
        let server = RealServer::start(kind);
        let mut chat = Chat::to(&server.url(), json!({}));
        chat.subscribe("echo", "/room-1");
        chat.start();
        chat.on("start").wait(LONG);
        assert_eq!(chat.on("subscribe").wait(LONG), [Value::from("/room-1")]);
        chat.send("echo", "/room-1", "x");
        assert_eq!(chat.received(), ["/room-1", "echo", "x"]);
        // Stop lets it wait for the next Start, where it takes effect anew.
        chat.stop();
        chat.start();
        chat.on("stop").wait(LONG);
        chat.on("start").wait(LONG);
        assert_eq!(chat.on("subscribe").wait(LONG), [Value::from("/room-1")]);
        chat.send("echo", "/room-1", "y");
        assert_eq!(chat.received(), ["/room-1", "echo", "y"]);
    });
}

#[test]
fn auth_query_and_headers_reach_the_server() {
    on_both(|kind| {
        let server = RealServer::start(kind);
        let fields = json!({
            "namespaces": ["/admin"],
            "auth": {"token": "secret"},
            "query": {"room": "a b&c", "n": 7},
            "headers": {"X-Device": "kiosk-1", "Cookie": "a=b"},
        });
        let mut chat = Chat::started(&server, fields);
        let entry = server.wait_for(&json!({"on": "connect", "namespace": "/admin"}), LONG);
        assert_eq!(entry["auth"], json!({"token": "secret"}));
        assert_eq!(entry["query"]["room"], "a b&c");
        assert_eq!(entry["query"]["n"], "7");
        assert_eq!(entry["headers"]["x-device"], "kiosk-1");
        assert_eq!(entry["headers"]["cookie"], "a=b");
        chat.deactivate();
        // Not even the most detailed log shows them.
        for line in chat.harness.logs() {
            for secret in ["secret", "a b&c", "a+b", "kiosk-1", "a=b"] {
                assert!(!line.message.contains(secret), "{line:?}");
            }
        }
    });
}

#[test]
fn each_namespace_may_have_auth_of_its_own() {
    on_both(|kind| {
        let server = RealServer::start(kind);
        let fields = json!({
            "namespaces": ["/", "/admin", "/room-1"], "auth": {"token": "common"},
            "namespace_auth": {"admin": {"token": "secret"}, "/room-2": {"token": "late"}},
        });
        let mut chat = Chat::started(&server, fields);
        // Not configured: Subscribe joins it.
        chat.subscribe("echo", "/room-2");
        for (namespace, token) in [
            ("/", "common"),
            ("/admin", "secret"),
            ("/room-1", "common"),
            ("/room-2", "late"),
        ] {
            let entry = json!({"on": "connect", "namespace": namespace, "auth": {"token": token}});
            server.wait_for(&entry, LONG);
        }
        chat.deactivate();
        assert_eq!(chat.on("error").waiting(), 0);
    });
}

#[test]
fn a_refused_namespace_is_an_error_and_no_storm() {
    on_both(|kind| {
        let server = RealServer::start(kind);
        // Between two tries of Send lies the delay of a reconnection: here longer than the test.
        let fields = json!({
            "namespaces": ["/", "/admin"], "auth": {"token": "wrong"}, "reconnection_delay": 600_000,
        });
        let mut chat = Chat::started(&server, fields);
        let [namespace, message] = chat.error();
        assert_eq!(namespace, "/admin");
        assert!(
            message.starts_with("namespace: refused by the server: not authorized"),
            "{message}"
        );
        assert!(
            message.contains(r#"{"code":401}"#) && message.contains(&server.url()),
            "{message}"
        );
        for _ in 0..20 {
            chat.send("note", "/admin", "x");
        }
        chat.round_trip_in_log(&server);
        assert_eq!(chat.on("error").waiting(), 0);
        // Subscribe asks again.
        chat.subscribe("note", "/admin");
        assert_eq!(chat.error()[0], "/admin");
        assert_eq!(
            server.seen(&json!({"on": "connect", "namespace": "/admin"})),
            [] as [Json; 0]
        );
        assert_eq!(chat.on("stop").waiting(), 0);
    });
}

#[test]
fn a_connection_without_any_accepted_namespace_waits_for_start() {
    on_both(|kind| {
        let server = RealServer::start(kind);
        let mut chat = Chat::to(&server.url(), json!({"namespaces": ["/admin"]}));
        for _ in 0..2 {
            chat.start();
            assert_eq!(chat.error()[0], "/admin");
            chat.harness.wait_for_log("closed");
        }
        chat.deactivate();
        chat.assert_quiet();
    });
}

#[test]
fn a_restarted_server_is_one_stop_and_one_start() {
    on_both(|kind| {
        let mut server = RealServer::start(kind);
        let mut chat = Chat::started(&server, json!({"namespaces": ["/", "/room-1"]}));
        chat.subscribe("echo", "/room-1");
        chat.on("subscribe").wait(LONG);
        chat.round_trip();
        chat.on("subscribe").wait(LONG);

        server.kill();
        chat.on("stop").wait(LONG);
        for n in 0..100 {
            chat.send("echo", "/room-1", &n.to_string());
        }
        server.restart();
        chat.on("start").wait(LONG);
        for n in 0..100 {
            assert_eq!(chat.received(), ["/room-1", "echo", &n.to_string()]);
        }
        chat.round_trip();
        for quiet in ["stop", "start", "subscribe", "unsubscribe", "receive"] {
            assert_eq!(chat.on(quiet).waiting(), 0, "{quiet}");
        }
    });
}

#[test]
fn a_client_that_the_server_disconnects_does_not_come_back_by_itself() {
    on_both(|kind| {
        let mut server = RealServer::start(kind);
        let mut chat = Chat::started(&server, json!({}));
        chat.round_trip();
        server.send(&json!({"do": "disconnect_clients", "close": false}));
        chat.on("stop").wait(LONG);
        let [namespace, message] = chat.error();
        assert_eq!(namespace, "/");
        assert!(message.contains("ended by the server"), "{message}");
        // Start does it.
        chat.start();
        chat.on("start").wait(LONG);
        chat.round_trip_in_log(&server);
        assert_eq!(server.seen(&json!({"on": "connect"})).len(), 2);
    });
}

#[test]
fn a_server_that_falls_silent_is_noticed() {
    let address = serve_websocket(|mut websocket| {
        let open = OPEN.replace("25000", "200").replace("20000", "100");
        for packet in [open.as_str(), r#"40{"sid":"s"}"#] {
            websocket.send(Message::text(packet)).unwrap();
        }
        while websocket.read().is_ok() {}
    });
    let mut chat = Chat::to(&format!("http://{address}"), json!({"reconnection": false}));
    chat.start();
    chat.on("start").wait(LONG);
    assert!(chat.error()[1].contains("ping timeout"));
    chat.on("stop").wait(LONG);
}

#[test]
fn pings_are_answered() {
    on_both(|kind| {
        let server = RealServer::start_with(kind, &["--ping-interval", "100", "--ping-timeout", "200"]);
        let mut chat = Chat::started(&server, json!({}));
        let begin = Instant::now();
        // Longer than the server would wait.
        while begin.elapsed() < Duration::from_secs(1) {
            chat.round_trip_in_log(&server);
        }
        assert_eq!(chat.on("stop").waiting(), 0);
        assert_eq!(server.seen(&json!({"on": "disconnect"})), [] as [Json; 0]);
    });
}

#[test]
fn a_star_subscribes_to_every_event_of_its_namespace() {
    on_both(|kind| {
        let mut server = RealServer::start(kind);
        let mut chat = Chat::started(&server, json!({}));
        chat.subscribe("*", "/");
        chat.subscribe("a", "/");
        chat.round_trip();
        for (name, args) in [("a", json!(["1"])), ("b", json!(["2"])), ("c", json!(["3", 4]))] {
            server.send(&json!({"do": "emit", "namespace": "/", "name": name, "args": args}));
        }
        for [name, message] in [["a", "1"], ["b", "2"], ["c", r#"["3",4]"#]] {
            assert_eq!(chat.received(), ["/", name, message]);
        }
        chat.unsubscribe.run(["*", "/"]);
        chat.on("unsubscribe").wait(LONG);
        server.send(&json!({"do": "emit", "namespace": "/", "name": "b", "args": ["5"]}));
        server.send(&json!({"do": "emit", "namespace": "/", "name": "a", "args": ["6"]}));
        assert_eq!(chat.received(), ["/", "a", "6"]);
    });
}

#[test]
fn attempts_to_reconnect_are_told_before_they_begin() {
    let mut chat = Chat::to(
        &format!("http://{}", free_port()),
        json!({"randomization_factor": 0.0, "reconnection_attempts": 2}),
    );
    chat.start();
    for attempt in [1, 2] {
        let told = chat.on("reconnect_attempt").wait(LONG);
        assert_eq!(told, [Value::Int(attempt), Value::Float(0.05)]);
    }
}

#[test]
fn a_server_that_closes_before_a_namespace_is_joined_is_an_error() {
    for transport in ["websocket", "polling"] {
        let server = RealServer::start(Kind::Node);
        let fields = json!({
            "namespaces": ["/hang-up"], "transports": [transport], "reconnection": false,
        });
        let mut chat = Chat::to(&server.url(), fields);
        chat.start();
        let [namespace, message] = chat.error();
        let expected = "namespace: the server closed the connection before it accepted a namespace";
        assert!(
            message.starts_with(expected) && message.contains(&server.url()),
            "{message}"
        );
        assert_eq!(namespace, "");
        chat.harness.wait_for_log("closed");
        chat.deactivate();
        chat.assert_quiet();
    }
}
