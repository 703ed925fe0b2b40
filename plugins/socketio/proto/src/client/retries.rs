//! Events that are sent until the server has acknowledged them, one at a time in each namespace (`Config::retries`).
//!
//! They wait in a queue of their own. Of the first one a copy is under way, with an id of its own: it is written like any
//! event, and dies with the connection. When that ends without an acknowledgement, the next copy follows, or the event has
//! failed. Every acknowledgement that is owed is that of a try then; the application's have ids that are never sent.

use std::time::{Duration, Instant};

use super::Client;
use crate::{
    AckId, AckOutcome, EmitError, Event,
    encode::Encoded,
    namespace::{Namespace, NamespaceId},
    retry::Retry,
};

impl Client {
    /// Lets an event wait for its turn to be sent, and sent again.
    pub(super) fn queue_retry(
        &mut self,
        now: Instant,
        position: usize,
        mut packet: Encoded,
        asker: Option<u64>,
        timeout: Duration,
    ) -> Result<(), EmitError> {
        self.check_name(&packet)?;
        packet.place = self.next_place;
        self.next_place += 1;
        let namespace = self.namespaces.at(position);
        let size = packet.size();
        let retry = Retry::new(packet, &namespace.name, asker, timeout);
        let waiting = &mut namespace.unacknowledged;
        waiting.push(retry, size).map_err(|_| EmitError::BufferFull {
            namespace: namespace.name.to_string(),
            packets: waiting.len(),
            bytes: waiting.bytes(),
        })?;
        self.send_next(now, position);
        self.lose_if_expired(now);
        Ok(())
    }

    /// Begins a try of the first event that waits in the namespace, unless one is under way.
    pub(super) fn send_next(&mut self, now: Instant, position: usize) {
        let namespace = self.namespaces.at(position);
        let Some(session) = self.session.as_mut().filter(|_| namespace.is_joined()) else {
            return;
        };
        let digits = namespace.next_ack.checked_ilog10().unwrap_or(0) as usize + 1;
        while let Some(retry) = namespace.unacknowledged.first_mut() {
            if retry.in_flight.is_some() {
                return;
            }
            let Some(error) = session.outbox.fault(retry.packet(), digits) else {
                let id = AckId {
                    namespace: namespace.id,
                    number: namespace.next_ack,
                };
                namespace.next_ack += 1;
                self.acks.insert(id, now.checked_add(retry.timeout));
                let packet = retry.begin(id.number);
                let size = packet.size();
                // One for each namespace: no bound is needed.
                namespace.outgoing.push_anyway(packet, size);
                session.outbox.push_turns(namespace, 1);
                return;
            };
            let asker = retry.asker;
            namespace.unacknowledged.pop();
            self.events.push_back(match asker {
                Some(number) => ended(namespace.id, number, AckOutcome::Unsent(error)),
                None => Event::Unsent {
                    namespace: namespace.name.clone(),
                    error,
                },
            });
        }
    }

    /// As [`send_next`](Self::send_next), wherever something waits.
    pub(super) fn send_next_everywhere(&mut self, now: Instant) {
        if self.config.retries.is_some() {
            for position in 0..self.namespaces.iter().count() {
                self.send_next(now, position);
            }
        }
    }

    /// A try has ended. With it the event has, if the server has acknowledged it, or if it was the last one.
    pub(super) fn end_try(&mut self, id: AckId, outcome: AckOutcome) {
        let most = self.config.retries.map_or(0, |retries| retries.count);
        // What was left has ended already.
        let Some(namespace) = self.namespaces.by_id(id.namespace) else {
            return;
        };
        let first = namespace.unacknowledged.first_mut();
        let Some(retry) = first.filter(|retry| retry.in_flight == Some(id.number)) else {
            return;
        };
        retry.in_flight = None;
        let (tries, asker) = (retry.tries, retry.asker);
        let is_acknowledged = matches!(outcome, AckOutcome::Acknowledged(_));
        if !is_acknowledged && tries <= most {
            return;
        }
        namespace.unacknowledged.pop();
        match asker {
            Some(number) => self.events.push_back(ended(id.namespace, number, outcome)),
            None if is_acknowledged => {}
            None => self.events.push_back(Event::Unsent {
                namespace: namespace.name.clone(),
                error: EmitError::NotAcknowledged { tries },
            }),
        }
    }

    /// The connection is gone: tries that were not written do not count.
    pub(super) fn withdraw_tries(&mut self) {
        for namespace in self.namespaces.iter_mut() {
            let unwritten = namespace.outgoing.iter().find_map(|packet| packet.ack_id);
            let first = namespace.unacknowledged.first_mut();
            let Some(retry) = first.filter(|retry| retry.in_flight.is_some() && retry.in_flight == unwritten)
            else {
                continue;
            };
            if let Some(number) = retry.in_flight {
                let namespace = namespace.id;
                self.acks.remove(AckId { namespace, number });
            }
            retry.withdraw();
        }
    }

    /// The client stops: what the application waits for ends. Joined namespaces are left; of the others, what nobody waits for
    /// is kept for the next connection.
    pub(super) fn stop_retries(&mut self) {
        let mut namespaces = std::mem::take(&mut self.namespaces);
        for namespace in namespaces.iter_mut() {
            if namespace.is_joined() {
                self.leave_retries(namespace);
                continue;
            }
            self.acks.take_before(namespace.id, None);
            if let Some(retry) = namespace.unacknowledged.first_mut() {
                retry.in_flight = None;
            }
            let (id, events) = (namespace.id, &mut self.events);
            namespace.unacknowledged.retain(|retry| {
                let stopped = |number| ended(id, number, AckOutcome::Stopped);
                events.extend(retry.asker.map(stopped));
                retry.asker.is_none()
            });
        }
        self.namespaces = namespaces;
    }

    /// The application leaves the namespace. If it is joined, each event that waits is written once, in order; nobody
    /// waits for its acknowledgement.
    pub(super) fn leave_retries(&mut self, namespace: &mut Namespace) {
        self.acks.take_before(namespace.id, None);
        let mut session = self.session.as_mut().filter(|_| namespace.is_joined());
        while let Some(mut retry) = namespace.unacknowledged.pop() {
            let stopped = |number| ended(namespace.id, number, AckOutcome::Stopped);
            self.events.extend(retry.asker.map(stopped));
            let Some(session) = session.as_mut().filter(|_| retry.in_flight.is_none()) else {
                continue;
            };
            let packet = retry.begin(namespace.next_ack);
            namespace.next_ack += 1;
            let size = packet.size();
            // It was counted where it has waited.
            namespace.outgoing.push_anyway(packet, size);
            session.outbox.push_turns(namespace, 1);
        }
    }
}

fn ended(namespace: NamespaceId, number: u64, outcome: AckOutcome) -> Event {
    let id = AckId { namespace, number };
    Event::AckEnded { id, outcome }
}
