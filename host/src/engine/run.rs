//! The engine and its main loop.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use pulsewire_plugin_api::value::Value;

use super::{
    branch::Entry,
    events::{EventId, Events},
    inspect::{Waker, Watch},
    keep::Keeper,
    node::EngineNode,
    overflow::QUEUE_IS_FULL,
    queue::{Batch, EventQueue},
    scenes::Hearing,
    surroundings::Surroundings,
    world::World,
};
use crate::{
    compile::{CallPlace, Program, Target, VariablePlace},
    console::{Console, Level},
};

/// How many queued events run before timers and requests are looked at again.
const EVENTS_PER_ROUND: usize = 64;

/// How long a branch may go on when the run is to end: short ones come to their end.
const LAST_WORK: Duration = Duration::from_millis(5);

/// A running program. Belongs to one thread, the logic thread.
pub struct Engine {
    pub(super) cells: Vec<Cell>,
    pub(super) slots: Vec<Value>,
    pub(super) inputs: Vec<u32>,
    pub(super) next: Vec<Target>,
    pub(super) world: World,
    /// Nodes that wait for the branch that they fired, innermost last.
    pub(super) stack: Vec<u32>,
    /// Events taken from the queue and not run yet.
    taken: Batch,
    pub(super) hearing: Hearing,
    /// Whether the running branch began at On Error; its own faults do not raise the event again.
    pub(super) in_error_branch: bool,
    pub(super) variables: HashMap<String, VariablePlace>,
    pub(super) calls: HashMap<Arc<str>, CallPlace>,
    /// The nodes that an overlong branch ran last.
    pub(super) recent: Vec<u32>,
    /// Who keeps the values of persistent variables.
    pub(super) keeper: Option<Keeper>,
    /// Who looks into the engine.
    pub(super) watch: Watch,
    requests: Arc<Requests>,
    /// Attention was given; timers and events have their turn before the next, however often it is requested.
    owes_turn: bool,
}

/// A node with what the engine needs to call it.
pub(super) struct Cell {
    pub(super) node: Box<dyn EngineNode>,
    pub(super) first_input: u32,
    pub(super) input_count: u32,
    pub(super) first_output: u32,
    pub(super) output_count: u32,
    pub(super) first_next: u32,
    pub(super) next_count: u32,
    /// Whether it waits for a branch that it fired.
    pub(super) waits: bool,
}

/// Why the engine returned from [`Engine::run`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// An Exit node ran.
    Exit(i32),
    /// [`StopHandle::stop`] was called.
    Stopped,
    /// [`StopHandle::request_attention`] was called; run again when done.
    Attention,
    /// A node wants other scenes; run again when they are as it wants.
    Scenes,
    /// The time was up.
    Deadline,
}

#[derive(Default)]
struct Requests {
    stop: AtomicBool,
    stopped_at: OnceLock<Instant>,
    attention: AtomicBool,
}

/// Ends or interrupts a run from any thread.
#[derive(Clone)]
pub struct StopHandle {
    requests: Arc<Requests>,
    queue: Arc<EventQueue>,
    waker: Waker,
}

impl StopHandle {
    /// Ends the run after the current branch; if that takes more than 5 ms, after the node that runs then.
    pub fn stop(&self) {
        self.requests.stopped_at.get_or_init(Instant::now);
        self.requests.stop.store(true, Ordering::Release);
        self.queue.wake();
        self.waker.wake();
    }

    /// Makes [`Engine::run`] return after the current branch, to be called again; when requested again and again, after
    /// timers and events had their turn.
    pub fn request_attention(&self) {
        self.requests.attention.store(true, Ordering::Release);
        self.queue.wake();
    }
}

impl Engine {
    /// An engine for `program`; `nodes` are made from it, one each, in its order.
    pub fn new(
        program: Program,
        nodes: Vec<Box<dyn EngineNode>>,
        queue: Arc<EventQueue>,
        events: Arc<Events>,
        console: Arc<dyn Console>,
    ) -> Self {
        let world = World::new(queue, events, console);
        let mut engine = Self {
            cells: Vec::new(),
            slots: Vec::new(),
            inputs: Vec::new(),
            next: Vec::new(),
            world,
            stack: Vec::new(),
            taken: Batch::default(),
            hearing: Hearing::default(),
            in_error_branch: false,
            variables: HashMap::new(),
            calls: HashMap::new(),
            recent: Vec::new(),
            keeper: None,
            watch: Watch::default(),
            requests: Arc::default(),
            owes_turn: false,
        };
        engine.install(program, nodes);
        engine
    }

    /// A handle for other threads.
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle {
            requests: Arc::clone(&self.requests),
            queue: Arc::clone(&self.world.queue),
            waker: self.watch.waker(),
        }
    }

    /// Grants the nodes something of the machine.
    pub fn set_surroundings(&mut self, surroundings: Surroundings) {
        self.world.surroundings = surroundings;
    }

    /// Allows System Call to run commands, or forbids it.
    pub fn allow_system_calls(&mut self, is_allowed: bool) {
        self.world.surroundings.may_call_system = is_allowed;
    }

    /// The queue that feeds this engine.
    pub fn queue(&self) -> &Arc<EventQueue> {
        &self.world.queue
    }

    /// The numbers of events, and who listens.
    pub fn events(&self) -> &Arc<Events> {
        &self.world.events
    }

    /// Runs events and timers until something of [`Outcome`] happens.
    pub fn run(&mut self, until: Option<Instant>) -> Outcome {
        loop {
            if let Some(outcome) = self.interruption() {
                return outcome;
            }
            let now = Instant::now();
            if until.is_some_and(|until| now >= until) {
                return Outcome::Deadline;
            }
            if self.world.scenes.are_due() {
                return Outcome::Scenes;
            }
            if self.keep_at().is_some_and(|at| now >= at) {
                self.keep();
            }
            if self.world.overflow.due_at().is_some_and(|at| now >= at) {
                self.tell_lost_events();
            }
            self.run_due_timers(now, until);
            if self.taken.is_empty() && !self.is_wanted_elsewhere(until) {
                let wait_until = self.world.timers.next_due().into_iter();
                let wait_until = wait_until.chain(until).chain(self.keep_at());
                let wait_until = wait_until.chain(self.world.overflow.due_at());
                let wait_until = wait_until.chain(self.is_awaited().then_some(now));
                self.world.queue.take_all(&mut self.taken, wait_until.min());
            }
            self.run_taken_events();
            self.had_turn();
        }
    }

    /// Runs what waits now, without waiting for more; for tests and benchmarks.
    pub fn run_pending(&mut self) -> Option<Outcome> {
        loop {
            if let Some(outcome) = self.interruption() {
                return Some(outcome);
            }
            if self.world.scenes.are_due() {
                return Some(Outcome::Scenes);
            }
            self.run_due_timers(Instant::now(), None);
            if self.taken.is_empty() {
                if self.world.queue.is_empty() && !self.is_awaited() {
                    return None;
                }
                self.world.queue.take_all(&mut self.taken, Some(Instant::now()));
            }
            self.run_taken_events();
            self.had_turn();
        }
    }

    fn interruption(&mut self) -> Option<Outcome> {
        self.look_at_inspector();
        if let Some(code) = self.world.exit {
            return Some(Outcome::Exit(code));
        }
        if self.requests.stop.load(Ordering::Acquire) {
            return Some(Outcome::Stopped);
        }
        if self.owes_turn || !self.requests.attention.swap(false, Ordering::AcqRel) {
            return None;
        }
        self.owes_turn = true;
        Some(Outcome::Attention)
    }

    fn had_turn(&mut self) {
        self.owes_turn = false;
        self.world.scenes.had_turn();
    }

    /// Whether somebody waits for the end of the turn.
    fn is_awaited(&self) -> bool {
        self.world.scenes.have_changed() || self.is_attention_wanted()
    }

    fn is_attention_wanted(&self) -> bool {
        self.requests.attention.load(Ordering::Relaxed)
    }

    /// Whether the run must not go on to another branch.
    fn is_wanted_elsewhere(&self, until: Option<Instant>) -> bool {
        self.world.exit.is_some()
            || self.world.scenes.are_due()
            || self.is_stopping()
            || (!self.owes_turn && self.is_attention_wanted())
            || until.is_some_and(|until| Instant::now() >= until)
    }

    /// Whether [`StopHandle::stop`] was called.
    pub(super) fn is_stopping(&self) -> bool {
        self.requests.stop.load(Ordering::Relaxed)
    }

    /// Whether no further node may run: of an Exit, or because a stop was called for a while ago.
    #[inline(always)]
    pub(super) fn is_over(&self) -> bool {
        self.world.exit.is_some() || (self.is_stopping() && self.has_stopped())
    }

    #[cold]
    fn has_stopped(&self) -> bool {
        let stopped_at = self.requests.stopped_at.get();
        stopped_at.is_none_or(|at| at.elapsed() > LAST_WORK)
    }

    fn run_due_timers(&mut self, now: Instant, until: Option<Instant>) {
        while !self.is_wanted_elsewhere(until) {
            let Some((timer, node)) = self.world.timers.take_due(now) else {
                break;
            };
            self.run_branch(node, Entry::Timer(timer));
        }
    }

    fn run_taken_events(&mut self) {
        let mut taken = std::mem::take(&mut self.taken);
        let mut count = 0;
        while count < EVENTS_PER_ROUND && !self.is_wanted_elsewhere(None) {
            let Some((event, values)) = taken.next() else {
                break;
            };
            match self.hearing.is_for_all(count) {
                true => self.run_event(event, values),
                false => self.run_old_event(count, event, values),
            }
            count += 1;
        }
        self.taken = taken;
        self.hearing.ran(count);
        self.world.queue.done(count);
    }

    /// Runs the listeners in order. The values go to the last of them; those before get copies.
    pub(super) fn run_event(&mut self, event: EventId, values: &mut [Value]) {
        let mut places = self.world.listeners.of(event);
        let Some(last) = places.next_back() else {
            return;
        };
        self.in_error_branch = event == self.world.on_error;
        for place in places {
            let Some(node) = self.world.listeners.node(place) else {
                continue;
            };
            self.run_branch(node, Entry::Event(&mut values.to_vec()));
            if self.is_over() {
                return;
            }
        }
        if let Some(node) = self.world.listeners.node(last) {
            self.run_branch(node, Entry::Event(values));
        }
        self.in_error_branch = false;
    }

    /// Raises an event of the engine itself, such as On Initialize.
    pub fn raise(&mut self, event: EventId, mut values: Vec<Value>) {
        if self.world.queue.push(event, &mut values).is_err() && self.world.has_lost_event() {
            self.world.say_for_engine(Level::Error, QUEUE_IS_FULL);
        }
    }

    /// The present value of a variable by its qualified name, `GRAPH/NAME`.
    pub fn variable(&self, name: &str) -> Option<&Value> {
        self.variables
            .get(name)
            .map(|place| &self.slots[place.slot as usize])
    }

    /// The value that a node's data output has latched.
    pub fn output(&self, graph: &str, node: &str, output: &str) -> Option<&Value> {
        let at = self
            .world
            .infos
            .iter()
            .position(|info| *info.graph == *graph && *info.id == *node)?;
        let place = self.world.infos[at]
            .outputs
            .iter()
            .position(|socket| *socket.id == *output)?;
        self.slots.get(self.cells[at].first_output as usize + place)
    }
}
