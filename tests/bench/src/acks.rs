//! Questions that the server answers at once, one by one: ours beside a bare WebSocket's and the official client's.
//!
//! All three ask in the same way, the next question when the answer is there, so the server sees how long each round took.

use std::{
    process::{Child, Command, ExitStatus, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crate::{
    Failure, Result,
    latency::Latency,
    peer::Peer,
    project::{Complaints, PATIENCE, Project, run_to_exit},
    server::{Job, Server},
    throughput::{CONNECT, MESSAGE, message, settings},
};

/// How many questions are asked; the first of them warm up.
const QUESTIONS: u64 = 3000;

/// The official client, asking.
const OFFICIAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../servers/node/ask.js");

/// Send With Acknowledgement, pulsed again by its own answer.
pub fn round_trip() -> Result<Latency> {
    let server = server()?;
    let message = message();
    let graph = format!(
        "{CONNECT}\
         ask: socketio.send_with_acknowledgement {{ configuration = \"bench\", event_name = \"e\", message = \"{message}\" }}\n\
         connected.out -> ask.in\nask.acknowledged -> ask.in\n"
    );
    let project = Project::new(&settings(server.port()), &graph)?;
    let console = Arc::new(Complaints::default());
    let mut runtime = project.start(console.clone())?;
    run_to_exit(&mut runtime, &console)?;
    drop(runtime);
    Latency::of_each(server, QUESTIONS)
}

/// Bare tungstenite, sending and receiving the same frames.
pub fn of_peer() -> Result<Latency> {
    let server = server()?;
    Peer::connect(server.port())?.ask_all(&message())?;
    Latency::of_each(server, QUESTIONS)
}

/// The official client of the Socket.IO project, in Node.js.
pub fn of_official_client() -> Result<Latency> {
    let server = server()?;
    let mut client = Command::new("node")
        .arg(OFFICIAL)
        .args([server.port().to_string(), MESSAGE.to_string()])
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| Failure::new(format!("can't run `node`: {error}; install Node.js 18 or newer")))?;
    // First the client: a server that nobody connects to waits for ever.
    let status = wait(&mut client)?;
    match status.success() {
        true => Latency::of_each(server, QUESTIONS),
        false => Err(Failure::new(format!("the official client: {status}"))),
    }
}

fn server() -> Result<Server> {
    Server::start(Job::Answers { count: QUESTIONS })
}

/// The client ends by itself when the server has hung up.
fn wait(client: &mut Child) -> Result<ExitStatus> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = client.try_wait()? {
            return Ok(status);
        }
        if Instant::now() > deadline {
            client.kill()?;
            client.wait()?;
            return Err(Failure::new("the official client did not end"));
        }
        thread::sleep(Duration::from_millis(5));
    }
}
