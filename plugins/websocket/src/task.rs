//! A connection from its Start to its end.
//!
//! On WebSocket Start and On WebSocket Stop alternate: what was never there does not end.

use std::{
    fmt,
    path::PathBuf,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{
    SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use pulsewire_plugin_api::{
    EmitError, EventSource, Host, PluginError,
    value::{Binary, Value},
};
use tokio::{
    sync::{Mutex, Notify, mpsc, watch},
    time::{sleep, timeout},
};
use tokio_tungstenite::tungstenite::{
    Error, Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::{
    backlog::Backlog,
    connect::{self, Socket},
    life::Life,
    nodes,
    section::Settings,
};

/// How long the server may take to answer a goodbye and to hang up, and what is unsent to go out.
const GOODBYE: Duration = Duration::from_millis(800);

/// How long to wait when the project cannot take an event; meanwhile nothing is read, so the server slows down too.
const FULL: Duration = Duration::from_millis(5);

/// RFC 6455, 7.4.1: no status code came; the connection broke.
const NO_STATUS: u16 = 1005;
const ABNORMAL: u16 = 1006;

/// The events of one configuration.
pub(crate) struct Events {
    start: EventSource,
    stop: EventSource,
    receive: EventSource,
    error: EventSource,
}

impl Events {
    pub(crate) fn new(host: &Host, name: &str) -> Result<Self, PluginError> {
        Ok(Self {
            start: host.event(nodes::ON_START.id(), name)?,
            stop: host.event(nodes::ON_STOP.id(), name)?,
            receive: host.event(nodes::ON_RECEIVE.id(), name)?,
            error: host.event(nodes::ON_ERROR.id(), name)?,
        })
    }
}

pub(crate) struct Task {
    pub(crate) settings: Arc<Settings>,
    /// The project's.
    pub(crate) folder: PathBuf,
    pub(crate) events: Events,
    pub(crate) outgoing: Outgoing,
    pub(crate) backlog: Arc<Backlog>,
    /// An error: the sender is gone, and with it the reason to go on.
    pub(crate) stopped: watch::Receiver<()>,
    pub(crate) is_open: Arc<AtomicBool>,
    /// Held by the one task of the connection that is at work; the next one waits for its last event.
    pub(crate) turn: Arc<Mutex<()>>,
}

/// What nodes have sent and nobody has written yet.
pub(crate) struct Outgoing {
    pub(crate) messages: mpsc::Receiver<Message>,
    /// How many bytes they have together.
    pub(crate) waiting: Arc<AtomicUsize>,
}

/// How an established connection ended.
struct End {
    code: u16,
    reason: String,
}

impl End {
    fn announced(frame: Option<CloseFrame>) -> Self {
        match frame {
            Some(frame) => Self {
                code: frame.code.into(),
                reason: frame.reason.as_str().to_owned(),
            },
            None => Self {
                code: NO_STATUS,
                reason: String::new(),
            },
        }
    }

    fn broken(reason: &dyn fmt::Display) -> Self {
        Self {
            code: ABNORMAL,
            reason: reason.to_string(),
        }
    }
}

impl Task {
    pub(crate) async fn run(mut self) {
        let turn = Arc::clone(&self.turn);
        let _turn = tokio::select! {
            turn = turn.lock() => turn,
            _ = self.stopped.changed() => return,
        };
        let life = Life::new();
        let opening = timeout(
            self.settings.connect_timeout,
            connect::open(&self.settings, &self.folder, &life),
        );
        let opened = tokio::select! {
            opened = opening => opened,
            _ = self.stopped.changed() => return,
        };
        let failure = match opened {
            Ok(Ok(socket)) => {
                self.is_open.store(true, Ordering::Release);
                emit(&self.events.start, &mut []).await;
                let end = self.talk(socket, &life).await;
                self.is_open.store(false, Ordering::Release);
                // Before anybody hears of the end, so that logic that hears of it can start again.
                self.outgoing.messages.close();
                let mut values = [i64::from(end.code).into(), end.reason.as_str().into()];
                if end.code == ABNORMAL {
                    self.fail(&end.reason).await;
                }
                emit(&self.events.stop, &mut values).await;
                return;
            }
            Ok(Err(reason)) => reason,
            Err(_) => format!(
                "no connection within {} ms",
                self.settings.connect_timeout.as_millis()
            ),
        };
        self.outgoing.messages.close();
        self.fail(&failure).await;
    }

    async fn fail(&self, reason: &str) {
        log::warn!("{}: {reason}", self.settings);
        emit(
            &self.events.error,
            &mut [format!("{}: {reason}", self.settings).into()],
        )
        .await;
    }

    /// Sends and receives, at the same time, until one side ends it.
    async fn talk(&mut self, socket: Socket, life: &Life) -> End {
        // The project may have been behind since.
        life.note();
        let (sink, stream) = socket.split();
        let ask = Notify::new();
        let receiver = Receiver {
            settings: &self.settings,
            receive: &self.events.receive,
            backlog: &self.backlog,
            is_open: &self.is_open,
            stopped: self.stopped.clone(),
            life,
            ask: &ask,
        };
        let outgoing = &mut self.outgoing;
        let mut both = pin!(async {
            let mut reading = pin!(receiver.run(stream));
            tokio::select! {
                end = &mut reading => end,
                written = write(outgoing, &ask, sink) => match written {
                    Ok(()) => reading.await,
                    // What came before may say why.
                    Err(error) => timeout(GOODBYE, reading).await.unwrap_or_else(|_| End::broken(&error)),
                },
            }
        });
        tokio::select! {
            end = &mut both => end,
            // What waits is sent, then both sides close.
            _ = self.stopped.changed() => {
                if timeout(GOODBYE, both).await.is_err() {
                    log::debug!("{}: no goodbye in return", self.settings);
                }
                End { code: CloseCode::Normal.into(), reason: String::new() }
            }
        }
    }
}

/// Sends what comes, and a ping when asked; when nothing can come any more it closes as RFC 6455 wants it: each side says so.
async fn write(
    outgoing: &mut Outgoing,
    ask: &Notify,
    mut sink: SplitSink<Socket, Message>,
) -> Result<(), Error> {
    loop {
        let message = tokio::select! {
            message = outgoing.messages.recv() => message,
            () = ask.notified() => Some(Message::Ping(Vec::new().into())),
        };
        match message {
            Some(message) => {
                let bytes = match message {
                    Message::Ping(_) => 0,
                    ref sent => sent.len(),
                };
                sink.send(message).await?;
                outgoing.waiting.fetch_sub(bytes, Ordering::Relaxed);
            }
            None => break,
        }
    }
    let frame = CloseFrame {
        code: CloseCode::Normal,
        reason: "".into(),
    };
    sink.send(Message::Close(Some(frame))).await
}

/// The reading side of a connection.
struct Receiver<'a> {
    settings: &'a Settings,
    receive: &'a EventSource,
    backlog: &'a Backlog,
    is_open: &'a AtomicBool,
    /// From then on messages are dropped.
    stopped: watch::Receiver<()>,
    life: &'a Life,
    ask: &'a Notify,
}

impl Receiver<'_> {
    /// Hands on what comes, until the server ends it or gives no sign of life.
    async fn run(mut self, mut stream: SplitStream<Socket>) -> End {
        loop {
            let incoming = tokio::select! {
                biased;
                incoming = stream.next() => incoming,
                () = self.life.silence(self.settings.ping_interval, self.ask) => {
                    return End::broken(&"the server gives no sign of life");
                }
            };
            match incoming {
                Some(Ok(Message::Close(frame))) => {
                    self.is_open.store(false, Ordering::Release);
                    // The answer goes out, and the server hangs up; one that does not is left.
                    let rest = async { while let Some(Ok(_)) = stream.next().await {} };
                    if timeout(GOODBYE, rest).await.is_err() {
                        log::debug!("{}: the server closed but does not hang up", self.settings);
                    }
                    return End::announced(frame);
                }
                Some(Ok(message)) => {
                    tokio::select! {
                        biased;
                        _ = self.stopped.changed() => {}
                        () = hand_on(self.receive, self.backlog, message) => {}
                    }
                    // Who does not listen cannot complain of silence.
                    self.life.note();
                }
                Some(Err(error)) => return End::broken(&error),
                None => return End::broken(&"the server is gone"),
            }
        }
    }
}

/// A message to the logic, as soon as there is room for the next one; pings and pongs are answered below.
async fn hand_on(event: &EventSource, backlog: &Backlog, message: Message) {
    let bytes = message.len();
    let mut values = match message {
        Message::Text(text) => [text.as_str().into(), Value::Empty, false.into()],
        Message::Binary(bytes) => [Value::Empty, Binary::from(&*bytes).into(), true.into()],
        _ => return,
    };
    emit(event, &mut values).await;
    if let Some((node, bytes)) = backlog.add(bytes) {
        emit(&node, &mut [Value::from(bytes as i64)]).await;
    }
    backlog.has_room().await;
}

/// Emits the event as soon as the project takes it. The plugin is over when it never will.
async fn emit(event: &EventSource, values: &mut [Value]) {
    while event.emit(&mut *values) == Err(EmitError::Full) {
        sleep(FULL).await;
    }
}
