//! Where received events go: those that were subscribed to, and that somebody listens to, to the engine.

use pulsewire_plugin_api::Wanted;
use socketio_proto::{Message, PlainMessage};

use super::{outlet::Outlet, subscriptions::Subscriptions};
use crate::payload::Received;

/// The receiving side of a connection for one turn.
pub(super) struct Inbox<'a> {
    outlet: &'a mut Outlet,
    subscriptions: &'a Subscriptions,
    /// Asked once for each turn: the answer changes only when the project does.
    wanted: Option<Wanted>,
}

impl<'a> Inbox<'a> {
    pub(super) fn new(outlet: &'a mut Outlet, subscriptions: &'a Subscriptions) -> Self {
        Self {
            outlet,
            subscriptions,
            wanted: None,
        }
    }

    /// Whether so much waits for the engine that nothing more should be received.
    pub(super) fn is_full(&self) -> bool {
        self.outlet.is_full()
    }

    pub(super) fn take(&mut self, message: Message) {
        let Some(wanted) = self.wanted() else { return };
        if let Some((namespace, name)) = self.subscriptions.find(&message.namespace, &message.name) {
            let received = Received::of(message.args, wanted);
            self.outlet.received(namespace, name, received);
        }
    }

    pub(super) fn take_plain(&mut self, message: PlainMessage<'_>) {
        let Some(wanted) = self.wanted() else { return };
        if let Some((namespace, name)) = self.subscriptions.find(message.namespace, message.name) {
            let received = Received::plain(message.text, wanted);
            self.outlet.received(namespace, name, received);
        }
    }

    /// What of received events is read, if anybody listens.
    fn wanted(&mut self) -> Option<Wanted> {
        let wanted = *self.wanted.get_or_insert_with(|| self.outlet.wanted());
        wanted.is_heard().then_some(wanted)
    }
}
