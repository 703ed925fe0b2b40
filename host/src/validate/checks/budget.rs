//! What a node costs: time, memory, log lines.

use std::time::{Duration, Instant};

use crate::validate::{
    process,
    pulsed::{self, Pulsed},
    samples,
    subject::Subject,
};

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
        let (start, mut half) = (Instant::now(), None);
        let (mut pulses, mut pulses_before) = (0, 0);
        while pulses < MANY && start.elapsed() < AT_MOST {
            if half.is_none() && (pulses == MANY / 2 || start.elapsed() > AT_MOST / 2) {
                (half, pulses_before) = (process::resident_memory(), pulses);
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
                pulses - pulses_before
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
