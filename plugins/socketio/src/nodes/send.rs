//! Socket.IO Send.

use std::sync::Arc;

use pulsewire_plugin_api::{Call, Flow, Node, NodeResult, Setup, describe::NodeType};

use super::{
    CONFIGURATION, EVENT_NAME, NAMESPACE, action,
    argument::{self, Format, MESSAGE, MESSAGE_FORMAT, VALUE},
};
use crate::connection::Connection;

pub(crate) const SEND: NodeType = action("socketio.send", "Socket.IO Send")
    .help(
        "Emits an event with one argument, or with as many as Arguments has. While the connection is not there, events wait for it, as many as the \
         connection's Send Buffer holds. A namespace that is not joined is joined first.",
    )
    .attributes(&[CONFIGURATION, MESSAGE_FORMAT])
    .inputs(&[EVENT_NAME, NAMESPACE, MESSAGE, VALUE, argument::ARGUMENTS]);

pub(super) struct Send {
    connection: Arc<Connection>,
    format: Format,
}

impl Send {
    pub(super) fn new(connection: Arc<Connection>, setup: &Setup) -> Self {
        Self {
            connection,
            format: Format::of(setup),
        }
    }
}

impl Node for Send {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let (argument, size) = self.format.read(call, 2, 3)?;
        self.connection
            .send(call.text(1)?, call.text(0)?, argument, size)?;
        Ok(Flow::fire(0))
    }
}
