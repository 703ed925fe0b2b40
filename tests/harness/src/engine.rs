//! The engine's place, taken by a script: settings as the test sets them, events kept for the test to take.

use std::{
    collections::{BTreeMap, VecDeque},
    path::PathBuf,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use pulsewire_host::plugins::EngineServices;
use pulsewire_plugin_api::{EmitError, Wanted, value::Value};

/// An event that a plugin emitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Emitted {
    /// Its number.
    pub event: u64,
    /// The node type that listens to it; of the event of a single node, the type of that node.
    pub node_type: String,
    /// The event key; of the event of a single node, `node <id>`.
    pub key: String,
    /// What it carries.
    pub values: Vec<Value>,
}

/// The engine as the test scripts it. All methods work from any thread.
pub struct ScriptedEngine {
    project: PathBuf,
    state: Mutex<State>,
    emitted: Condvar,
}

#[derive(Default)]
struct State {
    settings: BTreeMap<String, String>,
    /// Node type and key of each event; its number is the place.
    events: Vec<(String, String)>,
    queue: VecDeque<Emitted>,
    is_full: bool,
    is_deaf: bool,
}

impl ScriptedEngine {
    pub(crate) fn new(project: PathBuf) -> Self {
        Self {
            project,
            state: Mutex::default(),
            emitted: Condvar::new(),
        }
    }

    /// What the plugin reads as its section from now on, as JSON.
    pub(crate) fn set_settings(&self, section: &str, json: String) {
        self.lock().settings.insert(section.to_owned(), json);
    }

    /// From now on the queue is, or is no longer, full: events are refused with [`EmitError::Full`].
    pub fn set_full(&self, is_full: bool) {
        self.lock().is_full = is_full;
    }

    /// From now on no node listens, or every event has listeners, as at first.
    pub fn set_deaf(&self, is_deaf: bool) {
        self.lock().is_deaf = is_deaf;
    }

    /// Waits for the next event of any kind, in the order in which they were emitted.
    pub fn next_event(&self, timeout: Duration) -> Option<Emitted> {
        self.take(timeout, |_| true)
    }

    /// Waits for the next event that `wanted` wants; others stay.
    pub(crate) fn take(&self, timeout: Duration, wanted: impl Fn(&Emitted) -> bool) -> Option<Emitted> {
        let deadline = Instant::now() + timeout;
        let mut state = self.lock();
        loop {
            if let Some(at) = state.queue.iter().position(&wanted) {
                return state.queue.remove(at);
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            let woken = self.emitted.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// The events that nobody took yet.
    pub fn waiting(&self) -> Vec<Emitted> {
        self.lock().queue.iter().cloned().collect()
    }

    pub(crate) fn number_of(&self, node_type: &str, key: &str) -> u64 {
        let events = &mut self.lock().events;
        let known = events.iter().position(|(t, k)| t == node_type && k == key);
        let at = known.unwrap_or_else(|| {
            events.push((node_type.to_owned(), key.to_owned()));
            events.len() - 1
        });
        at as u64
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EngineServices for ScriptedEngine {
    fn settings(&self, _: &str, section: &str) -> Option<String> {
        self.lock().settings.get(section).cloned()
    }

    fn project_folder(&self) -> PathBuf {
        self.project.clone()
    }

    fn event(&self, node_type: &str, key: &str) -> Option<u64> {
        Some(self.number_of(node_type, key))
    }

    fn wanted(&self, _: u64) -> Wanted {
        match self.lock().is_deaf {
            true => Wanted::NOTHING,
            false => Wanted::EVERYTHING,
        }
    }

    fn emit(&self, event: u64, count: usize, values: &mut [Value]) -> Result<usize, EmitError> {
        let mut state = self.lock();
        if state.is_full {
            return Err(EmitError::Full);
        }
        let (node_type, key) = state.events.get(event as usize).cloned().unwrap_or_default();
        let share = values.len() / count;
        for at in 0..count {
            let values = values[at * share..][..share].iter_mut();
            state.queue.push_back(Emitted {
                event,
                node_type: node_type.clone(),
                key: key.clone(),
                values: values.map(std::mem::take).collect(),
            });
        }
        drop(state);
        self.emitted.notify_all();
        Ok(count)
    }
}
