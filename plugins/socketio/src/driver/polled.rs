//! An asynchronous stream as tungstenite wants it: a blocking one that says `WouldBlock` and wakes the task later.
//!
//! tungstenite is driven directly, because a batch of frames then costs one registration of the task instead of one for
//! each frame.

use std::{
    future::poll_fn,
    io::{self, ErrorKind, Read, Write},
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tungstenite::{
    Error, WebSocket,
    handshake::{
        HandshakeError,
        client::{ClientHandshake, Request},
    },
    protocol::WebSocketConfig,
};

/// Which task to wake. Shared, because during the handshake tungstenite does not give its stream back.
#[derive(Clone)]
pub(super) struct Task(Arc<Mutex<Waker>>);

impl Task {
    /// From now on the task of `cx` is woken.
    pub(super) fn enter(&self, cx: &Context<'_>) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(cx.waker());
    }

    fn poll<T>(&self, poll: impl FnOnce(&mut Context<'_>) -> Poll<io::Result<T>>) -> io::Result<T> {
        let waker = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => result,
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

/// The stream.
pub(super) struct Polled<S> {
    stream: S,
    task: Task,
    /// The answer to the upgrade request, until tungstenite has read it.
    answer: Option<Answer>,
}

/// Holds the server's answer back until its head is whole: one that comes in more than 64 small pieces, as over a slow link,
/// tungstenite takes for an attack.
#[derive(Default)]
struct Answer {
    bytes: Vec<u8>,
    /// How much of it tungstenite has read; `None` while it is held back.
    read: Option<usize>,
}

impl Answer {
    /// As much as tungstenite takes of an answer at most. What is longer, it refuses.
    const LONGEST: usize = 64 << 10;

    /// Some bytes came, or none at the end of the stream.
    fn push(&mut self, bytes: &[u8]) {
        // The end of the head may have begun in the bytes before.
        let from = self.bytes.len().saturating_sub(3);
        self.bytes.extend_from_slice(bytes);
        let has_end = |end: &[u8]| self.bytes[from..].windows(end.len()).any(|window| window == end);
        let begin = &self.bytes[..self.bytes.len().min(5)];
        let is_whole = bytes.is_empty() || has_end(b"\r\n\r\n") || has_end(b"\n\n");
        if is_whole || !b"HTTP/".starts_with(begin) || self.bytes.len() > Self::LONGEST {
            self.read = Some(0);
        }
    }

    /// Hands on what was held back. `None`: all of it is read.
    fn read(&mut self, buf: &mut [u8]) -> Option<usize> {
        let rest = &self.bytes[self.read?..];
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        self.read = self.read.map(|read| read + count);
        (count > 0).then_some(count)
    }
}

impl<S> Polled<S> {
    pub(super) fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    pub(super) fn task(&self) -> &Task {
        &self.task
    }
}

impl<S: AsyncRead + Unpin> Read for Polled<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while let Some(mut answer) = self.answer.take() {
            if answer.read.is_some() {
                match answer.read(buf) {
                    Some(count) => {
                        self.answer = Some(answer);
                        return Ok(count);
                    }
                    None => break,
                }
            }
            let mut bytes = [0; 4096];
            let read = self.read_stream(&mut bytes);
            if let Ok(count) = read {
                answer.push(&bytes[..count]);
            }
            self.answer = Some(answer);
            read?;
        }
        self.read_stream(buf)
    }
}

impl<S: AsyncRead + Unpin> Polled<S> {
    fn read_stream(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let mut buf = ReadBuf::new(buf);
        let stream = Pin::new(&mut self.stream);
        self.task.poll(|cx| stream.poll_read(cx, &mut buf))?;
        Ok(buf.filled().len())
    }
}

impl<S: AsyncWrite + Unpin> Write for Polled<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let stream = Pin::new(&mut self.stream);
        self.task.poll(|cx| stream.poll_write(cx, bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        let stream = Pin::new(&mut self.stream);
        self.task.poll(|cx| stream.poll_flush(cx))
    }
}

/// Whether it is no fault, but nothing can be done now.
pub(super) fn would_block(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == ErrorKind::WouldBlock)
}

/// Upgrades the stream to a WebSocket.
pub(super) async fn upgrade<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    request: Request,
    config: WebSocketConfig,
) -> Result<WebSocket<Polled<S>>, Error> {
    let task = Task(Arc::new(Mutex::new(Waker::noop().clone())));
    let stream = Polled {
        stream,
        task: task.clone(),
        answer: Some(Answer::default()),
    };
    let mut under_way = Some(ClientHandshake::start(stream, request, Some(config))?);
    poll_fn(|cx| {
        task.enter(cx);
        let Some(handshake) = under_way.take() else {
            return Poll::Pending;
        };
        match handshake.handshake() {
            Ok((websocket, _)) => Poll::Ready(Ok(websocket)),
            Err(HandshakeError::Interrupted(handshake)) => {
                under_way = Some(handshake);
                Poll::Pending
            }
            Err(HandshakeError::Failure(error)) => Poll::Ready(Err(error)),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

    /// What is handed on after these pieces.
    fn handed_on(answer: &mut Answer) -> Vec<u8> {
        let mut buf = [0; 10];
        let pieces = std::iter::from_fn(|| answer.read(&mut buf).map(|count| buf[..count].to_vec()));
        pieces.collect::<Vec<_>>().concat()
    }

    #[test]
    fn an_answer_is_held_back_until_its_head_is_whole() {
        let mut answer = Answer::default();
        for byte in &HEAD[..HEAD.len() - 1] {
            answer.push(&[*byte]);
            assert_eq!(answer.read, None);
        }
        answer.push(b"\nbehind");
        assert_eq!(handed_on(&mut answer), [HEAD, b"behind"].concat());
    }

    #[test]
    fn what_is_no_answer_is_not_held_back() {
        for bytes in [&b"220 smtp"[..], b"HTTQ", b"HTTP/1.1 200 OK\n\n"] {
            let mut answer = Answer::default();
            answer.push(bytes);
            assert_eq!(handed_on(&mut answer), bytes);
        }
        // The end of the stream.
        let mut answer = Answer::default();
        answer.push(b"HTTP/1.1 200");
        answer.push(b"");
        assert_eq!(handed_on(&mut answer), b"HTTP/1.1 200");
        let mut answer = Answer::default();
        answer.push(b"HTTP/");
        answer.push(&[b'x'; Answer::LONGEST]);
        assert_eq!(handed_on(&mut answer).len(), 5 + Answer::LONGEST);
    }
}
