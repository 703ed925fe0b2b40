//! The Socket.IO client protocol without I/O: bytes and time in, bytes and events out.
//!
//! It speaks Socket.IO protocol v5 in Engine.IO protocol v4, and v4 in v3 for servers of Socket.IO 1 and 2, over WebSocket
//! and polling: handshake, heartbeat, namespaces, text and binary events, acknowledgements, reconnection, the recovery of what was missed, the upgrade.
//! `generation` finds out which of the two a server speaks. The crate opens no connection, reads no clock, starts no
//! thread and draws no random numbers: the caller (the *driver*) does, and hands the results in.
//!
//! Start at [`Client`], which is one connection with its namespaces. The rooms that a received frame walks through:
//! `engine` (Engine.IO packet) → `decoder` and `decode` (Socket.IO packet, attachments) → `client::receive`
//! (namespace) → [`Event`]. What is sent walks back: [`Client::emit`] → `encode` → `buffer` (per namespace) → `outbox`
//! (per connection) → [`Client::poll_transmit`].
//!
//! # The driver's part
//!
//! After every call of a request or `handle_*` function, poll until `None`, in this order:
//! [`poll_transmit`](Client::poll_transmit) while the transport takes frames,
//! [`poll_action`](Client::poll_action), [`poll_event`](Client::poll_event); then sleep until
//! [`poll_timeout`](Client::poll_timeout) or the next input. There is at most one transport at any time; after
//! [`Action::Abort`] and after its own [`handle_closed`](Client::handle_closed) nothing may be reported about the old
//! one any more.
//!
//! # Transports
//!
//! The client gives and takes Engine.IO packets as [`Frame`]s, whatever carries them. For a WebSocket that is all. For HTTP
//! long-polling [`Batch`] and [`PayloadDecoder`] turn them into bodies and back, and [`Upgrade`] leads from there to a
//! WebSocket.
//!
//! "engine.io-protocol v4" and "socket.io-protocol v5" in comments are the documents in `socketio/socket.io`,
//! `docs/engine.io-protocol/v4-current.md` and `docs/socket.io-protocol/v5-current.md`; `v3.md` and `v4.md` beside them are
//! the older ones.

#![forbid(unsafe_code)]

mod acks;
mod backoff;
mod base64;
mod buffer;
mod client;
mod config;
mod data;
mod decode;
mod decoder;
mod encode;
mod engine;
mod error;
mod event;
mod generation;
mod handshake;
mod heartbeat;
mod json;
mod msgpack;
mod namespace;
mod outbox;
mod payload;
mod plain;
mod recovery;
mod retry;
mod session;
mod timestamp;
mod transport;
mod upgrade;
mod v3;

#[cfg(test)]
mod tests;

pub use acks::{AckId, RequestId};
pub use client::Client;
pub use config::{Config, Limits, Parser, Random, Retries};
pub use data::Data;
pub use encode::{MAX_DEPTH, TextEvent, is_reserved_name};
pub use error::{DecodeError, EmitError, Error, HandshakeError, JoinError};
pub use event::{AckOutcome, Action, ConnectErrorKind, DisconnectReason, Event, Message, PlainMessage, text};
pub use generation::Protocol;
pub use namespace::normalize as normalize_namespace;
pub use payload::{Batch, Body, PayloadDecoder, PayloadError};
pub use transport::{Frame, Stage, TransportFailure};
pub use upgrade::{Upgrade, UpgradeAction};
