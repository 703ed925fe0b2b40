//! Packets with attachments: header and attachments as a server, or a bad line, may mix them up.

use std::{str::FromStr, time::Instant};

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use bytes::Bytes;
use socketio_proto::{Data, Frame};

use crate::peer::{joined, messages, receive, written};

/// As lenient as a client may be: padding may be missing, and bits behind the last byte are of no matter.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// First line: JSON, in which every string that begins with `<` stands for the bytes behind it. It is sent as an event
/// and must be read the same. Each further line changes one frame before a second client reads them: its first byte
/// says how, its second which.
///
/// Nothing panics, and bytes come out of a packet only if it was whole: never those of another.
pub fn attachments(input: &[u8]) {
    let mut lines = input.split(|byte| *byte == b'\n');
    let Some(value) = lines
        .next()
        .and_then(|line| Data::from_str(std::str::from_utf8(line).ok()?).ok())
    else {
        return;
    };
    let now = Instant::now();
    let mut sender = joined(now);
    let args = vec![with_bytes(value)];
    // Too many, too deep: refused by name.
    if sender.emit(now, "/a", "e", args.clone()).is_err() {
        return;
    }
    let mut frames = written(&mut sender);

    let mut receiver = joined(now);
    for frame in &frames {
        receive(&mut receiver, now, frame);
    }
    let read = messages(&mut receiver);
    assert_eq!(read.len(), 1, "{frames:?} is not read");
    assert_eq!(read[0].args, args);

    for line in lines {
        change(&mut frames, line);
    }
    let mut receiver = joined(now);
    for frame in &frames {
        receive(&mut receiver, now, frame);
    }
    let attached: Vec<Bytes> = frames.iter().filter_map(attachment).collect();
    for message in messages(&mut receiver) {
        for arg in &message.args {
            check_origin(arg, &attached);
        }
    }
}

fn with_bytes(value: Data) -> Data {
    match value {
        Data::String(text) if text.starts_with('<') => {
            Data::Binary(Bytes::copy_from_slice(&text.as_bytes()[1..]))
        }
        Data::Array(items) => Data::Array(items.into_iter().map(with_bytes).collect()),
        Data::Object(entries) => {
            // A real placeholder in the data would be taken for one of ours; the protocol has no escape for it.
            let entries = entries.into_iter().filter(|(key, _)| key != "_placeholder");
            Data::Object(entries.map(|(key, value)| (key, with_bytes(value))).collect())
        }
        other => other,
    }
}

/// Drops, doubles, swaps or replaces a frame.
fn change(frames: &mut Vec<Frame>, line: &[u8]) {
    let (&[how, which, ..], 1..) = (line, frames.len()) else {
        return;
    };
    let at = usize::from(which) % frames.len();
    match how {
        b'-' => drop(frames.remove(at)),
        b'+' => frames.insert(at, frames[at].clone()),
        b'~' => frames.swap(0, at),
        b'<' => frames[at] = Frame::Binary(Bytes::copy_from_slice(&line[2..])),
        _ => frames[at] = Frame::Text(String::from_utf8_lossy(&line[1..]).into_owned()),
    }
}

/// The bytes that a frame attaches: it is binary, or `b` and base64.
fn attachment(frame: &Frame) -> Option<Bytes> {
    match frame {
        Frame::Binary(bytes) => Some(bytes.clone()),
        Frame::Text(text) => Some(BASE64.decode(text.strip_prefix('b')?).ok()?.into()),
    }
}

fn check_origin(value: &Data, attached: &[Bytes]) {
    match value {
        Data::Binary(bytes) => assert!(attached.contains(bytes), "{bytes:?} was not attached"),
        Data::Array(items) => items.iter().for_each(|item| check_origin(item, attached)),
        Data::Object(entries) => entries
            .iter()
            .for_each(|(_, value)| check_origin(value, attached)),
        _ => {}
    }
}
