//! Descriptors as JSON, written while compiling, so that the text can lie in the library file.
//!
//! The writer runs twice: once with no room, to count, then with exactly the room that was counted. A `const fn`
//! can neither allocate nor loop with `for`, hence the plain style.

use super::{
    about::About,
    item::{Attribute, Field, Literal, Socket},
    node_type::{NodeKind, NodeType, Scope},
    section::{List, Section},
};

/// JSON under construction; bytes beyond `N` are counted but not kept.
pub struct Json<const N: usize> {
    bytes: [u8; N],
    len: usize,
    /// Whether the next key or element must be set off by a comma.
    comma: bool,
}

impl<const N: usize> Json<N> {
    /// The metadata of a plugin: its descriptors and the facts of its build.
    pub const fn metadata(about: &About) -> Self {
        let mut json = Self {
            bytes: [0; N],
            len: 0,
            comma: false,
        };
        json.open(b'{');
        json.about(about);
        json.close(b'}');
        json
    }

    /// One node type alone: how a host's built-in nodes are described.
    pub const fn node(node: &NodeType) -> Self {
        let mut json = Self {
            bytes: [0; N],
            len: 0,
            comma: false,
        };
        json.node_type(node);
        json
    }

    /// How many bytes the whole text has.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing was written.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The text; whole only if `N` is [`len`](Self::len).
    pub const fn into_bytes(self) -> [u8; N] {
        self.bytes
    }

    const fn about(&mut self, about: &About) {
        self.key("format").int(1);
        self.text_member("id", about.id);
        self.text_member("name", about.name);
        self.text_member("version", about.version);
        self.text_member("category", about.category);
        self.text_member("description", about.description);
        self.text_member("api", crate::API_VERSION);
        self.text_member("min_host_api", crate::MIN_HOST_API);
        self.text_member("panic", if cfg!(panic = "unwind") { "unwind" } else { "abort" });
        self.text_member("target", crate::TARGET);
        self.key("node_types").open(b'[');
        let mut at = 0;
        while at < about.node_types.len() {
            self.node_type(&about.node_types[at]);
            at += 1;
        }
        self.close(b']');
        self.key("sections").open(b'[');
        at = 0;
        while at < about.sections.len() {
            self.section(&about.sections[at]);
            at += 1;
        }
        self.close(b']');
    }

    const fn node_type(&mut self, node: &NodeType) {
        self.open(b'{');
        self.text_member("type", node.id);
        self.text_member("name", node.name);
        self.text_member("category", node.category);
        self.text_member("help", node.help);
        self.text_member(
            "kind",
            match node.kind {
                NodeKind::Action => "action",
                NodeKind::Event => "event",
                NodeKind::Source => "source",
            },
        );
        self.text_member("event_key", node.event_key);
        self.key("scopes").open(b'[');
        let mut at = 0;
        while at < node.scopes.len() {
            self.element();
            self.text(match node.scopes[at] {
                Scope::Project => "project",
                Scope::Scene => "scene",
                Scope::Function => "function",
            });
            at += 1;
        }
        self.close(b']');
        self.key("attributes").open(b'[');
        at = 0;
        while at < node.attributes.len() {
            self.attribute(&node.attributes[at]);
            at += 1;
        }
        self.close(b']');
        self.key("inputs").sockets(node.pulse_inputs, node.inputs);
        self.key("outputs").sockets(node.pulse_outputs, node.outputs);
        self.close(b'}');
    }

    const fn sockets(&mut self, pulses: &[Socket], data: &[Socket]) {
        self.open(b'[');
        let mut at = 0;
        while at < pulses.len() + data.len() {
            let socket = if at < pulses.len() {
                &pulses[at]
            } else {
                &data[at - pulses.len()]
            };
            self.open(b'{');
            self.text_member("id", socket.id);
            self.text_member("name", socket.name);
            self.text_member(
                "type",
                match socket.data_type {
                    Some(data_type) => data_type.name(),
                    None => "Pulse",
                },
            );
            self.literal("default", socket.default);
            self.text_member("help", socket.help);
            self.text_member("repeat", socket.repeat);
            self.text_member("typed_by", socket.typed_by);
            self.literal("min", socket.min);
            self.literal("max", socket.max);
            self.close(b'}');
            at += 1;
        }
        self.close(b']');
    }

    const fn attribute(&mut self, attribute: &Attribute) {
        self.open(b'{');
        self.text_member("id", attribute.id);
        self.text_member("name", attribute.name);
        self.text_member("type", attribute.data_type.name());
        self.literal("default", attribute.default);
        self.texts("options", attribute.options);
        self.text_member("options_from", attribute.options_from);
        self.text_member("help", attribute.help);
        self.text_member("repeat", attribute.repeat);
        self.text_member("typed_by", attribute.typed_by);
        self.flag("required", attribute.required);
        self.close(b'}');
    }

    const fn section(&mut self, section: &Section) {
        self.open(b'{');
        self.text_member("id", section.id);
        self.text_member("title", section.title);
        if section.version > 1 {
            self.key("version").int(section.version as i64);
        }
        self.key("lists").open(b'[');
        let mut at = 0;
        while at < section.lists.len() {
            self.list(&section.lists[at]);
            at += 1;
        }
        self.close(b']');
        self.close(b'}');
    }

    const fn list(&mut self, list: &List) {
        self.open(b'{');
        self.text_member("id", list.id);
        self.text_member("title", list.title);
        self.key("fields").open(b'[');
        let mut at = 0;
        while at < list.fields.len() {
            self.field(&list.fields[at]);
            at += 1;
        }
        self.close(b']');
        self.close(b'}');
    }

    const fn field(&mut self, field: &Field) {
        self.open(b'{');
        self.text_member("id", field.id);
        self.text_member("name", field.name);
        self.text_member("type", field.data_type.name());
        self.literal("default", field.default);
        self.texts("options", field.options);
        self.text_member("help", field.help);
        self.text_member("format", field.format);
        self.text_member("unit", field.unit);
        self.flag("required", field.required);
        if let Some((least, greatest)) = field.range {
            self.key("min").int(least);
            self.key("max").int(greatest);
        }
        self.texts("schemes", field.schemes);
        if let Some(data_type) = field.elements {
            self.text_member("elements", data_type.name());
        }
        if field.min_length > 0 {
            self.key("min_length").int(field.min_length);
        }
        self.close(b'}');
    }

    /// An empty list is left out.
    const fn texts(&mut self, key: &str, texts: &[&str]) {
        if texts.is_empty() {
            return;
        }
        self.key(key).open(b'[');
        let mut at = 0;
        while at < texts.len() {
            self.element();
            self.text(texts[at]);
            at += 1;
        }
        self.close(b']');
    }

    const fn literal(&mut self, key: &str, literal: Literal) {
        match literal {
            Literal::Zero => {}
            Literal::Bool(value) => self.key(key).raw(if value { b"true" } else { b"false" }),
            Literal::Int(value) => self.key(key).int(value),
            Literal::Str(value) => self.key(key).text(value),
            Literal::Json(value) => self.key(key).raw(value.as_bytes()),
        }
    }

    /// An absent text is left out.
    const fn text_member(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.key(key).text(value);
        }
    }

    const fn flag(&mut self, key: &str, value: bool) {
        if value {
            self.key(key).raw(b"true");
        }
    }

    const fn key(&mut self, key: &str) -> &mut Self {
        self.element();
        self.text(key);
        self.push(b':');
        self.comma = false;
        self
    }

    /// Sets this element off from the one before.
    const fn element(&mut self) {
        if self.comma {
            self.push(b',');
        }
        self.comma = true;
    }

    const fn open(&mut self, bracket: u8) {
        if bracket == b'{' && self.comma {
            self.push(b',');
        }
        self.push(bracket);
        self.comma = false;
    }

    const fn close(&mut self, bracket: u8) {
        self.push(bracket);
        self.comma = true;
    }

    const fn int(&mut self, value: i64) {
        if value < 0 {
            self.push(b'-');
        }
        let magnitude = value.unsigned_abs();
        let mut unit = 1;
        while magnitude / unit >= 10 {
            unit *= 10;
        }
        while unit > 0 {
            self.push(b'0' + (magnitude / unit % 10) as u8);
            unit /= 10;
        }
        self.comma = true;
    }

    const fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        self.push(b'"');
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'"' | b'\\' => {
                    self.push(b'\\');
                    self.push(bytes[at]);
                }
                b'\n' => self.raw(b"\\n"),
                control if control < 0x20 => panic!("a descriptor holds a control character"),
                other => self.push(other),
            }
            at += 1;
        }
        self.push(b'"');
        self.comma = true;
    }

    const fn raw(&mut self, bytes: &[u8]) {
        let mut at = 0;
        while at < bytes.len() {
            self.push(bytes[at]);
            at += 1;
        }
        self.comma = true;
    }

    const fn push(&mut self, byte: u8) {
        if self.len < N {
            self.bytes[self.len] = byte;
        }
        self.len += 1;
    }
}
