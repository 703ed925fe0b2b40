//! The argument of an event: a JSON tree whose leaves may be binary.
//!
//! Reading goes straight from text into [`Data`]. Nesting is bounded by serde_json (128 levels), a number beyond 64
//! bits becomes a float. Writing is in `json`.

use std::{fmt, str::FromStr};

use bytes::Bytes;
use serde::{
    Serialize, Serializer,
    de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor},
};

use crate::{json, timestamp};

/// A value of an event.
///
/// As JSON text ([`to_json`](Self::to_json), `Display`) integers are exact, a float without a JSON form (NaN, infinity)
/// is `null` as in JavaScript, and binary is a string of its standard base64 with padding. On the wire binary travels
/// as an attachment instead.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Data {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A whole number above `i64::MAX`, never a smaller one.
    UInt(u64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// A string.
    String(String),
    /// Bytes.
    Binary(Bytes),
    /// A list.
    Array(Vec<Data>),
    /// An object, in the order of the wire. A repeated key is kept; the last one counts.
    Object(Vec<(String, Data)>),
}

impl Data {
    /// The value as compact JSON text.
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        json::write(self, &mut out, &mut json::base64_string);
        out
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a key, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Data> {
        match self {
            Self::Object(entries) => entries
                .iter()
                .rev()
                .find(|(name, _)| name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

/// Reads JSON text.
impl FromStr for Data {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        serde_json::from_str(text)
    }
}

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DataVisitor)
    }
}

struct DataVisitor;

impl<'de> Visitor<'de> for DataVisitor {
    type Value = Data;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Data, E> {
        Ok(Data::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Data, E> {
        Ok(Data::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Data, E> {
        Ok(Data::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Data, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Data, E> {
        Ok(Data::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Data, E> {
        Ok(Data::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Data, E> {
        Ok(Data::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Data, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Data::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Data, A::Error> {
        let mut entries = Vec::new();
        while let Some((Key(key), item)) = map.next_entry()? {
            entries.push((key, item));
        }
        Ok(Data::Object(entries))
    }

    // From here on MessagePack only.

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Data, E> {
        Ok(Data::Binary(Bytes::copy_from_slice(value)))
    }

    fn visit_byte_buf<E>(self, value: Vec<u8>) -> Result<Data, E> {
        Ok(Data::Binary(value.into()))
    }

    /// An extension type. A timestamp becomes what JSON makes of a JavaScript Date, any other an object of `type` and
    /// `data`.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Data, D::Error> {
        let (kind, data) = <(i8, Data)>::deserialize(deserializer)?;
        let date = match &data {
            Data::Binary(bytes) if kind == timestamp::TYPE => timestamp::to_text(bytes),
            _ => None,
        };
        Ok(date.map_or_else(
            || {
                Data::Object(vec![
                    ("type".to_owned(), Data::Int(kind.into())),
                    ("data".to_owned(), data),
                ])
            },
            Data::String,
        ))
    }
}

/// The key of an object: a string, in MessagePack also a number, which becomes its text.
struct Key(String);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key, a string or a number")
            }

            fn visit_str<E>(self, key: &str) -> Result<Key, E> {
                Ok(Key(key.to_owned()))
            }

            fn visit_string<E>(self, key: String) -> Result<Key, E> {
                Ok(Key(key))
            }

            fn visit_u64<E>(self, key: u64) -> Result<Key, E> {
                Ok(Key(key.to_string()))
            }

            fn visit_i64<E>(self, key: i64) -> Result<Key, E> {
                Ok(Key(key.to_string()))
            }
        }

        deserializer.deserialize_any(KeyVisitor)
    }
}

/// For MessagePack; JSON text is written by [`to_json`](Data::to_json).
impl Serialize for Data {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::UInt(value) => serializer.serialize_u64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::String(text) => serializer.serialize_str(text),
            Self::Binary(bytes) => serializer.serialize_bytes(bytes),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(entries) => serializer.collect_map(entries.iter().map(|(key, item)| (key, item))),
        }
    }
}

impl From<bool> for Data {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Data {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<u64> for Data {
    fn from(value: u64) -> Self {
        i64::try_from(value).map_or(Self::UInt(value), Self::Int)
    }
}

impl From<f64> for Data {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<&str> for Data {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<String> for Data {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl From<Bytes> for Data {
    fn from(value: Bytes) -> Self {
        Self::Binary(value)
    }
}

impl From<Vec<Data>> for Data {
    fn from(value: Vec<Data>) -> Self {
        Self::Array(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Data {
        text.parse().unwrap()
    }

    #[test]
    fn integers_are_exact() {
        assert_eq!(read("9223372036854775807"), Data::Int(i64::MAX));
        assert_eq!(read("9223372036854775808"), Data::UInt(1 << 63));
        assert_eq!(read("18446744073709551615"), Data::UInt(u64::MAX));
        assert_eq!(read("-9223372036854775808"), Data::Int(i64::MIN));
        for text in ["9007199254740993", "18446744073709551615", "-9223372036854775808"] {
            assert_eq!(read(text).to_json(), text);
        }
    }

    #[test]
    fn integers_beyond_64_bits_become_floats() {
        assert_eq!(read("18446744073709551616"), Data::Float(18446744073709551616.0));
    }

    #[test]
    fn floats_are_read_to_the_nearest_value() {
        assert_eq!(read("31.245270191439438"), Data::Float(31.245270191439438));
        assert_eq!(read("1.5e3"), Data::Float(1500.0));
    }

    #[test]
    fn objects_keep_the_order_of_the_wire() {
        let text = r#"{"z":1,"a":{"y":[],"b":null}}"#;
        assert_eq!(read(text).to_json(), text);
    }

    #[test]
    fn the_last_of_repeated_keys_counts() {
        assert_eq!(read(r#"{"a":1,"a":2}"#).get("a"), Some(&Data::Int(2)));
    }

    #[test]
    fn deep_nesting_is_an_error_not_an_overflow() {
        let text = "[".repeat(1_000_000);
        assert!(text.parse::<Data>().is_err());
    }
}
