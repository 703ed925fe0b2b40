//! The server's requests that may still be acknowledged: a handle for each, to be used once.
//!
//! The driver opens and ends them, a node takes one. So what cannot be acknowledged is an error of that node, at once.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use socketio_proto::RequestId;

/// Most open requests of a connection. A server that asks more, and is not answered, loses the oldest.
const MOST: usize = 10_000;

/// For so many it is remembered how they ended.
const REMEMBERED: usize = 1000;

/// Handles of all connections differ, so that none is mistaken for one of another. 0 is no handle.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// The requests of one connection.
#[derive(Default)]
pub(crate) struct Requests(Mutex<State>);

#[derive(Default)]
struct State {
    open: BTreeMap<u64, Open>,
    /// How the last ones ended, in their order.
    ended: VecDeque<(u64, RequestEnded)>,
}

/// One that waits to be acknowledged.
pub(crate) struct Open {
    pub(super) namespace: Arc<str>,
    pub(super) id: RequestId,
}

/// Why a request cannot be acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequestEnded {
    #[error("was acknowledged before")]
    Acknowledged,
    #[error("is over: the connection or the namespace on which it came has ended")]
    Disconnected,
    #[error("was dropped: more than {MOST} waited to be acknowledged")]
    Dropped,
    #[error("is unknown to this connection, or ended long ago")]
    Unknown,
}

impl Requests {
    /// A request came; returns its handle. `[driver-thread]`
    pub(super) fn open(&self, connection: &str, namespace: &Arc<str>, id: RequestId) -> u64 {
        let handle = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut state = self.state();
        let namespace = Arc::clone(namespace);
        state.open.insert(handle, Open { namespace, id });
        if state.open.len() > MOST {
            if let Some((oldest, dropped)) = state.open.pop_first() {
                log::warn!(
                    "connection `{connection}`: request {oldest} of namespace `{}` was dropped: more than {MOST} \
                     wait to be acknowledged",
                    dropped.namespace
                );
                state.end(oldest, RequestEnded::Dropped);
            }
        }
        handle
    }

    /// The request is acknowledged now; that works once. `[logic-thread]`
    pub(crate) fn take(&self, handle: u64) -> Result<Open, RequestEnded> {
        let mut state = self.state();
        if let Some(open) = state.open.remove(&handle) {
            state.end(handle, RequestEnded::Acknowledged);
            return Ok(open);
        }
        let ended = state.ended.iter().rev().find(|(ended, _)| *ended == handle);
        Err(ended.map_or(RequestEnded::Unknown, |(_, how)| *how))
    }

    /// The namespace is not joined any more; `None` is all of them. `[any-thread]`
    pub(crate) fn disconnect(&self, namespace: Option<&str>) {
        let mut state = self.state();
        let is_over = |open: &Open| namespace.is_none_or(|namespace| &*open.namespace == namespace);
        let over = state.open.iter().filter(|(_, open)| is_over(open));
        let over: Vec<u64> = over.map(|(handle, _)| *handle).collect();
        for handle in over {
            state.open.remove(&handle);
            state.end(handle, RequestEnded::Disconnected);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn end(&mut self, handle: u64, how: RequestEnded) {
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back((handle, how));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use socketio_proto::{Client, Config, Event, Frame};

    use super::*;

    /// Some request. Only the core can make one.
    fn id() -> RequestId {
        let now = Instant::now();
        let mut client = Client::new(Config::new(|| 0.0));
        client.join(now, "/", None).unwrap();
        client.connect(now);
        client.handle_opened(now);
        for text in [
            r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#,
            r#"40{"sid":"s"}"#,
            r#"420["q"]"#,
        ] {
            client.handle_frame(now, Frame::Text(text));
        }
        let mut events = std::iter::from_fn(|| client.poll_event());
        let request = events.find_map(|event| match event {
            Event::Message(message) => message.request,
            _ => None,
        });
        request.unwrap()
    }

    fn ended(requests: &Requests, handle: u64) -> Option<RequestEnded> {
        requests.take(handle).err()
    }

    #[test]
    fn a_handle_works_once() {
        let (requests, other) = (Requests::default(), Requests::default());
        let handle = requests.open("c", &"/".into(), id());
        assert_eq!(ended(&other, handle), Some(RequestEnded::Unknown));
        assert_eq!(ended(&requests, handle), None);
        assert_eq!(ended(&requests, handle), Some(RequestEnded::Acknowledged));
        assert_eq!(ended(&requests, 0), Some(RequestEnded::Unknown));
    }

    #[test]
    fn a_handle_ends_with_its_namespace() {
        let requests = Requests::default();
        let (root, room) = (Arc::from("/"), Arc::from("/room"));
        let (first, second) = (requests.open("c", &root, id()), requests.open("c", &room, id()));
        requests.disconnect(Some("/room"));
        assert_eq!(ended(&requests, second), Some(RequestEnded::Disconnected));
        let third = requests.open("c", &room, id());
        requests.disconnect(None);
        for handle in [first, third] {
            assert_eq!(ended(&requests, handle), Some(RequestEnded::Disconnected));
        }
    }

    #[test]
    fn the_oldest_of_too_many_is_dropped() {
        let requests = Requests::default();
        let (namespace, id) = (Arc::from("/"), id());
        let handles: Vec<u64> = (0..=MOST).map(|_| requests.open("c", &namespace, id)).collect();
        assert_eq!(ended(&requests, handles[0]), Some(RequestEnded::Dropped));
        assert_eq!(ended(&requests, handles[1]), None);
        requests.disconnect(None);
        assert!(requests.state().ended.len() <= REMEMBERED);
    }
}
