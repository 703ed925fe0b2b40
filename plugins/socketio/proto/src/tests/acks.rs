//! Acknowledgements that the client asks for, each of which ends once, and those that it is asked for.

use bytes::Bytes;

use super::util::{Pair, config, millis};
use crate::{AckOutcome, Config, Data, EmitError, Event, Limits, RequestId};

#[test]
fn acknowledgement_brings_the_servers_arguments() {
    let mut pair = Pair::joined(&["/", "/a"]);
    assert_eq!(pair.ask("/", "x", None).number(), 0);
    assert_eq!(pair.ask("/", "y", None).number(), 1);
    assert_eq!(pair.ask("a", "z", None).number(), 0);
    assert_eq!(pair.sent(), [r#"420["x"]"#, r#"421["y"]"#, r#"42/a,0["z"]"#]);
    pair.receive(r#"431["n",2]"#);
    pair.receive("43/a,0[]");
    assert_eq!(pair.events(), [r#"ack 1: [String("n"), Int(2)]"#, "ack 0: []"]);
}

#[test]
fn binary_goes_both_ways() {
    let mut pair = Pair::joined(&["/"]);
    let args = [Data::Binary("ab".into())];
    let id = pair.client.emit_with_ack(pair.now, "/", "x", &args, None);
    pair.pump();
    assert_eq!(
        pair.sent(),
        [r#"451-0["x",{"_placeholder":true,"num":0}]"#, "<ab>"]
    );
    pair.receive(r#"461-0[{"_placeholder":true,"num":0}]"#);
    pair.client
        .handle_frame(pair.now, crate::Frame::Binary(Bytes::from_static(&[1, 2])));
    let outcome = AckOutcome::Acknowledged(vec![Data::Binary(vec![1, 2].into())]);
    let id = id.unwrap();
    assert_eq!(pair.client.poll_event(), Some(Event::AckEnded { id, outcome }));
}

#[test]
fn unknown_and_repeated_acknowledgements_are_ignored() {
    let mut pair = Pair::joined(&["/", "/a"]);
    pair.ask("/", "x", None);
    for text in ["431[]", "43[]", "43/a,0[]", "43/b,0[]", "430[]", "430[]"] {
        pair.receive(text);
    }
    assert_eq!(pair.events(), ["ack 0: []"]);
}

#[test]
fn acknowledgement_times_out() {
    let mut pair = Pair::joined(&["/"]);
    pair.ask("/", "slow", Some(300));
    pair.ask("/", "fast", Some(200));
    pair.ask("/", "patient", None);
    assert_eq!(pair.client.poll_timeout(), Some(pair.now + millis(200)));
    pair.advance(millis(199));
    assert_eq!(pair.events(), [""; 0]);
    pair.advance(millis(1));
    assert_eq!(pair.events(), ["ack 1: TimedOut"]);
    pair.advance(millis(1000));
    assert_eq!(pair.events(), ["ack 0: TimedOut"]);
    // Too late.
    pair.receive("430[]");
    pair.receive("432[]");
    assert_eq!(pair.events(), ["ack 2: []"]);
}

#[test]
fn a_limit_of_nothing_is_over_at_once() {
    let mut pair = Pair::joined(&["/"]);
    pair.try_ask("/", "x", Some(0)).unwrap();
    pair.advance(millis(0));
    assert_eq!(pair.events(), ["ack 0: TimedOut"]);
    assert_eq!(pair.sent(), [""; 0]);
}

#[test]
fn what_timed_out_in_the_send_buffer_is_not_sent() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.ask("/", "short", Some(10));
    pair.emit("/", "plain");
    pair.ask("/", "long", Some(1000));
    assert_eq!(pair.client.queued().packets, 3);
    // It counts while there is no connection, and while none is wanted.
    pair.advance(millis(10));
    assert_eq!(pair.events(), ["ack 0: TimedOut"]);
    assert_eq!(pair.client.queued().packets, 2);
    pair.connect();
    pair.open();
    pair.accept("/");
    assert_eq!(pair.sent(), ["40", r#"42["plain"]"#, r#"421["long"]"#]);

    // On an open connection too, and what follows keeps its turn.
    pair.try_ask("/", "short", Some(10)).unwrap();
    pair.queue("/", "last");
    pair.now += millis(10);
    pair.client.handle_timeout(pair.now);
    pair.pump();
    assert_eq!(pair.sent(), [r#"42["last"]"#]);
}

#[test]
fn a_lost_connection_ends_what_was_written_only() {
    let mut pair = Pair::joined(&["/", "/a"]);
    pair.ask("/", "written", Some(60_000));
    pair.ask("/a", "written", None);
    pair.try_ask("/", "waits", Some(60_000)).unwrap();
    pair.forget();
    pair.close();
    assert_eq!(
        pair.events()[..3],
        [
            "ack 0: Disconnected",
            "ack 0: Disconnected",
            "disconnected /: transport close"
        ]
    );
    pair.advance(millis(1000));
    pair.open();
    pair.accept("/");
    pair.accept("/a");
    // The number goes on, the server's old answers mean nothing.
    assert_eq!(pair.sent(), ["40", "40/a,", r#"421["waits"]"#]);
    pair.forget();
    pair.receive("430[]");
    pair.receive("431[]");
    assert_eq!(pair.ask("/", "next", None).number(), 2);
    assert_eq!(pair.events(), ["ack 1: []"]);
}

#[test]
fn server_disconnect_ends_all_of_the_namespace() {
    let mut pair = Pair::joined(&["/", "/a"]);
    pair.ask("/a", "written", None);
    pair.try_ask("/a", "waits", None).unwrap();
    pair.ask("/", "other", None);
    pair.receive("41/a,");
    assert_eq!(
        pair.events(),
        [
            "ack 0: Disconnected",
            "ack 1: Disconnected",
            "disconnected /a: io server disconnect"
        ]
    );
}

#[test]
fn leaving_ends_those_of_the_namespace_and_still_writes_them() {
    let mut pair = Pair::joined(&["/", "/a"]);
    pair.ask("/a", "written", None);
    pair.try_ask("/a", "waits", None).unwrap();
    pair.forget();
    pair.leave("/a");
    assert_eq!(
        pair.events(),
        [
            "ack 0: Stopped",
            "ack 1: Stopped",
            "disconnected /a: io client disconnect"
        ]
    );
    assert_eq!(pair.sent(), [r#"42/a,1["waits"]"#, "41/a,"]);
}

#[test]
fn stop_ends_all_before_it_says_so() {
    let mut pair = Pair::joined(&["/"]);
    pair.join("/quiet");
    pair.forget();
    pair.ask("/", "written", Some(5));
    pair.try_ask("/", "waits", None).unwrap();
    pair.ask("/quiet", "waits too", None);
    pair.disconnect();
    pair.close();
    assert_eq!(
        pair.events(),
        [
            "ack 0: Stopped",
            "ack 1: Stopped",
            "ack 0: Stopped",
            "disconnected /: io client disconnect",
            "closed: io client disconnect",
            "stopped"
        ]
    );
    assert_eq!(pair.sent(), [r#"420["written"]"#, r#"421["waits"]"#, "41"]);
    assert_eq!(pair.client.poll_timeout(), None);
    // What was not written is not sent by the next connection: nobody waits for it any more.
    pair.connect();
    pair.open();
    pair.accept("/");
    pair.accept("/quiet");
    assert_eq!(pair.sent(), ["40", "40/quiet,"]);
}

#[test]
fn what_is_asked_after_a_stop_belongs_to_the_next_start() {
    let mut pair = Pair::joined(&["/"]);
    pair.disconnect();
    pair.connect();
    pair.ask("/", "x", None);
    pair.close();
    pair.open();
    pair.accept("/");
    pair.forget();
    pair.receive("430[]");
    assert_eq!(pair.events(), ["ack 0: []"]);

    pair.disconnect();
    pair.close();
    pair.ask("/", "y", None);
    pair.forget();
    pair.disconnect();
    assert_eq!(pair.events(), ["ack 1: Stopped"]);
}

#[test]
fn table_is_bounded_by_a_named_error() {
    let mut pair = Pair::joined_with(
        Config {
            max_pending_acks: 2,
            ..config()
        },
        &["/", "/a"],
    );
    pair.ask("/", "x", None);
    pair.ask("/a", "x", None);
    let refused = pair.try_ask("/", "x", None);
    assert_eq!(refused, Err(EmitError::TooManyPendingAcks { limit: 2 }));
    pair.receive("43/a,0[]");
    assert_eq!(pair.ask("/", "x", None).number(), 1);
}

#[test]
fn a_refused_event_uses_no_number() {
    let mut pair = Pair::joined_with(
        Config {
            send_buffer: Limits {
                packets: 1,
                bytes: 100,
            },
            ..config()
        },
        &["/"],
    );
    pair.queue("/", "fills");
    assert!(matches!(
        pair.try_ask("/", "x", None),
        Err(EmitError::BufferFull { .. })
    ));
    assert!(pair.try_ask("/", "connect", None).is_err());
    pair.pump();
    assert_eq!(pair.ask("/", "x", None).number(), 0);
}

#[test]
fn a_sleep_longer_than_the_heartbeat_keeps_the_request() {
    let mut pair = Pair::joined(&["/"]);
    pair.suspend(millis(60_000));
    pair.ask("/", "x", None);
    pair.advance(millis(1000));
    pair.open();
    pair.accept("/");
    assert_eq!(pair.sent(), ["40", r#"420["x"]"#]);
    pair.forget();
    pair.receive("430[]");
    assert_eq!(pair.events(), ["ack 0: []"]);
}

/// The server asks.
fn asked(pair: &mut Pair, text: &str) -> RequestId {
    pair.receive_quietly(text);
    let Some(Event::Message(message)) = pair.client.poll_event() else {
        panic!("no message")
    };
    message.request.unwrap()
}

fn answer(pair: &mut Pair, request: RequestId, args: &[Data]) -> Result<(), EmitError> {
    pair.client.acknowledge(pair.now, request, args)
}

#[test]
fn requests_are_answered_in_the_order_of_what_is_sent() {
    let mut pair = Pair::joined(&["/", "/a"]);
    let first = asked(&mut pair, r#"427["q",1]"#);
    let second = asked(&mut pair, r#"42/a,0["q"]"#);
    pair.queue("/", "before");
    answer(&mut pair, first, &["n".into(), Data::Binary("ab".into())]).unwrap();
    answer(&mut pair, second, &[]).unwrap();
    pair.queue("/", "after");
    pair.pump();
    assert_eq!(
        pair.sent(),
        [
            r#"42["before"]"#,
            r#"461-7["n",{"_placeholder":true,"num":0}]"#,
            "<ab>",
            "43/a,0[]",
            r#"42["after"]"#
        ]
    );
}

#[test]
fn a_request_is_over_with_its_connection() {
    let mut pair = Pair::joined(&["/", "/a"]);
    let request = asked(&mut pair, r#"420["q"]"#);
    let unwritten = asked(&mut pair, r#"421["q"]"#);
    answer(&mut pair, unwritten, &[]).unwrap();
    pair.queue("/", "survives");
    pair.close();
    assert_eq!(answer(&mut pair, request, &[]), Err(EmitError::RequestOver));
    pair.advance(millis(1000));
    pair.open();
    assert_eq!(answer(&mut pair, request, &[]), Err(EmitError::RequestOver));
    pair.accept("/");
    assert_eq!(pair.sent(), ["40", "40/a,", r#"42["survives"]"#]);
    // The same number on the new connection is another request.
    let again = asked(&mut pair, r#"420["q"]"#);
    assert_eq!(answer(&mut pair, request, &[]), Err(EmitError::RequestOver));
    answer(&mut pair, again, &[]).unwrap();
}

#[test]
fn a_request_is_over_with_its_namespace() {
    let mut pair = Pair::joined(&["/", "/a"]);
    let request = asked(&mut pair, r#"42/a,0["q"]"#);
    pair.receive("41/a,");
    assert_eq!(answer(&mut pair, request, &[]), Err(EmitError::RequestOver));
    pair.leave("/a");
    pair.join("/a");
    pair.accept("/a");
    assert_eq!(answer(&mut pair, request, &[]), Err(EmitError::RequestOver));
}

#[test]
fn a_request_ahead_of_the_connect_reply_can_be_answered() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.connect();
    pair.open();
    pair.receive_quietly(r#"420["early"]"#);
    pair.receive_quietly(r#"40{"sid":"s"}"#);
    let request = std::iter::from_fn(|| pair.client.poll_event()).find_map(|event| match event {
        Event::Message(message) => message.request,
        _ => None,
    });
    answer(&mut pair, request.unwrap(), &[]).unwrap();
    pair.pump();
    assert_eq!(pair.sent(), ["40", "430[]"]);
}
