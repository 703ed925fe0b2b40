//! Bodies of HTTP long-polling, of both generations.

use socketio_proto::{Batch, Body, Frame, PayloadDecoder, PayloadError, Protocol};

/// Small, so that an input reaches it.
const MAX_MESSAGE: usize = 300;

/// What a body holds, as far as it can be read, and whether that was not to its end. Of several faults in one body, the
/// chunks may decide which is met first.
type Read = (Vec<Frame>, bool);

/// The first byte is how large the chunks are in which the body behind it comes.
///
/// Nothing panics. The size of the chunks changes nothing, whether the generation is known or is for the body to show.
/// What was read can be written, and is then read the same.
pub fn payload(input: &[u8]) {
    let Some((&chunk, body)) = input.split_first() else {
        return;
    };
    let chunk = usize::from(chunk).max(1);
    let whole = body.len().max(1);

    let mut first = PayloadDecoder::new(MAX_MESSAGE);
    let read_first = read(&mut first, body.chunks(whole));
    let mut again = PayloadDecoder::new(MAX_MESSAGE);
    assert_eq!(read(&mut again, body.chunks(chunk)), read_first);
    assert_eq!(again.protocol(), first.protocol());

    for protocol in [Protocol::EngineIo4, Protocol::EngineIo3] {
        let (frames, is_faulty) = read(&mut decoder(protocol), body.chunks(whole));
        let in_chunks = read(&mut decoder(protocol), body.chunks(chunk));
        assert_eq!(in_chunks, (frames.clone(), is_faulty));
        let written = bodies(protocol, &frames);
        let mut decoder = decoder(protocol);
        let again: Vec<Frame> = written
            .iter()
            .flat_map(|body| read(&mut decoder, [&body.bytes[..]].into_iter()).0)
            .collect();
        assert_eq!(again, frames, "{written:?}");
    }
}

/// A decoder that a server of this generation has sent a body before.
fn decoder(protocol: Protocol) -> PayloadDecoder {
    let mut decoder = PayloadDecoder::new(MAX_MESSAGE);
    let handshake = match protocol {
        Protocol::EngineIo3 => &b"3:0{}"[..],
        Protocol::EngineIo4 | Protocol::Auto => b"0{}",
    };
    let expected = (vec![Frame::Text("0{}".to_owned())], false);
    assert_eq!(read(&mut decoder, [handshake].into_iter()), expected);
    assert_eq!(decoder.protocol(), Some(protocol));
    decoder
}

/// Reads until the end of the body or the first error, as a driver does.
fn read<'a>(decoder: &mut PayloadDecoder, chunks: impl Iterator<Item = &'a [u8]>) -> Read {
    let mut frames = Vec::new();
    let is_faulty = read_into(decoder, chunks, &mut frames).is_err();
    (frames, is_faulty)
}

fn read_into<'a>(
    decoder: &mut PayloadDecoder,
    chunks: impl Iterator<Item = &'a [u8]>,
    frames: &mut Vec<Frame>,
) -> Result<(), PayloadError> {
    let mut take = |decoder: &mut PayloadDecoder| {
        while let Some(frame) = decoder.next_packet()? {
            frames.push(owned(frame));
        }
        Ok(())
    };
    for chunk in chunks {
        decoder.push(chunk);
        take(decoder)?;
    }
    decoder.end();
    take(decoder)
}

fn bodies(protocol: Protocol, frames: &[Frame]) -> Vec<Body> {
    let empty = || Batch::new(protocol, None);
    let (mut bodies, mut batch) = (Vec::new(), empty());
    for frame in frames {
        if let Err(frame) = batch.push(frame.clone()) {
            bodies.push(std::mem::replace(&mut batch, empty()).into_body());
            assert_eq!(batch.push(frame), Ok(()), "an empty batch takes any packet");
        }
    }
    if !frames.is_empty() {
        bodies.push(batch.into_body());
    }
    bodies
}

fn owned(frame: Frame<&str>) -> Frame {
    match frame {
        Frame::Text(text) => Frame::Text(text.to_owned()),
        Frame::Binary(bytes) => Frame::Binary(bytes),
    }
}
