//! The peer: bare tungstenite on a blocking socket, which does nothing but the WebSocket.
//!
//! It reads frames without decoding what is in them and writes frames that were made before, so it is what no client can
//! be faster than.

use std::{
    net::{Ipv4Addr, TcpStream},
    sync::mpsc::Sender,
    time::Instant,
};

use tungstenite::{Message, Utf8Bytes, WebSocket, error::Error};

use crate::{Failure, Result, project::PATIENCE};

/// A client that has joined the namespace `/`.
pub struct Peer {
    websocket: WebSocket<TcpStream>,
}

impl Peer {
    /// Connects to the bench's server.
    pub fn connect(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let url = format!("ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket");
        let (websocket, _) =
            tungstenite::client(url, stream).map_err(|error| Failure::new(format!("the peer: {error}")))?;
        let mut peer = Self { websocket };
        peer.read()?;
        peer.websocket.send(Message::text("40"))?;
        peer.read()?;
        Ok(peer)
    }

    /// Asks the server to begin.
    pub fn go(&mut self) -> Result<()> {
        Ok(self.websocket.send(Message::text("42[\"go\"]"))?)
    }

    /// Reads to the end; how many texts came.
    pub fn read_all(mut self) -> Result<u64> {
        let mut count = 0;
        while self.read()? {
            count += 1;
        }
        Ok(count)
    }

    /// Says when each text came.
    pub fn tell_all(mut self, seen: &Sender<Instant>) -> Result<()> {
        while self.read()? {
            // The server that listens to it may have enough.
            let _ = seen.send(Instant::now());
        }
        Ok(())
    }

    /// Sends each text back.
    pub fn echo_all(mut self) -> Result<()> {
        loop {
            match self.websocket.read() {
                Ok(Message::Text(text)) => self.websocket.send(Message::Text(text))?,
                Ok(_) => {}
                Err(Error::ConnectionClosed) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Asks with an event that wants an acknowledgement, and again when any text is there, until the server hangs up.
    pub fn ask_all(mut self, message: &str) -> Result<()> {
        for id in 0_u64.. {
            let question = format!("42{id}[\"e\",\"{message}\"]");
            match self.websocket.send(Message::text(question)) {
                Ok(()) if self.read()? => {}
                Ok(()) | Err(Error::ConnectionClosed | Error::Io(_)) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Sends a text so many times, then reads to the end.
    pub fn write_all(mut self, text: &str, count: u64) -> Result<()> {
        let text = Utf8Bytes::from(text);
        for _ in 0..count {
            self.websocket.write(Message::Text(text.clone()))?;
        }
        self.websocket.flush()?;
        self.read_all().map(|_| ())
    }

    /// Reads up to and including the next text; false at the end.
    fn read(&mut self) -> Result<bool> {
        loop {
            match self.websocket.read() {
                Ok(Message::Text(_)) => return Ok(true),
                Ok(_) => {}
                Err(Error::ConnectionClosed) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
    }
}
