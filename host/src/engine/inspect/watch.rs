//! The logic thread's side: what is told of each node while somebody looks.

use std::{
    mem,
    sync::{Arc, MutexGuard, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use pulsewire_plugin_api::{NodeResult, value::Value};

use super::{Cause, Inspector, KEPT_STEPS, Position, Probe, Run, Shared, State, Step};
use crate::{
    compile::NodeInfo,
    engine::{queue::EventQueue, run::Engine},
};

/// The engine's part of the inspection.
#[derive(Default)]
pub(in crate::engine) struct Watch {
    shared: Arc<Shared>,
    /// Whether nodes are watched: the one flag that the engine looks at, once for each branch.
    pub(in crate::engine) is_on: bool,
    /// The node that runs now.
    running: Option<Running>,
}

struct Running {
    cause: Cause,
    inputs: Vec<(String, Value)>,
    began: Instant,
}

/// What calls a node, as the engine knows it.
#[derive(Clone, Copy)]
pub(in crate::engine) enum Caller {
    Pulse(u32),
    Resume,
    Event,
    Timer,
}

impl Watch {
    /// Another program runs from now on; questions about nodes of the old one go unanswered.
    pub(in crate::engine) fn install(&self, infos: &Arc<[NodeInfo]>) {
        let mut state = self.shared.lock();
        state.infos = Some(Arc::clone(infos));
        state.probes.clear();
    }

    /// What wakes a paused engine.
    pub(in crate::engine) fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.shared))
    }

    fn inspector(&self, queue: &Arc<EventQueue>) -> Inspector {
        Inspector {
            shared: Arc::clone(&self.shared),
            queue: Arc::clone(queue),
        }
    }
}

/// Wakes a paused engine, so that it sees that it is to stop. Any thread.
#[derive(Clone)]
pub(in crate::engine) struct Waker(Arc<Shared>);

impl Waker {
    pub(in crate::engine) fn wake(&self) {
        // Under the lock the logic thread is either before its look or waiting.
        drop(self.0.lock());
        self.0.changed.notify_all();
    }
}

impl Engine {
    /// A handle to look into this engine, for any thread.
    pub fn inspector(&self) -> Inspector {
        self.watch.inspector(&self.world.queue)
    }

    /// Takes up what tools have asked for since the last time.
    pub(in crate::engine) fn look_at_inspector(&mut self) {
        if self.watch.shared.asked.load(Ordering::Relaxed) {
            let shared = Arc::clone(&self.watch.shared);
            self.take_up(&shared, &mut shared.lock());
        }
    }

    fn take_up(&mut self, shared: &Shared, state: &mut State) {
        shared.asked.store(false, Ordering::Relaxed);
        self.watch.is_on = state.is_on();
        for (node, answer) in mem::take(&mut state.probes) {
            // Whoever asked may have given up.
            let _ = answer.send(Probe {
                inputs: self.inputs_of(node),
                outputs: self.outputs_of(node),
            });
        }
    }

    /// A node is about to run; false if it must not, because the run is to end. Waits here while the engine is paused.
    #[cold]
    pub(in crate::engine) fn before_node(&mut self, node: u32, caller: Caller) -> bool {
        let shared = Arc::clone(&self.watch.shared);
        let info = &self.world.infos[node as usize];
        let cause = match caller {
            Caller::Pulse(at) => {
                Cause::Pulse(info.pulse_inputs.get(at as usize).cloned().unwrap_or_default())
            }
            Caller::Resume => Cause::Resume,
            Caller::Event => Cause::Event,
            Caller::Timer => Cause::Timer,
        };
        let mut state = shared.lock();
        self.take_up(&shared, &mut state);
        let info = &self.world.infos[node as usize];
        let nodes = state.breakpoints.get(&*info.graph);
        if nodes.is_some_and(|nodes| nodes.contains(&*info.id)) || matches!(state.run, Run::ToNext) {
            state.pauses += 1;
            state.run = Run::Paused(Position {
                number: state.pauses,
                graph: Arc::clone(&info.graph),
                node: Arc::clone(&info.id),
                cause: cause.clone(),
            });
            shared.changed.notify_all();
            state = self.wait_while_paused(&shared, state);
        }
        let inputs = match state.is_tracing {
            true => self.inputs_of(node),
            false => Vec::new(),
        };
        drop(state);
        self.watch.running = Some(Running {
            cause,
            inputs,
            began: Instant::now(),
        });
        !self.is_stopping()
    }

    fn wait_while_paused<'s>(
        &mut self,
        shared: &'s Shared,
        mut state: MutexGuard<'s, State>,
    ) -> MutexGuard<'s, State> {
        while matches!(state.run, Run::Paused(_)) {
            if self.is_stopping() {
                state.run = Run::Free;
                break;
            }
            self.take_up(shared, &mut state);
            state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        self.take_up(shared, &mut state);
        state
    }

    /// The node has run.
    #[cold]
    pub(in crate::engine) fn after_node(&mut self, node: u32, result: &NodeResult) {
        let Some(Running { cause, inputs, began }) = self.watch.running.take() else {
            return;
        };
        let took = began.elapsed();
        let shared = Arc::clone(&self.watch.shared);
        let mut state = shared.lock();
        let info = &self.world.infos[node as usize];
        if state.is_measuring {
            let is_branch = matches!(cause, Cause::Event | Cause::Timer);
            measure(&mut state, info, took, is_branch, result.is_err());
        }
        if !state.is_tracing {
            return;
        }
        let (outputs, fired, error) = match result {
            Ok(flow) => {
                let fired = flow.output().and_then(|at| info.pulse_outputs.get(at).cloned());
                (self.outputs_of(node), fired, None)
            }
            // What the engine is about to set.
            Err(error) => {
                let outputs = info.outputs.iter();
                let outputs = outputs.map(|output| (output.id.clone(), Value::default_of(output.data_type)));
                (outputs.collect(), None, Some(error.reason().to_owned()))
            }
        };
        if state.steps.len() == KEPT_STEPS {
            state.steps.pop_front();
        }
        state.next_step += 1;
        let step = Step {
            number: state.next_step,
            at: state
                .began
                .map_or(Duration::ZERO, |start| began.saturating_duration_since(start)),
            took,
            graph: Arc::clone(&info.graph),
            node: Arc::clone(&info.id),
            cause,
            inputs,
            outputs,
            fired,
            error,
        };
        state.steps.push_back(step);
    }

    fn inputs_of(&self, node: u32) -> Vec<(String, Value)> {
        let (cell, info) = (&self.cells[node as usize], &self.world.infos[node as usize]);
        let slots = &self.inputs[cell.first_input as usize..][..cell.input_count as usize];
        let values = slots.iter().map(|slot| self.slots[*slot as usize].clone());
        info.inputs.iter().cloned().zip(values).collect()
    }

    fn outputs_of(&self, node: u32) -> Vec<(String, Value)> {
        let (cell, info) = (&self.cells[node as usize], &self.world.infos[node as usize]);
        let values = &self.slots[cell.first_output as usize..][..cell.output_count as usize];
        let ids = info.outputs.iter().map(|output| output.id.clone());
        ids.zip(values.iter().cloned()).collect()
    }
}

fn measure(state: &mut State, info: &NodeInfo, took: Duration, is_branch: bool, is_error: bool) {
    let metrics = &mut state.metrics;
    metrics.nodes += 1;
    metrics.branches += u64::from(is_branch);
    metrics.errors += u64::from(is_error);
    if !metrics.by_type.contains_key(&*info.node_type) {
        metrics
            .by_type
            .insert(info.node_type.to_string(), Default::default());
    }
    if let Some(of_type) = metrics.by_type.get_mut(&*info.node_type) {
        of_type.count += 1;
        of_type.time += took;
    }
}
