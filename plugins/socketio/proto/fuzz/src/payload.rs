//! Bodies of HTTP long-polling, of both generations.

use socketio_proto::{Batch, Batch3, Frame, PayloadDecoder, PayloadDecoder3, PayloadError, is_payload3};

/// Small, so that an input reaches it.
const MAX_MESSAGE: usize = 300;

/// What a body holds, as far as it can be read, and whether that was not to its end. Of several faults in one body, the
/// chunks may decide which is met first.
type Read = (Vec<Frame>, bool);

/// The first byte is how large the chunks are in which the body behind it comes.
///
/// Nothing panics. The size of the chunks changes nothing. What was read can be written, and is then read the same.
pub fn payload(input: &[u8]) {
    let Some((&chunk, body)) = input.split_first() else {
        return;
    };
    let chunk = usize::from(chunk).max(1);
    let _ = is_payload3(body);

    let (frames, is_faulty) = read4(body.chunks(body.len().max(1)));
    assert_eq!(read4(body.chunks(chunk)), (frames.clone(), is_faulty));
    let written = bodies4(&frames);
    let again: Vec<Frame> = written
        .iter()
        .flat_map(|body| read4([body.as_bytes()].into_iter()).0)
        .collect();
    assert_eq!(again, frames, "{written:?}");

    let (frames, is_faulty) = read3(body.chunks(body.len().max(1)));
    assert_eq!(read3(body.chunks(chunk)), (frames.clone(), is_faulty));
    let written = bodies3(&frames);
    let again: Vec<Frame> = written
        .iter()
        .flat_map(|body| read3([&**body].into_iter()).0)
        .collect();
    assert_eq!(again, frames, "{written:?}");
}

fn read4<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Read {
    let next = |decoder: &mut PayloadDecoder| Ok(decoder.next_packet()?.map(owned));
    let decoder = PayloadDecoder::new(MAX_MESSAGE);
    read(decoder, chunks, PayloadDecoder::push, PayloadDecoder::end, next)
}

fn read3<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Read {
    let next = |decoder: &mut PayloadDecoder3| Ok(decoder.next_packet()?.map(owned));
    let decoder = PayloadDecoder3::new(MAX_MESSAGE);
    read(decoder, chunks, PayloadDecoder3::push, PayloadDecoder3::end, next)
}

/// Reads until the end or the first error, as a driver does.
fn read<'a, D>(
    mut decoder: D,
    chunks: impl Iterator<Item = &'a [u8]>,
    push: fn(&mut D, &[u8]),
    end: fn(&mut D),
    next: impl Fn(&mut D) -> Result<Option<Frame>, PayloadError>,
) -> Read {
    let mut frames = Vec::new();
    let mut take = |decoder: &mut D| loop {
        match next(decoder) {
            Ok(Some(frame)) => frames.push(frame),
            Ok(None) => return None,
            Err(error) => return Some(error),
        }
    };
    let mut error = None;
    for chunk in chunks {
        push(&mut decoder, chunk);
        error = take(&mut decoder);
        if error.is_some() {
            break;
        }
    }
    if error.is_none() {
        end(&mut decoder);
        error = take(&mut decoder);
    }
    (frames, error.is_some())
}

fn bodies4(frames: &[Frame]) -> Vec<String> {
    let (mut bodies, mut batch) = (Vec::new(), Batch::new(None));
    for frame in frames {
        if let Err(frame) = batch.push(frame.clone()) {
            bodies.push(std::mem::replace(&mut batch, Batch::new(None)).into_body());
            assert_eq!(batch.push(frame), Ok(()), "an empty batch takes any packet");
        }
    }
    if !frames.is_empty() {
        bodies.push(batch.into_body());
    }
    bodies
}

fn bodies3(frames: &[Frame]) -> Vec<Vec<u8>> {
    let (mut bodies, mut batch) = (Vec::new(), Batch3::default());
    for frame in frames {
        if let Err(frame) = batch.push(frame.clone()) {
            bodies.push(std::mem::take(&mut batch).into_body().bytes);
            assert_eq!(batch.push(frame), Ok(()), "an empty batch takes any packet");
        }
    }
    if !batch.is_empty() {
        bodies.push(batch.into_body().bytes);
    }
    bodies
}

fn owned(frame: Frame<&str>) -> Frame {
    match frame {
        Frame::Text(text) => Frame::Text(text.to_owned()),
        Frame::Binary(bytes) => Frame::Binary(bytes),
    }
}
