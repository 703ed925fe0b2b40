//! Connection state recovery (socket.io 4.6): what a server is told to send what was missed.
//!
//! Its reply to CONNECT names the session, `pid`. Behind the arguments of each event that it keeps stands an offset. Both go
//! back with the next CONNECT; a reply with the same `pid` then says that the session was restored, and the events that were
//! missed have come ahead of it. What the client sends is not recovered.

use std::fmt::Write;

use crate::{Data, Message, json};

/// A longer text is no offset: those of the official adapters have up to 24 characters.
const LONGEST_OFFSET: usize = 128;

/// The session that a server would restore.
pub(crate) struct Recovery {
    pid: String,
    /// That of the last event; without one the server restores nothing.
    offset: Option<String>,
}

impl Recovery {
    /// After a reply with this `pid`. Says too whether the server has restored the session of `before`.
    pub(crate) fn next(before: Option<Self>, pid: Option<&str>) -> (Option<Self>, bool) {
        match (before, pid) {
            (Some(before), Some(pid)) if before.pid == pid => (Some(before), true),
            (_, pid) => {
                let pid = pid.map(str::to_owned);
                (pid.map(|pid| Self { pid, offset: None }), false)
            }
        }
    }

    /// An event has arrived. Its last argument is taken for the offset if it is a text, as the official client does: nothing
    /// tells it from a text of the event itself. Events that want an acknowledgement are not kept, so they have none.
    /// `strip`: the application does not see it.
    pub(crate) fn note(&mut self, message: &mut Message, strip: bool) {
        if message.request.is_some() {
            return;
        }
        let Some(Data::String(offset)) = message.args.last() else {
            return;
        };
        if offset.len() > LONGEST_OFFSET {
            return;
        }
        let known = self.offset.get_or_insert_default();
        known.clear();
        known.push_str(offset);
        if strip {
            message.args.pop();
        }
    }

    /// The payload of CONNECT. Members of `auth`, the JSON of an object, win over ours.
    pub(crate) fn payload(&self, auth: Option<&str>) -> String {
        let mut text = r#"{"pid":"#.to_owned();
        json::string(&self.pid, &mut text);
        if let Some(offset) = &self.offset {
            text.push_str(r#","offset":"#);
            json::string(offset, &mut text);
        }
        match auth.and_then(|auth| auth.strip_prefix('{')) {
            None | Some("}") => text.push('}'),
            // Writing to a `String` cannot fail.
            Some(members) => drop(write!(text, ",{members}")),
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_is_one_object() {
        let (recovery, _) = Recovery::next(None, Some("a\"b"));
        let mut recovery = recovery.unwrap();
        assert_eq!(recovery.payload(None), r#"{"pid":"a\"b"}"#);
        recovery.offset = Some("o".into());
        assert_eq!(recovery.payload(Some("{}")), r#"{"pid":"a\"b","offset":"o"}"#);
        assert_eq!(
            recovery.payload(Some(r#"{"token":"t"}"#)),
            r#"{"pid":"a\"b","offset":"o","token":"t"}"#
        );
    }
}
