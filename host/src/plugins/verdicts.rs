//! What is known of libraries by the hash of their bytes: which were tried out and found harmless, and which are in
//! quarantine because they end or freeze whoever opens them.
//!
//! A file for each, in a folder that may be deleted at any time. What cannot be read is as good as not there; of a
//! library that failed in good order nothing is kept. What another release of the host found out does not count.

use std::{
    collections::HashSet,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{cache_file, image::Hash, probe::ProbeError};

/// The folder's name.
pub(super) const FOLDER: &str = "verdicts";

/// How many are kept; those who build plugins make one with every build, and every start reads them all.
const LIMIT: usize = 256;

/// Which release of the host has judged.
const HOST: &str = env!("CARGO_PKG_VERSION");

/// What came out when a library was tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    /// It opened and registered.
    Good,
    /// It is not opened again until its bytes change, or somebody asks for it.
    Quarantined {
        /// How it ended its process.
        reason: String,
    },
    /// It was not done in time, which may be the machine's fault.
    Slow {
        /// The time that it had, in milliseconds.
        limit: u64,
        /// How often in a row.
        times: u32,
    },
}

/// How often a library may take too long before it is not tried out any more.
const SLOW_TRIALS: u32 = 3;

impl Verdict {
    /// What a trial says of the library, after what was known before; nothing if it says nothing of its bytes.
    pub(super) fn of(tried: &Result<(), ProbeError>, before: Option<Self>) -> Option<Self> {
        let error = match tried {
            Ok(()) => return Some(Verdict::Good),
            Err(error) => error,
        };
        match error {
            ProbeError::Died { .. } => {
                let message = error.to_string();
                let reason = message.strip_prefix("the library ").unwrap_or(&message);
                let reason = reason.to_owned();
                Some(Verdict::Quarantined { reason })
            }
            ProbeError::Hung { limit } => {
                let limit = millis(*limit);
                let times = match before {
                    Some(Verdict::Slow { limit: had, times }) if limit <= had => times.saturating_add(1),
                    _ => 1,
                };
                Some(Verdict::Slow { limit, times })
            }
            _ => None,
        }
    }

    /// Why it is in quarantine, if it is, for a host that would give it that much time.
    pub(super) fn quarantine(&self, time: Duration) -> Option<String> {
        match self {
            Verdict::Quarantined { reason } => Some(reason.clone()),
            Verdict::Slow { limit, times } if *times >= SLOW_TRIALS && millis(time) <= *limit => {
                Some(format!(
                    "did not open and register within {} s, {times} times in a row",
                    Duration::from_millis(*limit).as_secs_f32()
                ))
            }
            Verdict::Good | Verdict::Slow { .. } => None,
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A file in the folder.
#[derive(Serialize, Deserialize)]
struct Kept {
    host: String,
    plugin: String,
    bytes: u64,
    verdict: Verdict,
}

/// The lengths of the libraries that are in quarantine or nearly so. Of libraries of other lengths nobody has to work out the
/// hash.
#[derive(Debug)]
pub(super) struct Suspects(HashSet<u64>);

impl Suspects {
    /// Whether one of them has this length.
    pub(super) fn has_length(&self, bytes: u64) -> bool {
        self.0.contains(&bytes)
    }
}

/// All verdicts, on disk. Without a folder nothing is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Verdicts {
    folder: Option<PathBuf>,
}

impl Verdicts {
    /// Below the host's cache folder.
    pub(super) fn in_cache(cache: Option<&Path>) -> Self {
        Self {
            folder: cache.map(|cache| cache.join(FOLDER)),
        }
    }

    pub(super) fn get(&self, hash: &Hash) -> Option<Verdict> {
        read(&self.place(hash)?).map(|kept| kept.verdict)
    }

    /// Which libraries may be in quarantine. Reads all that is kept.
    pub(super) fn suspects(&self) -> Suspects {
        let kept = self.files().into_iter().filter_map(|file| read(&file));
        let suspected = kept.filter(|kept| kept.verdict != Verdict::Good);
        Suspects(suspected.map(|kept| kept.bytes).collect())
    }

    /// Keeps a verdict. The error names the file.
    pub(super) fn put(&self, hash: &Hash, plugin: &str, bytes: u64, verdict: Verdict) -> io::Result<()> {
        let Some(place) = self.place(hash) else {
            return Ok(());
        };
        let kept = Kept {
            host: HOST.to_owned(),
            plugin: plugin.to_owned(),
            bytes,
            verdict,
        };
        let written = serde_json::to_vec(&kept)
            .map_err(io::Error::from)
            .and_then(|json| cache_file::write(&place, &json))
            .map_err(|error| naming(&place, error));
        self.prune();
        written
    }

    /// Forgets a library. The error names the file.
    pub(super) fn forget(&self, hash: &Hash) -> io::Result<()> {
        let Some(place) = self.place(hash) else {
            return Ok(());
        };
        match fs::remove_file(&place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(naming(&place, error)),
            _ => Ok(()),
        }
    }

    fn place(&self, hash: &Hash) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{hash}.json")))
    }

    fn files(&self) -> Vec<PathBuf> {
        let entries = self.folder.as_ref().and_then(|folder| fs::read_dir(folder).ok());
        let files = entries.into_iter().flatten().flatten().map(|entry| entry.path());
        files
            .filter(|file| file.extension().is_some_and(|name| name == "json"))
            .collect()
    }

    /// The oldest go when there are too many.
    fn prune(&self) {
        let mut files = self.files();
        if files.len() <= LIMIT {
            return;
        }
        files.sort_by_key(|file| fs::metadata(file).and_then(|metadata| metadata.modified()).ok());
        for file in &files[..files.len() - LIMIT] {
            let _ = fs::remove_file(file);
        }
    }
}

fn naming(place: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}`: {error}", place.display()))
}

fn read(file: &Path) -> Option<Kept> {
    let kept: Kept = serde_json::from_slice(&cache_file::read(file).ok()?).ok()?;
    (kept.host == HOST).then_some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(digit: char) -> Hash {
        Hash::parse(&digit.to_string().repeat(64)).unwrap()
    }

    fn quarantined() -> Verdict {
        Verdict::Quarantined {
            reason: "it ended".to_owned(),
        }
    }

    #[test]
    fn verdicts_are_found_by_hash() {
        let cache = tempfile::tempdir().unwrap();
        let verdicts = Verdicts::in_cache(Some(cache.path()));
        verdicts.put(&hash('a'), "lamp", 7, Verdict::Good).unwrap();
        verdicts.put(&hash('b'), "evil", 9, quarantined()).unwrap();
        assert_eq!(verdicts.get(&hash('a')), Some(Verdict::Good));
        assert_eq!(verdicts.get(&hash('b')), Some(quarantined()));
        assert_eq!(verdicts.get(&hash('c')), None);
        let suspects = verdicts.suspects();
        assert!(suspects.has_length(9) && !suspects.has_length(7));
        verdicts.forget(&hash('b')).unwrap();
        verdicts.forget(&hash('b')).unwrap();
        assert_eq!(verdicts.get(&hash('b')), None);
    }

    #[test]
    fn damaged_files_and_those_of_other_hosts_are_as_good_as_not_there() {
        let cache = tempfile::tempdir().unwrap();
        let verdicts = Verdicts::in_cache(Some(cache.path()));
        verdicts.put(&hash('a'), "lamp", 7, quarantined()).unwrap();
        let place = verdicts.place(&hash('a')).unwrap();
        let text = fs::read_to_string(&place).unwrap();
        for damaged in [
            "",
            "{",
            "\0\0\0",
            &text.replace(HOST, "0.0.0"),
            &text[..text.len() - 1],
        ] {
            fs::write(&place, damaged).unwrap();
            assert_eq!(verdicts.get(&hash('a')), None, "{damaged}");
            assert!(!verdicts.suspects().has_length(7), "{damaged}");
        }
    }

    #[test]
    fn without_a_folder_nothing_is_kept() {
        let verdicts = Verdicts::in_cache(None);
        verdicts.put(&hash('a'), "lamp", 7, Verdict::Good).unwrap();
        assert_eq!(verdicts.get(&hash('a')), None);
    }

    #[test]
    fn oldest_verdicts_go_when_there_are_too_many() {
        let cache = tempfile::tempdir().unwrap();
        let verdicts = Verdicts::in_cache(Some(cache.path()));
        verdicts.put(&hash('a'), "lamp", 7, Verdict::Good).unwrap();
        let folder = verdicts.folder.clone().unwrap();
        let oldest = fs::File::options()
            .append(true)
            .open(verdicts.place(&hash('a')).unwrap());
        oldest
            .unwrap()
            .set_modified(std::time::SystemTime::UNIX_EPOCH)
            .unwrap();
        for number in 1..LIMIT {
            fs::write(folder.join(format!("{number}.json")), "").unwrap();
        }
        verdicts.put(&hash('b'), "lamp", 7, Verdict::Good).unwrap();
        assert_eq!(verdicts.files().len(), LIMIT);
        assert_eq!(verdicts.get(&hash('b')), Some(Verdict::Good));
        assert_eq!(verdicts.get(&hash('a')), None);
    }

    #[test]
    fn library_that_is_slow_is_in_quarantine_after_three_trials_and_for_no_more_time() {
        let slow = |seconds, before| {
            let limit = Duration::from_secs(seconds);
            Verdict::of(&Err(ProbeError::Hung { limit }), before)
        };
        let is_in = |verdict: &Option<Verdict>, seconds| {
            let time = Duration::from_secs(seconds);
            verdict.as_ref().unwrap().quarantine(time).is_some()
        };
        let twice = slow(5, slow(5, None));
        assert!(!is_in(&twice, 5));
        let thrice = slow(5, twice.clone());
        assert!(is_in(&thrice, 5) && is_in(&thrice, 1) && !is_in(&thrice, 6));
        let with_more_time = slow(6, thrice);
        assert!(!is_in(&with_more_time, 5), "it counts from the beginning");
        assert!(!is_in(&slow(1, twice), 5), "less time says nothing of more");
    }

    #[test]
    fn what_is_not_the_librarys_doing_is_no_verdict() {
        let reason = String::new();
        let untried = Err(ProbeError::Untried { reason });
        assert_eq!(Verdict::of(&untried, Some(quarantined())), None);
    }
}
