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

/// Puts a value where an empty one is. It is made in its place, as there is nothing to drop there: made elsewhere, part by part, and moved
/// as a whole, it would have to wait until the parts are written.
#[inline]
fn put(row: &mut [Value], at: usize, value: Value) {
    debug_assert_eq!(row[at], Value::Empty);
    std::mem::forget(std::mem::replace(&mut row[at], value));
}

/// Shows of which event, in the row of an event node's outputs. What nobody wants stays empty, here and below.
pub(crate) fn show_names(row: &mut [Value], namespace: &Text, name: &Text, wanted: Wanted) {
    for (at, text) in [(NAMESPACE, namespace), (TRIGGER_NAME, name)] {
        if wanted.value(at) {
            put(row, at, Value::String(text.clone()));
        }
    }
}

/// Shows one argument that is a string: the message is the text itself. Says how many bytes are shown, in all outputs
/// together.
pub(crate) fn show_text(row: &mut [Value], wanted: Wanted, text: impl FnOnce() -> Text) -> usize {
    let outputs = [MESSAGE, VALUE, ARGUMENTS].map(|at| usize::from(wanted.value(at)));
    let outputs: usize = outputs.into_iter().sum();
    let mut bytes = 0;
    if outputs > 0 {
        let text = text();
        bytes = outputs * text.len();
        if wanted.value(ARGUMENTS) {
            put(row, ARGUMENTS, Value::from(vec![Value::String(text.clone())]));
        }
        if wanted.value(VALUE) {
            put(row, VALUE, Value::String(text.clone()));
        }
        if wanted.value(MESSAGE) {
            put(row, MESSAGE, Value::String(text));
        }
    }
    if wanted.value(DATA) {
        put(row, DATA, Value::Binary(Binary::default()));
    }
    bytes
}

/// Shows any arguments: the message is their JSON and empty without any, the value is the first of them, the data the
/// first bytes at any depth. Says how many bytes are shown, as [`show_text`] does.
pub(crate) fn show(row: &mut [Value], wanted: Wanted, args: Vec<Data>) -> usize {
    if let [Data::String(text)] = args.as_slice() {
        return show_text(row, wanted, || Text::from(text.as_str()));
    }
    if wanted.value(MESSAGE) {
        row[MESSAGE] = Value::from(socketio_proto::text(&args));
    }
    let mut data = None;
    let mut args = args.into_iter().map(|arg| value(arg, &mut data));
    if wanted.value(ARGUMENTS) || wanted.value(DATA) {
        let all: Vec<Value> = args.collect();
        row[VALUE] = all.first().cloned().unwrap_or_default();
        row[ARGUMENTS] = Value::from(all);
        row[DATA] = Value::Binary(data.unwrap_or_default());
    } else if wanted.value(VALUE) {
        row[VALUE] = args.next().unwrap_or_default();
    }
    row[MESSAGE..].iter().map(size).sum()
}

/// About how much memory a value holds, in bytes. What an event shows in several outputs counts each time.
pub(crate) fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Binary(data) => data.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Dictionary(pairs) => pairs.iter().map(|(key, value)| key.len() + size(value)).sum(),
        _ => 0,
    }
}

/// The arguments alone, all of them.
pub(crate) fn arguments(args: Vec<Data>) -> [Value; COUNT - MESSAGE] {
    let mut row = <[Value; COUNT]>::default();
    show(&mut row, Wanted::EVERYTHING, args);
    let [_, _, message, first, all, data] = row;
    [message, first, all, data]
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

    fn row(args: Vec<Data>, wanted: Wanted) -> [Value; COUNT] {
        let mut row = <[Value; COUNT]>::default();
        let [namespace, name] = ["/", "n"].map(Text::from);
        show_names(&mut row, &namespace, &name, wanted);
        show(&mut row, wanted, args);
        row
    }

    #[test]
    fn only_what_is_wanted_is_made() {
        let samples = [
            vec![],
            vec![Data::from("text")],
            vec![json("[1]")],
            vec!["a".into(), Data::Binary(Bytes::from_static(b"b")), json("{}")],
        ];
        for args in samples {
            let all = row(args.clone(), Wanted::EVERYTHING);
            for at in 0..COUNT {
                let one = row(args.clone(), Wanted::NOTHING.with_value(at));
                assert_eq!(one[at], all[at], "{args:?}, output {at}");
            }
            let none = row(args.clone(), Wanted::HEARD_ONLY);
            assert!(none.iter().all(|value| *value == Value::Empty), "{args:?}");
        }
    }

    fn json(text: &str) -> Data {
        text.parse().unwrap()
    }

    #[test]
    fn one_string_is_the_message_itself() {
        let [message, first, all, data] = arguments(vec!["a \"b\"".into()]);
        assert_eq!(message, Value::from("a \"b\""));
        assert_eq!(first, Value::from("a \"b\""));
        assert_eq!(all, Value::from(vec![Value::from("a \"b\"")]));
        assert_eq!(data, Value::from(vec![0u8; 0]));
    }

    #[test]
    fn without_arguments_all_is_empty() {
        let [message, first, all, _] = arguments(vec![]);
        assert_eq!(message, Value::from(""));
        assert_eq!(first, Value::Empty);
        assert_eq!(all, Value::from(Vec::<Value>::new()));
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
            let [message, first, _, _] = arguments(vec![json(text)]);
            assert_eq!(message, Value::from(text));
            assert_eq!(first, expected, "{text}");
        }
    }

    #[test]
    fn several_are_a_json_array() {
        let [message, first, all, _] = arguments(vec!["a".into(), json(r#"{"b":[]}"#)]);
        assert_eq!(message, Value::from(r#"["a",{"b":[]}]"#));
        assert_eq!(first, Value::from("a"));
        assert!(matches!(&all, Value::Array(all) if all.len() == 2));
    }

    #[test]
    fn objects_are_dictionaries_in_the_order_of_the_wire() {
        let [_, first, _, _] = arguments(vec![json(r#"{"z":1,"a":{"b":2},"z":3}"#)]);
        let Value::Dictionary(pairs) = &first else {
            panic!("{:?}", first)
        };
        let keys: Vec<&str> = pairs.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["z", "a"]);
        assert_eq!(pairs.get("z"), Some(&Value::Int(3)));
    }

    #[test]
    fn the_first_bytes_at_any_depth_are_the_data() {
        let bytes = |bytes: &[u8]| Data::from(Bytes::copy_from_slice(bytes));
        let nested = Data::Object(vec![("b".to_owned(), Data::Array(vec![bytes(&[1, 2, 3, 4])]))]);
        let [message, _, all, data] = arguments(vec![json("1"), nested, bytes(&[5])]);
        assert_eq!(data, Value::from(vec![1u8, 2, 3, 4]));
        assert_eq!(message, Value::from(r#"[1,{"b":["AQIDBA=="]},"BQ=="]"#));
        assert!(matches!(&all, Value::Array(all) if all[2] == Value::from(vec![5u8])));
    }
}
