//! What Engine.IO 3 and Socket.IO protocol v4 do differently on the wire (engine.io-protocol v3, socket.io-protocol v4).
//!
//! The heartbeat's other direction is in `heartbeat`, the payloads of HTTP long-polling are in `payload3`.

use bytes::{BufMut, Bytes, BytesMut};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{Data, DecodeError};

/// What starts a binary message packet, a number here and not a digit.
const BINARY_MESSAGE: u8 = 4;

/// What JavaScript's `encodeURIComponent` leaves as it is. A comma is not among it: it would end the namespace.
const UNESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// Names that a client of Socket.IO 2 must not emit, beside those of [`encode`](crate::encode) (socket.io-client 2.5,
/// `lib/socket.js`). An event `error` would end a Node.js server.
const RESERVED_NAMES: [&str; 10] = [
    "connect_timeout",
    "connecting",
    "error",
    "reconnect",
    "reconnect_attempt",
    "reconnect_failed",
    "reconnect_error",
    "reconnecting",
    "ping",
    "pong",
];

/// How far the server is with `/`, which it joins by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Root {
    /// Its CONNECT, or its refusal, is still to come.
    Awaited,
    /// We are in `/`, wanted or not.
    Joined,
    /// It was refused or left. Only a CONNECT of ours leads back, and not every server answers that.
    Left,
}

/// A binary message as a WebSocket frame.
pub(crate) fn binary_frame(data: &Bytes) -> Bytes {
    let mut frame = BytesMut::with_capacity(1 + data.len());
    frame.put_u8(BINARY_MESSAGE);
    frame.put_slice(data);
    frame.freeze()
}

/// The binary message in a WebSocket frame.
pub(crate) fn binary_message(mut frame: Bytes) -> Result<Bytes, DecodeError> {
    match frame.first() {
        Some(&BINARY_MESSAGE) => Ok(frame.split_off(1)),
        Some(&other) => Err(DecodeError::UnknownEngineType(char::from(other))),
        None => Err(DecodeError::EmptyFrame),
    }
}

/// The base64 of a binary message in a text packet, of which `b` was read already.
pub(crate) fn base64_message(text: &str) -> Result<&str, DecodeError> {
    text.strip_prefix('4').ok_or_else(|| {
        let other = text.chars().next();
        other.map_or(DecodeError::EmptyFrame, DecodeError::UnknownEngineType)
    })
}

/// What CONNECT says of the namespace: its name, and the auth as a query, since there is no payload. Members that are
/// neither text nor number go as their JSON.
pub(crate) fn namespace_with_query(namespace: &str, auth: Option<&str>) -> String {
    let mut text = namespace.to_owned();
    let Some(Ok(Data::Object(members))) = auth.map(str::parse) else {
        return text;
    };
    for (i, (key, value)) in members.iter().enumerate() {
        text.push(if i == 0 { '?' } else { '&' });
        text.extend(utf8_percent_encode(key, UNESCAPED));
        text.push('=');
        let value = match value {
            Data::String(value) => value.clone(),
            Data::Null => String::new(),
            other => other.to_json(),
        };
        text.extend(utf8_percent_encode(&value, UNESCAPED));
    }
    text
}

/// The id of a namespace's session, which the server does not send.
pub(crate) fn namespace_sid(namespace: &str, engine_sid: &str) -> String {
    match namespace {
        "/" => engine_sid.to_owned(),
        other => format!("{other}#{engine_sid}"),
    }
}

/// The reserved name that an encoded event has, if it has one.
pub(crate) fn reserved_name(packet: &str) -> Option<&'static str> {
    // What a server's request is answered with has no name.
    if matches!(packet.as_bytes().get(1), Some(b'3' | b'6')) {
        return None;
    }
    let (_, payload) = packet.split_once("[\"")?;
    let (name, _) = payload.split_once('"')?;
    RESERVED_NAMES.into_iter().find(|reserved| *reserved == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode;

    #[test]
    fn binary_frames_begin_with_their_type() {
        let data = Bytes::from_static(&[1, 2, 3]);
        let frame = binary_frame(&data);
        assert_eq!(&frame[..], [4, 1, 2, 3]);
        assert_eq!(binary_message(frame), Ok(data));
        assert_eq!(binary_message(Bytes::new()), Err(DecodeError::EmptyFrame));
        assert_eq!(
            binary_message(Bytes::from_static(b"4")),
            Err(DecodeError::UnknownEngineType('4'))
        );
    }

    #[test]
    fn auth_is_a_query() {
        for (auth, text) in [
            (None, "/a"),
            (Some("{}"), "/a"),
            (Some(r#"{"token":"1"}"#), "/a?token=1"),
            (
                Some(r#"{"a b":"x,y&=é","n":1.5,"on":true,"none":null,"o":{"k":[]}}"#),
                "/a?a%20b=x%2Cy%26%3D%C3%A9&n=1.5&on=true&none=&o=%7B%22k%22%3A%5B%5D%7D",
            ),
        ] {
            assert_eq!(namespace_with_query("/a", auth), text);
        }
    }

    #[test]
    fn ids_come_from_the_engines() {
        assert_eq!(namespace_sid("/", "abc"), "abc");
        assert_eq!(namespace_sid("/custom", "abc"), "/custom#abc");
    }

    #[test]
    fn reserved_names_are_found_in_packets() {
        let event = |namespace, name| {
            let encoded = encode::event(namespace, Some(7), name, &["error".into()], 10);
            reserved_name(&encoded.unwrap().text)
        };
        assert_eq!(event("/", "error"), Some("error"));
        assert_eq!(event("/a", "ping"), Some("ping"));
        assert_eq!(event("/", "errors"), None);
        assert_eq!(event("/", "e\"error"), None);
        let answer = encode::answer("/", 7, &["error".into()], 10).unwrap();
        assert_eq!(reserved_name(&answer.text), None);
    }
}
