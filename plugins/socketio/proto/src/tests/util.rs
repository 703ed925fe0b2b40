//! The test's side of a connection: driver, server and clock.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use bytes::Bytes;

use crate::{AckId, AckOutcome, Action, Client, Config, Data, EmitError, Event, Frame, TransportFailure};

/// A Node.js handshake: 25 s and 20 s.
pub(crate) const HANDSHAKE: &str =
    r#"0{"sid":"engine","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;

/// That of socket.io 2.5.
pub(crate) const HANDSHAKE_3: &str =
    r#"0{"sid":"engine","upgrades":[],"pingInterval":25000,"pingTimeout":5000}"#;

/// A client, its clock, and all that it has said since the test last looked.
pub(crate) struct Pair {
    pub(crate) client: Client,
    pub(crate) now: Instant,
    sent: Vec<String>,
    actions: Vec<Action>,
    events: Vec<String>,
    pub(crate) alternation: Alternation,
}

/// Delays are nominal (random is 0), all else is the default.
pub(crate) fn config() -> Config {
    Config::new(|| 0.0)
}

pub(crate) fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

impl Pair {
    /// Fills a send buffer for two events, in `/`, and shows that it takes no third.
    #[track_caller]
    pub(crate) fn fill_for_two(&mut self) {
        self.emit("/", "1");
        self.emit("/", "2");
        let full = EmitError::BufferFull {
            namespace: "/".into(),
            packets: 2,
            bytes: 14,
        };
        assert_eq!(self.try_emit("/", "3", vec![]), Err(full));
    }

    pub(crate) fn new() -> Self {
        Self::with(config())
    }

    pub(crate) fn with(config: Config) -> Self {
        Self {
            client: Client::new(config),
            now: Instant::now(),
            sent: Vec::new(),
            actions: Vec::new(),
            events: Vec::new(),
            alternation: Alternation::default(),
        }
    }

    /// A client with an open connection and these namespaces joined, and nothing left to look at.
    pub(crate) fn joined(namespaces: &[&str]) -> Self {
        Self::joined_with(config(), namespaces)
    }

    pub(crate) fn joined_with(config: Config, namespaces: &[&str]) -> Self {
        let mut pair = Self::with(config);
        for namespace in namespaces {
            pair.join(namespace);
        }
        pair.connect();
        pair.open();
        for namespace in namespaces {
            pair.accept(namespace);
        }
        pair.forget();
        pair
    }

    // Requests.

    pub(crate) fn connect(&mut self) {
        self.client.connect(self.now);
        self.pump();
    }

    pub(crate) fn disconnect(&mut self) {
        self.client.disconnect(self.now);
        self.pump();
    }

    pub(crate) fn join(&mut self, namespace: &str) {
        self.client.join(self.now, namespace, None).unwrap();
        self.pump();
    }

    pub(crate) fn leave(&mut self, namespace: &str) {
        self.client.leave(self.now, namespace);
        self.pump();
    }

    pub(crate) fn try_emit(
        &mut self,
        namespace: &str,
        event: &str,
        args: Vec<Data>,
    ) -> Result<(), EmitError> {
        self.client.emit(self.now, namespace, event, args)
    }

    /// Emits without writing: the driver is busy.
    pub(crate) fn queue(&mut self, namespace: &str, event: &str) {
        self.try_emit(namespace, event, vec![]).unwrap();
    }

    pub(crate) fn emit(&mut self, namespace: &str, event: &str) {
        self.queue(namespace, event);
        self.pump();
    }

    pub(crate) fn try_ask(
        &mut self,
        namespace: &str,
        event: &str,
        timeout: Option<u64>,
    ) -> Result<AckId, EmitError> {
        let timeout = timeout.map(millis);
        self.client
            .emit_with_ack(self.now, namespace, event, &[], timeout)
    }

    /// Asks for an acknowledgement, within so many milliseconds.
    pub(crate) fn ask(&mut self, namespace: &str, event: &str, timeout: Option<u64>) -> AckId {
        let id = self.try_ask(namespace, event, timeout).unwrap();
        self.pump();
        id
    }

    // The transport and the server.

    /// The transport opens and the server shakes hands.
    pub(crate) fn open(&mut self) {
        self.client.handle_opened(self.now);
        self.receive(HANDSHAKE);
    }

    /// The server joins the namespace.
    pub(crate) fn accept(&mut self, namespace: &str) {
        let prefix = if namespace == "/" {
            String::new()
        } else {
            format!("{namespace},")
        };
        self.receive(&format!(r#"40{prefix}{{"sid":"sid of {namespace}"}}"#));
    }

    pub(crate) fn receive(&mut self, text: &str) {
        self.receive_quietly(text);
        self.pump();
    }

    /// Receives without writing: the driver is busy.
    pub(crate) fn receive_quietly(&mut self, text: &str) {
        self.client.handle_frame(self.now, Frame::Text(text));
    }

    pub(crate) fn receive_binary(&mut self, bytes: &[u8]) {
        self.client
            .handle_frame(self.now, Frame::Binary(Bytes::copy_from_slice(bytes)));
        self.pump();
    }

    /// The server closes, or the polite close has finished.
    pub(crate) fn close(&mut self) {
        self.fail(TransportFailure::eof());
    }

    pub(crate) fn fail(&mut self, cause: TransportFailure) {
        self.client.handle_closed(self.now, cause);
        self.pump();
    }

    // The clock.

    /// Time passes, each timeout is handled when it is due.
    pub(crate) fn advance(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self.client.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.client.handle_timeout(self.now);
            self.pump();
        }
        self.now = end;
    }

    /// Time passes unseen: the machine is suspended.
    pub(crate) fn suspend(&mut self, time: Duration) {
        self.now += time;
    }

    // What the client said.

    /// Frames written since the last look; binary ones as `<bytes>`.
    pub(crate) fn sent(&mut self) -> Vec<String> {
        std::mem::take(&mut self.sent)
    }

    pub(crate) fn actions(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.actions)
    }

    pub(crate) fn events(&mut self) -> Vec<String> {
        std::mem::take(&mut self.events)
    }

    pub(crate) fn forget(&mut self) {
        self.sent.clear();
        self.actions.clear();
        self.events.clear();
    }

    pub(crate) fn pump(&mut self) {
        while let Some(frame) = self.client.poll_transmit() {
            self.sent.push(match frame {
                Frame::Text(text) => text,
                Frame::Binary(bytes) => format!("<{}>", String::from_utf8_lossy(&bytes)),
            });
        }
        self.actions
            .extend(std::iter::from_fn(|| self.client.poll_action()));
        while let Some(event) = self.client.poll_event() {
            self.alternation.check(&event);
            self.events.push(show(&event));
        }
    }
}

/// The rule that holds in every test: ups and downs alternate, and nothing follows `Stopped`.
#[derive(Default)]
pub(crate) struct Alternation {
    joined: HashMap<String, bool>,
    open: bool,
    ended_acks: HashSet<AckId>,
}

impl Alternation {
    /// How many acknowledgements have ended.
    pub(crate) fn ended_acks(&self) -> usize {
        self.ended_acks.len()
    }

    pub(crate) fn check(&mut self, event: &Event) {
        match event {
            Event::Opened { .. } => assert!(!std::mem::replace(&mut self.open, true), "opened twice"),
            Event::Closed { .. } => {
                assert!(std::mem::replace(&mut self.open, false), "closed twice");
                assert!(
                    !self.joined.values().any(|joined| *joined),
                    "closed with joined namespaces"
                );
            }
            Event::Connected { namespace, .. } => {
                assert!(self.open, "connected while closed");
                let before = self.joined.insert(namespace.to_string(), true);
                assert_ne!(before, Some(true), "`{namespace}` connected twice");
            }
            Event::Disconnected { namespace, .. } => {
                let before = self.joined.insert(namespace.to_string(), false);
                assert_eq!(before, Some(true), "`{namespace}` disconnected twice");
            }
            Event::Message(message) => {
                assert_eq!(
                    self.joined.get(&*message.namespace),
                    Some(&true),
                    "message while not connected"
                );
            }
            Event::AckEnded { id, .. } => assert!(self.ended_acks.insert(*id), "{id:?} ended twice"),
            Event::Stopped => assert!(!self.open, "stopped while open"),
            _ => {}
        }
    }
}

fn show(event: &Event) -> String {
    match event {
        Event::Opened { sid, .. } => format!("opened {sid}"),
        Event::Closed { reason } => format!("closed: {reason}"),
        Event::Connected {
            namespace,
            recovered: true,
            ..
        } => format!("recovered {namespace}"),
        Event::Connected { namespace, .. } => format!("connected {namespace}"),
        Event::Disconnected { namespace, reason } => format!("disconnected {namespace}: {reason}"),
        Event::AckEnded { id, outcome } => match outcome {
            AckOutcome::Acknowledged(args) => format!("ack {}: {args:?}", id.number()),
            other => format!("ack {}: {other:?}", id.number()),
        },
        Event::Message(message) => format!("{} {} {}", message.namespace, message.name, message.text()),
        Event::ConnectError {
            namespace,
            kind,
            message,
            ..
        } => format!("{kind:?} {namespace}: {message}"),
        Event::Error { error, attempt } => format!("error {attempt} ({}): {error}", error.stage()),
        Event::ReconnectAttempt { attempt, delay } => format!("attempt {attempt} in {delay:?}"),
        Event::Unsent { namespace, error } => format!("unsent {namespace}: {error}"),
        Event::ReconnectFailed => "reconnect failed".to_owned(),
        Event::Stopped => "stopped".to_owned(),
    }
}
