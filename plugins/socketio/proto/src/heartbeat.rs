//! Whether the server is alive, and what the heartbeat owes it (engine.io-protocol v4 and v3, "Heartbeat").
//!
//! In Engine.IO 4 the server pings and we answer; in Engine.IO 3 we ping and the server answers. The watchdog is armed when
//! the connection opens and re-armed by any received byte: a download that is longer than the heartbeat does not kill a
//! live link. (The official client of Engine.IO 4 re-arms on pings only.)

use std::time::{Duration, Instant};

use crate::handshake::Handshake;

const PING: &str = "2";
const PONG: &str = "3";

/// Our own pings come no faster, whatever the server asks for.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(10);

pub(crate) struct Heartbeat {
    interval: Duration,
    timeout: Duration,
    /// How long it may say nothing.
    silence: Duration,
    /// When the server counts as dead. `None`: later than any clock can tell.
    deadline: Option<Instant>,
    /// When we ping next; only in Engine.IO 3.
    ping_at: Option<Instant>,
    /// The packet that must be written now.
    owed: Option<&'static str>,
}

impl Heartbeat {
    /// Waits for the server's pings.
    pub(crate) fn new(now: Instant, handshake: &Handshake) -> Self {
        Self {
            interval: handshake.ping_interval,
            timeout: handshake.ping_timeout,
            silence: handshake.silence(),
            deadline: now.checked_add(handshake.silence()),
            ping_at: None,
            owed: None,
        }
    }

    /// Pings the server from now on, as Engine.IO 3 has it.
    pub(crate) fn start_pinging(&mut self, now: Instant) {
        self.ping_at = now.checked_add(self.interval.max(SHORTEST_INTERVAL));
    }

    /// Something arrived.
    pub(crate) fn rearm(&mut self, now: Instant) {
        self.deadline = now.checked_add(self.silence);
    }

    /// When to look at [`is_expired`](Self::is_expired) and to call [`handle_timeout`](Self::handle_timeout).
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline.into_iter().chain(self.ping_at).min()
    }

    pub(crate) fn is_expired(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }

    /// Pings if it is time to. The answer, or anything else, must come within the server's `pingTimeout`.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        if self.ping_at.is_some_and(|ping_at| ping_at <= now) {
            self.owed = Some(PING);
            self.start_pinging(now);
            self.deadline = now.checked_add(self.timeout);
        }
    }

    /// A ping arrived. One pong answers all pings so far.
    pub(crate) fn on_ping(&mut self) {
        self.owed = Some(PONG);
    }

    /// The packet that must be written now; it counts as written then.
    pub(crate) fn take_owed(&mut self) -> Option<&'static str> {
        self.owed.take()
    }
}
