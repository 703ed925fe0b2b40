//! The one transport of a connection, in whatever state.

use std::future::{pending, poll_fn};

use socketio_proto::{Client, TransportFailure};

use super::{
    inbox::Inbox,
    open::{Opened, Opening},
    polling::Polling,
    socket::Socket,
};

pub(super) enum Transport {
    /// There is none.
    None,
    /// It is being opened.
    Opening(Opening),
    /// A WebSocket is open.
    WebSocket(Box<Socket>),
    /// A session is polled.
    Polling(Box<Polling>),
}

/// What a transport did.
pub(super) enum Turn {
    /// Frames went one way or the other.
    Moved,
    /// It is open now.
    Opened(Opened),
    /// The session that was polled goes on over this.
    Upgraded(Box<Socket>),
    /// It could not be opened, or has ended.
    Ended(TransportFailure),
}

impl Transport {
    /// Waits for what comes next, and lets frames pass. Cancel-safe.
    pub(super) async fn turn(&mut self, client: &mut Client, inbox: &mut Inbox<'_>) -> Turn {
        match self {
            Transport::None => pending().await,
            Transport::Opening(opening) => match opening.await {
                Ok(opened) => Turn::Opened(opened),
                Err(failure) => Turn::Ended(failure),
            },
            Transport::WebSocket(socket) => match poll_fn(|cx| socket.poll(cx, client, inbox)).await {
                Ok(()) => Turn::Moved,
                Err(failure) => Turn::Ended(failure),
            },
            Transport::Polling(polling) => match poll_fn(|cx| polling.poll(cx, client, inbox)).await {
                Ok(None) => Turn::Moved,
                Ok(Some(socket)) => Turn::Upgraded(socket),
                Err(failure) => Turn::Ended(failure),
            },
        }
    }

    /// Whether it takes frames now: what is handed over leaves at once, as far as can be known.
    pub(super) fn is_writable(&self) -> bool {
        match self {
            Transport::WebSocket(socket) => socket.is_writable(),
            Transport::Polling(polling) => polling.is_writable(),
            Transport::None | Transport::Opening(_) => false,
        }
    }

    /// Begins to close it politely, if it is open.
    pub(super) fn close(&mut self) {
        match self {
            Transport::WebSocket(socket) => socket.close(),
            Transport::Polling(polling) => polling.close(),
            Transport::None | Transport::Opening(_) => {}
        }
    }

    /// Drops the transport.
    pub(super) fn abort(&mut self) {
        if let Transport::WebSocket(socket) = std::mem::replace(self, Transport::None) {
            socket.abort();
        }
    }
}

impl From<Opened> for Transport {
    fn from(opened: Opened) -> Self {
        match opened {
            Opened::WebSocket(socket) => Self::WebSocket(socket),
            Opened::Polling(polling) => Self::Polling(polling),
        }
    }
}
