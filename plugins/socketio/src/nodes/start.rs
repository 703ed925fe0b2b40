//! Socket.IO Start and Socket.IO Stop.

use std::sync::Arc;

use pulsewire_plugin_api::{Call, Flow, Node, NodeResult, describe::NodeType};

use super::action;
use crate::connection::Connection;

pub(crate) const START: NodeType = action("socketio.start", "Socket.IO Start").help(
    "Begins to connect and goes on at once; On Socket.IO Start tells when the connection is there. Does nothing while \
     connected or connecting.",
);

pub(crate) const STOP: NodeType = action("socketio.stop", "Socket.IO Stop").help(
    "Begins to disconnect and goes on at once; On Socket.IO Stop tells when an established connection has ended. \
     Works while connecting too. What was sent before is delivered first.",
);

pub(super) struct Start(pub(super) Arc<Connection>);

impl Node for Start {
    fn execute(&mut self, _: &mut Call<'_>) -> NodeResult {
        self.0.start()?;
        Ok(Flow::fire(0))
    }
}

pub(super) struct Stop(pub(super) Arc<Connection>);

impl Node for Stop {
    fn execute(&mut self, _: &mut Call<'_>) -> NodeResult {
        self.0.stop();
        Ok(Flow::fire(0))
    }
}
