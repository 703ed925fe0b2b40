//! The payloads of Engine.IO 4 (engine.io-protocol v4, "Transports", "HTTP long-polling"): packets are joined by the record
//! separator; binary ones are `b` and base64.

use super::{MAX_PACKETS, PayloadError};
use crate::{Frame, base64};

/// What stands between two packets (U+001E). JSON escapes it, so that it is in no packet.
const SEPARATOR: u8 = 0x1e;

/// The body of one POST.
///
/// Its size is the one that the official client computes (`_getWritablePackets`), but for binary: that counts 1.33
/// bytes for each byte, which is less than base64 takes, and has full bodies refused. Here it is exact.
#[derive(Debug)]
pub(crate) struct Batch {
    body: String,
    packets: usize,
    limit: usize,
}

impl Batch {
    /// An empty one. `max_payload` is the server's limit for a body in bytes, `None` if it named none.
    pub(crate) fn new(max_payload: Option<usize>) -> Self {
        Self {
            body: String::new(),
            packets: 0,
            limit: max_payload.unwrap_or(usize::MAX),
        }
    }

    /// Adds a packet, or gives it back if it is for the next batch. The first one always finds room: what is too large
    /// even alone, the client does not give ([`Client::limit_packets`](crate::Client::limit_packets)).
    pub(crate) fn push(&mut self, frame: Frame) -> Result<(), Frame> {
        if self.packets > 0 {
            let size = self
                .body
                .len()
                .saturating_add(1)
                .saturating_add(packet_size(&frame));
            if self.packets == MAX_PACKETS || size > self.limit {
                return Err(frame);
            }
            self.body.push(char::from(SEPARATOR));
        }
        self.packets += 1;
        match frame {
            // The most common batch, one packet, is not copied.
            Frame::Text(text) if self.body.is_empty() => self.body = text,
            Frame::Text(text) => self.body.push_str(&text),
            Frame::Binary(bytes) => {
                self.body.push('b');
                base64::encode(&bytes, &mut self.body);
            }
        }
        Ok(())
    }

    /// Whether there is nothing to send.
    pub(crate) fn is_empty(&self) -> bool {
        self.packets == 0
    }

    /// The body: `text/plain;charset=UTF-8`.
    pub(crate) fn into_body(self) -> String {
        self.body
    }
}

/// How many bytes a packet takes in a body.
pub(crate) fn packet_size(frame: &Frame) -> usize {
    match frame {
        Frame::Text(text) => text.len(),
        Frame::Binary(bytes) => binary_size(bytes.len()),
    }
}

/// How many bytes a binary packet takes in a body: `b` and base64.
pub(crate) fn binary_size(bytes: usize) -> usize {
    bytes.div_ceil(3).saturating_mul(4).saturating_add(1)
}

/// Reads the body of one GET after the other.
#[derive(Debug)]
pub(crate) struct Decoder {
    /// What was received and not given yet, from `start` on.
    buffer: Vec<u8>,
    start: usize,
    /// Up to here there is no separator behind `start`.
    scanned: usize,
    /// The body has ended, and its last packet is not given yet.
    is_ending: bool,
    limit: usize,
}

impl Decoder {
    /// `max_message_size` is what a packet may carry, in bytes; base64 may take its four thirds.
    pub(crate) fn new(max_message_size: usize) -> Self {
        Self {
            buffer: Vec::new(),
            start: 0,
            scanned: 0,
            is_ending: false,
            limit: binary_size(max_message_size),
        }
    }

    /// A part of the body, as large as it comes. Take all packets first: what was given is freed here.
    pub(crate) fn push(&mut self, chunk: &[u8]) {
        self.buffer.drain(..self.start);
        self.scanned -= self.start;
        self.start = 0;
        self.buffer.extend_from_slice(chunk);
    }

    /// The body is complete: what is left is its last packet. An empty body is one empty packet, which is none.
    pub(crate) fn end(&mut self) {
        self.is_ending = true;
    }

    /// The next packet that is whole; `None` before more was pushed, or when the body has ended.
    pub(crate) fn next_packet(&mut self) -> Result<Option<Frame<&str>>, PayloadError> {
        let end = match memchr::memchr(SEPARATOR, &self.buffer[self.scanned..]) {
            Some(length) => self.scanned + length,
            None if self.is_ending => {
                self.is_ending = false;
                self.buffer.len()
            }
            None => {
                self.scanned = self.buffer.len();
                self.check(self.scanned - self.start)?;
                return Ok(None);
            }
        };
        self.check(end - self.start)?;
        let start = self.start;
        // At the end of the body there is no separator to step over.
        self.start = self.buffer.len().min(end + 1);
        self.scanned = self.start;
        let packet = std::str::from_utf8(&self.buffer[start..end]);
        packet
            .map(|text| Some(Frame::Text(text)))
            .map_err(|_| PayloadError::NotUtf8)
    }

    fn check(&self, size: usize) -> Result<(), PayloadError> {
        match size > self.limit {
            true => Err(PayloadError::TooLarge { limit: self.limit }),
            false => Ok(()),
        }
    }
}
