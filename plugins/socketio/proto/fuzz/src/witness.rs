//! Looks on, and panics when the client breaks a promise about its events or about what it writes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use socketio_proto::{Event, Frame};

/// Ups and downs alternate, and nothing follows `Stopped`.
#[derive(Default)]
pub(crate) struct Events {
    joined: BTreeMap<String, bool>,
    is_open: bool,
    is_stopped: bool,
}

impl Events {
    /// The application has asked for something, so that events may follow again.
    pub(crate) fn on_request(&mut self) {
        self.is_stopped = false;
    }

    pub(crate) fn check(&mut self, event: &Event) {
        assert!(!self.is_stopped, "after the end: {event:?}");
        match event {
            Event::Opened { .. } => assert!(!std::mem::replace(&mut self.is_open, true), "opened twice"),
            Event::Closed { .. } => {
                assert!(std::mem::replace(&mut self.is_open, false), "closed twice");
                assert!(
                    !self.joined.values().any(|joined| *joined),
                    "closed with joined namespaces"
                );
            }
            Event::Connected { namespace, .. } => {
                assert!(self.is_open, "connected while closed");
                let before = self.joined.insert(namespace.to_string(), true);
                assert_ne!(before, Some(true), "`{namespace}` connected twice");
            }
            Event::Disconnected { namespace, .. } => {
                let before = self.joined.insert(namespace.to_string(), false);
                assert_eq!(before, Some(true), "`{namespace}` disconnected twice");
            }
            Event::Message(message) => {
                let joined = self.joined.get(&*message.namespace);
                assert_eq!(joined, Some(&true), "message while not connected");
            }
            Event::Stopped => {
                assert!(!self.is_open, "stopped while open");
                self.is_stopped = true;
            }
            _ => {}
        }
    }
}

/// A server as strict as Node.js, which closes everything on a packet that is out of turn.
#[derive(Default)]
pub(crate) struct Server {
    is_open: bool,
    /// It has sent nonsense since it was opened. What the client makes of its own state then is not the server's.
    pub(crate) is_mad: bool,
    /// The client sends again what was not acknowledged.
    pub(crate) may_see_twice: bool,
    pending: BTreeSet<String>,
    joined: BTreeSet<String>,
    /// Attachments that must follow, with nothing between but a pong.
    attachments: usize,
    /// Ids of acknowledgements that the client waits for, by namespace.
    questions: BTreeMap<String, VecDeque<u64>>,
    /// Namespaces whose session it has offered to restore.
    offered: BTreeSet<String>,
    /// The number of the last event, by namespace.
    last: BTreeMap<String, u64>,
}

impl Server {
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    pub(crate) fn open(&mut self) {
        assert!(!self.is_open, "second connection");
        self.close();
        self.is_open = true;
    }

    pub(crate) fn close(&mut self) {
        self.is_open = false;
        self.is_mad = false;
        self.pending.clear();
        self.joined.clear();
        self.attachments = 0;
        self.questions.clear();
    }

    /// The server has an open CONNECT for it, which is answered now.
    pub(crate) fn answer(&mut self, namespace: &str, accepts: bool) -> bool {
        let answers = self.pending.remove(namespace);
        if answers && accepts {
            self.joined.insert(namespace.to_owned());
        }
        answers
    }

    /// It names a session in its answer.
    pub(crate) fn offer_recovery(&mut self, namespace: &str) {
        self.offered.insert(namespace.to_owned());
    }

    /// The id of the oldest question in the namespace, which is answered now.
    pub(crate) fn answer_question(&mut self, namespace: &str) -> Option<u64> {
        self.questions.get_mut(namespace)?.pop_front()
    }

    /// The server ends a namespace.
    pub(crate) fn kick(&mut self, namespace: &str) -> bool {
        self.questions.remove(namespace);
        self.joined.remove(namespace)
    }

    /// A frame is written: `42<namespace>,["e",NUMBER]`, or with bytes behind the number.
    pub(crate) fn take(&mut self, frame: &Frame) {
        assert!(self.is_open, "written without a connection: {frame:?}");
        let text = match frame {
            Frame::Binary(_) => {
                assert!(self.attachments > 0, "attachment without a header");
                self.attachments -= 1;
                return;
            }
            Frame::Text(text) if text == "3" => return,
            // A ping: clients of Engine.IO 3 send them, others must not.
            Frame::Text(text) if text == "2" && self.is_mad => return,
            Frame::Text(text) => text,
        };
        assert_eq!(self.attachments, 0, "`{text}` parts header and attachments");
        let packet = text
            .strip_prefix('4')
            .unwrap_or_else(|| panic!("no message: {text}"));
        let (kind, rest) = packet.split_at(1);
        let rest = match kind {
            "5" => {
                let (count, rest) = rest.split_once('-').unwrap_or_else(|| panic!("no count: {text}"));
                self.attachments = count.parse().unwrap_or_else(|_| panic!("no count: {text}"));
                rest
            }
            _ => rest,
        };
        let (namespace, payload) = match rest.split_once(',') {
            Some((namespace, payload)) if rest.starts_with('/') => (namespace, payload),
            _ => ("/", rest),
        };
        match kind {
            "0" => {
                let is_first = self.pending.insert(namespace.to_owned()) && !self.joined.contains(namespace);
                assert!(is_first || self.is_mad, "second connect: {text}");
                let is_known = payload.is_empty() || self.offered.contains(namespace);
                assert!(
                    is_known || self.is_mad,
                    "a session that was never offered: {text}"
                );
            }
            "1" => assert!(
                self.joined.remove(namespace) || self.is_mad,
                "disconnect without a join: {text}"
            ),
            "2" | "5" => {
                assert!(
                    self.joined.contains(namespace) || self.is_mad,
                    "event without a join: {text}"
                );
                self.check_order(namespace, payload);
            }
            _ => panic!("unknown packet: {text}"),
        }
    }

    /// `ID["e",NUMBER]`, the id only if an acknowledgement is asked for.
    fn check_order(&mut self, namespace: &str, payload: &str) {
        let (id, args) = payload
            .split_once('[')
            .unwrap_or_else(|| panic!("no event: {payload}"));
        if !id.is_empty() {
            let id = id.parse().unwrap_or_else(|_| panic!("no id: {payload}"));
            self.questions
                .entry(namespace.to_owned())
                .or_default()
                .push_back(id);
        }
        let digits = args.trim_start_matches(|c: char| !c.is_ascii_digit());
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let number: u64 = digits[..end]
            .parse()
            .unwrap_or_else(|_| panic!("no number: {payload}"));
        let last = self.last.insert(namespace.to_owned(), number);
        assert!(
            last < Some(number) || self.may_see_twice,
            "{number} follows {last:?}: lost order, or sent twice"
        );
    }
}
