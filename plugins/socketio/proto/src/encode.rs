//! Socket.IO packets to send, as Engine.IO message packets (socket.io-protocol v5, "Packet encoding").
//!
//! `4<type>[<attachments>-][<namespace>,][<ack id>][JSON]`, then the attachments. A packet is one value from here to the
//! transport, so that nothing comes between its header and its attachments.

use std::fmt::Write;

use bytes::Bytes;

use crate::{Data, EmitError, engine::MESSAGE, json, namespace::normalize};

/// Deepest nesting of an argument: with the array of the payload around it, what serde_json reads.
pub const MAX_DEPTH: usize = 126;

/// Names that the protocol's own events have. Clients must not emit them.
pub(crate) const RESERVED_NAMES: [&str; 6] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
];

/// Whether the name belongs to the protocol's own events, so that [`Client::emit`](crate::Client::emit) refuses it.
pub fn is_reserved_name(name: &str) -> bool {
    RESERVED_NAMES.contains(&name)
}

/// A packet as it goes to the transport.
#[derive(Debug, PartialEq)]
pub(crate) struct Encoded {
    pub(crate) text: String,
    pub(crate) attachments: Vec<Bytes>,
    /// The id of the acknowledgement that is asked for.
    pub(crate) ack_id: Option<u64>,
    /// It must not outlive the connection: the answer to a request of the server, a volatile event.
    pub(crate) is_fleeting: bool,
    /// Which one it is of all that were queued, in all namespaces.
    pub(crate) place: u64,
}

impl Encoded {
    pub(crate) fn size(&self) -> usize {
        self.text.len() + self.attachments.iter().map(Bytes::len).sum::<usize>()
    }

    /// Where the id of an acknowledgement stands in its text, or would.
    pub(crate) fn id_at(&self, namespace: &str) -> usize {
        let attachments = match self.attachments.len() {
            0 => 0,
            count => count.to_string().len() + "-".len(),
        };
        let namespace = match namespace {
            "/" => 0,
            name => name.len() + ",".len(),
        };
        "42".len() + attachments + namespace
    }

    fn new(text: String) -> Self {
        Self {
            text,
            attachments: Vec::new(),
            ack_id: None,
            is_fleeting: false,
            place: 0,
        }
    }
}

/// CONNECT. `auth` is the JSON of an object.
pub(crate) fn connect(namespace: &str, auth: Option<&str>) -> Encoded {
    let auth = auth.unwrap_or_default();
    let mut text = header('0', 0, namespace, None, auth.len());
    text.push_str(auth);
    Encoded::new(text)
}

/// DISCONNECT.
pub(crate) fn disconnect(namespace: &str) -> Encoded {
    Encoded::new(header('1', 0, namespace, None, 0))
}

/// EVENT, or BINARY_EVENT if an argument holds bytes.
pub(crate) fn event(
    namespace: &str,
    ack_id: Option<u64>,
    name: &str,
    args: &[Data],
    max_attachments: usize,
) -> Result<Encoded, EmitError> {
    if is_reserved_name(name) {
        return Err(EmitError::ReservedName(name.to_owned()));
    }
    let packet = payload(namespace, ['2', '5'], ack_id, Some(name), args, max_attachments)?;
    Ok(Encoded { ack_id, ..packet })
}

/// ACK, or BINARY_ACK if an argument holds bytes.
pub(crate) fn answer(
    namespace: &str,
    ack_id: u64,
    args: &[Data],
    max_attachments: usize,
) -> Result<Encoded, EmitError> {
    let packet = payload(namespace, ['3', '6'], Some(ack_id), None, args, max_attachments)?;
    Ok(Encoded {
        is_fleeting: true,
        ..packet
    })
}

/// A packet with an array: its first element is the name, if there is one. `kinds` are the types without and with
/// attachments.
fn payload(
    namespace: &str,
    kinds: [char; 2],
    ack_id: Option<u64>,
    name: Option<&str>,
    args: &[Data],
    max_attachments: usize,
) -> Result<Encoded, EmitError> {
    let mut survey = Survey {
        attachments: 0,
        text: name.map_or(0, str::len) + 4,
    };
    args.iter().try_for_each(|arg| survey.visit(arg, MAX_DEPTH))?;
    let count = survey.attachments;
    if count > max_attachments {
        return Err(EmitError::TooManyAttachments {
            count,
            limit: max_attachments,
        });
    }

    // A count of 0 is illegal on the wire: packets without bytes have the other type.
    let kind = kinds[usize::from(count > 0)];
    let mut text = header(kind, count, namespace, ack_id, survey.text);
    let mut attachments = Vec::with_capacity(count);
    text.push('[');
    if let Some(name) = name {
        json::string(name, &mut text);
        if !args.is_empty() {
            text.push(',');
        }
    }
    json::elements(args, &mut text, &mut |bytes: &Bytes, text: &mut String| {
        // Writing to a `String` cannot fail.
        let _ = write!(text, r#"{{"_placeholder":true,"num":{}}}"#, attachments.len());
        attachments.push(bytes.clone());
    });
    text.push(']');
    Ok(Encoded {
        attachments,
        ..Encoded::new(text)
    })
}

/// EVENT with one string, encoded before [`Client::emit_text`](crate::Client::emit_text): on whatever thread has the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEvent {
    packet: String,
    /// How long the namespace in the packet is; 0 is `/`, which the wire leaves out.
    namespace: usize,
}

impl TextEvent {
    /// Encodes it.
    pub fn new(namespace: &str, name: &str, text: &str) -> Result<Self, EmitError> {
        if is_reserved_name(name) {
            return Err(EmitError::ReservedName(name.to_owned()));
        }
        let namespace = normalize(namespace);
        let length = if namespace == "/" { 0 } else { namespace.len() };
        // Exact, if nothing is escaped; then the transport takes the text without a copy.
        let prefix = length + usize::from(length > 0) + "42".len();
        let mut packet = String::with_capacity(prefix + name.len() + text.len() + r#"["",""]"#.len());
        write_header(&mut packet, '2', 0, &namespace, None);
        packet.push('[');
        json::string(name, &mut packet);
        packet.push(',');
        json::string(text, &mut packet);
        packet.push(']');
        Ok(Self {
            packet,
            namespace: length,
        })
    }

    /// Where it goes.
    pub fn namespace(&self) -> &str {
        match self.namespace {
            0 => "/",
            length => &self.packet["42".len()..][..length],
        }
    }

    /// Bytes on the wire.
    pub fn size(&self) -> usize {
        self.packet.len()
    }

    pub(crate) fn into_encoded(self) -> Encoded {
        Encoded::new(self.packet)
    }
}

fn header(kind: char, attachments: usize, namespace: &str, ack_id: Option<u64>, room: usize) -> String {
    let mut text = String::with_capacity(16 + namespace.len() + room);
    write_header(&mut text, kind, attachments, namespace, ack_id);
    text
}

fn write_header(text: &mut String, kind: char, attachments: usize, namespace: &str, ack_id: Option<u64>) {
    text.push(MESSAGE);
    text.push(kind);
    if attachments > 0 {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "{attachments}-");
    }
    if namespace != "/" {
        text.push_str(namespace);
        text.push(',');
    }
    if let Some(id) = ack_id {
        let _ = write!(text, "{id}");
    }
}

/// What must be known of the arguments before the first byte is written.
struct Survey {
    attachments: usize,
    /// A guess at the text's length, right for plain strings.
    text: usize,
}

impl Survey {
    fn visit(&mut self, value: &Data, depth: usize) -> Result<(), EmitError> {
        self.text += 1;
        if depth == 0 && matches!(value, Data::Array(_) | Data::Object(_)) {
            return Err(EmitError::TooDeep { limit: MAX_DEPTH });
        }
        match value {
            Data::Binary(_) => {
                self.attachments += 1;
                self.text += 32;
            }
            Data::String(text) => self.text += text.len() + 2,
            Data::Array(items) => {
                self.text += 2;
                items.iter().try_for_each(|item| self.visit(item, depth - 1))?;
            }
            Data::Object(entries) => {
                self.text += 2;
                for (key, value) in entries {
                    self.text += key.len() + 3;
                    self.visit(value, depth - 1)?;
                }
            }
            Data::Null | Data::Bool(_) | Data::Int(_) | Data::UInt(_) | Data::Float(_) => self.text += 8,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(data: &'static [u8]) -> Data {
        Data::Binary(Bytes::from_static(data))
    }

    fn event_text(namespace: &str, ack_id: Option<u64>, name: &str, args: &[Data]) -> String {
        event(namespace, ack_id, name, args, 10).unwrap().text
    }

    /// The frames that the official client sends, seen on the wire.
    #[test]
    fn golden_frames_are_produced() {
        assert_eq!(connect("/", None).text, "40");
        assert_eq!(
            connect("/", Some(r#"{"token":"123"}"#)).text,
            r#"40{"token":"123"}"#
        );
        assert_eq!(
            connect("/custom", Some(r#"{"a":1}"#)).text,
            r#"40/custom,{"a":1}"#
        );
        assert_eq!(connect("/custom", None).text, "40/custom,");
        assert_eq!(disconnect("/").text, "41");
        assert_eq!(disconnect("/custom").text, "41/custom,");

        let args = [Data::Int(1), "2".into(), r#"{"3":[true]}"#.parse().unwrap()];
        assert_eq!(
            event_text("/", None, "message", &args),
            r#"42["message",1,"2",{"3":[true]}]"#
        );
        assert_eq!(event_text("/custom", None, "bar", &[]), r#"42/custom,["bar"]"#);
        assert_eq!(
            event_text("/", Some(13), "message-with-ack", &["a".into()]),
            r#"4213["message-with-ack","a"]"#
        );
        assert_eq!(event_text("/custom", Some(7), "x", &[]), r#"42/custom,7["x"]"#);
        assert_eq!(
            event_text("/", Some(14), "message-with-ack", &[bytes(b"a"), bytes(b"b")]),
            r#"452-14["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#
        );
        assert_eq!(
            event_text("/admin", None, "baz", &[bytes(b"a")]),
            r#"451-/admin,["baz",{"_placeholder":true,"num":0}]"#
        );
    }

    #[test]
    fn an_event_with_one_string_is_like_any_other() {
        for (namespace, name, text) in [
            ("/", "e", "text"),
            ("/a", "é\"", "\\ \n\u{1} and more"),
            ("/", "", ""),
        ] {
            let short = TextEvent::new(namespace, name, text).unwrap();
            assert_eq!(short.namespace(), namespace);
            assert_eq!(
                Ok(short.into_encoded()),
                event(namespace, None, name, &[Data::from(text)], 0)
            );
        }
        let plain = TextEvent::new("a", "name", "text").unwrap();
        assert_eq!(plain.packet.capacity(), plain.size());
        assert_eq!(
            TextEvent::new("/", "connect", ""),
            Err(EmitError::ReservedName("connect".to_owned()))
        );
    }

    #[test]
    fn attachments_are_numbered_depth_first() {
        let tree = Data::Object(vec![
            (
                "a".into(),
                Data::Array(vec![bytes(b"1"), Data::Object(vec![("b".into(), bytes(b"2"))])]),
            ),
            ("c".into(), bytes(b"3")),
        ]);
        let encoded = event("/", None, "e", &[tree, bytes(b"4")], 10).unwrap();
        assert_eq!(encoded.attachments, ["1", "2", "3", "4"]);
        let one = r#"{"_placeholder":true,"num":1}"#;
        assert!(
            encoded.text.contains(&format!(r#"{{"b":{one}}}"#)),
            "{}",
            encoded.text
        );
    }

    #[test]
    fn reserved_names_are_refused() {
        for name in RESERVED_NAMES {
            assert_eq!(
                event("/", None, name, &[], 10),
                Err(EmitError::ReservedName(name.to_owned()))
            );
        }
    }

    #[test]
    fn attachments_above_the_limit_are_refused() {
        let args = vec![bytes(b"x"); 11];
        assert_eq!(
            event("/", None, "e", &args, 10),
            Err(EmitError::TooManyAttachments { count: 11, limit: 10 })
        );
        assert_eq!(event("/", None, "e", &args, 11).unwrap().attachments.len(), 11);
    }

    #[test]
    fn nesting_above_the_limit_is_refused() {
        let nested = |depth| (0..depth).fold(Data::Null, |inner, _| Data::Array(vec![inner]));
        assert!(event("/", None, "e", &[nested(MAX_DEPTH)], 10).is_ok());
        assert_eq!(
            event("/", None, "e", &[nested(MAX_DEPTH + 1)], 10),
            Err(EmitError::TooDeep { limit: MAX_DEPTH })
        );
    }
}
