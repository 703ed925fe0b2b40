//! The driver's thread: started by the first connection, ended with the plugin.

use std::{
    convert::Infallible,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc as std_mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use tokio::{
    runtime::{Builder, Handle},
    sync::{mpsc, watch},
    time::timeout,
};

use super::{
    Shared,
    connect::Connector,
    live::Context,
    mailbox::Mailbox,
    network::Network,
    outlet::Outlet,
    resolve::Resolver,
    subscriptions::Subscriptions,
    task,
    tls::{SystemRoots, Tls},
};

/// The name of the thread, as the system shows it.
const NAME: &str = "socketio";

/// How long connections may take to say goodbye; then they are dropped.
const GOODBYE: Duration = Duration::from_millis(1600);

/// How long `deactivate` waits for the thread. Two seconds are allowed.
const PATIENCE: Duration = Duration::from_millis(1900);

/// Why there is no driver.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DriverError {
    #[error("the network thread cannot be started: {0}")]
    Start(#[source] io::Error),
    #[error("the plugin was deactivated")]
    Ended,
    #[error("the network thread does not end")]
    Stuck,
    #[error("the network thread panicked")]
    Panicked,
    #[error("{0}")]
    Host(String),
}

/// The thread, if there is one. Used from the logic thread.
pub(crate) struct Driver {
    state: Mutex<State>,
    roots: Arc<SystemRoots>,
    resolver: Resolver,
}

enum State {
    Idle,
    Running(Running),
    Ended,
}

struct Running {
    runtime: Handle,
    shutdown: watch::Sender<bool>,
    /// Each task holds one; when all are gone, all tasks have ended.
    alive: mpsc::Sender<Infallible>,
    ended: std_mpsc::Receiver<()>,
    thread: JoinHandle<()>,
}

impl Driver {
    pub(crate) fn new() -> Self {
        Self {
            state: Mutex::new(State::Idle),
            roots: Arc::default(),
            resolver: Resolver::default(),
        }
    }

    /// Starts the task of a connection, and the thread for the first one. `folder` is the project's.
    pub(crate) fn connect_task(
        &self,
        name: &str,
        commands: Mailbox,
        shared: Shared,
        outlet: Outlet,
        folder: PathBuf,
    ) -> Result<(), DriverError> {
        let mut state = self.state();
        if let State::Idle = *state {
            *state = State::Running(Running::start().map_err(DriverError::Start)?);
        }
        let State::Running(running) = &*state else {
            return Err(DriverError::Ended);
        };
        let context = Context {
            name: name.to_owned(),
            commands,
            shutdown: running.shutdown.subscribe(),
            load: shared.load,
            requests: shared.requests,
            status: shared.status,
            outlet,
            subscriptions: Subscriptions::default(),
            connector: Connector {
                network: Network::Tcp,
                resolver: self.resolver.clone(),
                tls: Arc::new(Tls::new(Arc::clone(&self.roots), folder)),
            },
            is_established: false,
        };
        let alive = running.alive.clone();
        running.runtime.spawn(async move {
            task::run(context).await;
            drop(alive);
        });
        Ok(())
    }

    /// Ends all connections politely, then the thread, and joins it. In at most two seconds.
    pub(crate) fn end(&self) -> Result<(), DriverError> {
        match std::mem::replace(&mut *self.state(), State::Ended) {
            State::Running(running) => running.end(),
            State::Idle | State::Ended => Ok(()),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
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
        let (shutdown, mut is_over) = watch::channel(false);
        let (alive, mut all_ended) = mpsc::channel(1);
        let (has_ended, ended) = std_mpsc::channel();
        let thread = thread::Builder::new().name(NAME.to_owned()).spawn(move || {
            runtime.block_on(async {
                // An error means that the driver is gone, which is an end too.
                let _ = is_over.wait_for(|is_over| *is_over).await;
                if timeout(GOODBYE, all_ended.recv()).await.is_err() {
                    log::warn!("connections were dropped because they took too long to close");
                }
            });
            drop(runtime);
            // Nobody may be waiting any more.
            let _ = has_ended.send(());
        })?;
        Ok(Self {
            runtime: handle,
            shutdown,
            alive,
            ended,
            thread,
        })
    }

    fn end(self) -> Result<(), DriverError> {
        let Self {
            runtime,
            shutdown,
            alive,
            ended,
            thread,
        } = self;
        drop((runtime, alive));
        // Without a receiver the thread has ended already.
        let _ = shutdown.send(true);
        if let Err(std_mpsc::RecvTimeoutError::Timeout) = ended.recv_timeout(PATIENCE) {
            return Err(DriverError::Stuck);
        }
        thread.join().map_err(|_| DriverError::Panicked)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_lookup_that_hangs_does_not_keep_the_thread() {
        let (gate, closed) = std_mpsc::channel::<()>();
        let closed = Mutex::new(closed);
        let resolver = Resolver::with(move |_| {
            let _ = closed.lock().unwrap_or_else(PoisonError::into_inner).recv();
            Ok(Vec::new())
        });
        let running = Running::start().unwrap();
        let (alive, has_begun) = (running.alive.clone(), std_mpsc::channel());
        running.runtime.spawn(async move {
            has_begun.0.send(()).unwrap();
            // Longer than any real task, which looks for the end while it waits.
            let _ = resolver.resolve("h", 1).await;
            drop(alive);
        });
        has_begun.1.recv().unwrap();
        let begin = Instant::now();
        running.end().unwrap();
        assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
        drop(gate);
    }
}
