//! Values of the wire as values of Logic.

use pulsewire_plugin_api::{
    Wanted,
    value::{Binary, Dictionary, Text, Value},
};
use socketio_proto::Data;
use tungstenite::Bytes;

/// The outputs of On Socket.IO Receive by their places.
const NAMESPACE: usize = 0;
const TRIGGER_NAME: usize = 1;
const MESSAGE: usize = 2;
const VALUE: usize = 3;
const ARGUMENTS: usize = 4;
const DATA: usize = 5;
/// How many there are.
pub(crate) const COUNT: usize = 6;

/// A received event as On Socket.IO Receive gives it. What nobody wants is not made, and left empty.
pub(crate) struct Received {
    wanted: Wanted,
    /// One string is the text itself, anything else its JSON; without arguments it is empty.
    message: Value,
    /// The first argument.
    first: Value,
    /// All of them.
    all: Value,
    /// The first bytes at any depth, or none.
    data: Value,
}

impl Received {
    /// With these arguments.
    pub(crate) fn of(args: Vec<Data>, wanted: Wanted) -> Self {
        if let [Data::String(text)] = args.as_slice() {
            return Self::plain(text, wanted);
        }
        let mut received = Self::nothing(wanted);
        if wanted.value(MESSAGE) {
            received.message = Value::from(socketio_proto::text(&args));
        }
        let mut data = None;
        let mut args = args.into_iter().map(|arg| value(arg, &mut data));
        if wanted.value(ARGUMENTS) || wanted.value(DATA) {
            let all: Vec<Value> = args.collect();
            received.first = all.first().cloned().unwrap_or_default();
            received.all = Value::from(all);
            received.data = Value::Binary(data.unwrap_or_default());
        } else if wanted.value(VALUE) {
            received.first = args.next().unwrap_or_default();
        }
        received
    }

    /// Of a message with one string.
    pub(crate) fn plain(text: &str, wanted: Wanted) -> Self {
        let mut received = Self::nothing(wanted);
        if wanted.value(MESSAGE) {
            received.message = Value::from(text);
        }
        if wanted.value(VALUE) || wanted.value(ARGUMENTS) {
            received.first = match wanted.value(MESSAGE) {
                true => received.message.clone(),
                false => Value::from(text),
            };
        }
        if wanted.value(ARGUMENTS) {
            received.all = Value::from(vec![received.first.clone()]);
        }
        if wanted.value(DATA) {
            received.data = Value::Binary(Binary::default());
        }
        received
    }

    fn nothing(wanted: Wanted) -> Self {
        Self {
            wanted,
            message: Value::Empty,
            first: Value::Empty,
            all: Value::Empty,
            data: Value::Empty,
        }
    }

    /// About how much memory it holds.
    pub(crate) fn size(&self) -> usize {
        let text = match &self.message {
            Value::String(text) => text.len(),
            _ => 0,
        };
        match &self.data {
            Value::Binary(data) => text + data.len(),
            _ => text,
        }
    }

    /// The values of the outputs.
    pub(crate) fn into_values(self, namespace: &Text, name: &Text) -> [Value; COUNT] {
        let text = |at, text: &Text| match self.wanted.value(at) {
            true => Value::String(text.clone()),
            false => Value::Empty,
        };
        let (namespace, name) = (text(NAMESPACE, namespace), text(TRIGGER_NAME, name));
        let [message, first, all, data] = self.into_arguments();
        [namespace, name, message, first, all, data]
    }

    /// The values of the outputs that show the arguments.
    pub(crate) fn into_arguments(self) -> [Value; COUNT - MESSAGE] {
        [self.message, self.first, self.all, self.data]
    }
}

/// The value, and in `bytes` the first Binary in it.
fn value(data: Data, bytes: &mut Option<Binary>) -> Value {
    match data {
        Data::Null => Value::Empty,
        Data::Bool(value) => Value::Bool(value),
        Data::Int(value) => Value::Int(value),
        // Logic's Int ends at 2⁶³; as in plugin-api's reading of JSON.
        Data::UInt(value) => Value::Float(value as f64),
        Data::Float(value) => Value::Float(value),
        Data::String(value) => Value::from(value),
        Data::Binary(value) => {
            let value = binary(value);
            bytes.get_or_insert_with(|| value.clone());
            Value::Binary(value)
        }
        Data::Array(items) => Value::Array(items.into_iter().map(|item| value(item, bytes)).collect()),
        Data::Object(entries) => Value::Dictionary(
            entries
                .into_iter()
                .map(|(key, item)| (key, value(item, bytes)))
                .collect::<Dictionary>(),
        ),
    }
}

/// Large ones are shared with what was received, small ones copied, so that they do not keep more than themselves.
fn binary(bytes: Bytes) -> Binary {
    match bytes.len() {
        0..=65_536 => Binary::from(bytes.as_ref()),
        _ => Binary::from_owner(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(args: Vec<Data>, wanted: Wanted) -> Received {
        Received::of(args, wanted)
    }

    fn arguments(args: Vec<Data>) -> Received {
        received(args, Wanted::EVERYTHING)
    }

    #[test]
    fn only_what_is_wanted_is_made() {
        let [namespace, name] = ["/", "n"].map(Text::from);
        let samples = [
            vec![],
            vec![Data::from("text")],
            vec![json("[1]")],
            vec!["a".into(), Data::Binary(Bytes::from_static(b"b")), json("{}")],
        ];
        for args in samples {
            let all = arguments(args.clone()).into_values(&namespace, &name);
            for at in 0..COUNT {
                let one = received(args.clone(), Wanted::NOTHING.with_value(at));
                let values = one.into_values(&namespace, &name);
                assert_eq!(values[at], all[at], "{args:?}, output {at}");
            }
            let none = received(args.clone(), Wanted::HEARD_ONLY).into_values(&namespace, &name);
            assert!(
                none[..VALUE].iter().all(|value| *value == Value::Empty),
                "{args:?}"
            );
        }
    }

    fn json(text: &str) -> Data {
        text.parse().unwrap()
    }

    #[test]
    fn one_string_is_the_message_itself() {
        let one = arguments(vec!["a \"b\"".into()]);
        assert_eq!(one.message, Value::from("a \"b\""));
        assert_eq!(one.first, Value::from("a \"b\""));
        assert_eq!(one.all, Value::from(vec![Value::from("a \"b\"")]));
        assert_eq!(one.data, Value::from(vec![0u8; 0]));
    }

    #[test]
    fn without_arguments_all_is_empty() {
        let none = arguments(vec![]);
        assert_eq!(none.message, Value::from(""));
        assert_eq!(none.first, Value::Empty);
        assert_eq!(none.all, Value::from(Vec::<Value>::new()));
    }

    #[test]
    fn anything_else_is_its_json() {
        for (text, expected) in [
            ("null", Value::Empty),
            ("true", Value::Bool(true)),
            ("-7", Value::Int(-7)),
            ("9223372036854775808", Value::Float(9_223_372_036_854_775_808.0)),
            ("0.5", Value::Float(0.5)),
            ("[1,\"a\"]", Value::from(vec![Value::Int(1), Value::from("a")])),
        ] {
            let one = arguments(vec![json(text)]);
            assert_eq!(one.message, Value::from(text));
            assert_eq!(one.first, expected, "{text}");
        }
    }

    #[test]
    fn several_are_a_json_array() {
        let two = arguments(vec!["a".into(), json(r#"{"b":[]}"#)]);
        assert_eq!(two.message, Value::from(r#"["a",{"b":[]}]"#));
        assert_eq!(two.first, Value::from("a"));
        assert!(matches!(&two.all, Value::Array(all) if all.len() == 2));
    }

    #[test]
    fn objects_are_dictionaries_in_the_order_of_the_wire() {
        let one = arguments(vec![json(r#"{"z":1,"a":{"b":2},"z":3}"#)]);
        let Value::Dictionary(pairs) = &one.first else {
            panic!("{:?}", one.first)
        };
        let keys: Vec<&str> = pairs.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["z", "a"]);
        assert_eq!(pairs.get("z"), Some(&Value::Int(3)));
    }

    #[test]
    fn the_first_bytes_at_any_depth_are_the_data() {
        let bytes = |bytes: &[u8]| Data::from(Bytes::copy_from_slice(bytes));
        let nested = Data::Object(vec![("b".to_owned(), Data::Array(vec![bytes(&[1, 2, 3, 4])]))]);
        let two = arguments(vec![json("1"), nested, bytes(&[5])]);
        assert_eq!(two.data, Value::from(vec![1u8, 2, 3, 4]));
        assert_eq!(two.message, Value::from(r#"[1,{"b":["AQIDBA=="]},"BQ=="]"#));
        assert!(matches!(&two.all, Value::Array(all) if all[2] == Value::from(vec![5u8])));
    }
}
