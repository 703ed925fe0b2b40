//! One connection of a crowd, and what it has to keep.
//!
//! - On Start and On Stop alternate, and nothing arrives outside of them.
//! - What is sent arrives at most once, at the server and back, in the order of sending in each namespace; exactly once if
//!   the session in which it was sent goes on to the end.
//! - An acknowledgement that is asked for ends exactly once.
//! - A broken session is followed by another one, by itself, and one is enough. Over polling a TCP connection may break
//!   without breaking the session.
//! - Stop ends everything in time, and nothing follows.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use pulsewire_chaos::Door;
use pulsewire_harness::{Emitted, EventListener, Harness, HarnessNode, LONG};
use pulsewire_it::{
    DEACTIVATION,
    servers::{RealServer, bytes},
};
use pulsewire_plugin_api::value::Value;
use serde_json::json;

use crate::crowd::{By, GLANCE};

/// A part of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Until the door breaks something.
    Before,
    /// The same, over the WebSocket that has taken over.
    Upgraded,
    /// Once what was broken is whole again.
    After,
}

/// The pulse output `acknowledged` of Send With Acknowledgement.
const ACKNOWLEDGED: i64 = 1;

pub(crate) struct Member {
    /// What this connection is about, for messages.
    what: String,
    room: String,
    by: By,
    door: Door,
    start: HarnessNode,
    stop: HarnessNode,
    send: HarnessNode,
    send_with_ack: HarnessNode,
    subscribe: HarnessNode,
    state: HarnessNode,
    /// All that the connection tells, in order.
    events: EventListener,
    starts: usize,
    stops: usize,
    received: Vec<String>,
    errors: Vec<String>,
    questions: Vec<Question>,
    /// How the acknowledgements ended, by the pulse output.
    outcomes: Vec<i64>,
    /// Something was broken and is whole again, in the session of this number.
    returned: Option<usize>,
    stopped: Option<Instant>,
}

/// Something that was sent.
struct Question {
    namespace: String,
    text: String,
    /// The server sends it back; otherwise it acknowledges it.
    is_echoed: bool,
    /// How many sessions there were.
    session: usize,
}

impl Question {
    fn echo(&self) -> String {
        format!("{} echo {}", self.namespace, self.text)
    }
}

impl Member {
    /// The name of its connection.
    pub(crate) fn name(number: usize) -> String {
        format!("c{number}")
    }

    /// The namespace that it has for itself. All are of one length, so that all sessions are about equally long.
    pub(crate) fn room(number: usize) -> String {
        format!("/room-{number:05}")
    }

    pub(crate) fn new(harness: &mut Harness, by: By, number: usize, what: String, door: Door) -> Self {
        let name = Self::name(number);
        let mut node = |kind: &str| harness.node(&format!("socketio.{kind}"), json!({"configuration": name}));
        let [start, stop, send, subscribe, state, send_with_ack] = [
            "start",
            "stop",
            "send",
            "subscribe",
            "state",
            "send_with_acknowledgement",
        ]
        .map(&mut node);
        let events = ["on_start", "on_stop", "on_receive", "on_error"]
            .map(|kind| harness.event(&format!("socketio.{kind}"), &name));
        let own = harness.own_event(&send_with_ack);
        Self {
            room: Self::room(number),
            events: events.into_iter().fold(own, EventListener::and),
            what,
            by,
            door,
            start,
            stop,
            send,
            send_with_ack,
            subscribe,
            state,
            starts: 0,
            stops: 0,
            received: Vec::new(),
            errors: Vec::new(),
            questions: Vec::new(),
            outcomes: Vec::new(),
            returned: None,
            stopped: None,
        }
    }

    pub(crate) fn door(&self) -> &Door {
        &self.door
    }

    pub(crate) fn begin(&mut self) {
        let room = self.room.clone();
        for (event, namespace) in [("echo", "/"), ("echo", &room), ("news", &room)] {
            self.subscribe.run([event, namespace]);
        }
        self.start.run::<Value>([]);
    }

    #[track_caller]
    pub(crate) fn await_start(&mut self) {
        self.wait("On Start", |member| member.is_up() || member.is_broken());
        self.await_return();
    }

    /// If something was broken, waits until it is whole again: what is sent then comes back. A session that had not noticed
    /// yet may lose it, and is followed by another one then.
    #[track_caller]
    pub(crate) fn await_return(&mut self) {
        if !self.is_broken() || self.returned.is_some() {
            return;
        }
        loop {
            let starts = self.starts;
            self.send("/", "again", true);
            let echo = self.questions.last().unwrap().echo();
            self.wait("On Start again", |member| {
                member.received.contains(&echo) || member.starts > starts
            });
            if self.received.contains(&echo) {
                break;
            }
        }
        assert!(self.is_up(), "{}", self.story());
        self.returned = Some(self.starts);
    }

    /// Whether this part of the session takes place.
    fn takes_part(&self, when: When) -> bool {
        self.returned.is_some() == (when == When::After)
    }

    pub(crate) fn ask(&mut self, when: When) {
        if self.takes_part(when) {
            let room = self.room.clone();
            // Few where each byte is a place to break: all sessions together are long.
            let count = if when == When::After { 3 } else { 1 };
            for _ in 0..count {
                self.send("/", &format!("{when:?}"), true);
                self.send(&room, &format!("{when:?}"), true);
            }
            self.send("/", &format!("{when:?}"), false);
        }
    }

    fn send(&mut self, namespace: &str, about: &str, is_echoed: bool) {
        // The port tells this test's connections from all others. All texts differ.
        let text = format!("{} {about} {}", self.door.address().port(), self.questions.len());
        match is_echoed {
            true => self.send.run(["echo", namespace, &text]),
            false => self.send_with_ack.run(["ask", namespace, &text]),
        };
        self.questions.push(Question {
            namespace: namespace.to_owned(),
            text,
            is_echoed,
            session: self.starts,
        });
    }

    #[track_caller]
    pub(crate) fn await_echoes(&mut self, when: When) {
        if self.takes_part(when) {
            self.wait("the echoes", |member| {
                let came = |question: &Question| member.received.contains(&question.echo());
                let mut echoed = member.questions.iter().filter(|question| question.is_echoed);
                member.is_interrupted(when)
                    // What was sent to a session that is gone may not come.
                    || echoed.all(|question| question.session < member.starts || came(question))
            });
        }
    }

    /// The echo has shown that the room is joined.
    pub(crate) fn order_bytes(&mut self, when: When, server: &mut RealServer) {
        if self.takes_part(when) && !self.is_interrupted(when) {
            let args = json!([format!("{when:?}"), bytes("AQID")]);
            server.send(&json!({"do": "emit", "namespace": self.room, "name": "news", "args": args}));
        }
    }

    #[track_caller]
    pub(crate) fn await_bytes(&mut self, when: When) {
        if self.takes_part(when) {
            let news = format!(r#"{} news ["{when:?}","AQID"]"#, self.room);
            self.wait("the bytes", |member| {
                member.is_interrupted(when) || member.received.contains(&news)
            });
        }
    }

    /// Talks on until the door breaks a connection: sessions over polling are not equally long.
    #[track_caller]
    pub(crate) fn talk_until_broken(&mut self) {
        while !self.is_broken() {
            self.send("/", "more", true);
            let echo = self.questions.last().unwrap().echo();
            self.wait("more", |member| {
                member.is_broken() || member.received.contains(&echo)
            });
        }
    }

    #[track_caller]
    pub(crate) fn await_upgrade(&mut self) {
        if self.takes_part(When::Upgraded) {
            self.wait("upgrade", |member| member.is_upgraded() || member.is_broken());
        }
    }

    /// However the session went: each has ended, by its answer or with its connection.
    #[track_caller]
    pub(crate) fn await_acknowledgements(&mut self) {
        self.wait("the acknowledgements", |member| {
            member.outcomes.len() == member.asked().count()
        });
    }

    pub(crate) fn stop(&mut self) {
        self.stopped = Some(Instant::now());
        self.stop.run::<Value>([]);
    }

    #[track_caller]
    pub(crate) fn await_stop(&mut self) {
        self.wait("On Stop", |member| member.stops == member.starts);
        let took = self.stopped.unwrap().elapsed();
        assert!(took < DEACTIVATION, "Stop took {took:?}: {}", self.story());
        let connections = self.door.traffic().passed.len();
        // What breaks after all that was said may be followed by another session before Stop comes.
        let (sessions, is_expected) = match (self.returned, self.is_broken()) {
            (Some(session), _) => (session..=session, connections == 2),
            (None, true) => (1..=2, connections <= 2),
            (None, false) => (1..=1, connections == 1),
        };
        assert!(
            sessions.contains(&self.starts) && self.starts <= 2,
            "{}",
            self.story()
        );
        assert!(is_expected || self.by != By::WebSocket, "{}", self.story());
    }

    #[track_caller]
    pub(crate) fn assert_nothing_follows(&mut self) {
        let next = self.events.try_next(Duration::ZERO);
        assert!(next.is_none(), "{}: {next:?} after the end", self.what);
    }

    /// What is promised of that which was sent; `arrived`: how often each text did at the server.
    #[track_caller]
    pub(crate) fn check(&self, arrived: &HashMap<String, usize>) {
        let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
        for question in self.questions.iter().filter(|question| question.is_echoed) {
            let echo = question.echo();
            let echoes = (0..self.received.len()).filter(|at| self.received[*at] == echo);
            let echoes: Vec<usize> = echoes.collect();
            self.check_count(question, arrived, echoes.len());
            places.entry(&question.namespace).or_default().extend(echoes);
        }
        for (namespace, places) in places {
            assert!(
                places.is_sorted(),
                "out of order in {namespace}: {}",
                self.story()
            );
        }
        let received: HashSet<&String> = self.received.iter().collect();
        assert_eq!(received.len(), self.received.len(), "doubled: {}", self.story());
        assert_eq!(self.outcomes.len(), self.asked().count(), "{}", self.story());
        for (question, outcome) in self.asked().zip(&self.outcomes) {
            let answers = usize::from(*outcome == ACKNOWLEDGED);
            self.check_count(question, arrived, answers);
        }
    }

    /// `answers` came to what was sent.
    #[track_caller]
    fn check_count(&self, question: &Question, arrived: &HashMap<String, usize>, answers: usize) {
        let at_server = arrived.get(&question.text).copied().unwrap_or_default();
        let fits = match question.session == self.starts {
            true => (at_server, answers) == (1, 1),
            false => at_server <= 1 && answers <= at_server,
        };
        let text = &question.text;
        assert!(
            fits,
            "`{text}` arrived {at_server} times and was answered {answers} times: {}",
            self.story()
        );
    }

    fn asked(&self) -> impl Iterator<Item = &Question> {
        self.questions.iter().filter(|question| !question.is_echoed)
    }

    fn is_up(&self) -> bool {
        self.starts == self.stops + 1
    }

    fn is_upgraded(&mut self) -> bool {
        self.state.run(["/"]).outputs[1] == Value::from("websocket")
    }

    /// By the script, or by a time limit that its delays exceed.
    fn is_broken(&self) -> bool {
        let traffic = self.door.traffic();
        // Over polling connections come and go.
        traffic.broken > 0 || self.by == By::WebSocket && traffic.over > 0
    }

    /// Nothing interrupts what is whole again.
    fn is_interrupted(&self, when: When) -> bool {
        when != When::After && self.is_broken()
    }

    /// All that is known, for a failing test.
    fn story(&self) -> String {
        let Self {
            what,
            starts,
            stops,
            received,
            errors,
            outcomes,
            ..
        } = self;
        let asked: Vec<_> = self
            .questions
            .iter()
            .map(|question| format!("{} in session {}", question.text, question.session))
            .collect();
        let traffic = self.door.traffic();
        format!(
            "{what}: {starts} starts, {stops} stops, asked {asked:?}, received {received:?}, acknowledgements \
             {outcomes:?}, errors {errors:?}, {traffic:?}"
        )
    }

    /// Takes what is told until this holds.
    #[track_caller]
    fn wait(&mut self, what: &str, holds: impl Fn(&mut Self) -> bool) {
        let deadline = Instant::now() + LONG;
        loop {
            while let Some(emitted) = self.events.try_next(Duration::ZERO) {
                self.take(emitted);
            }
            if holds(self) {
                return;
            }
            assert!(Instant::now() < deadline, "no {what}: {}", self.story());
            // Anything may be next: an event of any kind, or news of the door.
            self.door.wait(GLANCE, |_| false);
        }
    }

    #[track_caller]
    fn take(&mut self, emitted: Emitted) {
        let values = &emitted.values;
        match emitted.node_type.as_str() {
            "socketio.on_start" => {
                assert_eq!(self.starts, self.stops, "On Start twice: {}", self.story());
                self.starts += 1;
            }
            "socketio.on_stop" => {
                assert!(self.is_up(), "On Stop twice: {}", self.story());
                self.stops += 1;
            }
            "socketio.on_receive" => {
                assert!(self.is_up(), "{values:?} after On Stop: {}", self.story());
                let [namespace, name, message] = [0, 1, 2].map(|output| values[output].to_string());
                self.received.push(format!("{namespace} {name} {message}"));
            }
            "socketio.on_error" => self.errors.push(values[1].to_string()),
            _ => match values[0] {
                Value::Int(outcome) => self.outcomes.push(outcome),
                _ => panic!("no outcome: {values:?}"),
            },
        }
    }
}
