//! From the socket to the first node, and there and back again, one event at a time.

use std::{
    sync::{
        Arc,
        mpsc::{Sender, channel},
    },
    time::{Duration, Instant},
};

use pulsewire_host::console::{Console, Level, Line};

use crate::{
    Failure, Result,
    measure::quantile,
    peer::Peer,
    project::{Complaints, Project, run_to_exit},
    server::{Job, Server, event},
    throughput::{CONNECT, GO, message, settings},
};

/// How many events go one by one; the first of them warm up.
const EVENTS: u64 = 3000;
const WARM_UP: usize = 500;

/// Microseconds.
#[derive(Clone, Copy, Debug)]
pub struct Latency {
    /// Half of the events took less.
    pub median: f64,
    /// One in a hundred took longer.
    pub p99: f64,
}

impl Latency {
    fn of(times: &[Duration]) -> Self {
        let after = times.get(WARM_UP..).unwrap_or_default();
        let mut micros: Vec<f64> = after.iter().map(|time| time.as_secs_f64() * 1e6).collect();
        micros.sort_by(f64::total_cmp);
        Self {
            median: quantile(&micros, 0.5),
            p99: quantile(&micros, 0.99),
        }
    }

    /// Of the times that the server took of each event, when it is done.
    pub fn of_each(server: Server, expected: u64) -> Result<Self> {
        let times = server.done()?.times;
        if times.len() as u64 != expected {
            return Err(Failure::new(format!(
                "{} events went, expected {expected}",
                times.len()
            )));
        }
        Ok(Self::of(&times))
    }

    /// The better of two runs.
    pub fn min(self, other: Self) -> Self {
        Self {
            median: self.median.min(other.median),
            p99: self.p99.min(other.p99),
        }
    }
}

/// A console that says when it was told something.
struct Watch {
    seen: Sender<Instant>,
    complaints: Complaints,
}

impl Console for Watch {
    fn show(&self, line: &Line<'_>) {
        if line.level == Level::Message {
            // The server that listens to it may have enough.
            let _ = self.seen.send(Instant::now());
        } else {
            self.complaints.show(line);
        }
    }
}

/// From before the server writes an event until the first node behind On Receive runs.
pub fn to_first_node() -> Result<Latency> {
    let (seen, seen_by_client) = channel();
    let server = Server::start(Job::Paced {
        event: event(&message()),
        count: EVENTS,
        seen: seen_by_client,
    })?;
    let show = "received: socketio.on_receive { configuration = \"bench\" }\n\
                show: development.console { data_type = \"String\" }\n\
                received.out -> show.in\nreceived.trigger_name -> show.input\n";
    let project = Project::new(&settings(server.port()), &format!("{CONNECT}{GO}{show}"))?;
    let console = Arc::new(Watch {
        seen,
        complaints: Complaints::default(),
    });
    let mut runtime = project.start(console.clone())?;
    run_to_exit(&mut runtime, &console.complaints)?;
    drop(runtime);
    Latency::of_each(server, EVENTS)
}

/// From before the server writes an event until bare tungstenite returns it.
pub fn to_peer() -> Result<Latency> {
    let (seen, seen_by_client) = channel();
    let server = Server::start(Job::Paced {
        event: event(&message()),
        count: EVENTS,
        seen: seen_by_client,
    })?;
    let mut peer = Peer::connect(server.port())?;
    peer.go()?;
    peer.tell_all(&seen)?;
    Latency::of_each(server, EVENTS)
}

/// To On Receive and back with Send.
pub fn round_trip() -> Result<Latency> {
    let server = Server::start(Job::RoundTrips {
        event: event(&message()),
        count: EVENTS,
    })?;
    let echo = "received: socketio.on_receive { configuration = \"bench\" }\n\
                back: socketio.send { configuration = \"bench\", event_name = \"e\" }\n\
                received.out -> back.in\nreceived.message -> back.message\n";
    let project = Project::new(&settings(server.port()), &format!("{CONNECT}{GO}{echo}"))?;
    let console = Arc::new(Complaints::default());
    let mut runtime = project.start(console.clone())?;
    run_to_exit(&mut runtime, &console)?;
    drop(runtime);
    Latency::of_each(server, EVENTS)
}

/// To bare tungstenite and back.
pub fn round_trip_of_peer() -> Result<Latency> {
    let server = Server::start(Job::RoundTrips {
        event: event(&message()),
        count: EVENTS,
    })?;
    let mut peer = Peer::connect(server.port())?;
    peer.go()?;
    peer.echo_all()?;
    Latency::of_each(server, EVENTS)
}
