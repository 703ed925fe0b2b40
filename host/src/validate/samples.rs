//! Settings, attributes and values to feed to a plugin: plain ones, and random ones that a host could hand over as well.
//!
//! Whatever is an address leads to a port of this machine where nobody listens.

use pulsewire_plugin_api::{
    manifest::{Attribute, Field, Manifest, NodeType},
    value::{Array, Binary, Color, DataType, Dictionary, Matrix4x4, Text, Value},
};
use rand::{Rng, RngExt, seq::IndexedRandom};
use serde_json::{Map, Value as Json};

use crate::defaults;

/// The port of the service Discard, which nobody runs any more.
const NOWHERE: &str = "127.0.0.1:9";

/// The names of the entries in sampled settings.
const NAMES: &[&str] = &["one", "two", "three"];

/// The plugin's section with so many entries in each list, as plain as can be; empty if it has none.
pub(super) fn settings(manifest: &Manifest, entries: usize) -> String {
    section(manifest, entries, |field, name| match field.id.as_str() {
        "name" => Some(name.into()),
        _ if field.required => Some(plain(field)),
        _ => None,
    })
}

/// As [`settings`], with `secret` in every field that is to be kept secret.
pub(super) fn settings_with_secret(manifest: &Manifest, secret: &str) -> String {
    section(manifest, 1, |field, name| {
        if field.format == "secret" {
            return match field.data_type {
                DataType::String => Some(secret.into()),
                DataType::Array => Some(vec![secret].into()),
                DataType::Dictionary => Some(serde_json::json!({ "key": secret })),
                _ => None,
            };
        }
        match field.id.as_str() {
            "name" => Some(name.into()),
            _ if field.required => Some(plain(field)),
            _ => None,
        }
    })
}

/// Settings that the host would accept, with up to three entries in each list.
pub(super) fn random_settings(manifest: &Manifest, rng: &mut impl Rng) -> String {
    let entries = rng.random_range(0..=NAMES.len());
    section(manifest, entries, |field, name| match field.id.as_str() {
        "name" => Some(name.into()),
        _ if field.required || rng.random() => Some(random(field, rng)),
        _ => None,
    })
}

fn section(
    manifest: &Manifest,
    entries: usize,
    mut value: impl FnMut(&Field, &str) -> Option<Json>,
) -> String {
    let Some(section) = manifest.sections.first() else {
        return "{}".to_owned();
    };
    let mut given = Map::new();
    for list in &section.lists {
        let mut all = Vec::new();
        for name in NAMES.iter().take(entries) {
            let fields = list.fields.iter();
            let entry = fields.filter_map(|field| Some((field.id.clone(), value(field, name)?)));
            all.push(Json::Object(entry.collect()));
        }
        given.insert(list.id.clone(), all.into());
    }
    defaults::complete_section(section, &given.into()).to_string()
}

/// The plainest value that the field allows.
fn plain(field: &Field) -> Json {
    if let Some(option) = field.options.first() {
        return option.as_str().into();
    }
    match field.data_type {
        DataType::String if field.format == "url" => url(field.schemes.first(), ""),
        DataType::String => "text".into(),
        DataType::Int | DataType::Byte | DataType::Float => field.min.unwrap_or(0).into(),
        DataType::Array => {
            let element = json(&Value::default_of(field.elements.unwrap_or(DataType::String)));
            vec![element; field.min_length as usize].into()
        }
        other => json(&Value::default_of(other)),
    }
}

fn random(field: &Field, rng: &mut impl Rng) -> Json {
    if let Some(option) = field.options.choose(rng) {
        return option.as_str().into();
    }
    match field.data_type {
        DataType::String if field.format == "url" => {
            let path: &[&str] = &["", "/", "/a/b?c=d", "/%20"];
            url(field.schemes.choose(rng), path.choose(rng).copied().unwrap_or(""))
        }
        DataType::Int | DataType::Byte => {
            let (least, greatest) = match field.data_type {
                DataType::Byte => (0, 255),
                _ => (i64::MIN, i64::MAX),
            };
            let (least, greatest) = (field.min.unwrap_or(least), field.max.unwrap_or(greatest));
            match rng.random_range(0..3) {
                0 => least.into(),
                1 => greatest.into(),
                _ => rng.random_range(least..=greatest.max(least)).into(),
            }
        }
        DataType::Array => {
            let count = field.min_length as usize + rng.random_range(0..3);
            let element = |_| json(&value(field.elements.unwrap_or(DataType::Any), rng));
            (0..count).map(element).collect::<Vec<_>>().into()
        }
        // JSON has no NaN.
        DataType::Float => rng.random_range(-1e9..1e9).into(),
        other => json(&value(other, rng)),
    }
}

fn url(scheme: Option<&String>, path: &str) -> Json {
    let scheme = scheme.map_or("http", String::as_str);
    format!("{scheme}://{NOWHERE}{path}").into()
}

fn json(value: &Value) -> Json {
    value.to_json().parse().unwrap_or_default()
}

/// Sections that no host hands over: not JSON, of other types, cut off, huge.
pub(super) fn garbage(manifest: &Manifest, rng: &mut impl Rng) -> String {
    let sound = random_settings(manifest, rng);
    match rng.random_range(0..10) {
        0 => String::new(),
        1 => "null".to_owned(),
        2 => "[]".to_owned(),
        3 => "{}".to_owned(),
        4 => "[".repeat(100_000),
        5 => "\u{0}garbage".repeat(1 << 17),
        6 => sound
            .chars()
            .take(rng.random_range(0..sound.len().max(1)))
            .collect(),
        7 => sound.replace('"', "'"),
        // Every number is another, and far from what the fields allow.
        8 => sound.replace(|letter: char| letter.is_ascii_digit(), "9"),
        _ => json(&value(DataType::Dictionary, rng)).to_string(),
    }
}

/// A section as an older version may have had it: today's, with some values replaced and some keys that nobody knows.
pub(super) fn old_section(manifest: &Manifest, rng: &mut impl Rng) -> Dictionary {
    let today = Value::from_json(&random_settings(manifest, rng)).unwrap_or_default();
    let Value::Dictionary(mut section) = today else {
        return Dictionary::default();
    };
    let lists: Vec<Text> = section.iter().map(|(list, _)| list.clone()).collect();
    for list in lists {
        let Some(Value::Array(entries)) = section.remove(list.as_str()) else {
            continue;
        };
        let entries: Array = entries.iter().map(|entry| aged(entry, rng)).collect();
        let list = if rng.random_ratio(1, 4) { text(rng) } else { list };
        section.insert(list, Value::Array(entries));
    }
    section
}

fn aged(entry: &Value, rng: &mut impl Rng) -> Value {
    let Value::Dictionary(entry) = entry else {
        return entry.clone();
    };
    let mut aged = Dictionary::default();
    for (key, now) in entry.iter() {
        let (key, value) = match rng.random_range(0..6) {
            0 => (key.clone(), value(DataType::Any, rng)),
            1 => (text(rng), now.clone()),
            2 => continue,
            _ => (key.clone(), now.clone()),
        };
        aged.insert(key, value);
    }
    Value::Dictionary(aged)
}

/// Attributes as they are before anybody changes them; drop-downs of the settings hold the first entry.
pub(super) fn plain_attributes(node_type: &NodeType) -> Dictionary {
    let mut attributes = defaults::attributes(node_type, &Json::Null);
    for attribute in &node_type.attributes {
        if !attribute.options_from.is_empty() {
            attributes.insert(attribute.id.as_str(), Value::from(NAMES[0]));
        }
    }
    attributes
}

/// Attributes as a host checks them: drop-downs hold what they offer, the others anything of their type.
pub(super) fn random_attributes(node_type: &NodeType, rng: &mut impl Rng) -> Dictionary {
    let mut attributes = plain_attributes(node_type);
    let free = |one: &&Attribute| one.repeat.is_empty() && one.options_from.is_empty();
    for attribute in node_type.attributes.iter().filter(free) {
        let chosen = random_attribute(node_type, attribute, &attributes, rng);
        attributes.insert(attribute.id.as_str(), chosen);
    }
    attributes
}

fn random_attribute(
    node_type: &NodeType,
    attribute: &Attribute,
    attributes: &Dictionary,
    rng: &mut impl Rng,
) -> Value {
    if let Some(option) = attribute.options.choose(rng) {
        return option.as_str().into();
    }
    let mut sockets = node_type.inputs.iter().chain(&node_type.outputs);
    let counts = sockets.any(|socket| socket.repeat == attribute.id)
        || node_type.attributes.iter().any(|one| one.repeat == attribute.id);
    if counts && attribute.data_type == DataType::Int {
        return Value::Int(rng.random_range(0..5));
    }
    let named = attributes.get(&attribute.typed_by);
    let named = named.and_then(|name| name.to_string().parse().ok());
    value(named.unwrap_or(attribute.data_type), rng)
}

/// A value of that type, often one from the edge.
pub(super) fn value(data_type: DataType, rng: &mut impl Rng) -> Value {
    nested_value(data_type, 0, rng)
}

/// How deep arrays and dictionaries hold others.
const DEPTH: u32 = 3;

fn nested_value(data_type: DataType, depth: u32, rng: &mut impl Rng) -> Value {
    let mut float = || match rng.random_range(0..8) {
        0 => f64::NAN,
        1 => f64::INFINITY,
        2 => -0.0,
        3 => f64::MIN_POSITIVE / 2.0,
        4 => f64::MAX,
        _ => rng.random_range(-1e6..1e6),
    };
    match data_type {
        DataType::Any => {
            let data_type = DataType::ALL.choose(rng).copied().unwrap_or(DataType::Any);
            match data_type {
                DataType::Any => Value::Empty,
                other => nested_value(other, depth, rng),
            }
        }
        DataType::Bool => Value::Bool(rng.random()),
        DataType::Byte => Value::Byte(rng.random()),
        DataType::Int => Value::Int(match rng.random_range(0..6) {
            0 => i64::MIN,
            1 => i64::MAX,
            2 => -1,
            3 => 0,
            _ => rng.random_range(-1000..1000),
        }),
        DataType::Float => Value::Float(float()),
        DataType::Vector2 => Value::Vector2([float(), float()]),
        DataType::Vector3 => Value::Vector3([float(), float(), float()]),
        DataType::Vector4 => Value::Vector4([float(), float(), float(), float()]),
        DataType::Matrix4x4 => Value::Matrix4x4(Matrix4x4::identity()),
        DataType::Color => Value::Color(Color {
            red: rng.random(),
            ..Color::default()
        }),
        DataType::CustomId => Value::CustomId(rng.random()),
        DataType::String => Value::String(text(rng)),
        DataType::Binary => Value::Binary(bytes(rng)),
        DataType::Array => {
            let count = if depth < DEPTH { rng.random_range(0..4) } else { 0 };
            let elements = (0..count).map(|_| nested_value(DataType::Any, depth + 1, rng));
            Value::Array(Array::from(elements.collect::<Vec<_>>()))
        }
        DataType::Dictionary => {
            let mut dictionary = Dictionary::default();
            for _ in 0..if depth < DEPTH { rng.random_range(0..4) } else { 0 } {
                let key = text(rng);
                dictionary.insert(key, nested_value(DataType::Any, depth + 1, rng));
            }
            Value::Dictionary(dictionary)
        }
    }
}

fn text(rng: &mut impl Rng) -> Text {
    const TEXTS: &[&str] = &[
        "",
        " ",
        "a",
        "one",
        "hello, world",
        "/",
        "{\"a\":[1,2",
        "null",
        "\u{0}",
        "line\nline\r\n",
        "%s%n",
        "${HOME}",
        "h\u{e9}\u{301}\u{200d}\u{1f9d1}",
        "\u{202e}right to left",
        "\u{feff}",
    ];
    match rng.random_range(0..20) {
        0 => "long ".repeat(rng.random_range(1..20_000)).as_str().into(),
        1 => (0..16)
            .map(|_| rng.random::<char>())
            .collect::<String>()
            .as_str()
            .into(),
        _ => TEXTS.choose(rng).copied().unwrap_or_default().into(),
    }
}

fn bytes(rng: &mut impl Rng) -> Binary {
    let length = match rng.random_range(0..10) {
        0 => 1 << 16,
        1..=3 => 0,
        _ => rng.random_range(1..64),
    };
    Binary::from((0..length).map(|_| rng.random()).collect::<Vec<u8>>())
}
