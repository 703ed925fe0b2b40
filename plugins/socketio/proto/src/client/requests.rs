//! What the application asks for.

use std::time::Instant;

use serde_json::Value;

use super::{Client, Phase};
use crate::{
    AckOutcome, Data, DisconnectReason, EmitError, Event, JoinError, TextEvent,
    encode::{self, Encoded},
    namespace::{self, Namespace, State},
    v3,
};

impl Client {
    /// Begins to connect. Without effect while connected, connecting or waiting to reconnect. From idle, and while a
    /// connection is closing, it activates all namespaces again, refused ones too. Without any namespace it waits for
    /// the first [`join`](Self::join).
    pub fn connect(&mut self, now: Instant) {
        self.wanted = true;
        self.stopped = false;
        match self.phase {
            Phase::Idle => {
                self.activate_namespaces();
                self.backoff.reset();
                self.open_if_needed(now);
            }
            // Opens once the old transport is gone.
            Phase::Closing { .. } => self.activate_namespaces(),
            Phase::Waiting { .. } | Phase::Opening { .. } | Phase::Handshaking { .. } | Phase::Open => {}
        }
    }

    /// Ends the connection and all attempts, in any state; [`Event::Stopped`] follows once. What is queued for joined
    /// namespaces is written first, within [`Config::close_timeout`](crate::Config::close_timeout). Namespaces and
    /// what is buffered for the others are remembered.
    pub fn disconnect(&mut self, now: Instant) {
        if self.stopped {
            self.stop_acks();
            return;
        }
        self.wanted = false;
        match &mut self.phase {
            Phase::Idle => self.finish_stop(),
            Phase::Waiting { .. } => {
                self.phase = Phase::Idle;
                self.finish_stop();
            }
            Phase::Opening { .. } | Phase::Handshaking { .. } => {
                self.abort_transport();
                self.phase = Phase::Idle;
                self.finish_stop();
            }
            Phase::Open => self.begin_close(now, DisconnectReason::IoClientDisconnect, true),
            Phase::Closing { stop, .. } => *stop = true,
        }
    }

    /// Wants a namespace: it is joined now or with the next connection, and again after each reconnection, in the
    /// order of the first joins. For a namespace that is wanted already, `auth` is for the next time; for a refused
    /// one this is the way to try again.
    pub fn join(&mut self, now: Instant, namespace: &str, auth: Option<Value>) -> Result<(), JoinError> {
        let name = &*namespace::normalize(namespace);
        let auth = namespace::check(name, auth)?;
        match self.namespaces.find(name) {
            None => self.namespaces.create(name, auth, &self.config),
            Some(namespace) => {
                namespace.auth = auth;
                if !namespace.is_active() {
                    namespace.state = State::Wanted;
                }
            }
        }
        match self.phase {
            Phase::Idle if self.wanted => {
                self.backoff.reset();
                self.open_if_needed(now);
            }
            Phase::Open => self.connect_namespace(now, name),
            _ => {}
        }
        Ok(())
    }

    /// Forgets a namespace. If it is joined, what is queued for it is written first. With the last active namespace
    /// the connection ends too.
    pub fn leave(&mut self, now: Instant, namespace: &str) {
        let Some(mut namespace) = self.namespaces.remove(&namespace::normalize(namespace)) else {
            return;
        };
        self.end_acks(namespace.id, AckOutcome::Stopped);
        self.leave_retries(&mut namespace);
        match self.phase {
            Phase::Open => {
                self.part(&mut namespace);
                self.close_if_unused(now, DisconnectReason::IoClientDisconnect);
            }
            Phase::Opening { .. } | Phase::Handshaking { .. } if !self.namespaces.any_active() => {
                self.abort_transport();
                self.phase = Phase::Idle;
            }
            Phase::Waiting { .. } if !self.namespaces.any_active() => self.phase = Phase::Idle,
            _ => {}
        }
    }

    /// Sends an event, or buffers it until the namespace is joined. `Ok` means queued, not received.
    pub fn emit(
        &mut self,
        now: Instant,
        namespace: &str,
        event: &str,
        args: Vec<Data>,
    ) -> Result<(), EmitError> {
        let name = &*namespace::normalize(namespace);
        let found = self.find(name)?;
        let packet = encode::event(name, None, event, &args, self.config.max_sent_attachments)?;
        self.queue_event(now, found, packet)
    }

    /// Sends an event that is encoded already, as [`emit`](Self::emit) does.
    pub fn emit_text(&mut self, now: Instant, event: TextEvent) -> Result<(), EmitError> {
        let found = self.find(event.namespace())?;
        self.queue_event(now, found, event.into_encoded())
    }

    fn queue_event(&mut self, now: Instant, namespace: usize, packet: Encoded) -> Result<(), EmitError> {
        match self.config.retries {
            None => self.queue(now, namespace, packet),
            Some(retries) => self.queue_retry(now, namespace, packet, None, retries.timeout),
        }
    }

    /// Sends an event as [`emit`](Self::emit) does if that can be done now, and drops it otherwise: while the namespace is not
    /// joined, or its buffer is full. Says whether it is sent. Whether the transport takes frames now is the driver's to
    /// know; what it has not taken when the connection ends is dropped too.
    pub fn emit_volatile(
        &mut self,
        now: Instant,
        namespace: &str,
        event: &str,
        args: &[Data],
    ) -> Result<bool, EmitError> {
        let name = &*namespace::normalize(namespace);
        let found = self.find(name)?;
        let packet = encode::event(name, None, event, args, self.config.max_sent_attachments)?;
        // A server that is overdue is gone; the timer, late after a suspend, will tell.
        let session = self.session.as_ref();
        let is_alive = session.is_some_and(|session| !session.heartbeat.is_expired(now));
        if !is_alive || !self.namespaces.at(found).is_joined() {
            return Ok(false);
        }
        let packet = Encoded {
            is_fleeting: true,
            ..packet
        };
        match self.queue(now, found, packet) {
            Ok(()) => Ok(true),
            Err(EmitError::BufferFull { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) fn find(&self, name: &str) -> Result<usize, EmitError> {
        let found = self.namespaces.position(name);
        found.ok_or_else(|| EmitError::UnknownNamespace(name.to_owned()))
    }

    /// Lets the packet wait for its turn in the namespace at the position.
    pub(super) fn queue(
        &mut self,
        now: Instant,
        namespace: usize,
        mut packet: Encoded,
    ) -> Result<(), EmitError> {
        self.check_name(&packet)?;
        let namespace = self.namespaces.at(namespace);
        packet.place = self.next_place;
        self.next_place += 1;
        let size = packet.size();
        namespace
            .outgoing
            .push(packet, size)
            .map_err(|_| EmitError::BufferFull {
                namespace: namespace.name.to_string(),
                packets: namespace.outgoing.len(),
                bytes: namespace.outgoing.bytes(),
            })?;

        let Some(session) = &mut self.session else {
            return Ok(());
        };
        if namespace.is_joined() {
            session.outbox.push_turns(namespace, 1);
        }
        self.lose_if_expired(now);
        Ok(())
    }

    /// Servers of Socket.IO 2 reserve more names.
    pub(super) fn check_name(&self, packet: &Encoded) -> Result<(), EmitError> {
        let reserved = self.speaks_v3().then(|| v3::reserved_name(&packet.text));
        match reserved.flatten() {
            Some(name) => Err(EmitError::ReservedName(name.to_owned())),
            None => Ok(()),
        }
    }

    /// The machine was asleep: the timer is late, but what is emitted now would be lost.
    pub(super) fn lose_if_expired(&mut self, now: Instant) {
        let session = self.session.as_ref();
        let is_expired = session.is_some_and(|session| session.heartbeat.is_expired(now));
        if matches!(self.phase, Phase::Open) && is_expired {
            self.lose(now, DisconnectReason::PingTimeout);
        }
    }

    /// A namespace ends by the application's wish, on an open connection.
    pub(super) fn part(&mut self, namespace: &mut Namespace) {
        let Some(session) = &mut self.session else { return };
        match namespace.state {
            State::Joined => {
                session.mark_left(&namespace.name);
                session.outbox.push_farewell(namespace);
                // Servers restore only what ended without a goodbye.
                namespace.recovery = None;
                self.events.push_back(Event::Disconnected {
                    namespace: namespace.name.clone(),
                    reason: DisconnectReason::IoClientDisconnect,
                });
            }
            State::Connecting { .. } | State::Overdue => session.abandon(namespace.name.clone()),
            State::Wanted | State::Inactive => {}
        }
        namespace.reset();
    }

    fn activate_namespaces(&mut self) {
        for namespace in self.namespaces.iter_mut() {
            if !namespace.is_active() {
                namespace.state = State::Wanted;
            }
        }
    }
}
