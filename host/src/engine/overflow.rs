//! Events that find the queue full: the first is told at once, those that follow it in one line a second.

use std::time::{Duration, Instant};

use super::{run::Engine, world::World};
use crate::console::Level;

/// Why a node fails whose event finds no room.
pub(super) const QUEUE_IS_FULL: &str = "the event queue is full";

/// How long events are counted before they are told of.
const PERIOD: Duration = Duration::from_secs(1);

/// The events that found the queue full.
#[derive(Debug, Default)]
pub(super) struct Overflow {
    /// When any was told of last; `None` if that is long ago.
    told: Option<Instant>,
    untold: u64,
}

impl Overflow {
    /// One more; whether it is to be told at once.
    fn add(&mut self, now: Instant) -> bool {
        if self.told.is_some() {
            self.untold += 1;
            return false;
        }
        self.told = Some(now);
        true
    }

    /// When the others are to be told of.
    pub(super) fn due_at(&self) -> Option<Instant> {
        self.told.map(|told| told + PERIOD)
    }

    /// The others that are to be told of now, if any.
    fn take(&mut self, now: Instant) -> Option<u64> {
        let untold = std::mem::take(&mut self.untold);
        self.told = (untold > 0).then_some(now);
        self.told.map(|_| untold)
    }
}

impl World {
    /// An event found the queue full; whether that is to be told at once.
    pub(super) fn has_lost_event(&mut self) -> bool {
        self.overflow.add(Instant::now())
    }
}

impl Engine {
    /// Tells of the events that found the queue full, if any has not been told of.
    pub(crate) fn tell_lost_events(&mut self) {
        if let Some(count) = self.world.overflow.take(Instant::now()) {
            let events = if count == 1 { "event" } else { "events" };
            let message = format!("{QUEUE_IS_FULL}: {count} more {events} found no room");
            self.world.say_for_engine(Level::Error, &message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_is_told_at_once_and_the_others_once_a_second_until_there_are_none() {
        let start = Instant::now();
        let mut overflow = Overflow::default();
        assert_eq!(overflow.due_at(), None);
        assert!(overflow.add(start));
        assert!(!overflow.add(start) && !overflow.add(start));
        let next = start + PERIOD;
        assert_eq!(overflow.due_at(), Some(next));
        assert_eq!(overflow.take(next), Some(2));
        assert!(!overflow.add(next));
        assert_eq!(overflow.take(next + PERIOD), Some(1));
        assert_eq!(overflow.take(next + 2 * PERIOD), None);
        assert_eq!(overflow.due_at(), None);
        assert!(overflow.add(next));
    }
}
