//! The Socket.IO plugin through its real ABI: against both real servers, and against servers that speak nonsense.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    process::Command,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use pulsewire_harness::{EventListener, Harness, HarnessNode, LONG, fixtures};
use pulsewire_it::servers::{Kind, RealServer, bytes};
use pulsewire_plugin_api::value::Value;
use serde_json::{Value as Json, json};
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

/// The design allows no more.
const DEACTIVATION: Duration = Duration::from_secs(2);

/// One connection, `chat`, of the plugin in a scripted host.
struct Chat {
    harness: Harness,
    start: HarnessNode,
    stop: HarnessNode,
    send: HarnessNode,
    subscribe: HarnessNode,
    unsubscribe: HarnessNode,
    round_trips: usize,
}

impl Chat {
    /// To a server of this URL. Retries are quick unless `fields` say otherwise.
    #[track_caller]
    fn to(url: &str, fields: Json) -> Self {
        let mut harness = Harness::active(fixtures::plugin("socketio"), settings(url, fields));
        let node = |harness: &mut Harness, name: &str| {
            harness.node(&format!("socketio.{name}"), json!({"configuration": "chat"}))
        };
        Self {
            start: node(&mut harness, "start"),
            stop: node(&mut harness, "stop"),
            send: node(&mut harness, "send"),
            subscribe: node(&mut harness, "subscribe"),
            unsubscribe: node(&mut harness, "unsubscribe"),
            round_trips: 0,
            harness,
        }
    }

    /// Connected to the server.
    #[track_caller]
    fn started(server: &RealServer, fields: Json) -> Self {
        let mut chat = Self::to(&server.url(), fields);
        chat.start();
        chat.on("start").wait(LONG);
        chat
    }

    fn on(&self, what: &str) -> EventListener {
        self.harness.event(&format!("socketio.on_{what}"), "chat")
    }

    #[track_caller]
    fn start(&mut self) {
        self.start.run::<Value>([]);
    }

    #[track_caller]
    fn stop(&mut self) {
        self.stop.run::<Value>([]);
    }

    #[track_caller]
    fn send(&mut self, name: &str, namespace: &str, message: &str) {
        self.send.run([name, namespace, message]);
    }

    /// Why Send refuses.
    #[track_caller]
    fn refused_send(&mut self, name: &str, namespace: &str, message: &str) -> String {
        let refused = self.send.try_run([name, namespace, message]);
        refused.unwrap_err().reason().to_owned()
    }

    #[track_caller]
    fn subscribe(&mut self, name: &str, namespace: &str) {
        self.subscribe.run([name, namespace]);
    }

    /// Namespace, name and message of the next received event.
    #[track_caller]
    fn received(&self) -> [String; 3] {
        let values = self.on("receive").wait(LONG);
        [0, 1, 2].map(|output| values[output].to_string())
    }

    /// Namespace and message of the next error.
    #[track_caller]
    fn error(&self) -> [String; 2] {
        let values = self.on("error").wait(LONG);
        [0, 1].map(|output| values[output].to_string())
    }

    /// Sends through the server and back, so that all that was before has arrived.
    #[track_caller]
    fn round_trip(&mut self) {
        self.round_trips += 1;
        let text = format!("round trip {}", self.round_trips);
        self.subscribe("echo", "/");
        self.send("echo", "/", &text);
        while self.received() != ["/", "echo", &text] {}
    }

    /// As [`round_trip`](Self::round_trip), and the server's log shows it.
    #[track_caller]
    fn round_trip_in_log(&mut self, server: &RealServer) {
        self.round_trip();
        let text = format!("round trip {}", self.round_trips);
        server.wait_for(&json!({"on": "event", "name": "echo", "args": [text]}), LONG);
    }

    /// Deactivates the plugin, in the time that it has.
    #[track_caller]
    fn deactivate(&mut self) {
        let begin = Instant::now();
        self.harness.deactivate();
        let took = begin.elapsed();
        assert!(took < DEACTIVATION, "it took {took:?}");
    }

    /// Nothing that was not waited for has happened.
    #[track_caller]
    fn assert_quiet(&self) {
        assert_eq!(self.harness.engine().waiting(), []);
    }
}

fn settings(url: &str, fields: Json) -> Json {
    let mut connection = json!({
        "name": "chat", "url": url, "reconnection_delay": 50, "reconnection_delay_max": 50,
    });
    let fields = fields.as_object().cloned().unwrap();
    connection.as_object_mut().unwrap().extend(fields);
    json!({"connections": [connection]})
}

/// Runs a fact on both servers; the output of a failure says on which.
fn on_both(fact: impl Fn(Kind)) {
    for kind in Kind::ALL {
        println!("on {kind:?}");
        fact(kind);
    }
}

/// A server of a test's own. Each connection has a thread; all ends with the test.
fn serve(handle: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, handle) = (stream.unwrap(), handle.clone());
            thread::spawn(move || handle(stream));
        }
    });
    address
}

/// As [`serve`], behind a WebSocket handshake.
fn serve_websocket(handle: impl Fn(WebSocket<TcpStream>) + Send + Sync + Clone + 'static) -> SocketAddr {
    serve(move |stream| {
        if let Ok(websocket) = tungstenite::accept(stream) {
            handle(websocket);
        }
    })
}

/// Waits until the peer is gone.
fn drain(stream: &mut impl Read) {
    let mut sink = [0; 4096];
    while stream.read(&mut sink).is_ok_and(|count| count > 0) {}
}

/// A port on which nobody listens.
fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

const OPEN: &str = r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;

// Conversations with the real servers.

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

// What is carried.

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

// What Send refuses.

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

// Settings.

#[test]
fn a_wrong_entry_is_its_own_fault_alone() {
    let server = RealServer::start(Kind::Node);
    let mut wrong = settings("ftp://h", json!({"name": "wrong"}));
    let right = settings(&server.url(), json!({}));
    let connections = wrong["connections"].as_array_mut().unwrap();
    connections.push(right["connections"][0].clone());
    let mut harness = Harness::active(fixtures::plugin("socketio"), wrong);
    let mut start = |configuration: &str| {
        let mut node = harness.node("socketio.start", json!({"configuration": configuration}));
        node.try_run::<Value>([])
            .map_err(|error| error.reason().to_owned())
    };
    let refused = start("wrong").unwrap_err();
    assert!(
        refused.contains("`wrong`") && refused.contains("scheme `ftp`"),
        "{refused}"
    );
    let refused = start("absent").unwrap_err();
    assert!(refused.contains("no Socket.IO connection `absent`"), "{refused}");
    start("chat").unwrap();
    harness.event("socketio.on_start", "chat").wait(LONG);
}

#[test]
fn a_removed_configuration_is_stopped_and_a_changed_one_applies_at_the_next_start() {
    let first = RealServer::start(Kind::Node);
    let second = RealServer::start(Kind::Node);
    let mut chat = Chat::started(&first, json!({}));
    chat.harness.set_settings(settings(&second.url(), json!({})));
    chat.harness.try_settings_changed().unwrap();
    chat.round_trip();
    chat.stop();
    chat.start();
    chat.on("stop").wait(LONG);
    chat.on("start").wait(LONG);
    second.wait_for(&json!({"on": "connect"}), LONG);

    chat.harness.set_settings(json!({"connections": []}));
    chat.harness.try_settings_changed().unwrap();
    chat.on("stop").wait(LONG);
    let refused = chat.start.try_run::<Value>([]).unwrap_err();
    assert!(
        refused.reason().contains("no Socket.IO connection `chat`"),
        "{refused:?}"
    );
}

#[test]
fn a_connection_that_has_given_up_starts_with_new_settings() {
    let server = RealServer::start(Kind::Node);
    let mut chat = Chat::to(
        &format!("http://{}", free_port()),
        json!({"reconnection_attempts": 1}),
    );
    chat.start();
    chat.harness.wait_for_log("gave up");
    chat.harness.set_settings(settings(&server.url(), json!({})));
    chat.harness.try_settings_changed().unwrap();
    chat.start();
    chat.on("start").wait(LONG);
}

// Start and Stop in every state.

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
        chat.stop();
        stream.set_read_timeout(Some(LONG)).unwrap();
        drain(&mut stream);
    }
    chat.deactivate();
    chat.assert_quiet();
}

/// A server that takes connections and says nothing; and the connections.
fn stalling() -> (SocketAddr, mpsc::Receiver<TcpStream>) {
    let (sender, receiver) = mpsc::channel();
    let address = serve(move |stream| {
        let _ = sender.send(stream);
    });
    (address, receiver)
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
        chat.stop();
        chat.harness.wait_for_log("stopped");
    }
    chat.deactivate();
    chat.assert_quiet();
}

// Servers that speak nonsense.

/// The first error of a connection to a server that does this.
#[track_caller]
fn first_error(address: SocketAddr, scheme: &str) -> String {
    let mut chat = Chat::to(
        &format!("{scheme}://{address}"),
        json!({"timeout": 1000, "reconnection": false}),
    );
    chat.start();
    let [namespace, message] = chat.error();
    assert_eq!(namespace, "");
    assert!(
        message.contains(&format!("({scheme}://{address}/socket.io/)")),
        "{message}"
    );
    chat.deactivate();
    message
}

/// Answers each request with these bytes.
fn answering(answer: &'static str) -> SocketAddr {
    serve(move |mut stream| {
        let mut request = [0; 4096];
        let _ = stream.read(&mut request);
        let _ = stream.write_all(answer.as_bytes());
    })
}

#[test]
fn an_absent_server_is_a_tcp_error() {
    let message = first_error(free_port(), "http");
    assert!(
        message.starts_with("tcp: ") && message.contains("refused"),
        "{message}"
    );
}

#[test]
fn a_name_that_does_not_exist_is_a_dns_error() {
    let mut chat = Chat::to("http://no-such-host.invalid", json!({}));
    chat.start();
    let [_, message] = chat.error();
    assert!(
        message.starts_with("dns: `no-such-host.invalid` is not found"),
        "{message}"
    );
}

#[test]
fn an_answer_that_is_not_http_is_an_http_error() {
    let message = first_error(answering("220 smtp.example ready\r\n"), "http");
    assert!(
        message.starts_with("http: ") && message.contains("not HTTP"),
        "{message}"
    );
}

#[test]
fn a_web_page_is_an_http_error_with_its_text() {
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nIt works!";
    let message = first_error(answering(page), "http");
    assert!(
        message.starts_with("http: ") && message.contains("HTTP 200 OK") && message.contains("It works!"),
        "{message}"
    );
}

#[test]
fn a_real_servers_refusal_is_shown_in_its_words() {
    on_both(|kind| {
        let server = RealServer::start(kind);
        let mut chat = Chat::to(
            &server.url(),
            json!({"path": "/elsewhere", "reconnection": false}),
        );
        chat.start();
        let [_, message] = chat.error();
        let expected = match kind {
            // An upgrade that it does not know gets no answer, but is closed after a second.
            Kind::Node => "closed the connection without an answer",
            Kind::Python => "HTTP 404 Not Found",
        };
        assert!(
            message.starts_with("http: ") && message.contains(expected),
            "{message}"
        );
    });
}

#[test]
fn a_server_that_hangs_up_is_an_http_error() {
    let address = serve(|mut stream| {
        let mut request = [0; 4096];
        let _ = stream.read(&mut request);
    });
    let message = first_error(address, "http");
    assert!(
        message.starts_with("http: ") && message.contains("closed the connection"),
        "{message}"
    );
}

#[test]
fn a_server_without_tls_is_a_tls_error() {
    let message = first_error(answering("HTTP/1.1 400 Bad Request\r\n\r\n"), "https");
    assert!(
        message.starts_with("tls: ") && message.contains("does not speak TLS"),
        "{message}"
    );
}

#[test]
fn a_server_that_stalls_is_an_error_that_names_the_step() {
    let (address, _streams) = stalling();
    let message = first_error(address, "http");
    assert!(message.starts_with("http: no connection within 1s"), "{message}");
    let message = first_error(address, "wss");
    assert!(message.starts_with("tls: no connection within 1s"), "{message}");
    let (sender, _kept) = mpsc::channel();
    let address = serve_websocket(move |websocket| {
        let _ = sender.send(websocket);
    });
    let message = first_error(address, "ws");
    assert!(
        message.starts_with("handshake: no connection within 1s"),
        "{message}"
    );
}

#[test]
fn garbage_frames_are_a_websocket_error() {
    let address = serve_websocket(|mut websocket| {
        // A reserved opcode, unmasked.
        websocket
            .get_mut()
            .write_all(&[0x8f, 0x05, 1, 2, 3, 4, 5])
            .unwrap();
        drain(websocket.get_mut());
    });
    let message = first_error(address, "http");
    assert!(
        message.starts_with("websocket: the server breaks the WebSocket protocol"),
        "{message}"
    );
}

#[test]
fn a_websocket_that_is_no_engine_io_is_a_handshake_error() {
    for packet in ["hello", "", r#"42["early"]"#, "0{}", "0nonsense"] {
        let address = serve_websocket(move |mut websocket| {
            websocket.send(Message::text(packet)).unwrap();
            drain(websocket.get_mut());
        });
        let message = first_error(address, "http");
        assert!(message.starts_with("handshake: "), "{packet}: {message}");
    }
}

#[test]
fn a_server_of_the_old_generation_is_named() {
    let address = serve_websocket(|mut websocket| {
        let open = r#"97:0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":5000}2:40"#;
        websocket.send(Message::text(open)).unwrap();
        drain(websocket.get_mut());
    });
    let message = first_error(address, "http");
    assert!(
        message.starts_with("handshake: ") && message.contains("Engine.IO 3"),
        "{message}"
    );
}

#[test]
fn a_broken_packet_ends_the_connection_with_a_parse_error() {
    for packet in [
        "9",
        "42{",
        "45",
        r#"451-["a",{"_placeholder":true,"num":7}]"#,
        "4x",
    ] {
        let address = serve_websocket(move |mut websocket| {
            for packet in [OPEN, r#"40{"sid":"s"}"#, packet] {
                websocket.send(Message::text(packet)).unwrap();
            }
            let _ = websocket.send(Message::binary(vec![1]));
            drain(websocket.get_mut());
        });
        let mut chat = Chat::to(&format!("http://{address}"), json!({"reconnection": false}));
        chat.start();
        chat.on("start").wait(LONG);
        let [_, message] = chat.error();
        assert!(message.starts_with("parse: "), "{packet}: {message}");
        chat.on("stop").wait(LONG);
    }
}

#[test]
fn a_close_packet_makes_the_client_close_the_websocket() {
    let (sender, closed) = mpsc::channel();
    let address = serve_websocket(move |mut websocket| {
        for packet in [OPEN, r#"40{"sid":"s"}"#, "1"] {
            websocket.send(Message::text(packet)).unwrap();
        }
        while websocket.read().is_ok() {}
        let _ = sender.send(());
    });
    let mut chat = Chat::to(&format!("http://{address}"), json!({"reconnection": false}));
    chat.start();
    chat.on("start").wait(LONG);
    chat.on("stop").wait(LONG);
    closed.recv_timeout(LONG).unwrap();
}

#[test]
fn a_message_that_outlasts_the_heartbeat_arrives() {
    let address = serve_websocket(|mut websocket| {
        let open = OPEN.replace("25000", "100").replace("20000", "100");
        for packet in [open.as_str(), r#"40{"sid":"s"}"#] {
            websocket.send(Message::text(packet)).unwrap();
        }
        let packet = format!(r#"42["slow","{}"]"#, "x".repeat(100));
        let mut frame = vec![0x81, packet.len() as u8];
        frame.extend(packet.as_bytes());
        // Byte by byte, for much longer than the 200 ms of the watchdog.
        let stream = websocket.get_mut();
        for byte in frame {
            stream.write_all(&[byte]).unwrap();
            thread::sleep(Duration::from_millis(10));
        }
        drain(stream);
    });
    let mut chat = Chat::to(&format!("http://{address}"), json!({"reconnection": false}));
    chat.subscribe("slow", "/");
    chat.start();
    assert_eq!(chat.received()[2].len(), 100);
}

// The end of the plugin.

#[test]
fn what_was_sent_before_deactivation_is_delivered() {
    on_both(|kind| {
        let server = RealServer::start(kind);
        let mut chat = Chat::started(&server, json!({}));
        for n in 0..500 {
            chat.send("n", "/", &n.to_string());
        }
        chat.deactivate();
        server.wait_for(&json!({"on": "event", "name": "n", "args": ["499"]}), LONG);
        server.wait_for(&json!({"on": "disconnect", "namespace": "/"}), LONG);
        assert_eq!(server.seen(&json!({"on": "event", "name": "n"})).len(), 500);
        assert!(chat.harness.reports().is_empty(), "{:?}", chat.harness.reports());
    });
}

/// The plugin's threads are those of the process, so the process must not run other tests: it is started anew for it.
#[test]
fn deactivation_ends_all_threads_in_every_state() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "inner::deactivation_in_every_state",
            "--ignored",
            "--nocapture",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[cfg(target_os = "linux")]
mod inner {
    use super::*;

    fn threads() -> Vec<String> {
        let tasks = fs::read_dir("/proc/self/task").unwrap();
        let names = tasks.filter_map(|task| fs::read_to_string(task.ok()?.path().join("comm")).ok());
        // The process itself is `socketio_plugin`.
        names
            .filter(|name| name == "socketio\n" || name.starts_with("socketio-"))
            .collect()
    }

    fn assert_ends(state: &str, mut chat: Chat) {
        println!("{state}");
        chat.deactivate();
        assert_eq!(threads(), [] as [String; 0], "{state}");
        assert!(
            chat.harness.reports().is_empty(),
            "{state}: {:?}",
            chat.harness.reports()
        );
    }

    #[test]
    #[ignore = "needs a process of its own: `deactivation_ends_all_threads_in_every_state` runs it"]
    fn deactivation_in_every_state() {
        let server = RealServer::start(Kind::Node);
        assert_ends("never started", Chat::to(&server.url(), json!({})));

        let chat = Chat::started(&server, json!({}));
        assert_eq!(threads(), ["socketio\n"]);
        assert_ends("connected", chat);

        let mut chat = Chat::started(&server, json!({}));
        chat.stop();
        assert_ends("stopping", chat);

        let mut chat = Chat::started(&server, json!({}));
        chat.stop();
        chat.start();
        assert_ends("starting again", chat);

        let mut chat = Chat::to(&format!("http://{}", free_port()), json!({}));
        chat.start();
        chat.error();
        assert_ends("waiting to retry", chat);

        let (address, streams) = stalling();
        for scheme in ["http", "https"] {
            let mut chat = Chat::to(&format!("{scheme}://{address}"), json!({}));
            chat.start();
            let _stream = streams.recv_timeout(LONG).unwrap();
            assert_ends(scheme, chat);
        }

        // Packets to this address vanish, or the network is unreachable; both are states.
        let mut chat = Chat::to("http://192.0.2.1:9", json!({}));
        chat.start();
        chat.harness.wait_for_log("connecting to");
        assert_ends("tcp", chat);

        // It accepts all and then answers nothing, not even the closing handshake.
        let (sender, kept) = mpsc::channel();
        let address = serve_websocket(move |mut websocket| {
            for packet in [OPEN, r#"40{"sid":"s"}"#] {
                websocket.send(Message::text(packet)).unwrap();
            }
            sender.send(websocket).unwrap();
        });
        let mut chat = Chat::to(&format!("http://{address}"), json!({}));
        chat.start();
        chat.on("start").wait(LONG);
        // More than the kernel's buffers hold, so that the farewell cannot be written.
        for _ in 0..50 {
            chat.send("x", "/", &"x".repeat(1 << 20));
        }
        assert_ends("blocked", chat);
        drop(kept);

        let mut server = RealServer::start(Kind::Node);
        let mut chat = Chat::started(&server, json!({}));
        chat.subscribe("n", "/");
        chat.round_trip();
        chat.harness.engine().set_full(true);
        server.send(&json!({"do": "flood", "namespace": "/", "name": "n", "count": 20000, "size": 1000}));
        server.wait_for(&json!({"on": "flooded"}), LONG);
        assert_ends("engine full", chat);
    }
}

#[test]
fn starting_and_stopping_often_leaves_nothing_behind() {
    let server = RealServer::start(Kind::Node);
    let mut chat = Chat::to(&server.url(), json!({}));
    for _ in 0..100 {
        chat.start();
        chat.on("start").wait(LONG);
        chat.stop();
        chat.on("stop").wait(LONG);
    }
    chat.deactivate();
    for _ in 0..100 {
        server.wait_for(&json!({"on": "disconnect"}), LONG);
    }
    assert_eq!(server.seen(&json!({"on": "connect"})).len(), 100);
    chat.assert_quiet();
}
