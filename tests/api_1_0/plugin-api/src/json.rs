//! Values as JSON and back.
//!
//! To JSON: Binary becomes base64, Color its 8 hexadecimal digits, vectors and matrices arrays, NaN and
//! infinities `null`. From JSON: whole numbers within 64 bits with sign become Int, other numbers Float,
//! `null` the empty value.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, SeqAccess, Visitor},
    ser::{SerializeMap, SerializeSeq},
};

use crate::value::{Array, Dictionary, Text, Value};

impl Value {
    /// Compact JSON of this value.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The value that a JSON text describes.
    pub fn from_json(json: &str) -> Result<Value, serde_json::Error> {
        serde_json::from_str(json)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Empty => out.serialize_unit(),
            Value::Bool(value) => out.serialize_bool(*value),
            Value::Byte(value) => out.serialize_u8(*value),
            Value::Int(value) => out.serialize_i64(*value),
            Value::Float(value) => out.serialize_f64(*value),
            Value::String(text) => out.serialize_str(text),
            Value::Binary(bytes) => out.serialize_str(&STANDARD.encode(&**bytes)),
            Value::Array(elements) => {
                let mut seq = out.serialize_seq(Some(elements.len()))?;
                elements
                    .iter()
                    .try_for_each(|element| seq.serialize_element(element))?;
                seq.end()
            }
            Value::Dictionary(pairs) => {
                let mut map = out.serialize_map(Some(pairs.len()))?;
                pairs
                    .iter()
                    .try_for_each(|(key, value)| map.serialize_entry(key.as_str(), value))?;
                map.end()
            }
            Value::Vector2(v) => v.serialize(out),
            Value::Vector3(v) => v.serialize(out),
            Value::Vector4(v) => v.serialize(out),
            Value::Matrix4x4(m) => m.components().serialize(out),
            Value::Color(color) => out.collect_str(color),
            Value::CustomId(id) => out.serialize_u64(*id),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Empty)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Float(value as f64), Value::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element::<Value>()? {
            elements.push(element);
        }
        Ok(Value::Array(Array::from(elements)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut pairs: Vec<(Text, Value)> = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            pairs.push((Text::from(key), value));
        }
        Ok(Value::Dictionary(pairs.into_iter().collect::<Dictionary>()))
    }
}
