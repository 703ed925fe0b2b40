//! The way of events to the engine.
//!
//! What happens in one turn of a connection is gathered here and then handed over in one go: the engine wakes once for
//! all of it. Its queue is bounded; what it does not take waits, in order, and is tried again soon. Meanwhile the
//! connection stops reading, so that the server has to wait too. Nothing is lost unless the plugin is deactivated.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use pulsewire_plugin_api::{
    EmitError, EventSource, Host, PluginError, Wanted,
    value::{Text, Value},
};
use socketio_proto::AckOutcome;
use tokio::time::Instant;

use super::command::Asker;
use crate::{
    nodes::{
        ACKNOWLEDGED, DISCONNECTED, ON_ERROR, ON_RECEIVE, ON_RECONNECT_ATTEMPT, ON_REQUEST, ON_START,
        ON_STOP, ON_SUBSCRIBE, ON_UNSUBSCRIBE, TIMED_OUT,
    },
    payload,
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
    sources: [EventSource; 8],
    /// In order; no two neighbours are for the same nodes.
    waiting: VecDeque<Run>,
    waiting_events: usize,
    /// How much memory the waiting events hold, about.
    waiting_bytes: usize,
    /// The room of the last run that was taken, to use again; nothing but empty values.
    spare: Vec<Value>,
    /// The engine did not take what waits; when to try again, and after how long a wait.
    retry: Option<(Instant, Duration)>,
    is_detached: bool,
}

/// Who hears of an event.
enum Target {
    /// All nodes of the connection of one type.
    All(Kind),
    /// One node.
    One(Asker),
}

impl PartialEq for Target {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All(kind), Self::All(other)) => kind == other,
            (Self::One(asker), Self::One(other)) => Arc::ptr_eq(asker, other),
            _ => false,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Start,
    Stop,
    Receive,
    Error,
    Subscribe,
    Unsubscribe,
    Request,
    ReconnectAttempt,
}

/// Events for the same nodes that follow each other. They cross to the engine together.
struct Run {
    target: Target,
    /// How many values each of them has.
    share: usize,
    /// All values in one row. Those of taken events are empty, and so is the room behind the last event.
    values: Vec<Value>,
    count: usize,
    taken: usize,
    bytes: usize,
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
                source(ON_REQUEST.id())?,
                source(ON_RECONNECT_ATTEMPT.id())?,
            ],
            waiting: VecDeque::new(),
            waiting_events: 0,
            waiting_bytes: 0,
            spare: Vec::new(),
            retry: None,
            is_detached: false,
        })
    }

    /// The connection is established.
    pub(super) fn start(&mut self) {
        self.tell(Kind::Start, []);
    }

    /// The established connection has ended.
    pub(super) fn stop(&mut self) {
        self.tell(Kind::Stop, []);
    }

    /// Something went wrong; without a namespace it concerns the connection.
    pub(super) fn error(&mut self, namespace: &str, message: &str) {
        self.tell(Kind::Error, [namespace, message]);
    }

    /// Subscriptions in the namespace took effect.
    pub(super) fn subscribed(&mut self, namespace: &str, count: usize) {
        for _ in 0..count {
            self.tell(Kind::Subscribe, [namespace]);
        }
    }

    /// A subscription in the namespace ended.
    pub(super) fn unsubscribed(&mut self, namespace: &str) {
        self.tell(Kind::Unsubscribe, [namespace]);
    }

    /// What somebody wants of received events.
    pub(super) fn wanted(&self) -> Wanted {
        self.sources[Kind::Receive as usize].wanted()
    }

    /// An event arrived, and somebody wants it; `show` writes its arguments, and says how many bytes they are.
    pub(super) fn received(
        &mut self,
        namespace: &Text,
        name: &Text,
        wanted: Wanted,
        show: impl FnOnce(&mut [Value]) -> usize,
    ) {
        self.wait(Target::All(Kind::Receive), payload::COUNT, |row| {
            payload::show_names(row, namespace, name, wanted);
            show(row)
        });
    }

    /// Another attempt to connect begins after the delay.
    pub(super) fn reconnecting(&mut self, attempt: u32, delay: Duration) {
        let kind = Kind::ReconnectAttempt;
        if !self.is_detached && self.sources[kind as usize].has_listeners() {
            let values = [Value::Int(attempt.into()), Value::Float(delay.as_secs_f64())];
            self.wait_with(Target::All(kind), values);
        }
    }

    /// What somebody wants of requests of the server.
    pub(super) fn request_wanted(&self) -> Wanted {
        self.sources[Kind::Request as usize].wanted()
    }

    /// A request arrived, and somebody wants it; `show` as with an event.
    pub(super) fn requested(
        &mut self,
        namespace: &Text,
        name: &Text,
        wanted: Wanted,
        handle: u64,
        show: impl FnOnce(&mut [Value]) -> usize,
    ) {
        self.wait(Target::All(Kind::Request), payload::COUNT + 1, |row| {
            payload::show_names(row, namespace, name, wanted);
            row[payload::COUNT] = Value::CustomId(handle);
            show(&mut row[..payload::COUNT])
        });
    }

    /// What a node asked the server has ended: the pulse output that tells how, and the arguments that came.
    pub(super) fn answer(&mut self, asker: &Asker, outcome: AckOutcome) {
        let (output, args) = match outcome {
            AckOutcome::Acknowledged(args) => (ACKNOWLEDGED, args),
            AckOutcome::TimedOut => (TIMED_OUT, Vec::new()),
            AckOutcome::Disconnected | AckOutcome::Stopped | AckOutcome::Unsent(_) => {
                (DISCONNECTED, Vec::new())
            }
        };
        let [message, first, all, data] = payload::arguments(args);
        let values = [Value::Int(output as i64), message, first, all, data];
        self.wait_with(Target::One(Arc::clone(asker)), values);
    }

    /// The plugin was deactivated: there is nobody to tell any more.
    pub(super) fn is_detached(&self) -> bool {
        self.is_detached
    }

    /// Whether so much was refused that the connection should not read on.
    pub(super) fn is_full(&self) -> bool {
        self.retry.is_some() && (self.waiting_events >= MANY || self.waiting_bytes >= MUCH)
    }

    /// Hands over what was gathered, unless the engine has just refused some of it.
    pub(super) fn hand_over(&mut self) {
        if self.retry.is_none() && !self.flush() {
            self.retry = Some((Instant::now() + RETRY, RETRY));
        }
    }

    /// When to try again what the engine refused, if it did.
    pub(super) fn retry_at(&self) -> Option<Instant> {
        self.retry.map(|(at, _)| at)
    }

    /// Tries again.
    pub(super) fn retry(&mut self) {
        let Some((_, delay)) = self.retry else { return };
        let before = self.waiting_events;
        self.retry = None;
        if !self.flush() {
            let delay = match self.waiting_events < before {
                true => RETRY,
                false => (delay * 2).min(RETRY_MAX),
            };
            self.retry = Some((Instant::now() + delay, delay));
        }
    }

    /// The last try. Says so if events are lost because the plugin ends.
    pub(super) fn end(&mut self, configuration: &str) {
        self.flush();
        if self.waiting_events > 0 {
            let count = self.waiting_events;
            log::warn!(
                "connection `{configuration}`: {count} events were not taken by the engine before the end"
            );
        }
    }

    /// Hands over as much as the engine takes. Says whether that was all, as it is when nobody is there any more.
    fn flush(&mut self) -> bool {
        while let Some(run) = self.waiting.front_mut() {
            if self.is_detached {
                return true;
            }
            let count = run.count - run.taken;
            let values = &mut run.values[run.taken * run.share..run.count * run.share];
            let source = match &run.target {
                Target::All(kind) => &self.sources[*kind as usize],
                Target::One(asker) => asker,
            };
            match source.emit_many(count, values) {
                Ok(taken) => {
                    run.taken += taken;
                    self.waiting_events -= taken;
                }
                Err(EmitError::Full) => return false,
                Err(EmitError::Detached) => {
                    self.is_detached = true;
                    return true;
                }
            }
            if run.taken == run.count {
                self.waiting_bytes -= run.bytes;
                if let Some(mut run) = self.waiting.pop_front() {
                    run.values.truncate(payload::COUNT * MANY);
                    run.values.shrink_to_fit();
                    self.spare = run.values;
                }
            }
        }
        true
    }

    fn tell<const N: usize>(&mut self, kind: Kind, texts: [&str; N]) {
        if !self.is_detached && self.sources[kind as usize].has_listeners() {
            self.wait_with(Target::All(kind), texts.map(Value::from));
        }
    }

    fn wait_with<const N: usize>(&mut self, target: Target, values: [Value; N]) {
        self.wait(target, N, |row| {
            row.iter_mut()
                .zip(values)
                .for_each(|(place, value)| *place = value);
            row.iter().map(payload::size).sum()
        });
    }

    /// One more event waits; `fill` writes its values where they wait, as moving them there would be most of the work, and
    /// says about how many bytes they are.
    fn wait(&mut self, target: Target, share: usize, fill: impl FnOnce(&mut [Value]) -> usize) {
        if self.waiting.back().is_none_or(|run| run.target != target) {
            self.waiting.push_back(Run {
                target,
                share,
                values: std::mem::take(&mut self.spare),
                count: 0,
                taken: 0,
                bytes: 0,
            });
        }
        if let Some(run) = self.waiting.back_mut() {
            let row = run.count * share..(run.count + 1) * share;
            if run.values.len() < row.end {
                run.values
                    .resize_with(row.end.next_power_of_two(), Value::default);
            }
            let bytes = fill(&mut run.values[row]);
            run.count += 1;
            run.bytes += bytes;
            self.waiting_events += 1;
            self.waiting_bytes += bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use pulsewire_plugin_api::HostServices;
    use socketio_proto::Data;

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
        fn wanted(&self, _: u64) -> Wanted {
            Wanted::EVERYTHING
        }
        fn emit(&self, _: u64, count: usize, values: &mut [Value]) -> Result<usize, EmitError> {
            let mut room = self.room.lock().unwrap();
            let taken = count.min(*room);
            if taken == 0 {
                return Err(EmitError::Full);
            }
            *room -= taken;
            let share = values.len() / count;
            for at in 0..taken {
                let values = values[at * share..][..share].iter_mut();
                self.taken
                    .lock()
                    .unwrap()
                    .push(values.map(std::mem::take).collect());
            }
            Ok(taken)
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
        let wanted = Wanted::EVERYTHING;
        outlet.received(&Text::from("/"), &Text::from("n"), wanted, |row| {
            payload::show(row, wanted, vec![Data::from(text)])
        });
        outlet.hand_over();
    }

    fn messages(engine: &Engine) -> Vec<String> {
        let taken = engine.taken.lock().unwrap();
        let message = |values: &Vec<Value>| values.get(2).map_or("-".to_owned(), Value::to_string);
        taken.iter().map(message).collect()
    }

    #[test]
    fn what_the_engine_refuses_follows_in_order() {
        let (engine, mut outlet) = outlet(1);
        receive(&mut outlet, "a");
        receive(&mut outlet, "b");
        outlet.stop();
        outlet.hand_over();
        receive(&mut outlet, "c");
        assert_eq!(messages(&engine), ["a"]);
        outlet.retry();
        assert!(outlet.retry_at().is_some());
        *engine.room.lock().unwrap() = 2;
        outlet.retry();
        assert_eq!(messages(&engine), ["a", "b", "-"]);
        // Something waits still, so nothing may overtake it.
        *engine.room.lock().unwrap() = 2;
        receive(&mut outlet, "d");
        assert_eq!(messages(&engine), ["a", "b", "-"]);
        outlet.retry();
        assert_eq!(messages(&engine), ["a", "b", "-", "c", "d"]);
        assert_eq!(outlet.retry_at(), None);
        assert_eq!(outlet.waiting_bytes, 0);
    }

    #[test]
    fn many_or_large_events_stop_the_reading() {
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
