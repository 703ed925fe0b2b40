//! A connection from its Start to its end.
//!
//! On WebSocket Start and On WebSocket Stop alternate: what was never there does not end.

use std::{
    path::PathBuf,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use pulsewire_plugin_api::{
    EmitError, EventSource, Host, PluginError,
    value::{Binary, Value},
};
use tokio::{
    sync::{Mutex, mpsc, watch},
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_tungstenite::tungstenite::{
    Error, Message,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

use crate::{
    connect::{self, Socket},
    nodes,
    section::Settings,
};

/// How long the server may take to answer a goodbye, and what is unsent to go out.
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
    pub(crate) outgoing: mpsc::Receiver<Message>,
    /// An error: the sender is gone, and with it the reason to go on.
    pub(crate) stopped: watch::Receiver<()>,
    pub(crate) is_open: Arc<AtomicBool>,
    /// Held by the one task of the connection that is at work; the next one waits for its last event.
    pub(crate) turn: Arc<Mutex<()>>,
}

/// How an established connection ended.
struct End {
    code: u16,
    reason: String,
}

impl Task {
    pub(crate) async fn run(mut self) {
        let turn = Arc::clone(&self.turn);
        let _turn = tokio::select! {
            turn = turn.lock() => turn,
            _ = self.stopped.changed() => return,
        };
        let opening = timeout(
            self.settings.connect_timeout,
            connect::open(&self.settings, &self.folder),
        );
        let opened = tokio::select! {
            opened = opening => opened,
            _ = self.stopped.changed() => return,
        };
        let failure = match opened {
            Ok(Ok(socket)) => {
                self.is_open.store(true, Ordering::Release);
                emit(&self.events.start, &mut []).await;
                let end = self.talk(socket).await;
                self.is_open.store(false, Ordering::Release);
                // Before anybody hears of the end, so that logic that hears of it can start again.
                self.outgoing.close();
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
        self.outgoing.close();
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

    /// Sends and receives until one side ends it.
    async fn talk(&mut self, mut socket: Socket) -> End {
        let mut close: Option<CloseFrame> = None;
        let mut heard = Instant::now();
        let mut was_asked = false;
        loop {
            let silence = self.settings.ping_interval;
            let deadline = silence.map(|time| heard + time * if was_asked { 2 } else { 1 });
            tokio::select! {
                _ = self.stopped.changed() => return self.say_goodbye(socket).await,
                Some(message) = self.outgoing.recv() => {
                    let mut sending = pin!(socket.send(message));
                    let sent = tokio::select! {
                        sent = &mut sending => sent,
                        // What was taken out of the queue goes out, or nobody would send it.
                        _ = self.stopped.changed() => match timeout(GOODBYE, sending).await {
                            Ok(sent) => sent,
                            Err(_) => return End { code: CloseCode::Normal.into(), reason: String::new() },
                        },
                    };
                    if let Err(error) = sent {
                        return end_of(close, Some(&error));
                    }
                }
                incoming = socket.next() => {
                    heard = Instant::now();
                    was_asked = false;
                    match incoming {
                        Some(Ok(Message::Close(frame))) => close = Some(frame.unwrap_or(CloseFrame {
                            code: CloseCode::from(NO_STATUS),
                            reason: "".into(),
                        })),
                        Some(Ok(message)) => {
                            tokio::select! {
                                () = hand_on(&self.events.receive, message) => {}
                                _ = self.stopped.changed() => return self.say_goodbye(socket).await,
                            }
                        }
                        Some(Err(error)) => return end_of(close, Some(&error)),
                        None => return end_of(close, None),
                    }
                }
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => {
                    if was_asked {
                        return End { code: ABNORMAL, reason: "the server gives no sign of life".to_owned() };
                    }
                    was_asked = true;
                    if let Err(error) = socket.send(Message::Ping(Vec::new().into())).await {
                        return end_of(close, Some(&error));
                    }
                }
            }
        }
    }

    /// Sends what waits, then closes as RFC 6455 wants it: each side says so.
    async fn say_goodbye(&mut self, mut socket: Socket) -> End {
        self.outgoing.close();
        let goodbye = async {
            while let Some(message) = self.outgoing.recv().await {
                socket.send(message).await?;
            }
            let frame = CloseFrame {
                code: CloseCode::Normal,
                reason: "".into(),
            };
            socket.close(Some(frame)).await?;
            while let Some(Ok(_)) = socket.next().await {}
            Ok::<(), Error>(())
        };
        match timeout(GOODBYE, goodbye).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => log::debug!("{}: {error}", self.settings),
            Err(_) => log::debug!("{}: no goodbye in return", self.settings),
        }
        End {
            code: u16::from(CloseCode::Normal),
            reason: String::new(),
        }
    }
}

/// A message to the logic; pings and pongs are answered below.
async fn hand_on(event: &EventSource, message: Message) {
    let mut values = match message {
        Message::Text(text) => [text.as_str().into(), Value::Empty, false.into()],
        Message::Binary(bytes) => [Value::Empty, Binary::from(&*bytes).into(), true.into()],
        _ => return,
    };
    emit(event, &mut values).await;
}

/// The end, as the server announced it or as it came.
fn end_of(close: Option<CloseFrame>, error: Option<&Error>) -> End {
    match (close, error) {
        (Some(close), _) => End {
            code: close.code.into(),
            reason: close.reason.as_str().to_owned(),
        },
        (None, Some(error)) => End {
            code: ABNORMAL,
            reason: error.to_string(),
        },
        (None, None) => End {
            code: ABNORMAL,
            reason: "the server is gone".to_owned(),
        },
    }
}

/// Emits the event as soon as the project takes it. The plugin is over when it never will.
async fn emit(event: &EventSource, values: &mut [Value]) {
    while event.emit(&mut *values) == Err(EmitError::Full) {
        sleep(FULL).await;
    }
}
