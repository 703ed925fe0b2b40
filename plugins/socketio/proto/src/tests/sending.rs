//! Emitted events and the bounds of their buffer.

use super::util::{Pair, config};
use crate::{Config, Data, EmitError, Limits};

#[test]
fn emit_writes_an_event() {
    let mut pair = Pair::joined(&["/", "/custom"]);
    pair.try_emit("/", "message", vec![Data::Int(1), "2".into()])
        .unwrap();
    pair.try_emit("custom", "bar", vec![]).unwrap();
    pair.pump();
    assert_eq!(pair.sent(), [r#"42["message",1,"2"]"#, r#"42/custom,["bar"]"#]);
}

#[test]
fn binary_event_is_written_as_a_whole() {
    let mut pair = Pair::joined(&["/"]);
    let nested = Data::Array(vec![Data::Binary("a".into()), Data::Binary("b".into())]);
    pair.try_emit("/", "file", vec![nested]).unwrap();
    pair.queue("/", "next");
    pair.pump();
    assert_eq!(
        pair.sent(),
        [
            r#"452-["file",[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]]"#,
            "<a>",
            "<b>",
            r#"42["next"]"#
        ]
    );
}

#[test]
fn unknown_namespace_is_an_error() {
    let mut pair = Pair::joined(&["/"]);
    assert_eq!(
        pair.try_emit("/a", "e", vec![]),
        Err(EmitError::UnknownNamespace("/a".into()))
    );
}

#[test]
fn reserved_name_is_an_error() {
    let mut pair = Pair::joined(&["/"]);
    assert_eq!(
        pair.try_emit("/", "disconnecting", vec![]),
        Err(EmitError::ReservedName("disconnecting".into()))
    );
}

#[test]
fn too_many_attachments_are_an_error() {
    let mut pair = Pair::joined(&["/"]);
    let args = vec![Data::Binary("x".into()); 11];
    assert_eq!(
        pair.try_emit("/", "e", args),
        Err(EmitError::TooManyAttachments { count: 11, limit: 10 })
    );
}

#[test]
fn full_buffer_is_a_named_error_and_keeps_what_it_has() {
    let mut pair = Pair::with(Config {
        send_buffer: Limits {
            packets: 2,
            bytes: 1000,
        },
        ..config()
    });
    pair.join("/");
    pair.join("/a");
    pair.emit("/", "1");
    pair.emit("/", "2");
    let full = EmitError::BufferFull {
        namespace: "/".into(),
        packets: 2,
        bytes: 14,
    };
    assert_eq!(pair.try_emit("/", "3", vec![]), Err(full));
    pair.emit("/a", "own buffer");
    pair.connect();
    pair.open();
    pair.accept("/");
    assert_eq!(pair.sent(), ["40", "40/a,", r#"42["1"]"#, r#"42["2"]"#]);
    pair.emit("/", "4");
    assert_eq!(pair.sent(), [r#"42["4"]"#]);
}

#[test]
fn buffer_is_bounded_in_bytes_too() {
    let mut pair = Pair::with(Config {
        send_buffer: Limits {
            packets: 9,
            bytes: 100,
        },
        ..config()
    });
    pair.join("/");
    let big = vec![Data::Binary(vec![0; 101].into())];
    assert!(matches!(
        pair.try_emit("/", "e", big),
        Err(EmitError::BufferFull { .. })
    ));
}

#[test]
fn joined_namespace_is_bounded_while_the_link_is_slow() {
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
    pair.queue("/", "1");
    assert!(matches!(
        pair.try_emit("/", "2", vec![]),
        Err(EmitError::BufferFull { .. })
    ));
    pair.pump();
    pair.queue("/", "2");
}
