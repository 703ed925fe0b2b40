//! Literals: what may stand in a project's file for a value of a type.
//!
//! TOML knows fewer types than Logic does. An integer may stand for a Float, a text for a Color, a list of numbers
//! for a Vector; everything else must be what it says. `"5"` is no Int: guessing hides mistakes.
//!
//! Start with [`coerce`]. The walk through a file's tables, with its faults, is in `reader`.

pub(crate) mod reader;
mod slips;

use pulsewire_plugin_api::value::{Color, DataType, Matrix4x4, Text, Value};
use toml::{
    Spanned,
    de::{DeInteger, DeTable, DeValue},
};

use crate::diagnostics::Span;

/// How many characters of a text an error shows.
const SHOWN: usize = 40;

/// The value of type `to` that `value` stands for.
///
/// # Errors
/// What was expected and what was found: ``expected Int, found String `five` ``.
pub fn coerce(value: &Value, to: DataType) -> Result<Value, String> {
    if value.fits(to) {
        return Ok(value.clone());
    }
    let coerced = match (to, value) {
        (DataType::Float, Value::Int(number)) => exact_float(*number).map(Value::Float),
        (DataType::Byte, Value::Int(number)) => u8::try_from(*number).ok().map(Value::Byte),
        (DataType::CustomId, Value::Int(number)) => u64::try_from(*number).ok().map(Value::CustomId),
        (DataType::Color, Value::String(text)) => color(text).map(Value::Color),
        (DataType::Binary, Value::String(text)) => bytes(text).map(Value::from),
        (DataType::Vector2, Value::Array(numbers)) => floats(numbers).map(Value::Vector2),
        (DataType::Vector3, Value::Array(numbers)) => floats(numbers).map(Value::Vector3),
        (DataType::Vector4, Value::Array(numbers)) => floats(numbers).map(Value::Vector4),
        (DataType::Matrix4x4, Value::Array(numbers)) => {
            floats::<16>(numbers).map(|components| Value::Matrix4x4(Matrix4x4::from(components)))
        }
        _ => None,
    };
    coerced.ok_or_else(|| format!("expected {}, found {}", expected(to), found(value)))
}

/// What may stand for the type, in the designer's words.
pub(crate) fn expected(to: DataType) -> &'static str {
    match to {
        DataType::Byte => "Byte (0 to 255)",
        DataType::Binary => "Binary (hexadecimal text)",
        DataType::Color => "Color (`#AARRGGBB`)",
        DataType::CustomId => "CustomID (a whole number from 0)",
        DataType::Vector2 => "Vector2 (2 numbers)",
        DataType::Vector3 => "Vector3 (3 numbers)",
        DataType::Vector4 => "Vector4 (4 numbers)",
        DataType::Matrix4x4 => "Matrix4x4 (16 numbers)",
        other => other.name(),
    }
}

/// What to write where `value` stands, for a type that it is not of.
pub(crate) fn how_to_write(value: &Value, to: DataType) -> String {
    let in_quotes = |text: &str| format!("write it in quotes: `\"{text}\"`");
    let without_quotes =
        |is_one: bool, text: &str| is_one.then(|| format!("write it without quotes: `{text}`"));
    let slip = match (value, to) {
        (Value::Int(_) | Value::Float(_) | Value::Bool(_), DataType::String) => {
            Some(in_quotes(&value.to_string()))
        }
        (Value::Float(number), DataType::Int) if number.fract() == 0.0 => {
            Some(format!("write it without a fraction: `{number:.0}`"))
        }
        (Value::String(text), DataType::Int) => without_quotes(text.parse::<i64>().is_ok(), text),
        (Value::String(text), DataType::Byte) => without_quotes(text.parse::<u8>().is_ok(), text),
        (Value::String(text), DataType::Float) => {
            without_quotes(text.parse().is_ok_and(f64::is_finite), text)
        }
        (Value::String(text), DataType::Bool) => without_quotes(text.parse::<bool>().is_ok(), text),
        _ => None,
    };
    slip.unwrap_or_else(|| format!("{to} is written `{}`", example(to)))
}

/// A value of the type as a file has it.
fn example(data_type: DataType) -> &'static str {
    match data_type {
        DataType::Bool => "true",
        DataType::Int => "-7",
        DataType::Byte => "255",
        DataType::Float => "0.5",
        DataType::Binary => "\"48656C6C6F\"",
        DataType::Array => "[1, \"two\"]",
        DataType::Dictionary => "{ a = 1, b = \"two\" }",
        DataType::Vector2 => "[1, 2.5]",
        DataType::Vector3 => "[1, 2.5, 3]",
        DataType::Vector4 => "[1, 2.5, 3, 4]",
        DataType::Matrix4x4 => "[1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]",
        DataType::Color => "\"#FF00A0E0\"",
        DataType::CustomId => "42",
        DataType::String | DataType::Any => "\"text\"",
    }
}

/// Type and content of a value, cut short.
pub(crate) fn found(value: &Value) -> String {
    match value {
        Value::Empty => "nothing".to_owned(),
        Value::Array(elements) => {
            let odd = elements
                .iter()
                .find(|element| !matches!(element, Value::Int(_) | Value::Float(_)));
            match odd {
                Some(odd) if !matches!(odd, Value::Array(_)) => {
                    format!("Array of {} with {}", elements.len(), found(odd))
                }
                _ => format!("Array of {}", elements.len()),
            }
        }
        Value::Dictionary(_) => "Dictionary".to_owned(),
        Value::Binary(bytes) => {
            let few = Value::from(bytes[..bytes.len().min(SHOWN)].to_vec());
            format!("Binary `{}`", shortened(&few.to_string()))
        }
        other => format!("{} `{}`", other.data_type(), shortened(&other.to_string())),
    }
}

/// What is allowed, if the value is a number and not in the range; both ends belong to it.
pub(crate) fn out_of_range(value: &Value, min: Option<f64>, max: Option<f64>) -> Option<String> {
    let number = match value {
        Value::Int(number) => *number as f64,
        Value::Byte(number) => f64::from(*number),
        Value::Float(number) => *number,
        _ => return None,
    };
    // What is no number is in no range.
    if min.is_none_or(|min| number >= min) && max.is_none_or(|max| number <= max) {
        return None;
    }
    match (min, max) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}")),
        (Some(min), None) => Some(format!("at least {min}")),
        (None, Some(max)) => Some(format!("at most {max}")),
        (None, None) => None,
    }
}

/// A text that fits into a message: one line, not too long.
pub(crate) fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown.replace("\\\"", "\"").replace("\\'", "'")
}

fn exact_float(number: i64) -> Option<f64> {
    let float = number as f64;
    (float as i128 == i128::from(number)).then_some(float)
}

fn floats<const N: usize>(numbers: &[Value]) -> Option<[f64; N]> {
    let floats: Option<Vec<f64>> = numbers
        .iter()
        .map(|number| match number {
            Value::Float(float) => Some(*float),
            Value::Int(number) => exact_float(*number),
            _ => None,
        })
        .collect();
    floats?.try_into().ok()
}

fn color(text: &str) -> Option<Color> {
    let [alpha, red, green, blue] = bytes(text.strip_prefix('#').unwrap_or(text))?.try_into().ok()?;
    Some(Color {
        alpha,
        red,
        green,
        blue,
    })
}

fn bytes(hexadecimal: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = hexadecimal
        .chars()
        .map(|digit| digit.to_digit(16).map(|digit| digit as u8))
        .collect();
    let digits = digits?;
    digits.len().is_multiple_of(2).then(|| {
        digits
            .chunks_exact(2)
            .map(|pair| pair[0] << 4 | pair[1])
            .collect()
    })
}

/// Something in a file that is no value of Logic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct NotAValue {
    /// Where it stands.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: &'static str,
}

/// The value that stands in a file: integers are Int, floats Float, strings String, arrays Array, tables Dictionary
/// in the order of the file.
///
/// # Errors
/// Dates and integers beyond 64 bits are no values.
pub fn value(item: &Spanned<DeValue<'_>>) -> Result<Value, NotAValue> {
    let refuse = |message: String, hint| {
        Err(NotAValue {
            span: item.span(),
            message,
            hint,
        })
    };
    Ok(match item.get_ref() {
        DeValue::String(text) => Value::String(Text::from(text.as_ref())),
        DeValue::Boolean(flag) => Value::Bool(*flag),
        DeValue::Integer(digits) => match integer(digits) {
            Some(number) => Value::Int(number),
            None => return refuse(format!("`{digits}` does not fit an Int"), "Int has 64 bits"),
        },
        DeValue::Float(digits) => match float(digits.as_str()) {
            Some(number) => Value::Float(number),
            None => {
                return refuse(
                    format!("`{}` does not fit a Float", shortened(digits.as_str())),
                    "Float has 64 bits",
                );
            }
        },
        DeValue::Datetime(date) => {
            return refuse(
                format!("there is no type for the date `{date}`"),
                "put it in quotes, so that it is a String",
            );
        }
        DeValue::Array(elements) => {
            let elements: Vec<Value> = elements.iter().map(value).collect::<Result<_, _>>()?;
            Value::from(elements)
        }
        DeValue::Table(table) => Value::Dictionary(
            in_file_order(table)
                .into_iter()
                .map(|(key, item)| Ok((Text::from(key.get_ref().as_ref()), value(item)?)))
                .collect::<Result<_, _>>()?,
        ),
    })
}

pub(crate) fn integer(digits: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(digits.as_str(), digits.radix()).ok()
}

/// An infinity must be spelt out; a number too large for a Float is none.
fn float(digits: &str) -> Option<f64> {
    let number: f64 = digits.parse().ok()?;
    (number.is_finite() || digits.contains(['i', 'n'])).then_some(number)
}

/// A key with its value.
pub(crate) type Member<'t, 'i> = (&'t Spanned<std::borrow::Cow<'i, str>>, &'t Spanned<DeValue<'i>>);

/// The members of a table as they follow each other in the file; the parser sorts them by key.
pub(crate) fn in_file_order<'t, 'i>(table: &'t DeTable<'i>) -> Vec<Member<'t, 'i>> {
    let mut members: Vec<_> = table.iter().collect();
    members.sort_unstable_by_key(|(key, _)| key.span().start);
    members
}
