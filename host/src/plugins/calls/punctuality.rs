//! Whether a plugin keeps its time: which of its calls took too long, and whether that is long ago.

use std::sync::atomic::{AtomicU64, Ordering};

/// How many overruns make a plugin unresponsive.
pub(in crate::plugins) const UNRESPONSIVE: u64 = 3;

/// How many calls of its nodes must be in time, one after the other, until earlier overruns count no more.
const FORGIVEN: u64 = 1000;

/// The overruns of one plugin. The watchdog writes, any thread reads.
#[derive(Default)]
pub(in crate::plugins) struct Punctuality {
    overruns: AtomicU64,
    /// Those that are not forgiven.
    recent: AtomicU64,
    /// How many calls there were at the last of them.
    last: AtomicU64,
}

impl Punctuality {
    /// How many calls took too long, ever.
    pub(in crate::plugins) fn overruns(&self) -> u64 {
        self.overruns.load(Ordering::Relaxed)
    }

    /// The call with that number takes too long. How many did lately, with this one.
    pub(super) fn overrun(&self, calls: u64) -> u64 {
        let recent = self.recent(calls) + 1;
        self.overruns.fetch_add(1, Ordering::Relaxed);
        self.recent.store(recent, Ordering::Relaxed);
        self.last.store(calls, Ordering::Relaxed);
        recent
    }

    /// Whether so many calls took too long lately that the project suffers.
    pub(in crate::plugins) fn is_unresponsive(&self, calls: u64) -> bool {
        self.recent(calls) >= UNRESPONSIVE
    }

    /// The plugin begins anew.
    pub(in crate::plugins) fn forgive(&self) {
        self.recent.store(0, Ordering::Relaxed);
    }

    fn recent(&self, calls: u64) -> u64 {
        let in_time = calls.saturating_sub(self.last.load(Ordering::Relaxed));
        match in_time < FORGIVEN {
            true => self.recent.load(Ordering::Relaxed),
            false => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugin_is_unresponsive_from_its_third_overrun_until_a_thousand_calls_were_in_time() {
        let punctuality = Punctuality::default();
        assert_eq!([7, 8].map(|calls| punctuality.overrun(calls)), [1, 2]);
        assert!(!punctuality.is_unresponsive(8));
        assert_eq!(punctuality.overrun(1007), 3);
        assert!(punctuality.is_unresponsive(1007) && punctuality.is_unresponsive(2006));
        assert!(!punctuality.is_unresponsive(2007));
        assert_eq!(punctuality.overrun(2007), 1, "it counts from the beginning");
        assert_eq!(punctuality.overruns(), 4);
    }

    #[test]
    fn overruns_of_a_plugin_that_was_switched_off_are_forgiven() {
        let punctuality = Punctuality::default();
        for calls in 0..UNRESPONSIVE {
            punctuality.overrun(calls);
        }
        assert!(punctuality.is_unresponsive(UNRESPONSIVE));
        punctuality.forgive();
        assert!(!punctuality.is_unresponsive(UNRESPONSIVE));
        assert_eq!(punctuality.overruns(), UNRESPONSIVE);
    }
}
