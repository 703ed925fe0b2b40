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
