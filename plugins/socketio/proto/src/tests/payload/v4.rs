//! Engine.IO 4.

use proptest::prelude::*;

use super::{binary, text};
use crate::{
    Frame, PayloadError,
    engine::EnginePacket,
    generation::Generation,
    payload::v4::{Batch, Decoder},
};

/// The bodies that these frames make.
fn bodies(max_payload: Option<usize>, frames: &[Frame]) -> Vec<String> {
    let mut bodies = Vec::new();
    let mut batch = Batch::new(max_payload);
    for frame in frames {
        if let Err(frame) = batch.push(frame.clone()) {
            bodies.push(std::mem::replace(&mut batch, Batch::new(max_payload)).into_body());
            batch.push(frame).unwrap();
        }
    }
    if !batch.is_empty() {
        bodies.push(batch.into_body());
    }
    bodies
}

/// The packets of a body that comes in these chunks.
fn packets<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<String>, PayloadError> {
    let mut decoder = Decoder::new(1000);
    let mut packets = Vec::new();
    let mut take = |decoder: &mut Decoder| {
        while let Some(Frame::Text(packet)) = decoder.next_packet()? {
            packets.push(packet.to_owned());
        }
        Ok(())
    };
    for chunk in chunks {
        decoder.push(chunk);
        take(&mut decoder)?;
    }
    decoder.end();
    take(&mut decoder)?;
    Ok(packets)
}

#[test]
fn packets_are_joined_and_binary_is_base64() {
    let frames = [text("4hello"), text("3"), binary(&[1, 2, 3, 4]), binary(&[])];
    assert_eq!(bodies(None, &frames), ["4hello\u{1e}3\u{1e}bAQIDBA==\u{1e}b"]);
    assert_eq!(bodies(None, &[binary(&[1, 2, 3, 4])]), ["bAQIDBA=="]);
}

#[test]
fn a_body_reaches_the_limit_and_does_not_pass_it() {
    // 6 + 1 + 6 bytes; é has two.
    let frames = [text("4héll"), text("4world")];
    assert_eq!(bodies(Some(13), &frames).len(), 1);
    assert_eq!(bodies(Some(12), &frames).len(), 2);
    // 2 + 1 + 9 bytes, where 1.33 bytes a byte would be 2 + 1 + 7.
    let frames = [text("41"), binary(&[1, 2, 3, 4])];
    assert_eq!(bodies(Some(12), &frames).len(), 1);
    assert_eq!(bodies(Some(11), &frames).len(), 2);
    // Alone everything is sent.
    assert_eq!(bodies(Some(1), &frames).len(), 2);
}

#[test]
fn a_body_holds_sixteen_packets_attachments_counted() {
    let mut frames = vec![text("41"); 15];
    frames.extend([binary(b"a"), binary(b"b")]);
    let bodies = bodies(None, &frames);
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0].split('\u{1e}').count(), 16);
    assert_eq!(bodies[1], "bYg==");
}

#[test]
fn packets_are_found_however_the_body_is_cut() {
    let body = "42[\"é\"]\u{1e}2\u{1e}bAQIDBA==".as_bytes();
    for cut in 0..=body.len() {
        let (first, second) = body.split_at(cut);
        assert_eq!(
            packets([first, second]).unwrap(),
            ["42[\"é\"]", "2", "bAQIDBA=="],
            "{cut}"
        );
    }
    assert_eq!(packets(body.chunks(1)).unwrap().len(), 3);
}

#[test]
fn a_packet_is_given_as_soon_as_it_is_whole() {
    let mut decoder = Decoder::new(100);
    decoder.push(b"4a");
    assert_eq!(decoder.next_packet(), Ok(None));
    decoder.push(b"b\x1e4");
    assert_eq!(decoder.next_packet(), Ok(Some(Frame::Text("4ab"))));
    assert_eq!(decoder.next_packet(), Ok(None));
    decoder.push(b"c");
    decoder.end();
    assert_eq!(decoder.next_packet(), Ok(Some(Frame::Text("4c"))));
    assert_eq!(decoder.next_packet(), Ok(None));
    // The next body.
    decoder.push(b"6");
    decoder.end();
    assert_eq!(decoder.next_packet(), Ok(Some(Frame::Text("6"))));
    assert_eq!(decoder.next_packet(), Ok(None));
}

#[test]
fn empty_packets_are_left_to_the_client_to_refuse() {
    assert_eq!(packets([&b""[..]]).unwrap(), [""]);
    assert_eq!(packets([&b"2\x1e"[..]]).unwrap(), ["2", ""]);
    assert!(EnginePacket::decode(Frame::Text(""), Generation::V4).is_err());
}

#[test]
fn text_that_is_none_is_an_error() {
    assert_eq!(packets([&b"4\xff\x1e2"[..]]), Err(PayloadError::NotUtf8));
    assert_eq!(packets([&b"2\x1e4\xc3"[..]]), Err(PayloadError::NotUtf8));
}

#[test]
fn one_packet_is_bounded_and_a_body_is_not() {
    // 1000 bytes are 1337 in the body, the type included.
    let error = Err(PayloadError::TooLarge { limit: 1337 });
    let large = vec![b'4'; 1337];
    for count in [1, 5] {
        let body = vec![large.clone(); count].join(&0x1e);
        assert_eq!(packets([&body[..]]).unwrap().len(), count);
        assert_eq!(packets(body.chunks(100)).unwrap().len(), count);
    }
    let larger = vec![b'4'; 1338];
    assert_eq!(packets([&larger[..]]), error);
    // Before its end is known.
    assert_eq!(packets(larger.chunks(1).chain([&b"\x1e2"[..]])), error);
}

fn any_frame() -> impl Strategy<Value = Frame> {
    prop_oneof![
        "4[^\u{1e}]{0,40}".prop_map(Frame::Text),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Frame::Binary(bytes.into())),
    ]
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(
        frames in proptest::collection::vec(any_frame(), 1..50),
        max_payload in 1usize..300,
        chunk in 1usize..64,
    ) {
        let mut decoded = Vec::new();
        for body in bodies(Some(max_payload), &frames) {
            let packets = packets(body.as_bytes().chunks(chunk)).unwrap();
            prop_assert!(packets.len() <= 16);
            prop_assert!(packets.len() == 1 || body.len() <= max_payload);
            for packet in packets {
                decoded.push(match EnginePacket::decode(Frame::Text(&packet), Generation::V4).unwrap() {
                    EnginePacket::Binary(bytes) => Frame::Binary(bytes),
                    _ => Frame::Text(packet),
                });
            }
        }
        prop_assert_eq!(decoded, frames);
    }

    #[test]
    fn nothing_makes_the_decoder_panic(body in proptest::collection::vec(prop_oneof![Just(0x1e), any::<u8>()], 0..200), chunk in 1usize..20) {
        let _ = packets(body.chunks(chunk));
    }
}
