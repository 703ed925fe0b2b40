//! [`Data`] as JSON text.
//!
//! What becomes of binary leaves is the caller's choice: base64 for people, placeholders for the wire.

use std::fmt::Write;

use bytes::Bytes;
use memchr::memchr2;

use crate::{Data, base64};

/// Appends a value. `binary` appends what stands for bytes.
pub(crate) fn write<B: FnMut(&Bytes, &mut String)>(value: &Data, out: &mut String, binary: &mut B) {
    match value {
        Data::Null => out.push_str("null"),
        Data::Bool(true) => out.push_str("true"),
        Data::Bool(false) => out.push_str("false"),
        Data::Int(value) => number(out, value),
        Data::UInt(value) => number(out, value),
        // `Debug` is the shortest text that reads back as the same float, and valid JSON.
        Data::Float(value) if value.is_finite() => number(out, &format_args!("{value:?}")),
        Data::Float(_) => out.push_str("null"),
        Data::String(value) => string(value, out),
        Data::Binary(value) => binary(value, out),
        Data::Array(items) => {
            out.push('[');
            elements(items, out, binary);
            out.push(']');
        }
        Data::Object(entries) => {
            out.push('{');
            for (i, (key, value)) in entries.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                string(key, out);
                out.push(':');
                write(value, out, binary);
            }
            out.push('}');
        }
    }
}

/// Appends values with commas between them.
pub(crate) fn elements<B: FnMut(&Bytes, &mut String)>(items: &[Data], out: &mut String, binary: &mut B) {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        write(item, out, binary);
    }
}

/// A list of values as JSON text, binary as base64.
pub(crate) fn array(items: &[Data]) -> String {
    let mut out = String::from("[");
    elements(items, &mut out, &mut base64_string);
    out.push(']');
    out
}

/// Binary as a base64 string.
pub(crate) fn base64_string(bytes: &Bytes, out: &mut String) {
    out.push('"');
    base64::encode(bytes, out);
    out.push('"');
}

/// Appends a quoted string (RFC 8259 section 7).
pub(crate) fn string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    // All that must be escaped is ASCII, so both halves are whole characters.
    while let Some(at) = first_special(rest.as_bytes()) {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            byte => number(out, &format_args!("\\u{byte:04x}")),
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

/// The place of the first byte that must be escaped in a string. Looks at many at once: without an early exit inside a
/// chunk the machine's wide instructions do it.
fn first_special(bytes: &[u8]) -> Option<usize> {
    const AT_ONCE: usize = 128;
    let is_special = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    let plain = |chunk: &[u8]| {
        let least = chunk.iter().copied().fold(u8::MAX, u8::min);
        least >= 0x20 && memchr2(b'"', b'\\', chunk).is_none()
    };
    let mut start = 0;
    for chunk in bytes.chunks(AT_ONCE) {
        if !plain(chunk) {
            let at = chunk.iter().position(|&byte| is_special(byte));
            return at.map(|at| start + at);
        }
        start += chunk.len();
    }
    None
}

fn number(out: &mut String, value: &dyn std::fmt::Display) {
    // Writing to a `String` cannot fail.
    let _ = write!(out, "{value}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_escaped() {
        let text = Data::from("a\"b\\c\n\r\t\u{1}\u{7f}é😀\u{2028}").to_json();
        assert_eq!(text, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\u{7f}é😀\u{2028}\"");
    }

    #[test]
    fn floats_have_a_json_form() {
        for (value, text) in [
            (1.0, "1.0"),
            (1e300, "1e300"),
            (-2.5e-9, "-2.5e-9"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
        ] {
            assert_eq!(Data::Float(value).to_json(), text);
        }
        assert_eq!(Data::Float(f64::NAN).to_json(), "null");
        assert_eq!(Data::Float(f64::NEG_INFINITY).to_json(), "null");
    }

    #[test]
    fn binary_is_base64_text() {
        let value = Data::Array(vec![Data::Binary(Bytes::from_static(&[1, 2, 3, 4])), Data::Null]);
        assert_eq!(value.to_json(), r#"["AQIDBA==",null]"#);
    }
}
