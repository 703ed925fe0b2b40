//! The WebSocket beside a polling session, until it takes over or is dropped. The core's `Upgrade` decides.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use socketio_proto::{Frame, TransportFailure, Upgrade, UpgradeAction};
use tokio::time::{Sleep, sleep_until};
use tungstenite::{Message, http::Request};

use super::{
    connect::{self, Route},
    socket::{Socket, now},
};

type Opening = Pin<Box<dyn Future<Output = Result<Socket, TransportFailure>> + Send>>;

/// The upgrade of one session, and its WebSocket.
#[derive(Default)]
pub(super) struct Probe {
    upgrade: Upgrade,
    socket: Beside,
    timer: Option<Pin<Box<Sleep>>>,
}

#[derive(Default)]
enum Beside {
    #[default]
    None,
    Opening(Opening),
    Open(Box<Socket>),
}

/// What came of a turn.
pub(super) enum Step {
    /// Something was done; more may follow.
    Moved,
    /// The WebSocket is the transport now.
    Switched(Box<Socket>),
}

impl Probe {
    /// Both sides want a WebSocket.
    pub(super) fn begin(&mut self) {
        self.upgrade.begin(now());
        let deadline = self.upgrade.poll_timeout();
        self.timer = deadline.map(|deadline| Box::pin(sleep_until(deadline.into())));
    }

    /// Polling is to stay, because the session ends.
    pub(super) fn cancel(&mut self) {
        self.upgrade.cancel();
    }

    /// A GET was answered, with noops alone or not. Says whether the server is stuck in an upgrade that has failed.
    pub(super) fn handle_answer(&mut self, is_empty: bool) -> bool {
        self.upgrade.handle_answer(is_empty)
    }

    /// Whether no request may be started.
    pub(super) fn is_paused(&self) -> bool {
        self.upgrade.is_paused()
    }

    /// Carries the upgrade on. `is_quiet`: no request is pending. `request` makes the one for the WebSocket.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        is_quiet: bool,
        route: &Route,
        request: impl FnOnce() -> Result<Request<()>, TransportFailure>,
    ) -> Poll<Step> {
        if let Some(step) = self.act(is_quiet, route, request) {
            return Poll::Ready(step);
        }
        if let Some(timer) = self
            .timer
            .as_mut()
            .filter(|_| self.upgrade.poll_timeout().is_some())
        {
            if timer.as_mut().poll(cx).is_ready() {
                self.upgrade.handle_timeout(now());
                return Poll::Ready(Step::Moved);
            }
        }
        match &mut self.socket {
            Beside::None => return Poll::Pending,
            Beside::Opening(opening) => match std::task::ready!(opening.as_mut().poll(cx)) {
                Ok(socket) => {
                    self.socket = Beside::Open(Box::new(socket));
                    self.upgrade.handle_opened();
                }
                Err(failure) => self.upgrade.handle_failed(&failure.to_string()),
            },
            Beside::Open(socket) => match std::task::ready!(socket.poll_message(cx)) {
                Ok(Message::Text(text)) => self.upgrade.handle_frame(Frame::Text(text.as_str())),
                Ok(message) => self.upgrade.handle_frame(Frame::Binary(message.into_data())),
                Err(failure) => self.upgrade.handle_failed(&failure.to_string()),
            },
        }
        Poll::Ready(Step::Moved)
    }

    /// Carries out the next action of the upgrade.
    fn act(
        &mut self,
        is_quiet: bool,
        route: &Route,
        request: impl FnOnce() -> Result<Request<()>, TransportFailure>,
    ) -> Option<Step> {
        match self.upgrade.poll_action(is_quiet)? {
            UpgradeAction::Open => {
                let (route, request) = (route.clone(), request());
                let opening = async move { connect::open_websocket(&route, request?).await };
                self.socket = Beside::Opening(Box::pin(opening));
            }
            UpgradeAction::Send(text) => {
                if let Beside::Open(socket) = &mut self.socket {
                    if let Err(failure) = socket.send(Frame::Text(text.to_owned())) {
                        self.upgrade.handle_failed(&failure.to_string());
                    }
                }
            }
            UpgradeAction::Drop => {
                if let Beside::Open(socket) = std::mem::take(&mut self.socket) {
                    socket.abort();
                }
            }
            UpgradeAction::Switch => {
                if let Beside::Open(socket) = std::mem::take(&mut self.socket) {
                    return Some(Step::Switched(socket));
                }
            }
        }
        Some(Step::Moved)
    }
}
