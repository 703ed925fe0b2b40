//! Nodes at work: in a host that gives them nothing, with values that nobody expects, and many times.

use std::time::{Duration, Instant};

use pulsewire_plugin_api::{EmitError, manifest::NodeType};
use rand::{Rng, RngExt, seq::IndexedRandom};

use crate::validate::{
    host::{Behaviour, is_panic},
    process,
    pulsed::{self, Pulsed},
    samples,
    subject::{END, Instance, Subject},
};

/// How long checks of many rounds begin new ones.
const ROUNDS: Duration = Duration::from_secs(10);

pub(super) fn refusing_host(subject: &mut Subject) -> Result<(), String> {
    subject.rounds(30, |subject, rng| {
        let settings = samples::settings(&subject.manifest()?, rng.random_range(0..2));
        let mut behaviour = Behaviour::honest(settings);
        refuse(&mut behaviour, rng);
        let refused_from_the_start = rng.random();
        let mut instance = subject.plugin(match refused_from_the_start {
            true => behaviour.clone(),
            false => Behaviour::honest(samples::settings(&subject.manifest()?, 1)),
        })?;
        let said = match instance.activate() {
            Err(said) => Some(said),
            Ok(()) => {
                instance.host.behave(|current| *current = behaviour);
                pulsed::once_each(&mut instance)?;
                let said = instance.plugin.settings_changed().err();
                let ended = instance.deactivate();
                if ended.as_ref().is_ok_and(|took| *took > END) {
                    subject.fault("`deactivate` takes more than two seconds when the host refuses");
                }
                said.filter(|said| is_panic(said)).or(ended.err())
            }
        };
        instance.end(said.as_deref())
    })
}

/// Each service may be absent, full or slow.
fn refuse(behaviour: &mut Behaviour, rng: &mut impl Rng) {
    let mut chance = || rng.random_ratio(1, 3);
    if chance() {
        behaviour.settings = None;
    }
    behaviour.has_folder = !chance();
    behaviour.gives_events = !chance();
    behaviour.is_deaf = chance();
    if chance() {
        behaviour.delay = Duration::from_millis(2);
    }
    behaviour.refusal = match (chance(), chance()) {
        (true, _) => Some(EmitError::Full),
        (false, true) => Some(EmitError::Detached),
        (false, false) => None,
    };
}

/// How many calls a round makes.
const CALLS: usize = 100;

pub(super) fn execution(subject: &mut Subject) -> Result<(), String> {
    let start = Instant::now();
    subject.rounds(40, |subject, rng| {
        if start.elapsed() > ROUNDS {
            return Ok(());
        }
        let mut instance = subject.active()?;
        let types = pulsed::with_behaviour(&instance);
        let mut nodes = Vec::new();
        for _ in 0..CALLS {
            step(&mut instance, &types, &mut nodes, rng)?;
        }
        // As a host does it: first the nodes, then the plugin.
        drop(nodes);
        let said = instance.deactivate().err();
        if let Some(misuse) = instance.host.misuses().first() {
            subject.fault(misuse);
        }
        instance.end(said.as_deref())
    })
}

/// One call by chance.
fn step(
    instance: &mut Instance,
    types: &[NodeType],
    nodes: &mut Vec<Pulsed>,
    rng: &mut impl Rng,
) -> Result<(), String> {
    const MOST_NODES: usize = 12;
    match rng.random_range(0..20) {
        0..4 if nodes.len() < MOST_NODES => {
            let Some(node_type) = types.choose(rng) else {
                return Ok(());
            };
            let attributes = samples::random_attributes(node_type, rng);
            match Pulsed::new(instance, node_type, attributes) {
                Ok(node) => nodes.push(node),
                Err(reason) if is_panic(&reason) => {
                    return Err(format!("making a node `{}` {reason}", node_type.id));
                }
                Err(_) => {}
            }
        }
        4 if !nodes.is_empty() => drop(nodes.swap_remove(rng.random_range(0..nodes.len()))),
        5 => {
            let settings = samples::settings(&instance.manifest, rng.random_range(0..3));
            instance
                .host
                .behave(|behaviour| behaviour.settings = Some(settings));
            if let Some(said) = instance
                .plugin
                .settings_changed()
                .err()
                .filter(|said| is_panic(said))
            {
                return Err(format!("`settings_changed` {said}"));
            }
        }
        6..9 => {
            if let Some((event, values)) = instance.host.take_own_event()
                && let Some(node) = nodes.iter_mut().find(|node| node.own_event == event)
            {
                node.event(values)?;
            }
        }
        _ => {
            if nodes.is_empty() {
                return Ok(());
            }
            let at = rng.random_range(0..nodes.len());
            let node = &mut nodes[at];
            node.randomize(rng);
            let pulse = rng.random_range(0..node.pulse_inputs);
            let mut resumes = node.execute(pulse)?;
            // A loop may have been given a large number.
            for _ in 0..CALLS {
                if !resumes {
                    break;
                }
                resumes = node.resume()?;
            }
        }
    }
    Ok(())
}

/// What half of all pulses may take before it is worth a warning, and before it is a fault.
const SLOW: Duration = Duration::from_millis(1);
const TOO_SLOW: Duration = Duration::from_millis(10);
/// How often a node is pulsed to be measured, and to see what it leaves behind; and how long at most.
const MEASURED: usize = 200;
const MANY: usize = 10_000;
const AT_MOST: Duration = Duration::from_secs(3);
/// How much the memory may grow over the second half of many pulses.
const GROWTH: u64 = 16 << 20;

pub(super) fn budget(subject: &mut Subject) -> Result<(), String> {
    let mut instance = subject.active()?;
    for node_type in pulsed::with_behaviour(&instance) {
        let attributes = samples::plain_attributes(&node_type);
        let Ok(mut node) = Pulsed::new(&mut instance, &node_type, attributes) else {
            continue;
        };
        let id = &node_type.id;
        let start = Instant::now();
        let mut took = Vec::new();
        while took.len() < MEASURED && start.elapsed() < AT_MOST {
            let before = Instant::now();
            node.execute(0)?;
            took.push(before.elapsed());
        }
        took.sort_unstable();
        let median = took[took.len() / 2];
        if median > TOO_SLOW {
            subject.fault(format!(
                "a pulse of `{id}` takes {} ms, while all logic waits",
                median.as_millis()
            ));
            continue;
        }
        if median > SLOW {
            subject.warning(format!("a pulse of `{id}` takes {} ms", median.as_millis()));
        }
        instance.host.forget_words();
        let logged = instance.host.logged();
        let (start, mut half, mut pulses) = (Instant::now(), None, 0);
        while pulses < MANY && start.elapsed() < AT_MOST {
            if pulses == MANY / 2 {
                half = process::resident_memory();
            }
            node.execute(0)?;
            pulses += 1;
        }
        let grown = half.zip(process::resident_memory());
        if let Some((before, after)) = grown.filter(|(before, after)| after.saturating_sub(*before) > GROWTH)
        {
            let megabytes = (after - before) >> 20;
            subject.warning(format!(
                "the memory grows by {megabytes} MB in {} pulses of `{id}`",
                MANY / 2
            ));
        }
        let lines = instance.host.logged() - logged;
        if lines >= pulses {
            subject.warning(format!("`{id}` logs {lines} lines in {pulses} pulses"));
        }
    }
    let _ = instance.deactivate();
    instance.end(None)
}
