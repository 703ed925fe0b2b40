//! The one queue in which events wait: bounded, first in first out, fed from any thread.

use std::{
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Instant,
};

use pulsewire_plugin_api::value::Value;

use super::events::EventId;

/// How often the engine looks for an event before it sleeps: a few microseconds, less than a wake-up costs both sides.
const LOOKS: u32 = 200;

/// The same after a batch of many events, when more are to be expected.
const LOOKS_IN_A_FLOOD: u32 = 20 * LOOKS;

/// What is a batch of many events.
const FLOOD: usize = 64;

/// Room for so many values is kept after a burst, the rest given back.
const KEPT_VALUES: usize = 1 << 16;

/// The queue is full; nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// Events in order with all their values in one row, so that adding and taking allocate nothing once it has grown.
///
/// Empty values are left out of the row: what crosses from one processor to another is what costs, and most values of an
/// event are empty because nobody wants them.
#[derive(Default)]
pub(crate) struct Batch {
    heads: Vec<Head>,
    values: Vec<Value>,
    next_head: usize,
    next_value: usize,
    /// How many events there were when the engine took them.
    size: usize,
    /// The values of the event that was taken last, the empty ones in their places.
    spread: Vec<Value>,
}

#[derive(Clone, Copy)]
struct Head {
    event: EventId,
    /// How many values the event carries.
    count: u32,
    /// Which of the first [`MASKED`] are in the row; all others are.
    present: u32,
}

const MASKED: usize = u32::BITS as usize;

impl Batch {
    fn push(&mut self, event: EventId, values: &mut [Value]) {
        let mut present = 0;
        for (at, value) in values.iter_mut().enumerate() {
            if at < MASKED {
                if matches!(value, Value::Empty) {
                    continue;
                }
                present |= 1 << at;
            }
            self.values.push(std::mem::take(value));
        }
        let count = values.len() as u32;
        self.heads.push(Head {
            event,
            count,
            present,
        });
    }

    /// The next event with its values, which are for the caller to use up.
    pub(crate) fn next(&mut self) -> Option<(EventId, &mut [Value])> {
        let Some(&head) = self.heads.get(self.next_head) else {
            self.clear();
            return None;
        };
        self.next_head += 1;
        let count = head.count as usize;
        self.spread.clear();
        self.spread.resize_with(count, Value::default);
        let mut present = head.present;
        while present != 0 {
            let at = present.trailing_zeros() as usize;
            present &= present - 1;
            self.spread[at] = std::mem::take(&mut self.values[self.next_value]);
            self.next_value += 1;
        }
        for place in self.spread.iter_mut().skip(MASKED) {
            *place = std::mem::take(&mut self.values[self.next_value]);
            self.next_value += 1;
        }
        Some((head.event, &mut self.spread))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.next_head == self.heads.len()
    }

    fn clear(&mut self) {
        self.heads.clear();
        self.values.clear();
        self.spread.clear();
        self.heads.shrink_to(KEPT_VALUES);
        self.values.shrink_to(KEPT_VALUES);
        (self.next_head, self.next_value) = (0, 0);
    }
}

#[derive(Default)]
struct Waiting {
    events: Batch,
    /// Whether the engine sleeps. To notify is a system call, even if nobody does.
    is_asleep: bool,
}

/// The queue. The engine takes everything that waits at once, so that feeders and engine rarely meet.
pub struct EventQueue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    /// Events not yet run, including those that the engine has taken but not reached. Grows under the lock only.
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

    /// Adds an event and takes its values, or leaves them if the queue is full. Any thread.
    pub fn push(&self, event: EventId, values: &mut [Value]) -> Result<(), Full> {
        self.push_many(event, 1, values).map(|_| ())
    }

    /// Adds an event `count` times; each takes its share of the values in turn. Says how many there was room for, one
    /// at least. Any thread.
    pub fn push_many(&self, event: EventId, count: usize, values: &mut [Value]) -> Result<usize, Full> {
        let mut waiting = self.lock();
        let room = self.capacity.saturating_sub(self.pending.load(Ordering::Relaxed));
        let taken = count.min(room);
        if taken == 0 {
            return Err(Full);
        }
        let share = values.len() / count;
        for at in 0..taken {
            waiting.events.push(event, &mut values[at * share..][..share]);
        }
        self.pending.fetch_add(taken, Ordering::Relaxed);
        let was_asleep = std::mem::take(&mut waiting.is_asleep);
        drop(waiting);
        if was_asleep {
            self.arrived.notify_one();
        }
        Ok(taken)
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
    pub(crate) fn take_all(&self, taken: &mut Batch, deadline: Option<Instant>) {
        let looks = match taken.size < FLOOD {
            true => LOOKS,
            false => LOOKS_IN_A_FLOOD,
        };
        for _ in 0..looks {
            if self.pending.load(Ordering::Relaxed) > 0 || self.woken.load(Ordering::Relaxed) {
                break;
            }
            std::hint::spin_loop();
        }
        taken.clear();
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
        taken.size = taken.heads.len();
    }

    /// So many taken events have run. Logic thread.
    pub(crate) fn done(&self, count: usize) {
        self.pending.fetch_sub(count, Ordering::Relaxed);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn ints(values: impl IntoIterator<Item = i64>) -> Vec<Value> {
        values.into_iter().map(Value::Int).collect()
    }

    #[test]
    fn events_take_their_shares_in_order() {
        let queue = EventQueue::new(10);
        assert_eq!(queue.push(1, &mut []), Ok(()));
        assert_eq!(queue.push_many(2, 2, &mut ints([1, 2, 3, 4])), Ok(2));
        let mut taken = Batch::default();
        queue.take_all(&mut taken, None);
        assert_eq!(taken.next(), Some((1, &mut ints([])[..])));
        assert_eq!(taken.next(), Some((2, &mut ints([1, 2])[..])));
        assert!(!taken.is_empty());
        assert_eq!(taken.next(), Some((2, &mut ints([3, 4])[..])));
        assert!(taken.is_empty());
        assert_eq!(taken.next(), None);
        assert_eq!(queue.len(), 3);
        queue.done(3);
        assert!(queue.is_empty());
    }

    #[test]
    fn empty_values_keep_their_places() {
        let mut batch = Batch::default();
        let samples = [
            vec![],
            vec![Value::Empty],
            vec![Value::Empty, Value::Int(1), Value::Empty, Value::from("a")],
            // More than the mask has bits.
            (0..100)
                .map(|at| if at % 3 == 0 { Value::Empty } else { Value::Int(at) })
                .collect(),
        ];
        for (event, sample) in samples.iter().enumerate() {
            batch.push(event as EventId, &mut sample.clone());
        }
        for (event, sample) in samples.iter().enumerate() {
            let (taken, values) = batch.next().unwrap();
            assert_eq!((taken as usize, &*values), (event, sample.as_slice()));
        }
        assert!(batch.next().is_none());
    }

    #[test]
    fn values_that_nobody_took_go_when_no_event_follows() {
        let mut batch = Batch::default();
        batch.push(1, &mut ints([1]));
        assert_eq!(batch.next().unwrap().1, ints([1]));
        assert!(batch.next().is_none() && batch.spread.is_empty());
    }

    #[test]
    fn what_a_full_queue_refuses_stays_with_the_caller() {
        let queue = EventQueue::new(2);
        let mut values = ints(1..=3);
        assert_eq!(queue.push_many(7, 3, &mut values), Ok(2));
        assert_eq!(values, [Value::Empty, Value::Empty, Value::Int(3)]);
        assert_eq!(queue.push(7, &mut values[2..]), Err(Full));
        assert_eq!(values[2], Value::Int(3));
        // Taken is not run: there is no room yet.
        let mut taken = Batch::default();
        queue.take_all(&mut taken, None);
        assert_eq!(queue.push(7, &mut values[2..]), Err(Full));
        queue.done(1);
        assert_eq!(queue.push(7, &mut values[2..]), Ok(()));
    }
}
