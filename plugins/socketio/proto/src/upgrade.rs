//! From polling to WebSocket in the middle of a session (engine.io-protocol v4, "Upgrade").
//!
//! 1. A WebSocket is opened with the session's id; polling goes on. `2probe` is sent over it.
//! 2. The server answers `3probe`, and the pending GET with a noop. Polling pauses: no new request is started.
//! 3. When no request is pending any more, `5` is sent. From then on all goes over the WebSocket.
//!
//! Up to the `5` everything can be taken back: polling goes on, and the application hears nothing of it. There is one
//! upgrade for each session, and never a second try.
//!
//! [`Upgrade`] decides; the driver owns the WebSocket and the requests.

use std::time::{Duration, Instant};

use crate::Frame;

/// How long an upgrade may take. Servers give it up after the same time (`upgradeTimeout` of engine.io).
const LIMIT: Duration = Duration::from_secs(10);

const PROBE: &str = "2probe";
const PROBE_ANSWER: &str = "3probe";
const UPGRADE: &str = "5";

/// A server may end a GET or two for an upgrade that has failed meanwhile. One that ends so many is stuck in it.
const MOST_EMPTY_ANSWERS: u32 = 10;

/// What the driver must do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpgradeAction {
    /// Open a WebSocket with the session's id.
    Open,
    /// Send this text over the WebSocket.
    Send(&'static str),
    /// Drop the WebSocket; polling goes on.
    Drop,
    /// Leave polling: the WebSocket is the transport now.
    Switch,
}

/// The upgrade of one session.
#[derive(Debug, Default)]
pub struct Upgrade {
    state: State,
    /// GETs in a row that were answered with nothing since the upgrade has failed.
    empty_answers: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Not begun. Polling.
    #[default]
    Idle,
    /// To be begun.
    Begun { deadline: Option<Instant> },
    /// The WebSocket is being opened.
    Opening { deadline: Option<Instant> },
    /// It is open, `2probe` is to be sent.
    Opened { deadline: Option<Instant> },
    /// The answer is awaited.
    Probing { deadline: Option<Instant> },
    /// The answer is there; pending requests are awaited.
    Pausing { deadline: Option<Instant> },
    /// `5` is sent.
    Sent,
    /// It failed; the WebSocket is to be dropped.
    Failed,
    /// Done, one way or the other.
    Over,
}

impl Upgrade {
    /// The session is open, and both sides want a WebSocket. Without effect the second time.
    pub fn begin(&mut self, now: Instant) {
        if self.state == State::Idle {
            let deadline = now.checked_add(LIMIT);
            self.state = State::Begun { deadline };
        }
    }

    /// The WebSocket is open.
    pub fn handle_opened(&mut self) {
        if let State::Opening { deadline } = self.state {
            self.state = State::Opened { deadline };
        }
    }

    /// A message came over the WebSocket. Only the answer to the probe may come.
    pub fn handle_frame(&mut self, frame: Frame<&str>) {
        match (self.state, frame) {
            (State::Probing { deadline }, Frame::Text(PROBE_ANSWER)) => {
                self.state = State::Pausing { deadline };
            }
            _ => self.fail("the server did not answer the probe"),
        }
    }

    /// The WebSocket could not be opened, or is gone.
    pub fn handle_failed(&mut self, reason: &str) {
        self.fail(reason);
    }

    /// The deadline of [`poll_timeout`](Self::poll_timeout) has come. Harmless at any other time.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_some_and(|deadline| deadline <= now) {
            self.fail("it took too long");
        }
    }

    /// Polling is to stay, because the session ends.
    pub fn cancel(&mut self) {
        match self.state {
            State::Idle | State::Begun { .. } => self.state = State::Over,
            _ => self.fail("the session ends"),
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout).
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Begun { deadline }
            | State::Opening { deadline }
            | State::Opened { deadline }
            | State::Probing { deadline }
            | State::Pausing { deadline } => deadline,
            State::Idle | State::Sent | State::Failed | State::Over => None,
        }
    }

    /// A GET was answered; `is_empty`: with noops alone. Says whether the server is stuck in an upgrade that has failed: it
    /// will say nothing else any more, and that at once, however often it is asked. (python-engineio, where the WebSocket is
    /// lost before `2probe`.)
    pub fn handle_answer(&mut self, is_empty: bool) -> bool {
        self.empty_answers = match self.state {
            State::Over if is_empty => self.empty_answers + 1,
            _ => 0,
        };
        self.empty_answers > MOST_EMPTY_ANSWERS
    }

    /// Whether no GET and no POST may be started.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        matches!(self.state, State::Pausing { .. } | State::Sent)
    }

    /// What to do next. `is_quiet`: no request is pending, and all that was received is handed on.
    #[must_use]
    pub fn poll_action(&mut self, is_quiet: bool) -> Option<UpgradeAction> {
        let (next, action) = match self.state {
            State::Begun { deadline } => (State::Opening { deadline }, UpgradeAction::Open),
            State::Opened { deadline } => (State::Probing { deadline }, UpgradeAction::Send(PROBE)),
            State::Pausing { .. } if is_quiet => (State::Sent, UpgradeAction::Send(UPGRADE)),
            State::Sent => (State::Over, UpgradeAction::Switch),
            State::Failed => (State::Over, UpgradeAction::Drop),
            _ => return None,
        };
        self.state = next;
        Some(action)
    }

    fn fail(&mut self, reason: &str) {
        // With the `5` the server has left polling; from then on a failure is one of the connection.
        if matches!(
            self.state,
            State::Opening { .. } | State::Opened { .. } | State::Probing { .. } | State::Pausing { .. }
        ) {
            log::debug!("no upgrade to WebSocket, polling goes on: {reason}");
            self.state = State::Failed;
        }
    }
}
