//! What values mean: their types, defaults, equality, text and JSON.
//!
//! The data itself is in the `abi` module, because its layout is part of the ABI. Passing a value on is O(1);
//! values are immutable, so nobody sees a change that somebody else makes.
//!
//! Two decisions where Incari's pages are silent or contradict themselves: `Int` has 64 bits (its own Now
//! node returns milliseconds, which 32 cannot hold), and `Byte` is 0 to 255, the unit of `Binary`.

mod comparison;

use std::fmt;

pub use crate::abi::texts::Texts;
pub use crate::abi::value::{Array, Binary, Color, Dictionary, Matrix4x4, Text, Value};
pub use crate::data_type::DataType;
use comparison::Comparison;

impl Value {
    /// The type of this value; `Any` for the empty one.
    pub fn data_type(&self) -> DataType {
        match self {
            Value::Empty => DataType::Any,
            Value::Bool(_) => DataType::Bool,
            Value::Byte(_) => DataType::Byte,
            Value::Int(_) => DataType::Int,
            Value::Float(_) => DataType::Float,
            Value::String(_) => DataType::String,
            Value::Binary(_) => DataType::Binary,
            Value::Array(_) => DataType::Array,
            Value::Dictionary(_) => DataType::Dictionary,
            Value::Vector2(_) => DataType::Vector2,
            Value::Vector3(_) => DataType::Vector3,
            Value::Vector4(_) => DataType::Vector4,
            Value::Matrix4x4(_) => DataType::Matrix4x4,
            Value::Color(_) => DataType::Color,
            Value::CustomId(_) => DataType::CustomId,
        }
    }

    /// Whether a socket of `data_type` may carry this value.
    pub fn fits(&self, data_type: DataType) -> bool {
        data_type == DataType::Any || self.data_type() == data_type
    }

    /// The value of a socket of `data_type` before anything was written: false, 0, empty.
    pub fn default_of(data_type: DataType) -> Value {
        match data_type {
            DataType::Any => Value::Empty,
            DataType::Bool => Value::Bool(false),
            DataType::Byte => Value::Byte(0),
            DataType::Int => Value::Int(0),
            DataType::Float => Value::Float(0.0),
            DataType::String => Value::String(Text::default()),
            DataType::Binary => Value::Binary(Binary::default()),
            DataType::Array => Value::Array(Array::default()),
            DataType::Dictionary => Value::Dictionary(Dictionary::default()),
            DataType::Vector2 => Value::Vector2([0.0; 2]),
            DataType::Vector3 => Value::Vector3([0.0; 3]),
            DataType::Vector4 => Value::Vector4([0.0; 4]),
            DataType::Matrix4x4 => Value::Matrix4x4(Matrix4x4::identity()),
            DataType::Color => Value::Color(Color {
                alpha: 255,
                ..Color::default()
            }),
            DataType::CustomId => Value::CustomId(0),
        }
    }
}

/// Structural equality. Two floats are equal when `==` says so or both are NaN, so that a variable that
/// holds NaN does not change at every write. Takes time in proportion to the memory of the values, also where they hold the
/// same array again and again; none, if they are the same in memory.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Empty, Value::Empty) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Byte(a), Value::Byte(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Float(a), Value::Float(b)) => same_floats(&[*a], &[*b]),
            (Value::String(a), Value::String(b)) => a == b,
            (Value::Binary(a), Value::Binary(b)) => a == b,
            (Value::Array(a), Value::Array(b)) => a == b,
            (Value::Dictionary(a), Value::Dictionary(b)) => a == b,
            (Value::Vector2(a), Value::Vector2(b)) => same_floats(a, b),
            (Value::Vector3(a), Value::Vector3(b)) => same_floats(a, b),
            (Value::Vector4(a), Value::Vector4(b)) => same_floats(a, b),
            (Value::Matrix4x4(a), Value::Matrix4x4(b)) => same_floats(a.components(), b.components()),
            (Value::Color(a), Value::Color(b)) => a == b,
            (Value::CustomId(a), Value::CustomId(b)) => a == b,
            _ => false,
        }
    }
}

fn same_floats(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
}

impl PartialEq for Binary {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(&**self, &**other) || **self == **other
    }
}

impl PartialEq for Array {
    fn eq(&self, other: &Self) -> bool {
        Comparison::default().are_arrays_equal(self, other)
    }
}

/// Equal when the same keys hold equal values; the order of insertion does not count.
impl PartialEq for Dictionary {
    fn eq(&self, other: &Self) -> bool {
        Comparison::default().are_dictionaries_equal(self, other)
    }
}

/// The text that the console shows: a String as it is, everything else as its JSON.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Empty => Ok(()),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Byte(value) => write!(f, "{value}"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Float(value) => write!(f, "{value:?}"),
            Value::String(text) => f.write_str(text),
            Value::Binary(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02X}")),
            Value::CustomId(id) => write!(f, "{id}"),
            Value::Color(color) => fmt::Display::fmt(color, f),
            Value::Vector2(v) => write!(f, "{v:?}"),
            Value::Vector3(v) => write!(f, "{v:?}"),
            Value::Vector4(v) => write!(f, "{v:?}"),
            Value::Matrix4x4(m) => write!(f, "{:?}", m.components()),
            Value::Array(_) | Value::Dictionary(_) => f.write_str(&self.to_json()),
        }
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:02X}{:02X}{:02X}{:02X}",
            self.alpha, self.red, self.green, self.blue
        )
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Empty => f.write_str("Empty"),
            Value::String(text) => write!(f, "String({text:?})"),
            other => write!(f, "{:?}({other})", other.data_type()),
        }
    }
}

impl fmt::Debug for Dictionary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl fmt::Debug for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Debug for Binary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Binary({} bytes)", self.len())
    }
}

macro_rules! into_value {
    ($($from:ty => $variant:ident $(via $convert:expr)?;)*) => {$(
        impl From<$from> for Value {
            fn from(value: $from) -> Self {
                $(let value = $convert(value);)?
                Value::$variant(value)
            }
        }
    )*};
}

into_value! {
    bool => Bool;
    u8 => Byte;
    i64 => Int;
    f64 => Float;
    Text => String;
    String => String via Text::from;
    &str => String via Text::from;
    Binary => Binary;
    Vec<u8> => Binary via Binary::from;
    Array => Array;
    Vec<Value> => Array via Array::from;
    Dictionary => Dictionary;
    [f64; 2] => Vector2;
    [f64; 3] => Vector3;
    [f64; 4] => Vector4;
    Matrix4x4 => Matrix4x4;
    Color => Color;
}
