//! What the logic thread and the supervisor of a child share: the conversation with it, and what to make anew in the next.

use std::{
    collections::BTreeMap,
    io,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use pulsewire_plugin_api::value::Dictionary;

use super::{
    channel::{Channel, Ender},
    datum::{dictionary, pairs},
    messages::{Answer, Made, Request},
};

/// How long loading and activating may take.
pub(super) const SLOW_LIMIT: Duration = Duration::from_secs(10);

pub(super) struct Shared {
    id: String,
    pub(super) call_limit: Duration,
    state: Mutex<State>,
    stopping: Condvar,
}

#[derive(Default)]
struct State {
    /// The conversation with the child that runs; none while there is no such.
    calls: Option<Channel>,
    /// Of the newest child, by which both conversations with it are ended.
    enders: Vec<Ender>,
    /// Why the host ended the child, if it did; as in "the plugin …".
    cause: Option<String>,
    is_active: bool,
    is_stopping: bool,
    nodes: BTreeMap<u64, Made>,
    last_node: u64,
}

impl State {
    fn end_child(&mut self) {
        self.calls = None;
        self.enders.iter().for_each(Ender::end);
    }
}

impl Shared {
    pub(super) fn new(id: &str, call_limit: Duration) -> Self {
        Self {
            id: id.to_owned(),
            call_limit,
            state: Mutex::default(),
            stopping: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the child, and waits for its answer. One that does not answer in time is ended.
    pub(super) fn call(&self, request: &Request, limit: Duration) -> Result<Answer, String> {
        self.call_in(&mut self.lock(), request, limit)
    }

    fn call_in(&self, state: &mut State, request: &Request, limit: Duration) -> Result<Answer, String> {
        let id = &self.id;
        let Some(calls) = &mut state.calls else {
            return Err(format!(
                "the process of plugin `{id}` has ended and is not started again yet"
            ));
        };
        let error = match ask(calls, request, limit) {
            Ok(Answer::Failed(reason)) => return Err(reason),
            Ok(answer) => return Ok(answer),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Err(error.to_string()),
            Err(error) => error,
        };
        let cause = cause(&error, limit);
        let reason = match &cause {
            Some(cause) => format!("plugin `{id}` {cause}; its process is ended"),
            None => format!("the process of plugin `{id}` ended during the call"),
        };
        state.cause = cause;
        state.end_child();
        Err(reason)
    }

    /// See [`Plugin::activate`](pulsewire_plugin_api::Plugin::activate).
    pub(super) fn activate(&self) -> Result<(), String> {
        let mut state = self.lock();
        self.call_in(&mut state, &Request::Activate, SLOW_LIMIT)?;
        state.is_active = true;
        Ok(())
    }

    /// From now on nothing is made anew. A child that is not there needs not end.
    pub(super) fn deactivate(&self, limit: Duration) -> Result<(), String> {
        let mut state = self.lock();
        state.is_active = false;
        if state.calls.is_none() {
            return Ok(());
        }
        self.call_in(&mut state, &Request::Deactivate, limit).map(drop)
    }

    /// The next child reads the settings as they are then.
    pub(super) fn settings_changed(&self) -> Result<(), String> {
        let mut state = self.lock();
        if state.calls.is_none() {
            return Ok(());
        }
        self.call_in(&mut state, &Request::SettingsChanged, self.call_limit)
            .map(drop)
    }

    /// Asks the child to bring a section up to date.
    pub(super) fn migrate(
        &self,
        section: &str,
        from: u32,
        settings: &Dictionary,
    ) -> Result<Dictionary, String> {
        let request = Request::Migrate {
            section: section.to_owned(),
            from,
            settings: pairs(settings),
        };
        match self.call_in(&mut self.lock(), &request, self.call_limit)? {
            Answer::Migrated(new) => Ok(dictionary(new)),
            _ => Err("its process gave no answer that fits".to_owned()),
        }
    }

    /// Makes a node in this child and those after it; if there is none now, in the next.
    pub(super) fn create_node(&self, mut made: Made) -> Result<u64, String> {
        let mut state = self.lock();
        state.last_node += 1;
        made.number = state.last_node;
        let (number, request) = (made.number, Request::CreateNode(made.clone()));
        match self.call_in(&mut state, &request, self.call_limit) {
            Err(reason) if state.calls.is_some() => Err(reason),
            _ => {
                state.nodes.insert(number, made);
                Ok(number)
            }
        }
    }

    pub(super) fn drop_node(&self, number: u64) {
        let mut state = self.lock();
        if state.nodes.remove(&number).is_some() {
            // Without a child there is no node either.
            let _ = self.call_in(&mut state, &Request::DropNode(number), self.call_limit);
        }
    }

    /// Takes note of a child that was started; false if none is wanted any more.
    pub(super) fn begin(&self, enders: Vec<Ender>) -> bool {
        let mut state = self.lock();
        state.enders = enders;
        state.cause = None;
        if state.is_stopping {
            state.end_child();
        }
        !state.is_stopping
    }

    /// Makes everything in a child that has registered, and hands it to the logic.
    pub(super) fn hand_over(&self, mut calls: Channel) -> Result<(), String> {
        let mut state = self.lock();
        if state.is_active {
            answer(&mut calls, &Request::Activate, SLOW_LIMIT)?;
            for made in state.nodes.values() {
                let request = Request::CreateNode(made.clone());
                match ask(&mut calls, &request, self.call_limit) {
                    // The node says why when it is pulsed.
                    Ok(_) => {}
                    Err(error) => return Err(described(&error, self.call_limit)),
                }
            }
        }
        state.calls = Some(calls);
        Ok(())
    }

    /// There is no child any more. Says why the host ended it, if it did.
    pub(super) fn ended(&self) -> Option<String> {
        let mut state = self.lock();
        state.end_child();
        state.cause.take()
    }

    /// Ends the child; there will be no other.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.is_stopping = true;
        state.end_child();
        self.stopping.notify_all();
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.lock().is_stopping
    }

    /// Waits so long; false if no child is wanted any more.
    pub(super) fn pause(&self, pause: Duration) -> bool {
        let state = self.lock();
        let woken = self
            .stopping
            .wait_timeout_while(state, pause, |state| !state.is_stopping);
        !woken.unwrap_or_else(PoisonError::into_inner).0.is_stopping
    }
}

/// One question and its answer.
pub(super) fn ask(calls: &mut Channel, request: &Request, limit: Duration) -> io::Result<Answer> {
    calls.set_limit(limit)?;
    calls.send(request)?;
    calls.receive()
}

fn answer(calls: &mut Channel, request: &Request, limit: Duration) -> Result<Answer, String> {
    match ask(calls, request, limit) {
        Ok(Answer::Failed(reason)) => Err(reason),
        Ok(answer) => Ok(answer),
        Err(error) => Err(described(&error, limit)),
    }
}

/// Why the host gives a child up that lives; as in "the plugin …".
pub(super) fn cause(error: &io::Error, limit: Duration) -> Option<String> {
    match error.kind() {
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
            Some(format!("did not answer within {} s", limit.as_secs_f32()))
        }
        io::ErrorKind::InvalidData => Some("answered nonsense".to_owned()),
        _ => None,
    }
}

fn described(error: &io::Error, limit: Duration) -> String {
    cause(error, limit).map_or_else(|| "its process ended".to_owned(), |cause| format!("it {cause}"))
}
