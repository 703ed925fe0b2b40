//! The one transport of a connection, in whatever state.

use std::{
    future::{Future, pending, poll_fn},
    pin::Pin,
};

use socketio_proto::{Client, TransportFailure};

use super::{inbox::Inbox, socket::Socket};

type Opening = Pin<Box<dyn Future<Output = Result<Socket, TransportFailure>> + Send>>;

pub(super) enum Transport {
    /// There is none.
    None,
    /// It is being opened.
    Opening(Opening),
    /// It is open.
    Open(Box<Socket>),
}

/// What a transport did.
pub(super) enum Turn {
    /// Frames went one way or the other.
    Moved,
    /// It is open now.
    Opened(Box<Socket>),
    /// It could not be opened, or has ended.
    Ended(TransportFailure),
}

impl Transport {
    /// Waits for what comes next, and lets frames pass. Cancel-safe.
    pub(super) async fn turn(&mut self, client: &mut Client, inbox: &mut Inbox<'_>) -> Turn {
        match self {
            Transport::None => pending().await,
            Transport::Opening(opening) => match opening.await {
                Ok(socket) => Turn::Opened(Box::new(socket)),
                Err(failure) => Turn::Ended(failure),
            },
            Transport::Open(socket) => match poll_fn(|cx| socket.poll(cx, client, inbox)).await {
                Ok(()) => Turn::Moved,
                Err(failure) => Turn::Ended(failure),
            },
        }
    }

    /// Drops the transport.
    pub(super) fn abort(&mut self) {
        if let Transport::Open(socket) = std::mem::replace(self, Transport::None) {
            socket.abort();
        }
    }
}
