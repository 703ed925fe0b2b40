//! An event that is sent until the server has acknowledged it (the official client's `retries`).

use std::time::Duration;

use crate::encode::Encoded;

pub(crate) struct Retry {
    /// Without an id: each try has its own.
    packet: Encoded,
    /// Where the id belongs in its text.
    id_at: usize,
    /// The acknowledgement that the application waits for, if it does.
    pub(crate) asker: Option<u64>,
    /// How long each try waits for the server.
    pub(crate) timeout: Duration,
    /// How many have begun.
    pub(crate) tries: u32,
    /// The id of the one that is under way.
    pub(crate) in_flight: Option<u64>,
}

impl Retry {
    pub(crate) fn new(packet: Encoded, namespace: &str, asker: Option<u64>, timeout: Duration) -> Self {
        Self {
            id_at: packet.id_at(namespace),
            packet,
            asker,
            timeout,
            tries: 0,
            in_flight: None,
        }
    }

    pub(crate) fn packet(&self) -> &Encoded {
        &self.packet
    }

    /// Begins a try. It dies with the connection; the event itself does not.
    pub(crate) fn begin(&mut self, id: u64) -> Encoded {
        self.tries = self.tries.saturating_add(1);
        self.in_flight = Some(id);
        let (header, payload) = self.packet.text.split_at(self.id_at);
        Encoded {
            text: format!("{header}{id}{payload}"),
            attachments: self.packet.attachments.clone(),
            ack_id: Some(id),
            is_fleeting: true,
            place: self.packet.place,
        }
    }

    /// The try was never written.
    pub(crate) fn withdraw(&mut self) {
        self.tries = self.tries.saturating_sub(1);
        self.in_flight = None;
    }
}
