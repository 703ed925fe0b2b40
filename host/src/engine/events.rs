//! Events by number, and who listens.
//!
//! An event is either a type with a key, such as all `socketio.on_receive` of `chat`, or belongs to one node
//! alone. Numbers live as long as the process, so that a plugin may keep them across a reload of the logic.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// The number of an event.
pub type EventId = u64;

/// The nodes that listen to each event, in the order of the files.
pub(crate) type Listeners = HashMap<EventId, Arc<[u32]>>;

/// Numbers and listeners, shared with every thread that emits.
#[derive(Default)]
pub struct Events {
    numbers: RwLock<HashMap<(String, String), EventId>>,
    /// The events that any node listens to; only written by the engine, which knows the nodes.
    heard: RwLock<HashSet<EventId>>,
    next: AtomicU64,
}

impl Events {
    /// The number of the event `node_type` with `key`; the same every time. Any thread.
    pub fn number(&self, node_type: &str, key: &str) -> EventId {
        let name = (node_type.to_owned(), key.to_owned());
        if let Some(&number) = read(&self.numbers).get(&name) {
            return number;
        }
        *write(&self.numbers)
            .entry(name)
            .or_insert_with(|| self.new_number())
    }

    /// A number for one node alone. Any thread.
    pub fn new_number(&self) -> EventId {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether any node listens. Any thread.
    pub fn has_listeners(&self, event: EventId) -> bool {
        read(&self.heard).contains(&event)
    }

    /// Says which events have listeners from now on. Logic thread.
    pub(crate) fn listen(&self, heard: HashSet<EventId>) {
        *write(&self.heard) = heard;
    }
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(std::sync::PoisonError::into_inner)
}
