//! One logic file: its nodes and wires. What it declares, such as variables and events, is in `declared`.

use pulsewire_plugin_api::manifest::Scope;
use rustc_hash::{FxBuildHasher, FxHashMap};
use toml::{
    Spanned as TomlSpanned,
    de::{DeTable, DeValue},
};

use super::{
    End, Graph, NodeUse, Spanned, Unsound, Wire,
    keys::{FUNCTION, GRAPH, NODE, SCENE, WIRE},
};
use crate::{
    diagnostics::{Faults, Source, Span, nearest},
    literal::{self, reader::Reader},
};

/// How many bytes of a value a hint shows.
const LONGEST_SHOWN: usize = 40;

/// Reads the graph that a file holds.
///
/// All faults are added at once. `None` only if nothing of the file can be read: it is no TOML, or of a format that
/// this release doesn't know. Otherwise the graph holds what is whole; parts at fault are left out of it.
pub fn parse_graph(source: Source, id: String, scope: Scope, faults: &mut Faults) -> Option<Graph> {
    let found = faults.len();
    let Some(file) = crate::literal::reader::parse(&source, faults) else {
        faults
            .since(found)
            .for_each(|fault| fault.graph = Some(id.clone()));
        return None;
    };
    let mut reader = Reader::new(&source, Some(&id), faults);
    if !reader.format(&file) {
        return None;
    }
    let mut graph = Graph {
        source: source.clone(),
        id: id.clone(),
        scope,
        nodes: Vec::new(),
        wires: Vec::new(),
        variables: Vec::new(),
        events: Vec::new(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        start: true,
        unsound: Unsound::default(),
    };
    let is_function = scope == Scope::Function;
    for (key, item) in &file {
        match key.get_ref().as_ref() {
            "format" => {}
            "node" => graph.nodes = nodes(&mut reader, item, &mut graph.unsound),
            // Below, when it is known which nodes are at fault.
            "wire" => {}
            "variable" => {
                graph.variables = super::declared::variables(&mut reader, item, &mut graph.unsound);
            }
            "event" if !is_function => {
                graph.events = super::declared::events(&mut reader, item, &mut graph.unsound);
            }
            "input" if is_function => {
                graph.inputs = super::declared::inputs(&mut reader, item, &mut graph.unsound)
            }
            "output" if is_function => {
                graph.outputs = super::declared::outputs(&mut reader, item, &mut graph.unsound)
            }
            "start" if scope == Scope::Scene => graph.start = reader.boolean(item).unwrap_or(graph.start),
            "start" => {
                let hint = "it says whether a scene runs from the start on".to_owned();
                reader.fault(&key.span(), "only scenes have `start`".to_owned(), Some(hint));
            }
            "event" => {
                let hint = "declare it in `logic/project.toml`; a function may trigger it".to_owned();
                reader.fault(
                    &key.span(),
                    "a function has no events of its own".to_owned(),
                    Some(hint),
                );
            }
            side @ ("input" | "output") => {
                let hint = "they stand in `logic/functions/NAME.toml`".to_owned();
                reader.fault(
                    &key.span(),
                    format!("only functions have `[[{side}]]`"),
                    Some(hint),
                );
            }
            // Where the editor puts what; no business of the engine.
            "layout" => drop(reader.table(item, || "positions stand in `[layout]`".to_owned())),
            name => {
                let keys = match scope {
                    Scope::Project => GRAPH,
                    Scope::Scene => SCENE,
                    Scope::Function => FUNCTION,
                };
                reader.unknown(key, keys);
                if item.get_ref().is_array() || item.get_ref().is_table() {
                    let meant = nearest(name, keys.iter().copied());
                    graph.unsound.lists.extend(meant.map(str::to_owned));
                }
            }
        }
        if !matches!(key.get_ref().as_ref(), "format" | "start" | "layout") && !is_list_of_tables(item) {
            graph.unsound.lists.insert(key.get_ref().to_string());
        }
    }
    if let Some(item) = file.get("wire") {
        graph.wires = wires(&mut reader, item, &mut graph.unsound);
    }
    if is_function {
        for variable in graph.variables.iter().filter(|variable| variable.persistent) {
            let hint = "each call has its own; declare it in `logic/project.toml`".to_owned();
            let message = format!(
                "variable `{}` of a function can't be persistent",
                variable.name.value
            );
            reader.fault(&variable.name.span, message, Some(hint));
        }
    }
    Some(graph)
}

fn is_list_of_tables(item: &TomlSpanned<DeValue<'_>>) -> bool {
    let entries = item.get_ref().as_array();
    entries.is_some_and(|entries| entries.iter().all(|entry| entry.get_ref().is_table()))
}

/// Whether `text` may be an id: one word without dots.
pub(crate) fn is_id(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c == '.' || c.is_whitespace() || c.is_control())
}

/// Finds names that stand twice.
pub(super) struct Unique<'t> {
    what: &'static str,
    first: FxHashMap<&'t str, usize>,
}

impl<'t> Unique<'t> {
    pub(super) fn new(what: &'static str, expected: usize) -> Self {
        Self {
            what,
            first: FxHashMap::with_capacity_and_hasher(expected, FxBuildHasher),
        }
    }

    /// Reports `name` if it stood before.
    pub(super) fn check(&mut self, reader: &mut Reader<'_>, name: &'t str, span: &Span) {
        let first = *self.first.entry(name).or_insert(span.start);
        if first != span.start {
            let line = reader.source.line(first);
            let again = reader.source.line(span.start);
            let lines = match line == again {
                true => format!("line {line}"),
                false => format!("lines {line} and {again}"),
            };
            reader.fault(
                span,
                format!(
                    "duplicate {} `{}` in {lines}",
                    self.what,
                    literal::shortened(name)
                ),
                Some("rename one of them".to_owned()),
            );
        }
    }
}

/// A text with its place, as the graph keeps it.
pub(super) fn spanned(text: &str, item: &TomlSpanned<DeValue<'_>>) -> Spanned<String> {
    Spanned {
        value: text.to_owned(),
        span: item.span(),
    }
}

/// A text that is an id; a fault otherwise.
pub(super) fn id<'t>(
    reader: &mut Reader<'_>,
    what: &str,
    item: &'t TomlSpanned<DeValue<'_>>,
) -> Option<&'t str> {
    let text = reader.text(item)?;
    if is_id(text) {
        return Some(text);
    }
    let message = match text {
        "" => format!("the {what} is empty"),
        _ => format!("`{}` is no {what}", literal::shortened(text)),
    };
    reader.fault(
        &item.span(),
        message,
        Some("use letters, digits, `_` and `-`, without dots and spaces".to_owned()),
    );
    None
}

fn nodes(reader: &mut Reader<'_>, item: &TomlSpanned<DeValue<'_>>, unsound: &mut Unsound) -> Vec<NodeUse> {
    let tables = reader.tables(item, "node");
    let mut nodes = Vec::with_capacity(tables.len());
    let mut unique = Unique::new("node id", tables.len());
    for (table, span) in tables {
        let id = table
            .get("id")
            .and_then(|item| item.get_ref().as_str())
            .filter(|id| is_id(id));
        let mut reader = reader.at_node(id);
        match (node(&mut reader, table, &span), table.get("id")) {
            (Some(node), _) => nodes.push(node),
            (None, Some(id)) => drop(unsound.nodes.insert(as_written(id))),
            (None, None) => drop(unsound.lists.insert("node".to_owned())),
        }
        if let (Some(id), Some(item)) = (id, table.get("id")) {
            unique.check(&mut reader, id, &item.span());
        }
    }
    nodes
}

/// What stands there for an id, though it may be none.
fn as_written(item: &TomlSpanned<DeValue<'_>>) -> String {
    let value = literal::value(item).ok();
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn node(reader: &mut Reader<'_>, table: &DeTable<'_>, span: &Span) -> Option<NodeUse> {
    let mut node_id = None;
    let mut node_type = None;
    let mut attributes = Vec::new();
    let mut enabled = true;
    let mut pulse_pass_through = false;
    for (key, item) in table {
        match key.get_ref().as_ref() {
            "id" => node_id = id(reader, "node id", item).map(|text| spanned(text, item)),
            "type" => node_type = type_id(reader, item),
            "attributes" => attributes = node_attributes(reader, item),
            "enabled" => enabled = reader.boolean(item).unwrap_or(enabled),
            "pulse_pass_through" => {
                pulse_pass_through = reader.boolean(item).unwrap_or(pulse_pass_through);
            }
            name if nearest(name, NODE.iter().copied()).is_none() => {
                let written = reader.source.text.get(item.span()).unwrap_or_default();
                let value = match written.len() <= LONGEST_SHOWN && !written.contains('\n') {
                    true => written,
                    false => "…",
                };
                reader.fault(
                    &key.span(),
                    format!("unknown key `{}`", literal::shortened(name)),
                    Some(format!(
                        "an attribute of the node? write `attributes = {{ {name} = {value} }}`"
                    )),
                );
            }
            _ => reader.unknown(key, NODE),
        }
    }
    reader.require(table, span, "a node", &["id", "type"]);
    Some(NodeUse {
        id: node_id?,
        node_type: node_type?,
        attributes,
        enabled,
        pulse_pass_through,
    })
}

fn type_id(reader: &mut Reader<'_>, item: &TomlSpanned<DeValue<'_>>) -> Option<Spanned<String>> {
    let text = reader.text(item)?;
    // A label in its place has spaces; the compiler knows which type is meant.
    if text.trim().is_empty() || text.contains(char::is_control) {
        reader.fault(
            &item.span(),
            format!("`{}` is no node type", literal::shortened(text)),
            Some("a type is `category.name`, such as `development.console`".to_owned()),
        );
        return None;
    }
    Some(spanned(text, item))
}

fn node_attributes(
    reader: &mut Reader<'_>,
    item: &TomlSpanned<DeValue<'_>>,
) -> Vec<(Spanned<String>, Spanned<pulsewire_plugin_api::value::Value>)> {
    let Some(table) = reader.table(item, || "as in `attributes = { input = \"hello\" }`".to_owned()) else {
        return Vec::new();
    };
    let mut attributes = Vec::with_capacity(table.len());
    for (key, item) in literal::in_file_order(table) {
        match literal::value(item) {
            Ok(value) => attributes.push((
                Spanned {
                    value: key.get_ref().to_string(),
                    span: key.span(),
                },
                Spanned {
                    value,
                    span: item.span(),
                },
            )),
            Err(refused) => reader.fault(&refused.span, refused.message, Some(refused.hint.to_owned())),
        }
    }
    attributes
}

fn wires(reader: &mut Reader<'_>, item: &TomlSpanned<DeValue<'_>>, unsound: &mut Unsound) -> Vec<Wire> {
    let tables = reader.tables(item, "wire");
    let mut wires = Vec::with_capacity(tables.len());
    for (table, span) in tables {
        let mut from = None;
        let mut to = None;
        for (key, item) in table {
            match key.get_ref().as_ref() {
                "from" => from = end(reader, item, unsound),
                "to" => to = end(reader, item, unsound),
                _ => reader.unknown(key, WIRE),
            }
        }
        reader.require(table, &span, "a wire", WIRE);
        if to.is_none() {
            unsound.lists.insert("wire".to_owned());
        }
        if from.is_some() || to.is_some() {
            wires.push(Wire { from, to });
        }
    }
    wires
}

fn end(reader: &mut Reader<'_>, item: &TomlSpanned<DeValue<'_>>, unsound: &Unsound) -> Option<Spanned<End>> {
    let text = reader.text(item)?;
    // Of a node whose id is at fault that is told already.
    let node = text.rsplit_once('.').map_or(text, |(node, _)| node);
    if !is_id(node) && unsound.nodes.contains(node) {
        return None;
    }
    match text.split_once('.').unwrap_or((text, "")) {
        (node, socket) if is_id(node) && (is_id(socket) || node == text) => Some(Spanned {
            value: End {
                node: node.to_owned(),
                socket: socket.to_owned(),
            },
            span: item.span(),
        }),
        _ => {
            reader.fault(
                &item.span(),
                format!("expected `node.socket`, found `{}`", literal::shortened(text)),
                Some(super::ANY_END.to_owned()),
            );
            None
        }
    }
}
