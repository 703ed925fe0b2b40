//! The connections as the nodes see them: one handle for each configuration, shared by all its nodes.
//!
//! A handle turns requests into commands for the connection's task, which it starts when it is first needed. What can
//! be refused at once is refused here, so that the node that asked shows the error: no configuration, not started,
//! full buffer, unusable names. The rest arrives as an event.
//!
//! Thread: all of it runs on the logic thread; the locks are there because nodes must be `Send`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use pulsewire_plugin_api::{Host, PluginError, Setup, value::Text};
use socketio_proto::{EmitError, is_reserved_name, normalize_namespace};

use crate::{
    driver::{
        Argument, Asker, Command, Driver, DriverError, Event, Load, Outgoing, Outlet, RequestEnded, Requests,
        SendBufferFull, Sender, Shared, Status, TooManyPendingAcks, View, mailbox,
    },
    settings::{self, Checked},
};

/// Why a node's request is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("the Project Settings have no Socket.IO connection `{0}`")]
    NoConfiguration(String),
    #[error("the Socket.IO connection `{name}` cannot be used: {reason}")]
    Configuration { name: String, reason: Arc<str> },
    #[error(
        "the Socket.IO connection `{0}` is not started; pulse a Socket.IO Start with this configuration first"
    )]
    NotStarted(String),
    #[error("the event name is empty")]
    NoEventName,
    #[error("the event name `{0}` belongs to Socket.IO itself")]
    ReservedEventName(String),
    #[error("the namespace `{0}` holds a `,`, which ends a namespace")]
    Namespace(String),
    #[error("the Socket.IO connection `{name}`: {full}")]
    Full { name: String, full: SendBufferFull },
    #[error("the Socket.IO connection `{name}`: {reason}")]
    PendingAcks {
        name: String,
        reason: TooManyPendingAcks,
    },
    #[error("the request {handle} {how}")]
    Request { handle: u64, how: RequestEnded },
    #[error(transparent)]
    Emit(#[from] EmitError),
    #[error(transparent)]
    Driver(#[from] DriverError),
}

/// All connections that nodes have asked for, and the driver that they share.
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
            driver: Arc::new(Driver::new()),
            settings: HashMap::new(),
            handles: HashMap::new(),
        }
    }

    /// Reads the section. Connections whose entry is gone are stopped; those that run go on with what they have until
    /// their next start.
    pub(crate) fn read_settings(&mut self) -> Result<(), PluginError> {
        self.settings = settings::read(&self.host)?;
        for (name, handle) in &self.handles {
            handle.configure(self.settings.get(name).cloned());
        }
        Ok(())
    }

    /// The connection that a node's attribute names; its entry may come later.
    pub(crate) fn of(&mut self, setup: &Setup) -> Arc<Connection> {
        let name = setup.text("configuration");
        if let Some(handle) = self.handles.get(name) {
            return Arc::clone(handle);
        }
        let handle = Arc::new(Connection {
            name: name.to_owned(),
            host: self.host.clone(),
            driver: Arc::clone(&self.driver),
            load: Arc::default(),
            requests: Arc::default(),
            status: Arc::default(),
            state: Mutex::new(State {
                settings: self.settings.get(name).cloned(),
                is_started: false,
                commands: None,
            }),
        });
        self.handles.insert(name.to_owned(), Arc::clone(&handle));
        handle
    }

    /// Ends all connections and joins the driver's thread.
    pub(crate) fn end(&mut self) -> Result<(), PluginError> {
        for handle in self.handles.values() {
            handle.state().is_started = false;
        }
        self.driver
            .end()
            .map_err(|error| PluginError::new(error.to_string()))
    }
}

/// One connection, as its nodes see it.
pub(crate) struct Connection {
    name: String,
    host: Host,
    driver: Arc<Driver>,
    load: Arc<Load>,
    requests: Arc<Requests>,
    status: Arc<Status>,
    state: Mutex<State>,
}

struct State {
    /// `None`: there is no such entry.
    settings: Option<Checked>,
    /// Between Start and Stop.
    is_started: bool,
    /// The way to the task, once there is one.
    commands: Option<Sender>,
}

impl Connection {
    /// Begins to connect. A connection that has given up tries again.
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
        if !state.is_started {
            self.load
                .set_limits(settings.send_buffer, settings.overflow, settings.max_pending_acks);
        }
        self.command(&mut state, Command::Start(settings))?;
        state.is_started = true;
        Ok(())
    }

    /// How the connection is, for this namespace.
    pub(crate) fn view(&self, namespace: &str) -> View {
        self.status.of(&normalize_namespace(namespace))
    }

    /// Begins to disconnect.
    pub(crate) fn stop(&self) {
        let mut state = self.state();
        if std::mem::take(&mut state.is_started) {
            self.requests.disconnect(None);
            // Where there is no task any more, nothing is left to stop.
            let _ = self.command(&mut state, Command::Stop);
        }
    }

    /// Sends an event with one argument of about `size` bytes, now or when the connection is there.
    pub(crate) fn send(
        &self,
        namespace: &Text,
        event: &Text,
        argument: Argument,
        size: usize,
    ) -> Result<(), RequestError> {
        let mut state = self.started(namespace, event)?;
        let outgoing = Outgoing::new(namespace, event, argument)?;
        let Some(size) = self.reserve_or_drop(&mut state, event, size, None)? else {
            return Ok(());
        };
        self.command(
            &mut state,
            Command::Emit {
                event: outgoing,
                size,
            },
        )
    }

    /// As [`send`](Self::send), but what cannot be written at once is dropped.
    pub(crate) fn send_volatile(
        &self,
        namespace: &Text,
        event: &Text,
        argument: Argument,
        size: usize,
    ) -> Result<(), RequestError> {
        let mut state = self.started(namespace, event)?;
        let Ok(size) = self.reserve(event, size) else {
            return Ok(());
        };
        let event = Outgoing::Volatile(Box::new(Event::new(namespace, event, argument)));
        self.command(&mut state, Command::Emit { event, size })
    }

    /// As [`send`](Self::send), and asks for an acknowledgement, of which the asker hears; without a time limit that of
    /// the settings holds.
    pub(crate) fn ask(
        &self,
        namespace: &Text,
        event: &Text,
        argument: Argument,
        size: usize,
        timeout: Option<Duration>,
        asker: &Asker,
    ) -> Result<(), RequestError> {
        let mut state = self.started(namespace, event)?;
        self.load
            .reserve_ack()
            .map_err(|reason| RequestError::PendingAcks {
                name: self.name.clone(),
                reason,
            })?;
        let reserved = self
            .reserve_or_drop(&mut state, event, size, Some(asker))
            .inspect_err(|_| self.load.release_ack())?;
        let Some(size) = reserved else { return Ok(()) };
        let command = Command::Ask {
            event: Box::new(Event::new(namespace, event, argument)),
            size,
            timeout,
            asker: Arc::clone(asker),
        };
        self.command(&mut state, command)
    }

    /// Answers a request of the server, once.
    pub(crate) fn acknowledge(
        &self,
        handle: u64,
        argument: Argument,
        size: usize,
    ) -> Result<(), RequestError> {
        let mut state = self.state();
        let ended = |how| RequestError::Request { handle, how };
        if !state.is_started {
            let how = self.requests.take(handle).err();
            return Err(ended(how.unwrap_or(RequestEnded::Disconnected)));
        }
        // First of all room: what is taken cannot be answered again.
        let size = self.reserve("", size)?;
        let request = self.requests.take(handle);
        let request = request.map_err(|how| {
            self.load.give_back(size);
            ended(how)
        })?;
        let command = Command::Acknowledge {
            request,
            argument,
            size,
        };
        self.command(&mut state, command)
    }

    /// Checks what an event to send needs.
    fn started(&self, namespace: &str, event: &str) -> Result<MutexGuard<'_, State>, RequestError> {
        check_event_name(event)?;
        check_namespace(namespace)?;
        let state = self.state();
        match state.is_started {
            true => Ok(state),
            false => Err(RequestError::NotStarted(self.name.clone())),
        }
    }

    fn reserve(&self, event: &str, size: usize) -> Result<usize, RequestError> {
        let reserved = self.load.reserve(event.len() + size);
        reserved.map_err(|full| self.full(full))
    }

    /// As [`reserve`](Self::reserve); `None`: the settings want the event dropped. Whoever asks hears of that.
    fn reserve_or_drop(
        &self,
        state: &mut State,
        event: &str,
        size: usize,
        asker: Option<&Asker>,
    ) -> Result<Option<usize>, RequestError> {
        let reserved = self.load.reserve_or_drop(event.len() + size);
        let reserved = reserved.map_err(|full| self.full(full))?;
        if reserved.is_none() && (self.load.count_dropped() || asker.is_some()) {
            let asker = asker.map(Arc::clone);
            self.command(state, Command::Dropped { asker })?;
        }
        Ok(reserved)
    }

    fn full(&self, full: SendBufferFull) -> RequestError {
        RequestError::Full {
            name: self.name.clone(),
            full,
        }
    }

    /// Lets an event reach On Socket.IO Receive, now or when the connection is there.
    pub(crate) fn subscribe(&self, namespace: &Text, event: &Text) -> Result<(), RequestError> {
        check_event_name(event)?;
        check_namespace(namespace)?;
        let mut state = self.state();
        if state.settings.is_none() {
            return Err(RequestError::NoConfiguration(self.name.clone()));
        }
        let command = Command::Subscribe {
            namespace: normalize_namespace(namespace).into_owned(),
            event: event.clone(),
        };
        self.command(&mut state, command)
    }

    /// Ends a subscription, if there is one.
    pub(crate) fn unsubscribe(&self, namespace: &Text, event: &Text) -> Result<(), RequestError> {
        check_event_name(event)?;
        let mut state = self.state();
        if state.commands.is_none() {
            // There is no task, so nothing was subscribed to.
            return Ok(());
        }
        let command = Command::Unsubscribe {
            namespace: normalize_namespace(namespace).into_owned(),
            event: event.clone(),
        };
        self.command(&mut state, command)
    }

    fn configure(&self, settings: Option<Checked>) {
        let is_gone = settings.is_none();
        self.state().settings = settings;
        if is_gone {
            self.stop();
        }
    }

    /// Hands a command to the task, which is made for the first one.
    fn command(&self, state: &mut State, command: Command) -> Result<(), RequestError> {
        if state.commands.is_none() {
            let (sender, receiver) = mailbox();
            let outlet =
                Outlet::new(&self.host, &self.name).map_err(|error| DriverError::Host(error.to_string()))?;
            let folder = self.host.project_folder().ok_or(DriverError::Ended)?;
            self.driver.connect_task(
                &self.name,
                receiver,
                Shared {
                    load: Arc::clone(&self.load),
                    requests: Arc::clone(&self.requests),
                    status: Arc::clone(&self.status),
                },
                outlet,
                folder,
            )?;
            state.commands = Some(sender);
        }
        let sent = state.commands.as_ref().map(|commands| commands.send(command));
        match sent {
            Some(Ok(())) => Ok(()),
            _ => Err(DriverError::Ended.into()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn check_event_name(name: &str) -> Result<(), RequestError> {
    if name.is_empty() {
        return Err(RequestError::NoEventName);
    }
    if is_reserved_name(name) {
        return Err(RequestError::ReservedEventName(name.to_owned()));
    }
    Ok(())
}

fn check_namespace(namespace: &str) -> Result<(), RequestError> {
    if namespace.contains(',') {
        return Err(RequestError::Namespace(namespace.to_owned()));
    }
    Ok(())
}
