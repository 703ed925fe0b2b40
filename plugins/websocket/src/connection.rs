//! The connections as the nodes see them: one handle for each configuration, shared by all its nodes.
//!
//! Thread: all of it runs on the logic thread; the locks are there because nodes must be `Send`.

use std::{
    collections::HashMap,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use pulsewire_plugin_api::{Host, PluginError, Setup, value::Value};
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::Message;

use crate::{
    backlog::Backlog,
    driver::Driver,
    section::{self, Checked},
    task::{Events, Outgoing, Task},
};

/// How many messages wait to be written. More at once than the network takes are refused, not kept.
const OUTGOING: usize = 4096;

/// How many bytes they may have together; a message alone may have more.
const OUTGOING_BYTES: usize = 64 << 20;

/// Why a node's request is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("the Project Settings have no WebSocket connection `{0}`")]
    NoConfiguration(String),
    #[error("the WebSocket connection `{name}` cannot be used: {reason}")]
    Configuration { name: String, reason: Arc<str> },
    #[error("the WebSocket connection `{0}` is not there; wait for On WebSocket Start before sending")]
    NotConnected(String),
    #[error("the WebSocket connection `{0}` takes no more: {OUTGOING} messages wait already")]
    Full(String),
    #[error(
        "the WebSocket connection `{name}` takes no more: {waiting} bytes wait already, and with these {bytes} it would be more \
         than {OUTGOING_BYTES}"
    )]
    FullOfBytes {
        name: String,
        waiting: usize,
        bytes: usize,
    },
    #[error("a message is a String or a Binary, not {0}")]
    Message(String),
    #[error("the network thread cannot be started: {0}")]
    Thread(#[source] io::Error),
    #[error("{0}")]
    Host(#[from] PluginError),
}

/// All connections that nodes have asked for, and the thread that they share.
pub(crate) struct Connections {
    host: Host,
    driver: Arc<Driver>,
    settings: HashMap<String, Checked>,
    handles: HashMap<String, Arc<Connection>>,
}

impl Connections {
    pub(crate) fn new(host: Host) -> Self {
        Self {
            host,
            driver: Arc::default(),
            settings: HashMap::new(),
            handles: HashMap::new(),
        }
    }

    /// Reads the section. What runs goes on with what it has; a connection whose entry is gone is stopped.
    pub(crate) fn read_settings(&mut self) -> Result<(), PluginError> {
        self.settings = section::read(&self.host)?;
        for (name, handle) in &self.handles {
            let settings = self.settings.get(name).cloned();
            if settings.is_none() {
                handle.stop();
            }
            handle.state().settings = settings;
        }
        Ok(())
    }

    /// The connection that a node's attribute names; its entry may come later.
    pub(crate) fn of(&mut self, setup: &Setup) -> Arc<Connection> {
        let name = setup.text("configuration");
        let handle = self.handles.entry(name.to_owned()).or_insert_with(|| {
            Arc::new(Connection {
                name: name.to_owned(),
                host: self.host.clone(),
                driver: Arc::clone(&self.driver),
                turn: Arc::default(),
                backlog: Arc::default(),
                state: Mutex::new(State {
                    settings: self.settings.get(name).cloned(),
                    session: None,
                }),
            })
        });
        Arc::clone(handle)
    }

    /// Ends all connections and joins the thread.
    pub(crate) fn end(&mut self) -> Result<(), PluginError> {
        for handle in self.handles.values() {
            handle.stop();
        }
        self.driver.end()
    }
}

/// One connection, as its nodes see it.
pub(crate) struct Connection {
    name: String,
    host: Host,
    driver: Arc<Driver>,
    /// See [`Task::turn`].
    turn: Arc<tokio::sync::Mutex<()>>,
    backlog: Arc<Backlog>,
    state: Mutex<State>,
}

struct State {
    /// `None`: there is no such entry.
    settings: Option<Checked>,
    session: Option<Session>,
}

/// From a Start to the end of what it started. Dropping it stops the task.
struct Session {
    /// The first to be dropped: the task shall know why nothing more comes to be sent.
    _stop: watch::Sender<()>,
    outgoing: mpsc::Sender<Message>,
    /// How many bytes of messages wait to be written.
    waiting: Arc<AtomicUsize>,
    /// Whether the connection is there.
    is_open: Arc<AtomicBool>,
}

impl Connection {
    /// Begins to connect.
    pub(crate) fn start(&self) -> Result<(), RequestError> {
        let mut state = self.state();
        let settings = match &state.settings {
            Some(Ok(settings)) => Arc::clone(settings),
            Some(Err(reason)) => {
                return Err(RequestError::Configuration {
                    name: self.name.clone(),
                    reason: Arc::clone(reason),
                });
            }
            None => return Err(RequestError::NoConfiguration(self.name.clone())),
        };
        // The task drops its end when it is over.
        if (state.session.as_ref()).is_some_and(|session| !session.outgoing.is_closed()) {
            return Ok(());
        }
        let (outgoing, messages) = mpsc::channel(OUTGOING);
        let waiting = Arc::<AtomicUsize>::default();
        let (stop, stopped) = watch::channel(());
        let is_open = Arc::<AtomicBool>::default();
        let task = Task {
            settings,
            folder: self.host.project_folder().unwrap_or_default(),
            events: Events::new(&self.host, &self.name)?,
            outgoing: Outgoing {
                messages,
                waiting: Arc::clone(&waiting),
            },
            backlog: Arc::clone(&self.backlog),
            stopped,
            is_open: Arc::clone(&is_open),
            turn: Arc::clone(&self.turn),
        };
        self.driver.spawn(task.run()).map_err(RequestError::Thread)?;
        state.session = Some(Session {
            _stop: stop,
            outgoing,
            waiting,
            is_open,
        });
        Ok(())
    }

    /// Begins to disconnect.
    pub(crate) fn stop(&self) {
        drop(self.state().session.take());
    }

    /// Sends a message behind those that wait.
    pub(crate) fn send(&self, message: &Value) -> Result<(), RequestError> {
        let message = match message {
            Value::String(text) => Message::text(&**text),
            Value::Binary(bytes) => Message::binary(bytes.to_vec()),
            other => return Err(RequestError::Message(other.data_type().to_string())),
        };
        let state = self.state();
        let session = state.session.as_ref();
        let session = session.filter(|session| session.is_open.load(Ordering::Acquire));
        let session = session.ok_or_else(|| RequestError::NotConnected(self.name.clone()))?;
        let (bytes, waiting) = (message.len(), session.waiting.load(Ordering::Relaxed));
        if waiting > 0 && waiting.saturating_add(bytes) > OUTGOING_BYTES {
            let name = self.name.clone();
            return Err(RequestError::FullOfBytes { name, waiting, bytes });
        }
        // Before it can be written, which takes it off.
        session.waiting.fetch_add(bytes, Ordering::Relaxed);
        session.outgoing.try_send(message).map_err(|error| {
            session.waiting.fetch_sub(bytes, Ordering::Relaxed);
            match error {
                mpsc::error::TrySendError::Full(_) => RequestError::Full(self.name.clone()),
                mpsc::error::TrySendError::Closed(_) => RequestError::NotConnected(self.name.clone()),
            }
        })
    }

    /// What was received and waits for the logic.
    pub(crate) fn backlog(&self) -> &Arc<Backlog> {
        &self.backlog
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
