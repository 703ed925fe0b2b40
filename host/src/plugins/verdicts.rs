//! What is known of libraries by the hash of their bytes: which were tried out and found harmless, and which are in
//! quarantine because they end or freeze whoever opens them.
//!
//! A file for each, in a folder that may be deleted at any time. What cannot be read is as good as not there; of a
//! library that failed in good order nothing is kept. What another release of the host found out does not count.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::image::Hash;

/// The folder's name.
const FOLDER: &str = "verdicts";

/// How many are kept; those who build plugins make one with every build.
const LIMIT: usize = 500;

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
}

/// A file in the folder.
#[derive(Serialize, Deserialize)]
struct Kept {
    host: String,
    plugin: String,
    bytes: u64,
    verdict: Verdict,
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

    /// Whether any library of this length is in quarantine; if not, nobody has to work out its hash.
    pub(super) fn may_quarantine(&self, bytes: u64) -> bool {
        self.files()
            .iter()
            .filter_map(|file| read(file))
            .any(|kept| kept.bytes == bytes && kept.verdict != Verdict::Good)
    }

    /// Keeps a verdict. If that fails, the library is tried out again the next time.
    pub(super) fn put(&self, hash: &Hash, plugin: &str, bytes: u64, verdict: Verdict) {
        let Some(place) = self.place(hash) else { return };
        let kept = Kept {
            host: HOST.to_owned(),
            plugin: plugin.to_owned(),
            bytes,
            verdict,
        };
        if let Err(error) = write(&place, &kept) {
            log::warn!(
                "the verdict on plugin `{plugin}` cannot be kept in `{}`: {error}",
                place.display()
            );
        }
        self.prune();
    }

    /// Forgets a library.
    pub(super) fn forget(&self, hash: &Hash) {
        // Most often it is not there.
        let _ = self.place(hash).map(fs::remove_file);
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

fn read(file: &Path) -> Option<Kept> {
    let kept: Kept = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    (kept.host == HOST).then_some(kept)
}

/// Whole or not at all: several hosts may write the same.
fn write(place: &Path, kept: &Kept) -> io::Result<()> {
    let folder = place.parent().unwrap_or(place);
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    serde_json::to_writer(&mut file, kept)?;
    file.persist(place).map(drop).map_err(|error| error.error)
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
        verdicts.put(&hash('a'), "lamp", 7, Verdict::Good);
        verdicts.put(&hash('b'), "evil", 9, quarantined());
        assert_eq!(verdicts.get(&hash('a')), Some(Verdict::Good));
        assert_eq!(verdicts.get(&hash('b')), Some(quarantined()));
        assert_eq!(verdicts.get(&hash('c')), None);
        assert!(verdicts.may_quarantine(9) && !verdicts.may_quarantine(7));
        verdicts.forget(&hash('b'));
        verdicts.forget(&hash('b'));
        assert_eq!(verdicts.get(&hash('b')), None);
    }

    #[test]
    fn damaged_files_and_those_of_other_hosts_are_as_good_as_not_there() {
        let cache = tempfile::tempdir().unwrap();
        let verdicts = Verdicts::in_cache(Some(cache.path()));
        verdicts.put(&hash('a'), "lamp", 7, quarantined());
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
            assert!(!verdicts.may_quarantine(7), "{damaged}");
        }
    }

    #[test]
    fn without_a_folder_nothing_is_kept() {
        let verdicts = Verdicts::in_cache(None);
        verdicts.put(&hash('a'), "lamp", 7, Verdict::Good);
        assert_eq!(verdicts.get(&hash('a')), None);
    }

    #[test]
    fn oldest_verdicts_go_when_there_are_too_many() {
        let cache = tempfile::tempdir().unwrap();
        let verdicts = Verdicts::in_cache(Some(cache.path()));
        verdicts.put(&hash('a'), "lamp", 7, Verdict::Good);
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
        verdicts.put(&hash('b'), "lamp", 7, Verdict::Good);
        assert_eq!(verdicts.files().len(), LIMIT);
        assert_eq!(verdicts.get(&hash('b')), Some(Verdict::Good));
        assert_eq!(verdicts.get(&hash('a')), None);
    }
}
