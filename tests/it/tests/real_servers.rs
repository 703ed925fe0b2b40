//! The control protocol of `tests/servers/README.md`, shown on the real servers through a bare WebSocket.
//!
//! These tests are about the servers, not about Pulsewire: they keep the ground firm on which the other suites stand.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use pulsewire_it::servers::{Kind, RealServer, bytes};
use serde_json::{Value, json};
use std::net::TcpStream;
use std::time::Duration;
use tungstenite::{self, Message, WebSocket};

const SOON: Duration = Duration::from_secs(20);

/// A client as small as can be: packets are typed by hand.
struct Raw(WebSocket<TcpStream>);

impl Raw {
    /// Connects and reads the packet `open`.
    fn open(server: &RealServer, query: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", server.port())).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        let url = format!(
            "ws://127.0.0.1:{}/socket.io/?EIO=4&transport=websocket{query}",
            server.port()
        );
        let mut raw = Self(tungstenite::client(url, stream).unwrap().0);
        let open = raw.text();
        let handshake: Value = serde_json::from_str(open.strip_prefix('0').unwrap()).unwrap();
        assert!(handshake["sid"].is_string(), "{open}");
        raw
    }

    /// Connects and joins the root namespace.
    fn join(server: &RealServer) -> Self {
        let mut raw = Self::open(server, "");
        raw.send("40");
        assert!(raw.text().starts_with(r#"40{"sid":"#));
        server.wait_for(&json!({"on": "connect", "namespace": "/"}), SOON);
        raw
    }

    fn send(&mut self, packet: &str) {
        self.0.send(Message::text(packet)).unwrap();
    }

    fn message(&mut self) -> Message {
        self.0.read().unwrap()
    }

    /// The next packet that is no ping: socketioxide sends one at once.
    fn text(&mut self) -> String {
        loop {
            let text = self.message().into_text().unwrap().as_str().to_owned();
            if text != "2" {
                return text;
            }
        }
    }
}

/// Those of the present generation.
const SERVERS: [Kind; 3] = [Kind::Node, Kind::Python, Kind::Oxide];

/// Runs a fact on each server; the output of a failure says on which.
fn on_each(fact: impl Fn(Kind)) {
    for kind in SERVERS {
        println!("on {kind:?}");
        fact(kind);
    }
}

#[test]
fn an_echo_comes_back() {
    on_each(|kind| {
        let server = RealServer::start(kind);
        let mut client = Raw::join(&server);
        client.send(r#"42["echo","x"]"#);
        assert_eq!(client.text(), r#"42["echo","x"]"#);
        let seen = json!({"on": "event", "namespace": "/", "name": "echo", "args": ["x"]});
        server.wait_for(&seen, SOON);
    });
}

#[test]
fn a_killed_server_restarts_on_its_port() {
    on_each(|kind| {
        let mut server = RealServer::start(kind);
        let (port, pid) = (server.port(), server.pid());
        let mut client = Raw::join(&server);
        server.kill();
        // What the server had said before may still arrive.
        while client.0.read().is_ok() {}
        assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
        server.restart();
        assert_eq!(server.port(), port);
        assert_ne!(server.pid(), pid);
        Raw::join(&server);
    });
}

#[test]
fn a_connection_is_logged_with_auth_query_and_headers() {
    on_each(|kind| {
        let server = RealServer::start(kind);
        let mut client = Raw::open(&server, "&room=a%20b");
        client.send(r#"40{"token":"t"}"#);
        let connect = json!({"on": "connect", "auth": {"token": "t"}, "query": {"room": "a b", "EIO": "4"}});
        let entry = server.wait_for(&connect, SOON);
        assert_eq!(entry["headers"]["upgrade"], "websocket");
        drop(client);
        server.wait_for(
            &json!({"on": "disconnect", "namespace": "/", "sid": entry["sid"]}),
            SOON,
        );
    });
}

#[test]
fn namespaces_accept_and_refuse_as_agreed() {
    on_each(|kind| {
        let server = RealServer::start(kind);
        let mut client = Raw::open(&server, "");
        for refused in [r#"40/admin,"#, r#"40/admin,{"token":"wrong"}"#] {
            client.send(refused);
            let reply = client.text();
            let body: Value = serde_json::from_str(reply.strip_prefix("44/admin,").unwrap()).unwrap();
            let refusal = match kind {
                // Its middlewares fail with a text.
                Kind::Oxide => json!({"message": "not authorized"}),
                _ => json!({"message": "not authorized", "data": {"code": 401}}),
            };
            assert_eq!(body, refusal);
        }
        client.send(r#"40/nowhere,"#);
        let unknown = match kind {
            Kind::Node | Kind::Oxide => r#"44/nowhere,{"message":"Invalid namespace"}"#,
            Kind::Python => r#"44/nowhere,"Unable to connect""#,
            Kind::Node2 | Kind::Node1 => r#"44/nowhere,"Invalid namespace""#,
        };
        assert_eq!(client.text(), unknown);
        client.send(r#"40/admin,{"token":"secret"}"#);
        assert!(client.text().starts_with(r#"40/admin,{"sid":"#));
        client.send("40/room-7,");
        assert!(client.text().starts_with(r#"40/room-7,{"sid":"#));
        client.send(r#"42/room-7,["echo",1]"#);
        assert_eq!(client.text(), r#"42/room-7,["echo",1]"#);
        for joined in ["/admin", "/room-7"] {
            server.wait_for(&json!({"on": "connect", "namespace": joined}), SOON);
        }
        assert_eq!(
            server.seen(&json!({"on": "connect"})).len(),
            2,
            "{}",
            server.log()
        );
    });
}

#[test]
fn the_server_emits_text_and_bytes_on_command() {
    on_each(|kind| {
        let mut server = RealServer::start(kind);
        let mut client = Raw::join(&server);
        server.send(
            &json!({"do": "emit", "namespace": "/", "name": "news", "args": [1, {"b": bytes("AQID")}]}),
        );
        assert_eq!(
            client.text(),
            r#"451-["news",1,{"b":{"_placeholder":true,"num":0}}]"#
        );
        assert_eq!(client.message().into_data().as_ref(), [1, 2, 3]);
        client.send(r#"451-["up",{"_placeholder":true,"num":0}]"#);
        client.0.send(Message::binary(vec![255, 0])).unwrap();
        server.wait_for(
            &json!({"on": "event", "name": "up", "args": [bytes("/wA=")]}),
            SOON,
        );
    });
}

#[test]
fn an_acknowledgement_is_asked_for_and_given() {
    on_each(|kind| {
        let mut server = RealServer::start(kind);
        let mut client = Raw::join(&server);
        server.send(&json!({"do": "ask", "namespace": "/", "name": "q", "args": ["?"]}));
        let question = client.text();
        let id = question
            .strip_prefix("42")
            .and_then(|rest| rest.strip_suffix(r#"["q","?"]"#))
            .unwrap();
        client.send(&format!(r#"43{id}["a",2]"#));
        server.wait_for(
            &json!({"on": "ack", "namespace": "/", "name": "q", "args": ["a", 2]}),
            SOON,
        );
        client.send(r#"427["other","x"]"#);
        assert_eq!(client.text(), "437[]");
    });
}

#[test]
fn a_flood_arrives_whole_and_in_order() {
    on_each(|kind| {
        let mut server = RealServer::start(kind);
        let mut client = Raw::join(&server);
        server.send(&json!({"do": "flood", "namespace": "/", "name": "n", "count": 2000, "size": 8}));
        for index in 0..2000 {
            let expected = format!("{:x<8}", format!("{index} "));
            assert_eq!(client.text(), format!(r#"42["n","{expected}"]"#));
        }
        server.wait_for(&json!({"on": "flooded", "count": 2000}), SOON);
    });
}

#[test]
fn clients_are_disconnected_with_and_without_their_connection() {
    on_each(|kind| {
        let mut server = RealServer::start(kind);
        let mut client = Raw::join(&server);
        server.send(&json!({"do": "disconnect_clients", "close": false}));
        assert_eq!(client.text(), "41");
        client.send("40");
        assert!(client.text().starts_with("40{"));
        if kind == Kind::Oxide {
            // It cannot: it would accept nobody afterwards.
            return;
        }
        server.send(&json!({"do": "disconnect_clients", "close": true}));
        assert_eq!(client.text(), "41");
        match kind {
            // It says so with Engine.IO's packet `close` and leaves closing the WebSocket to the client.
            Kind::Python => assert_eq!(client.text(), "1"),
            _ => assert!(client.message().is_close()),
        }
        server.wait_for(&json!({"on": "disconnect"}), SOON);
        server.wait_for(&json!({"on": "disconnect"}), SOON);
    });
}

#[test]
fn heartbeats_follow_the_options() {
    on_each(|kind| {
        let options = ["--ping-interval", "500", "--ping-timeout", "1000"];
        let server = RealServer::start_with(kind, &options);
        let mut client = Raw::join(&server);
        assert_eq!(client.message(), Message::text("2"));
        // No pong: the server gives up.
        let reason = match kind {
            Kind::Oxide => "client did not send a PONG packet in time",
            _ => "ping timeout",
        };
        server.wait_for(&json!({"on": "disconnect", "reason": reason}), SOON);
    });
}

#[test]
#[should_panic(expected = "unknown command")]
fn a_failed_wait_shows_the_whole_log() {
    let mut server = RealServer::start(Kind::Node);
    server.send(&json!({"do": "nonsense"}));
    server.wait_for(&json!({"on": "connect"}), SOON);
}
