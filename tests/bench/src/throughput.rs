//! Receiving and sending 100-byte events: through plugin, ABI and graph, beside bare tungstenite.

use std::{sync::Arc, time::Instant};

use crate::{
    Failure, Result,
    peer::Peer,
    project::{Complaints, Project, run_to_exit},
    server::{Job, Server, event},
};

/// How long the message of an event is.
pub const MESSAGE: usize = 100;

/// A message so long.
pub fn message() -> String {
    "x".repeat(MESSAGE)
}

/// How many events one run receives.
const RECEIVED: u64 = 400_000;

/// How many events one run sends; one branch of the graph must not take more than a million steps.
const SENT: u64 = 400_000;

/// Settings with the one connection `bench`; it does not come back when the server has had enough.
pub fn settings(port: u16) -> String {
    format!(
        "[[settings.socketio.connections]]\nname = \"bench\"\nurl = \"http://127.0.0.1\"\nport = {port}\n\
         reconnection = false\nsend_buffer_bytes = 1000000000\n"
    )
}

/// A graph's beginning: connects, receives the event `e`, and ends with the connection. The rest hangs on
/// `connected.out`.
pub const CONNECT: &str = "\
    begin: events.on_initialize\n\
    start: socketio.start { configuration = \"bench\" }\n\
    on_start: socketio.on_start { configuration = \"bench\" }\n\
    connected: socketio.subscribe { configuration = \"bench\", event_name = \"e\" }\n\
    on_stop: socketio.on_stop { configuration = \"bench\" }\n\
    exit: utilities.exit\n\
    begin.out -> start.in\non_start.out -> connected.in\non_stop.out -> exit.in\n";

/// Has the server begin.
pub const GO: &str = "\
    go: socketio.send { configuration = \"bench\", event_name = \"go\" }\n\
    connected.out -> go.in\n";

/// Keeps each message: the one node behind On Receive.
const KEEP: &str = "\
    [[variable]]\nname = \"last\"\ntype = \"String\"\nvalue = \"\"\n\
    received: socketio.on_receive { configuration = \"bench\" }\n\
    last: variables.variable_setter { variable = \"last\" }\n\
    received.out -> last.in\nreceived.message -> last.value\n";

/// Many of one message, and another at the end. Events keep their order, so who has the last one has had all.
fn blast() -> Job {
    Job::Blast {
        event: event(&message()),
        count: RECEIVED,
        last: event(&last_message()),
    }
}

fn last_message() -> String {
    "y".repeat(MESSAGE)
}

/// Events a second that the graph keeps.
pub fn received() -> Result<f64> {
    let server = Server::start(blast())?;
    let project = Project::new(&settings(server.port()), &format!("{KEEP}{CONNECT}{GO}"))?;
    let console = Arc::new(Complaints::default());
    let mut runtime = project.start(console.clone())?;
    run_to_exit(&mut runtime, &console)?;
    let ended = Instant::now();
    let last = runtime.engine().variable("project/last").map(ToString::to_string);
    drop(runtime);
    if last != Some(last_message()) {
        return Err(Failure::new(format!(
            "the graph kept {last:?} as the last message"
        )));
    }
    Ok(rate(RECEIVED, server.done()?.began, ended))
}

/// Events a second that bare tungstenite reads.
pub fn received_by_peer() -> Result<f64> {
    let server = Server::start(blast())?;
    let mut peer = Peer::connect(server.port())?;
    peer.go()?;
    let counted = peer.read_all()?;
    let ended = Instant::now();
    if counted != RECEIVED {
        return Err(Failure::new(format!(
            "the peer read {counted} events, expected {RECEIVED}"
        )));
    }
    Ok(rate(RECEIVED, server.done()?.began, ended))
}

/// Events a second that come from a loop in the graph.
pub fn sent() -> Result<f64> {
    let server = Server::start(Job::Count {
        event: event(&message()),
        count: SENT,
    })?;
    let message = message();
    let send = format!(
        "loop: flow_control.for_loop {{ last_index = {SENT} }}\n\
         send: socketio.send {{ configuration = \"bench\", event_name = \"e\", message = \"{message}\" }}\n\
         connected.out -> loop.in\nloop.out -> send.in\n",
    );
    let project = Project::new(&settings(server.port()), &format!("{CONNECT}{send}"))?;
    let console = Arc::new(Complaints::default());
    let mut runtime = project.start(console.clone())?;
    run_to_exit(&mut runtime, &console)?;
    drop(runtime);
    let done = server.done()?;
    Ok(rate(SENT, done.began, done.ended))
}

/// Events a second that bare tungstenite writes.
pub fn sent_by_peer() -> Result<f64> {
    let event = event(&message());
    let server = Server::start(Job::Count {
        event: event.clone(),
        count: SENT,
    })?;
    Peer::connect(server.port())?.write_all(&event, SENT)?;
    let done = server.done()?;
    Ok(rate(SENT, done.began, done.ended))
}

fn rate(count: u64, began: Instant, ended: Instant) -> f64 {
    count as f64 / ended.saturating_duration_since(began).as_secs_f64()
}
