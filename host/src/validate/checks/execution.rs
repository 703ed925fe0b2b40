//! Nodes at work with values that nobody expects, in an order that nobody planned.
//!
//! A round is a list of steps. Each makes its choices from a number of its own, so that it stays what it is when others are
//! left out.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use pulsewire_plugin_api::manifest::NodeType;
use rand::{Rng, RngExt, SeedableRng, rngs::ChaCha8Rng, seq::IndexedRandom};

use crate::validate::{
    host::is_panic,
    pulsed::{self, Pulsed},
    samples,
    subject::{Instance, Subject},
};

/// How long new rounds are begun.
const ROUNDS: Duration = Duration::from_secs(10);

/// How many steps a round has.
const STEPS: u32 = 100;

/// How many nodes there are at a time.
const MOST_NODES: usize = 12;

/// How often a node is resumed at most; a loop may have been given a large number.
const RESUMED: usize = 100;

pub(super) fn execution(subject: &mut Subject) -> Result<(), String> {
    let start = Instant::now();
    subject.rounds(40, |subject, rng| {
        if start.elapsed() > ROUNDS {
            return Ok(());
        }
        let mut round = Round::new(subject.active()?);
        let first: u64 = rng.random();
        for number in 0..STEPS {
            let mut rng = ChaCha8Rng::seed_from_u64(first.wrapping_add(u64::from(number)));
            let step = round.plan(number, &mut rng);
            if subject.takes_step(number) {
                round.take(step, &mut rng)?;
            }
        }
        let Round {
            nodes, mut instance, ..
        } = round;
        // As a host does it: first the nodes, then the plugin.
        drop(nodes);
        let said = instance.deactivate().err();
        if let Some(misuse) = instance.host.misuses().first() {
            subject.fault(misuse);
        }
        instance.end(said.as_deref())
    })
}

enum Step {
    /// Makes a node, which has the number of the step.
    Make(u32, Box<NodeType>),
    Drop(u32),
    ChangeSettings,
    Deliver,
    Pulse(u32),
    Nothing,
}

struct Round {
    types: Vec<NodeType>,
    /// The nodes that would be there if no step was left out and none failed.
    planned: Vec<u32>,
    nodes: BTreeMap<u32, Pulsed>,
    instance: Instance,
}

impl Round {
    fn new(instance: Instance) -> Self {
        Self {
            types: pulsed::with_behaviour(&instance),
            planned: Vec::new(),
            nodes: BTreeMap::new(),
            instance,
        }
    }

    /// What the step does, whatever became of those before it.
    fn plan(&mut self, number: u32, rng: &mut impl Rng) -> Step {
        match rng.random_range(0..20) {
            0..4 if self.planned.len() < MOST_NODES => match self.types.choose(rng) {
                Some(node_type) => {
                    self.planned.push(number);
                    Step::Make(number, Box::new(node_type.clone()))
                }
                None => Step::Nothing,
            },
            4 if !self.planned.is_empty() => {
                let at = rng.random_range(0..self.planned.len());
                Step::Drop(self.planned.swap_remove(at))
            }
            5 => Step::ChangeSettings,
            6..9 => Step::Deliver,
            _ => self
                .planned
                .choose(rng)
                .map_or(Step::Nothing, |node| Step::Pulse(*node)),
        }
    }

    fn take(&mut self, step: Step, rng: &mut impl Rng) -> Result<(), String> {
        match step {
            Step::Make(number, node_type) => {
                let attributes = samples::random_attributes(&node_type, rng);
                match Pulsed::new(&mut self.instance, &node_type, attributes) {
                    Ok(node) => drop(self.nodes.insert(number, node)),
                    Err(reason) if is_panic(&reason) => {
                        return Err(format!("making a node `{}` {reason}", node_type.id));
                    }
                    Err(_) => {}
                }
            }
            Step::Drop(number) => {
                if let Some(node) = self.nodes.remove(&number) {
                    node.end();
                }
            }
            Step::ChangeSettings => {
                let settings = samples::settings(&self.instance.manifest, rng.random_range(0..3));
                let host = &self.instance.host;
                host.behave(|behaviour| behaviour.settings = Some(settings));
                let refused = self.instance.settings_changed().err();
                if let Some(said) = refused.filter(|said| is_panic(said)) {
                    return Err(format!("`settings_changed` {said}"));
                }
            }
            Step::Deliver => {
                if let Some((event, values)) = self.instance.host.take_own_event()
                    && let Some(node) = self.nodes.values_mut().find(|node| node.own_event == event)
                {
                    node.event(values)?;
                }
            }
            Step::Pulse(number) => {
                if let Some(node) = self.nodes.get_mut(&number) {
                    node.randomize(rng);
                    let pulse = rng.random_range(0..node.pulse_inputs);
                    let mut resumes = node.execute(pulse)?;
                    for _ in 0..RESUMED {
                        if !resumes {
                            break;
                        }
                        resumes = node.resume()?;
                    }
                }
            }
            Step::Nothing => {}
        }
        Ok(())
    }
}
