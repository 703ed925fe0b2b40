//! Socket.IO Acknowledge.

use std::sync::Arc;

use pulsewire_plugin_api::{
    Call, Flow, Node, NodeResult, Setup,
    describe::{NodeType, Socket},
    value::DataType,
};

use super::{
    CONFIGURATION, action,
    argument::{self, Format, MESSAGE, MESSAGE_FORMAT, VALUE},
};
use crate::connection::Connection;

pub(crate) const ACKNOWLEDGE: NodeType = action("socketio.acknowledge", "Socket.IO Acknowledge")
    .help(
        "Answers a request of the server that On Socket.IO Request has told of: once, now or later, from any branch. An \
         error if it was answered before, is unknown, or the connection on which it came has ended.",
    )
    .attributes(&[CONFIGURATION, MESSAGE_FORMAT])
    .inputs(&[
        Socket::data("request", "Request", DataType::CustomId)
            .help("Which one: the output Request of On Socket.IO Request."),
        MESSAGE,
        VALUE,
        argument::ARGUMENTS,
    ]);

pub(super) struct Acknowledge {
    connection: Arc<Connection>,
    format: Format,
}

impl Acknowledge {
    pub(super) fn new(connection: Arc<Connection>, setup: &Setup) -> Self {
        Self {
            connection,
            format: Format::of(setup),
        }
    }
}

impl Node for Acknowledge {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let (argument, size) = self.format.read(call, 1, 2)?;
        self.connection.acknowledge(call.custom_id(0)?, argument, size)?;
        Ok(Flow::fire(0))
    }
}
