//! A million pending timers: what it takes to set one and to take it when it is due.

use std::time::{Duration, Instant};

use pulsewire_host::engine::Timers;

use crate::{Failure, Result};

/// How many timers wait at once.
const TIMERS: u32 = 1_000_000;

/// For each timer.
#[derive(Clone, Copy)]
pub struct PerTimer {
    /// To set one while up to a million wait.
    pub set: Duration,
    /// To take one that is due while up to a million wait.
    pub take: Duration,
}

/// Sets all timers at times in no order, then takes them as they come due.
pub fn measure() -> Result<PerTimer> {
    let start = Instant::now();
    let mut timers = Timers::default();
    for number in 0..TIMERS {
        // Steps of a number prime to 2³² go everywhere.
        let at = number.wrapping_mul(2_654_435_761);
        timers.set(number, start + Duration::from_nanos(at.into()));
    }
    let set = start.elapsed() / TIMERS;
    let end = start + Duration::from_nanos(u32::MAX.into());
    let began = Instant::now();
    let taken = std::iter::from_fn(|| timers.take_due(end)).count();
    let take = began.elapsed() / TIMERS;
    match taken == TIMERS as usize {
        true => Ok(PerTimer { set, take }),
        false => Err(Failure::new(format!(
            "{taken} timers came due, expected {TIMERS}"
        ))),
    }
}
