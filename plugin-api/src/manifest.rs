//! Descriptors as a host reads them: the JSON in a library's metadata section, and nothing of its code.
//!
//! Unknown members are ignored, so that a newer plugin's metadata can still be listed.

use serde::{Deserialize, Serialize};

use crate::{data_type::DataType, value::Value};

/// The name of the link section that holds the metadata, without a Mach-O segment.
pub const SECTION_NAME: &str = if cfg!(windows) {
    ".pulsewi"
} else if cfg!(target_vendor = "apple") {
    "__pulsewire"
} else {
    ".pulsewire"
};

/// What a plugin library says about itself.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Manifest {
    /// The version of this format; 1.
    pub format: u32,
    /// The id of the plugin.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// Its own version.
    pub version: String,
    /// Where lists show it.
    #[serde(default)]
    pub category: String,
    /// What it adds.
    #[serde(default)]
    pub description: String,
    /// The version of plugin-api that it was built with.
    pub api: String,
    /// The oldest plugin-api that a host may have.
    pub min_host_api: String,
    /// `unwind`, or `abort`: then a panic in the plugin would end the host.
    pub panic: String,
    /// The machine and system that it was built for, such as `x86_64-linux`.
    pub target: String,
    /// The node types that it registers.
    #[serde(default)]
    pub node_types: Vec<NodeType>,
    /// The settings sections that it registers.
    #[serde(default)]
    pub sections: Vec<Section>,
}

impl Manifest {
    /// Reads the metadata text.
    pub fn from_json(json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }
}

/// A toolbox entry.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct NodeType {
    /// The id in project files: `socketio.start`.
    #[serde(rename = "type")]
    pub id: String,
    /// The label.
    pub name: String,
    /// Where the toolbox shows it.
    #[serde(default)]
    pub category: String,
    /// A few sentences for the designer.
    #[serde(default)]
    pub help: String,
    /// How it takes part in execution.
    pub kind: NodeKind,
    /// The attribute by whose value events find their listeners; empty if there is none.
    #[serde(default)]
    pub event_key: String,
    /// Which graphs it may stand in.
    pub scopes: Vec<Scope>,
    /// Its attributes that are no defaults of inputs.
    #[serde(default)]
    pub attributes: Vec<Attribute>,
    /// Its inputs, pulses first.
    #[serde(default)]
    pub inputs: Vec<Socket>,
    /// Its outputs, pulses first.
    #[serde(default)]
    pub outputs: Vec<Socket>,
}

/// How a node takes part in execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// Runs when a pulse arrives.
    Action,
    /// Starts a branch.
    Event,
    /// Is read when used.
    Source,
}

/// A kind of graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The project's graph.
    Project,
    /// A scene's graph.
    Scene,
    /// A function's graph.
    Function,
}

impl Scope {
    /// The word in files and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Scope::Project => "project",
            Scope::Scene => "scene",
            Scope::Function => "function",
        }
    }
}

/// An input or output.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Socket {
    /// The id in wires; of a repeated socket without its number.
    pub id: String,
    /// The label.
    #[serde(default)]
    pub name: String,
    /// Pulse or a data type.
    #[serde(rename = "type")]
    pub socket_type: SocketType,
    /// What an input carries by default; absent: the zero value of its type.
    #[serde(default)]
    pub default: Option<Value>,
    /// One or two sentences.
    #[serde(default)]
    pub help: String,
    /// The attribute that says how often the socket stands; empty: once.
    #[serde(default)]
    pub repeat: String,
    /// The attribute that names the type; empty: `socket_type` holds.
    #[serde(default)]
    pub typed_by: String,
    /// The least number that may be set on an input.
    #[serde(default)]
    pub min: Option<f64>,
    /// The greatest number that may be set on an input.
    #[serde(default)]
    pub max: Option<f64>,
}

/// What a socket carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketType {
    /// Pulses.
    Pulse,
    /// Data of one type.
    Data(DataType),
}

impl SocketType {
    /// The name in files and messages.
    pub const fn name(self) -> &'static str {
        match self {
            SocketType::Pulse => "Pulse",
            SocketType::Data(data_type) => data_type.name(),
        }
    }
}

impl<'de> Deserialize<'de> for SocketType {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let name = String::deserialize(input)?;
        if name == "Pulse" {
            return Ok(SocketType::Pulse);
        }
        name.parse()
            .map(SocketType::Data)
            .map_err(|_| serde::de::Error::custom(format!("`{name}` is not a socket type")))
    }
}

/// An attribute that is no default of an input.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Attribute {
    /// The id in files; of a repeated attribute without its number.
    pub id: String,
    /// The label.
    #[serde(default)]
    pub name: String,
    /// The type of its value.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// Its value when the node sets none; absent: the zero value of its type.
    #[serde(default)]
    pub default: Option<Value>,
    /// The texts allowed; empty: any.
    #[serde(default)]
    pub options: Vec<String>,
    /// `section.list`: the names of its entries are the options.
    #[serde(default)]
    pub options_from: String,
    /// One or two sentences.
    #[serde(default)]
    pub help: String,
    /// See [`Socket::repeat`].
    #[serde(default)]
    pub repeat: String,
    /// See [`Socket::typed_by`].
    #[serde(default)]
    pub typed_by: String,
    /// Whether every node must set it.
    #[serde(default)]
    pub required: bool,
}

/// A section of the Project Settings.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Section {
    /// The id in `[settings.ID]`.
    pub id: String,
    /// The title for people.
    pub title: String,
    /// The version of its schema, from 1.
    #[serde(default = "first_version")]
    pub version: u32,
    /// Its lists.
    #[serde(default)]
    pub lists: Vec<List>,
}

const fn first_version() -> u32 {
    1
}

/// A list of entries; the field `name` identifies an entry.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct List {
    /// The id in `[[settings.SECTION.ID]]`.
    pub id: String,
    /// The title for people.
    pub title: String,
    /// The fields of each entry.
    pub fields: Vec<Field>,
}

/// A typed field of an entry.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Field {
    /// The key in the file.
    pub id: String,
    /// The label.
    #[serde(default)]
    pub name: String,
    /// The type of its value.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// Its value when the entry sets none; absent: the zero value of its type.
    #[serde(default)]
    pub default: Option<Value>,
    /// The texts allowed; empty: any.
    #[serde(default)]
    pub options: Vec<String>,
    /// One or two sentences.
    #[serde(default)]
    pub help: String,
    /// `url`: an absolute URL with a host; `secret`: never shown; empty: nothing special.
    #[serde(default)]
    pub format: String,
    /// What a number counts.
    #[serde(default)]
    pub unit: String,
    /// Whether every entry must set it.
    #[serde(default)]
    pub required: bool,
    /// The least number allowed.
    #[serde(default)]
    pub min: Option<i64>,
    /// The greatest number allowed.
    #[serde(default)]
    pub max: Option<i64>,
    /// The schemes allowed in a `url`, in lower case; empty: any.
    #[serde(default)]
    pub schemes: Vec<String>,
    /// The type of every element of an Array; absent: any.
    #[serde(default)]
    pub elements: Option<DataType>,
    /// How many elements an Array must have.
    #[serde(default)]
    pub min_length: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::describe::{self, Json, Literal};

    const ABOUT: describe::About = describe::About::new("lamp", "Lamp", "1.0.0")
        .node_types(&[describe::NodeType::action("lamp.dim", "Dim").inputs(&[
            describe::Socket::data("level", "Level", DataType::Float)
                .range(Literal::Json("0.5"), Literal::Int(100)),
            describe::Socket::data("free", "Free", DataType::Float),
        ])])
        .sections(&[describe::Section::new(
            "lamp",
            "Lamp",
            &[describe::List::new(
                "lamps",
                "Lamps",
                &[
                    describe::Field::url("url", "URL").schemes(&["http", "https"]),
                    describe::Field::new("rooms", "Rooms", DataType::Array)
                        .elements(DataType::String)
                        .min_length(2),
                ],
            )],
        )]);
    const LEN: usize = Json::<0>::metadata(&ABOUT).len();

    #[test]
    fn limits_of_inputs_and_fields_are_read_as_declared() {
        let manifest = Manifest::from_json(&Json::<LEN>::metadata(&ABOUT).into_bytes()).unwrap();
        let inputs = manifest.node_types[0].inputs.iter();
        let ranges: Vec<_> = inputs
            .map(|input| (input.id.as_str(), input.min, input.max))
            .collect();
        assert_eq!(
            ranges,
            [
                ("in", None, None),
                ("level", Some(0.5), Some(100.0)),
                ("free", None, None)
            ]
        );
        let [url, rooms] = manifest.sections[0].lists[0].fields.as_slice() else {
            panic!("{manifest:?}");
        };
        assert_eq!(url.schemes, ["http", "https"]);
        assert_eq!((url.elements, url.min_length), (None, 0));
        assert_eq!((rooms.elements, rooms.min_length), (Some(DataType::String), 2));
    }
}
