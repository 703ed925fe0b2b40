//! Engine.IO 3.

use proptest::prelude::*;

use super::{binary, text};
use crate::{
    Body, Frame, PayloadError,
    payload::v3::{Batch, Decoder, begins},
};

fn body(frames: &[Frame]) -> Body {
    let mut batch = Batch::default();
    assert!(batch.is_empty());
    for frame in frames {
        batch.push(frame.clone()).unwrap();
    }
    batch.into_body()
}

/// The packets of a body that comes in these chunks.
fn packets<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Frame>, PayloadError> {
    let mut decoder = Decoder::new(1000);
    let mut packets = Vec::new();
    let mut take = |decoder: &mut Decoder| {
        while let Some(packet) = decoder.next_packet()? {
            packets.push(match packet {
                Frame::Text(text) => Frame::Text(text.to_owned()),
                Frame::Binary(bytes) => Frame::Binary(bytes),
            });
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

/// What socket.io 2.5 and 1.7 were seen to send.
#[test]
fn golden_bodies_are_read() {
    let euro = r#"42["message","h€"]"#;
    let table: [(&[u8], Vec<Frame>); 8] = [
        (b"6:0{\"a\"}2:40", vec![text("0{\"a\"}"), text("40")]),
        (
            "18:42[\"message\",\"h€\"]1:3".as_bytes(),
            vec![text(euro), text("3")],
        ),
        (
            "17:42[\"echo\",\"h€😀\"]".as_bytes(),
            vec![text("42[\"echo\",\"h€😀\"]")],
        ),
        (b"10:b4AQIDBA==1:6", vec![text("b4AQIDBA=="), text("6")]),
        (b"\0\x02\xff40\0\x01\xff3", vec![text("40"), text("3")]),
        (
            b"\0\x02\x00\xff42[\"message\",\"h\xe2\x82\xac\"]\x01\x05\xff\x04\x01\x02\x03\x04",
            vec![text(euro), binary(&[4, 1, 2, 3, 4])],
        ),
        (
            b"\x01\x00\x05\xff\x04\x01\x02\x03\x04",
            vec![binary(&[4, 1, 2, 3, 4])],
        ),
        (b"", vec![]),
    ];
    for (body, expected) in table {
        assert_eq!(packets([body]), Ok(expected.clone()), "{body:?}");
        for cut in 0..body.len() {
            let (first, second) = body.split_at(cut);
            assert_eq!(
                packets([first, second]),
                Ok(expected.clone()),
                "{body:?} at {cut}"
            );
        }
        assert_eq!(packets(body.chunks(1)), Ok(expected), "{body:?}");
    }
}

#[test]
fn plain_packets_go_as_text() {
    assert_eq!(
        body(&[text(r#"42["message","a"]"#), text("2")]),
        Body {
            is_binary: false,
            bytes: br#"17:42["message","a"]1:2"#.to_vec()
        }
    );
}

#[test]
fn all_else_goes_in_bytes() {
    assert_eq!(
        body(&[text("4é"), binary(&[4, 1, 2, 3, 4]), text("4234567890")]),
        Body {
            is_binary: true,
            bytes: b"\0\x03\xff4\xc3\xa9\x01\x05\xff\x04\x01\x02\x03\x04\0\x01\x00\xff4234567890".to_vec()
        }
    );
}

#[test]
fn batch_holds_sixteen_packets() {
    let mut batch = Batch::default();
    for _ in 0..16 {
        batch.push(text("41")).unwrap();
    }
    assert_eq!(batch.push(text("2")), Err(text("2")));
}

#[test]
fn packet_is_given_as_soon_as_it_is_whole() {
    let mut decoder = Decoder::new(100);
    decoder.push(b"3:4ab2:4");
    assert_eq!(decoder.next_packet(), Ok(Some(Frame::Text("4ab"))));
    assert_eq!(decoder.next_packet(), Ok(None));
    decoder.push(b"c");
    assert_eq!(decoder.next_packet(), Ok(Some(Frame::Text("4c"))));
    decoder.end();
    assert_eq!(decoder.next_packet(), Ok(None));
    // The next body.
    decoder.push(b"1:6");
    decoder.end();
    assert_eq!(decoder.next_packet(), Ok(Some(Frame::Text("6"))));
    assert_eq!(decoder.next_packet(), Ok(None));
}

#[test]
fn wrong_lengths_are_named() {
    let table: [(&[u8], PayloadError); 11] = [
        (b"x", PayloadError::NoLength),
        (b":4", PayloadError::NoLength),
        (b"1x4", PayloadError::NoLength),
        (b"1:41:", PayloadError::Incomplete),
        (b"2:4", PayloadError::Incomplete),
        (b"12", PayloadError::Incomplete),
        (b"\0\xff", PayloadError::NoLength),
        (b"\0\x0a\xff", PayloadError::NoLength),
        (b"\x02\x01\xff4", PayloadError::NoLength),
        // It ends inside of a character that has two code units.
        ("2:4😀".as_bytes(), PayloadError::NoLength),
        (&[b'9'; 30], PayloadError::NoLength),
    ];
    for (body, error) in table {
        assert_eq!(packets([body]), Err(error), "{body:?}");
    }
}

#[test]
fn text_that_is_none_is_an_error() {
    for body in [&b"2:4\xff"[..], b"2:4\x80", b"2:4\xc3(", b"\0\x02\xff4\xff"] {
        assert_eq!(packets([body]), Err(PayloadError::NotUtf8), "{body:?}");
    }
}

#[test]
fn packet_is_bounded_by_its_length() {
    // 1000 bytes are 1338 in base64, the types included.
    let error = Err(PayloadError::TooLarge { limit: 1338 });
    let packet = vec![b'4'; 1338];
    assert_eq!(packets([b"1338:", &packet[..]]).unwrap().len(), 1);
    assert_eq!(packets([&b"1339:"[..]]), error);
    assert_eq!(packets([&b"\x01\x01\x03\x03\x09\xff"[..]]), error);
    assert_eq!(packets([&b"1234567890123456789:"[..]]), error);
    // A character has more bytes than code units.
    let wide = "€".repeat(447);
    assert_eq!(packets([b"447:", wide.as_bytes(), b"1:2"]), error);
}

#[test]
fn handshakes_are_told_apart() {
    for body in [&b"97:0{\"sid\""[..], b"\0\x09\x07\xff0{", b"1:6"] {
        assert!(begins(body) == Some(true), "{body:?}");
    }
    for body in [
        &b"0{\"sid\""[..],
        b"{\"code\":5}",
        b":0",
        b"4\x1e",
        &[b'1'; 30],
        b"12345678901234567890:",
    ] {
        assert_eq!(begins(body), Some(false), "{body:?}");
    }
    for body in [&b""[..], b"0", b"97"] {
        assert_eq!(begins(body), None, "{body:?}");
    }
}

fn any_frame() -> impl Strategy<Value = Frame> {
    prop_oneof![
        "4[ -~]{0,40}".prop_map(Frame::Text),
        any::<String>().prop_map(Frame::Text),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| Frame::Binary(bytes.into())),
    ]
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(
        frames in proptest::collection::vec(any_frame(), 0..16),
        chunk in 1usize..64,
    ) {
        prop_assert_eq!(packets(body(&frames).bytes.chunks(chunk)), Ok(frames));
    }

    /// As a server of Socket.IO 2 writes it.
    #[test]
    fn text_of_any_characters_is_decoded(texts in proptest::collection::vec(any::<String>(), 0..5), chunk in 1usize..64) {
        let mut body = String::new();
        for text in &texts {
            body += &format!("{}:{text}", text.encode_utf16().count());
        }
        let frames: Vec<Frame> = texts.into_iter().map(Frame::Text).collect();
        prop_assert_eq!(packets(body.as_bytes().chunks(chunk)), Ok(frames));
    }

    #[test]
    fn nothing_makes_the_decoder_panic(
        body in proptest::collection::vec(prop_oneof![0u8..10, Just(0xff), b'0'..=b':', any::<u8>()], 0..200),
        chunk in 1usize..20,
    ) {
        let _ = packets(body.chunks(chunk));
    }
}
