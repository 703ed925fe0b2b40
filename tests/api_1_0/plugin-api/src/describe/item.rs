//! The things a node type or a section consists of: sockets, attributes, fields.

use crate::data_type::DataType;

/// A default, written as a constant.
#[derive(Clone, Copy, Debug)]
pub enum Literal {
    /// The zero value of the type.
    Zero,
    /// True or false.
    Bool(bool),
    /// A whole number; for a Float too.
    Int(i64),
    /// A text.
    Str(&'static str),
    /// Anything else, as JSON text: `"0.5"`, `"[1, 2]"`.
    Json(&'static str),
}

/// An input or output of a node.
#[derive(Clone, Copy, Debug)]
pub struct Socket {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) data_type: Option<DataType>,
    pub(super) default: Literal,
    pub(super) help: &'static str,
    pub(super) repeat: &'static str,
    pub(super) typed_by: &'static str,
    pub(super) min: Literal,
    pub(super) max: Literal,
}

impl Socket {
    /// A pulse socket. `id` is its name in files, `name` its label.
    pub const fn pulse(id: &'static str, name: &'static str) -> Self {
        Self {
            id,
            name,
            data_type: None,
            default: Literal::Zero,
            help: "",
            repeat: "",
            typed_by: "",
            min: Literal::Zero,
            max: Literal::Zero,
        }
    }

    /// A data socket that always has one type.
    pub const fn data(id: &'static str, name: &'static str, data_type: DataType) -> Self {
        Self {
            data_type: Some(data_type),
            ..Self::pulse(id, name)
        }
    }

    /// A data socket whose type the node's attribute `attribute` names.
    pub const fn typed_by(id: &'static str, name: &'static str, attribute: &'static str) -> Self {
        Self {
            typed_by: attribute,
            ..Self::data(id, name, DataType::Any)
        }
    }

    /// The socket stands as often as the attribute `attribute` says (an Int, or the length of an Array), and is
    /// numbered from 1: `input_1`, `input_2`.
    pub const fn repeated(self, attribute: &'static str) -> Self {
        Self {
            repeat: attribute,
            ..self
        }
    }

    /// The least and the greatest number that may be set on an input, both included: a [`Literal::Int`], or for a
    /// fraction a [`Literal::Json`]. Hosts check what stands in a graph; what a wire brings is the node's to check.
    pub const fn range(self, least: Literal, greatest: Literal) -> Self {
        Self {
            min: least,
            max: greatest,
            ..self
        }
    }

    /// What an input without wire and attribute carries.
    pub const fn default(self, default: Literal) -> Self {
        Self { default, ..self }
    }

    /// One or two sentences for the designer.
    pub const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }
}

/// A value set on a node in the editor that is not the default of an input.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) data_type: DataType,
    pub(super) default: Literal,
    pub(super) help: &'static str,
    pub(super) options: &'static [&'static str],
    pub(super) options_from: &'static str,
    pub(super) repeat: &'static str,
    pub(super) typed_by: &'static str,
    pub(super) required: bool,
}

impl Attribute {
    /// An attribute of one type.
    pub const fn new(id: &'static str, name: &'static str, data_type: DataType) -> Self {
        Self {
            id,
            name,
            data_type,
            default: Literal::Zero,
            help: "",
            options: &[],
            options_from: "",
            repeat: "",
            typed_by: "",
            required: false,
        }
    }

    /// A drop-down; the first option is the default.
    pub const fn choice(id: &'static str, name: &'static str, options: &'static [&'static str]) -> Self {
        Self {
            options,
            default: Literal::Str(options[0]),
            ..Self::new(id, name, DataType::String)
        }
    }

    /// A required drop-down of the entries of a settings list: the attribute Configuration.
    ///
    /// `list` is `section.list`, such as `socketio.connections`.
    pub const fn configuration(list: &'static str) -> Self {
        Self::new("configuration", "Configuration", DataType::String)
            .options_from(list)
            .required()
            .help("Which entry of the Project Settings to use.")
    }

    /// A drop-down of the names in a list that is not known before run time: `section.list` of the settings, or
    /// the host's own `variables` and `events`.
    pub const fn options_from(self, list: &'static str) -> Self {
        Self {
            options_from: list,
            ..self
        }
    }

    /// See [`Socket::typed_by`].
    pub const fn typed_by(self, attribute: &'static str) -> Self {
        Self {
            typed_by: attribute,
            data_type: DataType::Any,
            ..self
        }
    }

    /// See [`Socket::repeated`].
    pub const fn repeated(self, attribute: &'static str) -> Self {
        Self {
            repeat: attribute,
            ..self
        }
    }

    /// The value when the node sets none.
    pub const fn default(self, default: Literal) -> Self {
        Self { default, ..self }
    }

    /// A node without this attribute is at fault.
    pub const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    /// One or two sentences for the designer.
    pub const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }
}

/// A typed field of an entry in a settings list.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) data_type: DataType,
    pub(super) default: Literal,
    pub(super) help: &'static str,
    pub(super) options: &'static [&'static str],
    pub(super) format: &'static str,
    pub(super) unit: &'static str,
    pub(super) required: bool,
    pub(super) range: Option<(i64, i64)>,
    pub(super) schemes: &'static [&'static str],
    pub(super) elements: Option<DataType>,
    pub(super) min_length: i64,
}

impl Field {
    /// An optional field of one type.
    pub const fn new(id: &'static str, name: &'static str, data_type: DataType) -> Self {
        Self {
            id,
            name,
            data_type,
            default: Literal::Zero,
            help: "",
            options: &[],
            format: "",
            unit: "",
            required: false,
            range: None,
            schemes: &[],
            elements: None,
            min_length: 0,
        }
    }

    /// A text that must be an absolute URL with a host. A missing scheme is an error too.
    pub const fn url(id: &'static str, name: &'static str) -> Self {
        Self {
            format: "url",
            ..Self::new(id, name, DataType::String)
        }
    }

    /// A drop-down; the first option is the default.
    pub const fn choice(id: &'static str, name: &'static str, options: &'static [&'static str]) -> Self {
        Self {
            options,
            default: Literal::Str(options[0]),
            ..Self::new(id, name, DataType::String)
        }
    }

    /// The value when the entry sets none.
    pub const fn default(self, default: Literal) -> Self {
        Self { default, ..self }
    }

    /// An entry without this field is at fault.
    pub const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    /// The least and the greatest allowed number, both included.
    pub const fn range(self, least: i64, greatest: i64) -> Self {
        Self {
            range: Some((least, greatest)),
            ..self
        }
    }

    /// The schemes that a [`url`](Self::url) may have, in lower case; without them any.
    pub const fn schemes(self, schemes: &'static [&'static str]) -> Self {
        Self { schemes, ..self }
    }

    /// The type that every element of an Array must have; without it any.
    pub const fn elements(self, data_type: DataType) -> Self {
        Self {
            elements: Some(data_type),
            ..self
        }
    }

    /// How many elements an Array must have.
    pub const fn min_length(self, least: u32) -> Self {
        Self {
            min_length: least as i64,
            ..self
        }
    }

    /// What the number counts: `ms`, `bytes`.
    pub const fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// The value is never shown in logs or listings.
    pub const fn secret(self) -> Self {
        Self {
            format: "secret",
            ..self
        }
    }

    /// One or two sentences for the designer.
    pub const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }
}
