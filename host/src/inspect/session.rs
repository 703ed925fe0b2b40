//! One tool: its messages in, answers and news out.

use std::{
    io::{self, Read},
    net::{Shutdown, TcpStream},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use serde_json::Value as Json;
use tungstenite::{
    Error, Message, WebSocket, accept_hdr_with_config,
    handshake::server::{Request, Response},
    protocol::{CloseFrame, WebSocketConfig, frame::coding::CloseCode},
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
    let config = WebSocketConfig::default();
    let config = config
        .max_message_size(Some(LONGEST))
        .max_frame_size(Some(LONGEST));
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
            Err(Error::Capacity(_)) => return refuse_long(socket, ended),
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

/// Says why it is over. What the tool still sends is read, as the system would else take back what was said.
fn refuse_long(socket: &mut WebSocket<TcpStream>, ended: &AtomicBool) -> Result<(), Error> {
    let reason = format!("a message has {LONGEST} bytes at most");
    socket.close(Some(CloseFrame {
        code: CloseCode::Size,
        reason: reason.into(),
    }))?;
    socket.flush()?;
    let stream = socket.get_mut();
    stream.shutdown(Shutdown::Write)?;
    let end = Instant::now() + PATIENCE;
    let mut nowhere = [0; 16 << 10];
    while Instant::now() < end && !ended.load(Ordering::Acquire) {
        match stream.read(&mut nowhere) {
            Ok(0) => break,
            Err(error) if !is_nothing_yet(&error) => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

fn is_nothing_yet(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

fn say(socket: &mut WebSocket<TcpStream>, message: &Json) -> Result<(), Error> {
    socket.send(Message::text(message.to_string()))
}
