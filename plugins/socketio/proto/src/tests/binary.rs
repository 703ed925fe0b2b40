//! Received attachments, through the whole client.

use super::util::{Pair, config};
use crate::{Config, Data, Event};

#[test]
fn binary_event_arrives_whole() {
    let mut pair = Pair::joined(&["/admin"]);
    pair.receive(
        r#"452-/admin,9["baz",{"a":[{"_placeholder":true,"num":1}]},{"_placeholder":true,"num":0}]"#,
    );
    pair.receive_binary(&[1, 2]);
    // Only messages may not come between: this is none.
    pair.receive("2");
    assert_eq!(pair.events(), [""; 0]);
    pair.client.handle_frame(pair.now, crate::Frame::Text("bAwQ="));
    let Some(Event::Message(message)) = pair.client.poll_event() else {
        panic!()
    };
    assert_eq!(message.name, "baz");
    assert_eq!(message.request.unwrap().number(), 9);
    let inner = Data::Array(vec![Data::Binary(vec![3, 4].into())]);
    assert_eq!(
        message.args,
        [
            Data::Object(vec![("a".into(), inner)]),
            Data::Binary(vec![1, 2].into())
        ]
    );
}

#[test]
fn binary_event_for_another_namespace_is_consumed() {
    let mut pair = Pair::joined(&["/"]);
    pair.receive(r#"451-/other,["baz",{"_placeholder":true,"num":0}]"#);
    pair.receive_binary(b"x");
    pair.receive(r#"42["next"]"#);
    assert_eq!(pair.events(), ["/ next "]);
}

#[test]
fn attachment_without_a_header_is_a_parse_error() {
    let mut pair = Pair::joined(&["/"]);
    pair.receive_binary(b"x");
    assert_eq!(
        pair.events()[..2],
        [
            "error 0 (parse): binary frame without a packet that announced it",
            "disconnected /: parse error"
        ]
    );
}

#[test]
fn message_between_attachments_is_a_parse_error() {
    let mut pair = Pair::joined(&["/"]);
    pair.receive(r#"451-["baz",{"_placeholder":true,"num":0}]"#);
    pair.receive(r#"42["a"]"#);
    assert_eq!(
        pair.events()[0],
        "error 0 (parse): text packet while attachments are missing"
    );
}

#[test]
fn attachment_caps_are_named_errors() {
    let limits = || Config {
        max_attachments: 2,
        max_attachment_bytes: 4,
        ..config()
    };
    let mut pair = Pair::joined_with(limits(), &["/"]);
    pair.receive(r#"453-["e"]"#);
    assert_eq!(
        pair.events()[0],
        "error 0 (limit): packet with 3 attachments, the limit is 2"
    );

    let mut pair = Pair::joined_with(limits(), &["/"]);
    pair.receive(r#"452-["e"]"#);
    pair.receive_binary(b"1234");
    pair.receive_binary(b"5");
    assert_eq!(
        pair.events()[0],
        "error 0 (limit): packet with more than 4 bytes of attachments"
    );
}
