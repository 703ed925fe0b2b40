//! Events that a full send buffer drops, where the settings want that (`send_buffer_policy`).

use super::{super::report, Live};
use crate::settings::Overflow;

impl Live<'_> {
    /// An event was taken: those that wait longest give way to it.
    pub(super) fn make_room(&mut self) {
        if self.settings.overflow != Overflow::DropOldest {
            return;
        }
        let limits = self.settings.send_buffer;
        loop {
            let queued = self.client.queued();
            let is_full = self.joined.is_empty() && queued.packets > limits.packets;
            if !(is_full || queued.bytes > limits.bytes) || !self.client.drop_oldest() {
                return;
            }
            self.context.load.count_dropped();
            self.tell_drops();
        }
    }

    /// Events are dropped from now on. Tells so once, until [`end_drops`](Self::end_drops).
    pub(super) fn tell_drops(&mut self) {
        if std::mem::replace(&mut self.has_told_drops, true) {
            return;
        }
        let text = report::dropping(self.settings.overflow, &self.settings.endpoint);
        log::warn!("connection `{}`: {text}", self.context.name);
        self.context.outlet.error("", &text);
    }

    /// There is room again, or nobody needs any: says how many were dropped.
    pub(super) fn end_drops(&mut self) {
        self.has_told_drops = false;
        let count = self.context.load.take_dropped();
        if count > 0 {
            log::warn!(
                "connection `{}`: {count} events were dropped, the send buffer was full",
                self.context.name
            );
        }
    }
}
