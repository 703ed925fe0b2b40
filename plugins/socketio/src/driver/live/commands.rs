//! What the nodes ask of a connection.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use socketio_proto::{AckOutcome, Client, EmitError, normalize_namespace};
use tokio::task::yield_now;

use super::{
    super::{
        command::{Asker, Command, Event, Outgoing},
        random,
        socket::now,
    },
    Live,
};
use crate::settings::Settings;

/// Most commands of one turn, and most bytes of them; the last may go beyond.
const COMMANDS: usize = 256;
const COMMAND_BYTES: usize = 1 << 20;

/// Behind so many events that wait to be written, as many as one POST takes, a volatile event is dropped.
const VOLATILE: usize = 16;

impl Live<'_> {
    /// Carries out a command and those behind it, as far as they are not too many.
    pub(super) async fn on_commands(&mut self, first: Command) {
        let now = now();
        self.on_command(now, first);
        for _ in 1..COMMANDS {
            if self.is_stopping {
                return;
            }
            if self.taken.bytes >= COMMAND_BYTES {
                // Others on this thread, the end of the plugin among them, get their turn.
                return yield_now().await;
            }
            let Some(command) = self.context.commands.try_recv() else {
                return;
            };
            self.on_command(now, command);
        }
    }

    fn on_command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Start(settings) => self.start_again(settings),
            Command::Stop => {
                self.is_stopping = true;
                self.client.disconnect(now);
            }
            Command::Emit { event, size } => {
                self.take(size);
                self.emit(now, event);
                self.make_room();
            }
            Command::Ask {
                event,
                size,
                timeout,
                asker,
            } => {
                self.take(size);
                self.ask(now, *event, timeout, asker);
                self.make_room();
            }
            Command::Dropped { asker } => {
                self.tell_drops();
                if let Some(asker) = asker {
                    let outcome = AckOutcome::Unsent(EmitError::Dropped);
                    self.context.answer(&asker, outcome);
                }
            }
            Command::Acknowledge {
                request,
                argument,
                size,
            } => {
                self.take(size);
                let args = argument.into_args();
                if let Err(error) = self.client.acknowledge(now, request.id, &args) {
                    self.context.outlet.error(&request.namespace, &error.to_string());
                }
            }
            Command::Subscribe { namespace, event } => {
                self.context.subscriptions.add(&namespace, &event);
                self.join(&namespace, true);
                if self.joined.contains(namespace.as_str()) {
                    let count = self.context.subscriptions.take_effect(&namespace);
                    self.context.outlet.subscribed(&namespace, count);
                }
            }
            Command::Unsubscribe { namespace, event } => self.context.unsubscribe(&namespace, &event),
        }
    }

    /// Start while started: of use only to a connection that has given up. It takes the present settings.
    fn start_again(&mut self, settings: Arc<Settings>) {
        if !self.client.is_idle() {
            return;
        }
        if *settings != *self.settings {
            self.abandon();
            self.end_asks();
            self.client = Client::new(settings.client_config(random::source()));
            self.is_abandoned = false;
            self.context
                .load
                .set_limits(settings.send_buffer, settings.overflow, settings.max_pending_acks);
            self.settings = settings;
            self.wanted.clear();
        }
        self.refused.clear();
        self.connect();
    }

    /// Wants the configured namespaces and those with subscriptions, and begins to connect.
    pub(super) fn connect(&mut self) {
        let settings = Arc::clone(&self.settings);
        let subscribed = self.context.subscriptions.namespaces().map(str::to_owned);
        let subscribed: Vec<String> = subscribed.collect();
        for namespace in settings.namespaces.iter().chain(&subscribed) {
            if self.wanted.insert(namespace.clone()) {
                self.join_now(namespace);
            }
        }
        self.client.connect(now());
    }

    /// Something to send of this size came out of the mailbox.
    fn take(&mut self, size: usize) {
        self.taken.packets += 1;
        self.taken.bytes += size;
    }

    fn emit(&mut self, now: Instant, event: Outgoing) {
        match event {
            Outgoing::Encoded(event) => {
                self.join(event.namespace(), false);
                if let Err(error) = self.client.emit_text(now, event) {
                    let namespace = error.namespace().unwrap_or_default();
                    self.context.outlet.error(namespace, &error.to_string());
                }
            }
            Outgoing::Event(event) => {
                let namespace = normalize_namespace(&event.namespace);
                self.join(&namespace, false);
                let args = event.argument.into_args();
                let emitted = self.client.emit(now, &namespace, &event.name, args);
                if let Err(error) = emitted {
                    self.context.outlet.error(&namespace, &error.to_string());
                }
            }
            Outgoing::Volatile(event) => {
                let namespace = normalize_namespace(&event.namespace);
                self.join(&namespace, false);
                if !self.transport.is_writable() || self.client.queued().packets >= VOLATILE {
                    return;
                }
                let args = event.argument.into_args();
                let emitted = self.client.emit_volatile(now, &namespace, &event.name, &args);
                if let Err(error) = emitted {
                    self.context.outlet.error(&namespace, &error.to_string());
                }
            }
        }
    }

    fn ask(&mut self, now: Instant, event: Event, timeout: Option<Duration>, asker: Asker) {
        let namespace = normalize_namespace(&event.namespace);
        self.join(&namespace, false);
        let timeout = timeout.or(self.settings.ack_timeout);
        let args = event.argument.into_args();
        let asked = self
            .client
            .emit_with_ack(now, &namespace, &event.name, &args, timeout);
        match asked {
            Ok(id) => {
                self.asks.insert(id, asker);
            }
            Err(error) => {
                self.context.outlet.error(&namespace, &error.to_string());
                self.context.answer(&asker, AckOutcome::Disconnected);
            }
        }
    }

    /// What the core will not tell of any more.
    pub(super) fn end_asks(&mut self) {
        for (_, asker) in self.asks.drain() {
            self.context.answer(&asker, AckOutcome::Disconnected);
        }
    }

    /// Joins a namespace that is not joined yet. One that was refused is asked for again if the designer `insists`,
    /// otherwise not before the delay of a reconnection.
    fn join(&mut self, namespace: &str, insists: bool) {
        if self.wanted.contains(namespace) {
            let is_due = |at: &Instant| insists || at.elapsed() >= self.settings.reconnection_delay;
            if !self.refused.get(namespace).is_some_and(is_due) {
                return;
            }
            self.refused.remove(namespace);
        } else {
            self.wanted.insert(namespace.to_owned());
        }
        self.join_now(namespace);
    }

    fn join_now(&mut self, namespace: &str) {
        if let Err(error) = self.client.join(now(), namespace, self.settings.auth(namespace)) {
            self.context.outlet.error(namespace, &error.to_string());
        }
    }
}
