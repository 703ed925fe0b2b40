//! A connection with the MessagePack parser: every packet is one binary frame.

use bytes::Bytes;

use super::util::config;
use crate::{Client, Config, Data, Event, Frame, Parser, msgpack};

/// A client whose engine connection is open, and the time.
fn open() -> (Client, std::time::Instant) {
    let now = std::time::Instant::now();
    let mut client = Client::new(Config {
        parser: Parser::MessagePack,
        ..config()
    });
    client
        .join(now, "/", Some(serde_json::json!({"token": "t"})))
        .unwrap();
    client.connect(now);
    assert!(client.poll_action().is_some());
    client.handle_opened(now);
    client.handle_frame(now, Frame::Text(super::util::HANDSHAKE));
    (client, now)
}

fn sent(client: &mut Client) -> Bytes {
    match client.poll_transmit() {
        Some(Frame::Binary(bytes)) => bytes,
        other => panic!("{other:?}"),
    }
}

fn told(client: &mut Client) -> Vec<Event> {
    std::iter::from_fn(|| client.poll_event()).collect()
}

fn joined() -> (Client, std::time::Instant) {
    let (mut client, now) = open();
    let auth = Data::Object(vec![("token".into(), "t".into())]);
    assert_eq!(sent(&mut client), msgpack::connect("/", Some(&auth)));
    let sid = Data::Object(vec![("sid".into(), "s".into())]);
    client.handle_frame(now, Frame::Binary(msgpack::connect("/", Some(&sid))));
    let connected = |event: &Event| matches!(event, Event::Connected { sid, .. } if sid == "s");
    assert!(told(&mut client).iter().any(connected));
    (client, now)
}

#[test]
fn events_go_both_ways_with_their_bytes() {
    let (mut client, now) = joined();
    let args = vec![Data::Array(vec![
        Data::Binary(Bytes::from_static(&[1, 2])),
        Data::Null,
    ])];
    client.emit(now, "/", "e", args.clone()).unwrap();
    assert_eq!(sent(&mut client), msgpack::event("/", None, "e", &args));
    assert_eq!(client.poll_transmit(), None);

    client.handle_frame(now, Frame::Binary(msgpack::event("/", Some(3), "r", &args)));
    let events = told(&mut client);
    let [Event::Message(message)] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert_eq!((&*message.namespace, message.name.as_str()), ("/", "r"));
    assert_eq!(message.args, args);
    assert!(message.request.is_some());
}

#[test]
fn a_server_with_the_other_parser_is_named() {
    let (mut client, now) = joined();
    client.handle_frame(now, Frame::Text(r#"42["e","plain"]"#));
    let named = |event: &Event| matches!(event, Event::Error { error, .. } if error.to_string().contains("another parser"));
    let events = told(&mut client);
    assert!(events.iter().any(named), "{events:?}");
}
