//! Received Socket.IO packets with their attachments: a binary packet comes out whole or not at all.
//!
//! Attachments follow their header with no other message between them (socket.io-protocol v5, "Binary event"), so there
//! is at most one unfinished packet on a connection.

use std::borrow::Cow;

use bytes::Bytes;

use crate::{
    Data, DecodeError, Parser,
    decode::{self, Body, Packet},
    generation::Generation,
    msgpack,
};

pub(crate) struct Decoder {
    generation: Generation,
    parser: Parser,
    max_attachments: usize,
    max_bytes: usize,
    partial: Option<Partial>,
}

struct Partial {
    packet: Packet<String>,
    expected: usize,
    attachments: Vec<Bytes>,
    bytes: usize,
}

impl Decoder {
    pub(crate) fn new(parser: Parser, max_attachments: usize, max_bytes: usize) -> Self {
        Self {
            parser,
            generation: Generation::V4,
            max_attachments,
            max_bytes,
            partial: None,
        }
    }

    /// Reads this from now on.
    pub(crate) fn speak(&mut self, generation: Generation) {
        self.generation = generation;
    }

    /// Whether a text message may be a packet of its own.
    pub(crate) fn takes_text(&self) -> bool {
        self.parser == Parser::Json && self.partial.is_none()
    }

    /// Attachments of an unfinished packet, and their header.
    pub(crate) fn held(&self) -> usize {
        self.partial
            .as_ref()
            .map_or(0, |partial| 1 + partial.attachments.len())
    }

    /// A text message. `None` if attachments must follow.
    pub(crate) fn text<'a>(&mut self, text: &'a str) -> Result<Option<Packet<Cow<'a, str>>>, DecodeError> {
        if self.partial.is_some() {
            return Err(DecodeError::MissingAttachments);
        }
        if self.parser == Parser::MessagePack {
            let message = "text came where MessagePack is expected; the server has another parser";
            return Err(DecodeError::InvalidPayload(message.to_owned()));
        }
        let (packet, expected) = decode::decode(text, self.generation)?;
        if expected == 0 {
            return Ok(Some(packet.map_namespace(Cow::Borrowed)));
        }
        if expected > self.max_attachments {
            return Err(DecodeError::TooManyAttachments {
                count: expected,
                limit: self.max_attachments,
            });
        }
        let packet = packet.map_namespace(str::to_owned);
        self.partial = Some(Partial {
            packet,
            expected,
            attachments: Vec::new(),
            bytes: 0,
        });
        Ok(None)
    }

    /// A binary message: the next attachment. `None` if more must follow.
    pub(crate) fn binary(
        &mut self,
        attachment: Bytes,
    ) -> Result<Option<Packet<Cow<'static, str>>>, DecodeError> {
        if self.parser == Parser::MessagePack {
            if attachment.len() > self.max_bytes {
                return Err(DecodeError::AttachmentsTooLarge {
                    limit: self.max_bytes,
                });
            }
            return Ok(Some(msgpack::decode(&attachment)?.map_namespace(Cow::Owned)));
        }
        let Some(mut partial) = self.partial.take() else {
            return Err(DecodeError::UnexpectedBinary);
        };
        partial.bytes = partial.bytes.saturating_add(attachment.len());
        if partial.bytes > self.max_bytes {
            return Err(DecodeError::AttachmentsTooLarge {
                limit: self.max_bytes,
            });
        }
        partial.attachments.push(attachment);
        if partial.attachments.len() < partial.expected {
            self.partial = Some(partial);
            return Ok(None);
        }

        let mut packet = partial.packet;
        if let Body::Event { args, .. } | Body::Ack(args) = &mut packet.body {
            args.iter_mut()
                .try_for_each(|arg| fill(arg, &partial.attachments))?;
        }
        packet.size = packet.size.saturating_add(partial.bytes);
        Ok(Some(packet.map_namespace(Cow::Owned)))
    }
}

/// Puts attachments in place of their placeholders, `{"_placeholder":true,"num":0}`, anywhere in the tree.
fn fill(value: &mut Data, attachments: &[Bytes]) -> Result<(), DecodeError> {
    if value.get("_placeholder") == Some(&Data::Bool(true)) {
        let attachment = match value.get("num") {
            Some(Data::Int(num)) => usize::try_from(*num).ok().and_then(|num| attachments.get(num)),
            _ => None,
        };
        *value = Data::Binary(attachment.ok_or(DecodeError::IllegalAttachments)?.clone());
        return Ok(());
    }
    match value {
        Data::Array(items) => items.iter_mut().try_for_each(|item| fill(item, attachments)),
        Data::Object(entries) => entries
            .iter_mut()
            .try_for_each(|(_, value)| fill(value, attachments)),
        _ => Ok(()),
    }
}

impl Packet<Cow<'_, str>> {
    /// With a namespace of its own.
    pub(crate) fn into_owned(self) -> Packet<Cow<'static, str>> {
        self.map_namespace(|namespace| Cow::Owned(namespace.into_owned()))
    }
}

impl<N> Packet<N> {
    fn map_namespace<M>(self, map: impl FnOnce(N) -> M) -> Packet<M> {
        let Self {
            namespace,
            ack_id,
            body,
            size,
        } = self;
        Packet {
            namespace: map(namespace),
            ack_id,
            body,
            size,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = r#"51-["e",{"_placeholder":true,"num":0}]"#;

    fn decoder() -> Decoder {
        Decoder::new(Parser::Json, 3, 10)
    }

    fn bytes(data: &'static [u8]) -> Bytes {
        Bytes::from_static(data)
    }

    #[test]
    fn nested_binary_event_comes_out_whole() {
        let mut decoder = decoder();
        let header = r#"52-/n,["e",{"a":[{"_placeholder":true,"num":1}]},{"_placeholder":true,"num":0},7]"#;
        assert_eq!(decoder.text(header), Ok(None));
        assert_eq!(decoder.binary(bytes(b"01")), Ok(None));
        let packet = decoder.binary(bytes(b"23")).unwrap().unwrap();
        assert_eq!(packet.namespace, "/n");
        assert_eq!(packet.size, header.len() + 4);
        let nested = Data::Array(vec![Data::Binary(bytes(b"23"))]);
        assert_eq!(
            packet.body,
            Body::Event {
                name: "e".into(),
                args: vec![
                    Data::Object(vec![("a".into(), nested)]),
                    Data::Binary(bytes(b"01")),
                    Data::Int(7)
                ],
            }
        );
        // The next packet starts afresh.
        assert!(decoder.text(r#"2["x"]"#).unwrap().is_some());
    }

    #[test]
    fn binary_without_header_is_refused() {
        assert_eq!(decoder().binary(bytes(b"x")), Err(DecodeError::UnexpectedBinary));
    }

    #[test]
    fn text_between_attachments_is_refused() {
        let mut decoder = decoder();
        decoder.text(ONE).unwrap();
        assert_eq!(decoder.text(r#"2["x"]"#), Err(DecodeError::MissingAttachments));
    }

    #[test]
    fn bad_placeholders_are_refused() {
        for num in ["1", "-1", "\"0\"", "0.0", "null", "99999999999999999999"] {
            let mut decoder = decoder();
            decoder
                .text(&format!(r#"51-["e",[{{"_placeholder":true,"num":{num}}}]]"#))
                .unwrap();
            assert_eq!(
                decoder.binary(bytes(b"x")),
                Err(DecodeError::IllegalAttachments),
                "{num}"
            );
        }
        let mut decoder = decoder();
        decoder.text(r#"51-["e",{"_placeholder":true}]"#).unwrap();
        assert_eq!(decoder.binary(bytes(b"x")), Err(DecodeError::IllegalAttachments));
    }

    #[test]
    fn other_placeholder_values_are_plain_data() {
        let mut decoder = decoder();
        decoder.text(r#"51-["e",{"_placeholder":1}]"#).unwrap();
        let packet = decoder.binary(bytes(b"x")).unwrap().unwrap();
        let Body::Event { args, .. } = packet.body else {
            panic!()
        };
        assert_eq!(args[0].get("_placeholder"), Some(&Data::Int(1)));
    }

    #[test]
    fn attachment_count_is_capped() {
        assert_eq!(
            decoder().text(r#"54-["e"]"#),
            Err(DecodeError::TooManyAttachments { count: 4, limit: 3 })
        );
        assert_eq!(
            decoder().text(r#"599999999999999999999999-["e"]"#),
            Err(DecodeError::TooManyAttachments {
                count: usize::MAX,
                limit: 3
            })
        );
    }

    #[test]
    fn attachment_bytes_are_capped() {
        let mut decoder = decoder();
        decoder.text(r#"52-["e"]"#).unwrap();
        assert_eq!(decoder.binary(bytes(b"01234567")), Ok(None));
        assert_eq!(
            decoder.binary(bytes(b"012")),
            Err(DecodeError::AttachmentsTooLarge { limit: 10 })
        );
    }

    #[test]
    fn binary_ack_takes_its_attachments() {
        let mut decoder = decoder();
        decoder.text(r#"61-4[{"_placeholder":true,"num":0}]"#).unwrap();
        let packet = decoder.binary(bytes(b"x")).unwrap().unwrap();
        assert_eq!(packet.body, Body::Ack(vec![Data::Binary(bytes(b"x"))]));
        assert_eq!(packet.ack_id, Some(4));
    }
}
