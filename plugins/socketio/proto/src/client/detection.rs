//! What the server speaks: learnt from what it sends, see [`generation`](crate::generation).

use std::time::Instant;

use super::Client;
use crate::{DisconnectReason, Error, Protocol, generation::Generation, session::Session};

impl Client {
    /// The framing of a polling payload has shown what the server speaks ([`PayloadDecoder::protocol`]); to be told before
    /// the packets that it holds.
    ///
    /// [`PayloadDecoder::protocol`]: crate::PayloadDecoder::protocol
    pub fn handle_framing(&mut self, protocol: Protocol) {
        match protocol {
            Protocol::EngineIo4 => self.known = Some(Generation::V4),
            Protocol::EngineIo3 => self.known = Some(Generation::V3),
            Protocol::Auto => {}
        }
    }

    /// Whether what the server speaks is what is set.
    pub(super) fn check_generation(&self) -> Result<(), Error> {
        match (self.config.protocol, self.known) {
            (Protocol::EngineIo4, Some(Generation::V3)) => Err(Error::EngineIo3),
            (Protocol::EngineIo3, Some(Generation::V4)) => Err(Error::EngineIo4),
            _ => Ok(()),
        }
    }

    pub(super) fn generation(&self) -> Generation {
        self.session
            .as_ref()
            .map_or(Generation::V4, |session| session.generation())
    }

    /// Whether the server speaks Engine.IO 3, as far as that is known now.
    pub(super) fn speaks_v3(&self) -> bool {
        let generation = match self.config.protocol {
            Protocol::EngineIo3 => Some(Generation::V3),
            Protocol::EngineIo4 => Some(Generation::V4),
            Protocol::Auto => self.session.as_ref().map(Session::generation).or(self.known),
        };
        generation == Some(Generation::V3)
    }

    /// Until when the server has time to show what it speaks; `None` if that is known.
    pub(super) fn patience_ends(&self) -> Option<Instant> {
        match self.generation() {
            Generation::Unknown { until } => until,
            Generation::V4 | Generation::V3 => None,
        }
    }

    /// The server has not shown that it speaks Engine.IO 3, so it waits for our CONNECT.
    pub(super) fn lose_patience(&mut self, now: Instant) {
        self.speak(now, Generation::V4);
    }

    /// Something has arrived that only servers of this generation send. If the connection speaks the other one already, it
    /// is made anew: the server has taken what was sent for something else.
    pub(super) fn learn(&mut self, now: Instant, server: Generation) -> Result<(), Error> {
        let present = self.generation();
        if present == server {
            return Ok(());
        }
        match self.config.protocol {
            Protocol::Auto if present.is_unknown() => self.speak(now, server),
            Protocol::Auto => {
                log::warn!("the server speaks {server:?} of Engine.IO, not {present:?}: connecting anew");
                self.known = Some(server);
                self.lose(now, DisconnectReason::ForcedClose);
            }
            Protocol::EngineIo4 => return Err(Error::EngineIo3),
            Protocol::EngineIo3 => return Err(Error::EngineIo4),
        }
        Ok(())
    }

    fn speak(&mut self, now: Instant, generation: Generation) {
        self.known = Some(generation);
        if let Some(session) = &mut self.session {
            session.speak(now, generation);
        }
        self.connect_namespaces(now);
    }
}
