//! What a run that did not end well has left, told when the next one begins.
//!
//! It changes nothing by itself: after a power cut, or when somebody killed the host, no plugin may be missing. So a run that
//! ended with the machine is only noted, and one that ended during a call into a plugin names the call and the ways out.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{
    run_file::{Remains, RunFile},
    safeguards::Safeguards,
};

/// The folder's name.
const FOLDER: &str = "runs";

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
