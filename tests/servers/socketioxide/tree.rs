//! JSON with bytes in it, as `socketioxide` reads and writes it: by serde's bytes.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
    ser::{SerializeMap, SerializeTuple},
};
use serde_json::{Value as Json, json};

/// A value, with bytes at any depth.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree {
    Json(Json),
    Bytes(Vec<u8>),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// Bytes at any depth become {"base64": "…"}.
    pub(crate) fn to_log(&self) -> Json {
        match self {
            Self::Json(json) => json.clone(),
            Self::Bytes(bytes) => json!({"base64": STANDARD.encode(bytes)}),
            Self::Array(items) => items.iter().map(Self::to_log).collect(),
            Self::Object(entries) => entries
                .iter()
                .map(|(key, value)| (key.clone(), value.to_log()))
                .collect(),
        }
    }

    /// {"base64": "…"} at any depth becomes bytes.
    pub(crate) fn from_command(json: &Json) -> Self {
        match json {
            Json::Array(items) => Self::Array(items.iter().map(Self::from_command).collect()),
            Json::Object(entries) => {
                let is_bytes = entries.len() == 1;
                let text = entries.get("base64").and_then(Json::as_str).filter(|_| is_bytes);
                match text.and_then(|text| STANDARD.decode(text).ok()) {
                    Some(bytes) => Self::Bytes(bytes),
                    None => Self::Object(
                        entries
                            .iter()
                            .map(|(key, value)| (key.clone(), Self::from_command(value)))
                            .collect(),
                    ),
                }
            }
            other => Self::Json(other.clone()),
        }
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Json(json) => json.serialize(serializer),
            Self::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Self::Array(items) => items.serialize(serializer),
            Self::Object(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries
                    .iter()
                    .try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Json(Json::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Json(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Json(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Json(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Json(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Json(value.into()))
    }

    fn visit_bytes<E: Error>(self, value: &[u8]) -> Result<Tree, E> {
        Ok(Tree::Bytes(value.to_vec()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Tree::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Tree::Object(entries))
    }
}

/// All arguments of an event. The library takes a list for one argument and a tuple for several, so this is a tuple of any
/// length.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Arguments(pub(crate) Vec<Tree>);

impl Serialize for Arguments {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        self.0
            .iter()
            .try_for_each(|argument| tuple.serialize_element(argument))?;
        tuple.end()
    }
}

impl<'de> Deserialize<'de> for Arguments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // JSON's tuples end where they end, whatever is announced.
        match deserializer.deserialize_tuple(0, TreeVisitor)? {
            Tree::Array(arguments) => Ok(Self(arguments)),
            other => Err(D::Error::custom(format_args!("no arguments: {other:?}"))),
        }
    }
}
