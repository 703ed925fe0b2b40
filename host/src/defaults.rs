//! Settings, attributes and inputs filled up with their defaults, as a plugin sees them: for hosts without graphs, which are
//! the harness and the validator.

use pulsewire_plugin_api::{
    manifest::{Attribute, NodeType, Section, Socket, SocketType},
    value::{DataType, Dictionary, Value},
};
use serde_json::{Map, Value as Json};

/// The section with all its lists, and their entries with all their fields.
pub fn complete_section(section: &Section, given: &Json) -> Json {
    let mut complete = Map::new();
    for list in &section.lists {
        let entries = given.get(&list.id).and_then(Json::as_array);
        let entries = entries.into_iter().flatten().map(|entry| {
            let mut entry = entry.as_object().cloned().unwrap_or_default();
            for field in &list.fields {
                let default = || to_json(&default(field.default.as_ref(), field.data_type));
                entry.entry(field.id.clone()).or_insert_with(default);
            }
            Json::Object(entry)
        });
        complete.insert(list.id.clone(), entries.collect());
    }
    Json::Object(complete)
}

/// The attributes of a node, with all defaults.
pub fn attributes(node_type: &NodeType, given: &Json) -> Dictionary {
    let mut attributes = Dictionary::default();
    for attribute in &node_type.attributes {
        attributes.insert(attribute.id.as_str(), attribute_value(attribute, given));
    }
    attributes
}

fn attribute_value(attribute: &Attribute, given: &Json) -> Value {
    match given.get(&attribute.id) {
        Some(json) => typed(json, attribute.data_type),
        None => default(attribute.default.as_ref(), attribute.data_type),
    }
}

/// What the data inputs carry when no wire leads to them: the attribute of the same id, or the default.
pub fn inputs(node_type: &NodeType, attributes: &Dictionary, given: &Json) -> Vec<Value> {
    sockets(
        &node_type.inputs,
        attributes,
        |id, socket, data_type| match given.get(id) {
            Some(json) => typed(json, data_type),
            None => default(socket.default.as_ref(), data_type),
        },
    )
}

/// What the data outputs carry at first.
pub fn outputs(node_type: &NodeType, attributes: &Dictionary) -> Vec<Value> {
    sockets(&node_type.outputs, attributes, |_, _, data_type| {
        Value::default_of(data_type)
    })
}

fn sockets(
    sockets: &[Socket],
    attributes: &Dictionary,
    value: impl Fn(&str, &Socket, DataType) -> Value,
) -> Vec<Value> {
    let mut values = Vec::new();
    for socket in sockets {
        let SocketType::Data(data_type) = socket.socket_type else {
            continue;
        };
        let named = attributes.get(&socket.typed_by);
        let named = named.and_then(|name| name.to_string().parse().ok());
        let data_type = named.unwrap_or(data_type);
        if socket.repeat.is_empty() {
            values.push(value(&socket.id, socket, data_type));
        } else {
            let numbers = 1..=repetitions(attributes.get(&socket.repeat));
            values.extend(numbers.map(|n| value(&format!("{}_{n}", socket.id), socket, data_type)));
        }
    }
    values
}

fn repetitions(attribute: Option<&Value>) -> usize {
    match attribute {
        Some(Value::Int(count)) => usize::try_from(*count).unwrap_or(0),
        Some(Value::Array(elements)) => elements.len(),
        _ => 0,
    }
}

fn default(default: Option<&Value>, data_type: DataType) -> Value {
    match default {
        Some(value) => with_type(value.clone(), data_type),
        None => Value::default_of(data_type),
    }
}

/// A value of that type from JSON, which knows fewer.
fn typed(json: &Json, data_type: DataType) -> Value {
    let value = Value::from_json(&json.to_string()).unwrap_or_default();
    with_type(value, data_type)
}

fn with_type(value: Value, data_type: DataType) -> Value {
    match (value, data_type) {
        (Value::Int(number), DataType::Float) => Value::Float(number as f64),
        (Value::Int(number), DataType::Byte) => Value::Byte(u8::try_from(number).unwrap_or_default()),
        (value, _) => value,
    }
}

fn to_json(value: &Value) -> Json {
    value.to_json().parse().unwrap_or_default()
}
