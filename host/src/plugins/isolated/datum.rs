//! Values on their way between two processes: every one arrives as it was.

use pulsewire_plugin_api::{
    Wanted,
    value::{Array, Color, Dictionary, Matrix4x4, Value},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A value as it is sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Datum {
    Empty,
    Bool(bool),
    Byte(u8),
    Int(i64),
    Float(f64),
    String(String),
    Binary(Bytes),
    Array(Vec<Datum>),
    Dictionary(Vec<(String, Datum)>),
    Vector2([f64; 2]),
    Vector3([f64; 3]),
    Vector4([f64; 4]),
    Matrix4x4([f64; 16]),
    Color([u8; 4]),
    CustomId(u64),
}

/// Bytes as one piece, where serde would send each as a number.
#[derive(Clone, Debug)]
pub(super) struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Bytes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Visitor)
    }
}

impl From<&Value> for Datum {
    fn from(value: &Value) -> Self {
        match value {
            Value::Empty => Datum::Empty,
            Value::Bool(value) => Datum::Bool(*value),
            Value::Byte(value) => Datum::Byte(*value),
            Value::Int(value) => Datum::Int(*value),
            Value::Float(value) => Datum::Float(*value),
            Value::String(text) => Datum::String(text.to_string()),
            Value::Binary(bytes) => Datum::Binary(Bytes(bytes.to_vec())),
            Value::Array(elements) => Datum::Array(data(elements.iter())),
            Value::Dictionary(pairs) => Datum::Dictionary(self::pairs(pairs)),
            Value::Vector2(components) => Datum::Vector2(*components),
            Value::Vector3(components) => Datum::Vector3(*components),
            Value::Vector4(components) => Datum::Vector4(*components),
            Value::Matrix4x4(matrix) => Datum::Matrix4x4(*matrix.components()),
            Value::Color(color) => Datum::Color([color.alpha, color.red, color.green, color.blue]),
            Value::CustomId(id) => Datum::CustomId(*id),
        }
    }
}

impl From<Datum> for Value {
    fn from(datum: Datum) -> Self {
        match datum {
            Datum::Empty => Value::Empty,
            Datum::Bool(value) => Value::Bool(value),
            Datum::Byte(value) => Value::Byte(value),
            Datum::Int(value) => Value::Int(value),
            Datum::Float(value) => Value::Float(value),
            Datum::String(text) => Value::String(text.into()),
            Datum::Binary(bytes) => Value::Binary(bytes.0.into()),
            Datum::Array(elements) => Value::Array(elements.into_iter().map(Value::from).collect::<Array>()),
            Datum::Dictionary(pairs) => Value::Dictionary(dictionary(pairs)),
            Datum::Vector2(components) => Value::Vector2(components),
            Datum::Vector3(components) => Value::Vector3(components),
            Datum::Vector4(components) => Value::Vector4(components),
            Datum::Matrix4x4(rows) => Value::Matrix4x4(Matrix4x4::from(rows)),
            Datum::Color([alpha, red, green, blue]) => Value::Color(Color {
                alpha,
                red,
                green,
                blue,
            }),
            Datum::CustomId(id) => Value::CustomId(id),
        }
    }
}

/// All of them, to be sent.
pub(super) fn data<'a>(values: impl Iterator<Item = &'a Value>) -> Vec<Datum> {
    values.map(Datum::from).collect()
}

/// All of them, as they arrived.
pub(super) fn values(data: Vec<Datum>) -> Vec<Value> {
    data.into_iter().map(Value::from).collect()
}

pub(super) fn pairs(dictionary: &Dictionary) -> Vec<(String, Datum)> {
    let pairs = dictionary.iter();
    pairs
        .map(|(key, value)| (key.to_string(), Datum::from(value)))
        .collect()
}

pub(super) fn dictionary(pairs: Vec<(String, Datum)>) -> Dictionary {
    let pairs = pairs.into_iter();
    pairs.map(|(key, datum)| (key, Value::from(datum))).collect()
}

/// How many values [`Wanted`] tells apart; the last stands for all others.
const WANTED_VALUES: usize = 63;

/// Nothing if nobody listens, else which values are read.
pub(super) fn read_values(wanted: Wanted) -> Option<Vec<u8>> {
    let values = (0..WANTED_VALUES).filter(|at| wanted.value(*at));
    wanted.is_heard().then(|| values.map(|at| at as u8).collect())
}

pub(super) fn wanted(read: Option<Vec<u8>>) -> Wanted {
    let read = read.map(|read| read.into_iter().map(usize::from));
    read.map_or(Wanted::NOTHING, |read| {
        read.fold(Wanted::HEARD_ONLY, |wanted, at| wanted.with_value(at))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(value: &Value) -> Value {
        let bytes = rmp_serde::to_vec(&Datum::from(value)).unwrap();
        rmp_serde::from_slice::<Datum>(&bytes).unwrap().into()
    }

    #[test]
    fn every_value_arrives_as_it_was() {
        let inner = [Value::Byte(255), Value::Empty, Value::from("ä\0")];
        let pairs = [("z", Value::Int(i64::MIN)), ("a", Value::Float(-0.5))];
        let color = Color {
            alpha: 1,
            red: 2,
            green: 3,
            blue: 4,
        };
        let all = [
            Value::Bool(true),
            Value::Int(i64::MAX),
            Value::Float(f64::INFINITY),
            Value::Binary(vec![0, 127, 128, 255].into()),
            Value::Array(inner.into_iter().collect()),
            Value::Dictionary(pairs.into_iter().collect()),
            Value::Vector2([1.0, 2.0]),
            Value::Vector3([1.0, 2.0, 3.0]),
            Value::Vector4([1.0, 2.0, 3.0, 4.0]),
            Value::Matrix4x4(Matrix4x4::identity()),
            Value::Color(color),
            Value::CustomId(u64::MAX),
        ];
        let all = Value::Array(all.into_iter().collect());
        let arrived = sent(&all);
        assert_eq!(arrived, all);
        // Equality takes no notice of the order of keys.
        assert_eq!(arrived.to_json().to_string(), all.to_json().to_string());
        let Value::Float(arrived) = sent(&Value::Float(f64::NAN)) else {
            panic!("no Float");
        };
        assert!(arrived.is_nan());
    }

    #[test]
    fn what_is_wanted_arrives_as_it_was() {
        let some = Wanted::NOTHING.with_value(0).with_value(5).with_value(200);
        for one in [Wanted::NOTHING, Wanted::HEARD_ONLY, Wanted::EVERYTHING, some] {
            assert_eq!(wanted(read_values(one)), one);
        }
    }
}
