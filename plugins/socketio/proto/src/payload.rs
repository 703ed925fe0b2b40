//! Payloads of HTTP long-polling: the packets of one body, in the framing of the server's generation.
//!
//! A [`Batch`] gathers frames for one POST; a [`PayloadDecoder`] takes the body of a GET, chunk by chunk, and gives each
//! packet as soon as it is whole: so only one packet has to be bounded, not a body, into which a server may put any number
//! of them.
//!
//! Frames come and go as in WebSocket messages, so that [`Client`](crate::Client) need not know the transport. A `b` packet
//! is handed on as it is: the client reads that form on either transport.

use crate::{Frame, Protocol};

pub(crate) mod v3;
pub(crate) mod v4;

pub(crate) use v4::binary_size;

/// Most packets in one POST. python-engineio drops a body with more of them, and answers `OK` all the same.
const MAX_PACKETS: usize = 16;

/// The packets of one POST.
#[derive(Debug)]
pub struct Batch(Framed<v4::Batch, v3::Batch>);

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// Whether it is not text.
    pub is_binary: bool,
    /// The packets.
    pub bytes: Vec<u8>,
}

impl Body {
    /// What the header `Content-Type` must say.
    pub fn content_type(&self) -> &'static str {
        match self.is_binary {
            true => "application/octet-stream",
            false => "text/plain;charset=UTF-8",
        }
    }
}

/// One of the two framings.
#[derive(Debug)]
enum Framed<V4, V3> {
    V4(V4),
    V3(V3),
}

impl Batch {
    /// An empty one. `max_payload` is the server's limit for a body in bytes, `None` if it named none; those of Engine.IO 3
    /// never do.
    pub fn new(protocol: Protocol, max_payload: Option<usize>) -> Self {
        Self(match protocol {
            Protocol::EngineIo3 => Framed::V3(v3::Batch::default()),
            Protocol::EngineIo4 | Protocol::Auto => Framed::V4(v4::Batch::new(max_payload)),
        })
    }

    /// Adds a packet, or gives it back if it is for the next batch. The first one always finds room: what is too large
    /// even alone, the client does not give ([`Client::limit_packets`](crate::Client::limit_packets)).
    pub fn push(&mut self, frame: Frame) -> Result<(), Frame> {
        match &mut self.0 {
            Framed::V4(batch) => batch.push(frame),
            Framed::V3(batch) => batch.push(frame),
        }
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Framed::V4(batch) => batch.is_empty(),
            Framed::V3(batch) => batch.is_empty(),
        }
    }

    /// The body.
    pub fn into_body(self) -> Body {
        match self.0 {
            Framed::V4(batch) => Body {
                is_binary: false,
                bytes: batch.into_body().into_bytes(),
            },
            Framed::V3(batch) => batch.into_body(),
        }
    }
}

/// Why a body cannot be read. Nothing of its rest can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// A packet that is text is none.
    #[error("a polling payload is not UTF-8")]
    NotUtf8,
    /// A packet is larger than it may be.
    #[error("a packet of a polling payload is larger than {limit} bytes")]
    TooLarge {
        /// The most bytes of a packet, as it stands in the body.
        limit: usize,
    },
    /// In Engine.IO 3: where a packet should begin there is no length, or it is not the packet's.
    #[error("a polling payload of Engine.IO 3 without the length of a packet")]
    NoLength,
    /// In Engine.IO 3: the body ends inside of a packet.
    #[error("a polling payload of Engine.IO 3 ends inside of a packet")]
    Incomplete,
}

/// Reads the body of one GET after the other. The first one shows the framing.
#[derive(Debug)]
pub struct PayloadDecoder {
    /// It is Engine.IO 4 that reads what shows nothing.
    framed: Framed<v4::Decoder, v3::Decoder>,
    is_known: bool,
    /// What was received before it was known.
    beginning: Vec<u8>,
    max_message_size: usize,
}

impl PayloadDecoder {
    /// `max_message_size` is what a packet may carry, in bytes; base64 may take its four thirds.
    pub fn new(max_message_size: usize) -> Self {
        Self {
            framed: Framed::V4(v4::Decoder::new(max_message_size)),
            is_known: false,
            beginning: Vec::new(),
            max_message_size,
        }
    }

    /// The framing, once it is known.
    pub fn protocol(&self) -> Option<Protocol> {
        self.is_known.then_some(match self.framed {
            Framed::V4(_) => Protocol::EngineIo4,
            Framed::V3(_) => Protocol::EngineIo3,
        })
    }

    /// A part of the body, as large as it comes. Take all packets first: what was given is freed here.
    pub fn push(&mut self, chunk: &[u8]) {
        if self.is_known {
            return self.push_framed(chunk);
        }
        self.beginning.extend_from_slice(chunk);
        if let Some(is_v3) = v3::begins(&self.beginning) {
            self.settle(is_v3);
        }
    }

    /// The body is complete. In Engine.IO 4 what is left is its last packet, and an empty body is one empty packet, which
    /// is none.
    pub fn end(&mut self) {
        if !self.is_known {
            self.settle(false);
        }
        match &mut self.framed {
            Framed::V4(decoder) => decoder.end(),
            Framed::V3(decoder) => decoder.end(),
        }
    }

    /// The next packet that is whole; `None` before more was pushed, or when the body has ended.
    pub fn next_packet(&mut self) -> Result<Option<Frame<&str>>, PayloadError> {
        match &mut self.framed {
            Framed::V4(decoder) => decoder.next_packet(),
            Framed::V3(decoder) => decoder.next_packet(),
        }
    }

    fn settle(&mut self, is_v3: bool) {
        self.is_known = true;
        if is_v3 {
            self.framed = Framed::V3(v3::Decoder::new(self.max_message_size));
        }
        let beginning = std::mem::take(&mut self.beginning);
        self.push_framed(&beginning);
    }

    fn push_framed(&mut self, chunk: &[u8]) {
        match &mut self.framed {
            Framed::V4(decoder) => decoder.push(chunk),
            Framed::V3(decoder) => decoder.push(chunk),
        }
    }
}
