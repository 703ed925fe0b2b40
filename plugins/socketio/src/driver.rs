//! The driver: one thread for the plugin, one task for each connection on it.
//!
//! A [`task`] waits for Start and then is a [`live`] connection until Stop: it feeds the protocol core with
//! frames, time and commands, and carries out what comes of it. `open` opens a transport, by the steps of `connect`.
//! There are two: `socket`, a WebSocket (`polled` makes its stream fit for tungstenite), and `polling`, whose requests
//! `http` makes and which `probe` may lead to a WebSocket. `network` is what they all run on. `mailbox` brings commands from the nodes, `inbox` and `outlet`
//! bring events to the engine, `subscriptions` knows which are wanted, `requests` holds what the server waits for, `load`
//! bounds what waits to be sent.
//!
//! Invariants:
//! - A connection has at most one transport, and at most one task.
//! - The thread ends with [`Driver::end`], in bounded time, whatever the tasks are doing.
//! - Nothing here logs auth, headers, queries or the user of a URL.

mod activity;
mod command;
mod connect;
mod cookies;
mod http;
mod inbox;
mod live;
mod load;
mod mailbox;
mod network;
mod open;
mod outlet;
mod polled;
mod polling;
mod probe;
mod random;
mod report;
mod requests;
mod resolve;
mod socket;
mod status;
mod subscriptions;
mod task;
mod thread;
mod timer;
mod tls;
mod transport;
mod tunnel;

#[cfg(test)]
mod tests;

pub(crate) use command::{Argument, Asker, Command, Event, Outgoing};
pub(crate) use load::{Load, SendBufferFull, TooManyPendingAcks};
pub(crate) use mailbox::{Sender, mailbox};
pub(crate) use outlet::Outlet;
pub(crate) use requests::{RequestEnded, Requests};
pub(crate) use status::{Status, View};
pub(crate) use thread::{Driver, DriverError};

/// What the nodes of a connection and its task share.
#[derive(Clone, Default)]
pub(crate) struct Shared {
    pub(crate) load: std::sync::Arc<Load>,
    pub(crate) requests: std::sync::Arc<Requests>,
    pub(crate) status: std::sync::Arc<Status>,
}
