//! Arithmetic on values of one numeric type, component by component for vectors.

use pulsewire_plugin_api::{
    Call, NodeError,
    value::{Matrix4x4, Value},
};

/// How two numbers of each kind are joined; vectors as floats.
pub(super) trait Operation {
    fn int(a: i64, b: i64) -> Result<i64, &'static str>;
    fn byte(a: u8, b: u8) -> Result<u8, &'static str>;
    fn float(a: f64, b: f64) -> f64;

    /// Component by component, unless the operation means something else for matrices.
    fn matrix(a: &[f64; 16], b: &[f64; 16]) -> [f64; 16] {
        std::array::from_fn(|at| Self::float(a[at], b[at]))
    }
}

/// The sum; whole numbers stay at their limits instead of wrapping.
pub(super) struct Sum;

impl Operation for Sum {
    fn int(a: i64, b: i64) -> Result<i64, &'static str> {
        Ok(a.saturating_add(b))
    }

    fn byte(a: u8, b: u8) -> Result<u8, &'static str> {
        Ok(a.saturating_add(b))
    }

    fn float(a: f64, b: f64) -> f64 {
        a + b
    }
}

/// The first minus the second, at the limits as [`Sum`].
pub(super) struct Difference;

impl Operation for Difference {
    fn int(a: i64, b: i64) -> Result<i64, &'static str> {
        Ok(a.saturating_sub(b))
    }

    fn byte(a: u8, b: u8) -> Result<u8, &'static str> {
        Ok(a.saturating_sub(b))
    }

    fn float(a: f64, b: f64) -> f64 {
        a - b
    }
}

/// The product, at the limits as [`Sum`].
pub(super) struct Product;

impl Operation for Product {
    fn int(a: i64, b: i64) -> Result<i64, &'static str> {
        Ok(a.saturating_mul(b))
    }

    fn byte(a: u8, b: u8) -> Result<u8, &'static str> {
        Ok(a.saturating_mul(b))
    }

    fn float(a: f64, b: f64) -> f64 {
        a * b
    }

    /// Rows by columns: what the second does to a point, then the first.
    fn matrix(a: &[f64; 16], b: &[f64; 16]) -> [f64; 16] {
        std::array::from_fn(|at| {
            let (row, column) = (at / 4, at % 4);
            (0..4)
                .map(|inner| a[row * 4 + inner] * b[inner * 4 + column])
                .sum()
        })
    }
}

/// The quotient; of whole numbers that of Euclidean division, so that the remainder is never negative.
pub(super) struct Quotient;

impl Operation for Quotient {
    fn int(a: i64, b: i64) -> Result<i64, &'static str> {
        match b {
            0 => Err("the divisor is 0"),
            // The one overflow is `i64::MIN` by -1.
            _ => Ok(a.checked_div_euclid(b).unwrap_or(i64::MAX)),
        }
    }

    fn byte(a: u8, b: u8) -> Result<u8, &'static str> {
        a.checked_div(b).ok_or("the divisor is 0")
    }

    fn float(a: f64, b: f64) -> f64 {
        a / b
    }
}

/// The smaller one.
pub(super) struct Least;

impl Operation for Least {
    fn int(a: i64, b: i64) -> Result<i64, &'static str> {
        Ok(a.min(b))
    }

    fn byte(a: u8, b: u8) -> Result<u8, &'static str> {
        Ok(a.min(b))
    }

    fn float(a: f64, b: f64) -> f64 {
        a.min(b)
    }
}

/// The larger one.
pub(super) struct Greatest;

impl Operation for Greatest {
    fn int(a: i64, b: i64) -> Result<i64, &'static str> {
        Ok(a.max(b))
    }

    fn byte(a: u8, b: u8) -> Result<u8, &'static str> {
        Ok(a.max(b))
    }

    fn float(a: f64, b: f64) -> f64 {
        a.max(b)
    }
}

/// The power. A whole number has none with a negative exponent.
pub(super) struct Power;

impl Operation for Power {
    fn int(a: i64, b: i64) -> Result<i64, &'static str> {
        match u32::try_from(b) {
            Ok(exponent) => Ok(a.saturating_pow(exponent)),
            Err(_) if b < 0 => Err("an Int has no power with a negative exponent; use Float"),
            // Beyond 2³² only these do not stay at a limit.
            Err(_) => Ok(match a {
                0 | 1 => a,
                -1 if b % 2 == 0 => 1,
                -1 => -1,
                _ if a < 0 && b % 2 != 0 => i64::MIN,
                _ => i64::MAX,
            }),
        }
    }

    fn byte(a: u8, b: u8) -> Result<u8, &'static str> {
        Ok(a.saturating_pow(b.into()))
    }

    fn float(a: f64, b: f64) -> f64 {
        a.powf(b)
    }
}

/// The remainder of Euclidean division, never negative.
pub(super) struct Remainder;

impl Operation for Remainder {
    fn int(a: i64, b: i64) -> Result<i64, &'static str> {
        // The one overflow is `i64::MIN` by -1, whose remainder is 0.
        a.checked_rem_euclid(b)
            .or((b == -1).then_some(0))
            .ok_or("the divisor is 0")
    }

    fn byte(a: u8, b: u8) -> Result<u8, &'static str> {
        a.checked_rem(b).ok_or("the divisor is 0")
    }

    fn float(a: f64, b: f64) -> f64 {
        a.rem_euclid(b)
    }
}

/// The value with `change` applied to it, or to each of its components; whole numbers stay as they are.
pub(super) fn each_component(value: &Value, change: impl Fn(f64) -> f64) -> Result<Value, NodeError> {
    Ok(match value {
        Value::Int(_) | Value::Byte(_) => value.clone(),
        Value::Float(value) => Value::Float(change(*value)),
        Value::Vector2(value) => Value::Vector2(value.map(change)),
        Value::Vector3(value) => Value::Vector3(value.map(change)),
        Value::Vector4(value) => Value::Vector4(value.map(change)),
        Value::Matrix4x4(value) => Value::Matrix4x4(Matrix4x4::from(value.components().map(change))),
        other => return Err(no_arithmetic(other)),
    })
}

/// Two values of one type joined.
pub(super) fn join<O: Operation>(a: &Value, b: &Value) -> Result<Value, NodeError> {
    Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) => Value::Int(O::int(*a, *b)?),
        (Value::Byte(a), Value::Byte(b)) => Value::Byte(O::byte(*a, *b)?),
        (Value::Float(a), Value::Float(b)) => Value::Float(O::float(*a, *b)),
        (Value::Vector2(a), Value::Vector2(b)) => Value::Vector2(components::<O, 2>(*a, *b)?),
        (Value::Vector3(a), Value::Vector3(b)) => Value::Vector3(components::<O, 3>(*a, *b)?),
        (Value::Vector4(a), Value::Vector4(b)) => Value::Vector4(components::<O, 4>(*a, *b)?),
        (_, other) => return Err(no_arithmetic(other)),
    })
}

/// Latches all data inputs joined, from first to last, in the output. They are of one type, as the compiler has seen to.
pub(super) fn fold<O: Operation>(call: &mut Call<'_>) -> Result<(), NodeError> {
    macro_rules! rest {
        ($variant:ident, $first:expr, $join:expr) => {{
            let mut result = $first;
            for input in 1..call.input_count() {
                match call.input(input) {
                    Value::$variant(next) => result = $join(result, *next)?,
                    other => return Err(no_arithmetic(other)),
                }
            }
            call.set(0, Value::$variant(result));
            Ok(())
        }};
    }
    if call.input_count() == 0 {
        return Err("there is no input; `count` is 0".into());
    }
    match *call.input(0) {
        Value::Int(first) => rest!(Int, first, O::int),
        Value::Float(first) => rest!(Float, first, |a, b| Ok::<_, NodeError>(O::float(a, b))),
        Value::Byte(first) => rest!(Byte, first, O::byte),
        Value::Vector2(first) => rest!(Vector2, first, components::<O, 2>),
        Value::Vector3(first) => rest!(Vector3, first, components::<O, 3>),
        Value::Vector4(first) => rest!(Vector4, first, components::<O, 4>),
        Value::Matrix4x4(ref first) => {
            let mut result = *first.components();
            for input in 1..call.input_count() {
                match call.input(input) {
                    Value::Matrix4x4(next) => result = O::matrix(&result, next.components()),
                    other => return Err(no_arithmetic(other)),
                }
            }
            call.set(0, Value::Matrix4x4(Matrix4x4::from(result)));
            Ok(())
        }
        ref other => Err(no_arithmetic(other)),
    }
}

#[cold]
fn no_arithmetic(value: &Value) -> NodeError {
    format!("no arithmetic on {}", value.data_type()).into()
}

fn components<O: Operation, const N: usize>(a: [f64; N], b: [f64; N]) -> Result<[f64; N], NodeError> {
    Ok(std::array::from_fn(|at| O::float(a[at], b[at])))
}
