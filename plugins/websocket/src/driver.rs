//! The plugin's one thread: begun by the first Start, ended with the plugin.

use std::{
    convert::Infallible,
    io,
    sync::{Mutex, MutexGuard, PoisonError, mpsc as std_mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use pulsewire_plugin_api::PluginError;
use tokio::{
    runtime::{Builder, Handle},
    sync::{mpsc, oneshot},
    time::timeout,
};

/// How long connections may take to say goodbye; then they are dropped. `deactivate` has two seconds.
const GOODBYE: Duration = Duration::from_millis(1200);

/// How long `deactivate` waits for the thread, whatever happens there.
const PATIENCE: Duration = Duration::from_millis(1800);

/// The thread, if there is one. Used from the logic thread.
#[derive(Default)]
pub(crate) struct Driver(Mutex<Option<Running>>);

struct Running {
    runtime: Handle,
    /// Dropped to end the thread.
    shutdown: oneshot::Sender<Infallible>,
    /// Each task holds one; when all are gone, all tasks have ended.
    alive: mpsc::Sender<Infallible>,
    /// An error: the thread has nothing more to do.
    ended: std_mpsc::Receiver<Infallible>,
    thread: JoinHandle<()>,
}

impl Driver {
    /// Runs a connection's task, on the thread that is started for the first one.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let mut running = self.running();
        let running = match &mut *running {
            Some(running) => running,
            none => none.insert(Running::start()?),
        };
        let alive = running.alive.clone();
        running.runtime.spawn(async move {
            task.await;
            drop(alive);
        });
        Ok(())
    }

    /// Waits for all tasks, which have been stopped, and joins the thread. In at most two seconds.
    pub(crate) fn end(&self) -> Result<(), PluginError> {
        let running = self.running().take();
        running.map_or(Ok(()), Running::end)
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A plugin that was not deactivated must not leave its thread behind either.
impl Drop for Driver {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            log::error!("{error}");
        }
    }
}

impl Running {
    fn start() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let handle = runtime.handle().clone();
        let (shutdown, is_over) = oneshot::channel::<Infallible>();
        let (alive, mut all_ended) = mpsc::channel::<Infallible>(1);
        let (has_ended, ended) = std_mpsc::channel();
        let run = move || {
            runtime.block_on(async {
                // It ends when the sender is dropped.
                let _ = is_over.await;
                if timeout(GOODBYE, all_ended.recv()).await.is_err() {
                    log::warn!("connections were dropped because they took too long to close");
                }
            });
            // A lookup of a name that hangs is left to the system, and so is a file.
            runtime.shutdown_background();
            drop(has_ended);
        };
        let thread = thread::Builder::new().name("websocket".to_owned()).spawn(run)?;
        Ok(Self {
            runtime: handle,
            shutdown,
            alive,
            ended,
            thread,
        })
    }

    fn end(self) -> Result<(), PluginError> {
        drop((self.shutdown, self.alive));
        match self.ended.recv_timeout(PATIENCE) {
            Err(std_mpsc::RecvTimeoutError::Timeout) => {
                Err(PluginError::new("the network thread does not end"))
            }
            _ => (self.thread.join()).map_err(|_| PluginError::new("the network thread panicked")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn thread_that_hangs_is_left_in_time() {
        let driver = Driver::default();
        let (gate, closed) = std_mpsc::channel::<()>();
        let (hangs, has_begun) = std_mpsc::channel();
        let task = async move {
            hangs.send(()).unwrap();
            let _ = closed.recv();
        };
        driver.spawn(task).unwrap();
        has_begun.recv().unwrap();
        let begin = Instant::now();
        let error = driver.end().unwrap_err().to_string();
        assert!(error.contains("does not end"), "{error}");
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        drop(gate);
    }
}
