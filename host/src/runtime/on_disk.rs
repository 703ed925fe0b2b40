//! What the project's files held when they were last looked at, so that each change is told once.

use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
};

use super::{
    places::{LOGIC, logic_files},
    settings_file,
};
use crate::logic::Graph;

/// The files with the hashes of their texts; `None` for one that can't be read.
type Files = BTreeMap<PathBuf, Option<u64>>;

/// What was seen last.
pub(super) struct OnDisk {
    /// `Some(None)` if there was no file.
    settings: Option<Option<u64>>,
    /// The console has told of faults in the settings, and not yet that they are mended.
    pub(super) are_settings_at_fault: bool,
    /// The console has told of faults in the logic, and not yet that they are mended.
    pub(super) is_logic_at_fault: bool,
    logic: Files,
}

impl OnDisk {
    /// The logic files that the graphs were read from; the settings count as new when they are looked at first.
    pub(super) fn new(graphs: &[Graph]) -> Self {
        let logic = graphs
            .iter()
            .map(|graph| {
                (
                    graph.source.path.clone(),
                    Some(hash(graph.source.text.as_bytes())),
                )
            })
            .collect();
        Self {
            settings: None,
            are_settings_at_fault: false,
            is_logic_at_fault: false,
            logic,
        }
    }

    /// Whether the settings file holds something else than when it was last asked for.
    pub(super) fn has_new_settings(&mut self, folder: &Path) -> bool {
        let now = Some(hash_of(&settings_file(folder)));
        std::mem::replace(&mut self.settings, now) != now
    }

    /// Counts the settings as new when they are asked for next.
    pub(super) fn look_at_settings_again(&mut self) {
        self.settings = None;
    }

    /// Whether the logic files hold something else than when they were last asked for.
    pub(super) fn has_new_logic(&mut self, folder: &Path) -> bool {
        let now = read(folder);
        let is_new = now != self.logic;
        self.logic = now;
        is_new
    }
}

fn read(folder: &Path) -> Files {
    let files = LOGIC.iter().flat_map(|logic| logic_files(&folder.join(logic)));
    files
        .map(|file| {
            let relative = file.strip_prefix(folder).unwrap_or(&file);
            (relative.to_owned(), hash_of(&file))
        })
        .filter(|(path, _)| path.parent() != Some(Path::new(LOGIC[0])) || path.ends_with("project.toml"))
        .collect()
}

fn hash_of(file: &Path) -> Option<u64> {
    fs::read(file).ok().map(|bytes| hash(&bytes))
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
