//! What may stand for a value of a type; the schema's side of `literal::coerce`.

use pulsewire_plugin_api::value::{DataType, Value};
use serde_json::{Map, Value as Json, json};

/// The literals of a type. Dates aside, which JSON does not know, nothing is refused that `coerce` takes.
pub(super) fn of(data_type: DataType) -> Map<String, Json> {
    let numbers = |count: usize| json!({ "type": "array", "items": { "type": "number" }, "minItems": count, "maxItems": count });
    let schema = match data_type {
        DataType::Any => json!({}),
        DataType::Array => json!({ "type": "array" }),
        DataType::Binary => json!({ "type": "string", "pattern": "^([0-9A-Fa-f]{2})*$" }),
        DataType::Bool => json!({ "type": "boolean" }),
        DataType::Byte => json!({ "type": "integer", "minimum": 0, "maximum": 255 }),
        DataType::Color => json!({ "type": "string", "pattern": "^#?[0-9A-Fa-f]{8}$" }),
        DataType::CustomId => json!({ "type": "integer", "minimum": 0 }),
        DataType::Dictionary => json!({ "type": "object" }),
        DataType::Float => json!({ "type": "number" }),
        DataType::Int => json!({ "type": "integer" }),
        DataType::Matrix4x4 => numbers(16),
        DataType::String => json!({ "type": "string" }),
        DataType::Vector2 => numbers(2),
        DataType::Vector3 => numbers(3),
        DataType::Vector4 => numbers(4),
    };
    match schema {
        Json::Object(schema) => schema,
        _ => Map::new(),
    }
}

/// Adds the default, if the type can be written as JSON writes it.
pub(super) fn with_default(schema: &mut Map<String, Json>, default: Option<&Value>) {
    if let Some(default) = default.and_then(|value| serde_json::to_value(value).ok())
        && !default.is_null()
    {
        schema.insert("default".to_owned(), default);
    }
}

/// For a table with the keys `type` and `key`: the value under `key` is of that type.
pub(super) fn typed_by_type(key: &str) -> Json {
    let cases = DataType::ALL.iter().map(|data_type| {
        json!({
            "if": { "properties": { "type": { "const": data_type.name() } }, "required": ["type"] },
            "then": { "properties": { key: of(*data_type) } },
        })
    });
    Json::Array(cases.collect())
}

/// The key `type` of such a table.
pub(super) fn type_names() -> Json {
    let names: Vec<&str> = DataType::ALL.iter().map(|data_type| data_type.name()).collect();
    json!({ "enum": names, "description": "The data type." })
}
