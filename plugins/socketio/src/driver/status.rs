//! How a connection is, for nodes that ask. The driver writes it before it tells the events that follow from it.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where a connection stands.
#[derive(Default)]
pub(crate) struct Status(Mutex<State>);

#[derive(Default)]
struct State {
    joined: Vec<Joined>,
    transport: &'static str,
    attempt: u32,
}

/// A joined namespace.
struct Joined {
    name: String,
    sid: String,
    is_recovered: bool,
}

/// What a namespace sees of it.
pub(crate) struct View {
    /// The session id; nothing while the namespace is not joined.
    pub(crate) sid: Option<String>,
    /// The server has restored its session.
    pub(crate) is_recovered: bool,
    /// `polling`, `websocket`, or empty.
    pub(crate) transport: &'static str,
    /// The attempt to reconnect that is under way or planned; 0 is none.
    pub(crate) attempt: u32,
}

impl Status {
    /// `[any-thread]`
    pub(crate) fn of(&self, namespace: &str) -> View {
        let state = self.state();
        let joined = state.joined.iter().find(|joined| joined.name == namespace);
        View {
            sid: joined.map(|joined| joined.sid.clone()),
            is_recovered: joined.is_some_and(|joined| joined.is_recovered),
            transport: state.transport,
            attempt: state.attempt,
        }
    }

    /// An engine session is open over this transport, or goes on over it.
    pub(super) fn open(&self, transport: &'static str) {
        let mut state = self.state();
        (state.transport, state.attempt) = (transport, 0);
    }

    pub(super) fn join(&self, namespace: &str, sid: String, is_recovered: bool) {
        self.leave(namespace);
        self.state().joined.push(Joined {
            name: namespace.to_owned(),
            sid,
            is_recovered,
        });
    }

    pub(super) fn leave(&self, namespace: &str) {
        self.state().joined.retain(|joined| joined.name != namespace);
    }

    pub(super) fn reconnect(&self, attempt: u32) {
        self.state().attempt = attempt;
    }

    /// The session has ended.
    pub(super) fn close(&self) {
        *self.state() = State::default();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
