//! Acknowledgements, above all those that the server owes us (socket.io-protocol v5, "Acknowledgement").
//!
//! The ids of a namespace count up and its send buffer keeps their order. So the first id that still waits in the buffer
//! parts those whose packet was written, which end with the connection, from those that survive it.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use crate::namespace::NamespaceId;

/// Names one acknowledgement that was asked for. Never given twice by the same client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AckId {
    pub(crate) namespace: NamespaceId,
    pub(crate) number: u64,
}

impl AckId {
    /// The number on the wire. Each namespace counts from 0; a reconnection does not reset it.
    pub fn number(self) -> u64 {
        self.number
    }
}

/// Names one request of the server, an event that wants an acknowledgement. Of no use once its namespace was left or lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId {
    pub(crate) namespace: NamespaceId,
    /// When the namespace was joined, see [`Namespace::joins`](crate::namespace::Namespace::joins).
    pub(crate) join: u64,
    pub(crate) number: u64,
}

impl RequestId {
    /// The number on the wire; servers start to count anew with each connection.
    pub fn number(self) -> u64 {
        self.number
    }
}

/// What is owed, in all namespaces together.
#[derive(Default)]
pub(crate) struct Acks {
    /// With the time limit of each; `None` is never.
    pending: BTreeMap<AckId, Option<Instant>>,
    /// The time limits again, the next one first.
    deadlines: BTreeSet<(Instant, AckId)>,
}

impl Acks {
    pub(crate) fn len(&self) -> usize {
        self.pending.len()
    }

    pub(crate) fn insert(&mut self, id: AckId, deadline: Option<Instant>) {
        self.pending.insert(id, deadline);
        self.deadlines.extend(deadline.map(|deadline| (deadline, id)));
    }

    /// It has ended. Says whether it was owed.
    pub(crate) fn remove(&mut self, id: AckId) -> bool {
        let Some(deadline) = self.pending.remove(&id) else {
            return false;
        };
        if let Some(deadline) = deadline {
            self.deadlines.remove(&(deadline, id));
        }
        true
    }

    /// When the next one times out.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadlines.first().map(|(deadline, _)| *deadline)
    }

    /// Ends those whose time is over; returns them in the order of their time limits.
    pub(crate) fn take_due(&mut self, now: Instant) -> Vec<AckId> {
        let mut due = Vec::new();
        while let Some((_, id)) = self.deadlines.first().filter(|(deadline, _)| *deadline <= now) {
            let id = *id;
            self.remove(id);
            due.push(id);
        }
        due
    }

    /// Ends those of a namespace with a number below `end`, all of them without one; returns them in their order.
    pub(crate) fn take_before(&mut self, namespace: NamespaceId, end: Option<u64>) -> Vec<AckId> {
        let id = |number| AckId { namespace, number };
        let owed = self.pending.range(id(0)..=id(u64::MAX));
        let ended: Vec<AckId> = owed
            .map(|(id, _)| *id)
            .take_while(|id| end.is_none_or(|end| id.number < end))
            .collect();
        for id in &ended {
            self.remove(*id);
        }
        ended
    }
}
