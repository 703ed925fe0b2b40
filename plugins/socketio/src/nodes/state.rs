//! Socket.IO State.

use std::sync::Arc;

use pulsewire_plugin_api::{
    Call, Flow, Node, NodeResult,
    describe::{NodeType, Socket},
    value::DataType,
};

use super::{NAMESPACE, action};
use crate::connection::Connection;

pub(crate) const STATE: NodeType = action("socketio.state", "Socket.IO State")
    .help("Tells how the connection is now.")
    .inputs(&[NAMESPACE])
    .outputs(&[
        Socket::data("connected", "Connected", DataType::Bool).help("Whether the namespace is joined."),
        Socket::data("transport", "Transport", DataType::String)
            .help("polling or websocket; empty without a connection."),
        Socket::data("id", "Id", DataType::String)
            .help("The session id of the namespace; empty if it is not joined."),
        Socket::data("recovered", "Recovered", DataType::Bool).help(
            "Whether the server has restored the namespace's session after a reconnection: what was missed meanwhile has \
             arrived.",
        ),
        Socket::data("attempt", "Attempt", DataType::Int)
            .help("The attempt to reconnect that is planned or under way; 0 is none."),
    ]);

pub(super) struct State(pub(super) Arc<Connection>);

impl Node for State {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let view = self.0.view(call.text(0)?);
        call.set(0, view.sid.is_some());
        call.set(1, view.transport);
        call.set(2, view.sid.unwrap_or_default());
        call.set(3, view.is_recovered);
        call.set(4, i64::from(view.attempt));
        Ok(Flow::fire(0))
    }
}
