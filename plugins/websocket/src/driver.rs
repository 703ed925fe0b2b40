//! The plugin's one thread: begun by the first Start, ended with the plugin.

use std::{
    convert::Infallible,
    io,
    sync::{Mutex, MutexGuard, PoisonError},
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

/// The thread, if there is one. Used from the logic thread.
#[derive(Default)]
pub(crate) struct Driver(Mutex<Option<Running>>);

struct Running {
    runtime: Handle,
    /// Dropped to end the thread.
    shutdown: oneshot::Sender<Infallible>,
    /// Each task holds one; when all are gone, all tasks have ended.
    alive: mpsc::Sender<Infallible>,
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

    /// Waits for all tasks, which have been stopped, and joins the thread.
    pub(crate) fn end(&self) -> Result<(), PluginError> {
        let Some(running) = self.running().take() else {
            return Ok(());
        };
        let Running {
            shutdown,
            alive,
            thread,
            ..
        } = running;
        drop((shutdown, alive));
        let joined = thread.join();
        joined.map_err(|_| PluginError::new("the network thread panicked"))
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
        let run = move || {
            runtime.block_on(async {
                // It ends when the sender is dropped.
                let _ = is_over.await;
                if timeout(GOODBYE, all_ended.recv()).await.is_err() {
                    log::warn!("connections were dropped because they took too long to close");
                }
            });
            // A lookup of a name that hangs is left to the system.
            runtime.shutdown_background();
        };
        let thread = thread::Builder::new().name("websocket".to_owned()).spawn(run)?;
        Ok(Self {
            runtime: handle,
            shutdown,
            alive,
            thread,
        })
    }
}
