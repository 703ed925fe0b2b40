//! The one queue in which events wait: bounded, first in first out, fed from any thread.

use std::{
    collections::VecDeque,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

use pulsewire_plugin_api::value::Value;

use super::events::EventId;

/// An event that waits for the logic thread.
pub struct Queued {
    /// Which event it is.
    pub event: EventId,
    /// What it carries.
    pub values: Vec<Value>,
}

/// How often the engine looks for an event before it sleeps: a few microseconds, less than a wake-up costs both sides.
const LOOKS: u32 = 200;

#[derive(Default)]
struct Waiting {
    events: VecDeque<Queued>,
    /// Whether the engine sleeps. To notify is a system call, even if nobody does.
    is_asleep: bool,
}

/// The queue. The engine takes everything that waits at once, so that feeders and engine rarely meet.
pub struct EventQueue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    /// Events not yet run, including those that the engine has taken but not reached.
    pending: AtomicUsize,
    capacity: usize,
    /// Something other than an event wants the engine's attention.
    woken: AtomicBool,
}

impl EventQueue {
    /// A queue that refuses more than `capacity` pending events.
    pub fn new(capacity: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            arrived: Condvar::new(),
            pending: AtomicUsize::new(0),
            capacity,
            woken: AtomicBool::new(false),
        }
    }

    /// Adds an event, or gives it back if the queue is full. Any thread.
    pub fn push(&self, queued: Queued) -> Result<(), Queued> {
        if self.pending.fetch_add(1, Ordering::Relaxed) >= self.capacity {
            self.pending.fetch_sub(1, Ordering::Relaxed);
            return Err(queued);
        }
        let mut waiting = self.lock();
        waiting.events.push_back(queued);
        let was_asleep = std::mem::take(&mut waiting.is_asleep);
        drop(waiting);
        if was_asleep {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Makes a waiting engine look around. Any thread.
    pub fn wake(&self) {
        self.woken.store(true, Ordering::Release);
        // Under the lock the engine is either before its check or asleep.
        if std::mem::take(&mut self.lock().is_asleep) {
            self.arrived.notify_one();
        }
    }

    /// Swaps everything that waits into `taken`, which must be empty. Waits for the first event until `deadline`
    /// (`None`: for ever) or until woken. Logic thread.
    pub(crate) fn take_all(&self, taken: &mut VecDeque<Queued>, deadline: Option<Instant>) {
        for _ in 0..LOOKS {
            if self.pending.load(Ordering::Relaxed) > 0 || self.woken.load(Ordering::Relaxed) {
                break;
            }
            std::hint::spin_loop();
        }
        let mut waiting = self.lock();
        while waiting.events.is_empty() && !self.woken.swap(false, Ordering::Acquire) {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                break;
            }
            waiting.is_asleep = true;
            waiting = match left {
                Some(left) => {
                    self.arrived
                        .wait_timeout(waiting, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
                None => self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            };
            waiting.is_asleep = false;
        }
        std::mem::swap(&mut waiting.events, taken);
    }

    /// One taken event has run. Logic thread.
    pub(crate) fn done(&self) {
        self.pending.fetch_sub(1, Ordering::Relaxed);
    }

    /// How many events have not run yet.
    pub fn len(&self) -> usize {
        self.pending.load(Ordering::Relaxed)
    }

    /// Whether no event waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
