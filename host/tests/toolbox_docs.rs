//! `docs/toolbox.md` is written from the descriptors of the built-in nodes. After a change to one of them:
//! `PULSEWIRE_BLESS=1 cargo test -p pulsewire-host --test toolbox_docs`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{env, fmt::Write, fs, path::Path};

use pulsewire_host::toolbox::Toolbox;
use pulsewire_plugin_api::{
    manifest::{Attribute, NodeType, Socket, SocketType},
    value::Value,
};

const HEAD: &str = "\
# The toolbox

The nodes that every project has, by category. [logic.md](logic.md) says how they are set and wired. This page is written
from what `pulsewire toolbox show TYPE` says; `PULSEWIRE_BLESS=1 cargo test -p pulsewire-host --test toolbox_docs` writes it
anew.

A pulse is written ▶. A node whose pulses are not listed has `in` and `out`; one that starts a branch, such as On Initialize,
has `out` only, and a value source none. `input_1…n` stands as often as an attribute says. A type in code, such as
`data_type`, is the type that this attribute names.
";

/// How many data types there are.
const ALL_TYPES: usize = 15;

fn page() -> String {
    let toolbox = Toolbox::default();
    let mut types: Vec<_> = toolbox
        .available()
        .iter()
        .map(|entry| &*entry.node_type)
        .collect();
    types.sort_by(|a, b| (&a.category, &a.name).cmp(&(&b.category, &b.name)));
    let mut text = HEAD.to_owned();
    let mut category = "";
    for node_type in types {
        if node_type.category != category {
            category = &node_type.category;
            write!(text, "\n## {category}\n").unwrap();
        }
        node(node_type, &mut text);
    }
    text
}

fn node(node_type: &NodeType, text: &mut String) {
    write!(
        text,
        "\n### {}\n\n`{}`: {}\n",
        node_type.name, node_type.id, node_type.help
    )
    .unwrap();
    let scopes: Vec<&str> = node_type.scopes.iter().map(|scope| scope.name()).collect();
    if scopes.len() < 3 {
        write!(text, "\nScope: {}.\n", scopes.join(", ")).unwrap();
    }
    // A node that fires nothing differs from the others in its pulses, which are listed then.
    let fires = node_type.outputs.iter().any(is_pulse);
    let standard_input = if fires { "in" } else { "" };
    let lists = [
        (
            "Attributes",
            node_type.attributes.iter().map(attribute).collect::<Vec<_>>(),
        ),
        ("Inputs", listed(&node_type.inputs, standard_input)),
        ("Outputs", listed(&node_type.outputs, "out")),
    ];
    for (title, items) in lists {
        if !items.is_empty() {
            write!(text, "\n{title}:\n{}", items.concat()).unwrap();
        }
    }
}

/// The sockets, without a pulse that is the only one and the standard one.
fn listed(sockets: &[Socket], standard: &str) -> Vec<String> {
    let pulses: Vec<&str> = sockets
        .iter()
        .filter(|socket| is_pulse(socket))
        .map(|socket| socket.id.as_str())
        .collect();
    let is_standard = pulses == [standard];
    let shown = sockets.iter().filter(|socket| !is_standard || !is_pulse(socket));
    shown.map(socket).collect()
}

fn is_pulse(socket: &Socket) -> bool {
    socket.socket_type == SocketType::Pulse
}

fn attribute(attribute: &Attribute) -> String {
    let mut details = Vec::new();
    match attribute.options.len() {
        0 => {}
        ALL_TYPES if attribute.options[0] == "Any" => details.push("the name of a type".to_owned()),
        _ => details.push(format!("one of {}", codes(&attribute.options))),
    }
    if !attribute.options_from.is_empty() {
        details.push(format!("a name of `{}`", attribute.options_from));
    }
    if attribute.required {
        details.push("required".to_owned());
    }
    let type_name = type_name(attribute.data_type.name(), &attribute.typed_by);
    item(
        &attribute.id,
        &attribute.repeat,
        &type_name,
        attribute.default.as_ref(),
        details,
        &attribute.help,
    )
}

fn socket(socket: &Socket) -> String {
    let SocketType::Data(data_type) = socket.socket_type else {
        return item(&socket.id, &socket.repeat, "▶", None, Vec::new(), &socket.help);
    };
    let type_name = type_name(data_type.name(), &socket.typed_by);
    let range = match (socket.min, socket.max) {
        (Some(min), Some(max)) => vec![format!("{min} to {max}")],
        _ => Vec::new(),
    };
    item(
        &socket.id,
        &socket.repeat,
        &type_name,
        socket.default.as_ref(),
        range,
        &socket.help,
    )
}

fn type_name(fixed: &str, typed_by: &str) -> String {
    match typed_by {
        "" => fixed.to_owned(),
        attribute => format!("`{attribute}`"),
    }
}

/// `- id: type = default; details. Help`
fn item(
    id: &str,
    repeat: &str,
    type_name: &str,
    default: Option<&Value>,
    details: Vec<String>,
    help: &str,
) -> String {
    let number = if repeat.is_empty() { "" } else { "_1…n" };
    let mut line = format!("- `{id}{number}`: {type_name}");
    if let Some(default) = default {
        write!(line, " = `{}`", default.to_json()).unwrap();
    }
    for detail in details {
        write!(line, "; {detail}").unwrap();
    }
    if !help.is_empty() {
        write!(line, ". {help}").unwrap();
    }
    line + "\n"
}

fn codes(words: &[String]) -> String {
    words
        .iter()
        .map(|word| format!("`{word}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[test]
fn the_page_says_what_the_toolbox_has() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/toolbox.md");
    let page = page();
    if env::var_os("PULSEWIRE_BLESS").is_some() {
        fs::write(&file, &page).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    let same = page
        .lines()
        .zip(found.lines())
        .take_while(|(page, found)| page == found);
    let line = same.count() + 1;
    assert!(
        page == found,
        "docs/toolbox.md is stale from line {line} on; PULSEWIRE_BLESS=1 writes it anew"
    );
}
