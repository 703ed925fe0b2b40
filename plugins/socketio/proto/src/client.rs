//! One connection: the manager that opens and reopens it, the engine session, the namespaces on it.
//!
//! `client::requests` is what the application asks for, `client::lifecycle` opens, loses and ends connections,
//! `client::receive` takes frames, `client::acks` asks for acknowledgements, `client::detection` finds out what the server
//! speaks, `client::overflow` makes room, `client::retries` sends again. Here is the state that they share, and what the driver polls.
//!
//! Invariants:
//! - A transport exists, or is being opened, in every phase but [`Phase::Idle`] and [`Phase::Waiting`].
//! - A session exists in [`Phase::Open`], and in [`Phase::Closing`]; never in another phase.
//! - A namespace is joined or connecting only in [`Phase::Open`].
//! - After [`Event::Stopped`] no event is queued until `connect`, but the outcome of an acknowledgement that was asked for
//!   since then.

use std::{collections::VecDeque, time::Instant};

use crate::{
    AckOutcome, Action, Config, DisconnectReason, Event, Frame, Limits, Message,
    acks::Acks,
    backoff::Backoff,
    generation::Generation,
    namespace::{Namespace, Namespaces},
    outbox::Refused,
    session::Session,
};

mod acks;
mod detection;
mod lifecycle;
mod overflow;
mod receive;
mod requests;
mod retries;

/// A Socket.IO client: one connection and its namespaces, without I/O.
///
/// Requests (`connect`, `disconnect`, `join`, `leave`, `emit`, `emit_with_ack`) and inputs (`handle_*`) change the state at once and
/// queue what follows from it; `poll_*` hands that out. No call blocks, and no input panics. The driver's part is
/// described in the [crate documentation](crate).
pub struct Client {
    config: Config,
    phase: Phase,
    /// Between `connect` and `disconnect`.
    wanted: bool,
    /// `disconnect` was called and has finished.
    stopped: bool,
    /// The number of the present attempt to connect; 0 for the first one and once it is open.
    attempt: u32,
    backoff: Backoff,
    namespaces: Namespaces,
    acks: Acks,
    /// That of the next packet that is queued, see `Encoded::place`.
    next_place: u64,
    session: Option<Session>,
    /// What the server spoke last; kept for the next connection.
    known: Option<Generation>,
    actions: VecDeque<Action>,
    events: VecDeque<Event>,
}

/// How far the connection is. Deadlines of `None` never come.
#[derive(Debug, Clone, Copy)]
enum Phase {
    /// No connection, and none is coming by itself.
    Idle,
    /// Between two attempts.
    Waiting { until: Option<Instant> },
    /// The transport is being opened.
    Opening { deadline: Option<Instant> },
    /// The transport is open, the Engine.IO handshake is awaited.
    Handshaking { deadline: Option<Instant> },
    /// The Engine.IO connection is open.
    Open,
    /// The last frames are being written. `stop`: `disconnect` waits for it.
    Closing {
        deadline: Option<Instant>,
        reason: DisconnectReason,
        stop: bool,
    },
}

impl Client {
    /// A client that waits for [`connect`](Self::connect), without namespaces.
    pub fn new(config: Config) -> Self {
        let backoff = Backoff::new(
            config.reconnection_delay,
            config.reconnection_delay_max,
            config.randomization_factor,
        );
        Self {
            config,
            phase: Phase::Idle,
            wanted: false,
            stopped: false,
            attempt: 0,
            backoff,
            namespaces: Namespaces::default(),
            acks: Acks::default(),
            next_place: 0,
            session: None,
            known: None,
            actions: VecDeque::new(),
            events: VecDeque::new(),
        }
    }

    /// What the driver must do with its transport next.
    #[must_use]
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// The next frame to write; poll only when the transport can take it. What is not polled is not lost with the
    /// connection, and a pong overtakes it.
    #[must_use]
    pub fn poll_transmit(&mut self) -> Option<Frame> {
        let session = self.session.as_mut()?;
        let frame = session.poll_transmit(&mut self.namespaces);
        while let Some(refused) = session.outbox.poll_refused() {
            if self.config.retries.is_some() && refused.ack.is_some() {
                // The try times out, and the next one is looked at before it begins.
                continue;
            }
            let ack = refused.ack.filter(|id| self.acks.remove(*id));
            self.events.push_back(match (ack, refused) {
                (Some(id), Refused { error, .. }) => Event::AckEnded {
                    id,
                    outcome: AckOutcome::Unsent(error),
                },
                (None, Refused { namespace, error, .. }) => Event::Unsent { namespace, error },
            });
        }
        frame
    }

    /// Whether [`poll_event`](Self::poll_event) has something to say.
    #[must_use]
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Bounds each packet of an event, in bytes as they stand in a polling payload; one that is larger is not sent, and
    /// [`Event::Unsent`] says so. For the present connection; `None`, the beginning, is no bound. WebSockets need none:
    /// servers differ in whether theirs holds there.
    pub fn limit_packets(&mut self, bytes: Option<usize>) {
        if let Some(session) = &mut self.session {
            session.outbox.set_limit(bytes);
        }
    }

    /// What the application should know next.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// The next event if it is a message, so that a batch of frames can be handed on one by one; the others wait for
    /// [`poll_event`](Self::poll_event), in their order.
    #[must_use]
    pub fn poll_message(&mut self) -> Option<Message> {
        match self.events.pop_front()? {
            Event::Message(message) => Some(message),
            other => {
                self.events.push_front(other);
                None
            }
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout). Changes with every other call.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let deadline = self.phase_deadline();
        deadline.into_iter().chain(self.acks.deadline()).min()
    }

    fn phase_deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Idle => None,
            Phase::Waiting { until: deadline }
            | Phase::Opening { deadline }
            | Phase::Handshaking { deadline }
            | Phase::Closing { deadline, .. } => deadline,
            Phase::Open => {
                let session = self.session.as_ref();
                let heartbeat = session.and_then(|session| session.heartbeat.deadline());
                let replies = self
                    .namespaces
                    .iter()
                    .filter_map(|namespace| namespace.deadline());
                let patience = self.patience_ends();
                replies.chain(heartbeat).chain(patience).min()
            }
        }
    }

    /// What waits to be sent, in all namespaces together. Handing frames out makes it shrink.
    pub fn queued(&self) -> Limits {
        let sum = |sum: Limits, namespace: &Namespace| {
            let waiting = namespace.waiting();
            Limits {
                packets: sum.packets + waiting.packets,
                bytes: sum.bytes + waiting.bytes,
            }
        };
        self.namespaces.iter().fold(Limits { packets: 0, bytes: 0 }, sum)
    }

    /// How many entries all queues and tables hold together, sent and received. For tests that watch them over time: what
    /// grows without an end is a leak.
    #[doc(hidden)]
    pub fn held(&self) -> usize {
        let namespaces = self.namespaces.iter().map(Namespace::held).sum::<usize>();
        let session = self.session.as_ref().map_or(0, Session::held);
        namespaces + session + self.acks.len() + self.actions.len() + self.events.len()
    }

    /// Whether there is no connection and none will be opened before the application asks for one.
    pub fn is_idle(&self) -> bool {
        matches!(self.phase, Phase::Idle)
    }
}
