//! Socket.IO Send.

use std::sync::Arc;

use pulsewire_plugin_api::{
    Call, Flow, Node, NodeError, NodeResult, Setup,
    describe::{Attribute, NodeType, Socket},
    value::DataType,
};

use super::{CONFIGURATION, EVENT_NAME, NAMESPACE, action};
use crate::{connection::Connection, driver::Argument};

pub(crate) const SEND: NodeType = action("socketio.send", "Socket.IO Send")
    .help(
        "Emits an event with one argument. While the connection is not there, events wait for it, as many as the \
         connection's Send Buffer holds. A namespace that is not joined is joined first.",
    )
    .attributes(&[
        CONFIGURATION,
        Attribute::choice("message_format", "Message Format", &["Text", "JSON"])
            .help("Text sends Message as a string; JSON sends the value that Message describes."),
    ])
    .inputs(&[
        EVENT_NAME,
        NAMESPACE,
        Socket::data("message", "Message", DataType::String).help("The event's argument."),
    ]);

pub(super) struct Send {
    connection: Arc<Connection>,
    is_json: bool,
}

impl Send {
    pub(super) fn new(connection: Arc<Connection>, setup: &Setup) -> Self {
        Self {
            connection,
            is_json: setup.text("message_format") == "JSON",
        }
    }
}

impl Node for Send {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let (name, namespace, message) = (call.text(0)?, call.text(1)?, call.text(2)?);
        let argument = if self.is_json {
            let json = message
                .parse()
                .map_err(|error| NodeError::new(format!("the message is not JSON: {error}")))?;
            Argument::Json(json)
        } else {
            Argument::Text(message.clone())
        };
        self.connection.send(namespace, name, argument, message.len())?;
        Ok(Flow::fire(0))
    }
}
