//! What a plugin prints to stdout, where the project's console goes and nothing else.

use std::{
    io::{self, Read},
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, channel},
    },
    thread,
    time::Duration,
};

use super::sandbox;

/// How long what is in the pipe may take to be counted.
const LAST: Duration = Duration::from_millis(200);

/// Counts what is printed, and lets it go.
pub(super) struct Printed {
    bytes: Arc<AtomicU64>,
    end: Receiver<()>,
}

impl Printed {
    /// From now on stdout is a pipe to this process itself.
    ///
    /// # Errors
    /// The system has no pipe, or it can't take the place of stdout.
    pub(super) fn count() -> io::Result<Self> {
        let (pipe, stdout) = io::pipe()?;
        let mut pipe = sandbox::out_of_reach(pipe);
        become_stdout(&stdout)?;
        let bytes = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&bytes);
        let (sender, end) = channel();
        thread::Builder::new().spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut piece) {
                counted.fetch_add(count as u64, Ordering::Relaxed);
            }
            // A library that closes all files has closed it too, and what is closed must not be closed again.
            mem::forget(pipe);
            // Nobody waits for it if a process of the plugin holds the pipe open.
            let _ = sender.send(());
        })?;
        Ok(Self { bytes, end })
    }

    /// How many bytes there were; stdout leads nowhere afterwards.
    pub(super) fn end(self) -> u64 {
        if let Ok(nowhere) = std::fs::OpenOptions::new().write(true).open("/dev/null") {
            let _ = become_stdout(&nowhere);
        }
        let _ = self.end.recv_timeout(LAST);
        self.bytes.load(Ordering::Relaxed)
    }
}

#[cfg(unix)]
fn become_stdout(file: &impl std::os::fd::AsFd) -> io::Result<()> {
    Ok(rustix::stdio::dup2_stdout(file)?)
}

#[cfg(not(unix))]
fn become_stdout<T>(_: &T) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
