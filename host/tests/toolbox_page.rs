//! The toolbox has what Incari's pages list: names, scopes, sockets and types, in the table `toolbox_page.txt`.
//!
//! A line is `id | name | scopes | inputs | outputs`. `T` is a type that an attribute names, `_n` a repeated socket, `▶` a
//! pulse. A line `missing NAME: reason` is a node of the pages that is not there.

use std::collections::BTreeSet;

use pulsewire_host::toolbox::Toolbox;
use pulsewire_plugin_api::manifest::{NodeType, Scope, Socket, SocketType};

const PAGE: &str = include_str!("toolbox_page.txt");

/// Nodes that the pages do not have.
const OWN: &[&str] = &["events.on_error", "events.on_initialize", "utilities.exit"];

fn lines() -> impl Iterator<Item = &'static str> {
    PAGE.lines()
        .filter(|line| !line.is_empty() && !line.starts_with("missing "))
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
        sockets(&node_type.inputs),
        sockets(&node_type.outputs),
    ];
    columns.join(" | ")
}

fn sockets(sockets: &[Socket]) -> String {
    let shown = sockets.iter().map(|socket| {
        let number = if socket.repeat.is_empty() { "" } else { "_n" };
        match socket.socket_type {
            SocketType::Pulse => format!("▶{}{number}", socket.id),
            SocketType::Data(_) if !socket.typed_by.is_empty() => format!("{}{number}: T", socket.id),
            SocketType::Data(data_type) => format!("{}{number}: {data_type}", socket.id),
        }
    });
    match sockets {
        [] => "-".to_owned(),
        _ => shown.collect::<Vec<_>>().join(", "),
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
