//! Received events.

use super::util::{Pair, config};
use crate::{Config, Data, Event, Limits, Message, RequestId};

fn message(pair: &mut Pair, text: &str) -> Message {
    pair.receive_quietly(text);
    match pair.client.poll_event() {
        Some(Event::Message(message)) => message,
        event => panic!("{text}: {event:?}"),
    }
}

#[test]
fn events_reach_the_application() {
    let mut pair = Pair::joined(&["/", "/custom"]);
    let received = message(&mut pair, r#"42/custom,["message",1,"2",{"3":[true,null]},1.5]"#);
    assert_eq!(&*received.namespace, "/custom");
    assert_eq!(received.name, "message");
    assert_eq!(received.request, None);
    let tree = Data::Object(vec![(
        "3".into(),
        Data::Array(vec![Data::Bool(true), Data::Null]),
    )]);
    assert_eq!(received.args, [Data::Int(1), "2".into(), tree, Data::Float(1.5)]);
}

#[test]
fn ack_id_of_an_event_is_kept() {
    let mut pair = Pair::joined(&["/"]);
    assert_eq!(message(&mut pair, r#"420["q",1]"#).request.unwrap().number(), 0);
    assert_eq!(
        message(&mut pair, r#"4218446744073709551615["q",1]"#)
            .request
            .map(RequestId::number),
        Some(u64::MAX)
    );
}

#[test]
fn text_of_a_message_is_its_string_or_its_json() {
    let mut pair = Pair::joined(&["/"]);
    for (frame, text) in [
        (r#"42["e"]"#, ""),
        (r#"42["e","a \"b\""]"#, "a \"b\""),
        (r#"42["e",7]"#, "7"),
        (
            r#"42["e",{"z":1, "a":[18446744073709551615]}]"#,
            r#"{"z":1,"a":[18446744073709551615]}"#,
        ),
        (r#"42["e","a",null]"#, r#"["a",null]"#),
    ] {
        assert_eq!(message(&mut pair, frame).text(), text);
    }
}

/// python-socketio sends what its connect handler emits before the reply.
#[test]
fn events_before_the_connect_reply_follow_it_in_order() {
    let mut pair = Pair::joined(&["/"]);
    pair.join("/a");
    pair.receive(r#"42/a,["auth"]"#);
    pair.receive(r#"451-/a,["file",{"_placeholder":true,"num":0}]"#);
    pair.receive_binary(b"x");
    pair.receive(r#"42["other"]"#);
    assert_eq!(pair.events(), ["/ other "]);
    pair.accept("/a");
    pair.receive(r#"42/a,["after"]"#);
    assert_eq!(
        pair.events(),
        ["connected /a", "/a auth ", r#"/a file "eA==""#, "/a after "]
    );
}

#[test]
fn early_events_die_with_the_connection() {
    let mut pair = Pair::new();
    pair.join("/");
    pair.connect();
    pair.open();
    pair.receive(r#"42["stale"]"#);
    pair.close();
    pair.advance(super::util::millis(1000));
    pair.open();
    pair.forget();
    pair.accept("/");
    assert_eq!(pair.events(), ["connected /"]);
}

#[test]
fn too_many_early_events_are_a_named_error() {
    let mut pair = Pair::with(Config {
        receive_buffer: Limits {
            packets: 2,
            bytes: 1000,
        },
        ..config()
    });
    pair.join("/");
    pair.connect();
    pair.open();
    pair.forget();
    for _ in 0..3 {
        pair.receive(r#"42["e"]"#);
    }
    assert_eq!(
        pair.events()[..2],
        [
            "error 0 (limit): too many events before the connect reply of namespace `/`",
            "closed: parse error"
        ]
    );
}

#[test]
fn events_for_other_namespaces_are_ignored() {
    let mut pair = Pair::joined(&["/"]);
    pair.receive(r#"42/other,["e"]"#);
    assert!(pair.events().is_empty() && pair.actions().is_empty());
}

#[test]
fn acks_that_nobody_asked_for_are_ignored() {
    let mut pair = Pair::joined(&["/"]);
    pair.receive(r#"4313["a"]"#);
    pair.receive("43[]");
    pair.receive(r#"461-7[{"_placeholder":true,"num":0}]"#);
    pair.receive_binary(b"x");
    pair.receive(r#"42["next"]"#);
    assert_eq!(pair.events(), ["/ next "]);
}
