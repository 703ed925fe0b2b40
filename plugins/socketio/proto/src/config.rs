//! What can be set on a client, with the defaults of the official one (socket.io-client 4.8).
//!
//! Not here: URLs, headers, TLS and all else that belongs to the transport.

use std::time::Duration;

use crate::Protocol;

/// A source of numbers in `0.0..1.0`, used to spread reconnection attempts.
pub type Random = Box<dyn FnMut() -> f64 + Send>;

/// The bounds of a buffer. Reaching either one is an error, never a silent loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Highest number of packets.
    pub packets: usize,
    /// Highest sum of their sizes, attachments included.
    pub bytes: usize,
}

/// Sends an event again that the server has not acknowledged: at least once instead of at most once. Then every event but
/// volatile ones asks for an acknowledgement, and in each namespace one is under way at a time. After a try that timed out
/// or ended with the connection comes the next, with an id of its own; so the server may get an event twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Most tries after the first.
    pub count: u32,
    /// How long each waits for the server, unless [`Client::emit_with_ack`](crate::Client::emit_with_ack) says it.
    pub timeout: Duration,
}

/// How Socket.IO packets are written on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Parser {
    /// JSON with attachments: `socket.io-parser`.
    #[default]
    Json,
    /// MessagePack: `socket.io-msgpack-parser`. Only with Engine.IO 4.
    MessagePack,
}

/// The settings of one [`Client`](crate::Client).
#[non_exhaustive]
pub struct Config {
    /// Which generation of the protocol is spoken. Default: that of the server. The URL's `EIO` is the driver's: 3 for
    /// [`Protocol::EngineIo3`], else 4.
    pub protocol: Protocol,
    /// Whether a lost or failed connection is tried again. Default: true.
    pub reconnection: bool,
    /// How many attempts in a row before giving up; `None` is for ever. Default: `None`.
    pub reconnection_attempts: Option<u32>,
    /// The wait before the first attempt, before randomization. Default: 1 s.
    pub reconnection_delay: Duration,
    /// The longest wait before an attempt. Default: 5 s.
    pub reconnection_delay_max: Duration,
    /// How far a wait may stray from its nominal value, 0 to 1. Default: 0.5.
    pub randomization_factor: f64,
    /// Time from [`Action::Open`](crate::Action::Open) to the Engine.IO handshake; `None` is no limit. Default: 20 s.
    pub connect_timeout: Option<Duration>,
    /// Time from a namespace's CONNECT to its reply; `None` is no limit. Default: 20 s. The official client has none.
    pub namespace_timeout: Option<Duration>,
    /// Time for a polite close to write what is queued, then the transport is dropped. Default: 1.5 s.
    pub close_timeout: Duration,
    /// Bounds of what waits to be sent, for each namespace. Default: 10 000 packets, 64 MiB.
    pub send_buffer: Limits,
    /// Whether events are sent again that the server has not acknowledged. Default: `None`.
    pub retries: Option<Retries>,
    /// Most acknowledgements that the server may owe at the same time. Default: 10 000.
    pub max_pending_acks: usize,
    /// Bounds of what arrives ahead of the CONNECT reply, for each namespace. Default: 10 000 packets, 64 MiB.
    pub receive_buffer: Limits,
    /// Most attachments of one received packet. Default: 1000.
    pub max_attachments: usize,
    /// Largest sum of the attachments of one received packet, in bytes. Default: 128 MiB.
    pub max_attachment_bytes: usize,
    /// Most attachments of one sent packet. Default: 10, above which current Node.js servers close the connection.
    pub max_sent_attachments: usize,
    /// Whether the offset that servers with connection state recovery put behind the arguments of an event is taken off. Default:
    /// false. Such a server's volatile events have none and lose their last argument, if it is a text.
    pub strip_offset: bool,
    /// How packets are written; the server must have the same. Default: JSON.
    pub parser: Parser,
    /// Where randomness comes from.
    pub random: Random,
}

impl Config {
    /// The defaults, with the given source of randomness.
    pub fn new(random: impl FnMut() -> f64 + Send + 'static) -> Self {
        let buffer = Limits {
            packets: 10_000,
            bytes: 64 << 20,
        };
        Self {
            protocol: Protocol::Auto,
            reconnection: true,
            reconnection_attempts: None,
            reconnection_delay: Duration::from_secs(1),
            reconnection_delay_max: Duration::from_secs(5),
            randomization_factor: 0.5,
            connect_timeout: Some(Duration::from_secs(20)),
            namespace_timeout: Some(Duration::from_secs(20)),
            close_timeout: Duration::from_millis(1500),
            send_buffer: buffer,
            retries: None,
            max_pending_acks: 10_000,
            receive_buffer: buffer,
            max_attachments: 1000,
            max_attachment_bytes: 128 << 20,
            max_sent_attachments: 10,
            strip_offset: false,
            parser: Parser::default(),
            random: Box::new(random),
        }
    }
}
