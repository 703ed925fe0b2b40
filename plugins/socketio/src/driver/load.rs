//! How much waits to be sent, or to be acknowledged: counted on the logic thread, where Send must be refused in time, and on the driver's.
//!
//! The logic thread alone adds, before it hands an event over. The driver takes off what it has written. So the sum is
//! never too small, and nothing that was taken has to be refused later.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use socketio_proto::Limits;

use crate::settings::Overflow;

/// What an event costs beside its texts.
const OVERHEAD: usize = 16;

/// The events of one connection that wait to be sent.
pub(crate) struct Load {
    packets: Sum,
    bytes: Sum,
    is_online: AtomicBool,
    limits: Mutex<(Limits, Overflow)>,
    dropped: AtomicUsize,
    pending_acks: AtomicUsize,
    max_pending_acks: AtomicUsize,
}

/// Two threads add to it, each to a part of its own: adding to one number, they would wait for each other.
#[derive(Default)]
struct Sum {
    logic: AtomicUsize,
    driver: AtomicUsize,
}

impl Sum {
    fn get(&self) -> usize {
        let [logic, driver] = [&self.logic, &self.driver].map(|part| part.load(Ordering::Relaxed));
        logic.wrapping_add(driver)
    }

    /// What was counted as `before` counts as `now`. Only the thread whose part it is may do that.
    fn change(part: &AtomicUsize, before: usize, now: usize) {
        // Wrapping: a part alone may be negative.
        let changed = part
            .load(Ordering::Relaxed)
            .wrapping_add(now.wrapping_sub(before));
        part.store(changed, Ordering::Relaxed);
    }
}

/// Why an event cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendBufferFull {
    #[error("the send buffer is full: {0} events wait for the connection (setting `send_buffer`)")]
    Packets(usize),
    #[error(
        "the send buffer is full: no more than {0} bytes may wait to be sent (setting `send_buffer_bytes`)"
    )]
    Bytes(usize),
}

/// Why no further acknowledgement may be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} acknowledgements are awaited already (setting `max_pending_acks`)")]
pub(crate) struct TooManyPendingAcks(usize);

impl Default for Load {
    fn default() -> Self {
        Self {
            packets: Sum::default(),
            bytes: Sum::default(),
            is_online: AtomicBool::new(false),
            limits: Mutex::new((Limits { packets: 0, bytes: 0 }, Overflow::Refuse)),
            dropped: AtomicUsize::new(0),
            pending_acks: AtomicUsize::new(0),
            max_pending_acks: AtomicUsize::new(0),
        }
    }
}

impl Load {
    /// `[any-thread]`
    pub(crate) fn set_limits(&self, limits: Limits, overflow: Overflow, max_pending_acks: usize) {
        *self.limits.lock().unwrap_or_else(PoisonError::into_inner) = (limits, overflow);
        self.max_pending_acks.store(max_pending_acks, Ordering::Relaxed);
    }

    fn limits(&self) -> (Limits, Overflow) {
        *self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes room for an acknowledgement that is awaited from now on. `[logic-thread]`
    pub(crate) fn reserve_ack(&self) -> Result<(), TooManyPendingAcks> {
        let limit = self.max_pending_acks.load(Ordering::Relaxed);
        if self.pending_acks.load(Ordering::Relaxed) >= limit {
            return Err(TooManyPendingAcks(limit));
        }
        self.pending_acks.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// One is awaited no longer. `[any-thread]`
    pub(crate) fn release_ack(&self) {
        self.pending_acks.fetch_sub(1, Ordering::Relaxed);
    }

    /// Makes room for an event with `text` bytes; returns what to take off later. The bound on the number holds only
    /// without a connection: with one, events wait no longer than it takes to write them. `[logic-thread]`
    pub(crate) fn reserve(&self, text: usize) -> Result<usize, SendBufferFull> {
        self.reserve_within(self.limits().0, text + OVERHEAD)
    }

    /// As [`reserve`](Self::reserve), for an event that the settings may want dropped: `None`. `[logic-thread]`
    pub(crate) fn reserve_or_drop(&self, text: usize) -> Result<Option<usize>, SendBufferFull> {
        let (limits, overflow) = self.limits();
        let size = text + OVERHEAD;
        let room = match overflow {
            Overflow::Refuse | Overflow::DropNewest => limits,
            // The driver makes room. What it has not heard of yet is bounded by as many bytes again.
            Overflow::DropOldest => Limits {
                packets: usize::MAX,
                bytes: limits.bytes.saturating_mul(2),
            },
        };
        if size > limits.bytes {
            // Whatever gave way, it would not fit.
            return Err(SendBufferFull::Bytes(limits.bytes));
        }
        match self.reserve_within(room, size) {
            Err(_) if overflow != Overflow::Refuse => Ok(None),
            reserved => reserved.map(Some),
        }
    }

    fn reserve_within(&self, limits: Limits, size: usize) -> Result<usize, SendBufferFull> {
        let waits = self.packets.get() >= limits.packets;
        if waits && !self.is_online.load(Ordering::Relaxed) {
            return Err(SendBufferFull::Packets(limits.packets));
        }
        if self.bytes.get().saturating_add(size) > limits.bytes {
            return Err(SendBufferFull::Bytes(limits.bytes));
        }
        Sum::change(&self.packets.logic, 0, 1);
        Sum::change(&self.bytes.logic, 0, size);
        Ok(size)
    }

    /// An event was dropped. Says whether it is the first one since [`take_dropped`](Self::take_dropped). `[any-thread]`
    pub(crate) fn count_dropped(&self) -> bool {
        self.dropped.fetch_add(1, Ordering::Relaxed) == 0
    }

    /// How many events were dropped since the last call. `[driver-thread]`
    pub(super) fn take_dropped(&self) -> usize {
        self.dropped.swap(0, Ordering::Relaxed)
    }

    /// What was reserved is not needed. `[logic-thread]`
    pub(crate) fn give_back(&self, size: usize) {
        Sum::change(&self.packets.logic, 1, 0);
        Sum::change(&self.bytes.logic, size, 0);
    }

    /// Whether a namespace is joined now. `[driver-thread]`
    pub(super) fn set_online(&self, is_online: bool) {
        self.is_online.store(is_online, Ordering::Relaxed);
    }

    /// What was counted as `before` counts as `now`. `[driver-thread]`
    pub(super) fn recount(&self, before: Limits, now: Limits) {
        Sum::change(&self.packets.driver, before.packets, now.packets);
        Sum::change(&self.bytes.driver, before.bytes, now.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(packets: usize, bytes: usize) -> Limits {
        Limits { packets, bytes }
    }

    #[test]
    fn both_bounds_hold_without_a_connection() {
        let load = Load::default();
        load.set_limits(limits(2, 100), Overflow::Refuse, 0);
        assert_eq!(load.reserve(4), Ok(20));
        assert_eq!(load.reserve(65), Err(SendBufferFull::Bytes(100)));
        assert_eq!(load.reserve(64), Ok(80));
        assert_eq!(load.reserve(0), Err(SendBufferFull::Packets(2)));
        load.recount(limits(2, 100), limits(0, 0));
        assert_eq!(load.reserve(84), Ok(100));
    }

    #[test]
    fn with_a_connection_only_bytes_count() {
        let load = Load::default();
        load.set_limits(limits(1, 64), Overflow::Refuse, 0);
        load.set_online(true);
        for _ in 0..4 {
            load.reserve(0).unwrap();
        }
        assert_eq!(load.reserve(0), Err(SendBufferFull::Bytes(64)));
        load.set_online(false);
        assert_eq!(load.reserve(0), Err(SendBufferFull::Packets(1)));
    }

    #[test]
    fn the_policy_says_what_a_full_buffer_does() {
        let load = Load::default();
        for (overflow, taken) in [
            (Overflow::Refuse, 2),
            (Overflow::DropNewest, 2),
            // Only by the bytes: what waits longest gives way when the driver hears of it.
            (Overflow::DropOldest, 10),
        ] {
            load.set_limits(limits(2, 100), overflow, 0);
            for _ in 0..taken {
                assert_eq!(load.reserve_or_drop(4), Ok(Some(20)));
            }
            let full = load.reserve_or_drop(4);
            match overflow {
                Overflow::Refuse => assert_eq!(full, Err(SendBufferFull::Packets(2))),
                Overflow::DropNewest | Overflow::DropOldest => assert_eq!(full, Ok(None)),
            }
            assert_eq!(load.reserve_or_drop(85), Err(SendBufferFull::Bytes(100)));
            load.recount(limits(taken, 20 * taken), limits(0, 0));
        }
    }

    #[test]
    fn the_first_drop_since_the_last_look_is_known() {
        let load = Load::default();
        assert_eq!([(); 3].map(|()| load.count_dropped()), [true, false, false]);
        assert_eq!([load.take_dropped(), load.take_dropped()], [3, 0]);
        assert!(load.count_dropped());
    }

    #[test]
    fn awaited_acknowledgements_are_bounded() {
        let load = Load::default();
        load.set_limits(limits(9, 100), Overflow::Refuse, 1);
        assert_eq!(load.reserve_ack(), Ok(()));
        assert_eq!(load.reserve_ack(), Err(TooManyPendingAcks(1)));
        load.release_ack();
        assert_eq!(load.reserve_ack(), Ok(()));
    }

    #[test]
    fn a_recount_may_grow() {
        let load = Load::default();
        load.set_limits(limits(9, 100), Overflow::Refuse, 0);
        let size = load.reserve(4).unwrap();
        // Its encoding is longer than its text.
        load.recount(limits(1, size), limits(1, 90));
        assert_eq!(load.reserve(0), Err(SendBufferFull::Bytes(100)));
    }
}
