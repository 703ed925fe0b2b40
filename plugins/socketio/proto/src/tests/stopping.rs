//! `disconnect` in every state.

use super::util::{Pair, millis};
use crate::{Action, Stage, TransportFailure};

/// Whatever comes later, nothing follows.
fn assert_silent(pair: &mut Pair) {
    pair.forget();
    pair.disconnect();
    pair.open();
    pair.accept("/");
    pair.receive("garbage");
    pair.close();
    pair.join("/later");
    pair.emit("/later", "e");
    pair.leave("/later");
    pair.advance(millis(3_600_000));
    assert_eq!(pair.client.poll_timeout(), None);
    assert_eq!(pair.events(), [""; 0]);
    assert_eq!(pair.actions(), []);
    assert_eq!(pair.sent(), [""; 0]);
}

#[test]
fn stop_before_any_connect() {
    let mut pair = Pair::new();
    pair.disconnect();
    assert_eq!(pair.events(), ["stopped"]);
    assert_silent(&mut pair);
}

#[test]
fn stop_before_the_transport_was_asked_for() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.client.connect(pair.now);
    pair.disconnect();
    assert_eq!(pair.actions(), []);
    assert_eq!(pair.events(), ["stopped"]);
    assert_silent(&mut pair);
}

#[test]
fn stop_while_the_transport_opens() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.connect();
    pair.actions();
    pair.disconnect();
    assert_eq!(pair.actions(), [Action::Abort]);
    assert_eq!(pair.events(), ["stopped"]);
    assert_silent(&mut pair);
}

#[test]
fn stop_before_the_handshake() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.connect();
    pair.client.handle_opened(pair.now);
    pair.actions();
    pair.disconnect();
    assert_eq!(pair.actions(), [Action::Abort]);
    assert_eq!(pair.events(), ["stopped"]);
    assert_silent(&mut pair);
}

#[test]
fn stop_before_the_connect_reply() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.connect();
    pair.open();
    pair.forget();
    pair.disconnect();
    assert_eq!(pair.actions(), [Action::Close]);
    assert_eq!(pair.sent(), [""; 0]);
    assert_eq!(pair.events(), [""; 0]);
    pair.close();
    assert_eq!(pair.events(), ["closed: io client disconnect", "stopped"]);
    assert_silent(&mut pair);
}

#[test]
fn stop_while_joined_writes_what_is_queued_then_leaves() {
    let mut pair = Pair::joined(&["/", "/a"]);
    pair.queue("/a", "1");
    pair.queue("/", "2");
    pair.queue("/a", "3");
    pair.disconnect();
    assert_eq!(
        pair.sent(),
        [r#"42/a,["1"]"#, r#"42["2"]"#, r#"42/a,["3"]"#, "41", "41/a,"]
    );
    assert_eq!(pair.actions(), [Action::Close]);
    assert_eq!(
        pair.events(),
        [
            "disconnected /: io client disconnect",
            "disconnected /a: io client disconnect"
        ]
    );
    // The server goes on for a moment.
    pair.receive(r#"42["late"]"#);
    pair.receive("41/a,");
    pair.disconnect();
    assert_eq!(pair.events(), [""; 0]);
    pair.close();
    assert_eq!(pair.events(), ["closed: io client disconnect", "stopped"]);
    assert_silent(&mut pair);
}

#[test]
fn stop_ends_in_time_though_the_transport_hangs() {
    let mut pair = Pair::joined(&["/"]);
    pair.disconnect();
    pair.forget();
    pair.advance(millis(1499));
    assert_eq!(pair.events(), [""; 0]);
    pair.advance(millis(1));
    assert_eq!(pair.actions(), [Action::Abort]);
    assert_eq!(pair.events(), ["closed: io client disconnect", "stopped"]);
    assert_silent(&mut pair);
}

#[test]
fn stop_ends_in_time_though_the_driver_hangs() {
    let mut pair = Pair::joined(&["/"]);
    pair.client.disconnect(pair.now);
    pair.advance(millis(1500));
    assert_eq!(pair.actions(), [Action::Abort]);
    assert_eq!(pair.sent(), [""; 0]);
    assert_silent(&mut pair);
}

#[test]
fn stop_while_waiting_to_reconnect() {
    let mut pair = Pair::joined(&["/"]);
    pair.close();
    pair.forget();
    pair.disconnect();
    assert_eq!(pair.events(), ["stopped"]);
    assert_silent(&mut pair);
}

#[test]
fn stop_while_the_last_namespace_is_being_left() {
    let mut pair = Pair::joined(&["/"]);
    pair.leave("/");
    pair.disconnect();
    pair.forget();
    pair.close();
    assert_eq!(pair.events(), ["closed: io client disconnect", "stopped"]);
    assert_silent(&mut pair);
}

#[test]
fn stop_after_refusal() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.connect();
    pair.open();
    pair.receive(r#"44{"message":"no"}"#);
    pair.close();
    pair.forget();
    pair.disconnect();
    assert_eq!(pair.events(), ["stopped"]);
    assert_silent(&mut pair);
}

#[test]
fn transport_that_dies_during_the_stop_ends_it() {
    let mut pair = Pair::joined(&["/"]);
    pair.client.disconnect(pair.now);
    pair.client.handle_closed(
        pair.now,
        TransportFailure::Failed {
            stage: Stage::WebSocket,
            message: "reset".into(),
        },
    );
    pair.pump();
    // The request to close is void: there is nothing left to close.
    assert_eq!(pair.actions(), []);
    assert_eq!(
        pair.events(),
        [
            "disconnected /: io client disconnect",
            "closed: io client disconnect",
            "stopped"
        ]
    );
    assert_silent(&mut pair);
}

#[test]
fn start_after_stop_joins_everything_again() {
    let mut pair = Pair::joined(&["/", "/a"]);
    pair.disconnect();
    pair.close();
    pair.forget();
    pair.emit("/a", "kept");
    pair.connect();
    assert_eq!(pair.actions(), [Action::Open { attempt: 0 }]);
    pair.open();
    pair.accept("/");
    pair.accept("/a");
    assert_eq!(pair.sent(), ["40", "40/a,", r#"42/a,["kept"]"#]);
    assert_eq!(pair.events(), ["opened engine", "connected /", "connected /a"]);
}

#[test]
fn start_while_stopping_gives_one_connection() {
    let mut pair = Pair::joined(&["/"]);
    pair.disconnect();
    pair.connect();
    assert_eq!(pair.actions(), [Action::Close]);
    pair.forget();
    pair.close();
    assert_eq!(pair.actions(), [Action::Open { attempt: 0 }]);
    assert_eq!(pair.events(), ["closed: io client disconnect", "stopped"]);
    pair.open();
    pair.accept("/");
    assert_eq!(pair.events(), ["opened engine", "connected /"]);
    pair.disconnect();
    pair.close();
    assert_eq!(pair.events().last().unwrap(), "stopped");
}

#[test]
fn stop_start_stop_stops_once() {
    let mut pair = Pair::joined(&["/"]);
    pair.disconnect();
    pair.connect();
    pair.disconnect();
    pair.forget();
    pair.close();
    assert_eq!(pair.events(), ["closed: io client disconnect", "stopped"]);
    assert_silent(&mut pair);
}

#[test]
fn a_thousand_starts_and_stops_leave_nothing_behind() {
    let mut pair = Pair::new();
    pair.join("/");
    for _ in 0..1000 {
        pair.connect();
        pair.open();
        pair.accept("/");
        pair.disconnect();
        pair.close();
        assert_eq!(
            pair.events().iter().filter(|event| *event == "stopped").count(),
            1
        );
        assert_eq!(pair.actions(), [Action::Open { attempt: 0 }, Action::Close]);
    }
}
