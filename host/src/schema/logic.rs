//! The schema of a logic file.

use std::collections::BTreeSet;

use pulsewire_plugin_api::{
    manifest::{Attribute, NodeType, Socket, SocketType},
    value::{DataType, Value},
};
use serde_json::{Map, Value as Json, json};

use super::{describe, file, format, list, open_table, table, value};
use crate::{compile::shape::MOST_REPEATS, logic::keys, toolbox::Toolbox};

/// The schema of the files in `logic/`, for this toolbox. `names` gives the names of a settings list, `section.list`,
/// which are offered, but not demanded: the list changes while logic is written.
///
/// A node type whose prefix is neither a category nor a known plugin is left alone, since its plugin may come.
pub fn logic(toolbox: &Toolbox, names: impl Fn(&str) -> Vec<String>) -> Json {
    // One schema for all graphs: which keys only scenes or functions have `check` says.
    let all = [keys::GRAPH, keys::SCENE, keys::FUNCTION].concat();
    let keys = all.into_iter().map(|key| {
        let schema = match key {
            "format" => format(),
            "node" => list(node(toolbox)),
            "wire" => list(wire()),
            "variable" => list(declared(keys::VARIABLE, "value", &["name", "type"])),
            "event" => list(table(
                keys::EVENT.iter().map(|key| (key.to_string(), event(key))),
                &["name"],
            )),
            "input" => list(declared(keys::PARAMETER, "default", &["name", "type"])),
            "output" => list(declared(keys::OUTPUT, "default", &["name", "type"])),
            "start" => json!({
                "type": "boolean", "default": true,
                "description": "Of a scene: whether it runs from the start on.",
            }),
            "layout" => json!({ "type": "object", "description": "Positions for an editor, in any shape." }),
            _ => json!({}),
        };
        (key.to_owned(), schema)
    });
    let mut root = table(keys, &["format"]);
    let types = types(toolbox);
    let definitions: Map<String, Json> = types
        .iter()
        .map(|node_type| (node_type.id.clone(), attributes(node_type, &names)))
        .collect();
    root.insert("definitions".to_owned(), Json::Object(definitions));
    file("Logic of a Pulsewire project", root)
}

fn types(toolbox: &Toolbox) -> Vec<&NodeType> {
    let mut types: Vec<&NodeType> = toolbox
        .ids()
        .filter_map(|id| toolbox.get(id))
        .map(|entry| &*entry.node_type)
        .collect();
    types.sort_by(|a, b| a.id.cmp(&b.id));
    types
}

fn node(toolbox: &Toolbox) -> Map<String, Json> {
    let types = types(toolbox);
    let ids: Vec<&str> = types.iter().map(|node_type| node_type.id.as_str()).collect();
    let help: Vec<&str> = types.iter().map(|node_type| node_type.help.as_str()).collect();
    let prefixes: BTreeSet<&str> = ids.iter().filter_map(|id| id.split('.').next()).collect();
    let known = format!("^({})\\.", Vec::from_iter(prefixes).join("|"));
    let node_type = json!({
        "type": "string",
        "anyOf": [
            { "enum": ids, "x-taplo": { "docs": { "enumValues": help } } },
            { "pattern": "^[a-z][a-z0-9_]*\\..", "not": { "pattern": known } },
        ],
        "description": "A type of `pulsewire toolbox list`.",
    });
    let keys = keys::NODE.iter().map(|&key| {
        let schema = match key {
            "id" => id("Unique in the graph."),
            "type" => node_type.clone(),
            "attributes" => json!({ "type": "object", "description": "What is set on the node." }),
            "enabled" => json!({
                "type": "boolean", "default": true,
                "description": "`false`: a pulse ends here, an event node does not listen.",
            }),
            "pulse_pass_through" => json!({
                "type": "boolean", "default": false,
                "description": "`true`: the node is skipped and the pulse goes on.",
            }),
            _ => json!({}),
        };
        (key.to_owned(), schema)
    });
    let mut node = table(keys, &["id", "type"]);
    let by_type = types.iter().map(|node_type| {
        let id = &node_type.id;
        let mut then = json!({ "properties": { "attributes": { "$ref": format!("#/definitions/{id}") } } });
        if node_type.attributes.iter().any(|attribute| attribute.required) {
            then["required"] = json!(["attributes"]);
        }
        json!({ "if": { "properties": { "type": { "const": id } }, "required": ["type"] }, "then": then })
    });
    node.insert("allOf".to_owned(), by_type.collect());
    node
}

/// A word without dots and spaces.
fn id(help: &str) -> Json {
    json!({ "type": "string", "pattern": "^[^.\\s]+$", "description": help })
}

fn wire() -> Map<String, Json> {
    let end = |help| json!({ "type": "string", "pattern": "^[^.\\s]+\\.[^.\\s]+$", "description": help });
    let keys = keys::WIRE.iter().map(|&key| {
        let schema = match key {
            "from" => end("An output: a node's id, a dot, and a socket's id."),
            "to" => end("An input: a node's id, a dot, and a socket's id."),
            _ => json!({}),
        };
        (key.to_owned(), schema)
    });
    table(keys, keys::WIRE)
}

/// A variable or a parameter: a name, a type, and under `value_key` a value of that type.
fn declared(keys: &[&str], value_key: &str, required: &[&str]) -> Map<String, Json> {
    let keys = keys.iter().map(|&key| {
        let schema = match key {
            "name" => json!({ "type": "string", "minLength": 1 }),
            "type" => value::type_names(),
            "persistent" => {
                json!({ "type": "boolean", "description": "Whether its value survives a restart." })
            }
            _ => json!({}),
        };
        (key.to_owned(), schema)
    });
    let mut table = table(keys, required);
    table.insert("allOf".to_owned(), value::typed_by_type(value_key));
    table
}

fn event(key: &str) -> Json {
    match key {
        "name" => json!({ "type": "string", "minLength": 1 }),
        "parameters" => list(declared(keys::PARAMETER, "default", &["name", "type"])),
        _ => json!({}),
    }
}

/// What `attributes` of a node of this type may hold.
fn attributes(node_type: &NodeType, names: &impl Fn(&str) -> Vec<String>) -> Json {
    let mut properties = Map::new();
    let mut patterns = Map::new();
    let mut is_open = false;
    let mut add = |id: &str, repeat: &str, schema| match repeat {
        "" => drop(properties.insert(id.to_owned(), Json::Object(schema))),
        _ => drop(patterns.insert(format!("^{id}_[1-9][0-9]*$"), Json::Object(schema))),
    };
    for attribute in &node_type.attributes {
        add(
            &attribute.id,
            &attribute.repeat,
            self::attribute(attribute, node_type, names),
        );
    }
    for socket in &node_type.inputs {
        // What an event or a function declares, whose names stand in files.
        let by = node_type
            .attributes
            .iter()
            .find(|attribute| attribute.id == socket.repeat);
        is_open |= !socket.repeat.is_empty() && by.is_none_or(|by| !by.options_from.is_empty());
        if let Some(schema) = input(socket) {
            add(&socket.id, &socket.repeat, schema);
        }
    }
    let mut schema = open_table(properties);
    schema.insert("patternProperties".to_owned(), Json::Object(patterns));
    schema.insert("additionalProperties".to_owned(), json!(is_open));
    let required = node_type.attributes.iter().filter(|attribute| attribute.required);
    let required: Vec<&str> = required.map(|attribute| attribute.id.as_str()).collect();
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    describe(&mut schema, &node_type.name, &node_type.help);
    Json::Object(schema)
}

fn attribute(
    attribute: &Attribute,
    node_type: &NodeType,
    names: &impl Fn(&str) -> Vec<String>,
) -> Map<String, Json> {
    let mut schema = match attribute.typed_by.as_str() {
        "" => value::of(attribute.data_type),
        _ => Map::new(),
    };
    if !attribute.options.is_empty() {
        schema.insert("enum".to_owned(), json!(attribute.options));
    } else if attribute.options_from.contains('.') {
        let offered = json!([{ "enum": names(&attribute.options_from) }, { "type": "string" }]);
        schema.insert("anyOf".to_owned(), offered);
    }
    let repeats = |socket: &Socket| socket.repeat == attribute.id;
    let is_count = attribute.data_type == DataType::Int
        && (node_type.inputs.iter().any(repeats) || node_type.outputs.iter().any(repeats));
    if is_count {
        schema.insert("minimum".to_owned(), json!(0));
        schema.insert("maximum".to_owned(), json!(MOST_REPEATS));
    }
    describe(&mut schema, &attribute.name, &attribute.help);
    value::with_default(&mut schema, attribute.default.as_ref());
    schema
}

/// The constant of a data input.
fn input(socket: &Socket) -> Option<Map<String, Json>> {
    let SocketType::Data(data_type) = socket.socket_type else {
        return None;
    };
    let mut schema = match socket.typed_by.as_str() {
        "" => value::of(data_type),
        _ => Map::new(),
    };
    for (key, limit) in [("minimum", socket.min), ("maximum", socket.max)] {
        if let Some(limit) = limit {
            schema.insert(key.to_owned(), json!(limit));
        }
    }
    describe(&mut schema, &socket.name, &socket.help);
    let default = socket
        .default
        .as_ref()
        .filter(|default| !matches!(default, Value::Empty));
    value::with_default(&mut schema, default);
    Some(schema)
}
