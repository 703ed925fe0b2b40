//! From activation to the end, once and many times.

use std::time::Duration;

use crate::validate::{
    host::Behaviour,
    printed::Printed,
    process::Snapshot,
    pulsed, samples,
    subject::{END, Instance, Subject},
};

pub(super) fn activate(subject: &mut Subject) -> Result<(), String> {
    let settings = samples::settings(&subject.manifest()?, 0);
    let mut instance = subject.plugin(Behaviour::honest(settings))?;
    let activated = instance.activate();
    for misuse in instance.host.misuses() {
        subject.fault(misuse);
    }
    if let Some(panic) = instance.host.panics().first() {
        subject.fault(format!("a panic: {panic}"));
    }
    // How it ends is another check.
    std::mem::forget(instance);
    activated.map_err(|reason| format!("it cannot be activated without settings: {reason}"))
}

pub(super) fn pulse(subject: &mut Subject) -> Result<(), String> {
    let instance = active(subject)?;
    let panics = instance.host.panics();
    // How it ends is another check.
    std::mem::forget(instance);
    panics
        .first()
        .map_or(Ok(()), |panic| Err(format!("a panic: {panic}")))
}

pub(super) fn deactivate(subject: &mut Subject) -> Result<(), String> {
    let mut instance = active(subject)?;
    let took = instance
        .deactivate()
        .map_err(|reason| format!("it cannot be deactivated: {reason}"))?;
    if took > END {
        subject.fault(format!("`deactivate` took {:.1} s", took.as_secs_f64()));
    }
    instance.end(None)
}

/// An active plugin that has made a node of each of its types.
fn active(subject: &Subject) -> Result<Instance, String> {
    let mut instance = subject.active()?;
    pulsed::once_each(&mut instance)?;
    Ok(instance)
}

pub(super) fn unknown_types(subject: &mut Subject) -> Result<(), String> {
    let mut instance = active(subject)?;
    let mut unknown = instance.manifest.node_types.clone();
    for node_type in &mut unknown {
        node_type.id.push_str("x1");
        if instance
            .node(node_type, samples::plain_attributes(node_type))
            .is_ok()
        {
            subject.fault(format!("it makes a node of the type `{}`", node_type.id));
        }
    }
    let _ = instance.deactivate();
    instance.end(None)
}

/// How often it is activated to see whether something is left each time.
const CYCLES: usize = 10;

pub(super) fn threads(subject: &mut Subject) -> Result<(), String> {
    // Opened beforehand: what loading alone does is another check.
    let _ = subject.open();
    let before = Snapshot::take();
    let mut after_first = None;
    for _ in 0..CYCLES {
        let mut instance = active(subject)?;
        let _ = instance.deactivate();
        let left = before.left_running(END);
        instance.end(None)?;
        if !left.is_empty() {
            for one in left {
                subject.fault(format!("{one} although the plugin was deactivated"));
            }
            return Ok(());
        }
        // The first activation may open what stays open, such as a source of randomness.
        after_first.get_or_insert_with(|| Snapshot::take().open_files());
    }
    if let (Some(Some(first)), Some(last)) = (after_first, Snapshot::take().open_files())
        && last >= first + CYCLES - 1
    {
        subject.fault(format!("each activation leaves files open: {first}, then {last}"));
    }
    Ok(())
}

/// How long the host listens for calls that should not come.
const PATIENCE: Duration = Duration::from_millis(500);

pub(super) fn late_calls(subject: &mut Subject) -> Result<(), String> {
    let mut instance = active(subject)?;
    let _ = instance.deactivate();
    for service in instance.host.late_calls(PATIENCE) {
        subject.fault(format!("it called `{service}` after it was deactivated"));
    }
    instance.end(None)
}

pub(super) fn process(subject: &mut Subject) -> Result<(), String> {
    let _ = subject.open();
    let printed = Printed::count();
    let before = Snapshot::take();
    let mut instance = active(subject)?;
    let _ = instance.deactivate();
    for change in before.changes_of_surroundings() {
        subject.fault(format!("after it ran, {change}"));
    }
    if printed.is_ok_and(|printed| printed.end() > 0) {
        subject.warning("it prints to stdout, where only the project's console belongs");
    }
    instance.end(None)
}

pub(super) fn exit(subject: &mut Subject) -> Result<(), String> {
    let mut instance = active(subject)?;
    let _ = instance.deactivate();
    subject.end_in_order();
    instance.end(None)
}

pub(super) fn lifecycle(subject: &mut Subject) -> Result<(), String> {
    let settings = || Ok::<_, String>(samples::settings(&subject.manifest()?, 0));
    for _ in 0..100 {
        subject.plugin(Behaviour::honest(settings()?))?.end(None)?;
    }
    for time in 1..=CYCLES {
        let mut instance = active(subject)?;
        let ended = instance.deactivate();
        ended.map_err(|reason| format!("it cannot be deactivated for the {time}. time: {reason}"))?;
        instance.end(None)?;
    }
    // What it answers to calls out of order is its own business, as long as it does not panic.
    let mut never_active = subject.plugin(Behaviour::honest(settings()?))?;
    let said = never_active.deactivate().err();
    never_active
        .end(said.as_deref())
        .map_err(|fault| format!("deactivated before it was activated: {fault}"))?;
    let mut twice = active(subject)?;
    let _ = twice.deactivate();
    let said = twice.deactivate().err();
    twice
        .end(said.as_deref())
        .map_err(|fault| format!("deactivated twice: {fault}"))
}

pub(super) fn instances(subject: &mut Subject) -> Result<(), String> {
    let mut first = active(subject)?;
    let second = active(subject);
    let mut second = second.map_err(|reason| format!("while another one is active, {reason}"))?;
    let ended = first.deactivate();
    ended.map_err(|reason| format!("the first of two cannot be deactivated: {reason}"))?;
    first.end(None)?;
    pulsed::once_each(&mut second)?;
    let changed = second.settings_changed();
    changed.map_err(|reason| format!("the second of two, without the first, refuses settings: {reason}"))?;
    let ended = second.deactivate();
    ended.map_err(|reason| format!("the second of two cannot be deactivated: {reason}"))?;
    second.end(None)
}
