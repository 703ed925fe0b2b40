//! Libraries that run isolated, and the hosts that let them.

use std::{collections::BTreeMap, fs, path::PathBuf, time::Duration};

use pulsewire_harness::{Harness, PluginFolder, fixtures};
use pulsewire_host::plugins::{Isolation, LibraryRule, Safeguards};
use pulsewire_it::artifacts;

/// The fixture that does what is written into it.
pub(crate) const MISBEHAVES: &str = "misbehaves";

/// The library that does this, and is otherwise sound.
#[track_caller]
pub(crate) fn that_does(name: &str) -> Vec<u8> {
    const MARK: &[u8] = b"misbehaves does:";
    let mut library = fs::read(artifacts::fixture(MISBEHAVES)).unwrap();
    let places = library.windows(MARK.len()).enumerate();
    let places: Vec<usize> = places
        .filter(|(_, bytes)| *bytes == MARK)
        .map(|(at, _)| at)
        .collect();
    for at in &places {
        let place = &mut library[at + MARK.len()..][..32];
        place.fill(b' ');
        place[..name.len()].copy_from_slice(name.as_bytes());
    }
    assert!(!places.is_empty(), "the fixture has no place for `{name}`");
    library
}

/// What isolates plugins, and starts them again at once.
pub(crate) fn isolation() -> Isolation {
    Isolation::pulsewire(artifacts::pulsewire()).pause(Duration::from_millis(1))
}

/// A host that has found the plugin `id` and is to isolate it.
pub(crate) fn host_of(folder: PluginFolder, id: &str, isolation: Option<Isolation>) -> Harness {
    let rule = LibraryRule {
        isolate: true,
        ..LibraryRule::default()
    };
    let safeguards = Safeguards {
        isolation,
        rules: BTreeMap::from([(id.to_owned(), rule)]),
        ..Safeguards::default()
    };
    Harness::guarded(folder, id, &BTreeMap::new(), safeguards)
}

/// The good plugin, found.
pub(crate) fn good() -> Harness {
    let folder = PluginFolder::of([fixtures::path("good")]);
    host_of(folder, "good", Some(isolation()))
}

/// A plugin that does this, found.
pub(crate) fn host_of_one_that_does(name: &str, isolation: Isolation) -> Harness {
    let folder = PluginFolder::new();
    folder.add_bytes(MISBEHAVES, &that_does(name));
    host_of(folder, MISBEHAVES, Some(isolation))
}

/// A folder of plugins for `pulsewire`, with one that does this.
pub(crate) fn folder_of_one_that_does(name: &str) -> (PluginFolder, PathBuf) {
    let folder = PluginFolder::new();
    folder.add_bytes(MISBEHAVES, &that_does(name));
    let path = folder.path().to_owned();
    (folder, path)
}
