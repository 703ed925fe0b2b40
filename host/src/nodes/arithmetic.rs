//! Arithmetic on values of one numeric type, component by component for vectors.

use pulsewire_plugin_api::{Call, NodeError, value::Value};

/// How two numbers of each kind are joined; vectors as floats.
pub(super) trait Operation {
    fn int(a: i64, b: i64) -> Result<i64, &'static str>;
    fn byte(a: u8, b: u8) -> Result<u8, &'static str>;
    fn float(a: f64, b: f64) -> f64;
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

/// All data inputs joined, from first to last. They are of one type, as the compiler has seen to.
pub(super) fn fold<O: Operation>(call: &Call<'_>) -> Result<Value, NodeError> {
    macro_rules! rest {
        ($variant:ident, $first:expr, $join:expr) => {{
            let mut result = *$first;
            for input in 1..call.input_count() {
                match call.input(input) {
                    Value::$variant(next) => result = $join(result, *next)?,
                    other => return Err(no_arithmetic(other)),
                }
            }
            Ok(Value::$variant(result))
        }};
    }
    match call.input(0) {
        Value::Int(first) => rest!(Int, first, O::int),
        Value::Float(first) => rest!(Float, first, |a, b| Ok::<_, NodeError>(O::float(a, b))),
        Value::Byte(first) => rest!(Byte, first, O::byte),
        Value::Vector2(first) => rest!(Vector2, first, components::<O, 2>),
        Value::Vector3(first) => rest!(Vector3, first, components::<O, 3>),
        Value::Vector4(first) => rest!(Vector4, first, components::<O, 4>),
        other => Err(no_arithmetic(other)),
    }
}

#[cold]
fn no_arithmetic(value: &Value) -> NodeError {
    format!("no arithmetic on {}", value.data_type()).into()
}

fn components<O: Operation, const N: usize>(a: [f64; N], b: [f64; N]) -> Result<[f64; N], NodeError> {
    Ok(std::array::from_fn(|at| O::float(a[at], b[at])))
}
