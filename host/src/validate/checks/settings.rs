//! The plugin's section: sound ones, broken ones, and what must not be told of them.

use pulsewire_plugin_api::value::DataType;

use crate::validate::{
    host::{Behaviour, is_panic},
    pulsed, samples,
    subject::Subject,
};

pub(super) fn changed(subject: &mut Subject) -> Result<(), String> {
    if !has_section(subject)? {
        return Ok(());
    }
    let plain = samples::settings(&subject.manifest()?, 1);
    let mut instance = subject.plugin(Behaviour::honest(plain))?;
    match instance.activate() {
        Ok(()) => drop(instance.deactivate()),
        Err(reason) => subject.warning(format!("it refuses plain settings: {reason}")),
    }
    instance.end(None)?;
    subject.rounds(30, |subject, rng| {
        let manifest = subject.manifest()?;
        let first = samples::random_settings(&manifest, rng);
        let mut instance = subject.plugin(Behaviour::honest(first))?;
        // It may find a value wrong that the section allows, but it must say so.
        let mut said = instance.activate().err();
        if said.is_none() {
            for _ in 0..3 {
                let next = samples::random_settings(&manifest, rng);
                instance.host.behave(|behaviour| behaviour.settings = Some(next));
                let refused = instance.settings_changed().err();
                said = said.filter(|said| is_panic(said)).or(refused);
            }
            let ended = instance.deactivate().err();
            said = said.filter(|said| is_panic(said)).or(ended);
        }
        instance.end(said.as_deref())
    })
}

pub(super) fn bad(subject: &mut Subject) -> Result<(), String> {
    if !has_section(subject)? {
        return Ok(());
    }
    subject.rounds(40, |subject, rng| {
        let manifest = subject.manifest()?;
        let garbage = samples::garbage(&manifest, rng);
        let mut instance = subject.plugin(Behaviour::honest(garbage))?;
        let said = match instance.activate() {
            Err(said) => Some(said),
            Ok(()) => instance.deactivate().err(),
        };
        instance.end(said.as_deref())?;

        let mut running = subject.plugin(Behaviour::honest(samples::settings(&manifest, 0)))?;
        running.activate()?;
        let garbage = samples::garbage(&manifest, rng);
        running
            .host
            .behave(|behaviour| behaviour.settings = Some(garbage));
        let said = running.settings_changed().err();
        let _ = running.deactivate();
        running.end(said.as_deref())
    })
}

fn has_section(subject: &mut Subject) -> Result<bool, String> {
    let has_section = !subject.manifest()?.sections.is_empty();
    if !has_section {
        subject.skip("it has no settings");
    }
    Ok(has_section)
}

/// No part of any help, default or message.
const SECRET: &str = "pw7Hq2secretZx9";

pub(super) fn secrets(subject: &mut Subject) -> Result<(), String> {
    let manifest = subject.manifest()?;
    let mut fields = manifest
        .sections
        .iter()
        .flat_map(|section| &section.lists)
        .flat_map(|list| &list.fields);
    if !fields.any(|field| field.format == "secret" && field.data_type != DataType::Any) {
        subject.skip("it has no secret fields");
        return Ok(());
    }
    let mut said = Vec::new();
    let settings = samples::settings_with_secret(&manifest, SECRET);
    let mut instance = subject.plugin(Behaviour::honest(settings))?;
    match instance.activate() {
        Err(reason) => said.push(reason),
        Ok(()) => {
            said.extend(pulsed::once_each(&mut instance).err());
            said.extend(instance.settings_changed().err());
            said.extend(instance.deactivate().err());
        }
    }
    said.extend(instance.host.words());
    match said.iter().find(|said| said.contains(SECRET)) {
        // The value is ours, so it may be shown.
        Some(said) => Err(format!("a secret is told: {}", crate::literal::shortened(said))),
        None => instance.end(None),
    }
}
