//! The fixture `misbehaves` with something bad written into it, and hosts that guard themselves against it.

use std::{collections::BTreeMap, fs, ops::Range, path::Path, time::Duration};

use pulsewire_harness::{Harness, LONG, PluginFolder, fixtures};
use pulsewire_host::plugins::{Probe, Report, Safeguards, State, library_file_name};
use pulsewire_it::{artifacts, project::Project};

/// The id of the fixture.
pub(crate) const ID: &str = "misbehaves";

/// Into which file it writes the number of a process that it starts.
pub(crate) const NUMBER_FILE: &str = "MISBEHAVES_NUMBER_FILE";

/// As long as a library may take that is meant to hang.
pub(crate) const SHORT: Duration = Duration::from_millis(500);

/// The library that does this, and is otherwise sound.
#[track_caller]
pub(crate) fn that_does(name: &str) -> Vec<u8> {
    let mark = |name: &str| format!("misbehaves does:{name:<32}").into_bytes();
    replaced(fs::read(fixtures::path(ID)).unwrap(), &mark("none"), &mark(name))
}

/// The library with these bytes replaced by as many others, wherever they stand.
#[track_caller]
pub(crate) fn replaced(mut library: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places = library.windows(from.len()).enumerate();
    let places: Vec<usize> = places
        .filter(|(_, bytes)| *bytes == from)
        .map(|(at, _)| at)
        .collect();
    assert!(!places.is_empty(), "the library lacks these bytes");
    for at in places {
        library[at..at + to.len()].copy_from_slice(to);
    }
    library
}

/// The safeguards of `pulsewire`, with what they remember in `cache`.
pub(crate) fn safeguards(cache: &Path, limit: Duration) -> Safeguards {
    Safeguards {
        probe: Some(Probe::pulsewire(artifacts::pulsewire()).limit(limit)),
        cache: Some(cache.to_owned()),
        ..Safeguards::default()
    }
}

/// Safeguards that cannot try anything out, and so show what is known already.
pub(crate) fn only_known(cache: &Path) -> Safeguards {
    Safeguards {
        probe: Some(Probe::pulsewire("/nowhere/pulsewire".into())),
        cache: Some(cache.to_owned()),
        ..Safeguards::default()
    }
}

/// A host that has found this library.
#[track_caller]
pub(crate) fn host_of(library: &[u8], safeguards: Safeguards) -> Harness {
    let folder = PluginFolder::new();
    folder.add_bytes(ID, library);
    Harness::guarded(folder, ID, &BTreeMap::new(), safeguards)
}

/// The project with this library as one of its plugins.
pub(crate) fn with_library(project: Project, library: &[u8]) -> Project {
    let place = project.folder().join("plugin-folder").join(ID);
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join(library_file_name(ID)), library).unwrap();
    let folder = project.folder().join("plugin-folder");
    project.with_plugins_first(folder)
}

/// Why the library is not loaded.
#[track_caller]
pub(crate) fn refusal(host: &mut Harness) -> Report {
    let _ = host.try_load();
    assert!(matches!(host.state(), State::Failed(_)), "{}", host.state());
    host.reports().pop().unwrap()
}

/// A library that does this is refused with these words by a host that tries it out.
#[track_caller]
pub(crate) fn assert_refused(name: &str, limit: Duration, words: &str) {
    let cache = tempfile::tempdir().unwrap();
    let mut host = host_of(&that_does(name), safeguards(cache.path(), limit));
    let report = refusal(&mut host);
    assert!(report.message.contains(words), "{report}");
    assert!(report.hint.is_some_and(|hint| !hint.is_empty()));
}

/// As [`assert_refused`], with time enough.
#[track_caller]
pub(crate) fn assert_refused_in_time(name: &str, words: &str) {
    assert_refused(name, LONG, words);
}

/// The same numbers in every run: xorshift64*.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as usize % limit
    }

    pub(crate) fn within(&mut self, range: &Range<usize>) -> usize {
        range.start + self.below(range.len())
    }
}
