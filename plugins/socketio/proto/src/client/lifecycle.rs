//! How connections are opened, lost, given up and ended.

use std::time::Instant;

use super::{Client, Phase};
use crate::{
    Action, ConnectErrorKind, DisconnectReason, Error, Event, Stage, TransportFailure,
    generation::Generation, handshake::Handshake, namespace::State, session::Session, v3::Root,
};

impl Client {
    /// The transport is open.
    pub fn handle_opened(&mut self, _now: Instant) {
        if let Phase::Opening { deadline } = self.phase {
            self.phase = Phase::Handshaking { deadline };
        }
    }

    /// The transport could not be opened, or is gone.
    pub fn handle_closed(&mut self, now: Instant, cause: TransportFailure) {
        match self.phase {
            Phase::Opening { .. } | Phase::Handshaking { .. } => {
                self.push_error(cause.into());
                self.schedule_reconnect(now);
            }
            Phase::Open => {
                let reason = match cause {
                    TransportFailure::Closed { .. } => DisconnectReason::TransportClose,
                    TransportFailure::Failed { .. } => DisconnectReason::TransportError,
                };
                match cause.is_noteworthy() {
                    true => self.push_error(cause.into()),
                    false => self.report_early_close(),
                }
                self.end_session(reason);
                self.schedule_reconnect(now);
            }
            Phase::Closing { reason, stop, .. } => {
                self.actions.retain(|action| *action != Action::Close);
                self.finish_close(now, reason, stop);
            }
            Phase::Idle | Phase::Waiting { .. } => {
                log::debug!("transport closed that is none of ours")
            }
        }
    }

    /// A deadline of [`poll_timeout`](Self::poll_timeout) has come. Harmless at any other time.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.time_out_acks(now);
        let is_due = |deadline: Option<Instant>| deadline.is_some_and(|deadline| deadline <= now);
        match self.phase {
            Phase::Waiting { until } if is_due(until) => self.open_if_needed(now),
            Phase::Opening { deadline } if is_due(deadline) => {
                self.time_out_connecting(now, Stage::WebSocket)
            }
            Phase::Handshaking { deadline } if is_due(deadline) => {
                self.time_out_connecting(now, Stage::Handshake);
            }
            Phase::Open
                if self
                    .session
                    .as_ref()
                    .is_some_and(|session| session.heartbeat.is_expired(now)) =>
            {
                self.lose(now, DisconnectReason::PingTimeout);
            }
            Phase::Open => {
                if let Some(session) = &mut self.session {
                    session.heartbeat.handle_timeout(now);
                }
                if is_due(self.patience_ends()) {
                    self.lose_patience(now);
                }
                self.time_out_namespaces(now);
            }
            Phase::Closing {
                deadline,
                reason,
                stop,
            } if is_due(deadline) => {
                self.abort_transport();
                self.finish_close(now, reason, stop);
            }
            _ => {}
        }
    }

    /// Opens a transport, if any namespace needs one.
    pub(super) fn open_if_needed(&mut self, now: Instant) {
        if !self.namespaces.any_active() {
            self.phase = Phase::Idle;
            return;
        }
        self.attempt = self.backoff.attempts();
        let deadline = self
            .config
            .connect_timeout
            .and_then(|limit| now.checked_add(limit));
        self.phase = Phase::Opening { deadline };
        self.actions.push_back(Action::Open {
            attempt: self.attempt,
        });
    }

    /// The Engine.IO handshake is done.
    pub(super) fn on_engine_open(&mut self, now: Instant, handshake: Handshake) {
        let generation = Generation::of(self.config.protocol, self.known, &handshake, now);
        let mut session = Session::new(now, &handshake, &self.config);
        session.speak(now, generation);
        self.session = Some(session);
        self.phase = Phase::Open;
        self.attempt = 0;
        self.events.push_back(Event::Opened {
            sid: handshake.sid,
            upgrades: handshake.upgrades,
            max_payload: handshake.max_payload,
        });
        self.connect_namespaces(now);
    }

    /// Joins all wanted namespaces, in the order of their creation.
    pub(super) fn connect_namespaces(&mut self, now: Instant) {
        let names: Vec<_> = self
            .namespaces
            .iter()
            .map(|namespace| namespace.name.clone())
            .collect();
        for name in names {
            self.connect_namespace(now, &name);
        }
    }

    /// Queues CONNECT for a wanted namespace. If the reply to an abandoned one is out, that comes first.
    pub(super) fn connect_namespace(&mut self, now: Instant, name: &str) {
        let Some(session) = &mut self.session else { return };
        let Some(namespace) = self.namespaces.find(name) else {
            return;
        };
        if namespace.state != State::Wanted || session.generation().is_unknown() {
            return;
        }
        let deadline = self
            .config
            .namespace_timeout
            .and_then(|limit| now.checked_add(limit));
        namespace.state = State::Connecting { deadline };
        namespace.joins += 1;
        if session.joins_by_itself(name) {
            if session.root == Root::Joined {
                self.on_joined(now, name, None, None);
            }
        } else if !session.is_abandoned(name) {
            session.push_connect(namespace);
        }
    }

    /// Ends the connection politely: joined namespaces are left, what is queued is written.
    pub(super) fn begin_close(&mut self, now: Instant, reason: DisconnectReason, stop: bool) {
        if stop {
            self.stop_acks();
        }
        let mut namespaces = std::mem::take(&mut self.namespaces);
        for namespace in namespaces.iter_mut() {
            self.part(namespace);
        }
        self.namespaces = namespaces;
        let deadline = now.checked_add(self.config.close_timeout);
        self.phase = Phase::Closing {
            deadline,
            reason,
            stop,
        };
        self.actions.push_back(Action::Close);
    }

    /// A namespace has ended: ends the connection if no other is active, gives it up if the others have no reply.
    pub(super) fn close_if_unused(&mut self, now: Instant, reason: DisconnectReason) {
        let undecided = self.generation().is_unknown();
        if !self.namespaces.any_active() {
            self.begin_close(now, reason, false);
        } else if !self.namespaces.any_hopeful() && !undecided {
            self.lose(now, DisconnectReason::ForcedClose);
        }
    }

    /// The connection cannot go on: something is wrong with what the server sends.
    pub(super) fn fail(&mut self, now: Instant, error: Error) {
        if matches!(error, Error::EngineIo3 | Error::EngineIo4) {
            // Trying again would not help: idle until the application asks.
            self.namespaces
                .iter_mut()
                .for_each(|namespace| namespace.state = State::Inactive);
        }
        self.push_error(error);
        if matches!(self.phase, Phase::Open) {
            self.lose(now, DisconnectReason::ParseError);
        } else {
            self.abort_transport();
            self.schedule_reconnect(now);
        }
    }

    /// The open connection is dead, or as good as dead.
    pub(super) fn lose(&mut self, now: Instant, reason: DisconnectReason) {
        self.abort_transport();
        self.end_session(reason);
        self.schedule_reconnect(now);
    }

    /// The server closes without a reason. Where nothing was joined yet, nobody would hear of that, attempt after attempt.
    pub(super) fn report_early_close(&mut self) {
        if self.session.as_ref().is_some_and(|session| !session.has_joined) {
            self.push_error(Error::ClosedEarly);
        }
    }

    pub(super) fn finish_stop(&mut self) {
        // `connect` may have been called while it closed.
        self.stopped = !self.wanted;
        if self.stopped {
            self.stop_acks();
        }
        self.events.push_back(Event::Stopped);
    }

    /// Tells the driver to drop its transport, or takes back the request to open one.
    pub(super) fn abort_transport(&mut self) {
        match self.actions.pop_back() {
            Some(Action::Open { .. }) => return,
            None | Some(Action::Close) => {}
            Some(Action::Abort) => self.actions.push_back(Action::Abort),
        }
        self.actions.push_back(Action::Abort);
    }

    fn end_session(&mut self, reason: DisconnectReason) {
        self.session = None;
        self.lose_acks();
        for namespace in self.namespaces.iter_mut() {
            if namespace.is_joined() {
                self.events.push_back(Event::Disconnected {
                    namespace: namespace.name.clone(),
                    reason,
                });
            }
            namespace.reset();
        }
        // Each open connection starts the count anew.
        self.backoff.reset();
        self.events.push_back(Event::Closed { reason });
    }

    fn finish_close(&mut self, now: Instant, reason: DisconnectReason, stop: bool) {
        self.end_session(reason);
        if stop {
            self.finish_stop();
        }
        self.phase = Phase::Idle;
        if self.wanted {
            self.open_if_needed(now);
        }
    }

    /// Plans the next attempt, unless nobody wants it or it was the last one.
    fn schedule_reconnect(&mut self, now: Instant) {
        self.phase = Phase::Idle;
        if !self.config.reconnection || !self.namespaces.any_active() {
            return;
        }
        if self
            .config
            .reconnection_attempts
            .is_some_and(|limit| self.backoff.attempts() >= limit)
        {
            self.events.push_back(Event::ReconnectFailed);
            return;
        }
        let delay = self.backoff.next((self.config.random)());
        self.phase = Phase::Waiting {
            until: now.checked_add(delay),
        };
        self.events.push_back(Event::ReconnectAttempt {
            attempt: self.backoff.attempts(),
            delay,
        });
    }

    fn time_out_connecting(&mut self, now: Instant, stage: Stage) {
        let limit = self.config.connect_timeout.unwrap_or_default();
        self.push_error(Error::ConnectTimeout { stage, limit });
        self.abort_transport();
        self.schedule_reconnect(now);
    }

    /// Reports missing CONNECT replies. If nothing else holds the connection, it is given up and tried again.
    fn time_out_namespaces(&mut self, now: Instant) {
        let limit = self.config.namespace_timeout.unwrap_or_default();
        let mut timed_out = false;
        for namespace in self.namespaces.iter_mut() {
            if namespace.deadline().is_some_and(|deadline| deadline <= now) {
                timed_out = true;
                namespace.state = State::Overdue;
                self.events.push_back(Event::ConnectError {
                    namespace: namespace.name.clone(),
                    kind: ConnectErrorKind::TimedOut,
                    message: format!("no connect reply within {limit:?}"),
                    data: None,
                });
            }
        }
        if timed_out && !self.namespaces.any_hopeful() {
            // The server may be of another generation by now.
            self.known = None;
            self.lose(now, DisconnectReason::ForcedClose);
        }
    }

    fn push_error(&mut self, error: Error) {
        self.events.push_back(Event::Error {
            error,
            attempt: self.attempt,
        });
    }
}
