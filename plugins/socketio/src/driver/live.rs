//! A connection from Start to Stop: the protocol core, its transport, and what comes of both.
//!
//! One turn of the loop: carry out the core's actions, tell its events, account for what was written, then wait for the
//! next input. While a stop is under way no command is taken, so that a Start that follows finds the old connection
//! gone and makes exactly one new one. `commands` carries commands out, `events` tells what has happened, `overflow` drops what the
//! send buffer does not hold.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
    time::Instant,
};

use socketio_proto::{AckId, Action, Client, Limits, TransportFailure};
use tokio::sync::watch;

use super::{
    command::{Asker, Command},
    connect::{Connector, Progress, Route},
    inbox::Inbox,
    load::Load,
    mailbox::Mailbox,
    open::{self, Opened},
    outlet::Outlet,
    random,
    requests::Requests,
    socket::now,
    status::Status,
    subscriptions::Subscriptions,
    timer::{Timer, sleep_until_some},
    transport::{Transport, Turn},
};
use crate::settings::Settings;

mod commands;
mod events;
mod overflow;

const NOTHING: Limits = Limits { packets: 0, bytes: 0 };

/// What outlives a connection.
pub(super) struct Context {
    pub(super) name: String,
    pub(super) commands: Mailbox,
    pub(super) shutdown: watch::Receiver<bool>,
    pub(super) load: Arc<Load>,
    pub(super) requests: Arc<Requests>,
    pub(super) status: Arc<Status>,
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
    /// What the engine refused is due again; `was_full`: the connection did not read meanwhile.
    Retry {
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
    /// A WebSocket has worked, and nothing has failed since then.
    has_worked_by_websocket: bool,
    /// The namespaces that the core was told of.
    wanted: BTreeSet<String>,
    joined: HashSet<Arc<str>>,
    /// When namespaces were refused. Send does not ask again at once, that would be a storm.
    refused: BTreeMap<Arc<str>, Instant>,
    /// The nodes that wait for acknowledgements.
    asks: HashMap<AckId, Asker>,
    /// What waits in the core, and is counted in the load.
    queued: Limits,
    /// What was counted in the load for commands that were taken since then.
    taken: Limits,
    /// That events are dropped was told since the connection was lost.
    has_told_drops: bool,
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
            has_worked_by_websocket: false,
            wanted: BTreeSet::new(),
            joined: HashSet::new(),
            refused: BTreeMap::new(),
            asks: HashMap::new(),
            queued: NOTHING,
            taken: NOTHING,
            has_told_drops: false,
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
            self.context.outlet.hand_over();
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
            Input::Retry { was_full } => {
                self.context.outlet.retry();
                if was_full {
                    // That nothing was heard is not the server's fault.
                    self.client.handle_bytes(now());
                }
            }
        }
    }

    async fn input(&mut self) -> Input {
        let Context {
            name,
            commands,
            shutdown,
            requests,
            outlet,
            subscriptions,
            ..
        } = &mut *self.context;
        let (was_full, retry_at) = (outlet.is_full(), outlet.retry_at());
        let mut inbox = Inbox::new(name, outlet, subscriptions, requests);
        let deadline = self.client.poll_timeout();
        tokio::select! {
            turn = self.transport.turn(&mut self.client, &mut inbox) => Input::Turn(turn),
            command = commands.recv(), if !self.is_stopping => command.map_or(Input::Shutdown, Input::Command),
            () = self.timer.ring(deadline) => Input::Due,
            () = sleep_until_some(retry_at) => Input::Retry { was_full },
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
                    let route = Route {
                        settings: self.settings.clone(),
                        connector: self.context.connector.clone(),
                        progress: self.progress.clone(),
                    };
                    let transports = self.settings.transports_to_try(self.has_worked_by_websocket);
                    self.transport = Transport::Opening(Box::pin(open::open(route, transports)));
                }
                Action::Close => self.transport.close(),
                Action::Abort => self.transport.abort(),
            }
        }
    }

    fn on_turn(&mut self, turn: Turn) {
        match turn {
            Turn::Moved => {}
            Turn::Opened(opened) => {
                self.has_worked_by_websocket |= matches!(opened, Opened::WebSocket(_));
                self.transport = opened.into();
                self.client.handle_opened(now());
            }
            Turn::Upgraded(socket) => {
                log::debug!("connection `{}`: goes on over WebSocket", self.context.name);
                self.has_worked_by_websocket = true;
                self.transport = Transport::WebSocket(socket);
                self.context.status.open("websocket");
            }
            Turn::Ended(failure) => {
                self.has_worked_by_websocket &= matches!(failure, TransportFailure::Closed { .. });
                self.transport = Transport::None;
                self.client.handle_closed(now(), failure);
            }
        }
    }

    /// The plugin ends: once all that was asked for is carried out, the connection closes.
    fn finish(&mut self) {
        if self.is_shutting_down && !self.is_stopping && self.context.commands.is_empty() {
            self.is_stopping = true;
            self.client.disconnect(now());
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
}

/// However the connection ends, nothing of it counts any more.
impl Drop for Live<'_> {
    fn drop(&mut self) {
        // After a stop none is left; a defect leaves them.
        self.end_asks();
        self.context.requests.disconnect(None);
        self.context.status.close();
        self.context.load.take_dropped();
        let load = &self.context.load;
        load.recount(self.queued, NOTHING);
        load.recount(self.taken, NOTHING);
        load.set_online(false);
    }
}
