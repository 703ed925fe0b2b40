//! Whether the server is alive, and whether it is owed a pong (engine.io-protocol v4, "Heartbeat").
//!
//! The server pings. The watchdog is armed when the connection opens and re-armed by any received byte: a download that
//! is longer than the heartbeat does not kill a live link. (The official client re-arms on pings only.)

use std::time::{Duration, Instant};

pub(crate) struct Heartbeat {
    silence: Duration,
    /// `None`: later than any clock can tell.
    deadline: Option<Instant>,
    pong_due: bool,
}

impl Heartbeat {
    pub(crate) fn new(now: Instant, silence: Duration) -> Self {
        Self {
            silence,
            deadline: now.checked_add(silence),
            pong_due: false,
        }
    }

    /// Something arrived.
    pub(crate) fn rearm(&mut self, now: Instant) {
        self.deadline = now.checked_add(self.silence);
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    pub(crate) fn is_expired(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| deadline <= now)
    }

    /// A ping arrived. One pong answers all pings so far.
    pub(crate) fn on_ping(&mut self) {
        self.pong_due = true;
    }

    /// Whether a pong must be written now; it counts as written then.
    pub(crate) fn take_pong(&mut self) -> bool {
        std::mem::take(&mut self.pong_due)
    }
}
