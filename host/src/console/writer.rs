//! Lines to a stream, through a thread and a bounded queue.
//!
//! A reader that is only slow makes the logic wait; one that does not read at all for [`PATIENCE`] loses lines, and is
//! told how many when it reads again. A stream that takes nothing any more does not end the run; the log says so once.

use std::{
    collections::VecDeque,
    io::Write,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// How many lines may wait.
const MOST_LINES: usize = 4096;

/// How long the logic waits for a reader, and the end for the last lines.
const PATIENCE: Duration = Duration::from_secs(1);

pub(super) struct LineWriter {
    shared: Arc<Shared>,
    /// The line that tells how many were lost.
    lost: Box<dyn Fn(u64) -> String + Send + Sync>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    lines: VecDeque<String>,
    /// Lines lost since the last one that was kept.
    dropped: u64,
    /// The reader did not read for so long that nobody waits for it any more.
    has_stalled: bool,
    is_writing: bool,
    is_over: bool,
}

impl LineWriter {
    /// `lost` makes the line that tells how many were lost.
    pub(super) fn new(
        out: impl Write + Send + 'static,
        lost: impl Fn(u64) -> String + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let spawned = thread::Builder::new()
            .name("console".to_owned())
            .spawn(move || write_lines(&theirs, out));
        if let Err(error) = spawned {
            log::error!("the console is silent: {error}");
        }
        Self {
            shared,
            lost: Box::new(lost),
        }
    }

    /// Whether lines wait to be written.
    #[cfg(test)]
    pub(super) fn is_busy(&self) -> bool {
        !self.shared.lock().lines.is_empty()
    }

    pub(super) fn write(&self, line: String) {
        let mut queue = self.shared.lock();
        if queue.lines.len() >= MOST_LINES && !queue.has_stalled {
            let full = |queue: &mut Queue| queue.lines.len() >= MOST_LINES && !queue.is_over;
            let waited = self.shared.changed.wait_timeout_while(queue, PATIENCE, full);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
            queue.has_stalled = queue.lines.len() >= MOST_LINES;
        }
        if queue.lines.len() >= MOST_LINES {
            queue.dropped += 1;
            return;
        }
        if queue.dropped > 0 {
            let dropped = std::mem::take(&mut queue.dropped);
            queue.lines.push_back((self.lost)(dropped));
        }
        queue.lines.push_back(line);
        drop(queue);
        self.shared.changed.notify_all();
    }
}

/// Gives the last lines a moment to be written.
impl Drop for LineWriter {
    fn drop(&mut self) {
        let end = Instant::now() + PATIENCE;
        let mut queue = self.shared.lock();
        queue.is_over = true;
        self.shared.changed.notify_all();
        while !queue.lines.is_empty() || queue.is_writing {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.shared.changed.wait_timeout(queue, left);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn write_lines(shared: &Shared, mut out: impl Write) {
    let mut lines: VecDeque<String> = VecDeque::new();
    let mut has_failed = false;
    loop {
        let mut queue = shared.lock();
        queue.is_writing = false;
        shared.changed.notify_all();
        while queue.lines.is_empty() {
            if queue.is_over {
                return;
            }
            queue = shared.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(&mut lines, &mut queue.lines);
        queue.is_writing = true;
        queue.has_stalled = false;
        drop(queue);
        shared.changed.notify_all();
        let mut written = Ok(());
        for mut line in lines.drain(..) {
            // In one piece, so that nothing of a line that failed is left in a buffer.
            line.push('\n');
            written = written.and(out.write_all(line.as_bytes()));
        }
        // A closed pipe must not end the project: whoever read has chosen to stop.
        match written.and_then(|()| out.flush()) {
            Ok(()) => has_failed = false,
            Err(_) if has_failed => {}
            Err(error) => {
                has_failed = true;
                log::error!("the console cannot be written any more, the project goes on: {error}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::mpsc::{Receiver, Sender, channel},
    };

    use super::*;

    /// Takes one byte slice for each permit.
    struct Slow(Receiver<()>, Sender<Vec<u8>>);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            let _ = self.1.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn all_lines_are_written_before_the_end() {
        let (permit, permits) = channel();
        let (sender, written) = channel();
        drop(permit);
        let writer = LineWriter::new(Slow(permits, sender), |lost| format!("{lost} lost"));
        for number in 0..10_000 {
            writer.write(number.to_string());
        }
        drop(writer);
        let text: Vec<u8> = written.try_iter().flatten().collect();
        let expected: String = (0..10_000).map(|number| format!("{number}\n")).collect();
        assert!(text == expected.as_bytes());
    }

    #[test]
    fn reader_that_stalls_loses_lines_and_is_told() {
        let (permit, permits) = channel();
        let (sender, written) = channel();
        let writer = LineWriter::new(Slow(permits, sender), |lost| format!("{lost} lost"));
        for number in 0..3 * MOST_LINES {
            writer.write(number.to_string());
        }
        drop(permit);
        let end = Instant::now() + Duration::from_secs(20);
        while writer.is_busy() {
            assert!(Instant::now() < end);
            thread::yield_now();
        }
        writer.write("last".to_owned());
        drop(writer);
        let text = String::from_utf8(written.try_iter().flatten().collect()).unwrap();
        assert!(text.contains(" lost\nlast\n"), "{}", text.len());
    }
}
