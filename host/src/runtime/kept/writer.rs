//! The thread that writes: at most twice a second, again after a failure, and once more at the end if something is left.

use std::{
    io,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::FILE;

/// The least time from one attempt to write to the next.
const INTERVAL: Duration = Duration::from_millis(500);

/// When it is dropped, everything has been written, or the last attempt has failed.
pub(super) struct Writer {
    /// `None` only at the end.
    sender: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn new(write: impl FnMut() -> io::Result<()> + Send + 'static) -> Self {
        let (sender, requests) = channel();
        let spawned = thread::Builder::new()
            .name("keep-variables".to_owned())
            .spawn(move || write_all(write, &requests, INTERVAL));
        Self {
            sender: Some(sender),
            thread: spawned
                .map_err(|error| log::error!("persistent variables are not kept: {error}"))
                .ok(),
        }
    }

    /// There is something to write. Does not block.
    pub(super) fn request(&self) {
        if let Some(sender) = &self.sender {
            // The thread is there until the sender is dropped; if it could not start, that was told.
            let _ = sender.send(());
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.sender = None;
        if let Some(thread) = self.thread.take() {
            // It ends by itself; a panic of it has been told.
            let _ = thread.join();
        }
    }
}

fn write_all(mut write: impl FnMut() -> io::Result<()>, requests: &Receiver<()>, interval: Duration) {
    let mut failure = String::new();
    let mut is_dirty = false;
    let mut due = Instant::now();
    loop {
        let request = match is_dirty {
            false => requests.recv().map_err(|_| RecvTimeoutError::Disconnected),
            true => requests.recv_timeout(due.saturating_duration_since(Instant::now())),
        };
        let is_end = request == Err(RecvTimeoutError::Disconnected);
        is_dirty |= request.is_ok();
        if is_dirty && (is_end || Instant::now() >= due) {
            match write() {
                Ok(()) => {
                    is_dirty = false;
                    failure.clear();
                }
                Err(error) => {
                    let message = error.to_string();
                    // Once for a disk that is full, not twice a second.
                    if message != failure {
                        log::error!("{FILE}: can't be written: {message}");
                    }
                    failure = message;
                }
            }
            due = Instant::now() + interval;
        }
        if is_end {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    /// The thread at work with a `write` that tells of each call and fails the first `failures` times.
    fn writing(failures: usize, interval: Duration) -> (Sender<()>, Receiver<usize>) {
        let (sender, requests) = channel();
        let (tell, calls) = channel();
        let mut call = 0;
        let write = move || {
            call += 1;
            tell.send(call).unwrap();
            match call > failures {
                true => Ok(()),
                false => Err(io::Error::other("full")),
            }
        };
        thread::spawn(move || write_all(write, &requests, interval));
        (sender, calls)
    }

    fn next(calls: &Receiver<usize>) -> Option<usize> {
        calls.recv_timeout(Duration::from_secs(20)).ok()
    }

    #[test]
    fn failed_write_is_tried_again() {
        let (sender, calls) = writing(2, Duration::ZERO);
        sender.send(()).unwrap();
        assert_eq!([1, 2, 3].map(|_| next(&calls)), [1, 2, 3].map(Some));
        drop(sender);
        assert_eq!(next(&calls), None);
    }

    #[test]
    fn failed_write_is_tried_again_at_the_end() {
        let (sender, calls) = writing(1, LONG);
        sender.send(()).unwrap();
        assert_eq!(next(&calls), Some(1));
        drop(sender);
        assert_eq!(next(&calls), Some(2));
    }

    #[test]
    fn requests_within_the_interval_are_written_at_once_at_the_end() {
        let (sender, calls) = writing(0, LONG);
        sender.send(()).unwrap();
        assert_eq!(next(&calls), Some(1));
        for _ in 0..3 {
            sender.send(()).unwrap();
            assert!(calls.recv_timeout(Duration::from_millis(20)).is_err());
        }
        drop(sender);
        assert_eq!((next(&calls), next(&calls)), (Some(2), None));
    }
}
