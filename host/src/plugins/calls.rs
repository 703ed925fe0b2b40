//! Calls into plugins, on record while they last: which one it was when the process dies, and whether one takes too long.
//!
//! A plugin is called on the logic thread only, so one word says all: which place, which call, and a number that tells
//! each call from the next. It is written before the call and after it, two stores to memory. In a real run that memory
//! is a file's ([`run_file`](super::run_file)), which outlives the process; the [`watchdog`] looks at it from time to time.

pub(super) mod punctuality;
pub(super) mod watchdog;
mod watched;

use std::{
    fmt,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::Thread,
};

use super::{run_file::RunFile, services::Account};
pub(super) use watched::Watched;

/// What is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Call {
    /// Opening the library, `new` and `register`.
    Load = 1,
    Activate,
    SettingsChanged,
    Deactivate,
    CreateNode,
    Execute,
    Resume,
    OnEvent,
    DropNode,
    Migrate,
}

impl Call {
    const ALL: [Self; 10] = [
        Call::Load,
        Call::Activate,
        Call::SettingsChanged,
        Call::Deactivate,
        Call::CreateNode,
        Call::Execute,
        Call::Resume,
        Call::OnEvent,
        Call::DropNode,
        Call::Migrate,
    ];

    /// As in "`execute` of node `send` of graph `project` (socketio.send)", in plugin-api's words.
    pub(super) fn of_place(self, place: &str) -> String {
        let name = match self {
            Call::Load => return format!("loading of {place}"),
            Call::CreateNode => return format!("making of {place}"),
            Call::DropNode => return format!("dropping of {place}"),
            Call::Activate => "activate",
            Call::SettingsChanged => "settings_changed",
            Call::Migrate => "migrate",
            Call::Deactivate => "deactivate",
            Call::Execute => "execute",
            Call::Resume => "resume",
            Call::OnEvent => "on_event",
        };
        format!("`{name}` of {place}")
    }

    /// Whether it may open files, and start and end threads.
    const fn is_slow(self) -> bool {
        matches!(self, Call::Load | Call::Activate | Call::Deactivate)
    }
}

/// The word: the number of the call above, then the place, then the call. No call is under way if that is 0.
const CALL_BITS: u32 = 4;
const NUMBER_SHIFT: u32 = 32;
const PLACE_MASK: u64 = (1 << (NUMBER_SHIFT - CALL_BITS)) - 1;

/// A call that is, or was, under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Current {
    pub(super) place: u32,
    pub(super) call: Call,
}

impl Current {
    /// What the word says; nothing if no call is under way, or if it makes no sense.
    pub(super) fn of(word: u64) -> Option<Self> {
        let call = word & ((1 << CALL_BITS) - 1);
        let call = Call::ALL.into_iter().find(|known| *known as u64 == call)?;
        let place = (word >> CALL_BITS & PLACE_MASK) as u32;
        Some(Self { place, call })
    }

    fn word(self, number: u64) -> u64 {
        number << NUMBER_SHIFT | u64::from(self.place) << CALL_BITS | self.call as u64
    }
}

/// A plugin, or one of its nodes.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) account: Arc<Account>,
    /// Graph, id and type of the node, if it is one.
    pub(super) node: Option<[String; 3]>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Some([graph, node, node_type]) => write!(f, "node `{node}` of graph `{graph}` ({node_type})"),
            None => write!(f, "plugin `{}`", self.account.id()),
        }
    }
}

/// The record of calls of one host. Shared with the watchdog.
pub(crate) struct Calls {
    file: RunFile,
    places: Mutex<Places>,
    watchdog: Sleeper,
}

/// The watchdog, which sleeps while nothing is called.
#[derive(Default)]
struct Sleeper {
    is_asleep: AtomicBool,
    thread: OnceLock<Thread>,
}

#[derive(Default)]
struct Places {
    /// Place 0 is never given out.
    taken: Vec<Option<Place>>,
    free: Vec<u32>,
}

impl Calls {
    pub(super) fn new(file: RunFile) -> Self {
        Self {
            file,
            places: Mutex::default(),
            watchdog: Sleeper::default(),
        }
    }

    fn word(&self) -> &AtomicU64 {
        self.file.word()
    }

    /// Notes that a call begins; it ends when the answer is dropped. `[logic-thread]`
    #[inline]
    pub(super) fn enter(&self, place: u32, call: Call) -> Entered<'_> {
        let word = self.word();
        let number = (word.load(Ordering::Relaxed) >> NUMBER_SHIFT).wrapping_add(1);
        word.store(Current { place, call }.word(number), Ordering::Relaxed);
        // Without a fence it may just have fallen asleep unseen; then it finds the call when it wakes by itself.
        if self.watchdog.is_asleep.load(Ordering::Relaxed) {
            self.wake_watchdog();
        }
        Entered { word, number }
    }

    #[cold]
    fn wake_watchdog(&self) {
        self.watchdog.is_asleep.store(false, Ordering::Relaxed);
        if let Some(thread) = self.watchdog.thread.get() {
            thread.unpark();
        }
    }

    /// A number for the place. `[logic-thread]`
    pub(super) fn add_place(&self, place: Place) -> u32 {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        let at = places.free.pop().unwrap_or_else(|| {
            let next = places.taken.len().max(1);
            places.taken.resize(next + 1, None);
            next as u32
        });
        self.file.describe(at, place.account.id(), &place.to_string());
        places.taken[at as usize] = Some(place);
        at
    }

    pub(super) fn remove_place(&self, at: u32) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places
            .taken
            .get_mut(at as usize)
            .is_some_and(|place| place.take().is_some())
        {
            places.free.push(at);
        }
    }

    fn place(&self, at: u32) -> Option<Place> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.taken.get(at as usize)?.clone()
    }
}

/// A call that is under way.
pub(super) struct Entered<'a> {
    word: &'a AtomicU64,
    number: u64,
}

impl Drop for Entered<'_> {
    #[inline]
    fn drop(&mut self) {
        self.word.store(self.number << NUMBER_SHIFT, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::plugin_log::ProcessLog;

    fn place(node: &str) -> Place {
        Place {
            account: Arc::new(Account::new("lamp", Arc::new(ProcessLog))),
            node: Some(["project".into(), node.into(), "lamp.dim".into()]),
        }
    }

    #[test]
    fn call_is_on_record_while_it_lasts() {
        let calls = Calls::new(RunFile::in_memory());
        let at = calls.add_place(place("dim"));
        let current = || Current::of(calls.word().load(Ordering::Relaxed));
        assert_eq!(current(), None);
        let entered = calls.enter(at, Call::OnEvent);
        let call = Call::OnEvent;
        assert_eq!(current(), Some(Current { place: at, call }));
        drop(entered);
        assert_eq!(current(), None);
    }

    #[test]
    fn calls_of_one_place_are_told_apart() {
        let calls = Calls::new(RunFile::in_memory());
        let word = || calls.word().load(Ordering::Relaxed);
        let first = calls.enter(1, Call::Execute);
        let first = (word(), drop(first)).0;
        let _second = calls.enter(1, Call::Execute);
        assert_ne!(word(), first);
    }

    #[test]
    fn places_are_given_out_again() {
        let calls = Calls::new(RunFile::in_memory());
        let (one, two) = (calls.add_place(place("one")), calls.add_place(place("two")));
        assert!(one != 0 && two != 0 && one != two);
        calls.remove_place(one);
        assert!(calls.place(one).is_none());
        calls.remove_place(one);
        assert_eq!(calls.add_place(place("three")), one);
        let text = calls.place(one).unwrap().to_string();
        assert_eq!(text, "node `three` of graph `project` (lamp.dim)");
        assert_ne!(calls.add_place(place("four")), one);
    }

    #[test]
    fn nonsense_is_no_call() {
        assert_eq!(Current::of(0), None);
        assert_eq!(Current::of(15), None);
        assert_eq!(Current::of(7 << NUMBER_SHIFT), None);
    }
}
