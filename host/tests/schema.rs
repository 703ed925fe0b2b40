//! The JSON Schemas that editors use accept what `check` accepts, and refuse what they can tell to be wrong.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

use pulsewire_host::{literal, schema, toolbox::Toolbox};
use pulsewire_plugin_api::manifest::Section;
use serde_json::{Value, json};
use toml::de::{DeTable, DeValue};

fn settings_schema() -> jsonschema::Validator {
    let section: Section = serde_json::from_value(json!({
        "id": "lamp", "title": "Lamp",
        "lists": [{ "id": "lamps", "title": "Lamps", "fields": [
            { "id": "name", "type": "String", "required": true },
            { "id": "url", "type": "String", "format": "url", "schemes": ["http", "https"] },
            { "id": "port", "type": "Int", "min": 1, "max": 65535, "unit": "ports", "help": "Where." },
            { "id": "mode", "type": "String", "options": ["on", "off"] },
            { "id": "rooms", "type": "Array", "elements": "String", "min_length": 1, "options": ["hall", "attic"] },
        ] }],
    }))
    .unwrap();
    jsonschema::validator_for(&schema::settings(["lamp"], [&section])).unwrap()
}

fn logic_schema() -> jsonschema::Validator {
    let names = |list: &str| vec![format!("an entry of {list}")];
    jsonschema::validator_for(&schema::logic(&Toolbox::default(), names)).unwrap()
}

/// The file as the host itself reads values.
fn json(text: &str) -> Value {
    let table = DeTable::parse(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let file = toml::Spanned::new(table.span(), DeValue::Table(table.into_inner()));
    serde_json::to_value(literal::value(&file).unwrap()).unwrap()
}

#[track_caller]
fn accepts(schema: &jsonschema::Validator, text: &str) {
    let file = json(text);
    let faults: Vec<String> = schema
        .iter_errors(&file)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}\n{text}");
}

#[track_caller]
fn refuses(schema: &jsonschema::Validator, texts: &[&str]) {
    for text in texts {
        let text = format!("format = 1\n{text}");
        assert!(!schema.is_valid(&json(&text)), "{text}");
    }
}

#[test]
fn settings_as_they_may_be_are_accepted() {
    let schema = settings_schema();
    accepts(&schema, "format = 1");
    accepts(
        &schema,
        r#"
        format = 1
        host = { plugin_paths = ["plugins"], system_calls = true }
        [plugins.lamp]
        enabled = false
        [plugins.unknown]
        enabled = true
        [[settings.lamp.lamps]]
        name = "desk"
        url = "HTTPS://lamp.local"
        port = 80
        mode = "off"
        rooms = ["hall"]
        [settings.unknown]
        anything = { may = "stand here" }
        "#,
    );
}

#[test]
fn settings_that_check_refuses_are_refused() {
    let schema = settings_schema();
    assert!(!schema.is_valid(&json("")), "without a format");
    refuses(
        &schema,
        &[
            "plugin = 1",
            "plugins = { lamp = { enabeld = true } }",
            "plugins = { lamp = { enabled = \"yes\" } }",
            "host = { plugin_paths = \"plugins\" }",
            "settings = { lamp = { lamp = [] } }",
            "settings = { lamp = { lamps = [{ url = \"http://x\" }] } }",
            "settings = { lamp = { lamps = [{ name = \"\" }] } }",
            "settings = { lamp = { lamps = [{ name = \"a\", url = \"ftp://x\" }] } }",
            "settings = { lamp = { lamps = [{ name = \"a\", port = 0 }] } }",
            "settings = { lamp = { lamps = [{ name = \"a\", port = \"80\" }] } }",
            "settings = { lamp = { lamps = [{ name = \"a\", mode = \"dim\" }] } }",
            "settings = { lamp = { lamps = [{ name = \"a\", rooms = [] }] } }",
            "settings = { lamp = { lamps = [{ name = \"a\", rooms = [\"cellar\"] }] } }",
            "settings = { lamp = { lamps = [{ name = \"a\", room = [] }] } }",
        ],
    );
}

#[test]
fn logic_as_it_may_be_is_accepted() {
    let schema = logic_schema();
    accepts(
        &schema,
        r##"
        format = 1
        variable = [{ name = "a colour", type = "Color", value = "#FF00A0E0", persistent = true }]
        event = [{ name = "tell", parameters = [{ name = "who", type = "String", default = "all" }] }]
        node = [
            { id = "begin", type = "events.on_initialize", enabled = false },
            { id = "add", type = "math.add", attributes = { count = 3, data_type = "Float", input_3 = 1.5 } },
            { id = "tell", type = "events.event_trigger", attributes = { event = "tell", who = "me" } },
            { id = "later", type = "mqtt.subscribe", attributes = { any = "thing" }, pulse_pass_through = true },
        ]
        wire = [{ from = "begin.out", to = "add.in" }]
        [layout]
        begin = [0, 1.5]
        "##,
    );
}

#[test]
fn logic_that_check_refuses_is_refused() {
    refuses(
        &logic_schema(),
        &[
            "nodes = []",
            "node = [{ id = \"a\" }]",
            "node = [{ id = \"a.b\", type = \"math.add\" }]",
            "node = [{ id = \"a\", type = \"math.plus\" }]",
            "node = [{ id = \"a\", type = \"Console\" }]",
            "node = [{ id = \"a\", type = \"math.add\", atributes = {} }]",
            "node = [{ id = \"a\", type = \"math.add\", attributes = { cuont = 3 } }]",
            "node = [{ id = \"a\", type = \"math.add\", attributes = { count = \"3\" } }]",
            "node = [{ id = \"a\", type = \"math.add\", attributes = { count = 100000 } }]",
            "node = [{ id = \"a\", type = \"math.add\", attributes = { data_type = \"Integer\" } }]",
            "node = [{ id = \"a\", type = \"utilities.exit\", attributes = { code = 300 } }]",
            "node = [{ id = \"a\", type = \"events.event_trigger\" }]",
            "wire = [{ from = \"a\", to = \"b.in\" }]",
            "wire = [{ from = \"a.out\" }]",
            "variable = [{ name = \"v\", type = \"Int\", value = \"five\" }]",
            "variable = [{ name = \"v\", type = \"Integer\" }]",
            "variable = [{ name = \"v\", type = \"Vector2\", value = [1] }]",
            "event = [{ name = \"e\", parameters = [{ name = \"p\", type = \"Bool\", default = 1 }] }]",
        ],
    );
}

#[test]
fn names_of_a_settings_list_are_offered_and_no_others_refused() {
    let mut toolbox = Toolbox::default();
    let node_type = json!({
        "type": "lamp.dim", "name": "Dim", "kind": "action", "scopes": ["project"],
        "attributes": [{ "id": "configuration", "type": "String", "options_from": "lamp.lamps", "required": true }],
    });
    let origin = pulsewire_host::toolbox::Origin::Unavailable {
        plugin: "lamp".to_owned(),
        reason: "disabled".to_owned(),
    };
    toolbox.add(serde_json::from_value(node_type).unwrap(), origin);
    let schema = schema::logic(&toolbox, |list| vec![format!("an entry of {list}")]);
    assert!(schema.to_string().contains("an entry of lamp.lamps"));
    let schema = jsonschema::validator_for(&schema).unwrap();
    accepts(
        &schema,
        "format = 1\nnode = [{ id = \"a\", type = \"lamp.dim\", attributes = { configuration = \"new\" } }]",
    );
    refuses(
        &schema,
        &[
            "node = [{ id = \"a\", type = \"lamp.dim\" }]",
            "node = [{ id = \"a\", type = \"lamp.dimm\", attributes = { configuration = \"new\" } }]",
        ],
    );
}

#[test]
fn every_key_has_a_meaning_in_the_schema() {
    let settings = schema::settings([], []);
    let logic = schema::logic(&Toolbox::default(), |_| Vec::new());
    let plugin = settings["properties"]["plugins"]["additionalProperties"].clone();
    let host = settings["properties"]["host"].clone();
    for table in [settings, plugin, host, logic] {
        for (key, meaning) in table["properties"].as_object().unwrap() {
            assert_ne!(*meaning, json!({}), "{key}");
        }
    }
}

#[test]
fn sample_project_is_accepted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    accepts(&logic_schema(), &read("logic/project.toml"));
    accepts(&settings_schema(), &read("settings.toml"));
}
