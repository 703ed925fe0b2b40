//! Hosts that give nothing, take no log, or run what listens to an event at once.

use std::{cell::RefCell, rc::Rc, sync::Arc, sync::mpsc, thread, time::Duration};

use pulsewire_plugin_api::EmitError;
use rand::{Rng, RngExt};

use crate::validate::{
    host::{self, Behaviour, is_panic},
    pulsed::{self, Pulsed},
    samples,
    subject::{END, Instance, Subject},
};

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
                let said = instance.settings_changed().err();
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

/// How long threads of the plugin are waited for until one of them logs.
const UNTIL_LOGGED: Duration = Duration::from_millis(500);

/// How long the log takes no lines of theirs: much longer than all calls together should take meanwhile.
const BLOCKED: Duration = Duration::from_secs(3);

pub(super) fn blocked_log(subject: &mut Subject) -> Result<(), String> {
    let mut instance = subject.active()?;
    instance.host.behave(|behaviour| behaviour.blocks_log = true);
    let (done, is_done) = mpsc::channel::<()>();
    let host = Arc::clone(&instance.host);
    let release = thread::spawn(move || {
        let too_long = is_done.recv_timeout(BLOCKED) == Err(mpsc::RecvTimeoutError::Timeout);
        host.behave(|behaviour| behaviour.blocks_log = false);
        too_long
    });
    let mut called = pulsed::once_each(&mut instance);
    instance.host.wait_for_blocked(UNTIL_LOGGED);
    let refused = instance.settings_changed().err();
    called = called.and_then(|()| pulsed::once_each(&mut instance));
    drop(done);
    if release.join().unwrap_or_default() {
        subject
            .fault("its calls wait for a thread of its own, which waits for the host to take a line of log");
    }
    called?;
    let ended = instance.deactivate().err();
    instance.end(refused.filter(|said| is_panic(said)).or(ended).as_deref())
}

pub(super) fn reentrant_host(subject: &mut Subject) -> Result<(), String> {
    let mut instance = subject.active()?;
    let mut nodes = Vec::new();
    for node_type in pulsed::with_behaviour(&instance)
        .iter()
        .flat_map(|one| [one, one])
    {
        let attributes = samples::plain_attributes(node_type);
        if let Ok(node) = Pulsed::new(&mut instance, node_type, attributes) {
            nodes.push(Rc::new(RefCell::new(node)));
        }
    }
    let instance = Rc::new(RefCell::new(instance));
    let found = Rc::new(RefCell::new(None));
    let again = {
        let (instance, nodes, found) = (Rc::clone(&instance), nodes.clone(), Rc::clone(&found));
        move || {
            if let Err(fault) = call_what_rests(&instance, &nodes) {
                let fault = format!("called before `emit` returns: {fault}");
                found.borrow_mut().get_or_insert(fault);
            }
        }
    };
    host::reenter(again, || {
        for node in &nodes {
            node.borrow_mut().execute(0)?;
        }
        let refused = instance.borrow_mut().settings_changed().err();
        match refused.filter(|said| is_panic(said)) {
            Some(said) => Err(format!("`settings_changed` {said}")),
            None => Ok(()),
        }
    })?;
    if let Some(fault) = found.take() {
        subject.fault(fault);
    }
    drop(nodes);
    let Some(instance) = Rc::into_inner(instance) else {
        return Err("the check is broken: the plugin is still in use".to_owned());
    };
    let mut instance = instance.into_inner();
    let ended = instance.deactivate().err();
    instance.end(ended.as_deref())
}

/// Calls everything of the plugin that is not in a call already.
fn call_what_rests(instance: &RefCell<Instance>, nodes: &[Rc<RefCell<Pulsed>>]) -> Result<(), String> {
    for node in nodes {
        if let Ok(mut node) = node.try_borrow_mut() {
            node.execute(0)?;
        }
    }
    if let Ok(mut instance) = instance.try_borrow_mut() {
        pulsed::once_each(&mut instance)?;
        let refused = instance.settings_changed().err();
        if let Some(said) = refused.filter(|said| is_panic(said)) {
            return Err(format!("`settings_changed` {said}"));
        }
    }
    Ok(())
}
