//! The state of one open Engine.IO connection. Nothing of it outlives the connection.

use std::{collections::HashSet, sync::Arc, time::Instant};

use crate::{
    Config, Frame, decoder::Decoder, engine, handshake::Handshake, heartbeat::Heartbeat,
    namespace::Namespaces, outbox::Outbox,
};

pub(crate) struct Session {
    pub(crate) heartbeat: Heartbeat,
    pub(crate) decoder: Decoder,
    pub(crate) outbox: Outbox,
    /// Namespaces that were left after their CONNECT was written and before its reply. Until the reply nothing may be
    /// written to them: servers close the connection on a second CONNECT, and on DISCONNECT without a join.
    abandoned: HashSet<Arc<str>>,
}

impl Session {
    pub(crate) fn new(now: Instant, handshake: &Handshake, config: &Config) -> Self {
        Self {
            heartbeat: Heartbeat::new(now, handshake.silence()),
            decoder: Decoder::new(config.max_attachments, config.max_attachment_bytes),
            outbox: Outbox::default(),
            abandoned: HashSet::new(),
        }
    }

    /// Gives up a CONNECT whose reply is still out.
    pub(crate) fn abandon(&mut self, name: Arc<str>) {
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

    /// The next frame to write: a pong overtakes all else. It is no message, so it may stand between attachments.
    pub(crate) fn poll_transmit(&mut self, namespaces: &mut Namespaces) -> Option<Frame> {
        if self.heartbeat.take_pong() {
            return Some(Frame::Text(engine::PONG.to_owned()));
        }
        self.outbox.poll(namespaces)
    }
}
