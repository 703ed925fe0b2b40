//! Engine.IO packets: the outer layer, one packet in each WebSocket frame (engine.io-protocol v4 and v3, "Packet
//! encoding").

use bytes::Bytes;

use crate::{DecodeError, Frame, base64, generation::Generation, v3};

/// What starts a message packet.
pub(crate) const MESSAGE: char = '4';

/// A received packet.
#[derive(Debug, PartialEq)]
pub(crate) enum EnginePacket<'a> {
    Open(&'a str),
    Close,
    Ping,
    Pong,
    Text(&'a str),
    Binary(Bytes),
    Upgrade,
    Noop,
}

impl<'a> EnginePacket<'a> {
    pub(crate) fn decode(frame: Frame<&'a str>, generation: Generation) -> Result<Self, DecodeError> {
        let is_v3 = generation == Generation::V3;
        let text = match frame {
            Frame::Binary(bytes) if is_v3 => return Ok(Self::Binary(v3::binary_message(bytes)?)),
            Frame::Binary(bytes) => return Ok(Self::Binary(bytes)),
            Frame::Text(text) => text,
        };
        let mut rest = text.chars();
        Ok(match rest.next().ok_or(DecodeError::EmptyFrame)? {
            '0' => Self::Open(rest.as_str()),
            '1' => Self::Close,
            '2' => Self::Ping,
            '3' => Self::Pong,
            MESSAGE => Self::Text(rest.as_str()),
            '5' => Self::Upgrade,
            '6' => Self::Noop,
            // A server may hold that we cannot take binary frames.
            'b' => {
                let text = match is_v3 {
                    true => v3::base64_message(rest.as_str())?,
                    false => rest.as_str(),
                };
                Self::Binary(base64::decode(text).ok_or(DecodeError::IllegalBase64)?.into())
            }
            other => return Err(DecodeError::UnknownEngineType(other)),
        })
    }
}

/// Whether this is an Engine.IO 3 payload, `97:0{"sid":…`: the length comes first.
pub(crate) fn is_engine_io_3(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.len() < text.len() && rest.starts_with(":0{")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_frames_are_told_apart_by_their_first_character() {
        let table = [
            ("0{}", EnginePacket::Open("{}")),
            ("1", EnginePacket::Close),
            ("2", EnginePacket::Ping),
            ("2probe", EnginePacket::Ping),
            ("3", EnginePacket::Pong),
            ("42[\"a\"]", EnginePacket::Text("2[\"a\"]")),
            ("5", EnginePacket::Upgrade),
            ("6", EnginePacket::Noop),
            (
                "bAQIDBA==",
                EnginePacket::Binary(Bytes::from_static(&[1, 2, 3, 4])),
            ),
        ];
        for (text, packet) in table {
            assert_eq!(
                EnginePacket::decode(Frame::Text(text), Generation::V4),
                Ok(packet)
            );
        }
    }

    #[test]
    fn binary_frames_have_no_type() {
        let bytes = Bytes::from_static(&[4, 1]);
        assert_eq!(
            EnginePacket::decode(Frame::Binary(bytes.clone()), Generation::V4),
            Ok(EnginePacket::Binary(bytes))
        );
    }

    #[test]
    fn binary_messages_have_a_type_in_engine_io_3() {
        let decode = |frame| EnginePacket::decode(frame, Generation::V3);
        let message = || Ok(EnginePacket::Binary(Bytes::from_static(&[1, 2, 3, 4])));
        assert_eq!(
            decode(Frame::Binary(Bytes::from_static(&[4, 1, 2, 3, 4]))),
            message()
        );
        assert_eq!(decode(Frame::Text("b4AQIDBA==")), message());
        assert_eq!(
            decode(Frame::Text("bAQIDBA==")),
            Err(DecodeError::UnknownEngineType('A'))
        );
        assert_eq!(decode(Frame::Text("b")), Err(DecodeError::EmptyFrame));
    }

    #[test]
    fn other_frames_are_refused() {
        assert_eq!(
            EnginePacket::decode(Frame::Text(""), Generation::V4),
            Err(DecodeError::EmptyFrame)
        );
        assert_eq!(
            EnginePacket::decode(Frame::Text("é"), Generation::V4),
            Err(DecodeError::UnknownEngineType('é'))
        );
        assert_eq!(
            EnginePacket::decode(Frame::Text("7"), Generation::V4),
            Err(DecodeError::UnknownEngineType('7'))
        );
        assert_eq!(
            EnginePacket::decode(Frame::Text("b*"), Generation::V4),
            Err(DecodeError::IllegalBase64)
        );
    }

    #[test]
    fn length_prefixes_are_engine_io_3() {
        assert!(is_engine_io_3("97:0{\"sid\":\"a\"}2:40"));
        for text in ["0{}", ":0{", "97", "42[\"1:0{\"]"] {
            assert!(!is_engine_io_3(text), "{text}");
        }
    }
}
