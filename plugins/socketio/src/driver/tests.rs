//! The driver as a whole, on a clock that stands still while anything is to be done.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use pulsewire_plugin_api::Host;
use serde_json::{Value as Json, json};
use tokio::{
    runtime::{Builder, Runtime},
    sync::watch,
    time::sleep_until,
};

use super::{
    Argument, Command, Outgoing, Outlet, Sender, Shared, connect::Connector, live::Context, mailbox,
    resolve::Resolver, subscriptions::Subscriptions, task, tls::Tls,
};
use crate::settings;
use engine::Engine;
use server::{Answer, Server};

mod defects;
mod engine;
mod hours;
mod server;

/// A started connection to a played server.
struct Played {
    runtime: Runtime,
    engine: Arc<Engine>,
    server: Arc<Server>,
    shared: Shared,
    commands: Sender,
    shutdown: watch::Sender<bool>,
    /// Threads that the runtime has started beside this one.
    threads: Arc<AtomicUsize>,
}

impl Played {
    fn new(answer: fn(Duration) -> Answer, mut fields: Json) -> Self {
        fields["name"] = json!("c");
        fields["url"] = json!("http://192.0.2.1");
        let threads = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&threads);
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .on_thread_start(move || {
                count.fetch_add(1, Ordering::Relaxed);
            })
            .build()
            .unwrap();
        let engine = Engine::new(fields);
        let host = Host::new(engine.clone());
        let settings = settings::read(&host).unwrap().remove("c").unwrap().unwrap();
        let server = runtime.block_on(async { Server::new(answer) });
        let (commands, mailbox) = mailbox();
        let (shutdown, is_over) = watch::channel(false);
        let shared = Shared::default();
        shared
            .load
            .set_limits(settings.send_buffer, settings.overflow, settings.max_pending_acks);
        let context = Context {
            name: "c".to_owned(),
            commands: mailbox,
            shutdown: is_over,
            load: Arc::clone(&shared.load),
            requests: Arc::clone(&shared.requests),
            status: Arc::clone(&shared.status),
            outlet: Outlet::new(&host, "c").unwrap(),
            subscriptions: Subscriptions::default(),
            connector: Connector {
                network: server.network(),
                resolver: Resolver::default(),
                tls: Arc::new(Tls::new(Arc::default(), "".into())),
            },
            is_established: false,
        };
        runtime.spawn(task::run(context));
        let subscribe = Command::Subscribe {
            namespace: "/".to_owned(),
            event: "news".into(),
        };
        assert_eq!(commands.send(subscribe), Ok(()));
        assert_eq!(commands.send(Command::Start(settings)), Ok(()));
        Self {
            runtime,
            engine,
            server,
            shared,
            commands,
            shutdown,
            threads,
        }
    }

    /// Lets the clock run to this second of the server's life; every ten seconds an event is sent.
    fn run_to(&self, end: u64) {
        let begin = self.server.begin();
        self.runtime.block_on(async {
            let mut now = begin.elapsed().as_secs();
            while now < end {
                let event = Outgoing::new(&"/".into(), &"n".into(), Argument::Text("x".into())).unwrap();
                let size = self.shared.load.reserve(2).unwrap();
                assert_eq!(self.commands.send(Command::Emit { event, size }), Ok(()));
                now += 10;
                sleep_until(begin + Duration::from_secs(now)).await;
            }
        });
    }

    fn tasks(&self) -> usize {
        self.runtime.metrics().num_alive_tasks()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
