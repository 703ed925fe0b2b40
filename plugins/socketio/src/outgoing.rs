//! Values of Logic as values of the wire.
//!
//! A node only looks at what it sends, so that what cannot be sent is its error; the driver's thread converts it.

use pulsewire_plugin_api::value::{Binary, Value};
use socketio_proto::{Data, EmitError, MAX_DEPTH};
use tungstenite::Bytes;

/// Most Binary values of one event: current Node.js servers close the connection on more.
pub(crate) const MAX_ATTACHMENTS: usize = 10;

/// Up to so many bytes are copied, so that they do not keep more than themselves.
const SHORT: usize = 4096;

/// What must be known of values before they are sent.
#[derive(Default)]
pub(crate) struct Survey {
    attachments: usize,
    /// About how many bytes they are on the wire.
    pub(crate) size: usize,
}

impl Survey {
    /// Of one event. Refuses what the protocol would refuse.
    pub(crate) fn of(values: &[Value]) -> Result<Self, EmitError> {
        let mut survey = Self::default();
        values
            .iter()
            .try_for_each(|value| survey.visit(value, MAX_DEPTH))?;
        let count = survey.attachments;
        match count > MAX_ATTACHMENTS {
            true => Err(EmitError::TooManyAttachments {
                count,
                limit: MAX_ATTACHMENTS,
            }),
            false => Ok(survey),
        }
    }

    fn visit(&mut self, value: &Value, depth: usize) -> Result<(), EmitError> {
        self.size += 8;
        if depth == 0 && matches!(value, Value::Array(_) | Value::Dictionary(_)) {
            return Err(EmitError::TooDeep { limit: MAX_DEPTH });
        }
        match value {
            Value::String(text) => self.size += text.len(),
            Value::Binary(bytes) => {
                self.attachments += 1;
                self.size += bytes.len();
            }
            Value::Array(items) => items.iter().try_for_each(|item| self.visit(item, depth - 1))?,
            Value::Dictionary(pairs) => {
                for (key, item) in pairs.iter() {
                    self.size += key.len();
                    self.visit(item, depth - 1)?;
                }
            }
            Value::Matrix4x4(_) => self.size += 128,
            _ => {}
        }
        Ok(())
    }
}

/// The value as it travels: Binary as bytes, all else as plugin-api writes it in JSON. Nested no deeper than a
/// [`Survey`] allows.
pub(crate) fn data(value: &Value) -> Data {
    match value {
        Value::Empty => Data::Null,
        Value::Bool(value) => Data::Bool(*value),
        Value::Byte(value) => Data::Int((*value).into()),
        Value::Int(value) => Data::Int(*value),
        Value::Float(value) => Data::Float(*value),
        Value::String(text) => Data::from(text.as_str()),
        Value::Binary(bytes) => Data::Binary(shared(bytes)),
        Value::Array(items) => items.iter().map(data).collect::<Vec<_>>().into(),
        Value::Dictionary(pairs) => {
            let pairs = pairs
                .iter()
                .map(|(key, item)| (key.as_str().to_owned(), data(item)));
            Data::Object(pairs.collect())
        }
        Value::Vector2(vector) => floats(vector),
        Value::Vector3(vector) => floats(vector),
        Value::Vector4(vector) => floats(vector),
        Value::Matrix4x4(matrix) => floats(matrix.components()),
        Value::Color(color) => Data::from(color.to_string()),
        Value::CustomId(id) => Data::from(*id),
    }
}

fn floats(values: &[f64]) -> Data {
    Data::Array(values.iter().map(|value| Data::Float(*value)).collect())
}

/// Large ones go to the transport without a copy.
fn shared(bytes: &Binary) -> Bytes {
    struct Owner(Binary);
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    match bytes.len() {
        0..=SHORT => Bytes::copy_from_slice(bytes),
        _ => Bytes::from_owner(Owner(bytes.clone())),
    }
}

#[cfg(test)]
mod tests {
    use pulsewire_plugin_api::value::{Color, Dictionary, Matrix4x4, Text};

    use super::*;

    #[test]
    fn every_value_but_bytes_travels_as_its_json() {
        let nested: Dictionary = [(Text::from("z"), Value::Int(1)), (Text::from("a"), Value::Empty)]
            .into_iter()
            .collect();
        for value in [
            Value::Empty,
            Value::Bool(true),
            Value::Byte(255),
            Value::Int(i64::MIN),
            Value::Float(2.5),
            Value::Float(f64::NAN),
            Value::from("text"),
            Value::from(vec![Value::Int(1), Value::from("a")]),
            Value::Dictionary(nested),
            Value::Vector2([1.0, 2.5]),
            Value::Vector3([1.0; 3]),
            Value::Vector4([1.0; 4]),
            Value::Matrix4x4(Matrix4x4::identity()),
            Value::Color(Color::default()),
            Value::CustomId(u64::MAX),
        ] {
            assert_eq!(data(&value).to_json(), value.to_json());
        }
    }

    #[test]
    fn bytes_travel_as_they_are_at_any_depth() {
        for size in [0, SHORT, SHORT + 1] {
            let value = Value::from(vec![Value::from(vec![7u8; size])]);
            let bytes = Data::Binary(vec![7u8; size].into());
            assert_eq!(data(&value), Data::Array(vec![bytes]));
        }
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        let binary = |count: usize| vec![Value::from(vec![1u8]); count];
        assert!(Survey::of(&binary(MAX_ATTACHMENTS)).is_ok());
        let nested = [Value::from(binary(MAX_ATTACHMENTS)), Value::from(vec![1u8])];
        let limit = MAX_ATTACHMENTS;
        let refused = Survey::of(&nested).map(|survey| survey.size);
        assert_eq!(refused, Err(EmitError::TooManyAttachments { count: 11, limit }));

        let deep = |depth| (0..depth).fold(Value::Empty, |inner, _| Value::from(vec![inner]));
        assert!(Survey::of(&[deep(MAX_DEPTH)]).is_ok());
        let refused = Survey::of(&[deep(MAX_DEPTH + 1)]).map(|survey| survey.size);
        assert_eq!(refused, Err(EmitError::TooDeep { limit: MAX_DEPTH }));
    }
}
