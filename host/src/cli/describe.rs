//! Descriptors as the command line shows them: the JSON shapes of design §8, and text.

use std::borrow::Cow;

use pulsewire_plugin_api::{
    manifest::{Attribute, Field, NodeType, Scope, Socket},
    value::Value,
};
use serde::Serialize;

/// A socket, an attribute or a field.
#[derive(Serialize)]
pub(super) struct Item<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    type_name: &'a str,
    default: Option<Cow<'a, Value>>,
    options: &'a [String],
    help: &'a str,
    /// The attribute that says how often the item stands.
    #[serde(skip_serializing_if = "str::is_empty")]
    repeat: &'a str,
    /// The attribute that names the type.
    #[serde(skip_serializing_if = "str::is_empty")]
    typed_by: &'a str,
    /// The list whose names are the options.
    #[serde(skip_serializing_if = "str::is_empty")]
    options_from: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    unit: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    required: bool,
    /// The least and the greatest number.
    #[serde(skip)]
    range: (Option<i64>, Option<i64>),
    /// `url`, `secret`, or empty.
    #[serde(skip)]
    format: &'a str,
}

impl<'a> From<&'a Socket> for Item<'a> {
    fn from(socket: &'a Socket) -> Self {
        Self {
            id: &socket.id,
            name: &socket.name,
            type_name: socket.socket_type.name(),
            default: socket.default.as_ref().map(Cow::Borrowed),
            options: &[],
            help: &socket.help,
            repeat: &socket.repeat,
            typed_by: &socket.typed_by,
            options_from: "",
            unit: "",
            required: false,
            range: (None, None),
            format: "",
        }
    }
}

impl<'a> From<&'a Attribute> for Item<'a> {
    fn from(attribute: &'a Attribute) -> Self {
        Self {
            id: &attribute.id,
            name: &attribute.name,
            type_name: attribute.data_type.name(),
            default: attribute.default.as_ref().map(Cow::Borrowed),
            options: &attribute.options,
            help: &attribute.help,
            repeat: &attribute.repeat,
            typed_by: &attribute.typed_by,
            options_from: &attribute.options_from,
            unit: "",
            required: attribute.required,
            range: (None, None),
            format: "",
        }
    }
}

impl<'a> From<&'a Field> for Item<'a> {
    fn from(field: &'a Field) -> Self {
        // The name identifies the entry, whatever the descriptor says.
        let required = field.required || field.id == "name";
        Self {
            id: &field.id,
            name: &field.name,
            type_name: field.data_type.name(),
            default: match &field.default {
                Some(default) => Some(Cow::Borrowed(default)),
                // Zero is what it is if nobody says so, or means that it is not set.
                None if required || field.min.is_some_and(|min| min > 0) => None,
                None => Some(Cow::Owned(Value::default_of(field.data_type))),
            },
            options: &field.options,
            help: &field.help,
            repeat: "",
            typed_by: "",
            options_from: "",
            unit: &field.unit,
            required,
            range: (field.min, field.max),
            format: &field.format,
        }
    }
}

impl Item<'_> {
    /// `  id: Type = default unit, range (required) [options] help`
    pub(super) fn text(&self) -> String {
        let number = if self.repeat.is_empty() { "" } else { "_1…n" };
        let type_name = if self.typed_by.is_empty() {
            self.type_name
        } else {
            self.typed_by
        };
        let mut text = format!("  {}{number}: {type_name}", self.id);
        if let Some(default) = &self.default {
            text.push_str(&format!(" = {}", default.to_json()));
        }
        if !self.unit.is_empty() {
            text.push_str(&format!(" {}", self.unit));
        }
        match self.range {
            (Some(min), Some(max)) => text.push_str(&format!(", {min} to {max}")),
            (Some(min), None) => text.push_str(&format!(", at least {min}")),
            (None, Some(max)) => text.push_str(&format!(", at most {max}")),
            (None, None) => {}
        }
        if self.required {
            text.push_str(" (required)");
        }
        if !self.format.is_empty() {
            text.push_str(&format!(" ({})", self.format));
        }
        if !self.options.is_empty() {
            text.push_str(&format!(" [{}]", self.options.join(", ")));
        }
        if !self.options_from.is_empty() {
            text.push_str(&format!(" [names in {}]", self.options_from));
        }
        if !self.help.is_empty() {
            text.push_str(&format!("  {}", self.help));
        }
        text
    }
}

/// A toolbox entry.
#[derive(Serialize)]
pub(super) struct NodeTypeShape<'a> {
    #[serde(rename = "type")]
    id: &'a str,
    name: &'a str,
    category: &'a str,
    help: &'a str,
    scopes: &'a [Scope],
    plugin: Option<&'a str>,
    attributes: Vec<Item<'a>>,
    inputs: Vec<Item<'a>>,
    outputs: Vec<Item<'a>>,
}

impl<'a> NodeTypeShape<'a> {
    pub(super) fn new(node_type: &'a NodeType, plugin: Option<&'a str>) -> Self {
        Self {
            id: &node_type.id,
            name: &node_type.name,
            category: &node_type.category,
            help: &node_type.help,
            scopes: &node_type.scopes,
            plugin,
            attributes: node_type.attributes.iter().map(Item::from).collect(),
            inputs: node_type.inputs.iter().map(Item::from).collect(),
            outputs: node_type.outputs.iter().map(Item::from).collect(),
        }
    }

    /// Several lines.
    pub(super) fn text(&self) -> String {
        let scopes: Vec<&str> = self.scopes.iter().map(|scope| scope.name()).collect();
        let mut lines = vec![
            format!("{}  {} ({})", self.id, self.name, self.category),
            self.help.to_owned(),
            format!("scope: {}", scopes.join(", ")),
        ];
        if let Some(plugin) = self.plugin {
            lines.push(format!("plugin: {plugin}"));
        }
        for (title, items) in [
            ("attributes", &self.attributes),
            ("inputs", &self.inputs),
            ("outputs", &self.outputs),
        ] {
            if !items.is_empty() {
                lines.push(format!("{title}:"));
                lines.extend(items.iter().map(Item::text));
            }
        }
        lines.retain(|line| !line.is_empty());
        lines.join("\n")
    }
}

/// Rows with columns of equal width.
pub(super) fn table(rows: &[Vec<&str>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}
