//! One conversation: a socket whose messages carry their length before them.

use std::{
    io::{self, BufReader, Read, Write},
    net::Shutdown,
    os::unix::net::UnixStream,
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};

/// The longest message, in bytes.
const MAX_MESSAGE: usize = 256 << 20;

const LENGTH_BYTES: usize = 4;

pub(super) struct Channel {
    reader: BufReader<UnixStream>,
    /// A message while it is made or read; kept, because most are short and there are many.
    message: Vec<u8>,
    limit: Option<Duration>,
}

impl Channel {
    pub(super) fn new(stream: UnixStream) -> Self {
        Self {
            reader: BufReader::new(stream),
            message: Vec::new(),
            limit: None,
        }
    }

    /// A handle by which another thread ends the conversation.
    pub(super) fn ender(&self) -> io::Result<Ender> {
        Ok(Ender(self.reader.get_ref().try_clone()?))
    }

    /// How long each side may take from now on; then sending and receiving fail.
    pub(super) fn set_limit(&mut self, limit: Duration) -> io::Result<()> {
        if self.limit != Some(limit) {
            let stream = self.reader.get_ref();
            stream.set_read_timeout(Some(limit))?;
            stream.set_write_timeout(Some(limit))?;
            self.limit = Some(limit);
        }
        Ok(())
    }

    /// Sends a message. [`io::ErrorKind::InvalidInput`] says that it cannot be sent, and nothing was.
    pub(super) fn send(&mut self, message: &impl Serialize) -> io::Result<()> {
        self.message.clear();
        self.message.extend([0; LENGTH_BYTES]);
        rmp_serde::encode::write(&mut self.message, message)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let length = self.message.len() - LENGTH_BYTES;
        let length = u32::try_from(length).ok().filter(|_| length <= MAX_MESSAGE);
        let Some(length) = length else {
            let text = format!("the values are longer than {} MiB", MAX_MESSAGE >> 20);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        };
        self.message[..LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
        self.reader.get_mut().write_all(&self.message)
    }

    /// Waits for the next message.
    pub(super) fn receive<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        let mut length = [0; LENGTH_BYTES];
        self.reader.read_exact(&mut length)?;
        let length = u32::from_le_bytes(length) as usize;
        if length > MAX_MESSAGE {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.message.clear();
        // Memory is taken as bytes arrive, not as they are announced.
        let read = (&mut self.reader)
            .take(length as u64)
            .read_to_end(&mut self.message)?;
        if read < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        rmp_serde::from_slice(&self.message)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }
}

/// Ends a conversation: on both sides sending and receiving fail from now on.
pub(super) struct Ender(UnixStream);

impl Ender {
    pub(super) fn end(&self) {
        // It has ended already.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> (Channel, Channel) {
        let (one, other) = UnixStream::pair().unwrap();
        (Channel::new(one), Channel::new(other))
    }

    #[test]
    fn messages_arrive_in_their_order() {
        let (mut one, mut other) = pair();
        one.send(&"first").unwrap();
        one.send(&vec![1, 2]).unwrap();
        assert_eq!(other.receive::<String>().unwrap(), "first");
        assert_eq!(other.receive::<Vec<i32>>().unwrap(), [1, 2]);
    }

    #[test]
    fn nonsense_and_an_early_end_are_errors() {
        let (mut one, mut other) = pair();
        one.reader.get_mut().write_all(&[255; 4]).unwrap();
        let error = other.receive::<String>().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        let (mut one, mut other) = pair();
        one.reader.get_mut().write_all(&[9, 0, 0, 0, 1]).unwrap();
        one.ender().unwrap().end();
        let error = other.receive::<String>().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn whoever_waits_too_long_fails() {
        let (mut one, _other) = pair();
        one.set_limit(Duration::from_millis(1)).unwrap();
        let error = one.receive::<String>().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    }
}
