//! What an event to send carries: the attribute Message Format and the inputs that it speaks of.

use std::slice;

use pulsewire_plugin_api::{
    Call, NodeError, Setup,
    describe::{Attribute, Socket},
    value::DataType,
};

use crate::{driver::Argument, outgoing::Survey};

pub(super) const MESSAGE_FORMAT: Attribute =
    Attribute::choice(
        "message_format",
        "Message Format",
        &["Text", "JSON", "Value", "Arguments"],
    )
    .help(
        "Text sends Message as a string; JSON the value that Message describes; Value sends Value, Binary at any depth as \
         bytes; Arguments sends the elements of Arguments, each as an argument of its own.",
    );

pub(super) const MESSAGE: Socket = Socket::data("message", "Message", DataType::String)
    .help("What is sent with the Message Format Text or JSON.");
pub(super) const VALUE: Socket =
    Socket::data("value", "Value", DataType::Any).help("What is sent with the Message Format Value.");
pub(super) const ARGUMENTS: Socket = Socket::data("arguments", "Arguments", DataType::Array)
    .help("What is sent with the Message Format Arguments.");

/// How a node reads the argument of what it sends.
#[derive(Clone, Copy)]
pub(super) enum Format {
    Text,
    Json,
    Value,
    Arguments,
}

impl Format {
    pub(super) fn of(setup: &Setup) -> Self {
        match setup.text("message_format") {
            "JSON" => Self::Json,
            "Value" => Self::Value,
            "Arguments" => Self::Arguments,
            _ => Self::Text,
        }
    }

    /// What is sent, and about how large it is. `message` is the place of the input Message, `value` that of Value, which
    /// Arguments follows.
    pub(super) fn read(
        self,
        call: &Call<'_>,
        message: usize,
        value: usize,
    ) -> Result<(Argument, usize), NodeError> {
        Ok(match self {
            Self::Text => {
                let text = call.text(message)?;
                (Argument::Text(text.clone()), text.len())
            }
            Self::Json => {
                let text = call.text(message)?;
                let json = text.parse();
                let json =
                    json.map_err(|error| NodeError::new(format!("the message is not JSON: {error}")))?;
                (Argument::Json(json), text.len())
            }
            Self::Value => {
                let value = call.input(value);
                let survey = Survey::of(slice::from_ref(value))?;
                (Argument::Value(value.clone()), survey.size)
            }
            Self::Arguments => {
                let values = call.array(value + 1)?;
                let survey = Survey::of(values)?;
                (Argument::All(values.clone()), survey.size)
            }
        })
    }
}
