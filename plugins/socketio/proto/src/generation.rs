//! Which generation of the protocol a server speaks, and how that is found out.
//!
//! Engine.IO 4 carries Socket.IO protocol v5 (servers 3.x and 4.x), Engine.IO 3 carries v4 (servers 1.x and 2.x). What
//! the generations do differently stands in [`v3`](crate::v3), `heartbeat` and the methods here.
//!
//! Both begin with the same packet, and a server of Socket.IO 2 takes no notice of `EIO=4` in the URL. What tells them
//! apart:
//! - a `maxPayload` in the handshake: Engine.IO 4 (servers since 4.5 send it);
//! - how the payloads of long-polling are framed;
//! - any Socket.IO packet before we sent one: Engine.IO 3, which joins `/` by itself, most often at once;
//! - a ping of the server: Engine.IO 4.
//!
//! So without a `maxPayload` the client waits a moment ([`PATIENCE`]) before it sends CONNECT: a server of Socket.IO 2 would
//! take that as a second client in `/`. What was found is remembered for the reconnections, which do not wait.

use std::time::{Duration, Instant};

use crate::{encode::RESERVED_NAMES, handshake::Handshake};

/// How long a server has to show that it speaks Engine.IO 3. Its own packet comes with the handshake, unless a middleware
/// of `/` takes its time.
pub(crate) const PATIENCE: Duration = Duration::from_millis(500);

/// Which generation of the protocol a [`Client`](crate::Client) speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Protocol {
    /// That of the server, found out by what it sends.
    #[default]
    Auto,
    /// Engine.IO 4 with Socket.IO protocol v5: servers 3.x and 4.x.
    EngineIo4,
    /// Engine.IO 3 with Socket.IO protocol v4: servers 1.x and 2.x, and later ones with `allowEIO3`. The URL must say so:
    /// `EIO=3`.
    EngineIo3,
}

/// What is spoken on one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    V4,
    V3,
    /// The server has not shown it yet. `None`: there is no such time.
    Unknown {
        until: Option<Instant>,
    },
}

impl Generation {
    /// What the handshake tells. `before` is what the server spoke on the last connection.
    pub(crate) fn of(
        protocol: Protocol,
        before: Option<Generation>,
        handshake: &Handshake,
        now: Instant,
    ) -> Self {
        match (protocol, before) {
            (Protocol::EngineIo4, _) => Self::V4,
            (Protocol::EngineIo3, _) => Self::V3,
            (Protocol::Auto, _) if handshake.max_payload.is_some() => Self::V4,
            (Protocol::Auto, Some(before)) => before,
            (Protocol::Auto, None) => Self::Unknown {
                until: now.checked_add(PATIENCE.min(handshake.silence() / 2)),
            },
        }
    }

    pub(crate) fn is_unknown(self) -> bool {
        matches!(self, Self::Unknown { .. })
    }

    /// Whether an event of the server may not have this name. Servers of Socket.IO 2 reserve fewer.
    pub(crate) fn forbids_received(self, name: &str) -> bool {
        self != Self::V3 && RESERVED_NAMES.contains(&name)
    }
}
