//! An open WebSocket: frames of the protocol core out, frames of the server in.
//!
//! Both directions are batched. Writing takes all that the core has and flushes once; reading takes all frames that are
//! there, up to a bound, before anything else happens. The core gives a pong ahead of all else, so it waits for one
//! frame at most.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

use socketio_proto::{Client, Frame, Stage, TransportFailure};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time,
};
use tokio_rustls::client::TlsStream;
use tungstenite::{
    Error, Message, WebSocket,
    error::{CapacityError, ProtocolError},
};

use super::{
    activity::Noted,
    inbox::Inbox,
    network::Wire,
    polled::{Polled, would_block},
};

/// Most frames of one batch, so that commands, timers and other connections get their turn.
const BATCH: usize = 512;

/// Most bytes of one batch; the last frame may go beyond.
const BATCH_BYTES: usize = 1 << 20;

/// A TCP connection, with or without TLS.
pub(super) enum Stream {
    Plain(Noted<Wire>),
    Tls(Box<TlsStream<Noted<Wire>>>),
}

/// An open transport.
pub(super) struct Socket {
    websocket: WebSocket<Polled<Stream>>,
    /// The stream takes no more; what was handed over last waits in the WebSocket's buffer.
    is_blocked: bool,
    /// Frames were handed over that may not be written yet.
    is_dirty: bool,
    /// What is left is written, then the WebSocket is closed.
    is_closing: bool,
    has_sent_close: bool,
}

impl Socket {
    pub(super) fn new(websocket: WebSocket<Polled<Stream>>) -> Self {
        Self {
            websocket,
            is_blocked: false,
            is_dirty: false,
            is_closing: false,
            has_sent_close: false,
        }
    }

    /// Whether the stream took all that it was given.
    pub(super) fn is_writable(&self) -> bool {
        !self.is_blocked
    }

    /// Begins to close politely; the end is that of [`poll`](Self::poll).
    pub(super) fn close(&mut self) {
        self.is_closing = true;
    }

    /// Drops the connection; tells the server if that costs no waiting.
    pub(super) fn abort(mut self) {
        let _ = self.websocket.close(None).and_then(|()| self.websocket.flush());
    }

    /// Writes a message ahead of all that the core gives.
    pub(super) fn send(&mut self, frame: Frame) -> Result<(), TransportFailure> {
        let message = match frame {
            Frame::Text(text) => Message::text(text),
            Frame::Binary(bytes) => Message::Binary(bytes),
        };
        match self.websocket.write(message) {
            Ok(()) => {}
            // It was taken nevertheless.
            Err(error) if would_block(&error) => self.is_blocked = true,
            Err(error) => return Err(failure(error)),
        }
        self.is_dirty = true;
        self.flush().map_err(failure)
    }

    /// The next message, which is for nobody but the caller; while the core has another transport.
    pub(super) fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, TransportFailure>> {
        self.websocket.get_ref().task().enter(cx);
        loop {
            if self.is_dirty {
                self.flush().map_err(failure)?;
            }
            match self.websocket.read() {
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => self.is_dirty = true,
                Ok(Message::Close(_)) => return Poll::Ready(Err(TransportFailure::eof())),
                Ok(message) => return Poll::Ready(Ok(message)),
                Err(error) if would_block(&error) => return Poll::Pending,
                Err(error) => return Poll::Ready(Err(failure(error))),
            }
        }
    }

    /// Moves frames both ways, and messages into `inbox`. Ready when frames went one way or the other, or with the
    /// reason why the connection has ended. With a full inbox nothing is received.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut Client,
        inbox: &mut Inbox<'_>,
    ) -> Poll<Result<(), TransportFailure>> {
        self.websocket.get_ref().task().enter(cx);
        let wrote = match self.write(client) {
            Ok(wrote) => wrote,
            // What the server said before it hung up tells more than that it did.
            Err(error) => return Poll::Ready(self.last_words(client, inbox, error)),
        };
        let may_read = !inbox.is_full() || self.is_closing;
        let received = may_read && self.read(client, inbox)?;
        if self.websocket.get_mut().stream().take_activity() {
            client.handle_bytes(now());
        }
        match wrote || received {
            true => Poll::Ready(Ok(())),
            false => Poll::Pending,
        }
    }

    /// Writes as much as the stream takes. Says whether the core gave anything.
    fn write(&mut self, client: &mut Client) -> Result<bool, Error> {
        let mut wrote = false;
        while !self.has_sent_close && self.may_write()? {
            let message = match client.poll_transmit() {
                Some(Frame::Text(text)) => Message::text(text),
                Some(Frame::Binary(bytes)) => Message::Binary(bytes),
                None if self.is_closing => {
                    self.has_sent_close = true;
                    Message::Close(None)
                }
                None => break,
            };
            match self.websocket.write(message) {
                Ok(()) => {}
                // It was taken nevertheless.
                Err(error) if would_block(&error) => self.is_blocked = true,
                Err(error) => return Err(error),
            }
            self.is_dirty = true;
            wrote = true;
        }
        if self.is_dirty {
            self.flush()?;
        }
        Ok(wrote)
    }

    fn may_write(&mut self) -> Result<bool, Error> {
        if self.is_blocked {
            self.flush()?;
        }
        Ok(!self.is_blocked)
    }

    /// Writes what the WebSocket has buffered, as far as the stream takes it.
    fn flush(&mut self) -> Result<(), Error> {
        match self.websocket.flush() {
            Ok(()) => (self.is_blocked, self.is_dirty) = (false, false),
            Err(error) if would_block(&error) => self.is_blocked = true,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Reads a batch. Says whether there was anything. A message is taken at once, while it is in the processor's cache.
    fn read(&mut self, client: &mut Client, inbox: &mut Inbox<'_>) -> Result<bool, TransportFailure> {
        let now = now();
        let mut bytes = 0;
        for count in 0..BATCH {
            if bytes >= BATCH_BYTES {
                break;
            }
            match self.websocket.read() {
                Ok(Message::Text(text)) => {
                    bytes += text.len();
                    if let Some(message) = client.handle_plain(now, text.as_str()) {
                        inbox.take_plain(message);
                        continue;
                    }
                    client.handle_frame(now, Frame::Text(text.as_str()));
                }
                Ok(Message::Binary(data)) => {
                    bytes += data.len();
                    client.handle_frame(now, Frame::Binary(data));
                }
                Ok(Message::Close(frame)) => {
                    // The answer is queued; the server may wait for it.
                    let _ = self.websocket.flush();
                    return Err(TransportFailure::Closed {
                        code: frame.as_ref().map(|frame| frame.code.into()),
                        reason: frame.map(|frame| frame.reason.to_string()).unwrap_or_default(),
                    });
                }
                // The library answers the WebSocket's own pings; the server is alive anyway.
                Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => self.is_dirty = true,
                Err(error) if would_block(&error) => return Ok(count > 0),
                Err(error) => return Err(failure(error)),
            }
            while let Some(message) = client.poll_message() {
                inbox.take(message);
            }
        }
        Ok(true)
    }

    /// The connection cannot be written to any more: takes what was received before.
    fn last_words(
        &mut self,
        client: &mut Client,
        inbox: &mut Inbox<'_>,
        error: Error,
    ) -> Result<(), TransportFailure> {
        match self.read(client, inbox)? {
            true => Ok(()),
            false => Err(failure(error)),
        }
    }
}

/// Why an open WebSocket has ended.
fn failure(error: Error) -> TransportFailure {
    let (stage, message) = match error {
        Error::ConnectionClosed
        | Error::AlreadyClosed
        | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake | ProtocolError::SendAfterClosing) => {
            return TransportFailure::eof();
        }
        Error::Capacity(CapacityError::MessageTooLong { size, max_size }) => (
            Stage::Limit,
            format!("a message of {size} bytes is larger than {max_size} (setting `max_message_size`)"),
        ),
        Error::Protocol(error) => (
            Stage::WebSocket,
            format!("the server breaks the WebSocket protocol: {error}"),
        ),
        Error::Io(error) => (Stage::WebSocket, error.to_string()),
        other => (Stage::WebSocket, other.to_string()),
    };
    TransportFailure::Failed { stage, message }
}

/// The time by the runtime's clock.
pub(super) fn now() -> Instant {
    time::Instant::now().into_std()
}

impl Stream {
    fn take_activity(&mut self) -> bool {
        match self {
            Stream::Plain(stream) => stream.take_activity(),
            Stream::Tls(stream) => stream.get_mut().0.take_activity(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Stream::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Stream::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Stream::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
