//! Persistent variables beyond the run: `state/variables.json` in the project's folder.
//!
//! The file is read when a program has such a variable, and written on a thread of its own, as a whole or not at all. What
//! can't be used is not thrown away: the old file stays beside the new one, and values of variables that the project
//! does not have, or not now, stay in it. Of two runs at the same time only the first writes.

mod json;
mod writer;

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use pulsewire_plugin_api::value::Value;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use writer::Writer;

use crate::{compile::Program, engine::Keeper, literal::found, nodes::limits};

/// Relative to the project's folder, for people too.
const FILE: &str = "state/variables.json";

/// Whoever has it locked writes the file. It stays, since removing it would let two runs lock two files of that name.
const LOCK: &str = "state/variables.lock";

const FORMAT: u32 = 1;

/// How many old files are kept; the last gives way to newer ones.
const OLD_FILES: usize = 10;

/// The most bytes of a kept value as JSON.
const MAX_BYTES: usize = 16 << 20;

/// The file, as it is and as it is to be.
#[derive(Clone)]
pub(super) struct Kept(Arc<Shared>);

struct Shared {
    path: PathBuf,
    /// `None` until it is read.
    state: Mutex<Option<State>>,
    /// What the engine handed on, written yet or not. Never locked for long: the logic thread waits.
    latest: Mutex<HashMap<String, Value>>,
}

struct State {
    values: BTreeMap<String, Json>,
    /// Held for the run. Without it the file is left as it is.
    lock: Option<File>,
}

/// What stands in the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    format: u32,
    variables: BTreeMap<String, Json>,
}

impl Kept {
    pub(super) fn new(folder: &Path) -> Self {
        Self(Arc::new(Shared {
            path: folder.join(FILE),
            state: Mutex::default(),
            latest: Mutex::default(),
        }))
    }

    /// Gives the program's persistent variables the values that were kept. Warnings go to the log.
    pub(super) fn fill(&self, program: &mut Program) {
        let Program { variables, slots, .. } = program;
        let mut persistent: Vec<_> = variables.iter().filter(|(_, place)| place.persistent).collect();
        if persistent.is_empty() {
            return;
        }
        persistent.sort_unstable_by_key(|(name, _)| *name);
        let mut state = lock(&self.0.state);
        let state = state.get_or_insert_with(|| self.0.read());
        let mut latest = lock(&self.0.latest);
        let mut has_kept_old = false;
        for (name, place) in persistent {
            let kept = match (latest.get(name), state.values.get(name)) {
                (Some(value), _) => Some(value.clone()),
                (None, Some(json)) => json::value(json),
                (None, None) => continue,
            };
            let reason = match kept {
                Some(value) if value.fits(place.data_type) => {
                    slots[place.slot as usize] = value;
                    continue;
                }
                Some(value) => found(&value),
                None => "no value".to_owned(),
            };
            if !has_kept_old && state.lock.is_some() && self.0.path.exists() {
                has_kept_old = true;
                if !self.0.set_aside(|old, new| fs::copy(old, new).map(|_| ())) {
                    state.lock = None;
                }
            }
            state.values.remove(name);
            latest.remove(name);
            log::warn!(
                "{FILE}: `{name}` is {reason}, expected {}; the variable begins with its declared value",
                place.data_type
            );
        }
    }

    /// What the engine hands values to. The thread behind it ends, and has written everything, when this is dropped.
    pub(super) fn keeper(&self) -> Keeper {
        let mut writer: Option<Writer> = None;
        let shared = Arc::clone(&self.0);
        Box::new(move |values| {
            lock(&shared.latest).extend(values);
            let shared = &shared;
            let writer = writer.get_or_insert_with(|| {
                let shared = Arc::clone(shared);
                Writer::new(move || shared.write())
            });
            writer.request();
        })
    }
}

impl Shared {
    fn read(&self) -> State {
        let lock = self.lock_for_run();
        let state = |values, lock| State { values, lock };
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return state(BTreeMap::new(), lock),
            Err(error) if error.kind() != io::ErrorKind::InvalidData => {
                log::warn!("{FILE}: can't be read: {error}; this run keeps nothing");
                return state(BTreeMap::new(), None);
            }
            Err(_) => String::new(),
        };
        let reason = match serde_json::from_str::<Content>(&text) {
            Ok(content) if content.format == FORMAT => return state(content.variables, lock),
            Ok(content) => format!("has format {}, expected {FORMAT}", content.format),
            Err(error) => format!("is damaged: {error}"),
        };
        log::warn!("{FILE}: {reason}; all variables begin with their declared values");
        let lock = lock.filter(|_| self.set_aside(|old, new| fs::rename(old, new)));
        state(BTreeMap::new(), lock)
    }

    /// `None` if another run has it, or nobody can: this one keeps nothing then.
    fn lock_for_run(&self) -> Option<File> {
        let place = self.path.with_extension("lock");
        let opened = fs::create_dir_all(self.folder())
            .and_then(|()| File::options().create(true).append(true).open(place));
        let reason = match opened.map(|file| (file.try_lock(), file)) {
            Ok((Ok(()), file)) => return Some(file),
            Ok((Err(TryLockError::WouldBlock), _)) => {
                log::warn!(
                    "{FILE}: another run of this project keeps its variables there; this run keeps nothing"
                );
                return None;
            }
            Ok((Err(TryLockError::Error(error)), _)) | Err(error) => error,
        };
        log::warn!("{LOCK}: can't be locked: {reason}; this run keeps nothing");
        None
    }

    fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Keeps the file as it is beside it, under the first free name or else the last. If not, this run keeps nothing.
    fn set_aside(&self, put: impl FnOnce(&Path, &Path) -> io::Result<()>) -> bool {
        let name = |number| self.path.with_extension(format!("json.old{number}"));
        let free = (1..OLD_FILES).map(name).find(|name| !name.exists());
        let place = free.unwrap_or_else(|| name(OLD_FILES));
        match put(&self.path, &place) {
            Ok(()) => {
                log::warn!("the old file is kept as {}", place.display());
                true
            }
            Err(error) => {
                log::warn!(
                    "{FILE}: can't be kept as {}: {error}; this run keeps nothing",
                    place.display()
                );
                false
            }
        }
    }

    /// Takes over what the engine handed on and writes the file.
    fn write(&self) -> io::Result<()> {
        let mut state = lock(&self.state);
        let Some(State {
            values,
            lock: Some(_),
        }) = &mut *state
        else {
            return Ok(());
        };
        let latest = lock(&self.latest).clone();
        for (name, value) in latest {
            let is_small = limits::is_json_within(&value, MAX_BYTES);
            match is_small.then(|| json::json(&value)).flatten() {
                Some(json) => values.insert(name, json),
                None => {
                    let why = match is_small {
                        true => "nested too deeply".to_owned(),
                        false => format!("larger than {MAX_BYTES} bytes as JSON"),
                    };
                    log::warn!("`{name}` is not kept: its value is {why}");
                    values.remove(&name)
                }
            };
        }
        let content = Content {
            format: FORMAT,
            variables: values.clone(),
        };
        drop(state);
        let text = serde_json::to_string_pretty(&content)?;
        // Not the project's folder: one that was removed does not come back.
        match fs::create_dir(self.folder()) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let mut file = tempfile::Builder::new()
            .prefix("variables.")
            .suffix(".tmp")
            .make_in(self.folder(), |path| File::create_new(path))?;
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(&self.path).map(drop).map_err(|error| error.error)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
