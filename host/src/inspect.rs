//! `pulsewire run --inspect`: tools look into the running engine over a WebSocket. `docs/inspect.md` is the protocol.
//!
//! Loopback only. Whoever connects must bring the token that was printed at the start, and a browser must come from a page
//! of this machine. One tool at a time; when it goes, everything that it had asked for ends, and a paused run goes on.
//!
//! What is looked at is [`crate::engine::Inspector`]'s business; here it is only carried.

mod handshake;
mod message;
mod session;

use std::{
    io,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use rand::RngExt;

use crate::engine::Inspector;

/// Serves tools on a thread of its own until it is dropped.
pub struct Server {
    address: SocketAddr,
    token: Arc<str>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on a loopback address; port 0 is a free one.
    ///
    /// # Errors
    /// The address is not of the loopback interface, or cannot be listened on.
    pub fn start(address: SocketAddr, inspector: Inspector) -> io::Result<Self> {
        if !address.ip().is_loopback() {
            let message = format!("{} is no address of the loopback interface", address.ip());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let token: Arc<str> = Arc::from(format!("{:032x}", rand::rng().random::<u128>()));
        let ended = Arc::new(AtomicBool::new(false));
        let (its_token, its_end) = (Arc::clone(&token), Arc::clone(&ended));
        let thread = thread::Builder::new().name("inspect".to_owned()).spawn(move || {
            for stream in listener.incoming() {
                if its_end.load(Ordering::Acquire) {
                    break;
                }
                if let Err(error) =
                    stream.and_then(|stream| session::run(stream, &inspector, &its_token, &its_end))
                {
                    log::debug!("inspect: {error}");
                }
            }
        })?;
        Ok(Self {
            address,
            token,
            ended,
            thread: Some(thread),
        })
    }

    /// Where it listens, with the token: `ws://127.0.0.1:4000/?token=…`.
    pub fn url(&self) -> String {
        format!("ws://{}/?token={}", self.address, self.token)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        // The thread may wait for a connection.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
