//! Looking up names with the system's resolver, which can neither be awaited nor cancelled.
//!
//! So each lookup has a thread, and whoever gives up waiting leaves it behind. A name is looked up once at a time, for
//! all that ask, and so many names at most: a resolver that hangs costs a bounded number of threads, however many
//! connections try and however often. Such a thread may outlive the plugin by the system's own time limit: it touches
//! nothing of the host.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Most lookups at a time; further names wait.
const LOOKUPS: usize = 16;

/// Addresses, or the system's words.
type Found = Result<Vec<IpAddr>, String>;

/// The system's lookup; blocks.
type LookUp = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

/// The lookups of all connections.
#[derive(Clone)]
pub(super) struct Resolver(Arc<Shared>);

struct Shared {
    /// By name; those that are under way.
    pending: Mutex<HashMap<String, watch::Receiver<Option<Found>>>>,
    slots: Arc<Semaphore>,
    look_up: Box<LookUp>,
}

impl Default for Resolver {
    fn default() -> Self {
        Self::with(|name| {
            let found = (name, 0).to_socket_addrs()?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

impl Resolver {
    pub(super) fn with(look_up: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared {
            pending: Mutex::default(),
            slots: Arc::new(Semaphore::new(LOOKUPS)),
            look_up: Box::new(look_up),
        }))
    }

    /// The addresses of a name; none is an error of the caller's. Cancel-safe.
    pub(super) async fn resolve(&self, name: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
        let failed = || "the lookup failed".to_owned();
        let under_way = self.0.pending().get(name).cloned();
        let mut found = match under_way {
            Some(found) => found,
            None => {
                let slot = Arc::clone(&self.0.slots).acquire_owned().await;
                self.begin(name, slot.map_err(|_| failed())?)?
            }
        };
        // Without a sender and a result, the thread has panicked.
        let found = found.wait_for(Option::is_some).await.map_err(|_| failed())?;
        let addresses = found.clone().unwrap_or_else(|| Err(failed()))?;
        let with_port = |address| SocketAddr::new(address, port);
        Ok(addresses.into_iter().map(with_port).collect())
    }

    /// Starts a lookup, unless somebody was faster.
    fn begin(
        &self,
        name: &str,
        slot: OwnedSemaphorePermit,
    ) -> Result<watch::Receiver<Option<Found>>, String> {
        let mut pending = self.0.pending();
        if let Some(found) = pending.get(name) {
            return Ok(found.clone());
        }
        let (sender, receiver) = watch::channel(None);
        pending.insert(name.to_owned(), receiver.clone());
        // A thread that cannot be started gives its place up here, under the same lock.
        drop(pending);
        let under_way = UnderWay {
            name: name.to_owned(),
            shared: Arc::clone(&self.0),
            _slot: slot,
        };
        thread::Builder::new()
            .name("socketio-dns".to_owned())
            .spawn(move || {
                let found = (under_way.shared.look_up)(&under_way.name);
                // Whoever asks from now on asks anew.
                drop(under_way);
                sender.send_replace(Some(found.map_err(|error| error.to_string())));
            })
            .map_err(|error| error.to_string())?;
        Ok(receiver)
    }
}

impl Shared {
    fn pending(&self) -> MutexGuard<'_, HashMap<String, watch::Receiver<Option<Found>>>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lookup's place, given up when its thread ends, however that is.
struct UnderWay {
    name: String,
    shared: Arc<Shared>,
    _slot: OwnedSemaphorePermit,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.shared.pending().remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    };

    use futures_util::{FutureExt, future::join_all};

    use super::*;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    /// A resolver that hangs until the gate is dropped, and how many lookups it has begun.
    fn hanging() -> (Resolver, mpsc::Sender<()>, Arc<AtomicUsize>) {
        let (gate, closed) = mpsc::channel::<()>();
        let (closed, begun) = (Mutex::new(closed), Arc::<AtomicUsize>::default());
        let count = Arc::clone(&begun);
        let resolver = Resolver::with(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
            let _ = closed.lock().unwrap_or_else(PoisonError::into_inner).recv();
            Ok(vec![HOME])
        });
        (resolver, gate, begun)
    }

    #[tokio::test]
    async fn localhost_has_an_address() {
        let found = Resolver::default().resolve("localhost", 7).await.unwrap();
        assert!(
            found
                .iter()
                .any(|address| address.ip().is_loopback() && address.port() == 7)
        );
    }

    #[tokio::test]
    async fn a_name_that_cannot_exist_is_an_error() {
        assert!(Resolver::default().resolve("no such host", 1).await.is_err());
    }

    #[tokio::test]
    async fn an_abandoned_lookup_is_taken_over() {
        let (resolver, gate, begun) = hanging();
        for port in 1..100 {
            assert!(resolver.resolve("h", port).now_or_never().is_none());
        }
        let other = resolver.clone();
        let found = tokio::spawn(async move { other.resolve("h", 5).await });
        // It asks before the lookup ends, not after.
        tokio::task::yield_now().await;
        drop(gate);
        assert_eq!(found.await.unwrap(), Ok(vec![SocketAddr::new(HOME, 5)]));
        assert_eq!(begun.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_finished_lookup_is_not_kept() {
        let (resolver, gate, begun) = hanging();
        drop(gate);
        for _ in 0..3 {
            resolver.resolve("h", 1).await.unwrap();
        }
        assert_eq!(begun.load(Ordering::SeqCst), 3);
        assert!(resolver.0.pending().is_empty());
    }

    #[tokio::test]
    async fn a_resolver_that_hangs_costs_a_bounded_number_of_threads() {
        // All threads that there are meet here, so that the test knows of them; more would not come together.
        let meeting = Arc::new(Barrier::new(LOOKUPS + 1));
        let (now, most) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let (inside, at_most, meet) = (now.clone(), most.clone(), meeting.clone());
        let resolver = Resolver::with(move |_| {
            let count = inside.fetch_add(1, Ordering::SeqCst) + 1;
            at_most.fetch_max(count, Ordering::SeqCst);
            meet.wait();
            inside.fetch_sub(1, Ordering::SeqCst);
            Ok(vec![HOME])
        });
        let names: Vec<String> = (0..LOOKUPS * 4).map(|number| format!("h{number}")).collect();
        // Asked for again and again, and given up.
        for _ in 0..10 {
            for name in &names {
                assert!(resolver.resolve(name, 1).now_or_never().is_none());
            }
        }
        let mut all = Box::pin(join_all(names.iter().map(|name| resolver.resolve(name, 1))));
        // All have asked before the first lookup ends: each name is looked up once, in four rounds.
        assert!(all.as_mut().now_or_never().is_none());
        let doors = thread::spawn(move || {
            for _ in 0..4 {
                meeting.wait();
            }
        });
        let all = all.await;
        assert!(all.iter().all(Result::is_ok));
        doors.join().unwrap();
        assert_eq!(most.load(Ordering::SeqCst), LOOKUPS);
    }

    #[tokio::test]
    async fn a_lookup_that_panics_is_an_error_and_leaves_nothing() {
        let resolver = Resolver::with(|_| panic!("a defect"));
        for _ in 0..LOOKUPS + 1 {
            assert!(resolver.resolve("h", 1).await.is_err());
        }
        assert_eq!(resolver.0.slots.available_permits(), LOOKUPS);
    }
}
