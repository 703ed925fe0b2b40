//! Socket.IO Subscribe and Socket.IO Unsubscribe.

use std::sync::Arc;

use pulsewire_plugin_api::{Call, Flow, Node, NodeResult, describe::NodeType};

use super::{EVENT_NAME, NAMESPACE, action};
use crate::connection::Connection;

pub(crate) const SUBSCRIBE: NodeType = action("socketio.subscribe", "Socket.IO Subscribe")
    .help(
        "Lets this event of this namespace reach On Socket.IO Receive, from now on and after each reconnection. It may \
         come before Start. A namespace that is not joined is joined. The name * subscribes to every event of the \
         namespace.",
    )
    .inputs(&[EVENT_NAME, NAMESPACE]);

pub(crate) const UNSUBSCRIBE: NodeType = action("socketio.unsubscribe", "Socket.IO Unsubscribe")
    .help("Ends a subscription. The namespace stays joined.")
    .inputs(&[EVENT_NAME, NAMESPACE]);

pub(super) struct Subscribe(pub(super) Arc<Connection>);

impl Node for Subscribe {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        self.0.subscribe(call.text(1)?, call.text(0)?)?;
        Ok(Flow::fire(0))
    }
}

pub(super) struct Unsubscribe(pub(super) Arc<Connection>);

impl Node for Unsubscribe {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        self.0.unsubscribe(call.text(1)?, call.text(0)?)?;
        Ok(Flow::fire(0))
    }
}
