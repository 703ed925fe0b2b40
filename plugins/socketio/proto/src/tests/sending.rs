//! Emitted events and the bounds of their buffer.

use super::util::{Pair, config, millis};
use crate::{AckOutcome, Config, Data, EmitError, Event, Frame, Limits, TransportFailure};

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
    pair.fill_for_two();
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

#[test]
fn what_the_server_takes_over_polling_bounds_events() {
    let mut pair = Pair::joined(&["/", "/a"]);
    pair.client.limit_packets(Some(60));
    // What is around the text takes 10 bytes.
    for size in [51, 50] {
        let text = "x".repeat(size);
        pair.try_emit("/", "n", vec![text.as_str().into()]).unwrap();
    }
    // 43 bytes are 61 in a payload, 42 are 57.
    for size in [43, 42] {
        let bytes = Data::Binary(vec![b'y'; size].into());
        pair.try_emit("/a", "b", vec![bytes]).unwrap();
    }
    pair.leave("/a");
    pair.pump();
    let sent = [
        format!(r#"42["n","{}"]"#, "x".repeat(50)),
        r#"451-/a,["b",{"_placeholder":true,"num":0}]"#.to_owned(),
        format!("<{}>", "y".repeat(42)),
        "41/a,".to_owned(),
    ];
    assert_eq!(pair.sent(), sent);
    let unsent = |namespace: &str| {
        let what = "a packet of the event has 61 bytes, the server takes 60 over polling (maxPayload)";
        format!("unsent {namespace}: {what}")
    };
    assert_eq!(pair.events()[1..], [unsent("/"), unsent("/a")]);

    pair.client.limit_packets(None);
    let text = "x".repeat(51);
    pair.try_emit("/", "n", vec![text.as_str().into()]).unwrap();
    pair.pump();
    assert_eq!(pair.sent().len(), 1);
}

#[test]
fn an_acknowledgement_of_what_is_too_large_ends_at_once() {
    let mut pair = Pair::joined(&["/"]);
    pair.client.limit_packets(Some(10));
    let text = "x".repeat(50);
    let id = pair
        .client
        .emit_with_ack(pair.now, "/", "n", &[text.as_str().into()], None)
        .unwrap();
    assert_eq!(pair.client.poll_transmit(), None);
    let outcome = AckOutcome::Unsent(EmitError::TooLarge { size: 61, limit: 10 });
    assert_eq!(pair.client.poll_event(), Some(Event::AckEnded { id, outcome }));
    assert_eq!(pair.client.poll_event(), None);
}

#[test]
fn a_volatile_event_is_written_now_or_never() {
    let mut pair = Pair::new();
    let volatile = |pair: &mut Pair, number: i64| {
        let emitted = pair
            .client
            .emit_volatile(pair.now, "/", "v", &[Data::Int(number)]);
        pair.pump();
        emitted
    };
    let unknown = EmitError::UnknownNamespace("/".into());
    assert_eq!(volatile(&mut pair, 0), Err(unknown));
    pair.join("/");
    assert_eq!(volatile(&mut pair, 1), Ok(false));
    pair.connect();
    assert_eq!(volatile(&mut pair, 2), Ok(false));
    pair.open();
    assert_eq!(volatile(&mut pair, 3), Ok(false));
    pair.accept("/");
    assert_eq!(volatile(&mut pair, 4), Ok(true));
    assert_eq!(pair.sent(), ["40", r#"42["v",4]"#]);
    // The machine slept: whoever was there is gone.
    pair.suspend(millis(45_000));
    assert_eq!(volatile(&mut pair, 5), Ok(false));
    assert_eq!(pair.client.queued().packets, 0);
}

#[test]
fn a_volatile_event_keeps_its_place_and_dies_with_the_connection() {
    let mut pair = Pair::joined(&["/"]);
    let volatile = |pair: &mut Pair| pair.client.emit_volatile(pair.now, "/", "v", &[]);
    pair.queue("/", "1");
    assert_eq!(volatile(&mut pair), Ok(true));
    pair.queue("/", "2");
    pair.pump();
    assert_eq!(pair.sent(), [r#"42["1"]"#, r#"42["v"]"#, r#"42["2"]"#]);

    pair.queue("/", "3");
    assert_eq!(volatile(&mut pair), Ok(true));
    pair.client.handle_closed(pair.now, TransportFailure::eof());
    pair.advance(millis(1000));
    pair.open();
    pair.accept("/");
    assert_eq!(pair.sent(), ["40", r#"42["3"]"#]);
}

#[test]
fn a_full_buffer_drops_a_volatile_event() {
    let send_buffer = Limits {
        packets: 1,
        bytes: 100,
    };
    let mut pair = Pair::joined_with(
        Config {
            send_buffer,
            ..config()
        },
        &["/"],
    );
    pair.queue("/", "1");
    assert_eq!(pair.client.emit_volatile(pair.now, "/", "v", &[]), Ok(false));
}

#[test]
fn the_oldest_event_of_all_namespaces_gives_way() {
    let mut pair = Pair::joined(&["/", "/a"]);
    pair.close();
    pair.forget();
    pair.queue("/a", "1");
    pair.queue("/", "2");
    let asked = pair.ask("/a", "3", None);
    pair.queue("/", "4");
    for left in [3, 2, 1] {
        assert!(pair.client.drop_oldest());
        assert_eq!(pair.client.queued().packets, left);
    }
    let outcome = AckOutcome::Unsent(EmitError::Dropped);
    let ended = Event::AckEnded { id: asked, outcome };
    assert_eq!(pair.client.poll_event(), Some(ended));
    pair.advance(millis(1000));
    pair.open();
    pair.accept("/");
    pair.accept("/a");
    assert_eq!(pair.sent(), ["40", "40/a,", r#"42["4"]"#]);
    assert!(!pair.client.drop_oldest());
    assert_eq!(
        pair.events()
            .iter()
            .filter(|event| event.starts_with("ack"))
            .count(),
        0
    );
}

#[test]
fn nothing_is_left_of_events_that_gave_way_on_a_slow_link() {
    let mut pair = Pair::joined(&["/", "/a"]);
    pair.queue("/", "first");
    pair.queue("/a", "second");
    for event in 0..100 {
        pair.queue("/", &event.to_string());
        assert!(pair.client.drop_oldest());
        assert!(pair.client.held() < 20, "{}", pair.client.held());
    }
    pair.pump();
    assert_eq!(pair.sent(), [r#"42["98"]"#, r#"42["99"]"#]);
}

#[test]
fn on_a_slow_link_answers_stay_when_events_give_way() {
    let mut pair = Pair::joined(&["/"]);
    pair.client.handle_frame(pair.now, Frame::Text(r#"427["q"]"#));
    let Some(Event::Message(message)) = pair.client.poll_event() else {
        panic!("no request")
    };
    pair.client
        .acknowledge(pair.now, message.request.unwrap(), &[])
        .unwrap();
    for event in ["1", "2"] {
        pair.queue("/", event);
    }
    assert!(pair.client.drop_oldest());
    pair.queue("/", "3");
    pair.pump();
    assert_eq!(pair.sent(), ["437[]", r#"42["2"]"#, r#"42["3"]"#]);
}
