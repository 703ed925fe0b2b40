//! How long to wait before the next attempt: the formula of the official client (`contrib/backo2.ts`).
//!
//! `ms = min · 2^attempts`, moved down or up by a random part of itself, then capped.

use std::time::Duration;

/// From here on any sensible delay is beyond its cap; the power stays finite. (The original overflows to 0.)
const MAX_EXPONENT: u32 = 52;

pub(crate) struct Backoff {
    min: Duration,
    max: Duration,
    jitter: f64,
    attempts: u32,
}

impl Backoff {
    pub(crate) fn new(min: Duration, max: Duration, jitter: f64) -> Self {
        Self {
            min,
            max,
            jitter,
            attempts: 0,
        }
    }

    /// Attempts since the last reset.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }

    /// Counts an attempt and gives the wait before it. `random` is in `0.0..1.0`.
    pub(crate) fn next(&mut self, random: f64) -> Duration {
        let exponent = self.attempts.min(MAX_EXPONENT);
        self.attempts = self.attempts.saturating_add(1);
        let nominal = self.min.as_secs_f64() * 1000.0 * f64::from(2u32).powi(exponent as i32);
        let deviation = (random * self.jitter * nominal).floor();
        let even = (random * 10.0).floor() as i64 & 1 == 0;
        let millis = if even {
            nominal - deviation
        } else {
            nominal + deviation
        };
        // The cast cuts the fraction and turns what is no number into 0.
        Duration::from_millis(millis as u64).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delays(random: f64, count: usize) -> Vec<u128> {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5), 0.5);
        (0..count).map(|_| backoff.next(random).as_millis()).collect()
    }

    #[test]
    fn delays_double_up_to_the_cap() {
        assert_eq!(delays(0.0, 5), [1000, 2000, 4000, 5000, 5000]);
    }

    #[test]
    fn even_tenths_shorten_the_delay() {
        // floor(10 · 0.25) = 2; deviation = floor(0.25 · 0.5 · 1000) = 125.
        assert_eq!(delays(0.25, 4), [875, 1750, 3500, 5000]);
    }

    #[test]
    fn odd_tenths_lengthen_the_delay() {
        // floor(10 · 0.75) = 7; deviation = floor(0.75 · 0.5 · 1000) = 375.
        assert_eq!(delays(0.75, 4), [1375, 2750, 5000, 5000]);
    }

    #[test]
    fn fractions_are_cut() {
        // deviation = floor(0.333 · 0.5 · 1000) = 166, odd.
        assert_eq!(delays(0.333, 1), [1166]);
    }

    #[test]
    fn reset_starts_over() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5), 0.5);
        backoff.next(0.0);
        backoff.next(0.0);
        backoff.reset();
        assert_eq!(backoff.next(0.0), Duration::from_secs(1));
        assert_eq!(backoff.attempts(), 1);
    }

    #[test]
    fn delay_stays_at_the_cap_after_years() {
        for random in [0.0, 0.25, 0.75, 0.89, 0.999] {
            assert!(delays(random, 3000)[4..].iter().all(|delay| *delay == 5000));
        }
    }

    #[test]
    fn bad_settings_do_not_panic() {
        for jitter in [f64::NAN, f64::INFINITY, -1e300] {
            let mut backoff = Backoff::new(Duration::MAX, Duration::from_secs(5), jitter);
            for random in [f64::NAN, -1.0, 2.0] {
                assert!(backoff.next(random) <= Duration::from_secs(5));
            }
        }
    }
}
