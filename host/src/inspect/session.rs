//! One tool: its messages in, answers and news out.

use std::{
    io,
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use serde_json::Value as Json;
use tungstenite::{
    Error, Message, WebSocket, accept_hdr_with_config,
    handshake::server::{Request, Response},
    protocol::WebSocketConfig,
};

use super::{handshake, message};
use crate::engine::Inspector;

/// How long a tool may take to ask for the WebSocket, or to take a message.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often there may be news.
const LOOK: Duration = Duration::from_millis(20);

/// How long a tool's message may be, in bytes.
const LONGEST: usize = 64 << 10;

/// Serves the tool until it goes, or all is to end.
pub(super) fn run(
    stream: TcpStream,
    inspector: &Inspector,
    token: &str,
    ended: &AtomicBool,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let config = WebSocketConfig::default().max_message_size(Some(LONGEST));
    #[expect(clippy::result_large_err, reason = "the callback's type is tungstenite's")]
    let check = |request: &Request, response: Response| handshake::check(request, response, token);
    let socket = accept_hdr_with_config(stream, check, Some(config));
    let mut socket = socket.map_err(|error| io::Error::other(error.to_string()))?;
    socket.get_ref().set_read_timeout(Some(LOOK))?;
    let served = serve(&mut socket, inspector, ended);
    inspector.leave();
    served.map_err(io::Error::other)
}

fn serve(socket: &mut WebSocket<TcpStream>, inspector: &Inspector, ended: &AtomicBool) -> Result<(), Error> {
    // Of a tool before this one nothing is left but the numbers.
    let mut told_step = inspector.last_step();
    let mut told_pause = None;
    while !ended.load(Ordering::Acquire) {
        match socket.read() {
            Ok(Message::Text(text)) => say(socket, &message::answer(&text, inspector))?,
            Ok(Message::Close(_)) | Err(Error::ConnectionClosed) => return Ok(()),
            Ok(_) => {}
            Err(Error::Io(error)) if is_nothing_yet(&error) => {}
            Err(error) => return Err(error),
        }
        let trace = inspector.steps_after(told_step);
        if let Some(last) = trace.steps.last() {
            told_step = last.number;
            say(socket, &message::steps(&trace))?;
        }
        let position = inspector.position();
        let pause = position.as_ref().map(|position| position.number);
        if pause != told_pause {
            told_pause = pause;
            say(socket, &message::position(position.as_ref()))?;
        }
    }
    let _ = socket.close(None);
    Ok(())
}

fn is_nothing_yet(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn say(socket: &mut WebSocket<TcpStream>, message: &Json) -> Result<(), Error> {
    socket.send(Message::text(message.to_string()))
}
