//! The toolbox has what Incari's pages list: names, scopes, attributes, sockets, types and defaults, in the table
//! `toolbox_page.txt`.
//!
//! A line is `id | name | scopes | attributes | inputs | outputs`. `T` is a type that an attribute names, `_n` a repeated
//! attribute or socket, `▶` a pulse, `{…}` what may be chosen (`Type` any type), `of LIST` a name of that list, `!` required,
//! `= …` the default, where it is not the type's own. An attribute of the pages that is the default of an input is not listed
//! again. A line `missing NAME: reason` is a node of the pages that is not there; `# …` says why a node differs from them.

use std::collections::BTreeSet;

use pulsewire_host::toolbox::Toolbox;
use pulsewire_plugin_api::{
    manifest::{Attribute, NodeType, Scope, Socket, SocketType},
    value::Value,
};

const PAGE: &str = include_str!("toolbox_page.txt");

/// Nodes that the pages do not have.
const OWN: &[&str] = &["events.on_error", "events.on_initialize", "utilities.exit"];

fn lines() -> impl Iterator<Item = &'static str> {
    PAGE.lines()
        .filter(|line| !line.is_empty() && !line.starts_with("missing ") && !line.starts_with('#'))
}

fn missing() -> impl Iterator<Item = &'static str> {
    let missing = PAGE.lines().filter_map(|line| line.strip_prefix("missing "));
    missing.map(|line| line.split_once(": ").expect(line).0)
}

/// The line that the table would have for a type.
fn line(node_type: &NodeType) -> String {
    let scope = |scope: &Scope| match scope {
        Scope::Project => "P",
        Scope::Scene => "S",
        Scope::Function => "F",
    };
    let scopes: Vec<&str> = node_type.scopes.iter().map(scope).collect();
    let columns = [
        node_type.id.clone(),
        node_type.name.clone(),
        scopes.join(" "),
        attributes(&node_type.attributes),
        sockets(&node_type.inputs),
        sockets(&node_type.outputs),
    ];
    columns.join(" | ")
}

fn attributes(attributes: &[Attribute]) -> String {
    listed(attributes.iter().map(|attribute| {
        let data_type = match (attribute.options.as_slice(), attribute.options_from.as_str()) {
            _ if !attribute.typed_by.is_empty() => "T".to_owned(),
            (_, list) if !list.is_empty() => format!("of {list}"),
            ([], _) => attribute.data_type.to_string(),
            ([first, ..], _) if first == "Any" => "Type".to_owned(),
            (options, _) => format!("{{{}}}", options.join(", ")),
        };
        let required = if attribute.required { "!" } else { "" };
        let default = default(attribute.default.as_ref());
        format!(
            "{}: {data_type}{required}{default}",
            numbered(&attribute.id, &attribute.repeat)
        )
    }))
}

fn sockets(sockets: &[Socket]) -> String {
    listed(sockets.iter().map(|socket| {
        let id = numbered(&socket.id, &socket.repeat);
        match socket.socket_type {
            SocketType::Pulse => format!("▶{id}"),
            SocketType::Data(data_type) => {
                let type_name = match socket.typed_by.as_str() {
                    "" => data_type.to_string(),
                    _ => "T".to_owned(),
                };
                format!("{id}: {type_name}{}", default(socket.default.as_ref()))
            }
        }
    }))
}

fn numbered(id: &str, repeat: &str) -> String {
    format!("{id}{}", if repeat.is_empty() { "" } else { "_n" })
}

fn default(value: Option<&Value>) -> String {
    value.map_or(String::new(), |value| format!(" = {value}"))
}

fn listed(shown: impl Iterator<Item = String>) -> String {
    match shown.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "-".to_owned(),
        some => some,
    }
}

#[test]
fn every_node_of_the_pages_is_as_they_say() {
    let toolbox = Toolbox::default();
    let mut wrong = Vec::new();
    for expected in lines() {
        let id = expected.split(" | ").next().unwrap_or_default();
        let found = toolbox.get(id).map(|entry| line(&entry.node_type));
        if found.as_deref() != Some(expected) {
            wrong.push(format!(
                "page:    {expected}\ntoolbox: {}",
                found.unwrap_or_default()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_toolbox_has_nothing_that_the_pages_do_not_list() {
    let listed: BTreeSet<&str> = lines().filter_map(|line| line.split(" | ").next()).collect();
    let toolbox = Toolbox::default();
    let unlisted: Vec<&str> = toolbox.ids().filter(|id| !listed.contains(id)).collect();
    assert_eq!(
        BTreeSet::from_iter(unlisted),
        BTreeSet::from_iter(OWN.iter().copied())
    );
}

#[test]
fn what_is_missing_is_not_there() {
    let toolbox = Toolbox::default();
    let names: BTreeSet<String> = toolbox
        .ids()
        .filter_map(|id| Some(toolbox.get(id)?.node_type.name.clone()))
        .collect();
    let built: Vec<&str> = missing().filter(|name| names.contains(*name)).collect();
    assert_eq!(built, [""; 0], "no longer missing");
}
