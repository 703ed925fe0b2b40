//! The thread, its doors and what passed through them.

use std::{
    cell::Cell,
    io,
    net::SocketAddr,
    rc::Rc,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{self, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tokio::{
    net::{TcpListener, TcpStream},
    runtime,
    sync::{oneshot, watch},
    task::LocalSet,
};

use crate::{
    plan::{End, Plan},
    pump::{Budget, pump},
};

/// What happens behind a door.
enum Script {
    /// To each connection, by its number.
    Each(Box<dyn Fn(usize) -> Plan + Send>),
    /// To all connections as if they were one.
    Together(Plan),
}

/// The proxy of one server. Dropping it ends all its connections.
pub struct Chaos {
    server: SocketAddr,
    doors: tokio::sync::mpsc::UnboundedSender<NewDoor>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct NewDoor {
    script: Script,
    ledger: Arc<Ledger>,
    cuts: watch::Receiver<usize>,
    opened: Sender<io::Result<SocketAddr>>,
}

/// A port with a script of its own. Connections are counted from 0.
pub struct Door {
    address: SocketAddr,
    cuts: watch::Sender<usize>,
    ledger: Arc<Ledger>,
}

/// What happened at a door so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// For each connection, in their order: bytes that passed to the server, and to the client.
    pub passed: Vec<[u64; 2]>,
    /// Connections that the script has ended, or stalled.
    pub broken: usize,
    /// Connections that are over.
    pub over: usize,
}

#[derive(Default)]
struct Ledger {
    traffic: Mutex<Traffic>,
    changed: Condvar,
}

impl Ledger {
    fn lock(&self) -> MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note<R>(&self, change: impl FnOnce(&mut Traffic) -> R) -> R {
        let changed = change(&mut self.lock());
        self.changed.notify_all();
        changed
    }
}

impl Chaos {
    /// In front of this server, which need not be there yet.
    ///
    /// # Errors
    /// When the thread cannot be made.
    pub fn to(server: SocketAddr) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let (doors, mut new_doors) = tokio::sync::mpsc::unbounded_channel::<NewDoor>();
        let (end, ended) = oneshot::channel::<()>();
        let thread = thread::Builder::new().name("chaos".to_owned()).spawn(move || {
            let tasks = LocalSet::new();
            let serve = async {
                while let Some(door) = new_doors.recv().await {
                    tokio::task::spawn_local(listen(door, server));
                }
            };
            tasks.block_on(&runtime, async {
                tokio::select! {
                    () = serve => {}
                    _ = ended => {}
                }
            });
        })?;
        Ok(Self {
            server,
            doors,
            end: Some(end),
            thread: Some(thread),
        })
    }

    /// The server.
    pub fn server(&self) -> SocketAddr {
        self.server
    }

    /// A port of its own for this script, which is asked for each connection. It stays open as long as the proxy does.
    ///
    /// # Errors
    /// When there is no port left.
    pub fn open(&self, script: impl Fn(usize) -> Plan + Send + 'static) -> io::Result<Door> {
        self.open_script(Script::Each(Box::new(script)))
    }

    /// A port of its own for a conversation of several connections: an end of the plan comes after so many bytes of all of
    /// them together, once, to the connection that carries the last one. Connections that are opened later are calm.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_conversation(&self, plan: Plan) -> io::Result<Door> {
        self.open_script(Script::Together(plan))
    }

    fn open_script(&self, script: Script) -> io::Result<Door> {
        let ledger = Arc::<Ledger>::default();
        let (opened, address) = mpsc::channel();
        let (cuts, heard) = watch::channel(0);
        let door = NewDoor {
            script,
            ledger: Arc::clone(&ledger),
            cuts: heard,
            opened,
        };
        let gone = || io::Error::other("the proxy's thread is gone");
        self.doors.send(door).map_err(|_| gone())?;
        let address = address.recv().map_err(|_| gone())??;
        Ok(Door {
            address,
            cuts,
            ledger,
        })
    }
}

impl Drop for Chaos {
    fn drop(&mut self) {
        self.end.take();
        if let Some(thread) = self.thread.take() {
            // It failed only if it panicked, which has been shown.
            let _ = thread.join();
        }
    }
}

impl Door {
    /// Where clients connect to.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Closes all connections that there are, on both sides.
    pub fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }

    /// What happened so far.
    pub fn traffic(&self) -> Traffic {
        self.ledger.lock().clone()
    }

    /// Waits until this holds of what happened; `None` if it does not in time.
    pub fn wait(&self, within: Duration, holds: impl Fn(&Traffic) -> bool) -> Option<Traffic> {
        let deadline = Instant::now() + within;
        let mut traffic = self.ledger.lock();
        while !holds(&traffic) {
            let left = deadline.checked_duration_since(Instant::now())?;
            let woken = self.ledger.changed.wait_timeout(traffic, left);
            traffic = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        Some(traffic.clone())
    }
}

async fn listen(door: NewDoor, server: SocketAddr) {
    let NewDoor {
        script,
        ledger,
        mut cuts,
        opened,
    } = door;
    let listener = match TcpListener::bind(("127.0.0.1", 0)).await {
        Ok(listener) => listener,
        Err(error) => return drop(opened.send(Err(error))),
    };
    // Nobody waits any more if the caller is gone.
    let _ = opened.send(listener.local_addr());
    let shared = match &script {
        Script::Each(_) => None,
        Script::Together(plan) => Some((plan.clone(), budgets(plan))),
    };
    while let Ok((client, _)) = listener.accept().await {
        cuts.borrow_and_update();
        let number = ledger.note(|traffic| {
            traffic.passed.push([0, 0]);
            traffic.passed.len() - 1
        });
        let (plan, budgets) = match (&script, &shared) {
            (Script::Each(script), _) => {
                let plan = script(number);
                let budgets = budgets(&plan);
                (plan, budgets)
            }
            (Script::Together(_), Some((plan, budgets))) if !has_ended(plan, budgets) => {
                (plan.clone(), budgets.clone())
            }
            (Script::Together(_), _) => (Plan::calm(), budgets(&Plan::calm())),
        };
        let (ledger, mut cuts) = (Arc::clone(&ledger), cuts.clone());
        tokio::task::spawn_local(async move {
            tokio::select! {
                // Whatever fails here fails for both sides, who see the end of their connection.
                _ = connect(client, server, &plan, budgets, number, &ledger) => {}
                Ok(()) = cuts.changed() => ledger.note(|traffic| traffic.broken += 1),
            }
            ledger.note(|traffic| traffic.over += 1);
        });
    }
}

/// What may pass to the server, and to the client.
fn budgets(plan: &Plan) -> [Budget; 2] {
    [&plan.to_server, &plan.to_client].map(|flow| Rc::new(Cell::new(flow.end)))
}

/// Whether an end of the plan has come.
fn has_ended(plan: &Plan, budgets: &[Budget; 2]) -> bool {
    let is_over = |end: Option<_>, budget: &Budget| end.is_some() && budget.get().is_none();
    is_over(plan.to_server.end, &budgets[0]) || is_over(plan.to_client.end, &budgets[1])
}

/// One connection to its end.
async fn connect(
    mut client: TcpStream,
    server: SocketAddr,
    plan: &Plan,
    [may_go_up, may_go_down]: [Budget; 2],
    number: usize,
    ledger: &Ledger,
) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let end = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let passed = |way: usize| {
            move |count: usize| ledger.note(|traffic| traffic.passed[number][way] += count as u64)
        };
        let up = pump(from_client, to_server, &plan.to_server, may_go_up, passed(0));
        let down = pump(from_server, to_client, &plan.to_client, may_go_down, passed(1));
        tokio::pin!(up, down);
        // One way may end while the other goes on: a half-closed stream, or a stall.
        let (first, is_up) = tokio::select! {
            end = &mut up => (end?, true),
            end = &mut down => (end?, false),
        };
        match first {
            None | Some(End::Stall) => {
                if first.is_some() {
                    ledger.note(|traffic| traffic.broken += 1);
                }
                let second = if is_up { down.await? } else { up.await? };
                // A stalled way ends with the other; two that stall end with nothing but the proxy.
                match second {
                    Some(End::Stall) => {
                        if first.is_none() {
                            ledger.note(|traffic| traffic.broken += 1);
                        }
                        std::future::pending().await
                    }
                    second => second,
                }
            }
            some => some,
        }
    };
    if let Some(end) = end {
        if end == End::Reset {
            client.set_zero_linger()?;
            server.set_zero_linger()?;
        }
        drop((client, server));
        ledger.note(|traffic| traffic.broken += 1);
    }
    Ok(())
}
