//! The file, what happens when it is opened, and what it makes.

use std::{fs, path::Path, time::Duration};

use object::Object;
use pulsewire_plugin_api::{abi::ENTRY_SYMBOL, manifest::NodeKind};

use crate::{
    plugins::{self, OpenError},
    validate::{
        host::Behaviour,
        process::Snapshot,
        samples,
        subject::{Instance, Subject},
    },
};

pub(super) fn file(subject: &mut Subject) -> Result<(), String> {
    let inspected = plugins::inspect(subject.path());
    inspected
        .map(drop)
        .map_err(|rejection| format!("{rejection}; hint: {}", rejection.hint()))
}

/// How long the loader may take before it is worth a warning.
const LOAD_BUDGET: Duration = Duration::from_millis(100);

pub(super) fn load(subject: &mut Subject) -> Result<(), String> {
    let before = cpu_time();
    // What stands behind the entry is another check.
    if let Err(error @ OpenError::Loader(_)) = subject.open() {
        return Err(error.to_string());
    }
    let took = cpu_time().saturating_sub(before);
    if took > LOAD_BUDGET {
        subject.warning(format!("the loader took {} ms", took.as_millis()));
    }
    Ok(())
}

/// What this thread has computed so far: other than the time of day it does not depend on what else the machine does.
#[cfg(unix)]
fn cpu_time() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        now.tv_sec.try_into().unwrap_or_default(),
        now.tv_nsec.try_into().unwrap_or_default(),
    )
}

#[cfg(not(unix))]
fn cpu_time() -> Duration {
    use std::{sync::LazyLock, time::Instant};
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

pub(super) fn quiet_load(subject: &mut Subject) -> Result<(), String> {
    let before = Snapshot::take();
    let _ = subject.open();
    for change in before.changes() {
        subject.fault(format!("after the library was loaded, {change}"));
    }
    Ok(())
}

pub(super) fn layout(subject: &mut Subject) -> Result<(), String> {
    subject.open().map(drop).map_err(|error| error.to_string())
}

fn in_honest_host(subject: &Subject) -> Result<Instance, String> {
    let settings = samples::settings(&subject.manifest()?, 0);
    subject.create(Behaviour::honest(settings))
}

pub(super) fn create(subject: &mut Subject) -> Result<(), String> {
    let library = subject.open().map_err(|error| error.to_string())?;
    let instance = in_honest_host(subject)?;
    for id in ["", "nobody.has/1", "host/999999"] {
        if library.extension(id).is_some() || instance.plugin.extension(id).is_some() {
            subject.fault(format!("it claims to have the extension `{id}`"));
        }
    }
    for service in instance.host.early_calls() {
        subject.fault(format!("it calls `{service}` before it is activated"));
    }
    instance.end(None)
}

pub(super) fn register(subject: &mut Subject) -> Result<(), String> {
    let mut first = None;
    for _ in 0..2 {
        let mut instance = in_honest_host(subject)?;
        let registered = instance.register();
        let mut registered = registered.map_err(|reason| format!("it cannot register: {reason}"))?;
        registered.sort();
        for node_type in &instance.manifest.node_types {
            match registered.iter().find(|(id, _)| *id == node_type.id) {
                None => subject.fault(format!(
                    "it does not register `{}`, which it declares",
                    node_type.id
                )),
                Some((id, false)) if node_type.kind != NodeKind::Event => {
                    subject.fault(format!("`{id}` has no behaviour, but is no event node"));
                }
                Some(_) => {}
            }
        }
        let declared = |id: &str| instance.manifest.node_types.iter().any(|one| one.id == id);
        for (id, _) in registered.iter().filter(|(id, _)| !declared(id)) {
            subject.fault(format!("it registers `{id}`, which it does not declare"));
        }
        for service in instance.host.early_calls() {
            subject.fault(format!("`register` calls `{service}`"));
        }
        instance.end(None)?;
        if first.get_or_insert_with(|| registered.clone()) != &registered {
            subject.fault("it registers something else the second time");
        }
        if subject.has_faults() {
            break;
        }
    }
    Ok(())
}

#[cfg(unix)]
pub(super) fn permissions(subject: &mut Subject) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    const BY_EVERYBODY: u32 = 0o002;
    const STICKY: u32 = 0o1000;
    let path = subject.path();
    let path = path.canonicalize().unwrap_or_else(|_| path.clone());
    for place in path.ancestors().filter(|place| *place != Path::new("")) {
        let Ok(metadata) = fs::metadata(place) else {
            continue;
        };
        let mode = metadata.permissions().mode();
        // In a sticky folder nobody can replace what is another's.
        if mode & BY_EVERYBODY != 0 && (metadata.is_file() || mode & STICKY == 0) {
            subject.warning(format!("everybody may write to `{}`", place.display()));
        }
    }
    Ok(())
}

#[cfg(not(unix))]
pub(super) fn permissions(subject: &mut Subject) -> Result<(), String> {
    subject.skip("it is checked on Unix only");
    Ok(())
}

pub(super) fn exports(subject: &mut Subject) -> Result<(), String> {
    let wanted = [ENTRY_SYMBOL, "PULSEWIRE_PLUGIN_METADATA"];
    let bytes = fs::read(subject.path()).map_err(|error| error.to_string())?;
    let file = object::File::parse(&*bytes).map_err(|error| error.to_string())?;
    let exports = file.exports().map_err(|error| error.to_string())?;
    for export in exports {
        let export = export.map_err(|error| error.to_string())?;
        let name = export.name();
        let name = String::from_utf8_lossy(name.name().unwrap_or_default());
        // Mach-O sets an underscore before every name.
        let bare = name.strip_prefix('_').filter(|_| cfg!(target_vendor = "apple"));
        if !wanted.contains(&bare.unwrap_or(&name)) {
            subject.warning(format!("it exports `{name}`"));
        }
    }
    Ok(())
}
