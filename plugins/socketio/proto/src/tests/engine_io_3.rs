//! Servers of Socket.IO 1 and 2: found out, or known; their heartbeat, namespaces and frames.

use serde_json::json;

use super::util::{HANDSHAKE, HANDSHAKE_3, Pair, config, millis};
use crate::{Action, Config, Data, EmitError, Event, Protocol};

const ROOT: [&str; 2] = ["opened engine", "connected /"];

fn with(protocol: Protocol) -> Config {
    Config { protocol, ..config() }
}

/// Connecting, with the transport open and this handshake received.
fn shaking(config: Config, namespaces: &[&str], handshake: &str) -> Pair {
    let mut pair = Pair::with(config);
    for namespace in namespaces {
        pair.join(namespace);
    }
    pair.connect();
    pair.client.handle_opened(pair.now);
    pair.receive(handshake);
    pair
}

/// On a server of Socket.IO 2, with these namespaces joined, `/` first.
fn joined(namespaces: &[&str]) -> Pair {
    let mut pair = shaking(config(), namespaces, HANDSHAKE_3);
    pair.receive("40");
    for namespace in &namespaces[1..] {
        pair.receive(&format!("40{namespace},"));
    }
    pair.forget();
    pair
}

fn bytes(data: &'static str) -> Data {
    Data::Binary(data.into())
}

// Finding out.

#[test]
fn server_that_joins_by_itself_is_understood() {
    let mut pair = shaking(config(), &["/"], HANDSHAKE_3);
    assert_eq!(pair.sent(), [""; 0]);
    pair.receive("40");
    assert_eq!(pair.sent(), [""; 0]);
    assert_eq!(pair.events(), ROOT);
    // Nothing waits any more.
    pair.advance(millis(1000));
    pair.emit("/", "hi");
    assert_eq!(pair.sent(), [r#"42["hi"]"#]);
}

#[test]
fn server_with_a_maximal_payload_is_not_waited_for() {
    let pair = &mut shaking(config(), &["/"], HANDSHAKE);
    assert_eq!(pair.sent(), ["40"]);
}

#[test]
fn server_that_waits_is_sent_connect_after_a_moment() {
    let mut pair = shaking(config(), &["/", "/a"], HANDSHAKE_3);
    pair.advance(millis(499));
    assert_eq!(pair.sent(), [""; 0]);
    pair.advance(millis(1));
    assert_eq!(pair.sent(), ["40", "40/a,"]);
    pair.accept("/");
    pair.accept("/a");
    assert_eq!(pair.events(), ["opened engine", "connected /", "connected /a"]);
    // The next connection knows.
    pair.close();
    pair.advance(millis(1000));
    pair.client.handle_opened(pair.now);
    pair.receive(HANDSHAKE_3);
    assert_eq!(pair.sent(), ["40", "40/a,"]);
}

#[test]
fn server_that_pings_is_sent_connect_at_once() {
    let mut pair = shaking(config(), &["/"], HANDSHAKE_3);
    pair.receive("2");
    assert_eq!(pair.sent(), ["3", "40"]);
}

#[test]
fn first_packet_may_be_a_refusal() {
    let mut pair = shaking(config(), &["/"], HANDSHAKE_3);
    pair.receive(r#"44"no entry""#);
    assert_eq!(pair.sent(), [""; 0]);
    assert_eq!(pair.events(), ["opened engine", "Refused /: no entry"]);
    assert_eq!(pair.actions(), [Action::Open { attempt: 0 }, Action::Close]);
}

#[test]
fn late_server_is_connected_to_anew() {
    let mut pair = shaking(config(), &["/", "/a"], HANDSHAKE_3);
    pair.advance(millis(500));
    pair.forget();
    // A middleware took its time. By now our CONNECT has made a second client of us.
    pair.receive("40");
    assert_eq!(pair.events(), ["closed: forced close", "attempt 1 in 1s"]);
    pair.advance(millis(1000));
    assert_eq!(pair.actions(), [Action::Abort, Action::Open { attempt: 1 }]);
    pair.client.handle_opened(pair.now);
    pair.receive(HANDSHAKE_3);
    pair.advance(millis(5000));
    assert_eq!(pair.sent(), ["40/a,"]);
    pair.receive("40");
    pair.receive("40/a,");
    assert_eq!(pair.events(), ["opened engine", "connected /", "connected /a"]);
}

#[test]
fn server_may_be_of_another_generation_after_a_restart() {
    let mut pair = joined(&["/"]);
    pair.close();
    pair.advance(millis(1000));
    pair.forget();
    // Between Socket.IO 3.0 and 4.4: silent until CONNECT.
    pair.client.handle_opened(pair.now);
    pair.receive(HANDSHAKE_3);
    pair.advance(millis(20_000));
    assert_eq!(
        pair.events(),
        [
            "opened engine",
            "TimedOut /: no connect reply within 20s",
            "closed: forced close",
            "attempt 1 in 1s"
        ]
    );
    pair.forget();
    pair.advance(millis(1000));
    pair.client.handle_opened(pair.now);
    pair.receive(HANDSHAKE_3);
    pair.advance(millis(500));
    assert_eq!(pair.sent(), ["40"]);
}

#[test]
fn nothing_is_given_up_while_it_is_unknown() {
    let mut pair = shaking(config(), &["/", "/a"], HANDSHAKE_3);
    pair.queue("/a", "early");
    pair.leave("/");
    pair.join("/b");
    assert_eq!((pair.sent(), pair.actions().len()), (vec![], 1));
    pair.receive("40");
    assert_eq!(pair.sent(), ["40/a,", "40/b,"]);
    pair.receive("40/a,");
    assert_eq!(pair.sent(), [r#"42/a,["early"]"#]);
    pair.disconnect();
    pair.close();
    let end = pair.events();
    assert_eq!(end[end.len() - 2..], ["closed: io client disconnect", "stopped"]);
}

#[test]
fn framing_of_polling_spares_the_wait() {
    for (protocol, sent) in [(Protocol::EngineIo4, vec!["40"]), (Protocol::EngineIo3, vec![])] {
        let mut pair = Pair::new();
        pair.join("/");
        pair.connect();
        pair.client.handle_opened(pair.now);
        pair.client.handle_framing(protocol);
        pair.receive(HANDSHAKE_3);
        pair.advance(millis(1000));
        assert_eq!(pair.sent(), sent);
    }
}

#[test]
fn framing_that_is_not_the_one_set_is_named() {
    for (set, framing, text) in [
        (
            Protocol::EngineIo4,
            Protocol::EngineIo3,
            "the server speaks Engine.IO 3",
        ),
        (
            Protocol::EngineIo3,
            Protocol::EngineIo4,
            "the server speaks Engine.IO 4",
        ),
    ] {
        let mut pair = Pair::with(with(set));
        pair.join("/");
        pair.connect();
        pair.client.handle_opened(pair.now);
        pair.client.handle_framing(framing);
        pair.receive(HANDSHAKE_3);
        let events = pair.events();
        assert!(events[0].contains(text), "{events:?}");
        assert!(pair.client.is_idle());
    }
}

// By the option.

#[test]
fn option_spares_the_wait() {
    let pair = &mut shaking(with(Protocol::EngineIo4), &["/"], HANDSHAKE_3);
    assert_eq!(pair.sent(), ["40"]);
    // A server of Socket.IO 4 with `allowEIO3` has a maximal payload too.
    let pair = &mut shaking(with(Protocol::EngineIo3), &["/", "/a"], HANDSHAKE);
    assert_eq!(pair.sent(), ["40/a,"]);
    pair.receive("40");
    assert_eq!(pair.events(), ROOT);
}

#[test]
fn engine_io_4_is_named_where_3_is_asked_for() {
    let mut pair = shaking(with(Protocol::EngineIo3), &["/"], HANDSHAKE_3);
    pair.receive("2");
    let text = "the server speaks Engine.IO 4 (Socket.IO 3 or newer), the client is set to Engine.IO 3";
    assert_eq!(pair.events()[1], format!("error 0 (handshake): {text}"));
    assert!(pair.client.is_idle());
}

// The heartbeat.

#[test]
fn client_pings_at_every_interval() {
    let mut pair = joined(&["/"]);
    for _ in 0..3 {
        pair.advance(millis(24_999));
        assert_eq!(pair.sent(), [""; 0]);
        pair.advance(millis(1));
        assert_eq!(pair.sent(), ["2"]);
        pair.receive("3");
    }
    assert_eq!(pair.events(), [""; 0]);
}

#[test]
fn session_closes_without_an_answer_to_a_ping() {
    let mut pair = joined(&["/"]);
    pair.advance(millis(29_999));
    assert_eq!(pair.events(), [""; 0]);
    pair.advance(millis(1));
    assert_eq!(pair.events()[0], "disconnected /: ping timeout");
    assert_eq!(pair.actions(), [Action::Abort]);
}

#[test]
fn anything_answers_a_ping() {
    for frame in ["3", "6", r#"42["a"]"#] {
        let mut pair = joined(&["/"]);
        pair.advance(millis(29_999));
        pair.receive(frame);
        pair.forget();
        pair.advance(millis(20_000));
        assert_eq!(pair.events(), [""; 0], "{frame}");
        // The second ping's time is up.
        pair.advance(millis(5_001));
        assert_eq!(pair.events()[0], "disconnected /: ping timeout");
    }
}

#[test]
fn ping_overtakes_queued_events_and_attachments() {
    let mut pair = joined(&["/"]);
    pair.try_emit("/", "file", vec![bytes("data")]).unwrap();
    pair.now += millis(25_000);
    pair.client.handle_timeout(pair.now);
    pair.pump();
    assert_eq!(
        pair.sent(),
        [
            "2",
            r#"451-["file",{"_placeholder":true,"num":0}]"#,
            "<\u{4}data>"
        ]
    );
}

#[test]
fn pings_do_not_flood() {
    let mut pair = shaking(
        with(Protocol::EngineIo3),
        &["/"],
        r#"0{"sid":"engine","pingInterval":0,"pingTimeout":5000}"#,
    );
    pair.advance(millis(100));
    assert_eq!(pair.sent().len(), 10);
}

// Namespaces.

#[test]
fn namespaces_have_ids_and_auth_of_their_own_kind() {
    let mut pair = Pair::new();
    for namespace in ["/", "/a"] {
        pair.client
            .join(pair.now, namespace, Some(json!({"token": "1,2", "n": 3})))
            .unwrap();
    }
    pair.connect();
    pair.client.handle_opened(pair.now);
    pair.receive(HANDSHAKE_3);
    pair.receive_quietly("40");
    pair.receive_quietly("40/a");
    let mut ids = vec![];
    while let Some(event) = pair.client.poll_event() {
        if let Event::Connected { namespace, sid, .. } = event {
            ids.push((namespace.to_string(), sid));
        }
    }
    let pairs = [("/", "engine"), ("/a", "/a#engine")];
    assert_eq!(ids, pairs.map(|(name, sid)| (name.to_owned(), sid.to_owned())));
    pair.pump();
    assert_eq!(pair.sent(), ["40/a?n=3&token=1%2C2,"]);
    // Only CONNECT has the query.
    pair.emit("/a", "hi");
    assert_eq!(pair.sent(), [r#"42/a,["hi"]"#]);
}

#[test]
fn unwanted_root_is_no_ones_business() {
    let mut pair = shaking(config(), &["/a"], HANDSHAKE_3);
    pair.receive("40");
    pair.receive(r#"42["welcome"]"#);
    assert_eq!(pair.sent(), ["40/a,"]);
    pair.receive("40/a,");
    assert_eq!(pair.events(), ["opened engine", "connected /a"]);
    // Wanted later, it is there already.
    pair.join("/");
    pair.emit("/", "hi");
    assert_eq!(pair.events(), ["connected /"]);
    assert_eq!(pair.sent(), [r#"42["hi"]"#]);
}

#[test]
fn root_that_is_left_while_awaited_can_be_joined_again() {
    let mut pair = shaking(config(), &["/a", "/"], HANDSHAKE_3);
    pair.receive(r#"44/a,"no""#);
    pair.leave("/");
    pair.join("/a");
    pair.join("/");
    pair.forget();
    pair.receive("40");
    assert_eq!(pair.events(), ["connected /"]);
    assert_eq!(pair.sent(), [""; 0]);
}

#[test]
fn root_that_was_left_is_asked_for() {
    let mut pair = joined(&["/", "/a"]);
    pair.leave("/");
    pair.join("/");
    assert_eq!(pair.sent(), ["41", "40"]);
    pair.receive("40");
    assert_eq!(
        pair.events(),
        ["disconnected /: io client disconnect", "connected /"]
    );
    pair.receive("41");
    pair.join("/");
    assert_eq!(pair.sent(), ["40"]);
}

#[test]
fn refusals_may_be_any_json() {
    for (payload, message) in [
        (r#""Invalid namespace""#, "Invalid namespace"),
        (r#"{"code":42}"#, r#"{"code":42}"#),
        ("[1]", "[1]"),
        ("", "null"),
    ] {
        let mut pair = shaking(config(), &["/", "/a"], HANDSHAKE_3);
        pair.receive("40");
        pair.forget();
        pair.receive(&format!("44/a,{payload}"));
        assert_eq!(pair.events(), [format!("Refused /a: {message}")]);
    }
}

#[test]
fn error_in_a_joined_namespace_is_told_and_ends_nothing() {
    let mut pair = joined(&["/"]);
    pair.receive(r#"44"not now""#);
    assert_eq!(pair.events(), ["Reported /: not now"]);
    pair.emit("/", "hi");
    assert_eq!(pair.sent(), [r#"42["hi"]"#]);
}

// Events.

#[test]
fn binary_frames_carry_their_type() {
    let mut pair = joined(&["/"]);
    pair.try_emit("/", "up", vec![bytes("1"), Data::Array(vec![bytes("2")])])
        .unwrap();
    pair.pump();
    assert_eq!(pair.sent()[1..], ["<\u{4}1>", "<\u{4}2>"]);
    pair.receive(r#"452-["down",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#);
    pair.receive_binary(&[4, b'x']);
    pair.receive("b4eHk=");
    assert_eq!(pair.events(), [r#"/ down ["eA==","eHk="]"#]);
    pair.receive(r#"451-["down",{"_placeholder":true,"num":0}]"#);
    pair.receive_binary(&[1]);
    assert!(pair.events()[0].starts_with("error 0 (parse): unknown engine packet type"));
}

#[test]
fn plain_messages_take_the_short_way() {
    let mut pair = joined(&["/", "/a"]);
    let message = pair.client.handle_plain(pair.now, r#"42/a,["e","text"]"#);
    assert_eq!(message.map(|message| message.text), Some("text"));
}

#[test]
fn names_of_socket_io_2_are_refused() {
    let mut pair = joined(&["/"]);
    let refused = Err(EmitError::ReservedName("error".into()));
    assert_eq!(pair.try_emit("/", "error", vec![]), refused);
    pair.close();
    assert_eq!(pair.try_emit("/", "error", vec![]), refused);
    // They are free names elsewhere.
    let mut pair = Pair::joined(&["/"]);
    assert_eq!(pair.try_emit("/", "error", vec![]), Ok(()));
}

#[test]
fn event_with_such_a_name_that_waited_is_an_error() {
    let mut pair = Pair::new();
    pair.join("/");
    for name in ["first", "error", "last"] {
        pair.queue("/", name);
    }
    pair.connect();
    pair.client.handle_opened(pair.now);
    pair.receive(HANDSHAKE_3);
    pair.receive("40");
    assert_eq!(pair.sent(), [r#"42["first"]"#, r#"42["last"]"#]);
    assert_eq!(pair.events()[2..], ["unsent /: event name `error` is reserved"]);
    assert_eq!(pair.client.queued().packets, 0);
}
