//! Persistent variables beyond the run: `state/variables.json` in the project's folder.
//!
//! The file is read when a program has such a variable, and written on a thread of its own, as a whole or not at all. What
//! can't be used is never thrown away: the old file stays beside the new one, and values of variables that the project
//! does not have, or not now, stay in it.

mod json;

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread::{self, JoinHandle},
};

use pulsewire_plugin_api::value::Value;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{compile::Program, engine::Keeper, literal::found};

/// Relative to the project's folder, for people too.
const FILE: &str = "state/variables.json";

const FORMAT: u32 = 1;

/// The file, as it is and as it is to be.
#[derive(Clone)]
pub(super) struct Kept(Arc<Shared>);

struct Shared {
    path: PathBuf,
    state: Mutex<State>,
    /// What the engine handed on, written yet or not. Never locked for long: the logic thread waits.
    latest: Mutex<HashMap<String, Value>>,
}

enum State {
    Unread,
    Read(BTreeMap<String, Json>),
    /// It is left as it is.
    Unusable,
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
            state: Mutex::new(State::Unread),
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
        if let State::Unread = *state {
            *state = self.0.read();
        }
        let State::Read(values) = &mut *state else { return };
        let latest = lock(&self.0.latest);
        let mut has_kept_old = false;
        for (name, place) in persistent {
            let kept = match (latest.get(name), values.get(name)) {
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
            if !has_kept_old {
                has_kept_old = self.0.set_aside(|old, new| fs::copy(old, new).map(|_| ()));
            }
            values.remove(name);
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
            let writer = writer.get_or_insert_with(|| Writer::new(Arc::clone(&shared)));
            lock(&shared.latest).extend(values.iter().cloned());
            if let Some(sender) = &writer.sender {
                // The thread is there until the sender is dropped.
                let _ = sender.send(values);
            }
        })
    }
}

impl Shared {
    fn read(&self) -> State {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return State::Read(BTreeMap::new()),
            Err(error) if error.kind() != io::ErrorKind::InvalidData => {
                log::warn!("{FILE}: can't be read: {error}; this run neither reads nor keeps variables");
                return State::Unusable;
            }
            Err(_) => String::new(),
        };
        let reason = match serde_json::from_str::<Content>(&text) {
            Ok(content) if content.format == FORMAT => return State::Read(content.variables),
            Ok(content) => format!("has format {}, expected {FORMAT}", content.format),
            Err(error) => format!("is damaged: {error}"),
        };
        log::warn!("{FILE}: {reason}; all variables begin with their declared values");
        match self.set_aside(|old, new| fs::rename(old, new)) {
            true => State::Read(BTreeMap::new()),
            false => State::Unusable,
        }
    }

    /// Keeps the file as it is under the first free name beside it.
    fn set_aside(&self, put: impl FnOnce(&Path, &Path) -> io::Result<()>) -> bool {
        let names = (1..).map(|number| self.path.with_extension(format!("json.old{number}")));
        let free = names.take(1000).find(|name| !name.exists());
        let Some(free) = free else {
            log::warn!("{FILE}: there are very many old ones beside it");
            return false;
        };
        match put(&self.path, &free) {
            Ok(()) => {
                log::warn!("the old file is kept as {}", free.display());
                true
            }
            Err(error) => {
                log::warn!("{FILE}: can't be kept as {}: {error}", free.display());
                false
            }
        }
    }

    /// Takes the values over and writes the file.
    fn write(&self, values: Vec<(String, Value)>) -> io::Result<()> {
        let mut state = lock(&self.state);
        let State::Read(known) = &mut *state else {
            return Ok(());
        };
        for (name, value) in values {
            match json::json(&value) {
                Some(json) => known.insert(name, json),
                None => {
                    log::warn!("`{name}` is not kept: its value is nested too deeply");
                    known.remove(&name)
                }
            };
        }
        let content = Content {
            format: FORMAT,
            variables: known.clone(),
        };
        drop(state);
        let text = serde_json::to_string_pretty(&content)?;
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let temporary = self.path.with_extension("json.tmp");
        let mut file = File::create(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&temporary, &self.path)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The thread that writes.
struct Writer {
    /// `None` only at the end.
    sender: Option<Sender<Vec<(String, Value)>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    fn new(shared: Arc<Shared>) -> Self {
        let (sender, incoming) = channel();
        let spawned = thread::Builder::new()
            .name("keep-variables".to_owned())
            .spawn(move || write_all(&shared, &incoming));
        Self {
            sender: Some(sender),
            thread: spawned
                .map_err(|error| log::error!("persistent variables are not kept: {error}"))
                .ok(),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            // It ends by itself; a panic of it has been told.
            let _ = thread.join();
        }
    }
}

fn write_all(shared: &Shared, incoming: &Receiver<Vec<(String, Value)>>) {
    let mut failure = String::new();
    while let Ok(mut values) = incoming.recv() {
        // Of what piled up while the disk was slow, the last is enough.
        while let Ok(newer) = incoming.try_recv() {
            values = newer;
        }
        match shared.write(values) {
            Ok(()) => failure.clear(),
            Err(error) => {
                let message = error.to_string();
                // Once for a disk that is full, not twice a second.
                if message != failure {
                    log::error!("{FILE}: can't be written: {message}");
                }
                failure = message;
            }
        }
    }
}

#[cfg(test)]
mod tests;
