//! What is to be written on the present connection, in order. Dies with it.
//!
//! Events stay in their namespace's buffer until the moment they are written; here only their turn is queued. So an
//! event that was not handed to the transport survives the connection, and one rule decides about writing at all:
//! the namespace must be joined.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;

use crate::{
    AckId, EmitError, Frame, Parser,
    encode::{self, Encoded},
    msgpack,
    namespace::{Namespace, NamespaceId, Namespaces},
    payload::binary_size,
    v3,
};

#[derive(Default)]
pub(crate) struct Outbox {
    parser: Parser,
    queue: VecDeque<Item>,
    /// The rest of a packet whose header is written.
    attachments: VecDeque<Bytes>,
    /// The largest part of an event in a polling payload, in bytes.
    limit: Option<usize>,
    /// The server has names of its own that an event must not have (see [`v3::reserved_name`]).
    is_v3: bool,
    /// Events that cannot be sent for one or the other, until the client tells of them.
    refused: VecDeque<Refused>,
}

/// An event that was not sent.
pub(crate) struct Refused {
    pub(crate) namespace: Arc<str>,
    /// The acknowledgement that it wants.
    pub(crate) ack: Option<AckId>,
    pub(crate) error: EmitError,
}

enum Item {
    /// The next event of a namespace's buffer. Void if the buffer was emptied meanwhile.
    Turn(NamespaceId),
    Connect(Arc<str>, Encoded),
    /// An event of a namespace that was left before it was written.
    Farewell(Arc<str>, Encoded),
    Disconnect(Arc<str>),
}

impl Outbox {
    pub(crate) fn new(parser: Parser) -> Self {
        Self {
            parser,
            ..Self::default()
        }
    }

    pub(crate) fn push_connect(&mut self, name: Arc<str>, packet: Encoded) {
        self.queue.push_back(Item::Connect(name, packet));
    }

    /// Whether a CONNECT is not written yet.
    pub(crate) fn has_connect(&self, name: &str) -> bool {
        self.queue
            .iter()
            .any(|item| matches!(item, Item::Connect(namespace, _) if &**namespace == name))
    }

    /// Takes back a CONNECT that was not written yet.
    pub(crate) fn cancel_connect(&mut self, name: &str) -> bool {
        let before = self.queue.len();
        self.queue
            .retain(|item| !matches!(item, Item::Connect(namespace, _) if &**namespace == name));
        self.queue.len() < before
    }

    /// Queues the turns of `count` events in the namespace's buffer.
    pub(crate) fn push_turns(&mut self, namespace: &Namespace, count: usize) {
        self.queue
            .extend(std::iter::repeat_with(|| Item::Turn(namespace.id)).take(count));
    }

    /// Takes back the turns of `count` events that were taken out of the namespace's buffer.
    pub(crate) fn drop_turns(&mut self, id: NamespaceId, count: usize) {
        for _ in 0..count {
            let is_turn = |item: &Item| matches!(item, Item::Turn(turn) if *turn == id);
            let Some(at) = self.queue.iter().position(is_turn) else {
                return;
            };
            self.queue.remove(at);
        }
    }

    pub(crate) fn push_disconnect(&mut self, name: Arc<str>) {
        self.queue.push_back(Item::Disconnect(name));
    }

    /// The application leaves a joined namespace: what is queued for it keeps its place, then comes DISCONNECT.
    pub(crate) fn push_farewell(&mut self, namespace: &mut Namespace) {
        for item in &mut self.queue {
            if matches!(item, Item::Turn(id) if *id == namespace.id) {
                if let Some(packet) = namespace.outgoing.pop() {
                    *item = Item::Farewell(namespace.name.clone(), packet);
                }
            }
        }
        self.push_disconnect(namespace.name.clone());
    }

    /// The server has left a namespace: our farewell must not be written any more. Says whether there was one, in which
    /// case the server's DISCONNECT concerns the session that we were about to leave.
    pub(crate) fn drop_farewell(&mut self, name: &str) -> bool {
        let mut leaving = false;
        self.queue.retain(|item| match item {
            Item::Farewell(namespace, _) => &**namespace != name,
            Item::Disconnect(namespace) => {
                let ours = &**namespace == name;
                leaving |= ours;
                !ours
            }
            Item::Turn(_) | Item::Connect(..) => true,
        });
        leaving
    }

    /// What waits: turns, packets and attachments.
    pub(crate) fn held(&self) -> usize {
        self.queue.len() + self.attachments.len()
    }

    pub(crate) fn set_limit(&mut self, limit: Option<usize>) {
        self.limit = limit;
    }

    pub(crate) fn set_v3(&mut self, is_v3: bool) {
        self.is_v3 = is_v3;
    }

    /// The next event that could not be sent.
    pub(crate) fn poll_refused(&mut self) -> Option<Refused> {
        self.refused.pop_front()
    }

    /// The next frame to write.
    pub(crate) fn poll(&mut self, namespaces: &mut Namespaces) -> Option<Frame> {
        if let Some(attachment) = self.attachments.pop_front() {
            return Some(Frame::Binary(attachment));
        }
        loop {
            let packet = match self.queue.pop_front()? {
                Item::Connect(_, packet) => packet,
                Item::Farewell(name, packet) => {
                    // The acknowledgements of a namespace that was left have ended.
                    if self.refuse(&name, None, &packet) {
                        continue;
                    }
                    packet
                }
                Item::Disconnect(name) => encode::disconnect(&name),
                Item::Turn(id) => {
                    let joined = namespaces.by_id(id).filter(|namespace| namespace.is_joined());
                    let Some(namespace) = joined else { continue };
                    let Some(packet) = namespace.outgoing.pop() else {
                        continue;
                    };
                    if (self.limit.is_some() || self.is_v3) && self.refuse(&namespace.name, Some(id), &packet)
                    {
                        continue;
                    }
                    packet
                }
            };
            if self.parser == Parser::MessagePack {
                match msgpack::transcode(packet) {
                    Ok(packet) => return Some(Frame::Binary(packet)),
                    // We have encoded it ourselves, so it can be read.
                    Err(error) => log::error!("a packet cannot be sent as MessagePack: {error}"),
                }
                continue;
            }
            self.attachments.extend(packet.attachments);
            return Some(Frame::Text(packet.text));
        }
    }

    /// Whether the server would choke on this event: it is refused as a whole, so that its header and its attachments
    /// are never parted.
    fn refuse(&mut self, namespace: &Arc<str>, id: Option<NamespaceId>, packet: &Encoded) -> bool {
        let error = self.fault(packet, 0);
        let is_refused = error.is_some();
        if let Some(error) = error {
            self.refused.push_back(Refused {
                namespace: Arc::clone(namespace),
                ack: id
                    .zip(packet.ack_id)
                    .map(|(namespace, number)| AckId { namespace, number }),
                error,
            });
        }
        is_refused
    }

    /// Why the server would not take the event, as far as that is known now. `more` is what its header will grow by, in bytes.
    pub(crate) fn fault(&self, packet: &Encoded, more: usize) -> Option<EmitError> {
        // What was emitted before it was known what the server speaks.
        if self.is_v3 {
            if let Some(name) = v3::reserved_name(&packet.text) {
                return Some(EmitError::ReservedName(name.to_owned()));
            }
        }
        let limit = self.limit?;
        let attachments = packet.attachments.iter().map(|bytes| binary_size(bytes.len()));
        let size = attachments.fold(packet.text.len() + more, usize::max);
        (size > limit).then_some(EmitError::TooLarge { size, limit })
    }
}
