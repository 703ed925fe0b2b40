//! Where received events go: those that were subscribed to, and that somebody listens to, to the engine.

use pulsewire_plugin_api::{Wanted, value::Texts};
use socketio_proto::{Message, PlainMessage, RequestId};

use super::{outlet::Outlet, requests::Requests, subscriptions::Subscriptions};
use crate::payload;

/// The receiving side of a connection for one turn.
pub(super) struct Inbox<'a> {
    connection: &'a str,
    outlet: &'a mut Outlet,
    subscriptions: &'a Subscriptions,
    requests: &'a Requests,
    /// Asked once for each turn: the answer changes only when the project does.
    wanted: Option<Wanted>,
    /// What one turn brings is made together.
    texts: Texts,
}

impl<'a> Inbox<'a> {
    pub(super) fn new(
        connection: &'a str,
        outlet: &'a mut Outlet,
        subscriptions: &'a Subscriptions,
        requests: &'a Requests,
    ) -> Self {
        Self {
            connection,
            outlet,
            subscriptions,
            requests,
            wanted: None,
            texts: Texts::new(),
        }
    }

    /// Whether so much waits for the engine that nothing more should be received.
    pub(super) fn is_full(&self) -> bool {
        self.outlet.is_full()
    }

    pub(super) fn take(&mut self, message: Message) {
        let request = message
            .request
            .map(|request| (request, self.outlet.request_wanted()));
        if let Some((request, wanted)) = request.filter(|(_, wanted)| wanted.is_heard()) {
            return self.take_request(message, request, wanted);
        }
        let Some(wanted) = self.wanted() else { return };
        if let Some((namespace, name)) = self.subscriptions.find(&message.namespace, &message.name) {
            let show = |row: &mut [_]| payload::show(row, wanted, message.args);
            self.outlet.received(namespace, &name, wanted, show);
        }
    }

    /// A subscribed event whose sender waits for an answer, and somebody who may give it.
    fn take_request(&mut self, message: Message, request: RequestId, request_wanted: Wanted) {
        let wanted = self.wanted();
        let Some((namespace, name)) = self.subscriptions.find(&message.namespace, &message.name) else {
            return;
        };
        if let Some(wanted) = wanted {
            let args = message.args.clone();
            let show = |row: &mut [_]| payload::show(row, wanted, args);
            self.outlet.received(namespace, &name, wanted, show);
        }
        let handle = self.requests.open(self.connection, &message.namespace, request);
        let show = |row: &mut [_]| payload::show(row, request_wanted, message.args);
        self.outlet
            .requested(namespace, &name, request_wanted, handle, show);
    }

    pub(super) fn take_plain(&mut self, message: PlainMessage<'_>) {
        let Some(wanted) = self.wanted() else { return };
        if let Some((namespace, name)) = self.subscriptions.find(message.namespace, message.name) {
            let text = || self.texts.text(message.text);
            let show = |row: &mut [_]| payload::show_text(row, wanted, text);
            self.outlet.received(namespace, &name, wanted, show);
        }
    }

    /// What of received events is read, if anybody listens.
    fn wanted(&mut self) -> Option<Wanted> {
        let wanted = *self.wanted.get_or_insert_with(|| self.outlet.wanted());
        wanted.is_heard().then_some(wanted)
    }
}
