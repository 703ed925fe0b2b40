//! Events that want an acknowledgement, and how each of them ends: once, whatever happens.

use std::time::{Duration, Instant};

use super::Client;
use crate::{
    AckId, AckOutcome, Data, EmitError, Event, RequestId, encode,
    namespace::{self, NamespaceId},
};

impl Client {
    /// Sends an event as [`emit`](Self::emit) does, and asks the server to acknowledge it (socket.io-protocol v5,
    /// "Acknowledgement"). [`Event::AckEnded`] tells the outcome, once.
    ///
    /// `timeout` counts from now, whether there is a connection or not; `None` waits as long as the connection lasts. An
    /// event that still waits to be written survives the connection, and so does what it asks for. With
    /// [`Config::retries`](crate::Config::retries) each try has that time, and the id is never sent. Beyond the errors of
    /// `emit` there is [`EmitError::TooManyPendingAcks`].
    pub fn emit_with_ack(
        &mut self,
        now: Instant,
        namespace: &str,
        event: &str,
        args: &[Data],
        timeout: Option<Duration>,
    ) -> Result<AckId, EmitError> {
        let name = &*namespace::normalize(namespace);
        let found = self.find(name)?;
        let limit = self.config.max_pending_acks;
        if self.acks.len() >= limit {
            return Err(EmitError::TooManyPendingAcks { limit });
        }
        let namespace = self.namespaces.at(found);
        let id = AckId {
            namespace: namespace.id,
            number: namespace.next_ack,
        };
        let attachments = self.config.max_sent_attachments;
        if let Some(retries) = self.config.retries {
            let packet = encode::event(name, None, event, args, attachments)?;
            namespace.next_ack += 1;
            let timeout = timeout.unwrap_or(retries.timeout);
            self.queue_retry(now, found, packet, Some(id.number), timeout)?;
            return Ok(id);
        }
        let packet = encode::event(name, Some(id.number), event, args, attachments)?;
        self.queue(now, found, packet)?;
        self.namespaces.at(found).next_ack += 1;
        self.acks
            .insert(id, timeout.and_then(|timeout| now.checked_add(timeout)));
        Ok(id)
    }

    /// Acknowledges an event of the server, with any arguments (socket.io-protocol v5, "Acknowledgement"). It keeps its place
    /// among what is emitted. [`EmitError::RequestOver`] if the server does not wait any more; what is not written when the
    /// connection ends is dropped. To answer once is the caller's part.
    pub fn acknowledge(&mut self, now: Instant, request: RequestId, args: &[Data]) -> Result<(), EmitError> {
        let joined = self.namespaces.by_id(request.namespace);
        let joined = joined.filter(|namespace| namespace.is_joined() && namespace.joins == request.join);
        let name = joined.map(|namespace| namespace.name.clone());
        let name = name.ok_or(EmitError::RequestOver)?;
        let packet = encode::answer(&name, request.number, args, self.config.max_sent_attachments)?;
        let found = self.find(&name)?;
        self.queue(now, found, packet)
    }

    /// The server acknowledges an event. Unknown ids are ignored, as the official client does.
    pub(super) fn on_ack(&mut self, now: Instant, name: &str, number: Option<u64>, args: Vec<Data>) {
        let joined = self
            .namespaces
            .find(name)
            .filter(|namespace| namespace.is_joined());
        let id = joined.zip(number).map(|(namespace, number)| AckId {
            namespace: namespace.id,
            number,
        });
        match id.filter(|id| self.acks.remove(*id)) {
            Some(id) => self.push_outcome(id, AckOutcome::Acknowledged(args)),
            None => return log::debug!("ack {number:?} for `{name}` ignored, none such is owed"),
        }
        self.send_next_everywhere(now);
    }

    /// Ends what was not acknowledged in time, and takes what is not written yet out of the send buffers.
    pub(super) fn time_out_acks(&mut self, now: Instant) {
        let due = self.acks.take_due(now);
        if due.is_empty() {
            return;
        }
        for namespace in self.namespaces.iter_mut() {
            let id = namespace.id;
            let mut numbers: Vec<u64> = due
                .iter()
                .filter(|due| due.namespace == id)
                .map(|due| due.number)
                .collect();
            if numbers.is_empty() {
                continue;
            }
            numbers.sort_unstable();
            let is_due = |number| numbers.binary_search(&number).is_ok();
            let before = namespace.outgoing.len();
            namespace
                .outgoing
                .retain(|packet| !packet.ack_id.is_some_and(is_due));
            let session = self.session.as_mut().filter(|_| namespace.is_joined());
            if let Some(session) = session {
                session.outbox.drop_turns(id, before - namespace.outgoing.len());
            }
        }
        for id in due {
            self.push_outcome(id, AckOutcome::TimedOut);
        }
        self.send_next_everywhere(now);
    }

    /// The connection is gone: ends what was written. What waits in the send buffers is sent with the next one.
    pub(super) fn lose_acks(&mut self) {
        if self.acks.len() == 0 {
            return;
        }
        self.withdraw_tries();
        let mut ended = Vec::new();
        for namespace in self.namespaces.iter() {
            let unwritten = namespace.outgoing.iter().find_map(|packet| packet.ack_id);
            ended.extend(self.acks.take_before(namespace.id, unwritten));
        }
        for id in ended {
            self.push_outcome(id, AckOutcome::Disconnected);
        }
    }

    /// The client stops. What nobody waits for any more is not sent by a later connection either; what goes out with this
    /// one stays.
    pub(super) fn stop_acks(&mut self) {
        if self.config.retries.is_some() {
            return self.stop_retries();
        }
        if self.acks.len() == 0 {
            return;
        }
        let mut ended = Vec::new();
        for namespace in self.namespaces.iter_mut() {
            ended.extend(self.acks.take_before(namespace.id, None));
            if !namespace.is_joined() {
                namespace.outgoing.retain(|packet| packet.ack_id.is_none());
            }
        }
        for id in ended {
            self.push_outcome(id, AckOutcome::Stopped);
        }
    }

    /// A namespace is gone, and with it its send buffer.
    pub(super) fn end_acks(&mut self, namespace: NamespaceId, outcome: AckOutcome) {
        for id in self.acks.take_before(namespace, None) {
            self.push_outcome(id, outcome.clone());
        }
    }

    fn push_outcome(&mut self, id: AckId, outcome: AckOutcome) {
        if self.config.retries.is_some() {
            return self.end_try(id, outcome);
        }
        self.events.push_back(Event::AckEnded { id, outcome });
    }
}
