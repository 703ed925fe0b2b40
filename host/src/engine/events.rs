//! Events by number, and who listens.
//!
//! An event is either a type with a key, such as all `socketio.on_receive` of `chat`, or belongs to one node
//! alone. Numbers live as long as the process, so that a plugin may keep them across a reload of the logic.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use pulsewire_plugin_api::Wanted;
use rustc_hash::FxHashMap;

/// The number of an event.
pub type EventId = u64;

/// Stands for a node that listens no more.
const SILENCED: u32 = u32::MAX;

/// The nodes that listen to each event, in the order of the files.
#[derive(Default)]
pub(crate) struct Listeners {
    nodes: Vec<u32>,
    /// Where each event's nodes stand: the first of them, and the one behind the last.
    places: FxHashMap<EventId, (u32, u32)>,
}

impl Listeners {
    pub(crate) fn new(listeners: impl IntoIterator<Item = (EventId, Vec<u32>)>) -> Self {
        let mut all = Self::default();
        for (event, nodes) in listeners {
            let first = all.nodes.len() as u32;
            all.nodes.extend(nodes);
            all.places.insert(event, (first, all.nodes.len() as u32));
        }
        all
    }

    /// The places of the event's listeners, for [`node`](Self::node).
    pub(crate) fn of(&self, event: EventId) -> Range<u32> {
        let (first, end) = self.places.get(&event).copied().unwrap_or_default();
        first..end
    }

    /// The node at a place; none if it was silenced.
    pub(crate) fn node(&self, place: u32) -> Option<u32> {
        let node = self.nodes[place as usize];
        (node != SILENCED).then_some(node)
    }

    /// Has a node hear nothing more. Places stay as they are, as an event may be on its way through them.
    pub(super) fn silence(&mut self, node: u32) {
        self.nodes
            .iter_mut()
            .filter(|listening| **listening == node)
            .for_each(|listening| *listening = SILENCED);
    }
}

/// Numbers and listeners, shared with every thread that emits.
#[derive(Default)]
pub struct Events {
    numbers: RwLock<HashMap<(String, String), EventId>>,
    /// The events that any node listens to, and what of them is read; only written by the engine, which knows the nodes.
    wanted: RwLock<FxHashMap<EventId, Wanted>>,
    last: AtomicU64,
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

    /// A number for one node alone; never 0, which as an Event ID is none. Any thread.
    pub fn new_number(&self) -> EventId {
        self.last.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Whether any node listens, and which values are read. Any thread.
    pub fn wanted(&self, event: EventId) -> Wanted {
        read(&self.wanted).get(&event).copied().unwrap_or_default()
    }

    /// Says which events have listeners from now on. Logic thread.
    pub(crate) fn listen(&self, wanted: FxHashMap<EventId, Wanted>) {
        *write(&self.wanted) = wanted;
    }
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(std::sync::PoisonError::into_inner)
}
