//! Servers that speak Engine.IO 3: Socket.IO 1 and 2, and 4 with `allowEIO3`.

use pulsewire_harness::LONG;
use pulsewire_it::servers::{Kind, RealServer, bytes};
use pulsewire_plugin_api::value::Value;
use serde_json::{Value as Json, json};

use crate::chat::Chat;

/// Heartbeats that a test can see.
const QUICK: [&str; 4] = ["--ping-interval", "200", "--ping-timeout", "400"];

/// Runs a fact on each old server, found out and set, and on a new one that allows it. The second argument is the
/// connection's fields.
fn on_old(fact: impl Fn(RealServer, Json)) {
    for kind in Kind::OLD {
        for engine_io in ["Auto", "3"] {
            println!("on {kind:?}, Engine.IO {engine_io}");
            fact(
                RealServer::start_with(kind, &QUICK),
                json!({"engine_io": engine_io}),
            );
        }
    }
    println!("on a new server with allowEIO3");
    let options = [&QUICK[..], &["--allow-eio3", "1"]].concat();
    fact(
        RealServer::start_with(Kind::Node, &options),
        json!({"engine_io": "3"}),
    );
}

fn with(fields: &Json, more: Json) -> Json {
    let mut fields = fields.clone();
    let more = more.as_object().cloned().unwrap();
    fields.as_object_mut().unwrap().extend(more);
    fields
}

#[test]
fn a_connection_starts_echoes_and_stops() {
    on_old(|server, fields| {
        let mut chat = Chat::started(&server, fields);
        chat.subscribe("echo", "/");
        assert_eq!(chat.on("subscribe").wait(LONG), [Value::from("/")]);
        chat.send("echo", "/", "héllo\n😀");
        assert_eq!(chat.received(), ["/", "echo", "héllo\n😀"]);
        chat.stop();
        chat.on("stop").wait(LONG);
        server.wait_for(&json!({"on": "disconnect", "namespace": "/"}), LONG);
        // The server joined `/` by itself; nobody joined it a second time.
        assert_eq!(
            server.seen(&json!({"on": "connect"})).len(),
            1,
            "{}",
            server.log()
        );
        chat.deactivate();
        chat.assert_quiet();
    });
}

#[test]
fn bytes_arrive_at_any_depth() {
    on_old(|mut server, fields| {
        let mut chat = Chat::started(&server, fields);
        chat.subscribe("file", "/");
        chat.round_trip();
        let args = json!([{"a": [bytes("AQID")]}, bytes("BAUG"), "text"]);
        server.send(&json!({"do": "emit", "namespace": "/", "name": "file", "args": args}));
        let expected = r#"[{"a":["AQID"]},"BAUG","text"]"#;
        assert_eq!(chat.received(), ["/", "file", expected]);
    });
}

#[test]
fn namespaces_share_one_connection() {
    on_old(|mut server, fields| {
        let fields = with(
            &fields,
            json!({"namespaces": ["/room-1"], "auth": {"token": "secret"}}),
        );
        let mut chat = Chat::started(&server, fields);
        // The server has joined `/` by itself already; `/admin` wants the auth.
        for namespace in ["/", "/room-1", "/admin"] {
            chat.subscribe("echo", namespace);
            chat.send("echo", namespace, namespace);
            assert_eq!(chat.received(), [namespace, "echo", namespace]);
        }
        let root = json!({"on": "connect", "namespace": "/"});
        server.wait_for(&root, LONG);
        assert_eq!(server.seen(&root).len(), 1);
        server.send(&json!({"do": "disconnect_clients", "close": true}));
        chat.on("stop").wait(LONG);
    });
}

#[test]
fn a_refused_namespace_is_an_error() {
    on_old(|server, fields| {
        let fields = with(
            &fields,
            json!({"namespaces": ["/", "/admin", "/nowhere"], "auth": {"token": "wrong"}}),
        );
        let mut chat = Chat::started(&server, fields);
        let mut errors = [chat.error(), chat.error()];
        errors.sort();
        let [[admin, no_entry], [nowhere, unknown]] = &errors;
        assert_eq!((admin.as_str(), nowhere.as_str()), ("/admin", "/nowhere"));
        assert!(
            no_entry.contains(r#"refused by the server: {"code":401}"#),
            "{no_entry}"
        );
        assert!(
            unknown.contains("refused by the server: Invalid namespace"),
            "{unknown}"
        );
        chat.round_trip();
        assert_eq!(chat.on("error").waiting(), 0);
    });
}

#[test]
fn a_refused_event_is_an_error_and_ends_nothing() {
    for kind in Kind::OLD {
        let server = RealServer::start(kind);
        let mut chat = Chat::started(&server, json!({}));
        chat.send("refuse", "/", "x");
        let [namespace, message] = chat.error();
        assert_eq!(namespace, "/");
        assert!(
            message.contains("the server reports an error: event refused"),
            "{message}"
        );
        chat.round_trip();
    }
}

#[test]
fn heartbeats_keep_a_connection() {
    on_old(|server, fields| {
        let mut chat = Chat::started(&server, fields);
        // The server gives up after three intervals without one.
        for _ in 0..6 {
            server.wait_for(&json!({"on": "ping"}), LONG);
        }
        chat.round_trip();
        assert_eq!(chat.on("stop").waiting(), 0);
    });
}

#[test]
fn a_restarted_server_is_joined_again() {
    on_old(|mut server, fields| {
        let fields = with(&fields, json!({"namespaces": ["/", "/room-1"]}));
        let mut chat = Chat::started(&server, fields);
        chat.subscribe("echo", "/room-1");
        chat.round_trip();
        server.kill();
        chat.on("stop").wait(LONG);
        chat.send("echo", "/room-1", "waits");
        server.restart();
        chat.on("start").wait(LONG);
        assert_eq!(chat.received(), ["/room-1", "echo", "waits"]);
    });
}

#[test]
fn a_slow_root_is_joined_once_it_is_known() {
    for kind in Kind::OLD {
        println!("on {kind:?}");
        let server = RealServer::start_with(kind, &["--root-delay", "800"]);
        let mut chat = Chat::started(&server, json!({}));
        chat.round_trip();
        chat.stop();
        chat.on("stop").wait(LONG);
        // It saw us too early once, and only once on the connection that stayed.
        let sids: Vec<Json> = server
            .seen(&json!({"on": "connect"}))
            .into_iter()
            .map(|entry| entry["sid"].clone())
            .collect();
        let last = sids.last().unwrap();
        assert_eq!(
            sids.iter().filter(|sid| *sid == last).count(),
            1,
            "{}",
            server.log()
        );
    }
}

#[test]
fn a_name_of_the_servers_own_is_refused() {
    for kind in Kind::OLD {
        let server = RealServer::start(kind);
        let mut chat = Chat::to(&server.url(), json!({}));
        chat.start();
        chat.on("start").wait(LONG);
        chat.send("error", "/", "x");
        let [_, message] = chat.error();
        assert!(message.contains("`error` is reserved"), "{message}");
        chat.round_trip();
    }
}

/// By polling alone, and from there to a WebSocket.
#[test]
fn everything_passes_by_polling_too() {
    for kind in Kind::OLD {
        for upgrades in [false, true] {
            println!("on {kind:?}, upgrade: {upgrades}");
            let mut server = RealServer::start_with(kind, &QUICK);
            let transports = ["polling", "websocket"];
            let transports = &transports[..1 + usize::from(upgrades)];
            let fields = json!({
                "transports": transports, "namespaces": ["/", "/admin"], "auth": {"token": "secret"},
            });
            let mut chat = Chat::started(&server, fields);
            if upgrades {
                chat.harness.wait_for_log("goes on over WebSocket");
            }
            for namespace in ["/", "/admin"] {
                chat.subscribe("echo", namespace);
                chat.send("echo", namespace, "héllo\n😀");
                assert_eq!(chat.received(), [namespace, "echo", "héllo\n😀"]);
            }
            chat.subscribe("file", "/");
            chat.round_trip();
            let args = json!([{"a": [bytes("AQID")]}, "é€😀"]);
            server.send(&json!({"do": "emit", "namespace": "/", "name": "file", "args": args}));
            assert_eq!(chat.received(), ["/", "file", r#"[{"a":["AQID"]},"é€😀"]"#]);
            for n in 0..50 {
                chat.send("n", "/", &format!("é{n}"));
            }
            server.wait_for(&json!({"on": "event", "name": "n", "args": ["é49"]}), LONG);
            assert_eq!(server.seen(&json!({"on": "event", "name": "n"})).len(), 50);
            for _ in 0..4 {
                server.wait_for(&json!({"on": "ping"}), LONG);
            }
            chat.stop();
            chat.on("stop").wait(LONG);
            server.wait_for(&json!({"on": "disconnect", "namespace": "/"}), LONG);
            assert_eq!(chat.on("error").waiting(), 0);
        }
    }
}
