//! Every rule is broken once, in metadata that is in order otherwise.

use serde_json::{Value, json};

use super::*;
use crate::plugins::Step;

/// Metadata that uses everything the rules speak of.
fn sound() -> Value {
    json!({
        "format": 1, "id": "demo", "name": "Demo", "version": "1.0.0",
        "api": API_VERSION, "min_host_api": API_VERSION, "panic": "unwind", "target": TARGET,
        "node_types": [{
            "type": "demo.on_news", "name": "On News", "kind": "event", "scopes": ["project"],
            "event_key": "configuration",
            "attributes": [
                {"id": "configuration", "type": "String", "options_from": "demo.servers"},
                {"id": "count", "type": "Int"},
                {"id": "data_type", "type": "String"},
            ],
            "inputs": [{"id": "field", "type": "Any", "repeat": "count", "typed_by": "data_type"}],
            "outputs": [{"id": "out", "type": "Pulse"}, {"id": "field", "type": "Any"}],
        }],
        "sections": [{
            "id": "demo", "title": "Demo",
            "lists": [{"id": "servers", "title": "Servers", "fields": [
                {"id": "name", "type": "String", "required": true},
                {"id": "port", "type": "Int", "min": 1, "max": 65535},
            ]}],
        }],
    })
}

fn verdict(metadata: &Value) -> Result<(), Rejection> {
    read(metadata.to_string().as_bytes(), "demo").1
}

/// The text of the refusal after `pointer` in the sound metadata was set to `value`.
#[track_caller]
fn refusal(pointer: &str, value: Value) -> String {
    let mut metadata = sound();
    *metadata.pointer_mut(pointer).expect("the place exists") = value;
    verdict(&metadata)
        .expect_err("the metadata should be refused")
        .to_string()
}

#[test]
fn sound_metadata_passes() {
    assert!(verdict(&sound()).is_ok());
}

#[test]
fn newer_api_passes_if_this_host_is_new_enough_for_it() {
    let mut metadata = sound();
    metadata["api"] = "1.9".into();
    assert!(verdict(&metadata).is_ok());
}

#[test]
fn newer_needs_are_refused_but_can_still_be_listed() {
    let mut metadata = sound();
    metadata["min_host_api"] = "1.9".into();
    let (manifest, verdict) = read(metadata.to_string().as_bytes(), "demo");
    let rejection = verdict.unwrap_err();
    assert_eq!(rejection.step(), Step::Api);
    assert_eq!(
        rejection.to_string(),
        format!("the plugin needs a host with plugin-api 1.9 or later; this host has {API_VERSION}")
    );
    assert_eq!(manifest.unwrap().name, "Demo");
}

#[test]
fn api_is_judged_before_words_from_the_future() {
    let mut metadata = sound();
    metadata["min_host_api"] = "1.9".into();
    metadata["node_types"][0]["kind"] = "oracle".into();
    assert!(matches!(verdict(&metadata), Err(Rejection::TooNew { .. })));
}

#[test]
fn other_major_is_refused() {
    assert!(refusal("/api", "2.0".into()).contains("built with plugin-api 2.0"));
    assert!(refusal("/api", "0.9".into()).contains("built with plugin-api 0.9"));
    assert!(refusal("/api", "one".into()).contains("built with plugin-api one"));
    assert!(refusal("/min_host_api", "2.0".into()).contains("plugin-api 2.0 or later"));
    assert!(refusal("/min_host_api", "0.9".into()).contains("cannot run"));
}

#[test]
fn build_facts_are_checked() {
    assert!(refusal("/format", 2.into()).contains("format 2"));
    assert!(refusal("/panic", "abort".into()).contains("`panic = \"abort\"`"));
    assert!(refusal("/target", "vax-vms".into()).contains("built for vax-vms"));
    assert!(refusal("/id", "other".into()).contains("holds the plugin `other`"));
}

#[test]
fn broken_json_is_refused() {
    for json in [&b""[..], b"{", b"[]", b"{}", b"\xff"] {
        let (manifest, verdict) = read(json, "demo");
        assert!(manifest.is_none());
        assert_eq!(verdict.unwrap_err().step(), Step::Metadata);
    }
    assert!(refusal("/node_types", "none".into()).contains("no valid description"));
}

#[test]
fn node_type_ids_carry_the_prefix() {
    for bad in ["on_news", "demon.on_news", "demo.", "demo.On", "demo", "demo.a.b"] {
        let text = refusal("/node_types/0/type", bad.into());
        assert!(text.contains("its id is not `demo.` with a name"), "{text}");
    }
}

#[test]
fn ids_are_unique() {
    let mut metadata = sound();
    let node_type = metadata["node_types"][0].clone();
    metadata["node_types"].as_array_mut().unwrap().push(node_type);
    let text = verdict(&metadata).unwrap_err().to_string();
    assert_eq!(text, "node type `demo.on_news` is there twice");

    let text = refusal("/node_types/0/attributes/1/id", "configuration".into());
    assert!(
        text.ends_with("input or attribute `configuration` is there twice"),
        "{text}"
    );
    let text = refusal("/node_types/0/outputs/1/id", "out".into());
    assert!(text.ends_with("output `out` is there twice"), "{text}");
    let text = refusal("/sections/0/lists/0/fields/1/id", "name".into());
    assert!(text.ends_with("field `name` is there twice"), "{text}");
}

#[test]
fn attribute_is_not_named_like_an_input() {
    let text = refusal("/node_types/0/inputs/0/id", "count".into());
    assert!(
        text.ends_with("input or attribute `count` is there twice"),
        "{text}"
    );
    let text = refusal("/node_types/0/attributes/2/id", "field_2".into());
    assert!(text.contains("once as a repetition of `field`"), "{text}");
}

#[test]
fn references_lead_somewhere() {
    let text = refusal("/node_types/0/event_key", "configration".into());
    assert!(
        text.contains("`event_key` names the attribute `configration`"),
        "{text}"
    );
    let text = refusal("/node_types/0/inputs/0/repeat", "number".into());
    assert!(
        text.contains("socket `field` names the attribute `number`"),
        "{text}"
    );
    let text = refusal("/node_types/0/attributes/0/options_from", "demo.hosts".into());
    assert!(
        text.contains("the list `demo.hosts`, which the plugin lacks"),
        "{text}"
    );
}

#[test]
fn kinds_keep_their_word() {
    let text = refusal("/node_types/0/inputs/0", json!({"id": "in", "type": "Pulse"}));
    assert!(text.contains("an event node has no pulse input"), "{text}");
}

#[test]
fn value_source_of_a_plugin_is_refused_even_without_pulses() {
    let mut metadata = sound();
    metadata["node_types"].as_array_mut().unwrap().push(json!({
        "type": "demo.clock", "name": "Clock", "kind": "source", "scopes": ["project"],
        "attributes": [], "inputs": [], "outputs": [{"id": "now", "type": "Int"}],
    }));
    let (manifest, verdict) = read(metadata.to_string().as_bytes(), "demo");
    let rejection = verdict.unwrap_err();
    assert_eq!(rejection.step(), Step::Descriptors);
    assert_eq!(
        rejection.to_string(),
        "node type `demo.clock`: a value source can only be built in; \
         use `NodeType::action` or `NodeType::event`"
    );
    assert_eq!(manifest.unwrap().name, "Demo", "it can still be listed");

    let text = refusal("/node_types/0/kind", "source".into());
    assert!(text.contains("a value source can only be built in"), "{text}");
}

#[test]
fn section_is_the_plugins_own() {
    let text = refusal("/sections/0/id", "host".into());
    assert!(text.contains("`demo.servers`, which the plugin lacks"), "{text}");
    let mut metadata = sound();
    metadata["sections"][0]["id"] = "host".into();
    metadata["node_types"] = json!([]);
    let text = verdict(&metadata).unwrap_err().to_string();
    assert_eq!(text, "section `host`: its id is not that of the plugin, `demo`");
}

#[test]
fn lists_have_names_and_ranges_have_numbers() {
    let text = refusal("/sections/0/lists/0/fields/0/required", false.into());
    assert!(text.contains("lacks the required String field `name`"), "{text}");
    let text = refusal("/sections/0/lists/0/fields/1/min", 70_000.into());
    assert!(
        text.contains("no number is in the range of field `port`"),
        "{text}"
    );
    let input = json!({"id": "field", "type": "Int", "repeat": "count", "min": 2, "max": 1.5});
    let text = refusal("/node_types/0/inputs/0", input);
    assert!(
        text.contains("no number is in the range of socket `field`"),
        "{text}"
    );
}
