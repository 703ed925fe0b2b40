//! The bench's own Socket.IO server: one connection, one job, as fast as the socket allows.
//!
//! The handshake is Engine.IO 4 over WebSocket with the namespace `/` joined; after it the server writes frames that were
//! encoded before, and reads frames without looking into them. So what is measured is the client.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::mpsc::Receiver,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tungstenite::Message;

use crate::{
    Failure, Result,
    project::PATIENCE,
    wire::{CLOSE, Frames, text_frame},
};

const OPEN: &str =
    r#"0{"sid":"bench","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
const JOINED: &str = r#"40{"sid":"bench"}"#;

/// About how much is written at once.
const CHUNK: usize = 64 << 10;

/// The packet of an event `e` with one string that needs no escapes.
pub fn event(message: &str) -> String {
    format!("42[\"e\",\"{message}\"]")
}

/// What the server does with its one client.
pub enum Job {
    /// Waits for a frame of the client, then sends it an event so many times, the last time another.
    Blast {
        /// The Engine.IO packet.
        event: String,
        /// How many, with the last.
        count: u64,
        /// The last Engine.IO packet.
        last: String,
    },
    /// Receives an event so many times.
    Count {
        /// The Engine.IO packet; others are failures.
        event: String,
        /// How many.
        count: u64,
    },
    /// Waits for a frame of the client, then sends it an event, and the next when `seen` says when it was seen.
    Paced {
        /// The Engine.IO packet.
        event: String,
        /// How many.
        count: u64,
        /// When the client saw the event.
        seen: Receiver<Instant>,
    },
    /// Answers so many events that want an acknowledgement.
    Answers {
        /// How many.
        count: u64,
    },
    /// Waits for a frame of the client, then sends it an event, and the next when any event came back.
    RoundTrips {
        /// The Engine.IO packet.
        event: String,
        /// How many.
        count: u64,
    },
}

/// What came of the job.
pub struct Done {
    /// When the first frame was written or read.
    pub began: Instant,
    /// When the last frame was written or read.
    pub ended: Instant,
    /// How long each event took; of jobs that send one by one only.
    pub times: Vec<Duration>,
}

/// A server that listens.
pub struct Server {
    port: u16,
    thread: JoinHandle<Result<Done>>,
}

impl Server {
    /// Listens on a free port and does the job for the first client.
    pub fn start(job: Job) -> Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let port = listener.local_addr()?.port();
        let thread = thread::Builder::new()
            .name("bench-server".to_owned())
            .spawn(move || serve(&listener, job))?;
        Ok(Self { port, thread })
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits until the job is done.
    pub fn done(self) -> Result<Done> {
        self.thread
            .join()
            .map_err(|_| Failure::new("the bench's server panicked"))?
            .map_err(|failure| Failure::new(format!("the bench's server: {failure}")))
    }
}

fn serve(listener: &TcpListener, job: Job) -> Result<Done> {
    let (stream, _) = listener.accept()?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut stream = shake_hands(stream)?;
    let done = match job {
        Job::Blast { event, count, last } => blast(&mut stream, &event, count, &last),
        Job::Count { event, count } => receive(&mut stream, event.len(), count),
        Job::Answers { count } => answer(&mut stream, count),
        Job::Paced { event, count, seen } => send_one_by_one(&mut stream, &event, count, |_, written| {
            let seen = seen
                .recv_timeout(PATIENCE)
                .map_err(|_| Failure::new("an event was not seen"))?;
            Ok(seen.saturating_duration_since(written))
        }),
        Job::RoundTrips { event, count } => send_one_by_one(&mut stream, &event, count, |frames, written| {
            frames.next_text()?;
            Ok(written.elapsed())
        }),
    }?;
    hang_up(stream)?;
    Ok(done)
}

/// A client sends nothing after its CONNECT before that is answered, so no frame is left behind in tungstenite's buffer.
pub(crate) fn shake_hands(stream: TcpStream) -> Result<TcpStream> {
    let mut websocket = tungstenite::accept(stream).map_err(|error| Failure::new(error.to_string()))?;
    websocket.send(Message::text(OPEN))?;
    match websocket.read()? {
        Message::Text(text) if text.starts_with("40") => {}
        other => {
            return Err(Failure::new(format!(
                "the client sent {other} instead of a CONNECT"
            )));
        }
    }
    websocket.send(Message::text(JOINED))?;
    Ok(websocket.into_inner())
}

fn blast(stream: &mut TcpStream, event: &str, count: u64, last: &str) -> Result<Done> {
    Frames::new(&mut *stream).next_text()?;
    let frame = text_frame(event);
    let a_chunk = (CHUNK / frame.len()) as u64;
    let chunk = frame.repeat(a_chunk as usize);
    let began = Instant::now();
    let mut left = count - 1;
    while left > 0 {
        let frames = left.min(a_chunk);
        stream.write_all(&chunk[..frames as usize * frame.len()])?;
        left -= frames;
    }
    stream.write_all(&text_frame(last))?;
    Ok(Done {
        began,
        ended: Instant::now(),
        times: Vec::new(),
    })
}

fn receive(stream: &mut TcpStream, length: usize, count: u64) -> Result<Done> {
    let mut frames = Frames::new(stream);
    let mut began = None;
    for _ in 0..count {
        let found = frames.next_text()?;
        if found != length {
            return Err(Failure::new(format!(
                "a frame of {found} bytes came, expected {length}"
            )));
        }
        began.get_or_insert_with(Instant::now);
    }
    let ended = Instant::now();
    Ok(Done {
        began: began.unwrap_or(ended),
        ended,
        times: Vec::new(),
    })
}

fn send_one_by_one(
    stream: &mut TcpStream,
    event: &str,
    count: u64,
    mut time: impl FnMut(&mut Frames<TcpStream>, Instant) -> Result<Duration>,
) -> Result<Done> {
    let mut frames = Frames::new(stream.try_clone()?);
    frames.next_text()?;
    let frame = text_frame(event);
    let began = Instant::now();
    let mut times = Vec::new();
    for _ in 0..count {
        let written = Instant::now();
        stream.write_all(&frame)?;
        times.push(time(&mut frames, written)?);
    }
    Ok(Done {
        began,
        ended: Instant::now(),
        times,
    })
}

/// The time of each is from one event to the next, so that the client's part is in it.
fn answer(stream: &mut TcpStream, count: u64) -> Result<Done> {
    let mut frames = Frames::new(stream.try_clone()?);
    let began = Instant::now();
    let mut times = Vec::new();
    let mut since: Option<Instant> = None;
    while (times.len() as u64) < count {
        frames.next_text()?;
        let arrived = Instant::now();
        times.extend(since.map(|since| arrived.saturating_duration_since(since)));
        since = Some(arrived);
        let event = frames.text();
        let id: String = event
            .chars()
            .skip("42".len())
            .take_while(char::is_ascii_digit)
            .collect();
        if id.is_empty() {
            return Err(Failure::new(format!("`{event}` wants no acknowledgement")));
        }
        stream.write_all(&text_frame(&format!("43{id}[\"ok\"]")))?;
    }
    Ok(Done {
        began,
        ended: Instant::now(),
        times,
    })
}

/// Closes, and waits until the client has hung up, so that nothing that was sent is lost.
fn hang_up(mut stream: TcpStream) -> Result<()> {
    stream.write_all(&CLOSE)?;
    // Clients wait for the server to close TCP (RFC 6455, section 7.1.1).
    stream.shutdown(Shutdown::Write)?;
    let mut rest = [0; 4096];
    loop {
        match stream.read(&mut rest) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}
