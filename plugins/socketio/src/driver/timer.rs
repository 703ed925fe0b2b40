//! A timer whose deadline may move at every turn.

use std::{future::pending, pin::Pin, time::Instant};

use tokio::time::{self, Sleep};

/// Sleeps until the moment, or for ever without one.
pub(super) async fn sleep_until_some(at: Option<time::Instant>) {
    match at {
        Some(at) => time::sleep_until(at).await,
        None => pending().await,
    }
}

/// Sleeps until a deadline. One that moves later, as a watchdog's does with every frame, costs nothing: the timer rings
/// at the old one, where it does no harm, and is set anew.
pub(super) struct Timer(Pin<Box<Sleep>>);

impl Timer {
    pub(super) fn new() -> Self {
        Self(Box::pin(time::sleep_until(time::Instant::now())))
    }

    /// Returns at the deadline, or before; `None` is never. Cancel-safe.
    pub(super) async fn ring(&mut self, deadline: Option<Instant>) {
        let Some(deadline) = deadline.map(time::Instant::from_std) else {
            return pending().await;
        };
        if deadline < self.0.deadline() || self.0.is_elapsed() {
            self.0.as_mut().reset(deadline);
        }
        self.0.as_mut().await;
    }
}
