//! What a run has left: one that ended well, what it knew of its plugins; one that did not, in which call it ended, which is
//! told when the next one begins.
//!
//! The latter changes nothing by itself: after a power cut, or when somebody killed the host, no plugin may be missing. So a run that
//! ended with the machine is only noted, and one that ended during a call into a plugin names the call and the ways out.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    cache_file,
    entry::Entry,
    run_file::{Remains, RunFile},
    safeguards::Safeguards,
};

/// The folder's name.
pub(super) const FOLDER: &str = "runs";

/// The record of a run that begins. Without a cache folder, or if the file cannot be had, nothing outlives the process.
pub(super) fn begin(safeguards: &Safeguards, project: &Path) -> RunFile {
    let Some(cache) = &safeguards.cache else {
        return RunFile::in_memory();
    };
    let path = place(cache, project).with_extension("run");
    match RunFile::begin(&path) {
        Ok((file, remains)) => {
            if let Some(remains) = remains {
                tell(&remains);
            }
            file
        }
        Err(error) => {
            log::warn!(
                "if this run crashes, nobody will know in which plugin: `{}`: {error}",
                path.display()
            );
            RunFile::in_memory()
        }
    }
}

/// Where the host keeps what belongs to this project, without an extension.
fn place(cache: &Path, project: &Path) -> PathBuf {
    let whole = project.canonicalize().unwrap_or_else(|_| project.to_owned());
    let hash = Sha256::digest(whole.as_os_str().as_encoded_bytes());
    let name: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    cache.join(FOLDER).join(name)
}

/// How a plugin fared in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastRun {
    /// Its id.
    #[serde(rename = "id")]
    pub plugin: String,
    /// How long loading took, in milliseconds; trying it out, if need be, included.
    pub loading_ms: u64,
    /// How often its nodes were called.
    pub calls: u64,
    /// How many calls took too long.
    pub overruns: u64,
    /// Its states, with the milliseconds since the start.
    pub states: Vec<(u64, String)>,
}

/// Keeps how the plugins fared. If that fails, nobody will know.
pub(super) fn keep(safeguards: &Safeguards, project: &Path, entries: &[Entry]) {
    let Some(cache) = &safeguards.cache else { return };
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let of_entry = |entry: &Entry| LastRun {
        plugin: entry.id().to_owned(),
        loading_ms: millis(entry.loading),
        calls: entry.calls(),
        overruns: entry.overruns(),
        states: (entry.history().iter())
            .map(|(after, state)| (millis(*after), (*state).to_owned()))
            .collect(),
    };
    let kept: Vec<LastRun> = entries.iter().map(of_entry).collect();
    let path = place(cache, project).with_extension("json");
    let written = serde_json::to_vec(&kept)
        .map_err(io::Error::from)
        .and_then(|json| cache_file::write(&path, &json));
    if let Err(error) = written {
        log::debug!("`{}`: {error}", path.display());
    }
}

/// What the last run has kept; nothing if it did not, or if that is damaged.
pub(super) fn kept(safeguards: &Safeguards, project: &Path) -> Vec<LastRun> {
    let read = |cache: &PathBuf| cache_file::read(&place(cache, project).with_extension("json")).ok();
    let json = safeguards.cache.as_ref().and_then(read);
    json.and_then(|json| serde_json::from_slice(&json).ok())
        .unwrap_or_default()
}

fn tell(remains: &Remains) {
    match &remains.call {
        _ if remains.is_of_other_boot => log::info!("the last run ended together with the machine"),
        Some((plugin, call)) => log::warn!(
            "the last run ended in the middle of a call into plugin `{plugin}`: {call}\n  hint: if that happens again, run \
             without plugins (`pulsewire run --safe`) or without this one (`pulsewire plugins disable {plugin}`)"
        ),
        None => log::warn!(
            "the last run was killed, or crashed outside of calls into plugins; perhaps on a thread of one\n  hint: if \
             that happens again, run without plugins: `pulsewire run --safe`"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_have_records_of_their_own() {
        let cache = Path::new("/cache");
        let of = |project: &str| place(cache, Path::new(project));
        assert_eq!(of("/nowhere/a"), of("/nowhere/a"));
        assert_ne!(of("/nowhere/a"), of("/nowhere/b"));
        assert!(of("/nowhere/a").starts_with("/cache/runs"));
    }
}
