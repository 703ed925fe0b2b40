//! The most common packet, read without a JSON parser.

use std::ops::Range;

use memchr::memchr2;

use crate::{PlainMessage, decode::split_namespace, encode::RESERVED_NAMES};

/// Reads an event `["name","text"]` without escapes or attachments.
///
/// One after another is often the same event, so what stands before the text is compared with that of the last one.
#[derive(Debug, Default)]
pub(crate) struct Plain {
    /// What stood before the text; empty at first.
    head: String,
    /// Where in it; without one it is `/`.
    namespace: Option<Range<usize>>,
    name: Range<usize>,
}

/// Longer heads are not worth their memory.
const LONGEST_HEAD: usize = 256;

impl Plain {
    /// The event; nothing if it is another packet. `packet` begins with the Engine.IO type.
    pub(crate) fn read<'a>(&mut self, packet: &'a str) -> Option<PlainMessage<'a>> {
        if self.head.is_empty() || !packet.starts_with(&self.head) {
            self.learn(packet)?;
        }
        let (head, rest) = packet.split_at(self.head.len());
        let (text, rest) = plain_text(rest)?;
        (rest == "]").then(|| PlainMessage {
            namespace: self.namespace.clone().map_or("/", |place| &head[place]),
            name: &head[self.name.clone()],
            text,
        })
    }

    /// Takes the head of this packet, if it is one of these.
    fn learn(&mut self, packet: &str) -> Option<()> {
        let (namespace, payload) = split_namespace(packet.strip_prefix("42")?);
        let (name, rest) = plain_text(payload.strip_prefix("[\"")?)?;
        let text = rest.strip_prefix(",\"")?;
        let head = &packet[..packet.len() - text.len()];
        if RESERVED_NAMES.contains(&name) || head.len() > LONGEST_HEAD {
            return None;
        }
        let name_end = head.len() - "\",\"".len();
        self.head.clear();
        self.head.push_str(head);
        self.namespace = packet[2..].starts_with('/').then_some(2..2 + namespace.len());
        self.name = name_end - name.len()..name_end;
        Some(())
    }
}

/// The rest of a string without escapes, and what follows its closing quote.
fn plain_text(text: &str) -> Option<(&str, &str)> {
    let end = memchr2(b'"', b'\\', text.as_bytes())?;
    let (text, rest) = text.split_at(end);
    let least = text.bytes().fold(u8::MAX, u8::min);
    // All else is a parser's work.
    Some((text, rest.strip_prefix('"').filter(|_| least >= b' ')?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Data,
        decode::{Body, decode},
        generation::Generation,
    };

    #[test]
    fn plain_messages_are_what_the_parser_reads() {
        let mut one_after_another = Plain::default();
        for (text, is_plain) in [
            (r#"42["e","text"]"#, true),
            (r#"42["e",""]"#, true),
            (r#"42["e","a\\"]"#, false),
            (r#"42/custom,["",""]"#, true),
            (r#"42/custom,["","\"]"#, false),
            (r#"42/a?b=1,["é","😀 and more than sixteen bytes"]"#, true),
            (r#"42["e","a\"b"]"#, false),
            (r#"42["e\n","a"]"#, false),
            ("42[\"e\",\"a\u{1}\"]", false),
            (r#"42["e","a"] "#, false),
            (r#"42["e" ,"a"]"#, false),
            (r#"42["e","a","b"]"#, false),
            (r#"42["e","a"]]"#, false),
            (r#"42["e"]"#, false),
            (r#"42["e",1]"#, false),
            (r#"42["e","a"#, false),
            (r#"427["e","a"]"#, false),
            (r#"42["connect","a"]"#, false),
            (r#"43["e","a"]"#, false),
            (r#"451-["e","a"]"#, false),
            ("42", false),
            ("", false),
        ] {
            let plain = Plain::default().read(text);
            assert_eq!(one_after_another.read(text), plain, "{text}");
            assert_eq!(plain.is_some(), is_plain, "{text}");
            if let Some(plain) = plain {
                let (packet, _) = decode(&text[1..], Generation::V4).unwrap();
                let args = vec![Data::from(plain.text)];
                let name = plain.name.to_owned();
                assert_eq!(packet.namespace, plain.namespace, "{text}");
                assert_eq!(packet.body, Body::Event { name, args }, "{text}");
            }
        }
    }
}
