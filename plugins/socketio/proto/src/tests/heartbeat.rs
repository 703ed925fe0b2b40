//! Pings, pongs, silence.

use super::util::{Pair, config, millis};
use crate::{Action, Config, Data};

#[test]
fn ping_is_answered_at_once() {
    let mut pair = Pair::joined(&["/"]);
    pair.receive("2");
    assert_eq!(pair.sent(), ["3"]);
    pair.receive("2");
    assert_eq!(pair.sent(), ["3"]);
}

#[test]
fn pong_overtakes_queued_events_and_attachments() {
    let mut pair = Pair::joined(&["/"]);
    pair.try_emit("/", "file", vec![Data::Binary("data".into())])
        .unwrap();
    pair.queue("/", "next");
    pair.receive_quietly("2");
    let mut sent = Vec::new();
    for ping in [false, true, false, false] {
        if ping {
            pair.receive_quietly("2");
        }
        sent.push(pair.client.poll_transmit());
    }
    let text = |text: &str| Some(crate::Frame::Text(text.to_owned()));
    assert_eq!(sent[0], text("3"));
    assert_eq!(sent[1], text("3"));
    assert_eq!(sent[2], text(r#"451-["file",{"_placeholder":true,"num":0}]"#));
    assert_eq!(sent[3], Some(crate::Frame::Binary("data".into())));
    pair.pump();
    assert_eq!(pair.sent(), [r#"42["next"]"#]);
}

/// socketioxide pings right after its handshake.
#[test]
fn ping_before_the_connect_reply_is_answered() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.connect();
    pair.open();
    pair.receive("2");
    pair.accept("/");
    assert_eq!(pair.sent(), ["40", "3"]);
    assert_eq!(pair.events(), ["opened engine", "connected /"]);
}

#[test]
fn session_closes_when_ping_times_out() {
    let mut pair = Pair::joined(&["/", "/a"]);
    pair.advance(millis(44_999));
    assert!(pair.events().is_empty());
    pair.advance(millis(1));
    assert_eq!(
        pair.events(),
        [
            "disconnected /: ping timeout",
            "disconnected /a: ping timeout",
            "closed: ping timeout",
            "attempt 1 in 1s"
        ]
    );
    assert_eq!(pair.actions(), [Action::Abort]);
}

#[test]
fn watchdog_is_armed_before_the_first_ping_and_the_connect_reply() {
    let mut pair = Pair::with(Config {
        namespace_timeout: None,
        ..config()
    });
    pair.join("/");
    pair.connect();
    pair.open();
    pair.advance(millis(45_000));
    assert_eq!(
        pair.events(),
        ["opened engine", "closed: ping timeout", "attempt 1 in 1s"]
    );
}

#[test]
fn any_frame_rearms_the_watchdog() {
    for frame in ["2", "6", r#"42["a"]"#, "3"] {
        let mut pair = Pair::joined(&["/"]);
        pair.advance(millis(44_999));
        pair.receive(frame);
        pair.forget();
        pair.advance(millis(44_999));
        assert!(pair.events().is_empty(), "{frame}");
        pair.advance(millis(1));
        assert_eq!(pair.events()[0], "disconnected /: ping timeout");
    }
}

#[test]
fn bytes_of_an_unfinished_frame_rearm_the_watchdog() {
    let mut pair = Pair::joined(&["/"]);
    for _ in 0..10 {
        pair.advance(millis(40_000));
        pair.client.handle_bytes(pair.now);
    }
    assert!(pair.events().is_empty());
}

#[test]
fn emit_after_a_suspend_is_buffered_and_closes_the_session() {
    let mut pair = Pair::joined(&["/"]);
    pair.suspend(millis(3_600_000));
    pair.emit("/", "wake");
    assert!(pair.sent().is_empty());
    assert_eq!(
        pair.events(),
        [
            "disconnected /: ping timeout",
            "closed: ping timeout",
            "attempt 1 in 1s"
        ]
    );
    assert_eq!(pair.actions(), [Action::Abort]);
    pair.advance(millis(1000));
    pair.open();
    pair.accept("/");
    assert_eq!(pair.sent(), ["40", r#"42["wake"]"#]);
}

#[test]
fn endless_heartbeat_does_not_expire_for_a_year() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.connect();
    pair.client.handle_opened(pair.now);
    pair.receive(r#"0{"sid":"engine","pingInterval":1e30,"pingTimeout":"1e30"}"#);
    pair.accept("/");
    pair.advance(millis(365 * 24 * 3_600_000));
    assert_eq!(pair.events(), ["opened engine", "connected /"]);
}
