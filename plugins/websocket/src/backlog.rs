//! How many bytes of received messages wait for the logic, which bounds them: the project's queue counts events only.
//!
//! A mark follows the messages into the queue, for a Start node of the connection. When it arrives there, the logic has taken
//! all that came before it. Where no such node stands in the logic, nobody can tell, and nothing is counted.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use pulsewire_plugin_api::EventSource;
use tokio::sync::Notify;

/// From so many bytes on nothing more is read.
pub(crate) const LIMIT: usize = 16 << 20;

/// How many bytes come between two marks.
const MARK: usize = 1 << 20;

/// What one connection has waiting.
#[derive(Default)]
pub(crate) struct Backlog {
    state: Mutex<State>,
    /// Something was taken.
    taken: Notify,
}

#[derive(Default)]
struct State {
    /// Since the last mark.
    unmarked: usize,
    /// Before the marks that have not arrived.
    marked: usize,
    /// The nodes that take marks, each with a number of its own.
    witnesses: Vec<(u64, EventSource)>,
    numbers: u64,
}

impl Backlog {
    /// From now on marks may come to the node of this event.
    pub(crate) fn witness(self: &Arc<Self>, node: EventSource) -> Witness {
        let mut state = self.state();
        state.numbers += 1;
        let number = state.numbers;
        state.witnesses.push((number, node));
        Witness {
            backlog: Arc::clone(self),
            number,
        }
    }

    /// A message of that size waits. The answer is a mark that must follow it, for this node.
    pub(crate) fn add(&self, bytes: usize) -> Option<(EventSource, usize)> {
        let mut state = self.state();
        let (_, node) = state.witnesses.first()?;
        let node = node.clone();
        state.unmarked += bytes;
        if state.unmarked < MARK {
            return None;
        }
        let bytes = mem::take(&mut state.unmarked);
        state.marked += bytes;
        Some((node, bytes))
    }

    /// Waits until less than [`LIMIT`] waits.
    pub(crate) async fn has_room(&self) {
        while self.state().marked >= LIMIT {
            self.taken.notified().await;
        }
    }

    fn take(&self, bytes: usize) {
        let mut state = self.state();
        state.marked = state.marked.saturating_sub(bytes);
        drop(state);
        self.taken.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A node's part in it; ends when dropped.
pub(crate) struct Witness {
    backlog: Arc<Backlog>,
    number: u64,
}

impl Witness {
    /// A mark has arrived.
    pub(crate) fn take(&self, bytes: usize) {
        self.backlog.take(bytes);
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        let mut state = self.backlog.state();
        state.witnesses.retain(|(number, _)| *number != self.number);
        // Marks on their way to this node are lost.
        (state.unmarked, state.marked) = (0, 0);
        drop(state);
        self.backlog.taken.notify_one();
    }
}
