//! The shape of a node: its sockets and attributes, once its attributes are known.
//!
//! A descriptor may let an attribute decide a socket's type (`typed_by`) and how often it stands (`repeat`):
//! Add with `data_type = "Int"` and `count = 3` has the inputs `input_1` to `input_3`, all Int. Attributes that are
//! drop-downs of `variables`, `events` or `functions` bring the variable's type, the event's parameters, the function's
//! inputs and outputs with them. [`FUNCTION_INPUTS`] and [`FUNCTION_OUTPUTS`] stand for those of the graph itself.

use std::collections::HashMap;

use pulsewire_plugin_api::{
    manifest::{Attribute, NodeType, Socket, SocketType},
    value::{DataType, Dictionary, Text, Value},
};

use super::{OutputInfo, hints, names::SeenNames};
use crate::{
    diagnostics::{Fault, Faults, nearest, suggestion},
    literal::{self, coerce, out_of_range},
    logic::{Graph, NodeUse, Parameter, Spanned},
};

/// How often a socket may be repeated.
pub(crate) const MOST_REPEATS: usize = 1000;

/// Repeats a socket for each input of the function in which the node stands.
pub const FUNCTION_INPUTS: &str = "[[input]]";

/// Repeats a socket for each output of the function in which the node stands.
pub const FUNCTION_OUTPUTS: &str = "[[output]]";

/// The sockets and attributes of one node.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// Ids of the pulse inputs.
    pub pulse_inputs: Vec<String>,
    /// The data inputs.
    pub inputs: Vec<Input>,
    /// Ids of the pulse outputs.
    pub pulse_outputs: Vec<String>,
    /// The data outputs.
    pub outputs: Vec<OutputInfo>,
    /// All attributes that are no inputs' defaults; variables and events by their qualified names.
    pub attributes: Dictionary,
    /// The variable that the node is about, qualified.
    pub variable: Option<String>,
    /// Whether something is at fault that says which inputs there are, or of which types.
    pub uncertain_inputs: bool,
    /// The same of outputs.
    pub uncertain_outputs: bool,
}

/// A data input.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its id.
    pub id: String,
    /// Its type.
    pub data_type: DataType,
    /// What it carries without a wire.
    pub value: Value,
}

/// Settles the shape of `node`; what is wrong with its attributes goes to `faults`.
pub(super) fn resolve(
    node_type: &NodeType,
    node: &NodeUse,
    graph: &Graph,
    names: &SeenNames<'_, '_>,
    faults: &mut Faults,
) -> Shape {
    let mut resolver = Resolver {
        node_type,
        node,
        graph,
        names,
        faults,
        values: HashMap::new(),
        types: HashMap::new(),
        known: Vec::new(),
        faulty: Vec::new(),
        unknown_inputs: Vec::new(),
        shape: Shape::default(),
    };
    for attribute in &node_type.attributes {
        resolver.attribute(attribute);
    }
    for socket in &node_type.inputs {
        resolver.input(socket);
    }
    for socket in &node_type.outputs {
        resolver.output(socket);
    }
    resolver.finish()
}

struct Resolver<'a, 'f> {
    node_type: &'a NodeType,
    node: &'a NodeUse,
    graph: &'a Graph,
    names: &'a SeenNames<'a, 'a>,
    faults: &'f mut Faults,
    /// Resolved attributes; repeated ones under their numbered ids.
    values: HashMap<String, Value>,
    /// What an attribute that names a variable says about types.
    types: HashMap<String, DataType>,
    /// Every attribute id that this node may set.
    known: Vec<String>,
    /// The attributes whose faults are told, so that those that follow from them need not be.
    faulty: Vec<String>,
    /// What repeats inputs of which not all are known, since the function that says which is at fault.
    unknown_inputs: Vec<String>,
    shape: Shape,
}

/// One place that a repeated descriptor stands for.
struct Place {
    id: String,
    /// The number of a repeated one.
    number: Option<usize>,
}

impl<'a> Resolver<'a, '_> {
    fn attribute(&mut self, attribute: &Attribute) {
        for place in self.places(&attribute.id, &attribute.repeat) {
            let data_type = self.data_type(attribute.data_type, &attribute.typed_by, place.number);
            let value = self.attribute_value(attribute, &place.id, data_type);
            self.shape.attributes.insert(place.id.as_str(), value.clone());
            self.known.push(place.id.clone());
            self.values.insert(place.id, value);
        }
    }

    fn attribute_value(&mut self, attribute: &Attribute, id: &str, data_type: DataType) -> Value {
        let Some(given) = self.given(id) else {
            if attribute.required {
                let choices = self.choices(attribute);
                let hint = match choices.as_deref() {
                    Some([]) => hints::option(&attribute.options_from, None, &[]),
                    Some([first, ..]) => Some(format!("write `attributes = {{ {id} = \"{first}\" }}`")),
                    None => Some(format!("write `attributes = {{ {id} = … }}`")),
                };
                let node = self.node;
                self.fault(&node.id, format!("attribute `{id}` is missing"), hint);
                self.faulty.push(id.to_owned());
            }
            return default_value(attribute.default.as_ref(), data_type);
        };
        let Some(value) = self.coerced(given, id, data_type) else {
            self.faulty.push(id.to_owned());
            return default_value(attribute.default.as_ref(), data_type);
        };
        let Value::String(text) = &value else { return value };
        match self.is_choice(attribute, text) {
            false => {
                let names = self.choices(attribute).unwrap_or_default();
                let what = match attribute.options_from.as_str() {
                    "" => format!("attribute `{id}` is `{text}`"),
                    "variables" => format!("there is no variable `{text}`"),
                    "events" => format!("there is no event `{text}`"),
                    "functions" => format!("there is no function `{text}`"),
                    "scenes" => format!("there is no scene `{text}`"),
                    list => format!("`{list}` has no entry `{text}`"),
                };
                let hint = hints::option(&attribute.options_from, Some(text), &names);
                self.fault(given, what, hint);
                self.faulty.push(id.to_owned());
                // The node is asked about all its attributes together, and would tell the same again.
                match attribute.options_from.is_empty() {
                    true => default_value(attribute.default.as_ref(), data_type),
                    false => value,
                }
            }
            true => self.qualified(attribute, id, text),
        }
    }

    /// Names of variables and events are made unambiguous, because two graphs may use the same one.
    fn qualified(&mut self, attribute: &Attribute, id: &str, text: &Text) -> Value {
        match attribute.options_from.as_str() {
            "variables" => {
                if let Some((name, variable)) = self.names.variable(text) {
                    self.types.insert(id.to_owned(), variable.data_type);
                    self.shape.variable = Some(name.clone());
                    return Value::from(name);
                }
                self.faulty.push(id.to_owned());
            }
            "events" => {
                if let Some((name, _)) = self.names.event(text) {
                    return Value::from(name);
                }
                self.faulty.push(id.to_owned());
            }
            "functions" if self.names.function(text).is_none() => self.faulty.push(id.to_owned()),
            _ => {}
        }
        Value::String(text.clone())
    }

    /// Whether the attribute may be `text`. Asked for every node, so it does not gather the names.
    fn is_choice(&self, attribute: &Attribute, text: &str) -> bool {
        match attribute.options_from.as_str() {
            "" => attribute.options.is_empty() || attribute.options.iter().any(|option| option == text),
            "variables" => self.names.variable(text).is_some() || self.names.is_variable_unsound(text),
            "events" => self.names.event(text).is_some() || self.names.is_event_unsound(text),
            "functions" => self.names.function(text).is_some() || self.names.is_unread_function(text),
            "scenes" => self.names.is_scene(text),
            list => self.names.is_in_settings(list, text),
        }
    }

    /// All that the attribute may be, for hints; nothing if that is not limited.
    fn choices(&self, attribute: &Attribute) -> Option<Vec<String>> {
        match attribute.options_from.as_str() {
            "" if attribute.options.is_empty() => None,
            "" => Some(attribute.options.clone()),
            "variables" => Some(self.names.variables().map(str::to_owned).collect()),
            "events" => Some(self.names.events().map(str::to_owned).collect()),
            "functions" => Some(self.names.functions().map(str::to_owned).collect()),
            "scenes" => Some(self.names.scenes().map(str::to_owned).collect()),
            list => self.names.settings(list),
        }
    }

    fn input(&mut self, socket: &Socket) {
        if let Some(parameters) = self.parameters(socket, true) {
            for one in parameters {
                let (id, default) = (one.name.value.clone(), one.default.clone());
                self.data_input(id, one.data_type, default, (None, None));
            }
            return;
        }
        for place in self.places(&socket.id, &socket.repeat) {
            match socket.socket_type {
                SocketType::Pulse => self.shape.pulse_inputs.push(place.id),
                SocketType::Data(data_type) => {
                    let data_type = self.data_type(data_type, &socket.typed_by, place.number);
                    let default = default_value(socket.default.as_ref(), data_type);
                    self.data_input(place.id, data_type, default, (socket.min, socket.max));
                }
            }
        }
    }

    fn data_input(
        &mut self,
        id: String,
        data_type: DataType,
        default: Value,
        (min, max): (Option<f64>, Option<f64>),
    ) {
        let given = self.given(&id).and_then(|given| {
            let value = self.coerced(given, &id, data_type)?;
            if let Some(allowed) = out_of_range(&value, min, max) {
                let message = format!("attribute `{id}` is {value}, expected {allowed}");
                self.fault(given, message, None);
            }
            Some(value)
        });
        self.known.push(id.clone());
        self.shape.inputs.push(Input {
            id,
            data_type,
            value: given.unwrap_or(default),
        });
    }

    fn output(&mut self, socket: &Socket) {
        if let Some(parameters) = self.parameters(socket, false) {
            let outputs = parameters.iter().map(|one| OutputInfo {
                id: one.name.value.clone(),
                data_type: one.data_type,
            });
            self.shape.outputs.extend(outputs);
            return;
        }
        for place in self.places(&socket.id, &socket.repeat) {
            match socket.socket_type {
                SocketType::Pulse => self.shape.pulse_outputs.push(place.id),
                SocketType::Data(data_type) => {
                    let data_type = self.data_type(data_type, &socket.typed_by, place.number);
                    self.shape.outputs.push(OutputInfo {
                        id: place.id,
                        data_type,
                    });
                }
            }
        }
    }

    /// A socket repeated by an attribute that names an event or a function stands for each parameter of that.
    fn parameters(&mut self, socket: &Socket, is_input: bool) -> Option<&'a [Parameter]> {
        let graph = self.graph;
        let own = match socket.repeat.as_str() {
            FUNCTION_INPUTS => Some(("input", &graph.inputs)),
            FUNCTION_OUTPUTS => Some(("output", &graph.outputs)),
            _ => None,
        };
        if let Some((list, parameters)) = own {
            if graph.unsound.is_partial(list) {
                self.mark_unknown(&socket.repeat, is_input);
            }
            return Some(parameters);
        }
        let by = self
            .node_type
            .attributes
            .iter()
            .find(|attribute| attribute.id == socket.repeat)?;
        let name = || {
            self.given(&by.id)
                .map(|given| given.value.to_string())
                .unwrap_or_default()
        };
        let mut is_partial = false;
        let parameters: Option<&'a [Parameter]> = match by.options_from.as_str() {
            "events" => self
                .names
                .event(&name())
                .map(|(_, event)| event.parameters.as_slice()),
            "functions" => self.names.function(&name()).map(|function| {
                let (list, parameters) = match is_input {
                    true => ("input", &function.inputs),
                    false => ("output", &function.outputs),
                };
                is_partial = function.unsound.is_partial(list);
                parameters.as_slice()
            }),
            _ => return None,
        };
        if is_partial {
            self.mark_unknown(&by.id, is_input);
        }
        Some(parameters.unwrap_or_default())
    }

    /// Of the sockets that `repeat` stands for, not all are known.
    fn mark_unknown(&mut self, repeat: &str, is_input: bool) {
        match is_input {
            true => self.unknown_inputs.push(repeat.to_owned()),
            false => self.shape.uncertain_outputs = true,
        }
    }

    fn places(&mut self, id: &str, repeat: &str) -> Vec<Place> {
        if repeat.is_empty() {
            return vec![Place {
                id: id.to_owned(),
                number: None,
            }];
        }
        let count = match self.values.get(repeat) {
            Some(Value::Int(count)) => usize::try_from(*count).unwrap_or(MOST_REPEATS + 1),
            Some(Value::Array(elements)) => elements.len(),
            _ => 0,
        };
        if count > MOST_REPEATS {
            let message = format!("attribute `{repeat}` is out of range; expected 0 to {MOST_REPEATS}");
            let place = self.given(repeat).map_or(&self.node.id.span, |given| &given.span);
            self.push_once(Fault::error(&self.graph.source, place, message));
        }
        (1..=count.min(MOST_REPEATS))
            .map(|number| Place {
                id: format!("{id}_{number}"),
                number: Some(number),
            })
            .collect()
    }

    fn data_type(&self, fixed: DataType, typed_by: &str, number: Option<usize>) -> DataType {
        if typed_by.is_empty() {
            return fixed;
        }
        let numbered = number.and_then(|number| self.values.get(&format!("{typed_by}_{number}")));
        if let Some(data_type) = self.types.get(typed_by) {
            return *data_type;
        }
        match numbered.or_else(|| self.values.get(typed_by)) {
            Some(Value::String(name)) => name.parse().unwrap_or(DataType::Any),
            _ => DataType::Any,
        }
    }

    fn given(&self, id: &str) -> Option<&'a Spanned<Value>> {
        self.node
            .attributes
            .iter()
            .find(|(known, _)| known.value == id)
            .map(|(_, value)| value)
    }

    fn coerced(&mut self, given: &Spanned<Value>, id: &str, data_type: DataType) -> Option<Value> {
        match coerce(&given.value, data_type) {
            Ok(value) => Some(value),
            Err(reason) => {
                let hint = literal::how_to_write(&given.value, data_type);
                self.fault(given, format!("attribute `{id}`: {reason}"), Some(hint));
                None
            }
        }
    }

    /// Whether `id` may name an input that is not there only because an attribute is at fault.
    fn may_follow(&self, id: &str) -> bool {
        let faulty = |attribute: &&Attribute| {
            self.faulty.contains(&attribute.id) || self.unknown_inputs.contains(&attribute.id)
        };
        self.node_type.attributes.iter().filter(faulty).any(|attribute| {
            let mut repeated = self
                .node_type
                .inputs
                .iter()
                .filter(|socket| socket.repeat == attribute.id);
            let has_named = matches!(attribute.options_from.as_str(), "events" | "functions");
            repeated.any(|socket| has_named || id.starts_with(&socket.id))
        })
    }

    fn finish(mut self) -> Shape {
        for (id, _) in &self.node.attributes {
            if !self.known.contains(&id.value) && !self.may_follow(&id.value) {
                let attributes = self
                    .node_type
                    .attributes
                    .iter()
                    .map(|attribute| attribute.id.as_str());
                self.faulty
                    .extend(nearest(&id.value, attributes).map(str::to_owned));
                let hint = hints::repeated(&id.value, &self.node_type.inputs, &self.shape.attributes)
                    .or_else(|| suggestion(&id.value, self.known.iter().map(String::as_str)))
                    .unwrap_or_else(|| {
                        format!("`pulsewire toolbox show {}` names them all", self.node_type.id)
                    });
                let message = format!("`{}` has no attribute `{}`", self.node_type.id, id.value);
                let fault = Fault::error(&self.graph.source, &id.span, message);
                self.faults
                    .push(fault.hint(hint).at_node(&self.graph.id, &self.node.id.value));
            }
        }
        self.shape.uncertain_inputs = !(self.faulty.is_empty() && self.unknown_inputs.is_empty());
        self.shape.uncertain_outputs |= !self.faulty.is_empty();
        self.shape
    }

    fn fault<T>(&mut self, at: &Spanned<T>, message: String, hint: Option<String>) {
        let fault = Fault {
            hint,
            ..Fault::error(&self.graph.source, &at.span, message)
        };
        self.push_once(fault);
    }

    /// A count out of range is met once for every socket that it repeats.
    fn push_once(&mut self, fault: Fault) {
        let fault = fault.at_node(&self.graph.id, &self.node.id.value);
        if !self.faults.iter().any(|known| *known == fault) {
            self.faults.push(fault);
        }
    }
}

fn default_value(declared: Option<&Value>, data_type: DataType) -> Value {
    declared
        .and_then(|value| coerce(value, data_type).ok())
        .unwrap_or_else(|| Value::default_of(data_type))
}
