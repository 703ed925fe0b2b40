//! Socket.IO Send.

use std::sync::Arc;

use pulsewire_plugin_api::{
    Call, Flow, Node, NodeResult, Setup,
    describe::{NodeType, Socket},
    value::DataType,
};

use super::{
    CONFIGURATION, EVENT_NAME, NAMESPACE, action,
    argument::{self, Format, MESSAGE, MESSAGE_FORMAT, VALUE},
};
use crate::connection::Connection;

pub(crate) const SEND: NodeType = action("socketio.send", "Socket.IO Send")
    .help(
        "Emits an event with one argument, or with as many as Arguments has. While the connection is not there, events wait for it, as many as the \
         connection's Send Buffer holds; Send Buffer Policy says what becomes of more. A namespace that is not joined is joined first.",
    )
    .attributes(&[CONFIGURATION, MESSAGE_FORMAT])
    .inputs(&[
        EVENT_NAME,
        NAMESPACE,
        MESSAGE,
        VALUE,
        argument::ARGUMENTS,
        Socket::data("volatile", "Volatile", DataType::Bool).help(
            "Whether the event is dropped unless it can be written at once: while the namespace is not joined, or the \
             connection takes no more. For what is outdated soon, such as positions.",
        ),
    ]);

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
        let (namespace, name) = (call.text(1)?, call.text(0)?);
        match call.bool(5)? {
            true => self.connection.send_volatile(namespace, name, argument, size)?,
            false => self.connection.send(namespace, name, argument, size)?,
        }
        Ok(Flow::fire(0))
    }
}
