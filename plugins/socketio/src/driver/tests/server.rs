//! A server behind streams in memory.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    time::{Instant, sleep_until},
};
use tungstenite::handshake::derive_accept_key;

use super::{super::network::Network, lock};

const OPEN: &str = r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#;
const PING: Duration = Duration::from_secs(25);

/// What a server does with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Nobody listens.
    Refuse,
    /// It takes the connection and says nothing.
    Hang,
    /// It is a good server until then, and gone after.
    Serve { until: Duration },
}

/// A server whose answers depend on the time since it was made.
pub(super) struct Server {
    answer: fn(Duration) -> Answer,
    begin: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    dialled: Vec<Duration>,
    received: usize,
}

impl Server {
    pub(super) fn new(answer: fn(Duration) -> Answer) -> Arc<Self> {
        Arc::new(Self {
            answer,
            begin: Instant::now(),
            state: Mutex::new(State {
                // With room for all that a test dials, so that nothing is allocated later.
                dialled: Vec::with_capacity(10_000),
                received: 0,
            }),
        })
    }

    pub(super) fn network(self: &Arc<Self>) -> Network {
        let server = Arc::clone(self);
        Network::Played(Arc::new(move |_| server.dial()))
    }

    pub(super) fn begin(&self) -> Instant {
        self.begin
    }

    /// When somebody connected.
    pub(super) fn dialled(&self) -> Vec<Duration> {
        lock(&self.state).dialled.clone()
    }

    /// How many events came.
    pub(super) fn received(&self) -> usize {
        lock(&self.state).received
    }

    fn dial(self: &Arc<Self>) -> io::Result<DuplexStream> {
        let now = self.begin.elapsed();
        lock(&self.state).dialled.push(now);
        let (client, stream) = duplex(64 << 10);
        let server = Arc::clone(self);
        match (self.answer)(now) {
            Answer::Refuse => return Err(io::ErrorKind::ConnectionRefused.into()),
            Answer::Hang => tokio::spawn(async move { hang(stream).await }),
            Answer::Serve { until } => tokio::spawn(async move {
                // Whatever fails, the client hangs up first.
                let _ = server.serve(stream, server.begin + until).await;
            }),
        };
        Ok(client)
    }

    /// A session by WebSocket with an event of the server every second.
    async fn serve(&self, mut stream: DuplexStream, until: Instant) -> io::Result<()> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let key = head
            .lines()
            .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
        let accept = derive_accept_key(key.unwrap_or_default().as_bytes());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        stream.write_all(answer.as_bytes()).await?;
        write(&mut stream, OPEN).await?;
        let (mut ping_at, mut news_at) = (Instant::now() + PING, Instant::now());
        let mut is_joined = false;
        loop {
            tokio::select! {
                biased;
                () = sleep_until(until) => return Ok(()),
                () = sleep_until(ping_at) => {
                    ping_at += PING;
                    write(&mut stream, "2").await?;
                }
                () = sleep_until(news_at), if is_joined => {
                    news_at += Duration::from_secs(1);
                    write(&mut stream, r#"42["news","x"]"#).await?;
                }
                text = read(&mut stream) => match text?.as_str() {
                    "40" => {
                        is_joined = true;
                        write(&mut stream, r#"40{"sid":"s"}"#).await?;
                    }
                    text if text.starts_with("42") => lock(&self.state).received += 1,
                    _ => {}
                }
            }
        }
    }
}

async fn hang(mut stream: DuplexStream) {
    let mut sink = [0; 512];
    while stream.read(&mut sink).await.is_ok_and(|count| count > 0) {}
}

/// A text frame (RFC 6455 section 5.2) of less than 126 bytes.
async fn write(stream: &mut DuplexStream, text: &str) -> io::Result<()> {
    stream.write_all(&[0x81, text.len() as u8]).await?;
    stream.write_all(text.as_bytes()).await
}

/// The next frame of the client, which is short. It comes at once as a whole, so nothing is lost by giving up waiting.
async fn read(stream: &mut DuplexStream) -> io::Result<String> {
    let mut head = [0; 6];
    stream.read_exact(&mut head).await?;
    let mut text = vec![0; usize::from(head[1] & 0x7f)];
    stream.read_exact(&mut text).await?;
    let unmasked = text
        .iter()
        .zip(head[2..].iter().cycle())
        .map(|(byte, mask)| byte ^ mask);
    Ok(unmasked.map(char::from).collect())
}
