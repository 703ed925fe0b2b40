//! The MessagePack parser: each Socket.IO packet is one binary message (`socket.io-msgpack-parser` 3.0).
//!
//! A packet is a map of `type`, `nsp`, and where there are any `data` and `id`. Bytes stand where they belong, so there
//! are neither attachments nor types of their own for packets with bytes. Both sides must be set to it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::{
    Data, DecodeError, Parser,
    decode::{Body, Packet},
    decoder::Decoder,
    encode::Encoded,
    generation::Generation,
};

/// Nested as deep as JSON may be.
const MAX_DEPTH: usize = 128;

const CONNECT: u8 = 0;
const DISCONNECT: u8 = 1;
const EVENT: u8 = 2;
const ACK: u8 = 3;
const CONNECT_ERROR: u8 = 4;

/// A packet on the wire. Other keys, such as the official client's `options`, are passed over.
#[derive(Serialize, Deserialize)]
struct Wire<T> {
    #[serde(rename = "type")]
    kind: u8,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    data: Option<T>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    nsp: String,
}

fn none<T>() -> Option<T> {
    None
}

/// CONNECT.
pub(crate) fn connect(namespace: &str, auth: Option<&Data>) -> Bytes {
    encode(CONNECT, namespace, None, auth)
}

/// DISCONNECT.
pub(crate) fn disconnect(namespace: &str) -> Bytes {
    encode(DISCONNECT, namespace, None, None::<()>)
}

/// EVENT.
pub(crate) fn event(namespace: &str, id: Option<u64>, name: &str, args: &[Data]) -> Bytes {
    let data = Named { name, args };
    encode(EVENT, namespace, id, Some(data))
}

/// ACK.
pub(crate) fn ack(namespace: &str, id: u64, args: &[Data]) -> Bytes {
    encode(ACK, namespace, Some(id), Some(args))
}

/// `[name, …args]`.
struct Named<'a> {
    name: &'a str,
    args: &'a [Data],
}

impl Serialize for Named<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq;
        let mut seq = serializer.serialize_seq(Some(self.args.len() + 1))?;
        seq.serialize_element(self.name)?;
        for arg in self.args {
            seq.serialize_element(arg)?;
        }
        seq.end()
    }
}

fn encode<T: Serialize>(kind: u8, namespace: &str, id: Option<u64>, data: Option<T>) -> Bytes {
    let nsp = namespace.to_owned();
    let wire = Wire { kind, data, id, nsp };
    match rmp_serde::to_vec_named(&wire) {
        Ok(bytes) => bytes.into(),
        // Writing into memory does not fail, and every type above has a form.
        Err(error) => {
            log::error!("a packet cannot be encoded: {error}");
            Bytes::new()
        }
    }
}

/// A packet that is encoded as JSON, as MessagePack. So only the last step before the transport knows the parser.
pub(crate) fn transcode(packet: Encoded) -> Result<Bytes, DecodeError> {
    let text = packet.text.get(1..).unwrap_or_default();
    let mut decoder = Decoder::new(Parser::Json, usize::MAX, usize::MAX);
    let mut whole = decoder.text(text)?.map(Packet::into_owned);
    for attachment in packet.attachments {
        whole = decoder.binary(attachment)?.map(Packet::into_owned);
    }
    let packet = whole.ok_or(DecodeError::MissingAttachments)?;
    let namespace = packet.namespace.as_ref();
    Ok(match packet.body {
        Body::Connect(auth) => connect(namespace, auth.as_ref()),
        Body::Disconnect => disconnect(namespace),
        Body::Event { name, args } => event(namespace, packet.ack_id, &name, &args),
        Body::Ack(args) => ack(namespace, packet.ack_id.unwrap_or_default(), &args),
        Body::ConnectError(_) => return Err(DecodeError::UnknownType),
    })
}

/// Reads a packet.
pub(crate) fn decode(bytes: &[u8]) -> Result<Packet<String>, DecodeError> {
    let mut rest = bytes;
    let mut deserializer = rmp_serde::Deserializer::new(&mut rest);
    deserializer.set_max_depth(MAX_DEPTH);
    let wire = Wire::<Data>::deserialize(&mut deserializer).map_err(|error| invalid(error.to_string()))?;
    if !rest.is_empty() {
        return Err(invalid("bytes follow the packet"));
    }
    let body = match (wire.kind, wire.data) {
        (CONNECT, data @ (None | Some(Data::Object(_)))) => Body::Connect(data),
        (CONNECT, Some(Data::Null)) => Body::Connect(None),
        (CONNECT, _) => return Err(invalid("connect takes an object")),
        (DISCONNECT, None | Some(Data::Null)) => Body::Disconnect,
        (DISCONNECT, _) => return Err(invalid("disconnect takes none")),
        (EVENT, Some(Data::Array(items))) => event_body(items)?,
        (EVENT, _) => return Err(invalid("an event takes an array")),
        (ACK, Some(Data::Array(args))) => Body::Ack(args),
        (ACK, _) => return Err(invalid("an acknowledgement takes an array")),
        (CONNECT_ERROR, Some(data @ (Data::Object(_) | Data::String(_)))) => Body::ConnectError(data),
        (CONNECT_ERROR, _) => return Err(invalid("connect error takes an object or a string")),
        _ => return Err(DecodeError::UnknownType),
    };
    Ok(Packet {
        namespace: wire.nsp,
        ack_id: wire.id,
        body,
        size: bytes.len(),
    })
}

fn event_body(items: Vec<Data>) -> Result<Body, DecodeError> {
    let mut items = items.into_iter();
    let name = match items.next() {
        Some(Data::String(name)) => name,
        Some(name @ (Data::Int(_) | Data::UInt(_) | Data::Float(_))) => name.to_json(),
        _ => return Err(invalid("an event begins with its name")),
    };
    if Generation::V4.forbids_received(&name) {
        return Err(invalid(format!("event name `{name}` is reserved")));
    }
    Ok(Body::Event {
        name,
        args: items.collect(),
    })
}

fn invalid(reason: impl Into<String>) -> DecodeError {
    DecodeError::InvalidPayload(reason.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks(2).map(byte).collect()
    }

    fn object(text: &str) -> Data {
        text.parse().unwrap()
    }

    fn packet(bytes: &[u8]) -> (String, Option<u64>, Body) {
        let packet = decode(bytes).unwrap();
        (packet.namespace, packet.ack_id, packet.body)
    }

    /// Seen on the wire, from the official parser.
    #[test]
    fn golden_packets() {
        let connect_with_auth = hex("83 a474797065 00 a464617461 81a5746f6b656e a3313233 a36e7370 a12f");
        let auth = object(r#"{"token":"123"}"#);
        assert_eq!(connect("/", Some(&auth)), connect_with_auth);
        let read = packet(&connect_with_auth);
        assert_eq!(read, ("/".to_owned(), None, Body::Connect(Some(auth))));

        // The server puts `id` first, the official client adds `options`.
        let ack_with_options = hex(
            "85 a26964 07 a474797065 03 a464617461 91 a16e a36e7370 a7 2f637573746f6d \
             a76f7074696f6e73 81 a8636f6d7072657373 c3",
        );
        let read = packet(&ack_with_options);
        assert_eq!(read, ("/custom".to_owned(), Some(7), Body::Ack(vec!["n".into()])));

        let bytes = Data::Binary(Bytes::from_static(&[1, 2, 3]));
        let sent = event("/", None, "m", std::slice::from_ref(&bytes));
        assert_eq!(
            sent,
            hex("83 a474797065 02 a464617461 92 a16d c403010203 a36e7370 a12f")
        );
        let name = "m".to_owned();
        assert_eq!(
            packet(&sent).2,
            Body::Event {
                name,
                args: vec![bytes]
            }
        );
    }

    #[test]
    fn dates_and_other_extensions_are_read() {
        // A timestamp of 64 bits: 2026-11-22T10:20:30.5Z.
        let date = hex("83 a474797065 02 a464617461 92 a16d d7ff 77359400 6b02c1ee a36e7370 a12f");
        let Body::Event { args, .. } = packet(&date).2 else {
            panic!()
        };
        assert_eq!(args, [Data::from("2026-11-22T10:20:30.500Z")]);
        let other = hex("83 a474797065 02 a464617461 92 a16d d4 05 2a a36e7370 a12f");
        let Body::Event { args, .. } = packet(&other).2 else {
            panic!()
        };
        let payload = Data::Binary(Bytes::from_static(&[0x2a]));
        let expected = vec![("type".to_owned(), Data::Int(5)), ("data".to_owned(), payload)];
        assert_eq!(args, [Data::Object(expected)]);
    }

    #[test]
    fn what_is_no_packet_is_refused() {
        for (bytes, reason) in [
            ("", ""),
            ("c0", ""),
            (
                "83 a474797065 02 a464617461 a161 a36e7370 a12f",
                "an event takes an array",
            ),
            (
                "83 a474797065 02 a464617461 90 a36e7370 a12f",
                "an event begins with its name",
            ),
            (
                "83 a474797065 02 a464617461 91 c3 a36e7370 a12f",
                "an event begins with its name",
            ),
            (
                "83 a474797065 02 a464617461 91 a7636f6e6e656374 a36e7370 a12f",
                "reserved",
            ),
            (
                "83 a474797065 00 a464617461 90 a36e7370 a12f",
                "connect takes an object",
            ),
            ("83 a474797065 03 a464617461 c3 a36e7370 a12f", "takes an array"),
            ("82 a474797065 01 a36e7370 a12f 00", "bytes follow the packet"),
        ] {
            match decode(&hex(bytes)) {
                Err(DecodeError::InvalidPayload(found)) => {
                    assert!(found.contains(reason), "{bytes}: {found}")
                }
                other => panic!("{bytes}: {other:?}"),
            }
        }
        let unknown = hex("82 a474797065 05 a36e7370 a12f");
        assert_eq!(decode(&unknown), Err(DecodeError::UnknownType));
        let deep = [
            hex("83 a474797065 02 a36e7370 a12f a464617461"),
            vec![0x91; 100_000],
        ]
        .concat();
        assert!(decode(&deep).is_err());
        // Lengths that nothing follows must not be believed.
        assert!(decode(&hex("83 a474797065 02 a36e7370 a12f a464617461 dd ffffffff")).is_err());
        assert!(decode(&hex("83 a474797065 02 a36e7370 a12f a464617461 c6 ffffffff")).is_err());
    }

    #[test]
    fn keys_that_are_numbers_become_texts() {
        let bytes = hex("83 a474797065 02 a464617461 92 a16d 81 07 c3 a36e7370 a12f");
        let Body::Event { args, .. } = packet(&bytes).2 else {
            panic!()
        };
        assert_eq!(args, [object(r#"{"7":true}"#)]);
    }

    fn any_data() -> impl Strategy<Value = Data> {
        let leaf = prop_oneof![
            Just(Data::Null),
            any::<bool>().prop_map(Data::Bool),
            any::<i64>().prop_map(Data::Int),
            (i64::MAX as u64 + 1..).prop_map(Data::UInt),
            any::<f64>()
                .prop_filter("NaN equals nothing", |value| !value.is_nan())
                .prop_map(Data::Float),
            ".*".prop_map(Data::String),
            proptest::collection::vec(any::<u8>(), 0..300).prop_map(|bytes| Data::Binary(bytes.into())),
        ];
        leaf.prop_recursive(4, 40, 8, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..8).prop_map(Data::Array),
                proptest::collection::vec((".*", inner), 0..8).prop_map(Data::Object),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(name in "[^cdn].*", id: Option<u64>, args in proptest::collection::vec(any_data(), 0..5)) {
            let read = packet(&event("/a", id, &name, &args));
            prop_assert_eq!(read, ("/a".to_owned(), id, Body::Event { name, args }));
        }

        #[test]
        fn nothing_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decode(&bytes);
        }
    }
}
