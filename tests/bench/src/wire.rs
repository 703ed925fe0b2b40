//! WebSocket frames by hand (RFC 6455, section 5.2), so that the bench's server costs as little as possible.
//!
//! Only what the benches need: unfragmented frames of less than 64 KiB.

use std::io::{self, ErrorKind, Read};

/// Text, whole: FIN and opcode 1.
const TEXT: u8 = 0x81;

/// A server's text frame.
pub fn text_frame(text: &str) -> Vec<u8> {
    let length = text.len() as u16;
    let mut frame = vec![TEXT];
    match length {
        0..126 => frame.push(length as u8),
        _ => {
            frame.push(126);
            frame.extend(length.to_be_bytes());
        }
    }
    frame.extend(text.as_bytes());
    frame
}

/// A server's close frame with the code 1000.
pub const CLOSE: [u8; 4] = [0x88, 2, 0x03, 0xE8];

/// Reads a client's frames.
pub struct Frames<R> {
    stream: R,
    buffer: Box<[u8]>,
    /// What is read but not taken lies in `buffer[taken..filled]`.
    taken: usize,
    filled: usize,
    /// How long the payload of the frame that was taken last is; it ends at `taken`.
    payload: usize,
}

impl<R: Read> Frames<R> {
    /// Reads from `stream`, which stands at the beginning of a frame.
    pub fn new(stream: R) -> Self {
        Self {
            stream,
            buffer: vec![0; 256 << 10].into(),
            taken: 0,
            filled: 0,
            payload: 0,
        }
    }

    /// The length of the next text frame's payload; other frames are passed over.
    pub fn next_text(&mut self) -> io::Result<usize> {
        loop {
            if let Some((first, payload, whole)) = header(&self.buffer[self.taken..self.filled]) {
                if whole > self.buffer.len() {
                    return Err(io::Error::new(
                        ErrorKind::InvalidData,
                        "the frame is too large for the bench",
                    ));
                }
                if self.taken + whole <= self.filled {
                    self.taken += whole;
                    if first == TEXT {
                        self.payload = payload;
                        return Ok(payload);
                    }
                    continue;
                }
            }
            self.fill()?;
        }
    }

    /// The text of the frame that was taken last, which a client has masked.
    pub fn text(&self) -> String {
        let (mask, payload) = self.buffer[self.taken - self.payload - 4..self.taken].split_at(4);
        let bytes = payload
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, mask)| byte ^ mask);
        String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.copy_within(self.taken..self.filled, 0);
        (self.taken, self.filled) = (0, self.filled - self.taken);
        match self.stream.read(&mut self.buffer[self.filled..])? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            read => {
                self.filled += read;
                Ok(())
            }
        }
    }
}

/// First byte, length of the payload, and length of the whole frame; nothing if the header is not whole.
fn header(bytes: &[u8]) -> Option<(u8, usize, usize)> {
    let (&first, &second) = (bytes.first()?, bytes.get(1)?);
    let (payload, header) = match second & 0x7F {
        126 => (
            usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?])),
            4,
        ),
        // Too large to be one of ours.
        127 => (usize::MAX / 2, 10),
        short => (usize::from(short), 2),
    };
    let mask = if second & 0x80 == 0 { 0 } else { 4 };
    Some((first, payload, header + mask + payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Trickle(Vec<u8>);

    impl Read for Trickle {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            if self.0.is_empty() {
                return Ok(0);
            }
            buffer[0] = self.0.remove(0);
            Ok(1)
        }
    }

    #[test]
    fn frames_are_found_wherever_they_are_cut() {
        let mut bytes = text_frame("abc");
        bytes.extend([0x89, 0x80, 1, 2, 3, 4]);
        bytes.extend(text_frame(&"x".repeat(300)));
        // Masked, as a client's.
        bytes.extend([0x81, 0x82, 1, 2, 3, 4, 5, 6]);
        let mut frames = Frames::new(Trickle(bytes));
        assert_eq!(frames.next_text().unwrap(), 3);
        assert_eq!(frames.next_text().unwrap(), 300);
        assert_eq!(frames.next_text().unwrap(), 2);
        assert_eq!(frames.next_text().unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }
}
