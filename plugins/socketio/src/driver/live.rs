//! A connection from Start to Stop: the protocol core, its transport, and what comes of both.
//!
//! One turn of the loop: carry out the core's actions, tell its events, account for what was written, then wait for the
//! next input. While a stop is under way no command is taken, so that a Start that follows finds the old connection
//! gone and makes exactly one new one.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use socketio_proto::{
    Action, Client, ConnectErrorKind, DisconnectReason, Event, Limits, Message, normalize_namespace,
};
use tokio::{
    sync::{mpsc, watch},
    task::yield_now,
};

use super::{
    command::{Command, Payload},
    connect::{self, Connector, Progress},
    load::Load,
    outlet::Outlet,
    random, report,
    socket::now,
    subscriptions::Subscriptions,
    timer::Timer,
    transport::{Transport, Turn},
};
use crate::{payload::Arguments, settings::Settings};

/// Most commands of one turn, and most bytes of them; the last may go beyond.
const COMMANDS: usize = 256;
const COMMAND_BYTES: usize = 1 << 20;

const NOTHING: Limits = Limits { packets: 0, bytes: 0 };

/// What outlives a connection.
pub(super) struct Context {
    pub(super) name: String,
    pub(super) commands: mpsc::UnboundedReceiver<Command>,
    pub(super) shutdown: watch::Receiver<bool>,
    pub(super) load: Arc<Load>,
    pub(super) outlet: Outlet,
    pub(super) subscriptions: Subscriptions,
    pub(super) connector: Connector,
    /// Between On Start and On Stop.
    pub(super) is_established: bool,
}

/// Why a connection has ended.
pub(super) enum End {
    /// By Stop; the next Start may come.
    Stopped,
    /// The plugin ends.
    Over,
}

/// What a connection waits for.
enum Input {
    Turn(Turn),
    Command(Command),
    Due,
    /// Events were offered to the engine again; `was_full`: the connection did not read meanwhile.
    Told {
        was_full: bool,
    },
    Shutdown,
}

pub(super) struct Live<'a> {
    context: &'a mut Context,
    settings: Arc<Settings>,
    client: Client,
    transport: Transport,
    progress: Progress,
    timer: Timer,
    /// The namespaces that the core was told of.
    wanted: HashSet<String>,
    joined: HashSet<Arc<str>>,
    /// When namespaces were refused. Send does not ask again at once, that would be a storm.
    refused: HashMap<Arc<str>, Instant>,
    /// What waits in the core, and is counted in the load.
    queued: Limits,
    /// What was counted in the load for commands that were taken since then.
    taken: Limits,
    /// What waits in the core will not be sent any more.
    is_abandoned: bool,
    is_stopping: bool,
    is_shutting_down: bool,
}

impl<'a> Live<'a> {
    pub(super) fn new(context: &'a mut Context, settings: Arc<Settings>) -> Self {
        let client = Client::new(settings.client_config(random::source()));
        let mut live = Self {
            context,
            settings,
            client,
            transport: Transport::None,
            progress: Progress::new(),
            timer: Timer::new(),
            wanted: HashSet::new(),
            joined: HashSet::new(),
            refused: HashMap::new(),
            queued: NOTHING,
            taken: NOTHING,
            is_abandoned: false,
            is_stopping: false,
            is_shutting_down: false,
        };
        live.connect();
        live
    }

    /// Runs until Stop has been carried out, or the plugin ends.
    pub(super) async fn run(mut self) -> End {
        loop {
            self.finish();
            self.act();
            let has_stopped = self.tell();
            self.account();
            if self.context.outlet.is_detached() {
                return End::Over;
            }
            if has_stopped {
                return if self.is_shutting_down {
                    End::Over
                } else {
                    End::Stopped
                };
            }
            self.wait().await;
        }
    }

    /// Waits for one input and hands it to the core.
    async fn wait(&mut self) {
        match self.input().await {
            Input::Turn(turn) => self.on_turn(turn),
            Input::Command(command) => self.on_commands(command).await,
            Input::Due => self.client.handle_timeout(now()),
            Input::Shutdown => self.is_shutting_down = true,
            Input::Told { was_full } => {
                if was_full {
                    // That nothing was heard is not the server's fault.
                    self.client.handle_bytes(now());
                }
            }
        }
    }

    async fn input(&mut self) -> Input {
        let Context {
            commands,
            shutdown,
            outlet,
            ..
        } = &mut *self.context;
        let (was_full, is_waiting) = (outlet.is_full(), outlet.is_waiting());
        let deadline = self.client.poll_timeout();
        tokio::select! {
            turn = self.transport.turn(&mut self.client, !was_full) => Input::Turn(turn),
            command = commands.recv(), if !self.is_stopping => command.map_or(Input::Shutdown, Input::Command),
            () = self.timer.ring(deadline) => Input::Due,
            () = outlet.retry(), if is_waiting => Input::Told { was_full },
            // An error means that the driver itself is gone.
            _ = shutdown.wait_for(|is_over| *is_over), if !self.is_shutting_down => Input::Shutdown,
        }
    }

    /// Carries out what the core wants of the transport.
    fn act(&mut self) {
        while let Some(action) = self.client.poll_action() {
            match action {
                Action::Open { attempt } => {
                    log::debug!(
                        "connection `{}`: connecting to {}, attempt {attempt}",
                        self.context.name,
                        self.settings.endpoint
                    );
                    self.progress = Progress::new();
                    let (settings, connector) = (self.settings.clone(), self.context.connector.clone());
                    let opening = connect::open(settings, connector, self.progress.clone());
                    self.transport = Transport::Opening(Box::pin(opening));
                }
                Action::Close => {
                    if let Transport::Open(socket) = &mut self.transport {
                        socket.close();
                    }
                }
                Action::Abort => self.transport.abort(),
            }
        }
    }

    fn on_turn(&mut self, turn: Turn) {
        match turn {
            Turn::Moved => {}
            Turn::Opened(socket) => {
                self.transport = Transport::Open(socket);
                self.client.handle_opened(now());
            }
            Turn::Ended(failure) => {
                self.transport = Transport::None;
                self.client.handle_closed(now(), failure);
            }
        }
    }

    /// Carries out a command and those behind it, as far as they are not too many.
    async fn on_commands(&mut self, first: Command) {
        self.on_command(first);
        for _ in 1..COMMANDS {
            if self.is_stopping {
                return;
            }
            if self.taken.bytes >= COMMAND_BYTES {
                // Others on this thread, the end of the plugin among them, get their turn.
                return yield_now().await;
            }
            let Ok(command) = self.context.commands.try_recv() else {
                return;
            };
            self.on_command(command);
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Start(settings) => self.start_again(settings),
            Command::Stop => {
                self.is_stopping = true;
                self.client.disconnect(now());
            }
            Command::Emit {
                namespace,
                event,
                payload,
                size,
            } => {
                self.taken.packets += 1;
                self.taken.bytes += size;
                self.emit(&normalize_namespace(&namespace), &event, payload);
            }
            Command::Subscribe { namespace, event } => {
                self.context.subscriptions.add(&namespace, &event);
                self.join(&namespace, true);
                if self.joined.contains(namespace.as_str()) {
                    let count = self.context.subscriptions.take_effect(&namespace);
                    self.context.outlet.subscribed(&namespace, count);
                }
            }
            Command::Unsubscribe { namespace, event } => self.context.unsubscribe(&namespace, &event),
        }
    }

    /// Start while started: of use only to a connection that has given up. It takes the present settings.
    fn start_again(&mut self, settings: Arc<Settings>) {
        if !self.client.is_idle() {
            return;
        }
        if *settings != *self.settings {
            self.abandon();
            self.client = Client::new(settings.client_config(random::source()));
            self.is_abandoned = false;
            self.settings = settings;
            self.wanted.clear();
        }
        self.refused.clear();
        self.connect();
    }

    /// Wants the configured namespaces and those with subscriptions, and begins to connect.
    fn connect(&mut self) {
        let settings = Arc::clone(&self.settings);
        let subscribed = self.context.subscriptions.namespaces().map(str::to_owned);
        let subscribed: Vec<String> = subscribed.collect();
        for namespace in settings.namespaces.iter().chain(&subscribed) {
            if self.wanted.insert(namespace.clone()) {
                self.join_now(namespace);
            }
        }
        self.client.connect(now());
    }

    fn emit(&mut self, namespace: &str, event: &str, payload: Payload) {
        self.join(namespace, false);
        let emitted = self
            .client
            .emit(now(), namespace, event, vec![payload.into_data()]);
        if let Err(error) = emitted {
            self.context.outlet.error(namespace, &error.to_string());
        }
    }

    /// Joins a namespace that is not joined yet. One that was refused is asked for again if the designer `insists`,
    /// otherwise not before the delay of a reconnection.
    fn join(&mut self, namespace: &str, insists: bool) {
        if self.wanted.contains(namespace) {
            let is_due = |at: &Instant| insists || at.elapsed() >= self.settings.reconnection_delay;
            if !self.refused.get(namespace).is_some_and(is_due) {
                return;
            }
            self.refused.remove(namespace);
        } else {
            self.wanted.insert(namespace.to_owned());
        }
        self.join_now(namespace);
    }

    fn join_now(&mut self, namespace: &str) {
        if let Err(error) = self.client.join(now(), namespace, self.settings.auth.clone()) {
            self.context.outlet.error(namespace, &error.to_string());
        }
    }

    /// The plugin ends: once all that was asked for is carried out, the connection closes.
    fn finish(&mut self) {
        if self.is_shutting_down && !self.is_stopping && self.context.commands.is_empty() {
            self.is_stopping = true;
            self.client.disconnect(now());
        }
    }

    /// Tells what has happened. Says whether the connection was stopped.
    fn tell(&mut self) -> bool {
        // Asked once for each batch: the answer changes only when the project does.
        let mut has_receivers = None;
        while let Some(event) = self.client.poll_event() {
            match event {
                Event::Message(message) => {
                    if *has_receivers.get_or_insert_with(|| self.context.outlet.has_receivers()) {
                        self.context.receive(message);
                    }
                }
                Event::Stopped => {
                    self.abandon();
                    self.context.subscriptions.suspend();
                    log::info!("connection `{}`: stopped", self.context.name);
                    return true;
                }
                other => self.on_event(other),
            }
        }
        false
    }

    fn on_event(&mut self, event: Event) {
        let (context, endpoint) = (&mut *self.context, &self.settings.endpoint);
        match event {
            Event::Opened { .. } => log::info!("connection `{}`: open to {endpoint}", context.name),
            Event::Connected { namespace, .. } => {
                log::debug!("connection `{}`: namespace `{namespace}` joined", context.name);
                context.load.set_online(true);
                context.establish();
                let count = context.subscriptions.take_effect(&namespace);
                context.outlet.subscribed(&namespace, count);
                self.refused.remove(&namespace);
                self.joined.insert(namespace);
            }
            Event::Disconnected { namespace, reason } => {
                log::debug!(
                    "connection `{}`: namespace `{namespace}` left: {reason}",
                    context.name
                );
                self.joined.remove(&namespace);
                context.load.set_online(!self.joined.is_empty());
                if reason == DisconnectReason::IoServerDisconnect {
                    context.outlet.error(&namespace, &report::disconnected(endpoint));
                    self.refused.insert(namespace, now());
                }
            }
            Event::Closed { reason } => {
                log::info!("connection `{}`: closed: {reason}", context.name);
                if reason == DisconnectReason::PingTimeout {
                    context.outlet.error("", &report::silent(endpoint));
                }
                if self.is_stopping {
                    self.abandon();
                }
                self.context.give_up();
            }
            Event::ConnectError {
                namespace,
                kind,
                message,
                data,
            } => {
                let text = report::refusal(kind, &message, data.as_ref(), endpoint);
                log::warn!("connection `{}`: namespace `{namespace}`: {text}", context.name);
                context.outlet.error(&namespace, &text);
                if kind != ConnectErrorKind::TimedOut {
                    self.refused.insert(namespace, now());
                }
            }
            Event::Error { error, attempt } => {
                let text = report::fault(&error, self.progress.stage(), endpoint, attempt);
                log::warn!("connection `{}`: {text}", context.name);
                context.outlet.error("", &text);
            }
            Event::ReconnectAttempt { attempt, delay } => {
                log::info!("connection `{}`: attempt {attempt} in {delay:?}", context.name);
            }
            Event::ReconnectFailed => {
                let text = report::given_up(endpoint);
                log::warn!("connection `{}`: {text}", context.name);
                context.outlet.error("", &text);
            }
            Event::Message(_) | Event::Stopped => {}
        }
    }

    /// Keeps the load true: what was taken from the channel, what the core holds now.
    fn account(&mut self) {
        let queued = match self.is_abandoned {
            true => NOTHING,
            false => self.client.queued(),
        };
        let before = Limits {
            packets: self.queued.packets + self.taken.packets,
            bytes: self.queued.bytes + self.taken.bytes,
        };
        if before != queued {
            self.context.load.recount(before, queued);
        }
        self.queued = queued;
        self.taken = NOTHING;
    }

    /// Nothing more will be sent. Says so, once, if events are lost by that.
    fn abandon(&mut self) {
        let count = self.client.queued().packets;
        if std::mem::replace(&mut self.is_abandoned, true) || count == 0 {
            return;
        }
        // First of all there is room again, for whoever hears of it.
        self.account();
        let text = report::unsent(count, &self.settings.endpoint);
        log::warn!("connection `{}`: {text}", self.context.name);
        self.context.outlet.error("", &text);
    }
}

/// However the connection ends, nothing of it counts any more.
impl Drop for Live<'_> {
    fn drop(&mut self) {
        let load = &self.context.load;
        load.recount(self.queued, NOTHING);
        load.recount(self.taken, NOTHING);
        load.set_online(false);
    }
}

impl Context {
    fn receive(&mut self, mut message: Message) {
        if let Some((namespace, name)) = self.subscriptions.find(&message.namespace, &message.name) {
            let arguments = Arguments::of(&mut message);
            self.outlet.received(namespace, name, arguments);
        }
    }

    pub(super) fn unsubscribe(&mut self, namespace: &str, event: &str) {
        if self.subscriptions.remove(namespace, event) {
            self.outlet.unsubscribed(namespace);
        }
    }

    fn establish(&mut self) {
        if !std::mem::replace(&mut self.is_established, true) {
            self.outlet.start();
        }
    }

    /// The connection is gone.
    pub(super) fn give_up(&mut self) {
        if std::mem::take(&mut self.is_established) {
            self.outlet.stop();
        }
    }
}
