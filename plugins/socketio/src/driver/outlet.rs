//! The way of events to the engine.
//!
//! The engine's queue is bounded. What it does not take waits here, in order, and is tried again soon; meanwhile the
//! connection stops reading, so that the server has to wait too. Nothing is lost unless the plugin is deactivated.

use std::{collections::VecDeque, time::Duration};

use pulsewire_plugin_api::{
    EmitError, EventSource, Host, PluginError,
    value::{Binary, Text, Value},
};
use tokio::time::{Instant, sleep_until};

use crate::{
    nodes::{ON_ERROR, ON_RECEIVE, ON_START, ON_STOP, ON_SUBSCRIBE, ON_UNSUBSCRIBE},
    payload::Arguments,
};

/// From so many events, or so many bytes, on the connection stops reading.
const MANY: usize = 1024;
const MUCH: usize = 16 << 20;

/// Between two tries; doubled while the engine takes nothing.
const RETRY: Duration = Duration::from_millis(1);
const RETRY_MAX: Duration = Duration::from_millis(16);

/// The event nodes of one connection.
pub(crate) struct Outlet {
    sources: Sources,
    /// What On Socket.IO Receive gives if there are no bytes; made once.
    no_data: Binary,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    retry_in: Duration,
    retry_at: Instant,
    is_detached: bool,
}

struct Sources {
    on_start: EventSource,
    on_stop: EventSource,
    on_receive: EventSource,
    on_error: EventSource,
    on_subscribe: EventSource,
    on_unsubscribe: EventSource,
}

struct Waiting {
    source: EventSource,
    values: Vec<Value>,
    size: usize,
}

impl Outlet {
    pub(crate) fn new(host: &Host, configuration: &str) -> Result<Self, PluginError> {
        let source = |node_type| host.event(node_type, configuration);
        Ok(Self {
            sources: Sources {
                on_start: source(ON_START.id())?,
                on_stop: source(ON_STOP.id())?,
                on_receive: source(ON_RECEIVE.id())?,
                on_error: source(ON_ERROR.id())?,
                on_subscribe: source(ON_SUBSCRIBE.id())?,
                on_unsubscribe: source(ON_UNSUBSCRIBE.id())?,
            },
            no_data: Binary::default(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            retry_in: RETRY,
            retry_at: Instant::now(),
            is_detached: false,
        })
    }

    /// The connection is established.
    pub(super) fn start(&mut self) {
        self.emit(|sources| &sources.on_start, 0, Vec::new);
    }

    /// The established connection has ended.
    pub(super) fn stop(&mut self) {
        self.emit(|sources| &sources.on_stop, 0, Vec::new);
    }

    /// Something went wrong; without a namespace it concerns the connection.
    pub(super) fn error(&mut self, namespace: &str, message: &str) {
        let size = message.len();
        self.emit(
            |sources| &sources.on_error,
            size,
            || vec![Value::from(namespace), Value::from(message)],
        );
    }

    /// Subscriptions in the namespace took effect.
    pub(super) fn subscribed(&mut self, namespace: &str, count: usize) {
        for _ in 0..count {
            self.emit(
                |sources| &sources.on_subscribe,
                0,
                || vec![Value::from(namespace)],
            );
        }
    }

    /// A subscription in the namespace ended.
    pub(super) fn unsubscribed(&mut self, namespace: &str) {
        self.emit(
            |sources| &sources.on_unsubscribe,
            0,
            || vec![Value::from(namespace)],
        );
    }

    /// Whether somebody wants received events.
    pub(super) fn has_receivers(&self) -> bool {
        self.sources.on_receive.has_listeners()
    }

    /// An event arrived, and somebody wants it.
    pub(super) fn received(&mut self, namespace: &Text, name: &Text, arguments: Arguments) {
        let size = arguments.size();
        let values = [
            Value::String(namespace.clone()),
            Value::String(name.clone()),
            Value::String(arguments.message),
            arguments.first,
            Value::Array(arguments.all),
            Value::Binary(arguments.data.unwrap_or_else(|| self.no_data.clone())),
        ];
        let source = &self.sources.on_receive;
        let is_first = self.waiting.is_empty();
        // The engine keeps what it is given even if it refuses it; so it gets a copy, whose texts are shared.
        match is_first.then(|| source.emit(values.to_vec())) {
            Some(Ok(())) => {}
            Some(Err(EmitError::Detached)) => self.is_detached = true,
            None | Some(Err(EmitError::Full)) => {
                let source = source.clone();
                self.wait(source, values.into(), size);
            }
        }
    }

    /// The plugin was deactivated: there is nobody to tell any more.
    pub(super) fn is_detached(&self) -> bool {
        self.is_detached
    }

    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Whether so much waits that the connection should not read on.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= MANY || self.waiting_bytes >= MUCH
    }

    /// Waits a little, then tries again. Cancel-safe.
    pub(super) async fn retry(&mut self) {
        sleep_until(self.retry_at).await;
        let before = self.waiting.len();
        self.flush();
        self.retry_in = match self.waiting.len() < before {
            true => RETRY,
            false => (self.retry_in * 2).min(RETRY_MAX),
        };
        self.retry_at = Instant::now() + self.retry_in;
    }

    /// Hands over as much as the engine takes.
    pub(super) fn flush(&mut self) {
        while let Some(first) = self.waiting.front() {
            match first.source.emit(first.values.clone()) {
                Ok(()) => {}
                Err(EmitError::Full) => return,
                Err(EmitError::Detached) => {
                    self.is_detached = true;
                    return;
                }
            }
            if let Some(taken) = self.waiting.pop_front() {
                self.waiting_bytes -= taken.size;
            }
        }
    }

    /// Says so if events are lost because the plugin ends.
    pub(super) fn end(&mut self, configuration: &str) {
        if !self.is_detached {
            self.flush();
        }
        if !self.waiting.is_empty() {
            let count = self.waiting.len();
            log::warn!(
                "connection `{configuration}`: {count} events were not taken by the engine before the end"
            );
        }
    }

    /// Emits, or lets wait; builds the values only if somebody wants them.
    fn emit(
        &mut self,
        source: impl Fn(&Sources) -> &EventSource,
        size: usize,
        values: impl FnOnce() -> Vec<Value>,
    ) {
        let source = source(&self.sources);
        if self.is_detached || !source.has_listeners() {
            return;
        }
        let source = source.clone();
        self.wait(source, values(), size);
        if self.waiting.len() == 1 {
            self.flush();
        }
    }

    fn wait(&mut self, source: EventSource, values: Vec<Value>, size: usize) {
        if self.waiting.is_empty() {
            self.retry_in = RETRY;
            self.retry_at = Instant::now() + RETRY;
        }
        self.waiting_bytes += size;
        self.waiting.push_back(Waiting { source, values, size });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use pulsewire_plugin_api::HostServices;
    use socketio_proto::{Data, Message};

    use super::*;

    /// A queue for `room` events.
    struct Engine {
        room: Mutex<usize>,
        taken: Mutex<Vec<Vec<Value>>>,
    }

    impl HostServices for Engine {
        fn log(&self, _: u32, _: &str, _: &str) {}
        fn log_level(&self) -> u32 {
            0
        }
        fn report(&self, _: &str) {}
        fn settings(&self, _: &str) -> Option<String> {
            None
        }
        fn project_folder(&self) -> Option<String> {
            None
        }
        fn event(&self, _: &str, _: &str) -> Option<u64> {
            Some(1)
        }
        fn has_listeners(&self, _: u64) -> bool {
            true
        }
        fn emit(&self, _: u64, values: Vec<Value>) -> Result<(), EmitError> {
            let mut room = self.room.lock().unwrap();
            *room = room.checked_sub(1).ok_or(EmitError::Full)?;
            self.taken.lock().unwrap().push(values);
            Ok(())
        }
    }

    fn outlet(room: usize) -> (Arc<Engine>, Outlet) {
        let engine = Arc::new(Engine {
            room: Mutex::new(room),
            taken: Mutex::default(),
        });
        let outlet = Outlet::new(&Host::new(engine.clone()), "c").unwrap();
        (engine, outlet)
    }

    fn receive(outlet: &mut Outlet, text: &str) {
        let mut message = Message {
            namespace: "/".into(),
            name: "n".to_owned(),
            args: vec![Data::from(text)],
            ack_id: None,
        };
        outlet.received(&Text::from("/"), &Text::from("n"), Arguments::of(&mut message));
    }

    fn messages(engine: &Engine) -> Vec<String> {
        let taken = engine.taken.lock().unwrap();
        let message = |values: &Vec<Value>| values.get(2).map_or("-".to_owned(), Value::to_string);
        taken.iter().map(message).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_engine_refuses_follows_in_order() {
        let (engine, mut outlet) = outlet(1);
        receive(&mut outlet, "a");
        receive(&mut outlet, "b");
        outlet.stop();
        receive(&mut outlet, "c");
        assert_eq!(messages(&engine), ["a"]);
        outlet.retry().await;
        assert!(outlet.is_waiting());
        *engine.room.lock().unwrap() = 2;
        outlet.retry().await;
        assert_eq!(messages(&engine), ["a", "b", "-"]);
        // Something waits still, so nothing may overtake it.
        *engine.room.lock().unwrap() = 2;
        receive(&mut outlet, "d");
        outlet.flush();
        assert_eq!(messages(&engine), ["a", "b", "-", "c", "d"]);
        assert!(!outlet.is_waiting());
        assert_eq!(outlet.waiting_bytes, 0);
    }

    #[tokio::test]
    async fn many_or_large_events_stop_the_reading() {
        let (_, mut outlet) = outlet(0);
        for _ in 0..MANY - 1 {
            receive(&mut outlet, "");
        }
        assert!(!outlet.is_full());
        receive(&mut outlet, "");
        assert!(outlet.is_full());

        let (_, mut outlet) = self::outlet(0);
        receive(&mut outlet, &"x".repeat(MUCH));
        assert!(outlet.is_full());
    }
}
