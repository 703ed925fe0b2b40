//! A client with an open connection and joined namespaces, and the frames that it writes.

use std::time::Instant;

use socketio_proto::{Client, Config, Event, Frame, Message};

/// A Node.js handshake: 25 s and 20 s.
pub(crate) const HANDSHAKE: &str =
    r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

/// The namespaces that are joined.
pub(crate) const JOINED: [&str; 3] = ["/", "/a", "/é"];

/// A client whose waits are nominal.
pub(crate) fn config() -> Config {
    Config::new(|| 0.0)
}

/// An open client in all of [`JOINED`], with nothing left to look at.
pub(crate) fn joined(now: Instant) -> Client {
    let mut client = Client::new(config());
    for namespace in JOINED {
        assert_eq!(client.join(now, namespace, None), Ok(()));
    }
    client.connect(now);
    client.handle_opened(now);
    client.handle_frame(now, Frame::Text(HANDSHAKE));
    for namespace in JOINED {
        client.handle_frame(now, Frame::Text(&format!(r#"40{namespace},{{"sid":"s"}}"#)));
    }
    while client.poll_transmit().is_some() {}
    while client.poll_action().is_some() {}
    while client.poll_event().is_some() {}
    client
}

/// Hands a written frame to a client as a received one.
pub(crate) fn receive(client: &mut Client, now: Instant, frame: &Frame) {
    match frame {
        Frame::Text(text) => client.handle_frame(now, Frame::Text(text)),
        Frame::Binary(bytes) => client.handle_frame(now, Frame::Binary(bytes.clone())),
    }
}

/// The messages among the events that wait.
pub(crate) fn messages(client: &mut Client) -> Vec<Message> {
    let events = std::iter::from_fn(|| client.poll_event());
    let messages = events.filter_map(|event| match event {
        Event::Message(message) => Some(message),
        _ => None,
    });
    messages.collect()
}

/// The frames that wait to be written.
pub(crate) fn written(client: &mut Client) -> Vec<Frame> {
    std::iter::from_fn(|| client.poll_transmit()).collect()
}
