//! Values of the wire as values of Logic.

use pulsewire_plugin_api::value::{Array, Binary, Dictionary, Text, Value};
use socketio_proto::{Data, Message};

/// A received event's arguments, as On Socket.IO Receive gives them.
pub(crate) struct Arguments {
    /// One string is the text itself, anything else its JSON; without arguments it is empty.
    pub(crate) message: Text,
    /// The first argument.
    pub(crate) first: Value,
    /// All of them.
    pub(crate) all: Array,
    /// The first bytes at any depth.
    pub(crate) data: Option<Binary>,
}

impl Arguments {
    /// Takes the arguments out of the message.
    pub(crate) fn of(message: &mut Message) -> Self {
        let text = match message.args.as_slice() {
            [] => Some(Text::default()),
            // The text is shared with the values below.
            [Data::String(_)] => None,
            _ => Some(Text::from(message.text())),
        };
        let mut data = None;
        let args = std::mem::take(&mut message.args);
        let all: Vec<Value> = args.into_iter().map(|arg| value(arg, &mut data)).collect();
        let first = all.first().cloned().unwrap_or_default();
        let message = match (text, &first) {
            (Some(text), _) => text,
            (None, Value::String(text)) => text.clone(),
            (None, _) => Text::default(),
        };
        Self {
            message,
            first,
            all: Array::from(all),
            data,
        }
    }

    /// About how much memory they hold.
    pub(crate) fn size(&self) -> usize {
        self.message.len() + self.data.as_ref().map_or(0, |data| data.len())
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
            let value = Binary::from(Vec::from(value));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(args: Vec<Data>) -> Arguments {
        Arguments::of(&mut Message {
            namespace: "/".into(),
            name: "n".to_owned(),
            args,
            ack_id: None,
        })
    }

    fn json(text: &str) -> Data {
        text.parse().unwrap()
    }

    #[test]
    fn one_string_is_the_message_itself() {
        let one = arguments(vec!["a \"b\"".into()]);
        assert_eq!(&*one.message, "a \"b\"");
        assert_eq!(one.first, Value::from("a \"b\""));
        assert_eq!(*one.all, [Value::from("a \"b\"")]);
        assert!(one.data.is_none());
    }

    #[test]
    fn without_arguments_all_is_empty() {
        let none = arguments(vec![]);
        assert_eq!(&*none.message, "");
        assert_eq!(none.first, Value::Empty);
        assert!(none.all.is_empty());
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
            assert_eq!(&*one.message, text);
            assert_eq!(one.first, expected, "{text}");
        }
    }

    #[test]
    fn several_are_a_json_array() {
        let two = arguments(vec!["a".into(), json(r#"{"b":[]}"#)]);
        assert_eq!(&*two.message, r#"["a",{"b":[]}]"#);
        assert_eq!(two.first, Value::from("a"));
        assert_eq!(two.all.len(), 2);
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
        let bytes = |bytes: &[u8]| {
            Data::from(
                Vec::from(bytes)
                    .into_iter()
                    .collect::<tokio_tungstenite::tungstenite::Bytes>(),
            )
        };
        let nested = Data::Object(vec![("b".to_owned(), Data::Array(vec![bytes(&[1, 2, 3, 4])]))]);
        let two = arguments(vec![json("1"), nested, bytes(&[5])]);
        assert_eq!(two.data.as_deref(), Some([1, 2, 3, 4].as_slice()));
        assert_eq!(&*two.message, r#"[1,{"b":["AQIDBA=="]},"BQ=="]"#);
        assert_eq!(two.all[2], Value::from(vec![5u8]));
    }
}
