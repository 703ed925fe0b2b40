//! What the few nodes that need the engine may use of it: console, timers, events, the end of the run.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use pulsewire_plugin_api::{
    NodeError,
    value::{Text, Value},
};

use rustc_hash::FxHashSet;

use super::{
    events::{EventId, Events, Listeners},
    overflow::{Overflow, QUEUE_IS_FULL},
    queue::EventQueue,
    scenes::Scenes,
    surroundings::Surroundings,
    timers::{TimerId, Timers},
};
use crate::{
    compile::NodeInfo,
    console::{Console, Level, Line},
};

/// The engine's services. Logic thread only.
pub struct World {
    pub(super) infos: Arc<[NodeInfo]>,
    /// The node that runs now.
    pub(super) node: u32,
    pub(super) timers: Timers,
    pub(super) queue: Arc<EventQueue>,
    pub(super) events: Arc<Events>,
    pub(super) listeners: Listeners,
    pub(super) exit: Option<i32>,
    pub(super) on_error: EventId,
    /// When each stopwatch of the Benchmark nodes was started.
    stopwatches: HashMap<Box<str>, Instant>,
    /// The open blocks of the Profiler nodes, innermost last.
    profiler_blocks: Vec<(Text, Instant)>,
    pub(super) surroundings: Surroundings,
    /// Where the paths of the nodes of IO begin, from the folder `assets`.
    current_directory: PathBuf,
    console: Arc<dyn Console>,
    /// When a persistent variable was written that has not been kept since.
    pub(super) unkept_since: Option<Instant>,
    pub(super) scenes: Scenes,
    pub(super) overflow: Overflow,
    /// The Event IDs of the nodes that listen no more.
    unsubscribed: FxHashSet<EventId>,
}

impl World {
    pub(super) fn new(queue: Arc<EventQueue>, events: Arc<Events>, console: Arc<dyn Console>) -> Self {
        let on_error = events.number(crate::nodes::ON_ERROR, "");
        Self {
            infos: Arc::from([]),
            node: 0,
            timers: Timers::default(),
            queue,
            events,
            listeners: Listeners::default(),
            exit: None,
            on_error,
            stopwatches: HashMap::new(),
            profiler_blocks: Vec::new(),
            surroundings: Surroundings::default(),
            current_directory: PathBuf::new(),
            console,
            unkept_since: None,
            scenes: Scenes::default(),
            overflow: Overflow::default(),
            unsubscribed: FxHashSet::default(),
        }
    }

    /// Says something of the running node on the console.
    pub fn say(&self, level: Level, message: &str) {
        self.show(level, message, false);
    }

    /// Says on the console what the logic wants to say at the running node.
    pub fn print(&self, level: Level, message: &str) {
        self.show(level, message, true);
    }

    fn show(&self, level: Level, message: &str, said: bool) {
        let info = &self.infos[self.node as usize];
        self.console.show(&Line {
            graph: &info.graph,
            node: &info.id,
            said,
            ..Line::of_engine(level, message)
        });
    }

    /// The running stopwatches by their names.
    pub fn stopwatches(&mut self) -> &mut HashMap<Box<str>, Instant> {
        &mut self.stopwatches
    }

    /// The open blocks of the profiler, innermost last.
    pub fn profiler_blocks(&mut self) -> &mut Vec<(Text, Instant)> {
        &mut self.profiler_blocks
    }

    /// Empties the console, where that can be done.
    pub fn clear_console(&self) {
        self.console.clear();
    }

    /// Which scenes are to run.
    pub fn scenes(&mut self) -> &mut Scenes {
        &mut self.scenes
    }

    /// What the host grants.
    pub fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// Where the paths of the nodes of IO begin, from the folder `assets`.
    pub fn current_directory(&self) -> &Path {
        &self.current_directory
    }

    /// Sets where they begin.
    pub fn set_current_directory(&mut self, directory: PathBuf) {
        self.current_directory = directory;
    }

    /// Ends the run with `code` as soon as the running node returns.
    pub fn exit(&mut self, code: i32) {
        self.exit.get_or_insert(code);
    }

    /// A persistent variable was written.
    pub fn has_written_persistent(&mut self) {
        if self.unkept_since.is_none() {
            self.unkept_since = Some(Instant::now());
        }
    }

    /// Sets a timer for the running node.
    pub fn set_timer(&mut self, at: Instant) -> TimerId {
        self.timers.set(self.node, at)
    }

    /// Sets a timer of the running node again, under its old id.
    pub fn set_timer_again(&mut self, timer: TimerId, at: Instant) {
        self.timers.set_again(timer, self.node, at);
    }

    /// Whether the node that set the timer hears of it when it is cancelled, as timeouts and intervals do. False if the
    /// timer is not pending.
    pub fn is_cancelling_heard(&self, timer: TimerId) -> bool {
        let node = self.timers.node(timer);
        node.is_some_and(|node| self.infos[node as usize].own_event.is_some())
    }

    /// Cancels a timer of any node; that node gets its own event, with the timer as CustomID.
    /// False if the timer is not pending.
    pub fn cancel_timer(&mut self, timer: TimerId) -> Result<bool, NodeError> {
        let Some(node) = self.timers.node(timer) else {
            return Ok(false);
        };
        if let Some(event) = self.infos[node as usize].own_event {
            // First of all, so that a full queue leaves the timer as it was.
            self.emit(event, [Value::CustomId(timer)])?;
        }
        self.timers.cancel(timer);
        Ok(true)
    }

    /// Cancels a timer of the running node; nobody hears of it.
    pub fn drop_timer(&mut self, timer: TimerId) {
        self.timers.cancel(timer);
    }

    /// Queues an event; its listeners run after the branches that wait already.
    pub fn emit(&self, event: EventId, mut values: impl AsMut<[Value]>) -> Result<(), NodeError> {
        let pushed = self.queue.push(event, values.as_mut());
        pushed.map_err(|_| NodeError::new(QUEUE_IS_FULL))
    }

    /// Has the event node with this Event ID hear nothing more, as long as it runs. False if there is none.
    pub fn unsubscribe(&mut self, id: EventId) -> bool {
        let mut heard = self
            .listeners
            .of(id)
            .filter_map(|place| self.listeners.node(place));
        let node = heard.find(|node| {
            // Not the number of an event that many hear.
            let info = &self.infos[*node as usize];
            info.has_event_id() && info.own_event == Some(id)
        });
        let Some(node) = node else { return false };
        self.listeners.silence(node);
        self.unsubscribed.insert(id)
    }

    /// The same for a new program, in which some of the nodes may be gone.
    pub(super) fn silence_unsubscribed(&mut self) {
        let unsubscribed = std::mem::take(&mut self.unsubscribed);
        for id in unsubscribed {
            self.unsubscribe(id);
        }
    }

    /// Whether anybody listens to the event.
    pub fn is_heard(&self, event: EventId) -> bool {
        let mut places = self.listeners.of(event);
        places.any(|place| self.listeners.node(place).is_some())
    }

    /// Queues an event if anybody listens.
    pub fn emit_if_heard(
        &self,
        event: EventId,
        values: impl FnOnce() -> Vec<Value>,
    ) -> Result<(), NodeError> {
        match self.is_heard(event) {
            true => self.emit(event, values()),
            false => Ok(()),
        }
    }

    /// What the engine itself says, without a node.
    pub(super) fn say_for_engine(&self, level: Level, message: &str) {
        self.console.show(&Line::of_engine(level, message));
    }
}

/// A duration in seconds as designers write it: finite, not negative, at most ten years.
pub(crate) fn seconds(value: f64) -> Result<Duration, NodeError> {
    const TEN_YEARS: f64 = 315_360_000.0;
    if value.is_finite() && (0.0..=TEN_YEARS).contains(&value) {
        return Ok(Duration::from_secs_f64(value));
    }
    Err(NodeError::new(format!(
        "{value} seconds are no duration; expected 0 to {TEN_YEARS}"
    )))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    struct Silent;

    impl Console for Silent {
        fn show(&self, _: &Line<'_>) {}
    }

    /// A world without nodes.
    pub(in crate::engine) fn world() -> World {
        World::new(Arc::new(EventQueue::new(1)), Arc::default(), Arc::new(Silent))
    }
}
