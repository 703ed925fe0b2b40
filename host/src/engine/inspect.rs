//! Looking into a running engine: trace, breakpoints, single steps, probes, metrics.
//!
//! An [`Inspector`] is the side of the tool, for any thread; `watch` is the side of the logic thread. As long as nobody
//! asks for anything the engine pays one branch on a flag for each branch that it runs. What is asked for takes effect at the
//! next branch; from then on every node costs a lock and a few allocations: this is for people, not for production.
//!
//! ```
//! # use pulsewire_host::engine::{Engine, Inspector};
//! # fn look(engine: &mut Engine) {
//! let inspector: Inspector = engine.inspector();
//! inspector.trace(true);
//! engine.run_pending();
//! for step in inspector.steps_after(0).steps {
//!     println!("{} {} {:?} → {:?}", step.graph, step.node, step.outputs, step.fired);
//! }
//! # }
//! ```

mod watch;

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use pulsewire_plugin_api::value::Value;

use super::queue::EventQueue;
use crate::compile::NodeInfo;
pub(super) use watch::{Caller, Waker, Watch};

/// How many steps the trace keeps; older ones are lost.
const KEPT_STEPS: usize = 4096;

/// Looks into an engine, from any thread. Clones look into the same one.
#[derive(Clone)]
pub struct Inspector {
    shared: Arc<Shared>,
    queue: Arc<EventQueue>,
}

/// One node that ran.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Counted from 1 since the engine began.
    pub number: u64,
    /// Since the trace was switched on first.
    pub at: Duration,
    /// How long the node took.
    pub took: Duration,
    /// The graph of the node.
    pub graph: Arc<str>,
    /// Its id.
    pub node: Arc<str>,
    /// What called it.
    pub cause: Cause,
    /// Its data inputs when it was called, by their ids.
    pub inputs: Vec<(String, Value)>,
    /// Its data outputs afterwards.
    pub outputs: Vec<(String, Value)>,
    /// The pulse output that it fired, if any.
    pub fired: Option<String>,
    /// Why it failed, if it did.
    pub error: Option<String>,
}

/// What calls a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A pulse into the input of this id.
    Pulse(String),
    /// The branch that it fired has ended.
    Resume,
    /// An event.
    Event,
    /// A timer of its own.
    Timer,
}

/// Part of the trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// In the order in which they ran.
    pub steps: Vec<Step>,
    /// How many steps were lost before them, because nobody took them in time.
    pub lost: u64,
}

/// Where the engine is paused: before this node.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// How often the engine was paused before; two positions with the same number are the same.
    pub number: u64,
    /// The graph of the node.
    pub graph: Arc<str>,
    /// Its id.
    pub node: Arc<str>,
    /// What is about to call it.
    pub cause: Cause,
}

/// What a node's sockets hold now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Probe {
    /// The data inputs.
    pub inputs: Vec<(String, Value)>,
    /// The data outputs.
    pub outputs: Vec<(String, Value)>,
}

/// What the engine did while it was measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// How many nodes ran.
    pub nodes: u64,
    /// How many branches began: events and timers.
    pub branches: u64,
    /// How many nodes failed.
    pub errors: u64,
    /// How many events wait now.
    pub waiting: usize,
    /// By the ids of the types.
    pub by_type: BTreeMap<String, TypeMetrics>,
}

/// What the nodes of one type did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TypeMetrics {
    /// How often they ran.
    pub count: u64,
    /// How long that took.
    pub time: Duration,
}

/// Why a node could not be looked at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InspectError {
    /// There is no such node in the running program.
    #[error("there is no node `{node}` in graph `{graph}`{}", nearest_hint(.nearest))]
    UnknownNode {
        /// The graph that was named.
        graph: String,
        /// The node that was named.
        node: String,
        /// One whose name is like it, `GRAPH: NODE`.
        nearest: Option<String>,
    },
    /// The logic thread did not answer in time: it is busy with a node, or the engine does not run.
    #[error("the logic thread is busy")]
    Busy,
}

fn nearest_hint(nearest: &Option<String>) -> String {
    nearest
        .as_ref()
        .map_or(String::new(), |nearest| format!("; did you mean `{nearest}`?"))
}

/// What both sides share.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Tells both sides: the logic thread of what is asked for while it is paused, tools of pauses.
    changed: Condvar,
    /// Something was asked for that the logic thread has not seen yet.
    asked: AtomicBool,
}

#[derive(Default)]
struct State {
    is_tracing: bool,
    is_measuring: bool,
    /// By graph.
    breakpoints: HashMap<String, HashSet<String>>,
    run: Run,
    pauses: u64,
    probes: Vec<(u32, mpsc::Sender<Probe>)>,
    infos: Option<Arc<[NodeInfo]>>,
    began: Option<Instant>,
    steps: VecDeque<Step>,
    next_step: u64,
    metrics: Metrics,
}

/// Whether the logic thread goes on.
#[derive(Default)]
enum Run {
    #[default]
    Free,
    /// Up to the next node.
    ToNext,
    Paused(Position),
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_on(&self) -> bool {
        self.is_tracing || self.is_measuring || !self.breakpoints.is_empty() || !matches!(self.run, Run::Free)
    }

    fn find(&self, graph: &str, node: &str) -> Result<u32, InspectError> {
        let infos = self.infos.as_deref().unwrap_or_default();
        let at = infos
            .iter()
            .position(|info| *info.graph == *graph && *info.id == *node);
        at.map(|at| at as u32).ok_or_else(|| {
            let wanted = format!("{graph}: {node}");
            let known: Vec<String> = infos
                .iter()
                .map(|info| format!("{}: {}", info.graph, info.id))
                .collect();
            let nearest = crate::diagnostics::nearest(&wanted, known.iter().map(String::as_str));
            InspectError::UnknownNode {
                graph: graph.to_owned(),
                node: node.to_owned(),
                nearest: nearest.map(str::to_owned),
            }
        })
    }
}

impl Inspector {
    /// Changes what is asked for, and makes the logic thread see it.
    fn ask<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let answer = change(&mut self.shared.lock());
        self.shared.asked.store(true, Ordering::Release);
        self.shared.changed.notify_all();
        self.queue.wake();
        answer
    }

    /// Switches the trace on or off. What was traced stays until it is taken or lost.
    pub fn trace(&self, is_on: bool) {
        self.ask(|state| {
            state.is_tracing = is_on;
            state.began.get_or_insert_with(Instant::now);
        });
    }

    /// The traced steps with a number above `number`.
    pub fn steps_after(&self, number: u64) -> Trace {
        let state = self.shared.lock();
        let first = state
            .steps
            .front()
            .map_or(state.next_step + 1, |step| step.number);
        let steps = state.steps.iter().filter(|step| step.number > number);
        Trace {
            steps: steps.cloned().collect(),
            lost: (first - 1).saturating_sub(number),
        }
    }

    /// Begins to measure, from zero, or stops.
    pub fn measure(&self, is_on: bool) {
        self.ask(|state| {
            if is_on && !state.is_measuring {
                state.metrics = Metrics::default();
            }
            state.is_measuring = is_on;
        });
    }

    /// What was measured so far.
    pub fn metrics(&self) -> Metrics {
        Metrics {
            waiting: self.queue.len(),
            ..self.shared.lock().metrics.clone()
        }
    }

    /// Pauses the engine whenever it is about to run the node, or no longer.
    ///
    /// # Errors
    /// There is no such node.
    pub fn set_breakpoint(&self, graph: &str, node: &str, is_on: bool) -> Result<(), InspectError> {
        self.ask(|state| {
            if is_on {
                state.find(graph, node)?;
                state
                    .breakpoints
                    .entry(graph.to_owned())
                    .or_default()
                    .insert(node.to_owned());
            } else if let Some(nodes) = state.breakpoints.get_mut(graph) {
                nodes.remove(node);
                if nodes.is_empty() {
                    state.breakpoints.remove(graph);
                }
            }
            Ok(())
        })
    }

    /// Pauses before the next node, whichever it is. While the engine is paused no event, timer or settings change is
    /// looked at, and the queue may fill; a stop ends the run all the same, a deadline does not.
    pub fn pause(&self) {
        self.ask(|state| {
            if matches!(state.run, Run::Free) {
                state.run = Run::ToNext;
            }
        });
    }

    /// Runs one node and pauses before the one after it. Without effect unless paused.
    pub fn step(&self) {
        self.ask(|state| {
            if matches!(state.run, Run::Paused(_)) {
                state.run = Run::ToNext;
            }
        });
    }

    /// Goes on, up to the next breakpoint.
    pub fn resume(&self) {
        self.ask(|state| state.run = Run::Free);
    }

    /// Lets the engine run as if nobody had ever looked. For a tool that goes away.
    pub fn leave(&self) {
        self.ask(|state| {
            (state.is_tracing, state.is_measuring, state.run) = (false, false, Run::Free);
            state.breakpoints.clear();
            state.steps = VecDeque::new();
        });
    }

    /// Where the engine is paused, if it is.
    pub fn position(&self) -> Option<Position> {
        match &self.shared.lock().run {
            Run::Paused(position) => Some(position.clone()),
            _ => None,
        }
    }

    /// The number of the last traced step; 0 if there was none.
    pub fn last_step(&self) -> u64 {
        self.shared.lock().next_step
    }

    /// Waits until the engine is paused, at most so long, and says where. Not for the logic thread.
    pub fn wait_for_pause(&self, limit: Duration) -> Option<Position> {
        let is_free = |state: &mut State| !matches!(state.run, Run::Paused(_));
        let waited = self
            .shared
            .changed
            .wait_timeout_while(self.shared.lock(), limit, is_free);
        drop(waited);
        self.position()
    }

    /// What the sockets of a node hold, between two nodes or where the engine is paused. Waits for the logic thread, at
    /// most so long; not for the logic thread itself.
    ///
    /// # Errors
    /// There is no such node, or the logic thread is busy.
    pub fn probe(&self, graph: &str, node: &str, limit: Duration) -> Result<Probe, InspectError> {
        let (sender, answer) = mpsc::channel();
        self.ask(|state| {
            let node = state.find(graph, node)?;
            state.probes.push((node, sender));
            Ok(())
        })?;
        answer.recv_timeout(limit).map_err(|_| InspectError::Busy)
    }

    /// All nodes that can run, as `(graph, id, type)`.
    pub fn nodes(&self) -> Vec<(Arc<str>, Arc<str>, String)> {
        let infos = self.shared.lock().infos.clone();
        let infos = infos.iter().flat_map(|infos| infos.iter());
        infos
            .map(|info| {
                (
                    Arc::clone(&info.graph),
                    Arc::clone(&info.id),
                    info.node_type.clone(),
                )
            })
            .collect()
    }
}
