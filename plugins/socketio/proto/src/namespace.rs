//! The namespaces that the application wants, and how far each one is on the present connection.
//!
//! Their send buffers live as long as they do, across connections. All else is reset when the connection ends.

use std::{borrow::Cow, sync::Arc, time::Instant};

use crate::{
    Config, JoinError, Limits, Message, buffer::Buffer, encode::Encoded, recovery::Recovery, retry::Retry,
};

/// Tells namespaces apart even if one is left and another of the same name is joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NamespaceId(u64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Refused or disconnected by the server. Waits for the application.
    Inactive,
    /// To be joined as soon as the connection permits.
    Wanted,
    /// CONNECT is queued or sent. `deadline` is when its missing reply is reported, `None` for never.
    Connecting { deadline: Option<Instant> },
    /// The missing reply was reported. A late one is still welcome.
    Overdue,
    /// The server has replied. Only now may anything be written to it.
    Joined,
}

pub(crate) struct Namespace {
    pub(crate) id: NamespaceId,
    pub(crate) name: Arc<str>,
    /// JSON of an object for the CONNECT payload.
    pub(crate) auth: Option<String>,
    pub(crate) state: State,
    /// The id of the next acknowledgement that is asked for.
    pub(crate) next_ack: u64,
    /// How often it was joined, or tried to be. An answer to what the server asked before is void.
    pub(crate) joins: u64,
    /// What waits to be sent, joined or not.
    pub(crate) outgoing: Buffer<Encoded>,
    /// What is sent again until the server has acknowledged it; the first one may be under way.
    pub(crate) unacknowledged: Buffer<Retry>,
    /// Events that came ahead of the CONNECT reply.
    pub(crate) early: Buffer<Message>,
    /// What the server offers to restore.
    pub(crate) recovery: Option<Recovery>,
}

impl Namespace {
    pub(crate) fn is_active(&self) -> bool {
        self.state != State::Inactive
    }

    pub(crate) fn is_joined(&self) -> bool {
        self.state == State::Joined
    }

    /// Whether the reply to CONNECT is out.
    pub(crate) fn is_connecting(&self) -> bool {
        matches!(self.state, State::Connecting { .. } | State::Overdue)
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.state {
            State::Connecting { deadline } => deadline,
            _ => None,
        }
    }

    /// The server has replied to CONNECT. Says whether it has restored the session.
    pub(crate) fn resume(&mut self, pid: Option<&str>) -> bool {
        let (recovery, is_recovered) = Recovery::next(self.recovery.take(), pid);
        self.recovery = recovery;
        is_recovered
    }

    /// The payload of its CONNECT.
    pub(crate) fn payload(&self) -> Option<Cow<'_, str>> {
        let auth = self.auth.as_deref();
        match &self.recovery {
            Some(recovery) => Some(recovery.payload(auth).into()),
            None => auth.map(Cow::Borrowed),
        }
    }

    /// Entries of its buffers, and itself.
    pub(crate) fn held(&self) -> usize {
        1 + self.outgoing.len() + self.unacknowledged.len() + self.early.len()
    }

    /// What waits to be sent. An event that waits for its acknowledgement only does not.
    pub(crate) fn waiting(&self) -> Limits {
        let first = self.unacknowledged.iter().next();
        let under_way = first.filter(|retry| retry.in_flight.is_some());
        let count = self.outgoing.len() + self.unacknowledged.len();
        let bytes = self.outgoing.bytes() + self.unacknowledged.bytes();
        Limits {
            packets: count - usize::from(under_way.is_some()),
            bytes: bytes - under_way.map_or(0, |retry| retry.packet().size()),
        }
    }

    /// The connection is gone.
    pub(crate) fn reset(&mut self) {
        if self.is_active() {
            self.state = State::Wanted;
        }
        self.early.clear();
        self.outgoing.retain(|packet| !packet.is_fleeting);
    }
}

/// All namespaces, in the order of their creation.
#[derive(Default)]
pub(crate) struct Namespaces {
    list: Vec<Namespace>,
    next_id: u64,
}

impl Namespaces {
    pub(crate) fn find(&mut self, name: &str) -> Option<&mut Namespace> {
        self.list.iter_mut().find(|namespace| &*namespace.name == name)
    }

    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|namespace| &*namespace.name == name)
    }

    /// The namespace at a [`position`](Self::position).
    pub(crate) fn at(&mut self, position: usize) -> &mut Namespace {
        &mut self.list[position]
    }

    pub(crate) fn by_id(&mut self, id: NamespaceId) -> Option<&mut Namespace> {
        self.list.iter_mut().find(|namespace| namespace.id == id)
    }

    pub(crate) fn create(&mut self, name: &str, auth: Option<String>, config: &Config) {
        let id = NamespaceId(self.next_id);
        self.next_id += 1;
        self.list.push(Namespace {
            id,
            name: name.into(),
            auth,
            state: State::Wanted,
            next_ack: 0,
            joins: 0,
            outgoing: Buffer::new(config.send_buffer),
            unacknowledged: Buffer::new(config.send_buffer),
            early: Buffer::new(config.receive_buffer),
            recovery: None,
        });
    }

    pub(crate) fn remove(&mut self, name: &str) -> Option<Namespace> {
        let position = self.position(name)?;
        Some(self.list.remove(position))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Namespace> {
        self.list.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Namespace> {
        self.list.iter_mut()
    }

    pub(crate) fn any_active(&self) -> bool {
        self.list.iter().any(Namespace::is_active)
    }

    pub(crate) fn any_joined(&self) -> bool {
        self.list.iter().any(Namespace::is_joined)
    }

    /// Whether a connection is of use: one is joined, or its reply is still awaited.
    pub(crate) fn any_hopeful(&self) -> bool {
        self.list
            .iter()
            .any(|namespace| matches!(namespace.state, State::Joined | State::Connecting { .. }))
    }
}

/// The name as the protocol has it: `admin` is `/admin`, nothing is `/`.
pub fn normalize(name: &str) -> Cow<'_, str> {
    if name.starts_with('/') {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(format!("/{name}"))
    }
}

/// Checks what the wire cannot carry. Gives the JSON of the auth.
pub(crate) fn check(name: &str, auth: Option<serde_json::Value>) -> Result<Option<String>, JoinError> {
    if name.contains(',') {
        return Err(JoinError::InvalidName(name.to_owned()));
    }
    match auth {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(auth) if auth.is_object() => Ok(Some(auth.to_string())),
        Some(_) => Err(JoinError::InvalidAuth(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_get_their_slash() {
        assert_eq!(normalize(""), "/");
        assert_eq!(normalize("/"), "/");
        assert_eq!(normalize("admin"), "/admin");
        assert_eq!(normalize("/admin"), "/admin");
    }

    #[test]
    fn what_the_wire_cannot_carry_is_refused() {
        assert_eq!(check("/a,b", None), Err(JoinError::InvalidName("/a,b".into())));
        assert_eq!(
            check("/a", Some(json!("token"))),
            Err(JoinError::InvalidAuth("/a".into()))
        );
        assert_eq!(check("/a", Some(json!(null))), Ok(None));
        assert_eq!(check("/a", Some(json!({"t": 1}))), Ok(Some(r#"{"t":1}"#.into())));
    }
}
