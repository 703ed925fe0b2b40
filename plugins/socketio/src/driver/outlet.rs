//! The way of events to the engine.
//!
//! What happens in one turn of a connection is gathered here and then handed over in one go: the engine wakes once for
//! all of it. Its queue is bounded; what it does not take waits, in order, and is tried again soon. Meanwhile the
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

/// From so many refused events, or so many bytes, on the connection stops reading.
const MANY: usize = 1024;
const MUCH: usize = 16 << 20;

/// Between two tries; doubled while the engine takes nothing.
const RETRY: Duration = Duration::from_millis(1);
const RETRY_MAX: Duration = Duration::from_millis(16);

/// The event nodes of one connection.
pub(crate) struct Outlet {
    /// By [`Kind`].
    sources: [EventSource; 6],
    /// What On Socket.IO Receive gives if there are no bytes; made once.
    no_data: Binary,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// The engine did not take what waits; when to try again, and after how long a wait.
    retry: Option<(Instant, Duration)>,
    is_detached: bool,
}

#[derive(Clone, Copy)]
enum Kind {
    Start,
    Stop,
    Receive,
    Error,
    Subscribe,
    Unsubscribe,
}

struct Waiting {
    kind: Kind,
    values: Vec<Value>,
    size: usize,
}

impl Outlet {
    pub(crate) fn new(host: &Host, configuration: &str) -> Result<Self, PluginError> {
        let source = |node_type| host.event(node_type, configuration);
        Ok(Self {
            sources: [
                source(ON_START.id())?,
                source(ON_STOP.id())?,
                source(ON_RECEIVE.id())?,
                source(ON_ERROR.id())?,
                source(ON_SUBSCRIBE.id())?,
                source(ON_UNSUBSCRIBE.id())?,
            ],
            no_data: Binary::default(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            retry: None,
            is_detached: false,
        })
    }

    /// The connection is established.
    pub(super) fn start(&mut self) {
        self.tell(Kind::Start, &[]);
    }

    /// The established connection has ended.
    pub(super) fn stop(&mut self) {
        self.tell(Kind::Stop, &[]);
    }

    /// Something went wrong; without a namespace it concerns the connection.
    pub(super) fn error(&mut self, namespace: &str, message: &str) {
        self.tell(Kind::Error, &[namespace, message]);
    }

    /// Subscriptions in the namespace took effect.
    pub(super) fn subscribed(&mut self, namespace: &str, count: usize) {
        for _ in 0..count {
            self.tell(Kind::Subscribe, &[namespace]);
        }
    }

    /// A subscription in the namespace ended.
    pub(super) fn unsubscribed(&mut self, namespace: &str) {
        self.tell(Kind::Unsubscribe, &[namespace]);
    }

    /// Whether somebody wants received events.
    pub(super) fn has_receivers(&self) -> bool {
        self.has_listeners(Kind::Receive)
    }

    /// An event arrived, and somebody wants it.
    pub(super) fn received(&mut self, namespace: &Text, name: &Text, arguments: Arguments) {
        let size = arguments.size();
        let values = vec![
            Value::String(namespace.clone()),
            Value::String(name.clone()),
            Value::String(arguments.message),
            arguments.first,
            Value::Array(arguments.all),
            Value::Binary(arguments.data.unwrap_or_else(|| self.no_data.clone())),
        ];
        self.wait(Kind::Receive, values, size);
    }

    /// The plugin was deactivated: there is nobody to tell any more.
    pub(super) fn is_detached(&self) -> bool {
        self.is_detached
    }

    /// Whether the engine has not taken everything, so that [`retry`](Self::retry) is needed.
    pub(super) fn is_refused(&self) -> bool {
        self.retry.is_some()
    }

    /// Whether so much was refused that the connection should not read on.
    pub(super) fn is_full(&self) -> bool {
        self.is_refused() && (self.waiting.len() >= MANY || self.waiting_bytes >= MUCH)
    }

    /// Hands over what was gathered, unless the engine has just refused some of it.
    pub(super) fn hand_over(&mut self) {
        if self.retry.is_none() && !self.flush() {
            self.retry = Some((Instant::now() + RETRY, RETRY));
        }
    }

    /// Waits a little, then tries again. Cancel-safe.
    pub(super) async fn retry(&mut self) {
        let Some((at, delay)) = self.retry else { return };
        sleep_until(at).await;
        let before = self.waiting.len();
        self.retry = None;
        if !self.flush() {
            let delay = match self.waiting.len() < before {
                true => RETRY,
                false => (delay * 2).min(RETRY_MAX),
            };
            self.retry = Some((Instant::now() + delay, delay));
        }
    }

    /// The last try. Says so if events are lost because the plugin ends.
    pub(super) fn end(&mut self, configuration: &str) {
        self.flush();
        if !self.waiting.is_empty() {
            let count = self.waiting.len();
            log::warn!(
                "connection `{configuration}`: {count} events were not taken by the engine before the end"
            );
        }
    }

    /// Hands over as much as the engine takes. Says whether that was all, as it is when nobody is there any more.
    fn flush(&mut self) -> bool {
        while let Some(first) = self.waiting.front() {
            if self.is_detached {
                return true;
            }
            // The engine keeps what it is given even if it refuses it; so it gets a copy, whose texts are shared.
            match self.sources[first.kind as usize].emit(first.values.clone()) {
                Ok(()) => {}
                Err(EmitError::Full) => return false,
                Err(EmitError::Detached) => {
                    self.is_detached = true;
                    return true;
                }
            }
            if let Some(taken) = self.waiting.pop_front() {
                self.waiting_bytes -= taken.size;
            }
        }
        true
    }

    fn tell(&mut self, kind: Kind, texts: &[&str]) {
        if !self.is_detached && self.has_listeners(kind) {
            let values = texts.iter().map(|text| Value::from(*text)).collect();
            self.wait(kind, values, texts.iter().map(|text| text.len()).sum());
        }
    }

    fn has_listeners(&self, kind: Kind) -> bool {
        self.sources[kind as usize].has_listeners()
    }

    fn wait(&mut self, kind: Kind, values: Vec<Value>, size: usize) {
        self.waiting_bytes += size;
        self.waiting.push_back(Waiting { kind, values, size });
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
        outlet.hand_over();
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
        outlet.hand_over();
        receive(&mut outlet, "c");
        assert_eq!(messages(&engine), ["a"]);
        outlet.retry().await;
        assert!(outlet.is_refused());
        *engine.room.lock().unwrap() = 2;
        outlet.retry().await;
        assert_eq!(messages(&engine), ["a", "b", "-"]);
        // Something waits still, so nothing may overtake it.
        *engine.room.lock().unwrap() = 2;
        receive(&mut outlet, "d");
        assert_eq!(messages(&engine), ["a", "b", "-"]);
        outlet.retry().await;
        assert_eq!(messages(&engine), ["a", "b", "-", "c", "d"]);
        assert!(!outlet.is_refused());
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
