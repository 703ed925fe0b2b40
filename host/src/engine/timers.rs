//! Timers on the monotonic clock: due in order of time, then in order of setting.

use std::{cmp::Reverse, collections::BinaryHeap, time::Instant};

use rustc_hash::FxHashMap;

/// A timer, for as long as it is pending. It is also the Instance ID that designers see; 0 is never one.
pub type TimerId = u64;

/// All pending timers.
#[derive(Default)]
pub struct Timers {
    due: BinaryHeap<Reverse<(Instant, TimerId)>>,
    /// The node of each pending timer; a timer missing here was cancelled and its place in `due` is stale.
    nodes: FxHashMap<TimerId, u32>,
    last: TimerId,
}

impl Timers {
    /// Sets a timer for `node`.
    pub fn set(&mut self, node: u32, at: Instant) -> TimerId {
        self.last += 1;
        self.set_again(self.last, node, at);
        self.last
    }

    /// Sets a timer that has come due to another time, under its old id.
    pub fn set_again(&mut self, timer: TimerId, node: u32, at: Instant) {
        self.nodes.insert(timer, node);
        self.due.push(Reverse((at, timer)));
    }

    /// Cancels a pending timer and returns its node.
    pub fn cancel(&mut self, timer: TimerId) -> Option<u32> {
        let node = self.nodes.remove(&timer)?;
        // Many cancelled timers must not pile up until their time comes.
        if self.due.len() > 64 && self.due.len() > 2 * self.nodes.len() {
            self.due
                .retain(|Reverse((_, timer))| self.nodes.contains_key(timer));
        }
        Some(node)
    }

    /// The node of a pending timer.
    pub fn node(&self, timer: TimerId) -> Option<u32> {
        self.nodes.get(&timer).copied()
    }

    /// When the next timer is due.
    pub fn next_due(&mut self) -> Option<Instant> {
        while let Some(Reverse((at, timer))) = self.due.peek() {
            if self.nodes.contains_key(timer) {
                return Some(*at);
            }
            self.due.pop();
        }
        None
    }

    /// Takes the earliest timer that is due at `now`; it is no longer pending.
    pub fn take_due(&mut self, now: Instant) -> Option<(TimerId, u32)> {
        if self.next_due()? > now {
            return None;
        }
        let Reverse((_, timer)) = self.due.pop()?;
        self.nodes.remove(&timer).map(|node| (timer, node))
    }

    /// Gives every timer its node's new number; a timer whose node has none is cancelled.
    pub(crate) fn renumber(&mut self, new: impl Fn(u32) -> Option<u32>) {
        self.nodes.retain(|_, node| match new(*node) {
            Some(number) => {
                *node = number;
                true
            }
            None => false,
        });
        // Timers of scenes that come and go must not pile up until their time comes.
        self.due
            .retain(|Reverse((_, timer))| self.nodes.contains_key(timer));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn timers_come_due_in_order_of_time_then_of_setting() {
        let start = Instant::now();
        let mut timers = Timers::default();
        let late = timers.set(1, start + Duration::from_secs(2));
        let first = timers.set(2, start + Duration::from_secs(1));
        let second = timers.set(3, start + Duration::from_secs(1));
        assert_eq!(timers.take_due(start), None);
        let now = start + Duration::from_secs(5);
        assert_eq!(timers.take_due(now), Some((first, 2)));
        assert_eq!(timers.take_due(now), Some((second, 3)));
        assert_eq!(timers.take_due(now), Some((late, 1)));
        assert_eq!(timers.take_due(now), None);
    }

    #[test]
    fn timers_of_nodes_that_are_gone_do_not_pile_up() {
        let start = Instant::now();
        let mut timers = Timers::default();
        let kept = timers.set(1, start);
        for _ in 0..100 {
            timers.set(7, start + Duration::from_secs(3600));
            timers.renumber(|node| (node != 7).then_some(2));
        }
        assert_eq!(timers.due.len(), 1);
        assert_eq!(timers.take_due(start), Some((kept, 2)));
    }

    #[test]
    fn cancelled_timers_neither_fire_nor_pile_up() {
        let start = Instant::now();
        let mut timers = Timers::default();
        for _ in 0..10_000 {
            let timer = timers.set(7, start + Duration::from_secs(3600));
            assert_eq!(timers.cancel(timer), Some(7));
            assert_eq!(timers.cancel(timer), None);
        }
        assert_eq!(timers.next_due(), None);
        let kept = timers.set(1, start);
        for _ in 0..10_000 {
            let timer = timers.set(7, start + Duration::from_secs(3600));
            timers.cancel(timer);
        }
        assert!(timers.due.len() < 200, "{}", timers.due.len());
        assert_eq!(timers.take_due(start), Some((kept, 1)));
    }
}
