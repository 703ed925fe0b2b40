//! The state of one open Engine.IO connection. Nothing of it outlives the connection.

use std::{collections::HashSet, sync::Arc, time::Instant};

use crate::{
    Config, Frame,
    decoder::Decoder,
    encode,
    generation::Generation,
    handshake::Handshake,
    heartbeat::Heartbeat,
    namespace::{Namespace, Namespaces},
    outbox::Outbox,
    plain::Plain,
    v3::{self, Root},
};

pub(crate) struct Session {
    /// The engine's session id.
    pub(crate) sid: String,
    generation: Generation,
    /// Only in Engine.IO 3.
    pub(crate) root: Root,
    pub(crate) heartbeat: Heartbeat,
    pub(crate) decoder: Decoder,
    pub(crate) plain: Plain,
    pub(crate) outbox: Outbox,
    /// A namespace was joined, however it ended.
    pub(crate) has_joined: bool,
    /// Namespaces that were left after their CONNECT was written and before its reply. Until the reply nothing may be
    /// written to them: servers close the connection on a second CONNECT, and on DISCONNECT without a join.
    abandoned: HashSet<Arc<str>>,
}

impl Session {
    pub(crate) fn new(now: Instant, handshake: &Handshake, config: &Config) -> Self {
        Self {
            sid: handshake.sid.clone(),
            generation: Generation::V4,
            root: Root::Awaited,
            heartbeat: Heartbeat::new(now, handshake),
            decoder: Decoder::new(config.parser, config.max_attachments, config.max_attachment_bytes),
            plain: Plain::default(),
            outbox: Outbox::new(config.parser),
            has_joined: false,
            abandoned: HashSet::new(),
        }
    }

    pub(crate) fn generation(&self) -> Generation {
        self.generation
    }

    /// Speaks this from now on.
    pub(crate) fn speak(&mut self, now: Instant, generation: Generation) {
        self.generation = generation;
        self.decoder.speak(generation);
        self.outbox.set_v3(generation == Generation::V3);
        if generation == Generation::V3 {
            self.heartbeat.start_pinging(now);
        }
    }

    /// Whether the server joins the namespace without being asked, or has done so.
    pub(crate) fn joins_by_itself(&self, name: &str) -> bool {
        self.generation == Generation::V3 && name == "/" && self.root != Root::Left
    }

    /// The server considers the namespace left, or has refused it.
    pub(crate) fn mark_left(&mut self, name: &str) {
        if name == "/" {
            self.root = Root::Left;
        }
    }

    /// Queues CONNECT.
    pub(crate) fn push_connect(&mut self, namespace: &Namespace) {
        let name = &namespace.name;
        let packet = match self.generation {
            Generation::V3 => {
                encode::connect(&v3::namespace_with_query(name, namespace.auth.as_deref()), None)
            }
            Generation::V4 | Generation::Unknown { .. } => {
                encode::connect(name, namespace.payload().as_deref())
            }
        };
        self.outbox.push_connect(namespace.name.clone(), packet);
    }

    /// Gives up a CONNECT whose reply is still out.
    pub(crate) fn abandon(&mut self, name: Arc<str>) {
        // The server joins `/` all the same, and is not told to leave it: there would be no way back.
        if self.joins_by_itself(&name) {
            return;
        }
        if !self.outbox.cancel_connect(&name) {
            self.abandoned.insert(name);
        }
    }

    pub(crate) fn is_abandoned(&self, name: &str) -> bool {
        self.abandoned.contains(name)
    }

    /// The server has answered, one way or another. Says whether that was an abandoned CONNECT.
    pub(crate) fn settle(&mut self, name: &str) -> bool {
        self.abandoned.remove(name)
    }

    /// Entries of its queues.
    pub(crate) fn held(&self) -> usize {
        self.abandoned.len() + self.decoder.held() + self.outbox.held()
    }

    /// The next frame to write: the heartbeat overtakes all else. It is no message, so it may stand between attachments.
    pub(crate) fn poll_transmit(&mut self, namespaces: &mut Namespaces) -> Option<Frame> {
        if let Some(packet) = self.heartbeat.take_owed() {
            return Some(Frame::Text(packet.to_owned()));
        }
        match self.outbox.poll(namespaces)? {
            Frame::Binary(data) if self.generation == Generation::V3 => {
                Some(Frame::Binary(v3::binary_frame(&data)))
            }
            frame => Some(frame),
        }
    }
}
