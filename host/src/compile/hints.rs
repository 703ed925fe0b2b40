//! What to do about a name that a graph uses and nobody knows.

use std::borrow::Cow;

use pulsewire_plugin_api::{
    manifest::{NodeKind, NodeType, Socket},
    value::{Dictionary, Value},
};

use super::shape::MOST_REPEATS;
use crate::{
    diagnostics::{nearest, suggestion},
    logic::is_id,
    plugins::library_file_name,
    toolbox::{Entry, Toolbox},
};

/// For a node type: it may stand in another category, be a label, or be misspelt.
pub(super) fn node_type(id: &str, toolbox: &Toolbox) -> String {
    let wanted = id.rsplit_once('.').map_or(id, |(_, name)| name);
    let is_meant = |entry: &&Entry| {
        let node_type = &entry.node_type;
        let label = plain(&node_type.name);
        plain(name_of(&node_type.id)) == plain(wanted) || label == plain(wanted) || label == plain(id)
    };
    let meant = toolbox.available().into_iter().filter(is_meant);
    let meant: Vec<&str> = meant.map(|entry| entry.node_type.id.as_str()).collect();
    if !meant.is_empty() {
        return format!("did you mean `{}`?", meant.join("` or `"));
    }
    let near = nearest(id, toolbox.ids()).or_else(|| {
        let name = nearest(wanted, toolbox.ids().map(name_of))?;
        toolbox.ids().find(|id| name_of(id) == name)
    });
    match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`pulsewire toolbox list` shows all node types".to_owned(),
    }
}

/// For a node type whose plugin is not there.
pub(super) fn missing_plugin(id: &str, plugin: &str, toolbox: &Toolbox) -> String {
    match nearest(id, toolbox.ids()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!(
            "put its library into a plugin folder, as `{plugin}/{}`; `--plugin-dir` names one",
            library_file_name(plugin)
        ),
    }
}

/// What follows a plugin's name: `is disabled`, `failed (…)`.
pub(super) fn standing(reason: &str) -> Cow<'_, str> {
    match reason.starts_with("failed") {
        true => Cow::Borrowed(reason),
        false => Cow::Owned(format!("is {reason}")),
    }
}

/// For a plugin that is there, but off or failed.
pub(super) fn unavailable(plugin: &str, reason: &str) -> String {
    match reason {
        "disabled" => format!("switch it on: `pulsewire plugins enable {plugin}`"),
        _ => format!("`pulsewire plugins info {plugin}` says more"),
    }
}

/// For a drop-down `list` that has no option `text`.
pub(super) fn option(list: &str, text: Option<&str>, options: &[String]) -> Option<String> {
    if !options.is_empty() {
        return suggestion(text?, options.iter().map(String::as_str));
    }
    Some(match (list, list.split_once('.')) {
        ("variables", _) => "declare a `[[variable]]` first".to_owned(),
        ("events", _) => "declare an `[[event]]` first".to_owned(),
        (what @ ("functions" | "scenes"), _) => {
            let name = text.filter(|text| is_id(text)).unwrap_or("NAME");
            let one = what.trim_end_matches('s');
            format!("a {one} is a file: `logic/{what}/{name}.toml`")
        }
        (_, Some((section, list))) => {
            let name = match text {
                Some(text) if text.contains(|c: char| !c.is_alphanumeric() && c != '_') => {
                    format!("{text:?}")
                }
                Some(text) => text.to_owned(),
                None => "…".to_owned(),
            };
            format!("add an entry: `pulsewire settings add {section} {list} name={name}`")
        }
        _ => return None,
    })
}

/// For a numbered socket of which there are not so many; `sockets` are those of the side where it was looked for.
pub(super) fn repeated(id: &str, sockets: &[Socket], attributes: &Dictionary) -> Option<String> {
    let (base, number) = id.rsplit_once('_')?;
    let number: usize = number.parse().ok()?;
    let socket = sockets
        .iter()
        .find(|socket| socket.id == base && !socket.repeat.is_empty())?;
    let by = &socket.repeat;
    match attributes.get(by)? {
        Value::Int(count) if (1..=MOST_REPEATS).contains(&number) => {
            Some(format!("`{by}` is {count}; set `{by} = {number}`"))
        }
        Value::Array(elements) if number == elements.len() + 1 => {
            let s = if elements.len() == 1 { "" } else { "s" };
            Some(format!("`{by}` has {} element{s}; add another", elements.len()))
        }
        _ => None,
    }
}

/// For a pulse into a node that takes none.
pub(super) fn takes_no_pulse(node_type: &NodeType) -> Option<String> {
    let reason = match node_type.kind {
        NodeKind::Action => return None,
        NodeKind::Event => "it starts by itself",
        NodeKind::Source => "it is read when used",
    };
    Some(format!("`{}` has no pulse inputs; {reason}", node_type.id))
}

/// The part behind the dot.
fn name_of(id: &str) -> &str {
    id.split_once('.').map_or(id, |(_, name)| name)
}

/// Without what differs between a label, an id and the names of other languages.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}
