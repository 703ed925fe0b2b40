//! Arithmetic on two values of one numeric type, component by component for vectors.

use pulsewire_plugin_api::{NodeError, value::Value};

/// How two numbers of each kind are joined.
pub(super) struct Operation {
    pub(super) int: fn(i64, i64) -> Result<i64, &'static str>,
    pub(super) byte: fn(u8, u8) -> Result<u8, &'static str>,
    pub(super) float: fn(f64, f64) -> f64,
}

impl Operation {
    #[inline]
    pub(super) fn apply(&self, a: &Value, b: &Value) -> Result<Value, NodeError> {
        Ok(match (a, b) {
            (Value::Int(a), Value::Int(b)) => Value::Int((self.int)(*a, *b)?),
            (Value::Float(a), Value::Float(b)) => Value::Float((self.float)(*a, *b)),
            (Value::Byte(a), Value::Byte(b)) => Value::Byte((self.byte)(*a, *b)?),
            (Value::Vector2(a), Value::Vector2(b)) => Value::Vector2(self.components(a, b)),
            (Value::Vector3(a), Value::Vector3(b)) => Value::Vector3(self.components(a, b)),
            (Value::Vector4(a), Value::Vector4(b)) => Value::Vector4(self.components(a, b)),
            (a, b) => return Err(format!("no arithmetic on {} and {}", a.data_type(), b.data_type()).into()),
        })
    }

    fn components<const N: usize>(&self, a: &[f64; N], b: &[f64; N]) -> [f64; N] {
        std::array::from_fn(|at| (self.float)(a[at], b[at]))
    }
}

/// The sum; whole numbers stay at their limits instead of wrapping.
pub(super) const SUM: Operation = Operation {
    int: |a, b| Ok(a.saturating_add(b)),
    byte: |a, b| Ok(a.saturating_add(b)),
    float: |a, b| a + b,
};

/// The remainder of Euclidean division, never negative.
pub(super) const REMAINDER: Operation = Operation {
    int: |a, b| {
        a.checked_rem_euclid(b)
            .or((b == -1).then_some(0))
            .ok_or("the divisor is 0")
    },
    byte: |a, b| a.checked_rem(b).ok_or("the divisor is 0"),
    float: f64::rem_euclid,
};
