//! Joining and leaving on an open connection, refusals, and the gate: nothing is written to a namespace that the server
//! may consider left.

use serde_json::json;

use super::util::{Pair, config, millis};
use crate::{Action, Client, Config, ConnectErrorKind, Data, EmitError, Event};

#[test]
fn namespaces_are_joined_and_left_at_run_time() {
    let mut pair = Pair::joined(&["/"]);
    pair.join("/a");
    assert_eq!(pair.sent(), ["40/a,"]);
    pair.accept("/a");
    pair.emit("/a", "hi");
    assert_eq!(pair.sent(), [r#"42/a,["hi"]"#]);
    pair.leave("/a");
    assert_eq!(pair.sent(), ["41/a,"]);
    assert_eq!(
        pair.events(),
        ["connected /a", "disconnected /a: io client disconnect"]
    );
    assert_eq!(
        pair.try_emit("/a", "hi", vec![]),
        Err(EmitError::UnknownNamespace("/a".into()))
    );
    pair.receive(r#"42/a,["late"]"#);
    pair.receive("41/a,");
    assert!(pair.events().is_empty() && pair.actions().is_empty());
}

#[test]
fn joining_twice_sends_one_connect() {
    let mut pair = Pair::joined(&["/"]);
    pair.join("/a");
    pair.join("/a");
    pair.accept("/a");
    pair.join("/a");
    assert_eq!(pair.sent(), ["40/a,"]);
}

#[test]
fn leave_writes_what_is_queued_first() {
    let mut pair = Pair::joined(&["/", "/a"]);
    pair.queue("/a", "1");
    pair.queue("/", "2");
    pair.queue("/a", "3");
    pair.leave("/a");
    assert_eq!(
        pair.sent(),
        [r#"42/a,["1"]"#, r#"42["2"]"#, r#"42/a,["3"]"#, "41/a,"]
    );
}

#[test]
fn leaving_the_last_namespace_closes_the_connection() {
    let mut pair = Pair::joined(&["/a"]);
    pair.leave("/a");
    assert_eq!(pair.sent(), ["41/a,"]);
    assert_eq!(pair.actions(), [Action::Close]);
    pair.close();
    assert_eq!(
        pair.events(),
        [
            "disconnected /a: io client disconnect",
            "closed: io client disconnect"
        ]
    );
    assert!(pair.client.is_idle());
    pair.join("/b");
    assert_eq!(pair.actions(), [Action::Open { attempt: 0 }]);
}

#[test]
fn leaving_the_last_namespace_ends_the_attempts() {
    let mut pair = Pair::new();
    pair.join("/a");
    pair.connect();
    pair.actions();
    pair.leave("/a");
    assert_eq!(pair.actions(), [Action::Abort]);
    assert!(pair.client.is_idle());

    let mut pair = Pair::joined(&["/a"]);
    pair.close();
    pair.leave("/a");
    assert!(pair.client.is_idle());
}

#[test]
fn join_while_closing_opens_again() {
    let mut pair = Pair::joined(&["/a"]);
    pair.leave("/a");
    pair.join("/b");
    assert_eq!(pair.actions(), [Action::Close]);
    pair.close();
    assert_eq!(pair.actions(), [Action::Open { attempt: 0 }]);
}

#[test]
fn refused_namespace_stays_inactive_and_the_others_go_on() {
    let mut pair = Pair::joined(&["/"]);
    pair.join("/no");
    pair.queue("/no", "later");
    pair.receive(r#"44/no,{"message":"Auth failed","data":{"code":42}}"#);
    assert_eq!(pair.events(), ["Refused /no: Auth failed"]);
    assert_eq!(pair.sent(), ["40/no,"]);
    pair.close();
    pair.advance(millis(1000));
    pair.open();
    assert_eq!(pair.sent(), ["40"]);
    pair.accept("/");
    pair.client
        .join(pair.now, "/no", Some(json!({"token": 1})))
        .unwrap();
    pair.pump();
    pair.accept("/no");
    assert_eq!(pair.sent(), [r#"40/no,{"token":1}"#, r#"42/no,["later"]"#]);
}

fn refusal(client: &mut Client) -> (ConnectErrorKind, String, Option<Data>) {
    loop {
        if let Event::ConnectError {
            kind, message, data, ..
        } = client.poll_event().unwrap()
        {
            return (kind, message, data);
        }
    }
}

#[test]
fn refusals_are_read_in_all_forms() {
    let code = "{\"code\":42}".parse::<Data>().unwrap();
    for (payload, message, data) in [
        (
            r#"{"message":"Auth failed","data":{"code":42}}"#,
            "Auth failed",
            Some(code),
        ),
        (r#"{"message":"Invalid namespace"}"#, "Invalid namespace", None),
        (r#""Unable to connect""#, "Unable to connect", None),
        (r#"{"code":42}"#, r#"{"code":42}"#, None),
    ] {
        let mut pair = Pair::joined(&["/"]);
        pair.join("/no");
        pair.receive_quietly(&format!("44/no,{payload}"));
        let expected = (ConnectErrorKind::Refused, message.to_owned(), data);
        assert_eq!(refusal(&mut pair.client), expected, "{payload}");
    }
}

#[test]
fn refusal_of_all_namespaces_closes_and_goes_idle() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.join("/a");
    pair.connect();
    pair.open();
    pair.receive(r#"44{"message":"no"}"#);
    pair.forget();
    pair.receive(r#"44/a,{"message":"no"}"#);
    assert_eq!(pair.actions(), [Action::Close]);
    pair.close();
    assert_eq!(pair.events(), ["Refused /a: no", "closed: forced close"]);
    assert!(pair.client.is_idle());
    pair.advance(millis(3_600_000));
    assert!(pair.actions().is_empty());
    pair.connect();
    pair.open();
    assert_eq!(pair.sent(), ["40", "40/a,"]);
}

#[test]
fn server_disconnect_drops_what_is_queued_and_does_not_rejoin() {
    let mut pair = Pair::joined(&["/", "/a"]);
    pair.queue("/a", "1");
    pair.queue("/", "2");
    pair.receive_quietly("41/a,");
    pair.emit("/a", "3");
    assert_eq!(pair.sent(), [r#"42["2"]"#]);
    assert_eq!(pair.events(), ["disconnected /a: io server disconnect"]);
    pair.close();
    pair.advance(millis(1000));
    pair.open();
    assert_eq!(pair.sent(), ["40"]);
    pair.accept("/");
    pair.join("/a");
    pair.accept("/a");
    assert_eq!(pair.sent(), ["40/a,", r#"42/a,["3"]"#]);
}

#[test]
fn server_disconnect_of_the_last_namespace_closes_without_reconnecting() {
    let mut pair = Pair::joined(&["/"]);
    pair.receive("41");
    assert_eq!(pair.actions(), [Action::Close]);
    pair.close();
    assert_eq!(
        pair.events(),
        [
            "disconnected /: io server disconnect",
            "closed: io server disconnect"
        ]
    );
    assert!(pair.client.is_idle());
}

#[test]
fn server_disconnect_in_place_of_a_reply_is_a_connect_error() {
    let mut pair = Pair::joined(&["/"]);
    pair.join("/a");
    pair.receive("41/a,");
    assert_eq!(
        pair.events(),
        ["Disconnected /a: the server disconnected the namespace before it was joined"]
    );
}

/// A late DISCONNECT for the session that we are about to leave says nothing about the next one.
#[test]
fn server_disconnect_that_crosses_ours_spares_the_next_join() {
    let mut pair = Pair::joined(&["/", "/a"]);
    pair.queue("/a", "1");
    pair.client.leave(pair.now, "/a");
    pair.client.join(pair.now, "/a", None).unwrap();
    pair.queue("/a", "2");
    pair.receive("41/a,");
    assert_eq!(pair.sent(), ["40/a,"]);
    pair.accept("/a");
    assert_eq!(pair.sent(), [r#"42/a,["2"]"#]);
}

#[test]
fn refusal_ahead_of_our_connect_spares_it() {
    let mut pair = Pair::joined(&["/", "/a"]);
    pair.leave("/a");
    pair.client.join(pair.now, "/a", None).unwrap();
    pair.receive("41/a,");
    pair.accept("/a");
    assert_eq!(pair.sent(), ["41/a,", "40/a,"]);
    assert_eq!(
        pair.events(),
        ["disconnected /a: io client disconnect", "connected /a"]
    );
}

#[test]
fn missing_connect_reply_is_a_named_error() {
    let mut pair = Pair::joined(&["/"]);
    pair.join("/slow");
    pair.advance(millis(19_999));
    pair.receive("2");
    assert!(pair.events().is_empty());
    pair.advance(millis(1));
    assert_eq!(pair.events(), ["TimedOut /slow: no connect reply within 20s"]);
    // The others go on, and a late reply is welcome.
    assert!(pair.actions().is_empty());
    pair.accept("/slow");
    assert_eq!(pair.events(), ["connected /slow"]);
}

#[test]
fn connection_without_any_connect_reply_is_tried_again() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.connect();
    pair.open();
    pair.forget();
    pair.advance(millis(20_000));
    assert_eq!(
        pair.events(),
        [
            "TimedOut /: no connect reply within 20s",
            "closed: forced close",
            "attempt 1 in 1s"
        ]
    );
    assert_eq!(pair.actions(), [Action::Abort]);
}

#[test]
fn connection_with_only_overdue_namespaces_is_tried_again() {
    let mut pair = Pair::joined(&["/"]);
    pair.join("/slow");
    pair.advance(millis(20_000));
    pair.forget();
    pair.receive("41");
    assert_eq!(
        pair.events(),
        [
            "disconnected /: io server disconnect",
            "closed: forced close",
            "attempt 1 in 1s"
        ]
    );
}

#[test]
fn namespace_reply_may_take_for_ever_without_a_limit() {
    let mut pair = Pair::joined_with(
        Config {
            namespace_timeout: None,
            ..config()
        },
        &["/"],
    );
    pair.join("/slow");
    for _ in 0..10 {
        pair.advance(millis(40_000));
        pair.receive("2");
    }
    assert!(pair.events().is_empty());
}

#[test]
fn leaving_before_the_reply_sends_disconnect_after_it() {
    let mut pair = Pair::joined(&["/"]);
    pair.join("/a");
    pair.queue("/a", "never");
    pair.leave("/a");
    assert_eq!(pair.sent(), ["40/a,"]);
    pair.receive(r#"42/a,["early"]"#);
    pair.accept("/a");
    assert_eq!(pair.sent(), ["41/a,"]);
    assert!(pair.events().is_empty());
}

#[test]
fn leaving_before_connect_is_written_takes_it_back() {
    let mut pair = Pair::joined(&["/"]);
    pair.client.join(pair.now, "/a", None).unwrap();
    pair.leave("/a");
    pair.pump();
    assert!(pair.sent().is_empty());
}

#[test]
fn joining_again_waits_for_the_abandoned_reply() {
    for (reply, sent) in [
        (r#"40/a,{"sid":"old"}"#, vec!["41/a,", r#"40/a,{"new":1}"#]),
        (r#"44/a,{"message":"no"}"#, vec![r#"40/a,{"new":1}"#]),
    ] {
        let mut pair = Pair::joined(&["/"]);
        pair.join("/a");
        pair.leave("/a");
        pair.client.join(pair.now, "/a", Some(json!({"new": 1}))).unwrap();
        pair.pump();
        assert_eq!(pair.sent(), ["40/a,"]);
        pair.receive(r#"42/a,["of the old session"]"#);
        pair.receive(reply);
        assert_eq!(pair.sent(), sent);
        assert!(pair.events().is_empty());
        pair.accept("/a");
        assert_eq!(pair.events(), ["connected /a"]);
    }
}

#[test]
fn abandoned_join_that_is_never_answered_times_out() {
    let mut pair = Pair::joined(&["/"]);
    pair.join("/a");
    pair.leave("/a");
    pair.join("/a");
    pair.advance(millis(20_000));
    assert_eq!(pair.events(), ["TimedOut /a: no connect reply within 20s"]);
}

/// python-socketio answers a second CONNECT with an error; the namespace works on.
#[test]
fn replies_to_joined_namespaces_are_ignored() {
    let mut pair = Pair::joined(&["/"]);
    pair.receive(r#"44"Unable to connect""#);
    pair.receive(r#"40{"sid":"again"}"#);
    pair.receive(r#"44/unknown,{"message":"no"}"#);
    pair.receive(r#"40/unknown,{"sid":"a"}"#);
    assert!(pair.events().is_empty());
    pair.emit("/", "on");
    assert_eq!(pair.sent(), [r#"42["on"]"#]);
}

#[test]
fn connect_reply_without_a_sid_is_a_parse_error() {
    let mut pair = Pair::joined(&["/"]);
    pair.join("/a");
    pair.receive("40/a,{}");
    assert_eq!(
        pair.events()[0],
        "error 0 (parse): invalid payload: connect reply without a sid"
    );
}
