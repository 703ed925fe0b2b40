//! Bodies of long-polling, byte by byte, in both framings and in the one that the server shows.

use bytes::Bytes;

use crate::{Batch, Body, Frame, PayloadDecoder, PayloadError, Protocol};

mod v3;
mod v4;

pub(crate) fn text(text: &str) -> Frame {
    Frame::Text(text.to_owned())
}

pub(crate) fn binary(bytes: &[u8]) -> Frame {
    Frame::Binary(Bytes::copy_from_slice(bytes))
}

/// All packets of bodies, each of which comes in some chunks.
fn packets<'a>(
    decoder: &mut PayloadDecoder,
    bodies: &[impl AsRef<[&'a [u8]]>],
) -> Result<Vec<Frame>, PayloadError> {
    let mut packets = Vec::new();
    let mut take = |decoder: &mut PayloadDecoder| {
        while let Some(packet) = decoder.next_packet()? {
            packets.push(match packet {
                Frame::Text(text) => Frame::Text(text.to_owned()),
                Frame::Binary(bytes) => Frame::Binary(bytes),
            });
        }
        Ok(())
    };
    for body in bodies {
        for chunk in body.as_ref() {
            decoder.push(chunk);
            take(decoder)?;
        }
        decoder.end();
        take(decoder)?;
    }
    Ok(packets)
}

#[test]
fn first_body_shows_the_framing() {
    let open = r#"0{"sid":"a"}"#;
    let table: [(&[&[u8]], Protocol); 6] = [
        (&[b"0{\"sid\":\"a\"}\x1e40"], Protocol::EngineIo4),
        (&[b"0", b"{\"sid\":\"a\"}", b"\x1e40"], Protocol::EngineIo4),
        (&[b"12:0{\"sid\":\"a\"}2:40"], Protocol::EngineIo3),
        (
            &[b"1", b"", b"2", b":0{\"sid\":\"a\"}2:4", b"0"],
            Protocol::EngineIo3,
        ),
        (
            &[b"\0\x01\x02\xff0{\"sid\":\"a\"}\0\x02\xff40"],
            Protocol::EngineIo3,
        ),
        (
            &[b"\0", b"\x01\x02\xff0{\"sid\":\"a\"}\0\x02\xff40"],
            Protocol::EngineIo3,
        ),
    ];
    for (body, protocol) in table {
        let mut decoder = PayloadDecoder::new(1000);
        assert_eq!(decoder.protocol(), None);
        assert_eq!(
            packets(&mut decoder, &[body]),
            Ok(vec![text(open), text("40")]),
            "{body:?}"
        );
        assert_eq!(decoder.protocol(), Some(protocol));
    }
}

#[test]
fn framing_stays() {
    let mut decoder = PayloadDecoder::new(1000);
    let bodies = [[&b"0{}"[..]], [b"3:4"]];
    assert_eq!(packets(&mut decoder, &bodies), Ok(vec![text("0{}"), text("3:4")]));
}

#[test]
fn what_shows_nothing_is_engine_io_4() {
    for body in [&b""[..], b"1", b"{\"code\":5}"] {
        let mut decoder = PayloadDecoder::new(1000);
        let packet = Frame::Text(String::from_utf8_lossy(body).into_owned());
        assert_eq!(packets(&mut decoder, &[[body]]), Ok(vec![packet]), "{body:?}");
    }
}

#[test]
fn digits_without_an_end_are_bounded() {
    let mut decoder = PayloadDecoder::new(1000);
    let chunks = vec![&b"12345"[..]; 1000];
    assert!(matches!(
        packets(&mut decoder, &[chunks]),
        Err(PayloadError::TooLarge { .. })
    ));
}

#[test]
fn batches_are_in_the_servers_framing() {
    for (protocol, body) in [
        (Protocol::EngineIo4, "2\u{1e}41"),
        (Protocol::EngineIo3, "1:22:41"),
    ] {
        let mut batch = Batch::new(protocol, None);
        assert!(batch.is_empty());
        batch.push(text("2")).unwrap();
        batch.push(text("41")).unwrap();
        assert!(!batch.is_empty());
        let bytes = body.as_bytes().to_vec();
        assert_eq!(
            batch.into_body(),
            Body {
                is_binary: false,
                bytes
            }
        );
    }
}
