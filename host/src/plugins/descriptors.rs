//! The checks on a plugin's metadata: versions first, then whether the descriptors agree with each other.
//!
//! What a value or a settings entry may be is not checked here, but where it is used.

use std::collections::HashSet;

use pulsewire_plugin_api::{
    API_VERSION, TARGET,
    manifest::{Attribute, List, Manifest, NodeKind, NodeType, Section, Socket, SocketType},
    value::DataType,
};
use serde::Deserialize;

use super::rejection::Rejection;
use crate::settings::VERSION;

/// The members that decide whether the others can be understood at all.
#[derive(Deserialize)]
struct Head {
    format: u32,
    api: String,
    min_host_api: String,
}

/// Reads the metadata, as far as it goes, and says what is wrong with it.
///
/// The first is there even for a plugin that is refused, so that lists can name it.
pub(super) fn read(json: &[u8], expected_id: &str) -> (Option<Manifest>, Result<(), Rejection>) {
    let manifest = Manifest::from_json(json);
    let verdict = match serde_json::from_slice::<Head>(json) {
        Ok(head) => check_versions(&head),
        Err(error) => Err(Rejection::Metadata(error)),
    };
    match (manifest, verdict) {
        (manifest, Err(rejection)) => (manifest.ok(), Err(rejection)),
        (Err(error), Ok(())) => (None, Err(Rejection::Metadata(error))),
        (Ok(manifest), Ok(())) => {
            let verdict = check(&manifest, expected_id);
            (Some(manifest), verdict)
        }
    }
}

fn check_versions(head: &Head) -> Result<(), Rejection> {
    if head.format != 1 {
        return Err(Rejection::MetadataFormat { found: head.format });
    }
    let too_new = || Rejection::TooNew {
        needed: head.min_host_api.clone(),
    };
    let other_major = || Rejection::OtherMajor {
        found: head.api.clone(),
    };
    let ours = version(API_VERSION).unwrap_or_default();
    let built_with = version(&head.api).ok_or_else(other_major)?;
    let needed = version(&head.min_host_api).ok_or_else(too_new)?;
    if needed > ours {
        return Err(too_new());
    }
    if built_with.0 != ours.0 || needed.0 != ours.0 {
        return Err(other_major());
    }
    Ok(())
}

/// Major and minor of `1.0` or `1.0.3`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split('.');
    let mut next = || numbers.next()?.parse().ok();
    Some((next()?, next()?))
}

fn check(manifest: &Manifest, expected_id: &str) -> Result<(), Rejection> {
    if manifest.id != expected_id {
        return Err(Rejection::Id {
            found: manifest.id.clone(),
            expected: expected_id.to_owned(),
        });
    }
    if manifest.panic != "unwind" {
        return Err(Rejection::Panics {
            found: manifest.panic.clone(),
        });
    }
    if manifest.target != TARGET && TARGET != "other" {
        return Err(Rejection::Target {
            found: manifest.target.clone(),
        });
    }
    check_descriptors(manifest).map_err(|reason| Rejection::Descriptors { reason })
}

fn check_descriptors(manifest: &Manifest) -> Result<(), String> {
    if !is_identifier(&manifest.id) {
        return Err(format!("the plugin id `{}` is not in snake case", manifest.id));
    }
    unique("node type", manifest.node_types.iter().map(|one| &*one.id))?;
    for node_type in &manifest.node_types {
        check_node_type(manifest, node_type)
            .map_err(|fault| format!("node type `{}`: {fault}", node_type.id))?;
    }
    unique("section", manifest.sections.iter().map(|one| &*one.id))?;
    for section in &manifest.sections {
        check_section(manifest, section).map_err(|fault| format!("section `{}`: {fault}", section.id))?;
    }
    Ok(())
}

fn check_node_type(manifest: &Manifest, node_type: &NodeType) -> Result<(), String> {
    let prefix = &manifest.id;
    let name = (node_type.id.strip_prefix(prefix.as_str())).and_then(|rest| rest.strip_prefix('.'));
    if !name.is_some_and(is_identifier) {
        return Err(format!("its id is not `{prefix}.` with a name in snake case"));
    }
    let is_pulse = |socket: &Socket| socket.socket_type == SocketType::Pulse;
    match node_type.kind {
        NodeKind::Event if node_type.inputs.iter().any(is_pulse) => {
            return Err("an event node has no pulse input".into());
        }
        // Whoever uses a source reads the slot of a variable; a plugin's code would never run.
        NodeKind::Source => {
            let fault = "a value source can only be built in; use `NodeType::action` or `NodeType::event`";
            return Err(fault.into());
        }
        _ => {}
    }
    // An input without a wire takes the attribute of its id, so an attribute must not be named like one.
    let inputs = node_type
        .inputs
        .iter()
        .map(|one| (&*one.id, !one.repeat.is_empty()));
    let attributes = node_type.attributes.iter();
    let attributes = attributes.map(|one| (&*one.id, !one.repeat.is_empty()));
    unique_sockets("input or attribute", inputs.chain(attributes))?;
    let outputs = node_type.outputs.iter();
    unique_sockets("output", outputs.map(|one| (&*one.id, !one.repeat.is_empty())))?;
    check_references(manifest, node_type)
}

/// Whatever names an attribute or a list names one that exists.
fn check_references(manifest: &Manifest, node_type: &NodeType) -> Result<(), String> {
    let names_attribute = |what: &str, id: &str| {
        if id.is_empty() || node_type.attributes.iter().any(|attribute| attribute.id == id) {
            return Ok(());
        }
        Err(format!("{what} names the attribute `{id}`, which it lacks"))
    };
    names_attribute("`event_key`", &node_type.event_key)?;
    for socket in node_type.inputs.iter().chain(&node_type.outputs) {
        if socket.min.zip(socket.max).is_some_and(|(min, max)| min > max) {
            return Err(format!("no number is in the range of socket `{}`", socket.id));
        }
        names_attribute(&format!("socket `{}`", socket.id), &socket.repeat)?;
        names_attribute(&format!("socket `{}`", socket.id), &socket.typed_by)?;
    }
    for attribute in &node_type.attributes {
        names_attribute(&format!("attribute `{}`", attribute.id), &attribute.repeat)?;
        names_attribute(&format!("attribute `{}`", attribute.id), &attribute.typed_by)?;
        check_options(manifest, attribute)?;
    }
    Ok(())
}

fn check_options(manifest: &Manifest, attribute: &Attribute) -> Result<(), String> {
    let wanted = &attribute.options_from;
    let has_list = |section: &Section| {
        let mut ids = section
            .lists
            .iter()
            .map(|list| format!("{}.{}", section.id, list.id));
        ids.any(|id| id == *wanted)
    };
    if wanted.is_empty() || manifest.sections.iter().any(has_list) {
        return Ok(());
    }
    Err(format!(
        "attribute `{}` takes its options from the list `{wanted}`, which the plugin lacks",
        attribute.id
    ))
}

fn check_section(manifest: &Manifest, section: &Section) -> Result<(), String> {
    if section.id != manifest.id {
        return Err(format!("its id is not that of the plugin, `{}`", manifest.id));
    }
    if section.version == 0 {
        return Err("its schema version is 0; they count from 1".into());
    }
    unique("list", section.lists.iter().map(|list| &*list.id))?;
    if section.lists.iter().any(|list| list.id == VERSION) {
        return Err(format!(
            "the id `{VERSION}` is that of its schema version, not of a list"
        ));
    }
    for list in &section.lists {
        check_list(list).map_err(|fault| format!("list `{}`: {fault}", list.id))?;
    }
    Ok(())
}

fn check_list(list: &List) -> Result<(), String> {
    if !is_identifier(&list.id) {
        return Err("its id is not in snake case".into());
    }
    unique("field", list.fields.iter().map(|field| &*field.id))?;
    for field in &list.fields {
        if field.min.zip(field.max).is_some_and(|(min, max)| min > max) {
            return Err(format!("no number is in the range of field `{}`", field.id));
        }
    }
    let mut fields = list.fields.iter();
    if !fields.any(|field| field.id == "name" && field.data_type == DataType::String && field.required) {
        return Err("it lacks the required String field `name`".into());
    }
    Ok(())
}

fn unique<'a>(what: &str, ids: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen = HashSet::new();
    match ids.into_iter().find(|id| !seen.insert(*id)) {
        Some(twice) => Err(format!("{what} `{twice}` is there twice")),
        None => Ok(()),
    }
}

/// As [`unique`], where a repeated `input` stands for `input_1`, `input_2` and so on.
fn unique_sockets<'a>(what: &str, ids: impl Iterator<Item = (&'a str, bool)> + Clone) -> Result<(), String> {
    unique(what, ids.clone().map(|(id, _)| id))?;
    if let Some((bad, _)) = ids.clone().find(|(id, _)| !is_identifier(id)) {
        return Err(format!("{what} `{bad}` is not in snake case"));
    }
    for (repeated, _) in ids.clone().filter(|(_, repeats)| *repeats) {
        let number = |id: &str| {
            Some(
                id.strip_prefix(repeated)?
                    .strip_prefix('_')?
                    .parse::<u32>()
                    .is_ok(),
            )
        };
        if let Some((twice, _)) = ids.clone().find(|(id, _)| number(id) == Some(true)) {
            return Err(format!(
                "{what} `{twice}` is there twice, once as a repetition of `{repeated}`"
            ));
        }
    }
    Ok(())
}

/// Snake case: what can stand in file names, TOML keys and node type ids everywhere.
pub(crate) fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests;
