//! Many connections of one plugin, each behind a door of the chaos proxy, that live through the same short session.
//!
//! The session: join `/` and a room, echo an event in both, ask for an acknowledgement, receive bytes, stop; with an
//! upgrade all but the bytes once more behind it. [`Crowd::live`] lets it run until the door breaks a connection, wherever
//! that is, and then shows that the client keeps its promises: see [`Member`].

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use pulsewire_chaos::{Chaos, Plan, Traffic};
use pulsewire_harness::{Harness, fixtures};
use pulsewire_it::{DEACTIVATION, servers::RealServer};
use serde_json::{Value as Json, json};

use crate::member::{Member, When};

/// How a session is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    WebSocket,
    Polling,
    Upgrade,
}

impl By {
    pub(crate) const ALL: [Self; 3] = [Self::WebSocket, Self::Polling, Self::Upgrade];

    fn transports(self) -> Json {
        match self {
            Self::WebSocket => json!(["websocket"]),
            Self::Polling => json!(["polling"]),
            Self::Upgrade => json!(["polling", "websocket"]),
        }
    }
}

/// A plugin with a connection for each door.
pub(crate) struct Crowd {
    harness: Harness,
    members: Vec<Member>,
    /// Every second one, from the first on, talks until it is broken.
    is_talking: bool,
    by: By,
}

impl Crowd {
    /// Connections to the proxy's server, by what they are about. A plan ends one TCP connection of its session, all later
    /// ones are calm. `fields` are the settings beside the defaults.
    #[track_caller]
    pub(crate) fn new(chaos: &Chaos, by: By, plans: Vec<(String, Plan)>, fields: &Json) -> Self {
        let doors = plans
            .into_iter()
            .map(|(what, plan)| (what, chaos.open_conversation(plan).unwrap()));
        let doors: Vec<_> = doors.collect();
        let connections = doors.iter().enumerate().map(|(number, (_, door))| {
            let mut connection = json!({
                "name": Member::name(number), "url": format!("http://{}", door.address()),
                "namespaces": ["/", Member::room(number)], "transports": by.transports(),
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
            .map(|(number, (what, door))| Member::new(&mut harness, by, number, what, door))
            .collect();
        Self {
            harness,
            members,
            is_talking: false,
            by,
        }
    }

    /// Every second one, from the first on, shall be broken before it stops.
    #[must_use]
    pub(crate) fn talking(self, is_talking: bool) -> Self {
        Self { is_talking, ..self }
    }

    /// As [`live`](Self::live), and no connection is ever interrupted.
    #[track_caller]
    pub(crate) fn live_calmly(self, server: &mut RealServer) -> Vec<Traffic> {
        let by = self.by;
        let traffic = self.live(server);
        let is_calm =
            |traffic: &Traffic| traffic.broken == 0 && (by != By::WebSocket || traffic.passed.len() == 1);
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
        converse(members, When::Before, server);
        if self.by == By::Upgrade {
            members.iter_mut().for_each(Member::await_upgrade);
            converse(members, When::Upgraded, server);
        }
        if self.is_talking {
            members.iter_mut().step_by(2).for_each(Member::talk_until_broken);
        }
        members.iter_mut().for_each(Member::await_return);
        converse(members, When::After, server);
        members.iter_mut().for_each(Member::await_acknowledgements);
        members.iter_mut().for_each(Member::stop);
        members.iter_mut().for_each(Member::await_stop);
        let begin = Instant::now();
        self.harness.deactivate();
        let took = begin.elapsed();
        assert!(took < DEACTIVATION, "the plugin took {took:?} to end");
        assert!(self.harness.reports().is_empty(), "{:?}", self.harness.reports());
        self.members.iter_mut().for_each(Member::assert_nothing_follows);
        let arrived = arrived(server);
        self.members.iter().for_each(|member| member.check(&arrived));
        self.members
            .iter()
            .map(|member| member.door().traffic())
            .collect()
    }
}

#[track_caller]
fn converse(members: &mut [Member], when: When, server: &mut RealServer) {
    members.iter_mut().for_each(|member| member.ask(when));
    members.iter_mut().for_each(|member| member.await_echoes(when));
    if when != When::Upgraded {
        members
            .iter_mut()
            .for_each(|member| member.order_bytes(when, server));
        members.iter_mut().for_each(|member| member.await_bytes(when));
    }
}

/// How often each text arrived at the server.
#[track_caller]
fn arrived(server: &mut RealServer) -> HashMap<String, usize> {
    server.catch_up();
    let mut arrived = HashMap::new();
    for event in server.seen(&json!({"on": "event"})) {
        if let Some(text) = event["args"][0].as_str() {
            *arrived.entry(text.to_owned()).or_default() += 1;
        }
    }
    // The next crowd looks at its own events.
    server.forget();
    arrived
}

/// How long to look for one thing before looking for another.
pub(crate) const GLANCE: Duration = Duration::from_millis(2);
