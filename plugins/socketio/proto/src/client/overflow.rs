//! What gives way when too much waits to be sent. When that is so is the driver's to say.

use super::Client;
use crate::{AckId, AckOutcome, EmitError, Event};

impl Client {
    /// Drops the event that waits longest, in whatever namespace; answers to the server's requests stay. An acknowledgement
    /// that it wants ends as [`EmitError::Dropped`]. Says whether there was one.
    pub fn drop_oldest(&mut self) -> bool {
        let oldest = self
            .namespaces
            .iter_mut()
            .filter_map(|namespace| {
                let mut waiting = namespace.outgoing.iter().filter(|packet| !packet.is_fleeting);
                waiting.next().map(|packet| (packet.place, namespace.id))
            })
            .min();
        let Some((place, id)) = oldest else { return false };
        let namespace = self.namespaces.by_id(id);
        let dropped = namespace.and_then(|namespace| {
            let outgoing = &mut namespace.outgoing;
            outgoing.remove_first(|packet| packet.place == place)
        });
        let ack = dropped.and_then(|packet| packet.ack_id).map(|number| AckId {
            namespace: id,
            number,
        });
        if let Some(id) = ack.filter(|id| self.acks.remove(*id)) {
            let outcome = AckOutcome::Unsent(EmitError::Dropped);
            self.events.push_back(Event::AckEnded { id, outcome });
        }
        true
    }
}
