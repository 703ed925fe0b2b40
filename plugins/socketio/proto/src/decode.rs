//! One received Socket.IO text packet (socket.io-protocol v5 and v4, "Packet encoding"), attachments still missing.
//!
//! As strict as the decoder of the official client (`socket.io-parser`), in the same places.

use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use crate::{Data, DecodeError, generation::Generation};

/// A packet. `N` is how its namespace is held.
#[derive(Debug, PartialEq)]
pub(crate) struct Packet<N> {
    pub(crate) namespace: N,
    pub(crate) ack_id: Option<u64>,
    pub(crate) body: Body,
    /// Bytes on the wire, attachments included.
    pub(crate) size: usize,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Body {
    /// CONNECT. The payload is an object or absent.
    Connect(Option<Data>),
    Disconnect,
    /// EVENT or BINARY_EVENT.
    Event {
        name: String,
        args: Vec<Data>,
    },
    /// ACK or BINARY_ACK.
    Ack(Vec<Data>),
    /// CONNECT_ERROR, in v4 ERROR. The payload is an object or a string, in v4 anything.
    ConnectError(Data),
}

/// Reads a packet and how many attachments follow it. `text` begins after the Engine.IO type.
pub(crate) fn decode(text: &str, generation: Generation) -> Result<(Packet<&str>, usize), DecodeError> {
    let mut kind = text.bytes().next().ok_or(DecodeError::UnknownType)?;
    if !(b'0'..=b'6').contains(&kind) {
        return Err(DecodeError::UnknownType);
    }
    let mut rest = &text[1..];

    let mut attachments = 0;
    if kind >= b'5' {
        (attachments, rest) = attachment_count(rest)?;
        // BINARY_EVENT reads as EVENT, BINARY_ACK as ACK.
        kind -= 3;
    }
    let namespace;
    (namespace, rest) = split_namespace(rest);
    let ack_id;
    (ack_id, rest) = split_ack_id(rest)?;
    let body = match kind {
        b'0' => Body::Connect(connect_payload(rest)?),
        b'1' if rest.is_empty() => Body::Disconnect,
        b'1' => return Err(invalid("disconnect takes none")),
        b'2' => event_payload(rest, generation)?,
        b'3' => Body::Ack(parse(rest)?),
        _ if generation == Generation::V3 => Body::ConnectError(error_payload(rest)?),
        _ => Body::ConnectError(connect_error_payload(rest)?),
    };
    Ok((
        Packet {
            namespace,
            ack_id,
            body,
            size: text.len(),
        },
        attachments,
    ))
}

fn attachment_count(text: &str) -> Result<(usize, &str), DecodeError> {
    let (digits, rest) = text.split_once('-').ok_or(DecodeError::IllegalAttachments)?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecodeError::IllegalAttachments);
    }
    match digits.parse().unwrap_or(usize::MAX) {
        0 => Err(DecodeError::IllegalAttachments),
        count => Ok((count, rest)),
    }
}

/// A namespace starts with `/` and ends at the first comma or at the end of the packet.
pub(crate) fn split_namespace(text: &str) -> (&str, &str) {
    if text.starts_with('/') {
        text.split_once(',').unwrap_or((text, ""))
    } else {
        ("/", text)
    }
}

fn split_ack_id(text: &str) -> Result<(Option<u64>, &str), DecodeError> {
    let end = text
        .bytes()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Ok((None, rest));
    }
    Ok((Some(digits.parse().map_err(|_| DecodeError::IllegalAckId)?), rest))
}

fn invalid(reason: impl ToString) -> DecodeError {
    DecodeError::InvalidPayload(reason.to_string())
}

fn parse<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, DecodeError> {
    serde_json::from_str(text).map_err(invalid)
}

fn connect_payload(text: &str) -> Result<Option<Data>, DecodeError> {
    if text.is_empty() {
        return Ok(None);
    }
    match parse(text)? {
        payload @ Data::Object(_) => Ok(Some(payload)),
        _ => Err(invalid("connect takes an object")),
    }
}

fn connect_error_payload(text: &str) -> Result<Data, DecodeError> {
    match parse(text)? {
        payload @ (Data::Object(_) | Data::String(_)) => Ok(payload),
        _ => Err(invalid("connect error takes an object or a string")),
    }
}

/// The payload of v4's ERROR.
fn error_payload(text: &str) -> Result<Data, DecodeError> {
    match text {
        "" => Ok(Data::Null),
        text => parse(text),
    }
}

fn event_payload(text: &str, generation: Generation) -> Result<Body, DecodeError> {
    let EventPayload { name, args } = parse(text)?;
    if generation.forbids_received(&name) {
        return Err(invalid(format_args!("event name `{name}` is reserved")));
    }
    Ok(Body::Event { name, args })
}

/// `[name, …args]`, read without a detour over a list.
struct EventPayload {
    name: String,
    args: Vec<Data>,
}

impl<'de> Deserialize<'de> for EventPayload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PayloadVisitor;

        impl<'de> Visitor<'de> for PayloadVisitor {
            type Value = EventPayload;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event name and arguments")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<EventPayload, A::Error> {
                let Some(EventName(name)) = seq.next_element()? else {
                    return Err(serde::de::Error::invalid_length(0, &self));
                };
                let mut args = Vec::new();
                while let Some(arg) = seq.next_element()? {
                    args.push(arg);
                }
                Ok(EventPayload { name, args })
            }
        }

        deserializer.deserialize_seq(PayloadVisitor)
    }
}

/// A string, or a number as its text.
struct EventName(String);

impl<'de> Deserialize<'de> for EventName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;

        impl Visitor<'_> for NameVisitor {
            type Value = EventName;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an event name, a string or a number")
            }

            fn visit_str<E>(self, name: &str) -> Result<EventName, E> {
                Ok(EventName(name.to_owned()))
            }

            fn visit_u64<E>(self, name: u64) -> Result<EventName, E> {
                Ok(EventName(name.to_string()))
            }

            fn visit_i64<E>(self, name: i64) -> Result<EventName, E> {
                Ok(EventName(name.to_string()))
            }

            fn visit_f64<E>(self, name: f64) -> Result<EventName, E> {
                Ok(EventName(name.to_string()))
            }
        }

        deserializer.deserialize_any(NameVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(text: &str) -> (Packet<&str>, usize) {
        decode(text, Generation::V4).unwrap()
    }

    fn event(namespace: &str, ack_id: Option<u64>, name: &str, args: &str) -> (String, Option<u64>, Body) {
        let Ok(Data::Array(args)) = args.parse() else {
            panic!("{args}")
        };
        (
            namespace.to_owned(),
            ack_id,
            Body::Event {
                name: name.to_owned(),
                args,
            },
        )
    }

    /// The frames that the official server sends, seen on the wire, without the leading `4`.
    #[test]
    fn golden_frames_are_read() {
        let object = |text: &str| text.parse::<Data>().unwrap();
        let root = |body| ("/".to_owned(), None, body);
        let table = [
            ("0", 0, root(Body::Connect(None))),
            (
                r#"0{"sid":"GMrh"}"#,
                0,
                root(Body::Connect(Some(object(r#"{"sid":"GMrh"}"#)))),
            ),
            (
                r#"0/custom,{"sid":"oSO0"}"#,
                0,
                (
                    "/custom".into(),
                    None,
                    Body::Connect(Some(object(r#"{"sid":"oSO0"}"#))),
                ),
            ),
            ("0/custom", 0, ("/custom".into(), None, Body::Connect(None))),
            (
                r#"4/no,{"message":"Auth failed","data":{"code":42}}"#,
                0,
                (
                    "/no".into(),
                    None,
                    Body::ConnectError(object(r#"{"message":"Auth failed","data":{"code":42}}"#)),
                ),
            ),
            (
                r#"4/unknown,"Unable to connect""#,
                0,
                (
                    "/unknown".into(),
                    None,
                    Body::ConnectError("Unable to connect".into()),
                ),
            ),
            (
                r#"2["message",1,"2",{"3":[true]}]"#,
                0,
                event("/", None, "message", r#"[1,"2",{"3":[true]}]"#),
            ),
            (r#"2/custom,["bar"]"#, 0, event("/custom", None, "bar", "[]")),
            (
                r#"213["message-with-ack","a"]"#,
                0,
                event("/", Some(13), "message-with-ack", r#"["a"]"#),
            ),
            (r#"2/custom,7["x"]"#, 0, event("/custom", Some(7), "x", "[]")),
            (r#"20["q",1]"#, 0, event("/", Some(0), "q", "[1]")),
            (r#"3456[]"#, 0, ("/".into(), Some(456), Body::Ack(vec![]))),
            (
                r#"3/custom,7["n"]"#,
                0,
                ("/custom".into(), Some(7), Body::Ack(vec!["n".into()])),
            ),
            (
                r#"51-/admin,["baz",{"_placeholder":true,"num":0}]"#,
                1,
                event("/admin", None, "baz", r#"[{"_placeholder":true,"num":0}]"#),
            ),
            (
                r#"62-14[{"_placeholder":true,"num":0},1]"#,
                2,
                (
                    "/".into(),
                    Some(14),
                    Body::Ack(vec![object(r#"{"_placeholder":true,"num":0}"#), Data::Int(1)]),
                ),
            ),
            ("1", 0, root(Body::Disconnect)),
            ("1/custom,", 0, ("/custom".into(), None, Body::Disconnect)),
        ];
        for (text, count, (namespace, ack_id, body)) in table {
            let (packet, attachments) = packet(text);
            assert_eq!(attachments, count, "{text}");
            assert_eq!(
                packet,
                Packet {
                    namespace: namespace.as_str(),
                    ack_id,
                    body,
                    size: text.len()
                },
                "{text}"
            );
        }
    }

    #[test]
    fn invalid_payloads_are_refused() {
        for text in [
            r#"2["some","data""#,
            r#"0/admin,"invalid""#,
            "0[]",
            "0null",
            "1/admin,{}",
            r#"2/admin,"invalid"#,
            "2/admin,{}",
            r#"2[{"toString":"foo"}]"#,
            r#"2[true,"foo"]"#,
            r#"2[null,"bar"]"#,
            r#"2["connect"]"#,
            r#"2["disconnect","123"]"#,
            r#"51-["connect_error"]"#,
            "2",
            "2[]",
            "2abc",
            r#"2["a"]x"#,
            "3",
            "3{}",
            r#"3"a""#,
            "4",
            "4[]",
            "41",
        ] {
            assert!(
                matches!(decode(text, Generation::V4), Err(DecodeError::InvalidPayload(_))),
                "{text}"
            );
        }
    }

    #[test]
    fn illegal_attachment_counts_are_refused() {
        for text in [
            "5",
            "51",
            "5a-",
            "51.23-",
            "5-",
            "50-",
            "5-1-",
            "6",
            "60-[]",
            "5+1-[\"a\"]",
        ] {
            assert_eq!(
                decode(text, Generation::V4),
                Err(DecodeError::IllegalAttachments),
                "{text}"
            );
        }
    }

    #[test]
    fn unknown_types_are_refused() {
        for text in ["", "999", "7", "a", "é", "-"] {
            assert_eq!(
                decode(text, Generation::V4),
                Err(DecodeError::UnknownType),
                "{text}"
            );
        }
    }

    #[test]
    fn oversized_ack_ids_are_refused() {
        assert_eq!(
            decode(r#"218446744073709551616["a"]"#, Generation::V4),
            Err(DecodeError::IllegalAckId)
        );
    }

    #[test]
    fn numbers_are_event_names() {
        for (text, expected) in [("2[1]", "1"), ("2[-7]", "-7"), ("2[1.5]", "1.5"), ("2[2.0]", "2")] {
            let Body::Event { name, .. } = packet(text).0.body else {
                panic!("{text}")
            };
            assert_eq!(name, expected);
        }
    }

    #[test]
    fn version_4_is_read_more_leniently() {
        let read = |text| decode(text, Generation::V3).map(|(packet, _)| packet.body);
        for (text, payload) in [
            (r#"4/unknown,"Invalid namespace""#, r#""Invalid namespace""#),
            (r#"4/no,{"code":42}"#, r#"{"code":42}"#),
            ("4[1]", "[1]"),
            ("4", "null"),
        ] {
            assert_eq!(
                read(text),
                Ok(Body::ConnectError(payload.parse().unwrap())),
                "{text}"
            );
        }
        let name = "connect_error".to_owned();
        assert_eq!(
            read(r#"2["connect_error"]"#),
            Ok(Body::Event { name, args: vec![] })
        );
        assert!(read(r#"4"x"#).is_err());
    }
}
