//! Conversions between types: the table behind the Conversion node.
//!
//! The table itself is in `docs/logic.md`, under Conversions; `tests/conversions.rs` compares it with what happens.

use pulsewire_plugin_api::{
    NodeError,
    value::{DataType, Value},
};

use crate::{
    literal::{coerce, found},
    nodes::limits::{self, check_elements},
};

/// `value` as `to`, or the reason why not.
pub fn convert(value: &Value, to: DataType) -> Result<Value, NodeError> {
    if value.fits(to) {
        return Ok(value.clone());
    }
    let converted = match (value, to) {
        (Value::Binary(bytes), DataType::String) => std::str::from_utf8(bytes).ok().map(Value::from),
        (_, DataType::String) => Some(Value::from(limits::text(value)?)),
        (Value::String(text), DataType::Int) => text.trim().parse().ok().map(Value::Int),
        (Value::String(text), DataType::Float) => text.trim().parse().ok().map(Value::Float),
        (Value::String(text), DataType::Byte) => text.trim().parse().ok().map(Value::Byte),
        (Value::String(text), DataType::Bool) => match text.trim() {
            "true" | "1" => Some(Value::Bool(true)),
            "false" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        (Value::String(text), DataType::Binary) => Some(Value::from(text.as_bytes().to_vec())),
        (Value::Binary(bytes), DataType::Array) => {
            check_elements(bytes.len())?;
            let bytes = bytes.iter().map(|&byte| Value::Byte(byte));
            Some(Value::Array(bytes.collect()))
        }
        (Value::Binary(bytes), DataType::Int) if bytes.len() <= 8 => Some(Value::Int(
            bytes.iter().fold(0, |int, &byte| int << 8 | i64::from(byte)),
        )),
        (Value::Array(elements), DataType::Binary) => elements
            .iter()
            .map(|element| match coerce(element, DataType::Byte) {
                Ok(Value::Byte(byte)) => Some(byte),
                _ => None,
            })
            .collect::<Option<Vec<u8>>>()
            .map(Value::from),
        (Value::Vector2(v), DataType::Array) => Some(floats(v)),
        (Value::Vector3(v), DataType::Array) => Some(floats(v)),
        (Value::Vector4(v), DataType::Array) => Some(floats(v)),
        (Value::Matrix4x4(m), DataType::Array) => Some(floats(m.components())),
        (Value::CustomId(id), DataType::Int) => i64::try_from(*id).ok().map(Value::Int),
        (_, DataType::Int | DataType::Float | DataType::Byte | DataType::Bool) => {
            number(value).and_then(|number| from_number(number, to))
        }
        _ => coerce(value, to).ok(),
    };
    converted.ok_or_else(|| format!("{} cannot become {to}", found(value)).into())
}

fn floats(components: &[f64]) -> Value {
    Value::Array(
        components
            .iter()
            .map(|&component| Value::Float(component))
            .collect(),
    )
}

/// Int keeps all 64 bits, hence not simply a float.
enum Number {
    Int(i64),
    Float(f64),
}

fn number(value: &Value) -> Option<Number> {
    match value {
        Value::Int(int) => Some(Number::Int(*int)),
        Value::Byte(byte) => Some(Number::Int((*byte).into())),
        Value::Bool(bool) => Some(Number::Int((*bool).into())),
        Value::Float(float) => Some(Number::Float(*float)),
        _ => None,
    }
}

fn from_number(number: Number, to: DataType) -> Option<Value> {
    /// The first float above every Int.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if let (DataType::Float, Number::Float(float)) = (to, &number) {
        return Some(Value::Float(*float));
    }
    let int = match number {
        Number::Int(int) => int,
        Number::Float(float) if to == DataType::Bool => return Some(Value::Bool(float != 0.0)),
        Number::Float(float) if (-LIMIT..LIMIT).contains(&float) => float as i64,
        Number::Float(_) => return None,
    };
    match to {
        DataType::Int => Some(Value::Int(int)),
        DataType::Float => Some(Value::Float(int as f64)),
        DataType::Byte => u8::try_from(int).ok().map(Value::Byte),
        DataType::Bool => Some(Value::Bool(int != 0)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_of_conversions() {
        let cases = [
            (Value::from(" 42 "), DataType::Int, Some(Value::Int(42))),
            (Value::from("4.5"), DataType::Int, None),
            (Value::from("4.5"), DataType::Float, Some(Value::Float(4.5))),
            (Value::from("yes"), DataType::Bool, None),
            (Value::Float(-2.9), DataType::Int, Some(Value::Int(-2))),
            (Value::Float(f64::NAN), DataType::Int, None),
            (Value::Float(1e300), DataType::Int, None),
            (
                Value::Int(i64::MAX),
                DataType::Float,
                Some(Value::Float(i64::MAX as f64)),
            ),
            (Value::Int(256), DataType::Byte, None),
            (Value::Int(3), DataType::String, Some(Value::from("3"))),
            (Value::from(vec![1u8, 2]), DataType::Int, Some(Value::Int(258))),
            (Value::from(vec![0u8; 9]), DataType::Int, None),
            (Value::from(vec![0xFFu8]), DataType::String, None),
            (
                Value::from("ü"),
                DataType::Binary,
                Some(Value::from(vec![0xC3u8, 0xBC])),
            ),
            (
                Value::from(vec![Value::Int(1), Value::Float(2.0)]),
                DataType::Vector2,
                Some(Value::Vector2([1.0, 2.0])),
            ),
            (Value::from(vec![Value::Int(1)]), DataType::Vector2, None),
            (Value::Bool(true), DataType::Dictionary, None),
            (Value::Empty, DataType::Int, None),
        ];
        for (from, to, expected) in cases {
            assert_eq!(convert(&from, to).ok(), expected, "{from:?} to {to}");
        }
    }

    #[test]
    fn a_conversion_that_fails_names_both_types_and_the_value() {
        let error = convert(&Value::from("five"), DataType::Int).unwrap_err();
        assert_eq!(error.reason(), "String `five` cannot become Int");
    }
}
