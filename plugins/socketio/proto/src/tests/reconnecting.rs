//! Lost connections and what survives them.

use serde_json::json;

use super::util::{Pair, config, millis};
use crate::{Action, Config, Stage, TransportFailure};

fn failed() -> TransportFailure {
    TransportFailure::Failed {
        stage: Stage::Tcp,
        message: "refused".into(),
    }
}

#[test]
fn server_restart_gives_one_disconnect_and_one_connect_per_namespace() {
    let mut pair = Pair::joined(&["/", "/custom"]);
    pair.close();
    assert_eq!(
        pair.events(),
        [
            "disconnected /: transport close",
            "disconnected /custom: transport close",
            "closed: transport close",
            "attempt 1 in 1s"
        ]
    );
    for (attempt, wait, next) in [(1, 1000, "2 in 2s"), (2, 2000, "3 in 4s"), (3, 4000, "4 in 5s")] {
        pair.advance(millis(wait));
        assert_eq!(pair.actions(), [Action::Open { attempt }]);
        pair.fail(failed());
        assert_eq!(
            pair.events(),
            [
                format!("error {attempt} (tcp): tcp: refused"),
                format!("attempt {next}")
            ]
        );
    }
    pair.advance(millis(5000));
    pair.open();
    assert_eq!(pair.sent(), ["40", "40/custom,"]);
    pair.accept("/");
    pair.accept("/custom");
    assert_eq!(
        pair.events(),
        ["opened engine", "connected /", "connected /custom"]
    );
}

#[test]
fn delays_follow_the_given_randomness() {
    let mut numbers = [0.25, 0.75].into_iter().cycle();
    let mut pair = Pair::with(Config::new(move || numbers.next().unwrap()));
    pair.join("/");
    pair.connect();
    pair.fail(failed());
    pair.advance(millis(875));
    pair.fail(failed());
    let events = pair.events();
    assert_eq!(
        [&events[1], &events[3]],
        ["attempt 1 in 875ms", "attempt 2 in 2.75s"]
    );
}

#[test]
fn attempts_start_over_after_an_open_connection() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.connect();
    for wait in [1000, 2000] {
        pair.fail(failed());
        pair.advance(millis(wait));
    }
    pair.open();
    pair.forget();
    pair.close();
    let events = pair.events();
    assert_eq!(events[1..], ["closed: transport close", "attempt 1 in 1s"]);
}

#[test]
fn attempts_are_given_up_after_the_limit() {
    let mut pair = Pair::with(Config {
        reconnection_attempts: Some(2),
        ..config()
    });
    pair.join("/");
    pair.connect();
    for wait in [1000, 2000] {
        pair.fail(failed());
        pair.advance(millis(wait));
    }
    pair.forget();
    pair.fail(failed());
    assert_eq!(pair.events(), ["error 2 (tcp): tcp: refused", "reconnect failed"]);
    assert!(pair.client.is_idle());
    assert_eq!(pair.client.poll_timeout(), None);
    pair.connect();
    assert_eq!(pair.actions(), [Action::Open { attempt: 0 }]);
    pair.fail(failed());
    assert_eq!(pair.events()[1], "attempt 1 in 1s");
}

#[test]
fn reconnection_can_be_switched_off() {
    let mut pair = Pair::joined_with(
        Config {
            reconnection: false,
            ..config()
        },
        &["/"],
    );
    pair.close();
    assert_eq!(
        pair.events(),
        ["disconnected /: transport close", "closed: transport close"]
    );
    assert!(pair.client.is_idle());
}

#[test]
fn transport_failure_is_told_apart_from_close() {
    let mut pair = Pair::joined(&["/"]);
    pair.fail(TransportFailure::Failed {
        stage: Stage::WebSocket,
        message: "connection reset".into(),
    });
    assert_eq!(
        pair.events()[..3],
        [
            "error 0 (websocket): websocket: connection reset",
            "disconnected /: transport error",
            "closed: transport error"
        ]
    );
}

#[test]
fn noteworthy_close_codes_are_reported() {
    let mut pair = Pair::joined(&["/"]);
    pair.fail(TransportFailure::Closed {
        code: Some(1009),
        reason: String::new(),
    });
    assert_eq!(
        pair.events()[..2],
        [
            "error 0 (websocket): the server closed the connection with code 1009 (message too big)",
            "disconnected /: transport close"
        ]
    );
}

/// socketioxide sends `1` before it closes.
#[test]
fn close_packet_is_a_close_by_the_server() {
    let mut pair = Pair::joined(&["/"]);
    pair.receive("1");
    assert_eq!(
        pair.events(),
        [
            "disconnected /: transport close",
            "closed: transport close",
            "attempt 1 in 1s"
        ]
    );
    assert_eq!(pair.actions(), [Action::Abort]);
}

#[test]
fn buffered_emits_are_sent_in_order_after_the_connect_reply() {
    let mut pair = Pair::joined(&["/", "/a"]);
    pair.close();
    for event in ["1", "2"] {
        pair.emit("/", event);
        pair.emit("/a", event);
    }
    pair.advance(millis(1000));
    pair.emit("/", "3");
    pair.open();
    pair.emit("/", "4");
    assert_eq!(pair.sent(), ["40", "40/a,"]);
    pair.accept("/");
    assert_eq!(
        pair.sent(),
        [r#"42["1"]"#, r#"42["2"]"#, r#"42["3"]"#, r#"42["4"]"#]
    );
    pair.emit("/", "5");
    pair.accept("/a");
    assert_eq!(pair.sent(), [r#"42["5"]"#, r#"42/a,["1"]"#, r#"42/a,["2"]"#]);
}

#[test]
fn emits_that_were_not_written_survive_the_connection() {
    let mut pair = Pair::joined(&["/"]);
    pair.queue("/", "1");
    pair.queue("/", "2");
    pair.queue("/", "3");
    assert!(pair.client.poll_transmit().is_some());
    pair.close();
    pair.emit("/", "4");
    pair.advance(millis(1000));
    pair.open();
    pair.accept("/");
    assert_eq!(pair.sent(), ["40", r#"42["2"]"#, r#"42["3"]"#, r#"42["4"]"#]);
}

#[test]
fn unfinished_packets_die_with_the_connection() {
    let mut pair = Pair::joined(&["/"]);
    pair.receive(r#"451-["file",{"_placeholder":true,"num":0}]"#);
    pair.try_emit("/", "file", vec![crate::Data::Binary("data".into())])
        .unwrap();
    assert!(pair.client.poll_transmit().is_some());
    pair.receive_quietly("2");
    pair.close();
    pair.advance(millis(1000));
    pair.open();
    assert_eq!(pair.sent(), ["40"]);
    pair.accept("/");
    pair.receive(r#"42["next"]"#);
    assert_eq!(pair.events().last().unwrap(), "/ next ");
}

#[test]
fn reconnection_uses_the_latest_auth() {
    let mut pair = Pair::joined(&["/"]);
    pair.client
        .join(pair.now, "/", Some(json!({"token": 2})))
        .unwrap();
    pair.pump();
    assert!(pair.sent().is_empty());
    pair.close();
    pair.advance(millis(1000));
    pair.open();
    assert_eq!(pair.sent(), [r#"40{"token":2}"#]);
}

#[test]
fn bad_packets_close_with_parse_error_and_reconnect() {
    for text in [
        "4abc",
        "442[\"some\"",
        "451.23-",
        "4999",
        "x",
        "",
        "0{}",
        "42[\"connect\"]",
        "b*",
        "45",
    ] {
        let mut pair = Pair::joined(&["/"]);
        pair.receive(text);
        let events = pair.events();
        assert!(events[0].starts_with("error 0 (parse): "), "{text}: {events:?}");
        assert_eq!(
            events[1..],
            [
                "disconnected /: parse error",
                "closed: parse error",
                "attempt 1 in 1s"
            ],
            "{text}"
        );
        assert_eq!(pair.actions(), [Action::Abort]);
    }
}
