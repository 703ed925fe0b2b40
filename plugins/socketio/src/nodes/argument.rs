//! What an event to send carries: the attribute Message Format and the inputs that it speaks of.

use pulsewire_plugin_api::{
    Call, NodeError, Setup,
    describe::{Attribute, Socket},
    value::DataType,
};

use crate::driver::Argument;

pub(super) const MESSAGE_FORMAT: Attribute =
    Attribute::choice("message_format", "Message Format", &["Text", "JSON"])
        .help("Text sends Message as a string; JSON sends the value that Message describes.");

pub(super) const MESSAGE: Socket =
    Socket::data("message", "Message", DataType::String).help("The event's argument.");

/// How a node reads the argument of what it sends.
#[derive(Clone, Copy)]
pub(super) enum Format {
    Text,
    Json,
}

impl Format {
    pub(super) fn of(setup: &Setup) -> Self {
        match setup.text("message_format") {
            "JSON" => Self::Json,
            _ => Self::Text,
        }
    }

    /// The argument, and about how large it is. Its inputs begin at `first`.
    pub(super) fn read(self, call: &Call<'_>, first: usize) -> Result<(Argument, usize), NodeError> {
        let message = call.text(first)?;
        let argument = match self {
            Self::Text => Argument::Text(message.clone()),
            Self::Json => {
                let json = message.parse();
                Argument::Json(
                    json.map_err(|error| NodeError::new(format!("the message is not JSON: {error}")))?,
                )
            }
        };
        Ok((argument, message.len()))
    }
}
