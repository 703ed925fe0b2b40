//! Sections of older schema versions, which the plugin has to bring up to date.

use pulsewire_plugin_api::{
    manifest::Section,
    value::{Dictionary, Value},
};

use crate::{
    diagnostics::{Faults, SourceFile},
    settings::{FILE, RawSettings, edit},
    validate::{
        host::{Behaviour, is_panic},
        samples,
        subject::{Instance, Subject},
    },
};

pub(super) fn migration(subject: &mut Subject) -> Result<(), String> {
    let manifest = subject.manifest()?;
    let sections: Vec<&Section> = manifest.sections.iter().filter(|one| one.version > 1).collect();
    if sections.is_empty() {
        subject.skip("its settings have no older version");
        return Ok(());
    }
    let instance = subject.plugin(Behaviour::honest(samples::settings(&manifest, 0)))?;
    for section in &sections {
        for from in 1..section.version {
            empty(subject, &instance, section, from)?;
        }
    }
    instance.end(None)?;
    subject.rounds(40, |subject, rng| {
        let instance = subject.plugin(Behaviour::honest(samples::settings(&manifest, 0)))?;
        for section in &sections {
            for from in 1..section.version {
                let old = samples::old_section(&manifest, rng);
                anything(subject, &instance, section, from, &old)?;
            }
        }
        instance.end(None)
    })
}

/// What every version had: a section in which nothing is set.
fn empty(subject: &mut Subject, instance: &Instance, section: &Section, from: u32) -> Result<(), String> {
    let id = &section.id;
    let text = format!("format = 1\n[settings.{id}]\nversion = {from}\n");
    let settings = RawSettings::parse(SourceFile::new(FILE, text).into(), &mut Faults::default());
    let settings = settings.ok_or("the check is broken: its settings can't be read")?;
    let mut refused = None;
    let migrated = edit::preview_migration(&settings, section, |from, old| {
        let new = instance.migrate(id, from, old);
        refused = new.as_ref().err().cloned();
        new
    });
    match (refused, migrated) {
        (Some(said), _) if is_panic(&said) => Err(format!(
            "an empty section `{id}` of schema version {from}: `migrate` {said}"
        )),
        (Some(said), _) => {
            subject.warning(format!(
                "it refuses an empty section `{id}` of schema version {from}: {said}"
            ));
            Ok(())
        }
        (None, Err(error)) => Err(format!(
            "an empty section `{id}` of schema version {from}: {error}"
        )),
        (None, Ok(_)) => Ok(()),
    }
}

/// It may refuse what it does not understand, but not panic, nor decide otherwise the next time.
fn anything(
    subject: &mut Subject,
    instance: &Instance,
    section: &Section,
    from: u32,
    old: &Dictionary,
) -> Result<(), String> {
    let migrated = || instance.migrate(&section.id, from, old.clone());
    let (first, second) = (migrated(), migrated());
    if let Some(said) = first.as_ref().err().filter(|said| is_panic(said)) {
        return Err(format!("`migrate` {said}"));
    }
    // NaN equals nothing, its text does.
    let shown = |new: Result<Dictionary, String>| new.map(|new| Value::Dictionary(new).to_json());
    if shown(first) != shown(second) {
        subject.fault(format!(
            "it makes something else of the same section `{}` the second time",
            section.id
        ));
    }
    Ok(())
}
