//! From `connect` to joined namespaces.

use serde_json::json;

use super::util::{HANDSHAKE, Pair, config, millis};
use crate::{Action, Client, Config, Event, JoinError, Protocol, Stage, TransportFailure};

const CONNECTED: [&str; 2] = ["opened engine", "connected /"];

#[test]
fn client_can_move_between_threads() {
    fn assert_send<T: Send>() {}
    assert_send::<Client>();
}

#[test]
fn connect_opens_shakes_hands_and_joins() {
    let mut pair = Pair::new();
    pair.join("/");
    assert!(pair.actions().is_empty());
    pair.connect();
    assert_eq!(pair.actions(), [Action::Open { attempt: 0 }]);
    pair.client.handle_opened(pair.now);
    pair.pump();
    assert!(pair.sent().is_empty());
    pair.receive(HANDSHAKE);
    assert_eq!(pair.sent(), ["40"]);
    pair.receive(r#"40{"sid":"a","pid":"b"}"#);
    assert_eq!(pair.events(), CONNECTED);
    assert!(pair.sent().is_empty());
}

#[test]
fn connect_is_idempotent() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.connect();
    pair.connect();
    pair.open();
    pair.connect();
    pair.accept("/");
    pair.connect();
    assert_eq!(pair.actions(), [Action::Open { attempt: 0 }]);
    assert_eq!(pair.events(), CONNECTED);
    assert_eq!(pair.sent(), ["40"]);
}

#[test]
fn connect_without_namespaces_waits_for_the_first() {
    let mut pair = Pair::new();
    pair.connect();
    assert!(pair.actions().is_empty());
    assert!(pair.client.is_idle());
    pair.join("/chat");
    assert_eq!(pair.actions(), [Action::Open { attempt: 0 }]);
}

#[test]
fn namespaces_join_in_creation_order_with_their_own_auth() {
    let mut pair = Pair::new();
    pair.client
        .join(pair.now, "/b", Some(json!({"token": "123"})))
        .unwrap();
    pair.client.join(pair.now, "", None).unwrap();
    pair.client
        .join(pair.now, "a", Some(json!({"n": [1, "é"]})))
        .unwrap();
    pair.connect();
    pair.open();
    assert_eq!(
        pair.sent(),
        [r#"40/b,{"token":"123"}"#, "40", r#"40/a,{"n":[1,"é"]}"#]
    );
}

#[test]
fn bad_namespaces_are_refused_at_once() {
    let mut pair = Pair::new();
    assert_eq!(
        pair.client.join(pair.now, "/a,b", None),
        Err(JoinError::InvalidName("/a,b".into()))
    );
    assert_eq!(
        pair.client.join(pair.now, "/", Some(json!("secret"))),
        Err(JoinError::InvalidAuth("/".into()))
    );
    pair.connect();
    assert!(pair.client.is_idle());
}

#[test]
fn first_connect_is_retried() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.connect();
    pair.fail(TransportFailure::Failed {
        stage: Stage::Tcp,
        message: "connection refused".into(),
    });
    assert_eq!(
        pair.events(),
        ["error 0 (tcp): tcp: connection refused", "attempt 1 in 1s"]
    );
    pair.actions();
    pair.advance(millis(999));
    assert!(pair.actions().is_empty());
    pair.advance(millis(1));
    assert_eq!(pair.actions(), [Action::Open { attempt: 1 }]);
    pair.open();
    pair.accept("/");
    assert_eq!(pair.events(), CONNECTED);
}

#[test]
fn connecting_times_out_while_opening() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.connect();
    pair.actions();
    pair.advance(millis(20_000));
    assert_eq!(pair.actions(), [Action::Abort]);
    assert_eq!(
        pair.events(),
        ["error 0 (websocket): no connection within 20s", "attempt 1 in 1s"]
    );
}

#[test]
fn connecting_times_out_without_a_handshake() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.connect();
    pair.advance(millis(15_000));
    pair.client.handle_opened(pair.now);
    pair.actions();
    pair.advance(millis(5_000));
    assert_eq!(pair.actions(), [Action::Abort]);
    assert_eq!(pair.events()[0], "error 0 (handshake): no connection within 20s");
}

#[test]
fn connecting_may_take_for_ever_without_a_limit() {
    let mut pair = Pair::with(Config {
        connect_timeout: None,
        ..config()
    });
    pair.join("/");
    pair.connect();
    assert_eq!(pair.client.poll_timeout(), None);
}

#[test]
fn other_first_packets_are_no_handshake() {
    for text in ["40", "2", "hello", "", r#"0{"sid":1}"#, "0"] {
        let mut pair = Pair::new();
        pair.join("/");
        pair.connect();
        pair.actions();
        pair.client.handle_opened(pair.now);
        pair.receive(text);
        assert_eq!(pair.actions(), [Action::Abort], "{text}");
        let events = pair.events();
        assert!(events[0].starts_with("error 0 (handshake): "), "{events:?}");
        assert_eq!(events[1..], ["attempt 1 in 1s"]);
    }
}

#[test]
fn engine_io_3_length_prefix_is_named() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.connect();
    pair.actions();
    pair.client.handle_opened(pair.now);
    pair.receive(r#"97:0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":5000}2:40"#);
    let text = "the server speaks Engine.IO 3 (Socket.IO 2 or older), the client is set to Engine.IO 4";
    assert_eq!(pair.events(), [format!("error 0 (handshake): {text}")]);
    assert_eq!(pair.actions(), [Action::Abort]);
    assert!(pair.client.is_idle());
}

#[test]
fn engine_io_3_implicit_connect_is_named() {
    for namespace in ["/", "/admin"] {
        let mut pair = Pair::with(Config {
            protocol: Protocol::EngineIo4,
            ..config()
        });
        pair.join(namespace);
        pair.connect();
        pair.client.handle_opened(pair.now);
        pair.receive(r#"0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":5000}"#);
        pair.forget();
        pair.receive("40");
        let events = pair.events();
        assert!(events[0].contains("speaks Engine.IO 3"), "{events:?}");
        assert_eq!(events[1..], ["closed: parse error"]);
        assert_eq!(pair.actions(), [Action::Abort]);
        assert!(pair.client.is_idle());
        pair.connect();
        assert_eq!(pair.actions(), [Action::Open { attempt: 0 }]);
    }
}

#[test]
fn max_payload_is_optional_and_reported() {
    for (text, expected) in [(HANDSHAKE, Some(1_000_000)), (r#"0{"sid":"engine"}"#, None)] {
        let mut pair = Pair::new();
        pair.join("/");
        pair.connect();
        pair.client.handle_opened(pair.now);
        pair.receive_quietly(text);
        assert_eq!(
            pair.client.poll_event(),
            Some(Event::Opened {
                upgrades: vec![],
                sid: "engine".into(),
                max_payload: expected
            })
        );
    }
}

#[test]
fn inputs_without_a_transport_are_ignored() {
    let mut pair = Pair::new();
    pair.open();
    pair.close();
    pair.client.handle_bytes(pair.now);
    pair.client.handle_timeout(pair.now);
    pair.pump();
    assert!(pair.events().is_empty() && pair.actions().is_empty() && pair.sent().is_empty());
}

#[test]
fn a_close_before_any_namespace_is_joined_is_an_error() {
    for by_packet in [false, true] {
        let mut pair = Pair::new();
        pair.join("/");
        pair.join("/a");
        pair.connect();
        pair.open();
        pair.forget();
        let close = |pair: &mut Pair| match by_packet {
            true => pair.receive("1"),
            false => pair.close(),
        };
        close(&mut pair);
        let early = "error 0 (namespace): the server closed the connection before it accepted a namespace";
        let lost = ["closed: transport close", "attempt 1 in 1s"];
        assert_eq!(pair.events(), [&[early], &lost[..]].concat());
        // Once one was joined, its end says all there is to say.
        pair.advance(millis(1000));
        pair.open();
        pair.accept("/");
        pair.forget();
        close(&mut pair);
        let left = "disconnected /: transport close";
        assert_eq!(pair.events(), [&[left], &lost[..]].concat());
    }
}
