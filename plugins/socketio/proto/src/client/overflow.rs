//! What gives way when too much waits to be sent. When that is so is the driver's to say.

use super::Client;
use crate::{AckId, AckOutcome, EmitError, Event, retry::Retry};

impl Client {
    /// Drops the event that waits longest, in whatever namespace; answers to the server's requests stay, and so does
    /// what is under way. An acknowledgement that it wants ends as [`EmitError::Dropped`]. Says whether there was one.
    pub fn drop_oldest(&mut self) -> bool {
        let oldest = self
            .namespaces
            .iter()
            .filter_map(|namespace| {
                let outgoing = namespace.outgoing.iter().find(|packet| !packet.is_fleeting);
                let mut kept = namespace.unacknowledged.iter();
                let kept = kept.find(|retry| retry.in_flight.is_none()).map(Retry::packet);
                let place = outgoing.into_iter().chain(kept).map(|packet| packet.place).min();
                place.map(|place| (place, namespace.id))
            })
            .min();
        let Some((place, id)) = oldest else { return false };
        let Some(namespace) = self.namespaces.by_id(id) else {
            return false;
        };
        let outgoing = namespace.outgoing.remove_first(|packet| packet.place == place);
        let session = self.session.as_mut().filter(|_| namespace.is_joined());
        if let Some(session) = session {
            session.outbox.drop_turns(id, usize::from(outgoing.is_some()));
        }
        let ack = outgoing.and_then(|packet| packet.ack_id).map(|number| AckId {
            namespace: id,
            number,
        });
        let kept = &mut namespace.unacknowledged;
        let kept = kept.remove_first(|retry| retry.packet().place == place);
        let asker = kept.and_then(|retry| retry.asker).map(|number| AckId {
            namespace: id,
            number,
        });
        if let Some(id) = ack.filter(|id| self.acks.remove(*id)).or(asker) {
            let outcome = AckOutcome::Unsent(EmitError::Dropped);
            self.events.push_back(Event::AckEnded { id, outcome });
        }
        true
    }
}
