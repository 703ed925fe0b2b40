//! A branch: from one event along the pulse wires to its end.

use pulsewire_plugin_api::{Call, Flow, NodeError, NodeResult, value::Value};

use super::{
    inspect::Caller, node::EngineNode, overflow::QUEUE_IS_FULL, run::Engine, timers::TimerId, world::World,
};
use crate::{compile::Target, console::Level};

/// How many nodes a branch may execute before it counts as endless.
pub(super) const STEP_BUDGET: u64 = 1_000_000;

/// How many of the last nodes of an endless branch are kept, to find out where it turns.
const KEPT_STEPS: u64 = 4096;

/// What begins a branch.
pub(super) enum Entry<'a> {
    /// With the values that it carries, for this one listener.
    Event(&'a mut [Value]),
    Timer(TimerId),
}

impl Engine {
    /// Runs the branch that begins with `entry` at `node`, to its end.
    pub(super) fn run_branch(&mut self, node: u32, entry: Entry<'_>) {
        match self.watch.is_on {
            false => self.run_whole_branch::<false>(node, entry),
            true => self.run_whole_branch::<true>(node, entry),
        }
    }

    /// Compiled twice, so that a branch that nobody watches pays nothing for it.
    fn run_whole_branch<const WATCHED: bool>(&mut self, node: u32, entry: Entry<'_>) {
        let mut steps = STEP_BUDGET;
        self.recent.clear();
        let mut at = match entry {
            Entry::Event(values) => self.step::<WATCHED>(node, Caller::Event, |node, call, world| {
                node.on_event(&mut call.with_values(values), world)
            }),
            Entry::Timer(timer) => self.step::<WATCHED>(node, Caller::Timer, |node, mut call, world| {
                node.on_timer(&mut call, world, timer)
            }),
        };
        loop {
            if at.is_none() {
                at = self.unwind::<WATCHED>(&mut steps);
            }
            if at.is_none() || !self.may_step(at.node, &mut steps) {
                break;
            }
            at = self.step::<WATCHED>(at.node, Caller::Pulse(at.pulse), |node, mut call, world| {
                node.execute(&mut call, world)
            });
        }
        while let Some(waiting) = self.stack.pop() {
            self.cells[waiting as usize].waits = false;
        }
    }

    /// The branch has come to a dead end: resumes the nodes that wait for it, innermost first.
    fn unwind<const WATCHED: bool>(&mut self, steps: &mut u64) -> Target {
        while let Some(node) = self.stack.pop() {
            self.cells[node as usize].waits = false;
            // A loop with an empty body spends its budget here.
            if !self.may_step(node, steps) {
                break;
            }
            let target = self.step::<WATCHED>(node, Caller::Resume, |node, mut call, world| {
                node.resume(&mut call, world)
            });
            if !target.is_none() {
                return target;
            }
        }
        Target::NONE
    }

    /// Takes one step from the budget; false if the branch must end before `node`.
    fn may_step(&mut self, node: u32, steps: &mut u64) -> bool {
        if self.is_over() {
            return false;
        }
        if *steps <= KEPT_STEPS {
            if *steps == 0 {
                self.report_endless(node);
                return false;
            }
            self.recent.push(node);
        }
        *steps -= 1;
        true
    }

    /// Calls one node and returns where the pulse goes: in a register, which an `Option` of it would not be. One copy for
    /// each way to call, so that nothing has to be decided here.
    #[inline(always)]
    fn step<const WATCHED: bool>(
        &mut self,
        node: u32,
        caller: Caller,
        how: impl FnOnce(&mut dyn EngineNode, Call<'_>, &mut World) -> NodeResult,
    ) -> Target {
        if WATCHED && !self.before_node(node, caller) {
            return Target::NONE;
        }
        self.world.node = node;
        let cell = &mut self.cells[node as usize];
        if cell.waits {
            let reason = "it was pulsed again before its own branch has ended; a wire leads back into it";
            return self.fail(node, reason.into());
        }
        let first_input = cell.first_input as usize;
        let inputs = &self.inputs[first_input..first_input + cell.input_count as usize];
        let call = Call::new(
            &mut self.slots,
            inputs,
            cell.first_output,
            cell.output_count,
            match caller {
                Caller::Pulse(pulse) => pulse,
                _ => 0,
            },
        );
        let result = how(&mut *cell.node, call, &mut self.world);
        if WATCHED {
            self.after_node(node, &result);
        }
        match result {
            Ok(flow) => self.follow(node, flow),
            Err(error) => self.fail(node, error),
        }
    }

    #[inline(always)]
    fn follow(&mut self, node: u32, flow: Flow) -> Target {
        let Some(output) = flow.output() else {
            return Target::NONE;
        };
        let cell = &mut self.cells[node as usize];
        if output >= cell.next_count as usize {
            let reason = format!("it fired pulse output {}, which it does not have", output + 1);
            return self.fail(node, reason.into());
        }
        if flow.resumes() {
            cell.waits = true;
            self.stack.push(node);
        }
        self.next[cell.first_next as usize + output]
    }

    /// Design §5: a failing node says so, sets its outputs to their defaults, fires nothing, raises the error event.
    #[cold]
    fn fail(&mut self, node: u32, error: NodeError) -> Target {
        let cell = &self.cells[node as usize];
        let info = &self.world.infos[node as usize];
        let outputs = &mut self.slots[cell.first_output as usize..];
        for (slot, output) in outputs.iter_mut().zip(info.outputs.iter()) {
            *slot = Value::default_of(output.data_type);
        }
        if error.reason() != QUEUE_IS_FULL || self.world.has_lost_event() {
            self.world.say(Level::Error, error.reason());
        }
        if !self.in_error_branch {
            let info = &self.world.infos[node as usize];
            let values = || vec![(&*info.graph).into(), (&*info.id).into(), error.reason().into()];
            let told = self.world.emit_if_heard(self.world.on_error, values);
            if told.is_err() && self.world.has_lost_event() {
                let message = format!("{QUEUE_IS_FULL}; On Error was not told");
                self.world.say(Level::Error, &message);
            }
        }
        Target::NONE
    }

    /// Names the nodes that an endless branch went round last.
    #[cold]
    fn report_endless(&mut self, node: u32) {
        let recent = std::mem::take(&mut self.recent);
        let turn = recent.iter().rposition(|&before| before == node).unwrap_or(0);
        let names: Vec<&str> = recent[turn..]
            .iter()
            .chain([&node])
            .map(|&node| &*self.world.infos[node as usize].id)
            .take(20)
            .collect();
        let reason = format!(
            "the branch was ended after {STEP_BUDGET} nodes; it went round {}; for longer work put a Start Timeout \
             into the loop",
            names.join(" → ")
        );
        self.world.node = node;
        self.fail(node, NodeError::new(reason));
    }
}
