//! What the server sends, from the frame to the event.

use std::time::Instant;

use bytes::Bytes;

use super::{Client, Phase};
use crate::{
    AckOutcome, ConnectErrorKind, Data, DecodeError, DisconnectReason, Error, Event, Frame, HandshakeError,
    Message, PlainMessage, RequestId, TransportFailure,
    decode::{Body, Packet},
    engine::{self, EnginePacket},
    generation::Generation,
    handshake::Handshake,
    namespace::State,
    v3::{self, Root},
};

impl Client {
    /// A whole frame arrived.
    pub fn handle_frame(&mut self, now: Instant, frame: Frame<&str>) {
        let result = match self.phase {
            Phase::Handshaking { .. } => self.on_first_frame(now, frame),
            Phase::Open => {
                self.handle_bytes(now);
                self.on_frame(now, frame)
            }
            Phase::Idle | Phase::Waiting { .. } | Phase::Opening { .. } | Phase::Closing { .. } => Ok(()),
        };
        if let Err(error) = result {
            self.fail(now, error);
        }
    }

    /// A whole text frame arrived that may be the most common one: an event with one string, without escapes, in a joined
    /// namespace. That is taken, and nothing of it copied. With `None` nothing has happened: the frame is for
    /// [`handle_frame`](Self::handle_frame).
    #[must_use]
    pub fn handle_plain<'a>(&mut self, now: Instant, text: &'a str) -> Option<PlainMessage<'a>> {
        let session = self.session.as_mut()?;
        // Nothing may overtake an event that waits, or come between attachments.
        if !matches!(self.phase, Phase::Open) || !self.events.is_empty() || !session.decoder.takes_text() {
            return None;
        }
        let message = session.plain.read(text)?;
        self.namespaces
            .find(message.namespace)
            // Where the server may restore the session, the text may be an offset.
            .filter(|namespace| namespace.is_joined() && namespace.recovery.is_none())?;
        session.heartbeat.rearm(now);
        Some(message)
    }

    /// Some bytes arrived, part of a frame that is not whole yet: the server is alive.
    pub fn handle_bytes(&mut self, now: Instant) {
        if let Some(session) = &mut self.session {
            session.heartbeat.rearm(now);
        }
    }

    fn on_first_frame(&mut self, now: Instant, frame: Frame<&str>) -> Result<(), Error> {
        if matches!(frame, Frame::Text(text) if engine::is_engine_io_3(text)) {
            return Err(Error::EngineIo3);
        }
        match EnginePacket::decode(frame, Generation::V4) {
            Ok(EnginePacket::Open(text)) => {
                let handshake = Handshake::decode(text)?;
                self.check_generation()?;
                self.on_engine_open(now, handshake);
                Ok(())
            }
            Ok(EnginePacket::Noop) => Ok(()),
            Ok(EnginePacket::Close) => Err(TransportFailure::eof().into()),
            _ => Err(HandshakeError::NotAHandshake.into()),
        }
    }

    fn on_frame(&mut self, now: Instant, frame: Frame<&str>) -> Result<(), Error> {
        match EnginePacket::decode(frame, self.generation())? {
            EnginePacket::Text(text) => self.on_text(now, text),
            EnginePacket::Binary(bytes) => self.on_binary(now, bytes),
            EnginePacket::Ping => {
                self.learn(now, Generation::V4)?;
                if let Some(session) = &mut self.session {
                    session.heartbeat.on_ping();
                }
                Ok(())
            }
            EnginePacket::Close => {
                self.report_early_close();
                self.lose(now, DisconnectReason::TransportClose);
                Ok(())
            }
            EnginePacket::Open(_) => Err(DecodeError::UnexpectedOpen.into()),
            // That something came is all that a pong says; the others belong to polling.
            EnginePacket::Pong | EnginePacket::Upgrade | EnginePacket::Noop => Ok(()),
        }
    }

    fn on_text(&mut self, now: Instant, text: &str) -> Result<(), Error> {
        if self.generation().is_unknown() {
            // Nothing has been sent, so only a server that joins `/` by itself has something to say.
            self.learn(now, Generation::V3)?;
        }
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        match session.decoder.text(text)? {
            Some(packet) => self.on_packet(now, packet),
            None => Ok(()),
        }
    }

    fn on_binary(&mut self, now: Instant, bytes: Bytes) -> Result<(), Error> {
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        match session.decoder.binary(bytes)? {
            Some(packet) => self.on_packet(now, packet),
            None => Ok(()),
        }
    }

    fn on_packet<N: AsRef<str>>(&mut self, now: Instant, packet: Packet<N>) -> Result<(), Error> {
        let name = packet.namespace.as_ref();
        match packet.body {
            Body::Event { name: event, args } => {
                self.on_event(name, event, args, packet.ack_id, packet.size)?;
            }
            Body::Ack(args) => self.on_ack(now, name, packet.ack_id, args),
            Body::Connect(payload) => self.on_connect(now, name, payload)?,
            Body::ConnectError(payload) => self.on_connect_error(now, name, payload),
            Body::Disconnect => self.on_disconnect(now, name),
        }
        Ok(())
    }

    fn on_event(
        &mut self,
        name: &str,
        event: String,
        args: Vec<Data>,
        ack_id: Option<u64>,
        size: usize,
    ) -> Result<(), DecodeError> {
        let Some(namespace) = self.namespaces.find(name) else {
            log::debug!("event for `{name}` ignored, it is not joined");
            return Ok(());
        };
        let mut message = Message {
            namespace: namespace.name.clone(),
            name: event,
            args,
            request: ack_id.map(|number| RequestId {
                namespace: namespace.id,
                join: namespace.joins,
                number,
            }),
        };
        match namespace.state {
            State::Joined => {
                if let Some(recovery) = &mut namespace.recovery {
                    recovery.note(&mut message, self.config.strip_offset);
                }
                self.events.push_back(Event::Message(message));
            }
            // python-socketio sends what its connect handler emits ahead of the reply.
            State::Connecting { .. } | State::Overdue => {
                if namespace.early.push(message, size).is_err() {
                    // The same would come again and again.
                    namespace.recovery = None;
                    return Err(DecodeError::ReceiveBufferFull {
                        namespace: name.to_owned(),
                    });
                }
            }
            State::Wanted | State::Inactive => log::debug!("event for `{name}` ignored, it is not joined"),
        }
        Ok(())
    }

    fn on_connect(&mut self, now: Instant, name: &str, payload: Option<Data>) -> Result<(), Error> {
        // Servers of Socket.IO 2 join `/` by themselves and never send a sid (socket.io-protocol v4, "Connect").
        if payload.is_none() && !self.namespaces.any_joined() {
            self.learn(now, Generation::V3)?;
        }
        let Some(session) = &mut self.session else {
            return Ok(());
        };
        if name == "/" {
            session.root = Root::Joined;
        }
        if session.settle(name) {
            session.outbox.push_disconnect(name.into());
            self.connect_again(now, name);
            return Ok(());
        }
        let Some(namespace) = self.namespaces.find(name) else {
            return Ok(());
        };
        if !namespace.is_connecting() {
            log::debug!("connect reply for `{name}` ignored, none is out");
            return Ok(());
        }
        let member = |name| {
            let payload = payload.as_ref();
            payload
                .and_then(|payload| payload.get(name))
                .and_then(Data::as_str)
        };
        match session.generation() {
            Generation::V3 => self.on_joined(now, name, None, None),
            Generation::V4 | Generation::Unknown { .. } => {
                let missing = || DecodeError::InvalidPayload("connect reply without a sid".to_owned());
                let sid = member("sid").ok_or_else(missing)?;
                self.on_joined(now, name, Some(sid), member("pid"));
            }
        }
        Ok(())
    }

    /// A namespace is joined. Its `sid` comes with the reply to CONNECT, or else from the engine's; a `pid` from servers that
    /// may restore the session.
    pub(super) fn on_joined(&mut self, now: Instant, name: &str, sid: Option<&str>, pid: Option<&str>) {
        let (Some(session), Some(namespace)) = (&mut self.session, self.namespaces.find(name)) else {
            return;
        };
        namespace.state = State::Joined;
        session.has_joined = true;
        self.events.push_back(Event::Connected {
            namespace: namespace.name.clone(),
            sid: sid.map_or_else(|| v3::namespace_sid(name, &session.sid), str::to_owned),
            recovered: namespace.resume(pid),
        });
        while let Some(mut message) = namespace.early.pop() {
            if let Some(recovery) = &mut namespace.recovery {
                recovery.note(&mut message, self.config.strip_offset);
            }
            self.events.push_back(Event::Message(message));
        }
        session.outbox.push_turns(namespace, namespace.outgoing.len());
        self.send_next_everywhere(now);
    }

    fn on_connect_error(&mut self, now: Instant, name: &str, payload: Data) {
        let (message, data) = match payload {
            Data::String(message) => (message, None),
            payload => match payload.get("message") {
                Some(Data::String(message)) => (message.clone(), payload.get("data").cloned()),
                _ => (payload.to_json(), None),
            },
        };
        self.refuse(now, name, ConnectErrorKind::Refused, message, data);
    }

    fn on_disconnect(&mut self, now: Instant, name: &str) {
        let Some(session) = &mut self.session else { return };
        session.mark_left(name);
        if session.outbox.drop_farewell(name) {
            return;
        }
        match self.namespaces.find(name) {
            Some(namespace) if namespace.is_joined() => {
                namespace.state = State::Inactive;
                namespace.outgoing.clear();
                namespace.recovery = None;
                let (id, namespace) = (namespace.id, namespace.name.clone());
                self.end_acks(id, AckOutcome::Disconnected);
                let reason = DisconnectReason::IoServerDisconnect;
                self.events.push_back(Event::Disconnected { namespace, reason });
                self.close_if_unused(now, reason);
            }
            _ => {
                let message = "the server disconnected the namespace before it was joined".to_owned();
                self.refuse(now, name, ConnectErrorKind::Disconnected, message, None);
            }
        }
    }

    /// A CONNECT was answered with no. The namespace becomes inactive: asking again by ourselves would be a storm.
    fn refuse(
        &mut self,
        now: Instant,
        name: &str,
        kind: ConnectErrorKind,
        message: String,
        data: Option<Data>,
    ) {
        let Some(session) = &mut self.session else { return };
        if session.settle(name) {
            self.connect_again(now, name);
            return;
        }
        let Some(namespace) = self.namespaces.find(name) else {
            session.mark_left(name);
            return;
        };
        if namespace.is_joined() && session.generation() == Generation::V3 {
            // In v4 this packet is for any error, such as that of a middleware that refuses an event.
            self.events.push_back(Event::ConnectError {
                namespace: namespace.name.clone(),
                kind: ConnectErrorKind::Reported,
                message,
                data,
            });
            return;
        }
        session.mark_left(name);
        // A CONNECT that is not written yet cannot have been refused.
        if !namespace.is_connecting() || session.outbox.has_connect(name) {
            log::debug!("refusal of `{name}` ignored, no connect is out");
            return;
        }
        namespace.state = State::Inactive;
        namespace.early.clear();
        let namespace = namespace.name.clone();
        self.events.push_back(Event::ConnectError {
            namespace,
            kind,
            message,
            data,
        });
        self.close_if_unused(now, DisconnectReason::ForcedClose);
    }

    /// An abandoned CONNECT is settled. If the namespace was joined again meanwhile, its own CONNECT follows now.
    fn connect_again(&mut self, now: Instant, name: &str) {
        if let Some(namespace) = self.namespaces.find(name) {
            namespace.reset();
        }
        self.connect_namespace(now, name);
    }
}
