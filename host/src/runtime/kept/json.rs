//! Values as JSON from which exactly the same values come back.
//!
//! What JSON has itself stands as it is: `true`, `3`, `0.5`, `"text"`, `[…]`. Everything else is an object of one member,
//! its type: `{"Byte": 7}`, `{"Dictionary": [["a", 1]]}` (pairs, because their order counts), `{"Float": "NaN"}`.

use pulsewire_plugin_api::value::{DataType, Dictionary, Text, Value};
use serde_json::{Number, Value as Json, json};

use crate::literal::coerce;

/// How deep a value may be nested, in JSON: what is deeper could not be read again.
const DEEPEST: usize = 100;

/// The JSON of a value; `None` if it is nested too deeply.
pub(super) fn json(value: &Value) -> Option<Json> {
    at(value, DEEPEST)
}

fn at(value: &Value, left: usize) -> Option<Json> {
    let left = left.checked_sub(1)?;
    Some(match value {
        Value::Empty => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Int(number) => Json::from(*number),
        Value::Float(number) => float(*number),
        Value::String(text) => Json::from(text.as_str()),
        Value::Array(elements) => {
            let elements = elements.iter().map(|element| at(element, left));
            Json::Array(elements.collect::<Option<_>>()?)
        }
        Value::Dictionary(pairs) => {
            let left = left.checked_sub(2)?;
            let pairs = pairs
                .iter()
                .map(|(key, value)| Some(json!([key.as_str(), at(value, left)?])));
            json!({ "Dictionary": pairs.collect::<Option<Vec<_>>>()? })
        }
        Value::Byte(byte) => json!({ "Byte": byte }),
        Value::CustomId(id) => json!({ "CustomID": id }),
        Value::Color(color) => json!({ "Color": color.to_string() }),
        Value::Binary(bytes) => {
            let digits: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
            json!({ "Binary": digits })
        }
        Value::Vector2(numbers) => json!({ "Vector2": floats(numbers) }),
        Value::Vector3(numbers) => json!({ "Vector3": floats(numbers) }),
        Value::Vector4(numbers) => json!({ "Vector4": floats(numbers) }),
        Value::Matrix4x4(matrix) => json!({ "Matrix4x4": floats(matrix.components()) }),
    })
}

fn float(number: f64) -> Json {
    let json = Number::from_f64(number).map(Json::Number);
    json.unwrap_or_else(|| json!({ "Float": number.to_string() }))
}

fn floats(numbers: &[f64]) -> Vec<Json> {
    numbers.iter().map(|number| float(*number)).collect()
}

/// The value that the JSON stands for.
pub(super) fn value(json: &Json) -> Option<Value> {
    Some(match json {
        Json::Null => Value::Empty,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) if number.is_f64() => Value::Float(number.as_f64()?),
        Json::Number(number) => Value::Int(number.as_i64()?),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(elements) => Value::from(values(elements)?),
        Json::Object(members) => {
            let (name, json) = members.iter().next().filter(|_| members.len() == 1)?;
            tagged(name.parse().ok()?, json)?
        }
    })
}

fn values(elements: &[Json]) -> Option<Vec<Value>> {
    elements.iter().map(value).collect()
}

fn tagged(data_type: DataType, json: &Json) -> Option<Value> {
    match (data_type, json) {
        (DataType::Float, Json::String(text)) => text.parse().ok().map(Value::Float),
        (DataType::CustomId, json) => json.as_u64().map(Value::CustomId),
        (DataType::Dictionary, Json::Array(pairs)) => {
            let pairs = pairs.iter().map(|pair| match pair.as_array()?.as_slice() {
                [Json::String(key), json] => Some((Text::from(key.as_str()), value(json)?)),
                _ => None,
            });
            Some(Value::Dictionary(pairs.collect::<Option<Dictionary>>()?))
        }
        (DataType::Dictionary, _) => None,
        (_, json) => coerce(&value(json)?, data_type).ok(),
    }
}

#[cfg(test)]
mod tests {
    use pulsewire_plugin_api::value::{Color, Matrix4x4};

    use super::*;

    fn again(value: &Value) -> Option<Value> {
        let text = json(value)?.to_string();
        super::value(&serde_json::from_str(&text).unwrap())
    }

    #[test]
    fn every_value_comes_back_as_it_was() {
        let pairs = [
            ("b", Value::Byte(7)),
            ("a", Value::Float(2.0)),
            ("", Value::Empty),
        ];
        let pairs = pairs.map(|(key, value)| (Text::from(key), value));
        let values = [
            Value::Empty,
            Value::Bool(true),
            Value::Byte(255),
            Value::Int(i64::MIN),
            Value::Float(2.0),
            Value::Float(0.1 + 0.2),
            Value::Float(-0.0),
            Value::Float(f64::INFINITY),
            Value::Float(1e300),
            Value::from("\u{0} \" ü"),
            Value::from(vec![0_u8, 127, 255]),
            Value::from(vec![Value::Int(1), Value::Float(1.0), Value::CustomId(u64::MAX)]),
            Value::Dictionary(pairs.into_iter().collect()),
            Value::Vector2([1.0, -2.5]),
            Value::Vector3([1.0, f64::NEG_INFINITY, 3.0]),
            Value::Vector4([0.0; 4]),
            Value::Matrix4x4(Matrix4x4::from([0.5; 16])),
            Value::Color(Color {
                alpha: 1,
                red: 2,
                green: 3,
                blue: 255,
            }),
        ];
        for value in values {
            assert_eq!(again(&value).as_ref(), Some(&value), "{:?}", json(&value));
        }
        assert!(matches!(again(&Value::Float(f64::NAN)), Some(Value::Float(number)) if number.is_nan()));
    }

    #[test]
    fn what_is_nested_too_deeply_to_be_read_again_has_no_json() {
        let nested = |depth| (0..depth).fold(Value::Int(1), |value, _| Value::from(vec![value]));
        assert!(again(&nested(DEEPEST - 1)).is_some());
        assert_eq!(json(&nested(DEEPEST)), None);
        let nested = |depth| {
            (0..depth).fold(Value::Int(1), |value, _| {
                Value::Dictionary([(Text::from("a"), value)].into_iter().collect())
            })
        };
        assert!(again(&nested((DEEPEST - 1) / 3)).is_some());
        assert_eq!(json(&nested(DEEPEST / 2)), None);
    }

    #[test]
    fn json_that_is_no_value_is_none() {
        for text in [
            "18446744073709551615",
            r#"{"Byte": 256}"#,
            r#"{"Byte": 1, "Int": 2}"#,
            r#"{"Bite": 1}"#,
            r#"{"Dictionary": {"a": 1}}"#,
            r#"{"Dictionary": [["a"]]}"#,
            r#"{"Vector2": [1]}"#,
            r#"{"Binary": "0"}"#,
            "{}",
        ] {
            assert_eq!(value(&serde_json::from_str(text).unwrap()), None, "{text}");
        }
    }
}
