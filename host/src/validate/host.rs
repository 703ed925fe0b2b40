//! A host as a check scripts it: it gives and takes what it should, or refuses, or is slow; and it notes every call.

use std::{
    cell::RefCell,
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, ThreadId},
    time::Duration,
};

use pulsewire_plugin_api::{
    EmitError, HostServices, Wanted,
    manifest::{Manifest, NodeType, SocketType},
    value::Value,
};

/// What the host does to a plugin.
#[derive(Clone, Debug)]
pub(super) struct Behaviour {
    /// The section as JSON; nothing: there is none.
    pub(super) settings: Option<String>,
    pub(super) has_folder: bool,
    pub(super) gives_events: bool,
    /// Why events are not taken.
    pub(super) refusal: Option<EmitError>,
    /// Whether anybody listens.
    pub(super) is_deaf: bool,
    /// How long each call takes.
    pub(super) delay: Duration,
    /// Whether threads of the plugin wait when they log.
    pub(super) blocks_log: bool,
}

impl Behaviour {
    /// What an honest host does, with these settings.
    pub(super) fn honest(settings: String) -> Self {
        Self {
            settings: Some(settings),
            has_folder: true,
            gives_events: true,
            refusal: None,
            is_deaf: false,
            delay: Duration::ZERO,
            blocks_log: false,
        }
    }
}

/// Where the plugin stands, as the host sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Created,
    Active,
    Ended,
}

thread_local! {
    /// What happens on this thread before `emit` returns.
    static AGAIN: RefCell<Option<Box<dyn FnMut()>>> = const { RefCell::new(None) };
}

/// Has each `emit` on this thread, while `work` lasts, call `again`; not those that `again` causes itself.
pub(super) fn reenter<T>(again: impl FnMut() + 'static, work: impl FnOnce() -> T) -> T {
    AGAIN.set(Some(Box::new(again)));
    let worked = work();
    AGAIN.take();
    worked
}

fn call_again() {
    if let Some(mut again) = AGAIN.take() {
        again();
        AGAIN.set(Some(again));
    }
}

/// The greatest number of lines, faults and events that are kept; what is more is only counted.
const KEPT: usize = 1000;

/// The services of the scripted host. All methods work from any thread.
pub(super) struct ScriptedHost {
    manifest: Manifest,
    logic_thread: ThreadId,
    state: Mutex<State>,
    /// Something happened that may be waited for.
    changed: Condvar,
}

struct State {
    phase: Phase,
    behaviour: Behaviour,
    /// Node type and key of each event; its number is the place.
    events: Vec<(String, String)>,
    /// Events of single nodes, by number, that wait to be delivered.
    own: VecDeque<(u64, Vec<Value>)>,
    logged: usize,
    /// How many threads wait for the log to take a line.
    blocked: usize,
    lines: Vec<String>,
    reports: Vec<String>,
    misuses: Vec<String>,
    too_early: Vec<&'static str>,
    too_late: Vec<&'static str>,
}

impl ScriptedHost {
    pub(super) fn new(manifest: &Manifest, behaviour: Behaviour) -> Self {
        Self {
            manifest: manifest.clone(),
            logic_thread: thread::current().id(),
            state: Mutex::new(State {
                phase: Phase::Created,
                behaviour,
                events: Vec::new(),
                own: VecDeque::new(),
                logged: 0,
                blocked: 0,
                lines: Vec::new(),
                reports: Vec::new(),
                misuses: Vec::new(),
                too_early: Vec::new(),
                too_late: Vec::new(),
            }),
            changed: Condvar::new(),
        }
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.lock().phase = phase;
    }

    pub(super) fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.lock().behaviour);
        self.changed.notify_all();
    }

    /// The number of the event of a single node.
    pub(super) fn own_event(&self, node: &str) -> u64 {
        number_of(&mut self.lock().events, "", node)
    }

    /// The oldest event that waits for a single node.
    pub(super) fn take_own_event(&self) -> Option<(u64, Vec<Value>)> {
        self.lock().own.pop_front()
    }

    /// Everything that the plugin logged or reported, as far as it was kept.
    pub(super) fn words(&self) -> Vec<String> {
        let state = self.lock();
        state.lines.iter().chain(&state.reports).cloned().collect()
    }

    /// How many lines the plugin logged at the level info or above.
    pub(super) fn logged(&self) -> usize {
        self.lock().logged
    }

    /// Drops what was logged and reported so far.
    pub(super) fn forget_words(&self) {
        let mut state = self.lock();
        state.lines.clear();
        state.reports.clear();
    }

    /// What the plugin told of itself that no plugin should have to: panics.
    pub(super) fn panics(&self) -> Vec<String> {
        let state = self.lock();
        let panics = state.reports.iter().filter(|report| is_panic(report));
        panics.cloned().collect()
    }

    /// What the plugin asked for that it has no right to, or emitted in the wrong shape.
    pub(super) fn misuses(&self) -> Vec<String> {
        self.lock().misuses.clone()
    }

    /// Which services it called before it was activated.
    pub(super) fn early_calls(&self) -> Vec<&'static str> {
        self.lock().too_early.clone()
    }

    /// Which services it calls within `limit` although it was deactivated.
    pub(super) fn late_calls(&self, limit: Duration) -> Vec<&'static str> {
        let state = self.wait(limit, |state| !state.too_late.is_empty());
        state.too_late.clone()
    }

    /// Waits until a thread of the plugin waits for the log, at most for `limit`.
    pub(super) fn wait_for_blocked(&self, limit: Duration) {
        drop(self.wait(limit, |state| state.blocked > 0));
    }

    fn wait(&self, limit: Duration, until: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let waited = self
            .changed
            .wait_timeout_while(self.lock(), limit, |state| !until(state));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, if the call comes at the right time, after the delay that the script wants.
    fn called(&self, service: &'static str) -> Option<MutexGuard<'_, State>> {
        let delay = self.lock().behaviour.delay;
        if !delay.is_zero() {
            thread::sleep(delay);
        }
        let mut state = self.lock();
        let wrong = match state.phase {
            Phase::Active => return Some(state),
            Phase::Created => &mut state.too_early,
            Phase::Ended => &mut state.too_late,
        };
        keep(wrong, service);
        self.changed.notify_all();
        None
    }

    fn declared(&self, node_type: &str) -> Option<&NodeType> {
        self.manifest.node_types.iter().find(|one| one.id == node_type)
    }

    /// What is wrong with the values of that many events.
    fn misuse(&self, (node_type, _): &(String, String), count: usize, values: &[Value]) -> Option<String> {
        if count == 0 || !values.len().is_multiple_of(count) {
            return Some(format!("{} values do not make {count} events", values.len()));
        }
        // The event of a single node carries what the node likes.
        let declared = self.declared(node_type)?;
        let outputs = declared
            .outputs
            .iter()
            .filter_map(|output| match output.socket_type {
                SocketType::Data(data_type) => Some((output, data_type)),
                SocketType::Pulse => None,
            });
        let outputs: Vec<_> = outputs.collect();
        if outputs.iter().any(|(output, _)| !output.repeat.is_empty()) {
            return None;
        }
        if values.len() / count != outputs.len() {
            return Some(format!(
                "an event of `{node_type}` has {} values, but the node {} outputs",
                values.len() / count,
                outputs.len()
            ));
        }
        let all = values.iter().zip(outputs.iter().cycle());
        let wrong = all.into_iter().find(|(value, (output, data_type))| {
            !matches!(value, Value::Empty) && output.typed_by.is_empty() && !value.fits(*data_type)
        });
        wrong.map(|(value, (output, data_type))| {
            format!(
                "an event of `{node_type}` has {} for its output `{}`, which is {data_type}",
                value.data_type(),
                output.id
            )
        })
    }
}

/// Whether a plugin's words are those of a panic; `abi::guard` writes them.
pub(super) fn is_panic(words: &str) -> bool {
    words.contains("panicked")
}

fn keep<T>(all: &mut Vec<T>, one: T) {
    if all.len() < KEPT {
        all.push(one);
    }
}

fn number_of(events: &mut Vec<(String, String)>, node_type: &str, key: &str) -> u64 {
    let known = events.iter().position(|(t, k)| t == node_type && k == key);
    let at = known.unwrap_or_else(|| {
        events.push((node_type.to_owned(), key.to_owned()));
        events.len() - 1
    });
    at as u64
}

impl HostServices for ScriptedHost {
    fn log(&self, level: u32, target: &str, message: &str) {
        let mut state = self.lock();
        state.logged += usize::from(level <= 3);
        keep(&mut state.lines, format!("{target}: {message}"));
        if thread::current().id() == self.logic_thread {
            return;
        }
        state.blocked += 1;
        self.changed.notify_all();
        let blocks = |state: &mut State| state.behaviour.blocks_log;
        let waited = self.changed.wait_while(state, blocks);
        waited.unwrap_or_else(PoisonError::into_inner).blocked -= 1;
    }

    fn log_level(&self) -> u32 {
        5
    }

    fn report(&self, message: &str) {
        keep(&mut self.lock().reports, message.to_owned());
    }

    fn settings(&self, section: &str) -> Option<String> {
        let mut state = self.called("settings")?;
        if !self.manifest.sections.iter().any(|one| one.id == section) {
            keep(
                &mut state.misuses,
                format!("it asks for the settings section `{section}`, which is not its own"),
            );
            return None;
        }
        state.behaviour.settings.clone()
    }

    fn project_folder(&self) -> Option<String> {
        let state = self.called("project_folder")?;
        let folder = std::env::temp_dir();
        state
            .behaviour
            .has_folder
            .then(|| folder.to_string_lossy().into_owned())
    }

    fn event(&self, node_type: &str, key: &str) -> Option<u64> {
        let mut state = self.called("event")?;
        if self.declared(node_type).is_none() {
            keep(
                &mut state.misuses,
                format!("it asks for events of `{node_type}`, which it does not declare"),
            );
            return None;
        }
        let state = &mut *state;
        (state.behaviour.gives_events).then(|| number_of(&mut state.events, node_type, key))
    }

    fn wanted(&self, _: u64) -> Wanted {
        match self.called("wanted") {
            Some(state) if !state.behaviour.is_deaf => Wanted::EVERYTHING,
            _ => Wanted::NOTHING,
        }
    }

    fn emit(&self, event: u64, count: usize, values: &mut [Value]) -> Result<usize, EmitError> {
        call_again();
        let mut state = self.called("emit").ok_or(EmitError::Detached)?;
        let named = usize::try_from(event)
            .ok()
            .and_then(|at| state.events.get(at))
            .cloned();
        let Some(named) = named else {
            keep(
                &mut state.misuses,
                format!("it emits the event {event}, which it was never given"),
            );
            return Err(EmitError::Detached);
        };
        if let Some(misuse) = self.misuse(&named, count, values) {
            keep(&mut state.misuses, misuse);
            return Err(EmitError::Detached);
        }
        if let Some(refusal) = state.behaviour.refusal {
            return Err(refusal);
        }
        let share = values.len() / count;
        for at in 0..count {
            let taken = values[at * share..][..share].iter_mut().map(std::mem::take);
            let taken: Vec<Value> = taken.collect();
            if named.0.is_empty() && state.own.len() < KEPT {
                state.own.push_back((event, taken));
            }
        }
        Ok(count)
    }
}
