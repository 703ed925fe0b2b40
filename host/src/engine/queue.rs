//! The one queue in which events wait: bounded, first in first out, fed from any thread.

use std::{
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use pulsewire_plugin_api::value::Value;

use super::events::EventId;

/// How long the engine looks for an event before it sleeps: less than a wake-up costs both sides.
const LOOK: Duration = Duration::from_micros(3);

/// The same when the last event came as soon as that, so that a conversation does not wait for wake-ups. An engine that
/// hears less is asleep.
const LONG_LOOK: Duration = Duration::from_micros(100);

/// Between two looks at the clock.
const LOOKS: u32 = 32;

/// Room for so many values is kept after a burst, the rest given back.
const KEPT_VALUES: usize = 1 << 16;

/// The queue is full; nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// Events in order with all their values in one row, so that adding and taking allocate nothing once it has grown.
///
/// Empty values are left out of the row: what crosses from one processor to another is what costs, and most values of an
/// event are empty because nobody wants them. Events that follow each other and leave out the same ones are one run.
#[derive(Default)]
pub(crate) struct Batch {
    runs: Vec<Run>,
    values: Vec<Value>,
    /// How many events have not been taken out.
    left: usize,
    /// The run of the event that was taken out last, and how many of its events have been.
    run: usize,
    taken: u32,
    next_value: usize,
    /// The engine did not wait long for these.
    came_soon: bool,
    /// The values of the event that was taken out last, the empty ones in their places.
    spread: Vec<Value>,
}

/// Events of one number with values in the same places.
struct Run {
    event: EventId,
    events: u32,
    /// How many values each of them carries.
    count: u32,
    /// Which of the first [`MASKED`] are in the row; all others are.
    present: u32,
}

const MASKED: usize = u32::BITS as usize;

impl Batch {
    #[inline]
    fn push(&mut self, event: EventId, values: &mut [Value]) {
        let count = values.len() as u32;
        let (masked, others) = values.split_at_mut(values.len().min(MASKED));
        let mut present = 0;
        for (at, value) in masked.iter().enumerate() {
            present |= u32::from(!matches!(value, Value::Empty)) << at;
        }
        for at in ones(present) {
            self.values.push(std::mem::take(&mut masked[at]));
        }
        self.values.extend(others.iter_mut().map(std::mem::take));
        self.left += 1;
        if let Some(last) = self.runs.last_mut()
            && (last.event, last.count, last.present) == (event, count, present)
            && last.events < u32::MAX
        {
            last.events += 1;
            return;
        }
        self.runs.push(Run {
            event,
            events: 1,
            count,
            present,
        });
    }

    /// The next event with its values, which are for the caller to use up.
    pub(crate) fn next(&mut self) -> Option<(EventId, &mut [Value])> {
        if self.left == 0 {
            self.clear();
            return None;
        }
        self.left -= 1;
        if self.runs[self.run].events == self.taken {
            (self.run, self.taken) = (self.run + 1, 0);
        }
        let Run {
            event,
            count,
            present,
            ..
        } = self.runs[self.run];
        if self.taken == 0 {
            // Of another run there may be a value that nobody has used up.
            self.spread.clear();
            self.spread.resize_with(count as usize, Value::default);
        }
        self.taken += 1;
        for at in ones(present) {
            self.spread[at] = std::mem::take(&mut self.values[self.next_value]);
            self.next_value += 1;
        }
        for place in self.spread.iter_mut().skip(MASKED) {
            *place = std::mem::take(&mut self.values[self.next_value]);
            self.next_value += 1;
        }
        Some((event, &mut self.spread))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.left == 0
    }

    fn clear(&mut self) {
        self.runs.clear();
        self.values.clear();
        self.spread.clear();
        self.runs.shrink_to(KEPT_VALUES);
        self.values.shrink_to(KEPT_VALUES);
        (self.left, self.run, self.taken, self.next_value) = (0, 0, 0, 0);
    }
}

/// The places of a mask's ones, from the lowest on.
fn ones(mut mask: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lowest = mask.trailing_zeros();
        mask &= mask.wrapping_sub(1);
        (lowest < u32::BITS).then_some(lowest as usize)
    })
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
    /// There is another processor for those who feed the queue.
    may_look: bool,
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
            may_look: thread::available_parallelism().is_ok_and(|count| count.get() > 1),
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
        let begin = self.is_idle().then(Instant::now);
        if let Some(begin) = begin {
            let look = if taken.came_soon { LONG_LOOK } else { LOOK };
            let end = begin.checked_add(look).into_iter().chain(deadline).min();
            self.look_out(end);
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
        taken.came_soon = begin.is_none_or(|begin| begin.elapsed() < LONG_LOOK);
    }

    /// Looks until there is something to do.
    fn look_out(&self, end: Option<Instant>) {
        while self.may_look && self.is_idle() && end.is_some_and(|end| Instant::now() < end) {
            for _ in 0..LOOKS {
                if !self.is_idle() {
                    return;
                }
                std::hint::spin_loop();
            }
        }
    }

    /// Whether there is neither an event nor anything else to do.
    fn is_idle(&self) -> bool {
        self.pending.load(Ordering::Relaxed) == 0 && !self.woken.load(Ordering::Relaxed)
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
    fn values_that_nobody_took_are_in_no_later_event() {
        let mut batch = Batch::default();
        let rows = [[1, 0], [2, 0], [0, 3], [0, 4], [5, 6]];
        for row in rows {
            let empty_for_zero = |value| {
                if value == 0 {
                    Value::Empty
                } else {
                    Value::Int(value)
                }
            };
            batch.push(1, &mut row.map(empty_for_zero));
        }
        assert_eq!(batch.runs.len(), 3);
        for row in rows {
            let values = batch.next().unwrap().1.iter();
            let zero_for_empty = values.map(|value| if let Value::Int(value) = value { *value } else { 0 });
            assert_eq!(zero_for_empty.collect::<Vec<_>>(), row);
        }
        assert!(batch.next().is_none() && batch.spread.is_empty());
    }

    #[test]
    fn events_may_come_while_others_are_taken_out() {
        let mut batch = Batch::default();
        let mut next = 1;
        for added in 1..=20 {
            batch.push(added as EventId % 3, &mut ints([added]));
            if added % 2 == 0 {
                assert_eq!(
                    batch.next().unwrap(),
                    (next as EventId % 3, &mut ints([next])[..])
                );
                next += 1;
            }
        }
        while let Some((_, values)) = batch.next() {
            assert_eq!(values, ints([next]));
            next += 1;
        }
        assert_eq!(next, 21);
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
