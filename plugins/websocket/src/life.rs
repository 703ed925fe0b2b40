//! Signs of life: when the server's bytes last moved, and what to do when they do not.
//!
//! Bytes count, not messages: a great message on a slow line takes long, and is no silence.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    sync::Notify,
    time::{Instant, sleep_until},
};

/// When the server last gave a sign of life; clones share it.
#[derive(Clone)]
pub(crate) struct Life(Arc<Mutex<Instant>>);

impl Life {
    /// Begins now.
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    pub(crate) fn note(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when the server was silent for twice `interval`; after one it notifies `ask`. `None`: never.
    pub(crate) async fn silence(&self, interval: Option<Duration>, ask: &Notify) {
        let Some(interval) = interval else {
            return std::future::pending().await;
        };
        loop {
            let last = self.last();
            sleep_until(last + interval).await;
            if self.last() != last {
                continue;
            }
            ask.notify_one();
            sleep_until(last + 2 * interval).await;
            if self.last() == last {
                return;
            }
        }
    }
}

/// A stream that notes signs of life.
pub(crate) struct Watched<S> {
    stream: S,
    life: Life,
    /// The system took no more bytes. That it takes some again is a sign of life: the server has acknowledged others.
    is_full: bool,
}

impl<S> Watched<S> {
    pub(crate) fn new(stream: S, life: Life) -> Self {
        Self {
            stream,
            life,
            is_full: false,
        }
    }

    fn note_written<T>(&mut self, written: Poll<T>) -> Poll<T> {
        if written.is_ready() && self.is_full {
            self.life.note();
        }
        self.is_full = written.is_pending();
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        if buffer.filled().len() > before {
            self.life.note();
        }
        Poll::Ready(read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.note_written(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.note_written(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
