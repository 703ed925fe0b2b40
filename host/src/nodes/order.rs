//! Which of two values is the smaller one.

use std::cmp::Ordering;

use pulsewire_plugin_api::{NodeError, value::Value};

/// The order of two numbers or texts of one type; none with NaN. Other values have none, which is an error.
pub(super) fn order(a: &Value, b: &Value) -> Result<Option<Ordering>, NodeError> {
    Ok(match (a, b) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Byte(a), Value::Byte(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::String(a), Value::String(b)) => Some(a.as_str().cmp(b)),
        _ => return Err(format!("{} and {} have no order", a.data_type(), b.data_type()).into()),
    })
}
