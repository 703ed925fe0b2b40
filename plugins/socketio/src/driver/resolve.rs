//! Looking up names with the system's resolver, which can neither be awaited nor cancelled.
//!
//! So each lookup has a thread. Whoever gives up waiting leaves it behind; the next one to ask for the same name takes
//! over its result, so that a resolver that hangs holds one thread for each connection, not one for each attempt. Such a
//! thread may outlive the plugin by the system's own time limit: it touches nothing of the host.

use std::{
    io,
    net::{SocketAddr, ToSocketAddrs},
    sync::Arc,
    thread,
};

use tokio::sync::{Mutex, oneshot};

type Found = io::Result<Vec<SocketAddr>>;

/// The lookups of one connection.
#[derive(Clone, Default)]
pub(super) struct Resolver {
    pending: Arc<Mutex<Option<Lookup>>>,
}

struct Lookup {
    name: String,
    port: u16,
    found: oneshot::Receiver<Found>,
}

impl Resolver {
    /// The addresses of a name. Cancel-safe.
    pub(super) async fn resolve(&self, name: &str, port: u16) -> Found {
        let mut pending = self.pending.lock().await;
        if !(pending.as_ref()).is_some_and(|lookup| lookup.name == name && lookup.port == port) {
            *pending = Some(Lookup {
                name: name.to_owned(),
                port,
                found: look_up(name.to_owned(), port)?,
            });
        }
        let found = match pending.as_mut() {
            Some(lookup) => (&mut lookup.found).await,
            None => return Err(io::Error::other("no lookup is under way")),
        };
        *pending = None;
        found.unwrap_or_else(|_| Err(io::Error::other("the lookup failed")))
    }
}

fn look_up(name: String, port: u16) -> io::Result<oneshot::Receiver<Found>> {
    let (sender, receiver) = oneshot::channel();
    thread::Builder::new()
        .name("socketio-dns".to_owned())
        .spawn(move || {
            let found = (name.as_str(), port).to_socket_addrs().map(Iterator::collect);
            // Nobody may wait for it any more.
            let _ = sender.send(found);
        })?;
    Ok(receiver)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

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
        let resolver = Resolver::default();
        let (sender, found) = oneshot::channel();
        *resolver.pending.lock().await = Some(Lookup {
            name: "h".to_owned(),
            port: 1,
            found,
        });
        assert!(resolver.resolve("h", 1).now_or_never().is_none());
        sender.send(Ok(vec![([127, 0, 0, 1], 1).into()])).unwrap();
        assert_eq!(resolver.resolve("h", 1).await.unwrap().len(), 1);
        assert!(resolver.pending.lock().await.is_none());
    }
}
