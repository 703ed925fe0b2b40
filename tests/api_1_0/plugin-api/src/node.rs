//! The node: what runs when a pulse or an event arrives.

use std::fmt;

pub use crate::abi::node::{Call, Flow};
use crate::value::{Array, Binary, Dictionary, Text, Value};

/// One use of a node type in a graph.
///
/// Thread: all methods are called on the host's logic thread, one at a time, while the plugin is active. They
/// must return in microseconds; what takes time runs elsewhere and comes back as an event
/// ([`Setup::own_event`](crate::Setup::own_event)).
pub trait Node: Send {
    /// A pulse arrived at the input [`Call::pulse`]. Reads inputs, sets outputs, says which pulse output to fire.
    ///
    /// `[logic-thread & active]`
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult;

    /// The branch that [`Flow::fire_then_resume`] fired has run to its end.
    ///
    /// `[logic-thread & active]`
    fn resume(&mut self, call: &mut Call<'_>) -> NodeResult {
        let _ = call;
        Ok(Flow::end())
    }

    /// An event for this node arrived, with [`Call::values`]. By default they become the outputs, in order, and
    /// the first pulse output fires.
    ///
    /// `[logic-thread & active]`
    fn on_event(&mut self, call: &mut Call<'_>) -> NodeResult {
        call.pass_values();
        Ok(Flow::fire(0))
    }
}

/// What a node says when it has run.
pub type NodeResult = Result<Flow, NodeError>;

/// Why a node could not do its work. The host shows it on the console with graph and node, sets the node's
/// outputs to their defaults, fires nothing, and raises the project's error event.
#[derive(Clone, PartialEq, Eq)]
pub struct NodeError(Box<str>);

impl NodeError {
    /// An error with a reason for the designer: lower case, no full stop.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into().into_boxed_str())
    }

    /// The reason.
    pub fn reason(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl<T: fmt::Display> From<T> for NodeError {
    fn from(reason: T) -> Self {
        Self::new(reason.to_string())
    }
}

macro_rules! typed_inputs {
    ($($(#[$doc:meta])* $name:ident $variant:ident -> $out:ty, |$value:ident| $read:expr;)*) => {
        impl Call<'_> {$(
            $(#[$doc])*
            pub fn $name(&self, input: usize) -> Result<$out, NodeError> {
                match self.input(input) {
                    Value::$variant($value) => Ok($read),
                    other => Err(wrong_type(input, stringify!($variant), other)),
                }
            }
        )*}
    };
}

typed_inputs! {
    /// The Bool at data input `input`.
    bool Bool -> bool, |value| *value;
    /// The Byte at data input `input`.
    byte Byte -> u8, |value| *value;
    /// The Int at data input `input`.
    int Int -> i64, |value| *value;
    /// The Float at data input `input`.
    float Float -> f64, |value| *value;
    /// The String at data input `input`.
    text String -> &Text, |value| value;
    /// The Binary at data input `input`.
    binary Binary -> &Binary, |value| value;
    /// The Array at data input `input`.
    array Array -> &Array, |value| value;
    /// The Dictionary at data input `input`.
    dictionary Dictionary -> &Dictionary, |value| value;
    /// The CustomID at data input `input`.
    custom_id CustomId -> u64, |value| *value;
}

#[cold]
fn wrong_type(input: usize, expected: &str, found: &Value) -> NodeError {
    NodeError::new(format!(
        "input {} carries {}, expected {expected}",
        input + 1,
        found.data_type()
    ))
}
