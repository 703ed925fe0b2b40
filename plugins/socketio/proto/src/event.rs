//! What the client tells its caller: events for the application, actions for the transport.

use std::{fmt, sync::Arc, time::Duration};

use crate::{AckId, Data, EmitError, Error, RequestId, json};

/// Why a namespace or a connection ended, in the words of the official client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DisconnectReason {
    /// The server sent DISCONNECT. No reconnection.
    IoServerDisconnect,
    /// The application asked for it. No reconnection.
    IoClientDisconnect,
    /// Nothing was heard for pingInterval + pingTimeout.
    PingTimeout,
    /// The server closed the transport.
    TransportClose,
    /// The transport failed.
    TransportError,
    /// A packet broke the protocol or a limit.
    ParseError,
    /// The client gave the connection up: no namespace was accepted. Of connections only, never of namespaces.
    ForcedClose,
}

impl DisconnectReason {
    /// The protocol's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IoServerDisconnect => "io server disconnect",
            Self::IoClientDisconnect => "io client disconnect",
            Self::PingTimeout => "ping timeout",
            Self::TransportClose => "transport close",
            Self::TransportError => "transport error",
            Self::ParseError => "parse error",
            Self::ForcedClose => "forced close",
        }
    }
}

impl fmt::Display for DisconnectReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A received event.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The namespace.
    pub namespace: Arc<str>,
    /// The event's name; a numeric one as its digits.
    pub name: String,
    /// The arguments, none to many.
    pub args: Vec<Data>,
    /// What to answer, if the server wants an acknowledgement.
    pub request: Option<RequestId>,
}

impl Message {
    /// The arguments as one text: no argument is empty, one string is itself, one other value is its JSON, several are
    /// a JSON array. Binary is base64 (see [`Data`]).
    pub fn text(&self) -> String {
        text(&self.args)
    }
}

/// Arguments as one text, as [`Message::text`] says.
pub fn text(args: &[Data]) -> String {
    match args {
        [] => String::new(),
        [Data::String(text)] => text.clone(),
        [one] => one.to_json(),
        many => json::array(many),
    }
}

/// A received event with one argument, a string; borrowed from its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlainMessage<'a> {
    /// The namespace.
    pub namespace: &'a str,
    /// The event's name.
    pub name: &'a str,
    /// The argument.
    pub text: &'a str,
}

/// Why a namespace could not be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConnectErrorKind {
    /// The server sent CONNECT_ERROR. The namespace is inactive until it is joined again.
    Refused,
    /// The server disconnected the namespace in place of a reply. The namespace is inactive until it is joined again.
    Disconnected,
    /// A server of Socket.IO 2 reports an error to a namespace that is joined, and that stays joined.
    Reported,
    /// No reply within [`Config::namespace_timeout`](crate::Config::namespace_timeout). The namespace stays wanted: a
    /// late reply still joins it; without any joined namespace the connection is given up and tried again.
    TimedOut,
}

/// How an acknowledgement that was asked for has ended.
#[derive(Debug, Clone, PartialEq)]
pub enum AckOutcome {
    /// The server acknowledged the event, with these arguments.
    Acknowledged(Vec<Data>),
    /// Not within the time limit. An event that was not written by then is not sent any more.
    TimedOut,
    /// The event was written, then the connection or the namespace was lost. Whether the server has it is unknown.
    Disconnected,
    /// The application stopped the client or left the namespace.
    Stopped,
    /// The event cannot be sent, as in [`Event::Unsent`].
    Unsent(EmitError),
}

/// Something the application should know. For each namespace `Connected` and `Disconnected` strictly alternate, as do
/// `Opened` and `Closed`.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The Engine.IO connection is open.
    Opened {
        /// The engine's session id; namespaces have their own.
        sid: String,
        /// The transports that the server offers in place of polling; none over WebSocket.
        upgrades: Vec<String>,
        /// The largest message the server takes, in bytes, if it said so.
        max_payload: Option<u64>,
    },
    /// The Engine.IO connection has ended.
    Closed {
        /// Why.
        reason: DisconnectReason,
    },
    /// A namespace is joined.
    Connected {
        /// The namespace.
        namespace: Arc<str>,
        /// Its session id.
        sid: String,
        /// The server has restored the session: its id is the old one, and what was missed follows.
        recovered: bool,
    },
    /// A joined namespace is no longer joined.
    Disconnected {
        /// The namespace.
        namespace: Arc<str>,
        /// Why.
        reason: DisconnectReason,
    },
    /// An event arrived.
    Message(Message),
    /// An acknowledgement that [`Client::emit_with_ack`](crate::Client::emit_with_ack) asked for has ended; once for each.
    AckEnded {
        /// Which one.
        id: AckId,
        /// How.
        outcome: AckOutcome,
    },
    /// A namespace could not be joined.
    ConnectError {
        /// The namespace.
        namespace: Arc<str>,
        /// What kind of failure.
        kind: ConnectErrorKind,
        /// The server's message, or ours.
        message: String,
        /// The server's `data`, if it sent any.
        data: Option<Data>,
    },
    /// The connection could not be opened, or has a fault that ends it.
    Error {
        /// What happened.
        error: Error,
        /// The reconnection attempt it belongs to; 0 is the first connection, or an open one.
        attempt: u32,
    },
    /// An event that was queued cannot be sent; the others can. With an acknowledgement it is the outcome of that.
    Unsent {
        /// The namespace.
        namespace: Arc<str>,
        /// Why.
        error: EmitError,
    },
    /// Another attempt begins after the delay.
    ReconnectAttempt {
        /// Counts from 1, anew after each open connection.
        attempt: u32,
        /// The wait before it.
        delay: Duration,
    },
    /// All attempts failed. The client is idle until the application connects again.
    ReconnectFailed,
    /// [`Client::disconnect`](crate::Client::disconnect) has finished. Nothing follows until the next
    /// [`Client::connect`](crate::Client::connect).
    Stopped,
}

/// Something the driver must do with its transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Open a transport, then report `handle_opened` or `handle_closed`.
    Open {
        /// 0 for the first connection, else the number of the reconnection attempt.
        attempt: u32,
    },
    /// Write all that `poll_transmit` still gives, close the transport, then report `handle_closed`.
    Close,
    /// Drop the transport, open or opening, at once. Report nothing more about it.
    Abort,
}
