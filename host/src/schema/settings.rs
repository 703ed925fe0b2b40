//! The schema of `settings.toml`.

use pulsewire_plugin_api::{
    manifest::{Field, List, Section},
    value::{DataType, Value},
};
use serde_json::{Map, Value as Json, json};

use super::{describe, file, format, list, open_table, table, value};
use crate::settings::{VERSION, keys};

/// The schema of `settings.toml` where these plugins are known and these sections are checked. Sections and plugins that
/// are not among them may stand in the file and are not looked into, as `check` does it.
pub fn settings<'a>(
    plugins: impl IntoIterator<Item = &'a str>,
    sections: impl IntoIterator<Item = &'a Section>,
) -> Json {
    let plugin = || {
        Json::Object(table(
            keys::PLUGIN.iter().map(|key| (key.to_string(), plugin(key))),
            &[],
        ))
    };
    let mut plugins = open_table(plugins.into_iter().map(|id| (id.to_owned(), plugin())).collect());
    plugins.insert("additionalProperties".to_owned(), plugin());
    describe(
        &mut plugins,
        "Plugins",
        "Which plugins are on. One that is not named is on.",
    );
    let host = table(keys::HOST.iter().map(|key| (key.to_string(), host(key))), &[]);
    let sections = sections
        .into_iter()
        .map(|section| (section.id.clone(), self::section(section)));
    let mut sections = open_table(sections.collect());
    describe(&mut sections, "Project Settings", "");
    let keys = keys::FILE.iter().map(|&key| {
        let schema = match key {
            "format" => format(),
            "plugins" => Json::Object(plugins.clone()),
            "host" => Json::Object(host.clone()),
            "settings" => Json::Object(sections.clone()),
            _ => json!({}),
        };
        (key.to_owned(), schema)
    });
    file("Settings of a Pulsewire project", table(keys, &["format"]))
}

fn plugin(key: &str) -> Json {
    match key {
        "enabled" => json!({ "type": "boolean", "description": "Whether the plugin is on." }),
        "sha256" => {
            json!({ "type": "string", "description": "The only library that may be loaded, by its SHA-256." })
        }
        "isolate" => json!({
            "type": "boolean",
            "description": "Whether the plugin runs in a process of its own, whose end does not end the project.",
        }),
        "trust_file" => json!({
            "type": "boolean",
            "description": "Whether the library may be a link out of the plugin folders, and writable by others.",
        }),
        _ => json!({}),
    }
}

fn host(key: &str) -> Json {
    match key {
        "plugin_paths" => json!({
            "type": "array",
            "items": { "type": "string", "minLength": 1 },
            "description": "Further folders of plugins, relative to the project's folder.",
        }),
        "system_calls" => json!({
            "type": "boolean",
            "description": "Whether System Call may run commands of the operating system.",
        }),
        _ => json!({}),
    }
}

fn section(section: &Section) -> Json {
    let lists = section.lists.iter().map(|list| (list.id.clone(), entries(list)));
    let mut version = Map::from_iter([
        ("type".to_owned(), json!("integer")),
        ("minimum".to_owned(), json!(1)),
        ("default".to_owned(), json!(1)),
    ]);
    let help = format!(
        "Of the section's schema; the plugin has version {}.",
        section.version
    );
    describe(&mut version, "Version", &help);
    let version = [(VERSION.to_owned(), Json::Object(version))];
    let mut schema = table(version.into_iter().chain(lists), &[]);
    describe(&mut schema, &section.title, "");
    Json::Object(schema)
}

fn entries(declared: &List) -> Json {
    let required: Vec<&str> = declared
        .fields
        .iter()
        .filter(|field| field.required || field.id == "name")
        .map(|field| field.id.as_str())
        .collect();
    let fields = declared
        .fields
        .iter()
        .map(|field| (field.id.clone(), Json::Object(self::field(field))));
    let mut entry = table(fields, &required);
    describe(&mut entry, &declared.title, "");
    list(entry)
}

fn field(field: &Field) -> Map<String, Json> {
    let mut schema = value::of(field.data_type);
    let help = match field.unit.as_str() {
        "" => field.help.clone(),
        unit => format!("{} In {unit}.", field.help).trim().to_owned(),
    };
    describe(&mut schema, &field.name, &help);
    value::with_default(&mut schema, field.default.as_ref());
    for (key, limit) in [("minimum", field.min), ("maximum", field.max)] {
        if let Some(limit) = limit {
            schema.insert(key.to_owned(), json!(limit));
        }
    }
    let is_list = field.data_type == DataType::Array;
    if is_list {
        let mut elements = value::of(field.elements.unwrap_or(DataType::Any));
        add_options(&mut elements, field);
        schema.insert("items".to_owned(), Json::Object(elements));
        if field.min_length > 0 {
            schema.insert("minItems".to_owned(), json!(field.min_length));
        }
    } else {
        add_options(&mut schema, field);
    }
    let is_text = field.data_type == DataType::String;
    if is_text && (field.required || field.id == "name") {
        schema.insert("minLength".to_owned(), json!(1));
    }
    if field.format == "url" && !field.schemes.is_empty() {
        let schemes: Vec<String> = field.schemes.iter().map(|scheme| in_any_case(scheme)).collect();
        schema.insert(
            "pattern".to_owned(),
            json!(format!("^$|^({})://", schemes.join("|"))),
        );
    }
    schema
}

/// The regular expressions of JSON Schema have no flag for it.
fn in_any_case(word: &str) -> String {
    word.chars()
        .map(|c| format!("[{}{}]", c.to_ascii_lowercase(), c.to_ascii_uppercase()))
        .collect()
}

/// Options are texts; a number among them is written as one.
fn add_options(schema: &mut Map<String, Json>, field: &Field) {
    if field.options.is_empty() {
        return;
    }
    let is_text = |data_type| matches!(data_type, DataType::String | DataType::Any);
    let element = if field.data_type == DataType::Array {
        field.elements
    } else {
        Some(field.data_type)
    };
    if element.is_none_or(is_text) {
        let options: Vec<Value> = field
            .options
            .iter()
            .map(|option| Value::from(option.as_str()))
            .collect();
        schema.insert("enum".to_owned(), json!(options));
    }
}
