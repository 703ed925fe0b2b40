//! A branch: from one event along the pulse wires to its end.

use pulsewire_plugin_api::{Call, NodeError, NodeResult, value::Value};

use super::{run::Engine, timers::TimerId};
use crate::{compile::Target, console::Level};

/// How many nodes a branch may execute before it counts as endless.
pub(super) const STEP_BUDGET: u64 = 1_000_000;

/// How far an endless branch is followed to find out where it turns.
const CYCLE_SEARCH: usize = 4096;

/// What calls a node.
pub(super) enum Entry<'a> {
    Pulse(u32),
    Resume,
    Event(&'a [Value]),
    Timer(TimerId),
}

impl Engine {
    /// Runs the branch that begins with `entry` at `node`, to its end.
    pub(super) fn run_branch(&mut self, node: u32, entry: Entry<'_>) {
        let mut steps = STEP_BUDGET;
        let mut at = self.step(node, entry);
        while let Some(target) = at.or_else(|| self.unwind(&mut steps)) {
            if self.world.exit.is_some() {
                break;
            }
            if steps == 0 {
                self.report_endless(target);
                break;
            }
            steps -= 1;
            at = self.step(target.node, Entry::Pulse(target.pulse));
        }
        while let Some(waiting) = self.stack.pop() {
            self.cells[waiting as usize].waits = false;
        }
    }

    /// The branch has come to a dead end: resumes the nodes that wait for it, innermost first.
    fn unwind(&mut self, steps: &mut u64) -> Option<Target> {
        while let Some(node) = self.stack.pop() {
            self.cells[node as usize].waits = false;
            if self.world.exit.is_some() {
                return None;
            }
            // A loop with an empty body spends its budget here.
            *steps = steps.saturating_sub(1);
            if *steps == 0 {
                self.report_endless(Target { node, pulse: 0 });
                return None;
            }
            if let Some(target) = self.step(node, Entry::Resume) {
                return Some(target);
            }
        }
        None
    }

    /// Calls one node and returns where the pulse goes.
    fn step(&mut self, node: u32, entry: Entry<'_>) -> Option<Target> {
        let result = self.call(node, entry);
        match result {
            Ok(flow) => {
                let output = flow.output()?;
                let cell = &mut self.cells[node as usize];
                if output >= cell.next_count as usize {
                    return self.fail(
                        node,
                        &NodeError::new(format!(
                            "it fired pulse output {}, which it does not have",
                            output + 1
                        )),
                    );
                }
                if flow.resumes() {
                    cell.waits = true;
                    self.stack.push(node);
                }
                let target = self.next[cell.first_next as usize + output];
                (!target.is_none()).then_some(target)
            }
            Err(error) => self.fail(node, &error),
        }
    }

    fn call(&mut self, node: u32, entry: Entry<'_>) -> NodeResult {
        let cell = &mut self.cells[node as usize];
        if cell.waits {
            return Err(NodeError::new(
                "it was pulsed again before its own branch has ended; a wire leads back into it",
            ));
        }
        self.world.node = node;
        let first_input = cell.first_input as usize;
        let inputs = &self.inputs[first_input..first_input + cell.input_count as usize];
        let pulse = if let Entry::Pulse(pulse) = entry { pulse } else { 0 };
        let mut call = Call::new(
            &mut self.slots,
            inputs,
            cell.first_output,
            cell.output_count,
            pulse,
        );
        let world = &mut self.world;
        match entry {
            Entry::Pulse(_) => cell.node.execute(&mut call, world),
            Entry::Resume => cell.node.resume(&mut call, world),
            Entry::Event(values) => cell.node.on_event(&mut call.with_values(values), world),
            Entry::Timer(timer) => cell.node.on_timer(&mut call, world, timer),
        }
    }

    /// Design §5: a failing node says so, sets its outputs to their defaults, fires nothing, raises the error event.
    #[cold]
    fn fail(&mut self, node: u32, error: &NodeError) -> Option<Target> {
        let cell = &self.cells[node as usize];
        let info = &self.world.infos[node as usize];
        let outputs = &mut self.slots[cell.first_output as usize..];
        for (slot, output) in outputs.iter_mut().zip(info.outputs.iter()) {
            *slot = Value::default_of(output.data_type);
        }
        self.world.say(Level::Error, error.reason());
        if !self.in_error_branch {
            let info = &self.world.infos[node as usize];
            let values = || vec![(&*info.graph).into(), (&*info.id).into(), error.reason().into()];
            if self.world.emit_if_heard(self.world.on_error, values).is_err() {
                self.world
                    .say(Level::Error, "the event queue is full; On Error was not told");
            }
        }
        None
    }

    /// Follows an endless branch a little further, to name the nodes that it goes round.
    #[cold]
    fn report_endless(&mut self, target: Target) {
        let mut path = vec![target.node];
        let mut at = Some(target);
        while let Some(target) = at {
            if path.len() > CYCLE_SEARCH || self.world.exit.is_some() {
                break;
            }
            at = self.step(target.node, Entry::Pulse(target.pulse)).or_else(|| {
                let node = self.stack.pop()?;
                self.cells[node as usize].waits = false;
                path.push(node);
                self.step(node, Entry::Resume)
            });
            path.extend(at.map(|target| target.node));
        }
        let last = path.pop().unwrap_or(target.node);
        let turn = path.iter().rposition(|&node| node == last).unwrap_or(0);
        let names: Vec<&str> = path[turn..]
            .iter()
            .chain([&last])
            .map(|&node| &*self.world.infos[node as usize].id)
            .take(20)
            .collect();
        self.world.node = last;
        let reason = format!(
            "the branch was ended after {STEP_BUDGET} nodes; it goes round {}",
            names.join(" → ")
        );
        self.fail(last, &NodeError::new(reason));
    }
}
