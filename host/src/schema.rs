//! JSON Schemas of the project's files, for editors that complete and check TOML (Taplo, Even Better TOML).
//!
//! They are made from what also validates: the parser's tables of keys, the toolbox, the sections of the plugins. What a
//! schema cannot say, such as whether the two ends of a wire fit, is left to `pulsewire check`; a schema refuses nothing
//! that `check` accepts.
//!
//! Start with [`logic()`] and [`settings()`].

mod logic;
mod settings;
mod value;

pub use logic::logic;
pub use settings::settings;

use serde_json::{Map, Value as Json, json};

/// The dialect that the editors' plugins know.
const DIALECT: &str = "http://json-schema.org/draft-07/schema#";

/// A closed table: these keys and no others.
fn table(keys: impl IntoIterator<Item = (String, Json)>, required: &[&str]) -> Map<String, Json> {
    let properties: Map<String, Json> = keys.into_iter().collect();
    let mut table = open_table(properties);
    table.insert("additionalProperties".to_owned(), json!(false));
    if !required.is_empty() {
        table.insert("required".to_owned(), json!(required));
    }
    table
}

/// A table that may also hold other keys.
fn open_table(properties: Map<String, Json>) -> Map<String, Json> {
    let mut table = Map::new();
    table.insert("type".to_owned(), json!("object"));
    table.insert("properties".to_owned(), Json::Object(properties));
    table
}

fn list(items: Map<String, Json>) -> Json {
    json!({ "type": "array", "items": items })
}

/// The key `format` of every file.
fn format() -> Json {
    json!({ "const": 1, "description": "The format of the file." })
}

/// A whole file.
fn file(title: &str, mut root: Map<String, Json>) -> Json {
    root.insert("$schema".to_owned(), json!(DIALECT));
    root.insert("title".to_owned(), json!(title));
    Json::Object(root)
}

/// Adds what people read, if there is anything.
fn describe(schema: &mut Map<String, Json>, title: &str, help: &str) {
    for (key, text) in [("title", title), ("description", help)] {
        if !text.is_empty() {
            schema.insert(key.to_owned(), json!(text));
        }
    }
}
