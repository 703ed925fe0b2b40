//! The payloads of Engine.IO 3 (engine.io-protocol v3, "Encoding", "Payload"): each packet has its length
//! before it.
//!
//! There are two forms, and each body is of one. In text a length counts UTF-16 code units, `18:42["message","h€"]`. In
//! bytes it is in decimal digits, a byte each: `00 05 ff` and five bytes of UTF-8, or `01 05 ff` and a binary packet with
//! its type. Servers of Socket.IO 2 answer in bytes when a packet is binary, those of Socket.IO 1 always.
//!
//! Socket.IO 1 has a text form of its own for what is not ASCII: UTF-8 written as UTF-8 once more. It cannot be told from
//! the other by looking at it. So it is kept out of the way: a batch that is not plain ASCII goes in bytes, which all
//! servers read alike; and none of them sends it unless it is asked to by `b64=1`.
//!
//! Binary packets come and go with their type byte, as in WebSocket messages.

use std::ops::Range;

use bytes::Bytes;

use super::{Body, MAX_PACKETS, PayloadError, binary_size};
use crate::Frame;

/// What ends the length in bytes.
const LENGTH_END: u8 = 0xff;

/// A length of more digits is none: it would be beyond any limit.
const MAX_DIGITS: usize = 19;

/// The body of one POST.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    frames: Vec<Frame>,
}

impl Batch {
    /// Adds a packet, or gives it back if it is for the next batch. Servers of Engine.IO 3 name no limit for a body.
    pub(crate) fn push(&mut self, frame: Frame) -> Result<(), Frame> {
        if self.frames.len() == MAX_PACKETS {
            return Err(frame);
        }
        self.frames.push(frame);
        Ok(())
    }

    /// Whether there is nothing to send.
    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// The body.
    pub(crate) fn into_body(self) -> Body {
        let is_plain = |frame: &Frame| matches!(frame, Frame::Text(text) if text.is_ascii());
        let is_binary = !self.frames.iter().all(is_plain);
        let mut bytes = Vec::new();
        for frame in &self.frames {
            let (kind, packet) = match frame {
                Frame::Text(text) => (0, text.as_bytes()),
                Frame::Binary(packet) => (1, &packet[..]),
            };
            let length = packet.len().to_string();
            if is_binary {
                bytes.push(kind);
                bytes.extend(length.bytes().map(|digit| digit - b'0'));
                bytes.push(LENGTH_END);
            } else {
                bytes.extend_from_slice(length.as_bytes());
                bytes.push(b':');
            }
            bytes.extend_from_slice(packet);
        }
        Body { is_binary, bytes }
    }
}

/// Whether the first body of a session begins as in Engine.IO 3; in Engine.IO 4 it begins with `0{`. `None` if more must
/// come.
pub(crate) fn begins(body: &[u8]) -> Option<bool> {
    if *body.first()? == 0 {
        return Some(true);
    }
    let digits = body.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > MAX_DIGITS {
        return Some(false);
    }
    body.get(digits).map(|end| digits > 0 && *end == b':')
}

/// Reads the body of one GET after the other.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// What was received and not given yet, from `start` on.
    buffer: Vec<u8>,
    start: usize,
    /// The packet that is not whole yet.
    packet: Option<Packet>,
    /// The body has ended.
    is_ending: bool,
    limit: usize,
}

/// A packet whose length was read.
#[derive(Debug, Clone, Copy)]
struct Packet {
    kind: Kind,
    /// What of its length is still to be found.
    missing: usize,
    /// Where that goes on in the buffer, behind `start`.
    scanned: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    /// The length counts UTF-16 code units.
    Text,
    /// The length counts bytes, which are UTF-8.
    TextInBytes,
    /// The length counts bytes.
    Binary,
}

impl Decoder {
    /// `max_message_size` is what a packet may carry, in bytes; base64 may take its four thirds.
    pub(crate) fn new(max_message_size: usize) -> Self {
        Self {
            buffer: Vec::new(),
            start: 0,
            packet: None,
            is_ending: false,
            limit: binary_size(max_message_size).saturating_add(1),
        }
    }

    /// A part of the body, as large as it comes. Take all packets first: what was given is freed here.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(chunk);
    }

    /// The body is complete.
    pub(crate) fn end(&mut self) {
        self.is_ending = true;
    }

    /// The next packet that is whole; `None` before more was pushed, or when the body has ended.
    pub(crate) fn next_packet(&mut self) -> Result<Option<Frame<&str>>, PayloadError> {
        let Some((kind, packet)) = self.scan()? else {
            let is_cut = self.packet.is_some() || self.start < self.buffer.len();
            return match std::mem::take(&mut self.is_ending) && is_cut {
                true => Err(PayloadError::Incomplete),
                false => Ok(None),
            };
        };
        let packet = &self.buffer[packet];
        Ok(Some(match kind {
            Kind::Binary => Frame::Binary(Bytes::copy_from_slice(packet)),
            Kind::Text | Kind::TextInBytes => {
                Frame::Text(std::str::from_utf8(packet).map_err(|_| PayloadError::NotUtf8)?)
            }
        }))
    }

    /// Steps over the next packet, if it is whole.
    fn scan(&mut self) -> Result<Option<(Kind, Range<usize>)>, PayloadError> {
        let packet = match &mut self.packet {
            Some(packet) => packet,
            None => match read_length(&self.buffer[self.start..])? {
                None => return Ok(None),
                Some((kind, missing, length)) => {
                    self.start += length;
                    self.packet.insert(Packet {
                        kind,
                        missing,
                        scanned: 0,
                    })
                }
            },
        };
        let waiting = &self.buffer[self.start + packet.scanned..];
        match packet.kind {
            Kind::Text => packet.take_text(waiting)?,
            Kind::TextInBytes | Kind::Binary => {
                let found = packet.missing.min(waiting.len());
                packet.missing -= found;
                packet.scanned += found;
            }
        }
        // What is missing is at least as many bytes.
        if packet.scanned.saturating_add(packet.missing) > self.limit {
            return Err(PayloadError::TooLarge { limit: self.limit });
        }
        if packet.missing > 0 {
            return Ok(None);
        }
        let (kind, end) = (packet.kind, self.start + packet.scanned);
        self.packet = None;
        Ok(Some((kind, std::mem::replace(&mut self.start, end)..end)))
    }
}

impl Packet {
    /// Steps over whole characters.
    fn take_text(&mut self, text: &[u8]) -> Result<(), PayloadError> {
        let mut at = 0;
        while self.missing > 0 && at < text.len() {
            let (bytes, units) = match text[at] {
                0..=0x7f => (1, 1),
                0xc0..=0xdf => (2, 1),
                0xe0..=0xef => (3, 1),
                0xf0..=0xf7 => (4, 2),
                _ => return Err(PayloadError::NotUtf8),
            };
            if text.len() - at < bytes {
                break;
            }
            // A length that ends inside of a character is none.
            self.missing = self.missing.checked_sub(units).ok_or(PayloadError::NoLength)?;
            at += bytes;
        }
        self.scanned += at;
        Ok(())
    }
}

/// The kind of the next packet, its length, and how many bytes say so. `None` if more must come.
fn read_length(body: &[u8]) -> Result<Option<(Kind, usize, usize)>, PayloadError> {
    let Some(&first) = body.first() else {
        return Ok(None);
    };
    let (kind, digits, zero, end) = match first {
        0 => (Kind::TextInBytes, &body[1..], 0, LENGTH_END),
        1 => (Kind::Binary, &body[1..], 0, LENGTH_END),
        _ => (Kind::Text, body, b'0', b':'),
    };
    let mut length = 0_usize;
    for (i, &byte) in digits.iter().enumerate().take(MAX_DIGITS + 1) {
        if byte == end && i > 0 {
            return Ok(Some((kind, length, body.len() - digits.len() + i + 1)));
        }
        let digit = byte
            .checked_sub(zero)
            .filter(|digit| *digit < 10 && i < MAX_DIGITS)
            .ok_or(PayloadError::NoLength)?;
        length = length.saturating_mul(10).saturating_add(usize::from(digit));
    }
    Ok(None)
}
