//! What a connection tells the engine, and the log.

use socketio_proto::{AckOutcome, ConnectErrorKind, DisconnectReason, EmitError, Event};

use super::{
    super::{command::Asker, inbox::Inbox, report, socket::now, transport::Transport},
    Context, Live,
};
use crate::settings::TransportKind;

impl Live<'_> {
    /// Tells what has happened. Says whether the connection was stopped.
    pub(super) fn tell(&mut self) -> bool {
        while let Some(event) = self.client.poll_event() {
            match event {
                Event::Message(message) => self.context.inbox().take(message),
                Event::Stopped => {
                    self.abandon();
                    self.context.subscriptions.suspend();
                    log::info!("connection `{}`: stopped", self.context.name);
                    return true;
                }
                other => self.on_event(other),
            }
        }
        false
    }

    fn on_event(&mut self, event: Event) {
        let (context, endpoint) = (&mut *self.context, &self.settings.endpoint);
        let secrets = &self.settings.secrets;
        match event {
            Event::Opened {
                sid,
                upgrades,
                max_payload,
            } => {
                context.status.open(match &self.transport {
                    Transport::Polling(_) => "polling",
                    _ => "websocket",
                });
                let by = match &mut self.transport {
                    Transport::Polling(polling) => {
                        // No server takes nothing at all; 0 is no limit, as for the official client.
                        let limit = max_payload.and_then(|limit| usize::try_from(limit).ok());
                        let limit = limit.filter(|limit| *limit > 0);
                        self.client.limit_packets(limit);
                        polling.begin(&sid, &upgrades, limit);
                        TransportKind::Polling
                    }
                    _ => TransportKind::WebSocket,
                };
                log::info!("connection `{}`: open to {endpoint} by {by}", context.name);
            }
            Event::Connected {
                namespace,
                sid,
                recovered,
            } => {
                context.status.join(&namespace, sid, recovered);
                let how = if recovered {
                    "joined again, its session restored"
                } else {
                    "joined"
                };
                log::debug!("connection `{}`: namespace `{namespace}` {how}", context.name);
                context.load.set_online(true);
                context.establish();
                let count = context.subscriptions.take_effect(&namespace);
                context.outlet.subscribed(&namespace, count);
                self.refused.remove(&namespace);
                self.joined.insert(namespace);
                self.end_drops();
            }
            Event::Disconnected { namespace, reason } => {
                log::debug!(
                    "connection `{}`: namespace `{namespace}` left: {reason}",
                    context.name
                );
                context.requests.disconnect(Some(&namespace));
                context.status.leave(&namespace);
                self.joined.remove(&namespace);
                context.load.set_online(!self.joined.is_empty());
                if reason == DisconnectReason::IoServerDisconnect {
                    context.outlet.error(&namespace, &report::disconnected(endpoint));
                    self.refused.insert(namespace, now());
                }
            }
            Event::Closed { reason } => {
                context.status.close();
                log::info!("connection `{}`: closed: {reason}", context.name);
                if reason == DisconnectReason::PingTimeout {
                    context.outlet.error("", &report::silent(endpoint));
                }
                if self.is_stopping {
                    self.abandon();
                }
                self.context.give_up();
                // What is dropped from now on is told again.
                self.end_drops();
            }
            Event::ConnectError {
                namespace,
                kind,
                message,
                data,
            } => {
                let text = secrets.redact(report::refusal(kind, &message, data.as_ref(), endpoint));
                log::warn!("connection `{}`: namespace `{namespace}`: {text}", context.name);
                context.outlet.error(&namespace, &text);
                if !matches!(kind, ConnectErrorKind::TimedOut | ConnectErrorKind::Reported) {
                    self.refused.insert(namespace, now());
                }
            }
            Event::Error { error, attempt } => {
                let text = secrets.redact(report::fault(&error, self.progress.stage(), endpoint, attempt));
                log::warn!("connection `{}`: {text}", context.name);
                context.outlet.error("", &text);
            }
            Event::Unsent { namespace, error } => {
                let text = report::refused(&error, endpoint);
                log::warn!("connection `{}`: namespace `{namespace}`: {text}", context.name);
                context.outlet.error(&namespace, &text);
            }
            Event::ReconnectAttempt { attempt, delay } => {
                log::info!("connection `{}`: attempt {attempt} in {delay:?}", context.name);
                context.status.reconnect(attempt);
                context.outlet.reconnecting(attempt, delay);
            }
            Event::ReconnectFailed => {
                context.status.reconnect(0);
                let text = report::given_up(endpoint);
                log::warn!("connection `{}`: {text}", context.name);
                context.outlet.error("", &text);
            }
            Event::AckEnded { id, outcome } => {
                match &outcome {
                    // Those are told once for all.
                    AckOutcome::Unsent(EmitError::Dropped) => {}
                    AckOutcome::Unsent(error) => context.outlet.error("", &report::refused(error, endpoint)),
                    _ => {}
                }
                if let Some(asker) = self.asks.remove(&id) {
                    context.answer(&asker, outcome);
                }
            }
            Event::Message(_) | Event::Stopped => {}
        }
    }

    /// Nothing more will be sent. Says so, once, if events are lost by that.
    pub(super) fn abandon(&mut self) {
        self.end_drops();
        let count = self.client.queued().packets;
        if std::mem::replace(&mut self.is_abandoned, true) || count == 0 {
            return;
        }
        // First of all there is room again, for whoever hears of it.
        self.account();
        let text = report::unsent(count, self.settings.retries.is_some(), &self.settings.endpoint);
        log::warn!("connection `{}`: {text}", self.context.name);
        self.context.outlet.error("", &text);
    }
}

impl Context {
    fn inbox(&mut self) -> Inbox<'_> {
        Inbox::new(&self.name, &mut self.outlet, &self.subscriptions, &self.requests)
    }

    pub(in crate::driver) fn unsubscribe(&mut self, namespace: &str, event: &str) {
        if self.subscriptions.remove(namespace, event) {
            self.outlet.unsubscribed(namespace);
        }
    }

    /// What a node has waited for has ended.
    pub(in crate::driver) fn answer(&mut self, asker: &Asker, outcome: AckOutcome) {
        self.load.release_ack();
        self.outlet.answer(asker, outcome);
    }

    fn establish(&mut self) {
        if !std::mem::replace(&mut self.is_established, true) {
            self.outlet.start();
        }
    }

    /// The connection is gone.
    pub(in crate::driver) fn give_up(&mut self) {
        if std::mem::take(&mut self.is_established) {
            self.outlet.stop();
        }
    }
}
