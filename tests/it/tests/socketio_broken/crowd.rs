//! Many connections of one plugin, each behind a door of the chaos proxy, that live through the same short session.
//!
//! The session: join `/` and a room, echo an event in both, receive bytes, stop. [`Crowd::live`] lets it run until the door
//! breaks the connection, wherever that is, and then shows that the client keeps its promises: it comes back by itself,
//! each established connection has exactly one On Start and one On Stop, nothing that is sent afterwards is lost or
//! doubled, and Stop ends everything in time.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use pulsewire_chaos::{Chaos, Door, Plan, Traffic};
use pulsewire_harness::{EventListener, Harness, HarnessNode, LONG, fixtures};
use pulsewire_it::{
    DEACTIVATION,
    servers::{RealServer, bytes},
};
use pulsewire_plugin_api::value::Value;
use serde_json::{Value as Json, json};

/// How long to look for one thing before looking for another.
const GLANCE: Duration = Duration::from_millis(2);

/// A part of the session.
#[derive(Clone, Copy)]
struct When {
    name: &'static str,
    is_after: bool,
    /// Events in each namespace.
    count: usize,
}

/// Until the connection is broken.
const BEFORE: When = When {
    name: "before",
    is_after: false,
    count: 1,
};

/// Once it is back.
const AFTER: When = When {
    name: "after",
    is_after: true,
    count: 3,
};

/// A plugin with a connection for each door.
pub(crate) struct Crowd {
    harness: Harness,
    members: Vec<Member>,
}

struct Member {
    /// What this connection is about, for messages.
    what: String,
    room: String,
    door: Door,
    start: HarnessNode,
    stop: HarnessNode,
    send: HarnessNode,
    subscribe: HarnessNode,
    on_start: EventListener,
    on_stop: EventListener,
    on_receive: EventListener,
    on_error: EventListener,
    starts: usize,
    stops: usize,
    received: Vec<String>,
    errors: Vec<String>,
    /// The session was broken, and another one took its place.
    has_returned: bool,
    stopped: Option<Instant>,
}

impl Crowd {
    /// Connections to the proxy's server, by what they are about; the plan is for the first connection of each, all later
    /// ones are calm. `fields` are the settings beside the defaults.
    #[track_caller]
    pub(crate) fn new(chaos: &Chaos, plans: Vec<(String, Plan)>, fields: &Json) -> Self {
        let doors: Vec<(String, Door)> = plans
            .into_iter()
            .map(|(what, plan)| {
                let script = move |connection| {
                    if connection == 0 {
                        plan.clone()
                    } else {
                        Plan::calm()
                    }
                };
                (what, chaos.open(script).unwrap())
            })
            .collect();
        Self::behind(doors, fields)
    }

    /// A connection behind each of these doors.
    #[track_caller]
    fn behind(doors: Vec<(String, Door)>, fields: &Json) -> Self {
        let connections = doors.iter().enumerate().map(|(number, (_, door))| {
            let mut connection = json!({
                "name": format!("c{number}"), "url": format!("http://{}", door.address()),
                // Of one length, so that all sessions are equally long.
                "namespaces": ["/", format!("/room-{number:05}")],
                "reconnection_delay": 20, "reconnection_delay_max": 40,
            });
            connection
                .as_object_mut()
                .unwrap()
                .extend(fields.as_object().cloned().unwrap());
            connection
        });
        let settings = json!({"connections": connections.collect::<Vec<_>>()});
        let mut harness = Harness::active(fixtures::plugin("socketio"), settings);
        let members = doors
            .into_iter()
            .enumerate()
            .map(|(number, (what, door))| Member::new(&mut harness, number, what, door))
            .collect();
        Self { harness, members }
    }

    /// As [`live`](Self::live), and no connection is ever interrupted.
    #[track_caller]
    pub(crate) fn live_calmly(self, server: &mut RealServer) -> Vec<Traffic> {
        let traffic = self.live(server);
        let is_calm = |traffic: &Traffic| traffic.passed.len() == 1 && traffic.broken == 0;
        assert!(traffic.iter().all(is_calm), "{traffic:?}");
        traffic
    }

    /// All live through their sessions, side by side. What passed at their doors.
    #[track_caller]
    pub(crate) fn live(mut self, server: &mut RealServer) -> Vec<Traffic> {
        // Step by step together: what one waits for, a heartbeat for instance, all others wait for meanwhile.
        let members = &mut self.members;
        members.iter_mut().for_each(Member::begin);
        members.iter_mut().for_each(Member::await_start);
        for when in [BEFORE, AFTER] {
            members.iter_mut().for_each(|member| member.ask(when));
            members
                .iter_mut()
                .for_each(|member| member.await_echoes(when, server));
            members.iter_mut().for_each(|member| member.await_bytes(when));
            if !when.is_after {
                members.iter_mut().for_each(Member::await_return);
            }
        }
        members.iter_mut().for_each(Member::stop);
        members.iter_mut().for_each(Member::await_stop);
        let begin = Instant::now();
        self.harness.deactivate();
        let took = begin.elapsed();
        assert!(took < DEACTIVATION, "the plugin took {took:?} to end");
        assert!(self.harness.reports().is_empty(), "{:?}", self.harness.reports());
        self.members.iter().for_each(Member::assert_nothing_follows);
        // Its log is read by a thread: what it answers to this comes behind all else.
        let nobody = format!("/nobody-{}", self.members[0].door.address().port());
        server.send(&json!({"do": "emit", "namespace": nobody, "name": "x", "args": []}));
        server.wait_for(&json!({"on": "nobody", "namespace": nobody}), LONG);
        let mut arrived = HashMap::new();
        for event in server.seen(&json!({"on": "event"})) {
            *arrived.entry(event["args"][0].to_string()).or_default() += 1;
        }
        self.members
            .iter()
            .for_each(|member| member.check_arrived(&arrived));
        self.members.iter().map(|member| member.door.traffic()).collect()
    }
}

impl Member {
    fn new(harness: &mut Harness, number: usize, what: String, door: Door) -> Self {
        let name = format!("c{number}");
        let mut node = |kind: &str| harness.node(&format!("socketio.{kind}"), json!({"configuration": name}));
        let [start, stop, send, subscribe] = ["start", "stop", "send", "subscribe"].map(&mut node);
        let event = |kind: &str| harness.event(&format!("socketio.on_{kind}"), &name);
        Self {
            room: format!("/room-{number:05}"),
            on_start: event("start"),
            on_stop: event("stop"),
            on_receive: event("receive"),
            on_error: event("error"),
            what,
            door,
            start,
            stop,
            send,
            subscribe,
            starts: 0,
            stops: 0,
            received: Vec::new(),
            errors: Vec::new(),
            has_returned: false,
            stopped: None,
        }
    }

    fn begin(&mut self) {
        let room = self.room.clone();
        for (event, namespace) in [("echo", "/"), ("echo", &room), ("news", &room)] {
            self.subscribe.run([event, namespace]);
        }
        self.start.run::<Value>([]);
    }

    #[track_caller]
    fn await_start(&mut self) {
        self.wait("On Start", |member| member.is_up() || member.is_broken());
        self.await_return();
    }

    /// If the connection was broken, waits for the next one.
    #[track_caller]
    fn await_return(&mut self) {
        if self.is_broken() && !self.has_returned {
            // All that the first connection had to tell is told before the second one is opened.
            self.wait("another connection", |member| {
                member.door.traffic().passed.len() > 1
            });
            self.wait("On Start again", Self::is_up);
            self.has_returned = true;
        }
    }

    /// Whether this part of the session takes place: the second one only on a second connection.
    fn takes_part(&self, when: When) -> bool {
        self.has_returned == when.is_after
    }

    fn ask(&mut self, when: When) {
        if self.takes_part(when) {
            for (namespace, text) in self.questions(when) {
                self.send.run(["echo", &namespace, &text]);
            }
        }
    }

    /// What is sent in this part: namespaces and texts. The port tells this test's connections from all others.
    fn questions(&self, when: When) -> Vec<(String, String)> {
        let port = self.door.address().port();
        let texts = (0..when.count).map(|n| format!("{port} {} {n}", when.name));
        let in_both = |text| {
            [("/", &text), (&self.room, &text)].map(|(at, text)| (at.to_owned(), format!("{text} in {at}")))
        };
        texts.flat_map(in_both).collect()
    }

    #[track_caller]
    fn await_echoes(&mut self, when: When, server: &mut RealServer) {
        if !self.takes_part(when) {
            return;
        }
        let expected: Vec<_> = self
            .questions(when)
            .iter()
            .map(|(at, text)| format!("{at} echo {text}"))
            .collect();
        self.wait("the echoes", |member| {
            member.is_interrupted(when) || expected.iter().all(|text| member.received.contains(text))
        });
        // The echo has shown that the room is joined.
        if !self.is_interrupted(when) {
            let args = json!([when.name, bytes("AQID")]);
            server.send(&json!({"do": "emit", "namespace": self.room, "name": "news", "args": args}));
        }
    }

    #[track_caller]
    fn await_bytes(&mut self, when: When) {
        if self.takes_part(when) {
            let news = format!(r#"{} news ["{}","AQID"]"#, self.room, when.name);
            self.wait("the bytes", |member| {
                member.is_interrupted(when) || member.received.contains(&news)
            });
        }
    }

    fn stop(&mut self) {
        self.stopped = Some(Instant::now());
        self.stop.run::<Value>([]);
    }

    #[track_caller]
    fn await_stop(&mut self) {
        self.wait("On Stop", |member| member.stops == member.starts);
        let took = self.stopped.unwrap().elapsed();
        assert!(took < DEACTIVATION, "Stop took {took:?}: {}", self.story());
        let connections = self.door.traffic().passed.len();
        // One that breaks after all that was said may be followed by another one before Stop comes.
        let is_expected = match (self.has_returned, self.is_broken()) {
            (true, _) => connections == 2,
            (false, true) => connections <= 2,
            (false, false) => connections == 1,
        };
        let is_told = (1..=connections).contains(&self.starts);
        assert!(is_expected && is_told, "{}", self.story());
    }

    #[track_caller]
    fn assert_nothing_follows(&self) {
        for (name, listener) in [
            ("start", &self.on_start),
            ("stop", &self.on_stop),
            ("receive", &self.on_receive),
        ] {
            assert_eq!(listener.waiting(), 0, "{}: On {name} after the end", self.what);
        }
    }

    /// What was sent after the return arrived exactly once, at the server and as an echo in the order of sending; what was
    /// sent before, at most once, and exactly once if nothing was broken.
    #[track_caller]
    fn check_arrived(&self, arrived: &HashMap<String, usize>) {
        for when in [BEFORE, AFTER] {
            let mut echoes = Vec::new();
            for (namespace, text) in self.questions(when) {
                let echo = format!("{namespace} echo {text}");
                let places = (0..self.received.len()).filter(|at| self.received[*at] == echo);
                let places: Vec<usize> = places.collect();
                let at_server = arrived.get(&json!(text).to_string()).copied().unwrap_or_default();
                let counts = [at_server, places.len()];
                let fits = match (when.is_after, self.has_returned) {
                    (true, true) => counts == [1, 1],
                    (false, true) => counts.iter().all(|count| *count <= 1),
                    // Nothing is broken before the farewell.
                    (false, false) => counts == [1, 1],
                    (true, false) => counts == [0, 0],
                };
                assert!(
                    fits,
                    "{}: {counts:?} of `{echo}` in {:?}",
                    self.what, self.received
                );
                echoes.push((namespace, places));
            }
            for namespace in ["/", &self.room] {
                let in_it = echoes
                    .iter()
                    .filter(|(at, _)| at == namespace)
                    .flat_map(|(_, places)| places);
                assert!(
                    in_it.is_sorted(),
                    "{}: out of order: {:?}",
                    self.what,
                    self.received
                );
            }
        }
        let mut seen = HashSet::new();
        let is_new = self.received.iter().all(|received| seen.insert(received));
        assert!(is_new, "doubled: {}", self.story());
    }

    fn is_up(&self) -> bool {
        self.starts == self.stops + 1
    }

    /// By the script, or by a time limit that its delays exceed.
    fn is_broken(&self) -> bool {
        let traffic = self.door.traffic();
        traffic.broken > 0 || traffic.over > 0
    }

    /// Nothing interrupts the second connection.
    fn is_interrupted(&self, when: When) -> bool {
        !when.is_after && self.is_broken()
    }

    /// All that is known, for a failing test.
    fn story(&self) -> String {
        let Self {
            what,
            starts,
            stops,
            received,
            errors,
            ..
        } = self;
        let traffic = self.door.traffic();
        format!(
            "{what}: {starts} starts, {stops} stops, received {received:?}, errors {errors:?}, {traffic:?}"
        )
    }

    /// Takes what is told until this holds.
    #[track_caller]
    fn wait(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + LONG;
        loop {
            // The newest first, so that what is between them is not missed.
            self.stops += take(&self.on_stop).len();
            self.starts += take(&self.on_start).len();
            self.errors
                .extend(take(&self.on_error).iter().map(|values| values[1].to_string()));
            for values in take(&self.on_receive) {
                let [namespace, name, message] = [0, 1, 2].map(|output| values[output].to_string());
                self.received.push(format!("{namespace} {name} {message}"));
            }
            if holds(self) {
                return;
            }
            assert!(Instant::now() < deadline, "no {what}: {}", self.story());
            // Anything may be next: an event of any kind, or news of the door.
            self.door.wait(GLANCE, |_| false);
        }
    }
}

fn take(listener: &EventListener) -> Vec<Vec<Value>> {
    std::iter::from_fn(|| listener.try_wait(Duration::ZERO)).collect()
}
