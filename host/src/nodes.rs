//! The built-in nodes: one small file each, in the folder of its category.
//!
//! To add one: write its file after the model of [`math::add`], name it in its category below and in [`BUILTINS`]. The file holds the descriptor, what runs, and `NODE`, which joins the two.

use std::cell::{Cell, RefCell};

use pulsewire_plugin_api::{
    describe::{Attribute, Literal, Socket},
    manifest::NodeType,
    value::{DataType, Dictionary, Value},
};

use crate::{
    compile,
    engine::{EngineNode, EventId, Events},
};

/// Declares `NODE` from a descriptor and a factory.
macro_rules! builtin {
    ($node_type:expr, $make:expr) => {{
        use pulsewire_plugin_api::describe::Json;
        const LEN: usize = Json::<0>::node(&$node_type).len();
        const JSON: [u8; LEN] = Json::<LEN>::node(&$node_type).into_bytes();
        crate::nodes::Builtin {
            json: &JSON,
            make: $make,
        }
    }};
}

/// Declares nodes that only compute: each is a descriptor and what sets its outputs. What depends on attributes alone is
/// made once, before the `=>`.
macro_rules! pure {
    ($($node:ident = $node_type:expr, $(with |$build:ident| $state:expr =>)? |$($arg:pat_param),*| $body:block;)*) => {$(
        pub(in crate::nodes) const $node: crate::nodes::Builtin = {
            const TYPE: NodeType = $node_type;
            builtin!(TYPE, pure!(@make $(with |$build| $state =>)? |$($arg),*| $body))
        };
    )*};
    (@make with |$build:ident| $state:expr => |$kept:pat_param, $call:pat_param| $body:block) => {
        |$build| {
            Ok(Box::new(crate::nodes::Pure {
                state: $state,
                run: |$kept, $call| $body,
            }))
        }
    };
    (@make |$call:pat_param| $body:block) => {
        |_| {
            Ok(Box::new(crate::nodes::Pure {
                state: (),
                run: |(), $call| $body,
            }))
        }
    };
}

/// Declares the files of a category.
macro_rules! category {
    ($category:ident: $($node:ident)*) => {
        mod $category {
            $(pub(super) mod $node;)*
        }
    };
}

category!(array: elements whole);
category!(binary: bytes);
category!(datetime: date_time_formatter now_utc system_time timezone_value zone);
category!(development: assert benchmark clear_console console profiler);
category!(dictionary: elements get_dictionary_element whole);
category!(events: event_listener event_trigger on_error on_initialize on_variable_change on_variable_set unsubscribe);
category!(flow_control: branch compare for_each_loop for_loop index_switch is_equal select_data sequential switch toggle);
category!(functions: function function_input function_output);
category!(io: assets directories files get_file_extension);
category!(math: add analysis bool_value boolean division folding increment interpolate math_constant modulo numerical_value random range rotation_matrix round rounding trigonometry vector_value);
category!(scenes: current on_scene_loaded running);
category!(string: case characters concat_strings contains crypto_hash edit format json_parse json_stringify random_string regex search string_value);
category!(utilities: cancel_timeout color_value conversion exit get_command_line_option group reset_interval start_interval start_timeout system_call values);
category!(variables: variable_getter variable_setter);

mod arithmetic;
mod behaviours;
pub(crate) mod limits;
mod order;

use behaviours::{CancelTimer, PassInput, PassInputs, Pure};
use limits::{MAX_BYTES, check_bytes, check_element, check_elements, check_pairs};

/// Every built-in node type.
pub static BUILTINS: &[Builtin] = &[
    array::elements::GET,
    array::elements::INSERT,
    array::elements::POP,
    array::elements::PUSH,
    array::elements::REMOVE,
    array::elements::SET,
    array::whole::ARRAY_VALUE,
    array::whole::CLEAR_ARRAY,
    array::whole::CONCAT_ARRAYS,
    array::whole::LENGTH_OF_ARRAY,
    binary::bytes::BINARY_TO_BYTE_ARRAY,
    binary::bytes::BINARY_VALUE,
    binary::bytes::CONCAT_BINARIES,
    binary::bytes::VERIFY_CHECKSUM,
    datetime::date_time_formatter::NODE,
    datetime::now_utc::NODE,
    datetime::system_time::NODE,
    datetime::timezone_value::NODE,
    development::assert::NODE,
    development::benchmark::GET,
    development::benchmark::START,
    development::benchmark::STOP,
    development::clear_console::NODE,
    development::console::NODE,
    development::profiler::START,
    development::profiler::STOP,
    dictionary::elements::ERASE,
    dictionary::elements::SET,
    dictionary::get_dictionary_element::NODE,
    dictionary::whole::CLEAR_DICTIONARY,
    dictionary::whole::DICTIONARY_VALUE,
    dictionary::whole::GET_DICTIONARY_KEYS,
    dictionary::whole::GET_DICTIONARY_VALUES,
    dictionary::whole::MERGE_DICTIONARIES,
    dictionary::whole::SIZE_OF_DICTIONARY,
    events::event_listener::NODE,
    events::event_trigger::NODE,
    events::on_error::NODE,
    events::on_initialize::NODE,
    events::on_variable_change::NODE,
    events::on_variable_set::NODE,
    events::unsubscribe::NODE,
    flow_control::branch::NODE,
    flow_control::compare::IS_GREATER_EQUAL,
    flow_control::compare::IS_LESS_EQUAL,
    flow_control::for_each_loop::NODE,
    flow_control::for_loop::NODE,
    flow_control::index_switch::NODE,
    flow_control::is_equal::NODE,
    flow_control::select_data::NODE,
    flow_control::sequential::NODE,
    flow_control::switch::NODE,
    flow_control::toggle::NODE,
    functions::function::NODE,
    functions::function_input::NODE,
    functions::function_output::NODE,
    io::directories::GET,
    io::directories::LIST,
    io::directories::SET,
    io::files::CREATE,
    io::files::LOAD,
    io::files::REMOVE,
    io::files::SAVE,
    io::get_file_extension::NODE,
    math::add::NODE,
    math::analysis::AVERAGE,
    math::analysis::LOGARITHM,
    math::analysis::ROOT,
    math::bool_value::NODE,
    math::boolean::AND,
    math::boolean::NEGATE,
    math::boolean::OR,
    math::division::DECREMENT,
    math::division::DIVIDE,
    math::division::POWER,
    math::folding::MAXIMUM,
    math::folding::MINIMUM,
    math::folding::MULTIPLY,
    math::folding::SUBTRACT,
    math::increment::NODE,
    math::interpolate::NODE,
    math::math_constant::NODE,
    math::modulo::NODE,
    math::numerical_value::NODE,
    math::random::NODE,
    math::range::CLAMP,
    math::range::RANGE_MAPPER,
    math::rotation_matrix::NODE,
    math::round::NODE,
    math::rounding::ABSOLUTE,
    math::rounding::CEIL,
    math::rounding::FLOOR,
    math::trigonometry::ARC_COSINE,
    math::trigonometry::ARC_SINE,
    math::trigonometry::ARC_TANGENT,
    math::trigonometry::ARC_TANGENT_2,
    math::trigonometry::COSINE,
    math::trigonometry::RADIAN_DEGREE_CONVERTER,
    math::trigonometry::SINE,
    math::trigonometry::TANGENT,
    math::vector_value::NODE,
    scenes::current::GET_SCENE,
    scenes::current::SCENE,
    scenes::current::THIS_SCENE,
    scenes::on_scene_loaded::NODE,
    scenes::running::LOAD,
    scenes::running::SET,
    scenes::running::UNLOAD,
    string::case::CAPITALIZE,
    string::case::IS_LOWER,
    string::case::IS_UPPER,
    string::case::LOWER,
    string::case::REVERSE,
    string::case::UPPER,
    string::concat_strings::NODE,
    string::contains::NODE,
    string::crypto_hash::NODE,
    string::edit::JOIN,
    string::edit::PADDING_LEFT,
    string::edit::PADDING_RIGHT,
    string::edit::REMOVE_CHARACTERS,
    string::edit::REPLACE,
    string::edit::SPLIT,
    string::edit::TRIM,
    string::edit::TRIM_LEFT,
    string::edit::TRIM_RIGHT,
    string::format::FORMAT,
    string::format::FORMAT_ARRAY,
    string::json_parse::NODE,
    string::json_stringify::NODE,
    string::random_string::NODE,
    string::regex::MATCH_REGEX,
    string::regex::REPLACE_REGEX,
    string::search::CHAR_CODE_AT,
    string::search::COMPARE,
    string::search::ENDS_WITH,
    string::search::INDEX_OF,
    string::search::LAST_INDEX_OF,
    string::search::LENGTH,
    string::search::STARTS_WITH,
    string::search::SUBSTRING,
    string::string_value::NODE,
    utilities::cancel_timeout::NODE,
    utilities::color_value::NODE,
    utilities::conversion::NODE,
    utilities::exit::NODE,
    utilities::get_command_line_option::NODE,
    utilities::group::NODE,
    utilities::reset_interval::NODE,
    utilities::start_interval::NODE,
    utilities::start_timeout::NODE,
    utilities::system_call::NODE,
    utilities::values::CREATE_CUSTOM_ID,
    utilities::values::IS_DATA_TYPE,
    variables::variable_getter::NODE,
    variables::variable_setter::NODE,
];

/// The event that is raised when the project starts.
pub const ON_INITIALIZE: &str = "events.on_initialize";

/// The event that is raised when a node fails.
pub const ON_ERROR: &str = "events.on_error";

/// The event that is raised when a scene begins to run; its key is the scene's name.
pub const ON_SCENE_LOADED: &str = "scenes.on_scene_loaded";

/// The type of the nodes that call a function.
pub const FUNCTION: &str = "functions.function";

/// The type of the node in a function where its calls go in.
pub const FUNCTION_INPUT: &str = "functions.function_input";

/// The type of the nodes in a function where its calls go out.
pub const FUNCTION_OUTPUT: &str = "functions.function_output";

/// The type that sets a variable.
pub(crate) const VARIABLE_SETTER: &str = "variables.variable_setter";

/// The type that runs several branches one after the other.
pub(crate) const SEQUENTIAL: &str = "flow_control.sequential";

/// The types that fire On Start at once, and everything else later.
pub(crate) const START_TIMEOUT: &str = "utilities.start_timeout";
pub(crate) const START_INTERVAL: &str = "utilities.start_interval";

const ON_VARIABLE_CHANGE: &str = "events.on_variable_change";
const ON_VARIABLE_SET: &str = "events.on_variable_set";
const EVENT_LISTENER: &str = "events.event_listener";

/// The attribute of nodes about a variable.
const VARIABLE: Attribute = named("variable", "Variable", "variables");

/// The attribute of nodes about a custom event.
const EVENT: Attribute = named("event", "Event", "events");

/// The last output of the event nodes that Unsubscribe can silence. They ask for an event of their own, whose number it is.
const EVENT_ID: Socket = Socket::data(compile::EVENT_ID, "Event ID", DataType::CustomId)
    .help("For Unsubscribe; the same from the start on.");

/// The attribute of nodes about a scene.
const SCENE: Attribute = named("scene", "Scene", "scenes");

/// The attribute that says how often something is repeated.
const fn count(default: i64, help: &'static str) -> Attribute {
    Attribute::new("count", "Count", DataType::Int)
        .default(Literal::Int(default))
        .help(help)
}

/// How many inputs; two unless it is said.
const COUNT: Attribute = count(2, "How many inputs.");

const fn named(id: &'static str, name: &'static str, list: &'static str) -> Attribute {
    Attribute::new(id, name, DataType::String)
        .options_from(list)
        .required()
}

/// The longest wait of a timer: ten years, as the engine has it.
const MOST_SECONDS: i64 = 315_360_000;

/// The options of an attribute Data Type that allows every type. `Any`, the first, is the default.
const ALL_TYPES: &[&str] = &[
    "Any",
    "Array",
    "Binary",
    "Bool",
    "Byte",
    "Color",
    "CustomID",
    "Dictionary",
    "Float",
    "Int",
    "Matrix4x4",
    "String",
    "Vector2",
    "Vector3",
    "Vector4",
];

/// The options of an attribute Data Type for arithmetic.
const NUMERIC_TYPES: &[&str] = MATRIX_TYPES.split_at(6).0;

/// The same, with matrices.
const MATRIX_TYPES: &[&str] = &[
    "Int",
    "Float",
    "Byte",
    "Vector2",
    "Vector3",
    "Vector4",
    "Matrix4x4",
];

/// A built-in node type: its descriptor and its factory.
#[derive(Debug)]
pub struct Builtin {
    json: &'static [u8],
    make: fn(&Build<'_>) -> Result<Box<dyn EngineNode>, String>,
}

impl Builtin {
    /// The descriptor.
    ///
    /// # Panics
    /// Never: the compiler wrote the JSON, and a test reads all of it.
    pub fn node_type(&self) -> NodeType {
        serde_json::from_slice(self.json).expect("the compiler writes valid descriptors")
    }

    /// Makes a node.
    pub fn make(&self, build: &Build<'_>) -> Result<Box<dyn EngineNode>, String> {
        (self.make)(build)
    }
}

/// What a built-in node is made from.
pub struct Build<'a> {
    attributes: &'a Dictionary,
    events: &'a Events,
    own_event: Cell<Option<EventId>>,
    constant: RefCell<Option<Value>>,
    scene: &'a str,
}

impl<'a> Build<'a> {
    /// For one node with these attributes.
    pub fn new(attributes: &'a Dictionary, events: &'a Events) -> Self {
        Self {
            attributes,
            events,
            own_event: Cell::new(None),
            constant: RefCell::default(),
            scene: "",
        }
    }

    /// Says in which scene the node stands.
    pub fn in_scene(self, scene: &'a str) -> Self {
        Self { scene, ..self }
    }

    /// The number under which the node asked to receive events alone.
    pub fn requested_event(&self) -> Option<EventId> {
        self.own_event.get()
    }

    /// Asks for events to this node alone.
    fn request_own_event(&self) {
        self.own_event.set(Some(self.events.new_number()));
    }

    /// What the output of a value source holds for good.
    pub fn constant(&self) -> Option<Value> {
        self.constant.borrow_mut().take()
    }

    fn set_constant(&self, value: impl Into<Value>) {
        *self.constant.borrow_mut() = Some(value.into());
    }

    fn event(&self, node_type: &str, key: &str) -> EventId {
        self.events.number(node_type, key)
    }

    fn attribute(&self, id: &str) -> &Value {
        const EMPTY: &Value = &Value::Empty;
        self.attributes.get(id).unwrap_or(EMPTY)
    }

    fn text(&self, id: &str) -> &str {
        match self.attribute(id) {
            Value::String(text) => text,
            _ => "",
        }
    }

    /// The repeated attribute `id`: `id_1`, `id_2`, and so on.
    fn rows(&self, id: &str) -> impl Iterator<Item = &Value> {
        (1..).map_while(move |row| self.attributes.get(&format!("{id}_{row}")))
    }

    /// The repeated attribute Data Type.
    fn row_types(&self) -> Vec<DataType> {
        self.rows("data_type")
            .map(|value| match value {
                Value::String(name) => name.parse().unwrap_or(DataType::Any),
                _ => DataType::Any,
            })
            .collect()
    }

    fn flag(&self, id: &str) -> bool {
        matches!(self.attribute(id), Value::Bool(true))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::compile::shape::{FUNCTION_INPUTS, FUNCTION_OUTPUTS};

    #[test]
    fn every_builtin_is_described_whole_and_once() {
        let mut ids = BTreeSet::new();
        for builtin in BUILTINS {
            let node_type = builtin.node_type();
            assert!(ids.insert(node_type.id.clone()), "{} stands twice", node_type.id);
            assert!(
                !node_type.name.is_empty() && !node_type.category.is_empty(),
                "{}",
                node_type.id
            );
            assert!(!node_type.help.is_empty(), "{} has no help", node_type.id);
            for socket in node_type.inputs.iter().chain(&node_type.outputs) {
                let known = |id: &str| {
                    ["", FUNCTION_INPUTS, FUNCTION_OUTPUTS].contains(&id)
                        || node_type.attributes.iter().any(|known| known.id == id)
                };
                assert!(
                    known(&socket.repeat) && known(&socket.typed_by),
                    "{}: {}",
                    node_type.id,
                    socket.id
                );
            }
        }
    }
}
