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

use futures_util::{FutureExt, Sink, SinkExt, Stream as _};
use socketio_proto::{Client, Frame, Stage, TransportFailure};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time,
};
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        error::{CapacityError, ProtocolError},
    },
};

use super::activity::Noted;

/// Most frames of one batch, so that commands, timers and other connections get their turn.
const BATCH: usize = 128;

/// Most bytes of one batch; the last frame may go beyond.
const BATCH_BYTES: usize = 1 << 20;

/// A TCP connection, with or without TLS.
pub(super) enum Stream {
    Plain(Noted<TcpStream>),
    Tls(Box<TlsStream<Noted<TcpStream>>>),
}

/// An open transport.
pub(super) struct Socket {
    websocket: WebSocketStream<Stream>,
    /// Frames were handed over that may not be written yet.
    is_dirty: bool,
    /// What is left is written, then the WebSocket is closed.
    is_closing: bool,
    has_sent_close: bool,
}

impl Socket {
    pub(super) fn new(websocket: WebSocketStream<Stream>) -> Self {
        Self {
            websocket,
            is_dirty: false,
            is_closing: false,
            has_sent_close: false,
        }
    }

    /// Begins to close politely; the end is that of [`poll`](Self::poll).
    pub(super) fn close(&mut self) {
        self.is_closing = true;
    }

    /// Drops the connection; tells the server if that costs no waiting.
    pub(super) fn abort(mut self) {
        let _ = self.websocket.close(None).now_or_never();
    }

    /// Moves frames both ways. Ready when frames went one way or the other, or with the reason why the connection has
    /// ended. Without `may_read` nothing is received.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut Client,
        may_read: bool,
    ) -> Poll<Result<(), TransportFailure>> {
        let wrote = match self.poll_write(cx, client) {
            Ok(wrote) => wrote,
            // What the server said before it hung up tells more than that it did.
            Err(error) => return Poll::Ready(self.last_words(cx, client, error)),
        };
        let read = may_read || self.is_closing;
        let received = if read { self.poll_read(cx, client)? } else { false };
        if self.websocket.get_mut().take_activity() {
            client.handle_bytes(now());
        }
        match wrote || received {
            true => Poll::Ready(Ok(())),
            false => Poll::Pending,
        }
    }

    /// Writes as much as the stream takes. Says whether the core gave anything.
    fn poll_write(&mut self, cx: &mut Context<'_>, client: &mut Client) -> Result<bool, Error> {
        let mut websocket = Pin::new(&mut self.websocket);
        let mut wrote = false;
        while !self.has_sent_close && websocket.as_mut().poll_ready(cx)?.is_ready() {
            let message = match client.poll_transmit() {
                Some(Frame::Text(text)) => Message::text(text),
                Some(Frame::Binary(bytes)) => Message::Binary(bytes),
                None if self.is_closing => {
                    self.has_sent_close = true;
                    Message::Close(None)
                }
                None => break,
            };
            websocket.as_mut().start_send(message)?;
            self.is_dirty = true;
            wrote = true;
        }
        if self.is_dirty && websocket.as_mut().poll_flush(cx)?.is_ready() {
            self.is_dirty = false;
        }
        Ok(wrote)
    }

    /// Reads a batch. Says whether there was anything.
    fn poll_read(&mut self, cx: &mut Context<'_>, client: &mut Client) -> Result<bool, TransportFailure> {
        let now = now();
        let mut bytes = 0;
        for count in 0..BATCH {
            if bytes >= BATCH_BYTES {
                break;
            }
            let Poll::Ready(next) = Pin::new(&mut self.websocket).poll_next(cx) else {
                return Ok(count > 0);
            };
            match next {
                Some(Ok(Message::Text(text))) => {
                    bytes += text.len();
                    client.handle_frame(now, Frame::Text(text.as_str()));
                }
                Some(Ok(Message::Binary(data))) => {
                    bytes += data.len();
                    client.handle_frame(now, Frame::Binary(data));
                }
                Some(Ok(Message::Close(frame))) => {
                    // The answer is queued; the server may wait for it.
                    let _ = self.websocket.flush().now_or_never();
                    return Err(TransportFailure::Closed {
                        code: frame.as_ref().map(|frame| frame.code.into()),
                        reason: frame.map(|frame| frame.reason.to_string()).unwrap_or_default(),
                    });
                }
                // The library answers the WebSocket's own pings; the server is alive anyway.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => self.is_dirty = true,
                Some(Err(error)) => return Err(failure(error)),
                None => return Err(TransportFailure::eof()),
            }
        }
        Ok(true)
    }

    /// The connection cannot be written to any more: takes what was received before.
    fn last_words(
        &mut self,
        cx: &mut Context<'_>,
        client: &mut Client,
        error: Error,
    ) -> Result<(), TransportFailure> {
        match self.poll_read(cx, client)? {
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
