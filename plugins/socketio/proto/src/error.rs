//! The errors, one enum for each operation.

use std::time::Duration;

use crate::{Stage, TransportFailure};

/// Why [`Client::join`](crate::Client::join) refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// On the wire a namespace ends at the first comma.
    #[error("namespace `{0}` contains a `,`")]
    InvalidName(String),
    /// Servers close the whole connection on any other auth payload.
    #[error("the auth of namespace `{0}` is not a JSON object")]
    InvalidAuth(String),
}

/// Why [`Client::emit`](crate::Client::emit) refused. Nothing was queued.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EmitError {
    /// The namespace was never joined, or it was left.
    #[error("namespace `{0}` is not joined")]
    UnknownNamespace(String),
    /// The name belongs to the protocol's own events.
    #[error("event name `{0}` is reserved")]
    ReservedName(String),
    /// The send buffer of the namespace is full.
    #[error("the send buffer of namespace `{namespace}` is full ({packets} packets, {bytes} bytes)")]
    BufferFull {
        /// The namespace.
        namespace: String,
        /// Packets in the buffer.
        packets: usize,
        /// Bytes in the buffer.
        bytes: usize,
    },
    /// It waited in a full send buffer and gave way, see [`Client::drop_oldest`](crate::Client::drop_oldest).
    #[error("the event was dropped, the send buffer is full")]
    Dropped,
    /// More attachments than [`Config::max_sent_attachments`](crate::Config::max_sent_attachments).
    #[error("the event has {count} attachments, the limit is {limit}")]
    TooManyAttachments {
        /// Attachments of the event.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// The connection on which the server asked is gone, or its namespace was left.
    #[error("the server does not wait for the acknowledgement any more")]
    RequestOver,
    /// As many acknowledgements are owed as [`Config::max_pending_acks`](crate::Config::max_pending_acks).
    #[error("{limit} acknowledgements are awaited already, no more may be")]
    TooManyPendingAcks {
        /// The limit.
        limit: usize,
    },
    /// The last of [`Config::retries`](crate::Config::retries) has ended without an acknowledgement. The server may have it.
    #[error("the server has not acknowledged the event in {tries} tries")]
    NotAcknowledged {
        /// How often it was sent.
        tries: u32,
    },
    /// More than the server takes in one polling payload. Found when its turn to be sent has come.
    #[error("a packet of the event has {size} bytes, the server takes {limit} over polling (maxPayload)")]
    TooLarge {
        /// The bytes of its largest packet, as it would stand in the payload.
        size: usize,
        /// The server's limit.
        limit: usize,
    },
    /// Nested so deep that a peer would not read it.
    #[error("the event is nested deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
}

impl EmitError {
    /// The namespace that it concerns, if it is not the event itself.
    pub fn namespace(&self) -> Option<&str> {
        match self {
            Self::UnknownNamespace(namespace) | Self::BufferFull { namespace, .. } => Some(namespace),
            _ => None,
        }
    }
}

/// What is wrong with a received packet. Each one closes the connection with `parse error`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A text frame without a packet type.
    #[error("empty frame")]
    EmptyFrame,
    /// The first character is no Engine.IO packet type.
    #[error("unknown engine packet type `{0}`")]
    UnknownEngineType(char),
    /// The digit after `4` is no Socket.IO packet type.
    #[error("unknown packet type")]
    UnknownType,
    /// The attachment count, or a placeholder's number, is not valid.
    #[error("illegal attachments")]
    IllegalAttachments,
    /// More attachments than [`Config::max_attachments`](crate::Config::max_attachments).
    #[error("packet with {count} attachments, the limit is {limit}")]
    TooManyAttachments {
        /// The announced count.
        count: usize,
        /// The limit.
        limit: usize,
    },
    /// The attachments outgrow [`Config::max_attachment_bytes`](crate::Config::max_attachment_bytes).
    #[error("packet with more than {limit} bytes of attachments")]
    AttachmentsTooLarge {
        /// The limit.
        limit: usize,
    },
    /// The ack id does not fit in 64 bits.
    #[error("illegal ack id")]
    IllegalAckId,
    /// The payload is not what the packet's type asks for.
    #[error("invalid payload: {0}")]
    InvalidPayload(String),
    /// A binary frame that no packet announced.
    #[error("binary frame without a packet that announced it")]
    UnexpectedBinary,
    /// A text packet in the middle of a binary one.
    #[error("text packet while attachments are missing")]
    MissingAttachments,
    /// A `b` frame that is not base64.
    #[error("illegal base64")]
    IllegalBase64,
    /// A second handshake.
    #[error("open packet on an open connection")]
    UnexpectedOpen,
    /// More events ahead of the CONNECT reply than [`Config::receive_buffer`](crate::Config::receive_buffer) holds.
    #[error("too many events before the connect reply of namespace `{namespace}`")]
    ReceiveBufferFull {
        /// The namespace.
        namespace: String,
    },
}

/// What is wrong with the first packet of a connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// The first packet is another one.
    #[error("the first packet is not an engine.io handshake")]
    NotAHandshake,
    /// The handshake's JSON is not valid.
    #[error("invalid engine.io handshake: {0}")]
    Invalid(String),
}

/// A fault of the connection, given by [`Event::Error`](crate::Event::Error).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The transport failed or was closed.
    #[error(transparent)]
    Transport(#[from] TransportFailure),
    /// No handshake within [`Config::connect_timeout`](crate::Config::connect_timeout).
    #[error("no connection within {limit:?}")]
    ConnectTimeout {
        /// Where it hung: opening the transport, or waiting for the handshake.
        stage: Stage,
        /// The limit.
        limit: Duration,
    },
    /// The handshake cannot be used.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    /// The server is of an older generation. The client goes idle: trying again would not help.
    #[error("the server speaks Engine.IO 3 (Socket.IO 2 or older), the client is set to Engine.IO 4")]
    EngineIo3,
    /// The server is of a newer generation. The client goes idle, too.
    #[error("the server speaks Engine.IO 4 (Socket.IO 3 or newer), the client is set to Engine.IO 3")]
    EngineIo4,
    /// The server closed the open connection ahead of its first reply to a CONNECT.
    #[error("the server closed the connection before it accepted a namespace")]
    ClosedEarly,
    /// A packet broke the protocol or a limit.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl Error {
    /// The step in which it happened.
    pub fn stage(&self) -> Stage {
        match self {
            Self::Transport(TransportFailure::Failed { stage, .. }) | Self::ConnectTimeout { stage, .. } => {
                *stage
            }
            Self::Transport(TransportFailure::Closed { .. }) => Stage::WebSocket,
            Self::Handshake(_) | Self::EngineIo3 | Self::EngineIo4 => Stage::Handshake,
            Self::ClosedEarly => Stage::Namespace,
            Self::Decode(
                DecodeError::TooManyAttachments { .. }
                | DecodeError::AttachmentsTooLarge { .. }
                | DecodeError::ReceiveBufferFull { .. },
            ) => Stage::Limit,
            Self::Decode(_) => Stage::Parse,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_stay_small() {
        assert!(size_of::<Error>() <= 48, "{}", size_of::<Error>());
        assert!(size_of::<EmitError>() <= 48, "{}", size_of::<EmitError>());
    }
}
