//! What the designer wires.

use std::sync::Arc;

use pulsewire_plugin_api::prelude::*;

use crate::{WebSocket, backlog::Witness, connection::Connection};

const CATEGORY: &str = "Communication / WebSocket";
const CONFIGURATION: Attribute = Attribute::configuration("websocket.connections");

const fn action(id: &'static str, name: &'static str) -> NodeType {
    NodeType::action(id, name)
        .category(CATEGORY)
        .scopes(&[Scope::Project, Scope::Scene])
        .attributes(&[CONFIGURATION])
}

const fn event(id: &'static str, name: &'static str) -> NodeType {
    NodeType::event(id, name)
        .category(CATEGORY)
        .attributes(&[CONFIGURATION])
        .keyed_by("configuration")
}

const START: NodeType = action("websocket.start", "WebSocket Client Start").help(
    "Begins to connect and goes on at once; On WebSocket Start tells when the connection is there. Does nothing while \
     connected or connecting.",
);

const STOP: NodeType = action("websocket.stop", "WebSocket Client Stop").help(
    "Begins to disconnect and goes on at once; On WebSocket Stop tells when the connection has ended. What was sent before \
     goes out first.",
);

const SEND: NodeType = action("websocket.send", "WebSocket Client Send")
    .help("Sends a message: a String as a text frame, a Binary as a binary one. Fails while the connection is not there.")
    .attributes(&[
        CONFIGURATION,
        Attribute::choice("message_type", "Message Type", &["String", "Binary"]).help("What Message is."),
    ])
    .inputs(&[Socket::typed_by("message", "Message", "message_type").help("What is sent.")]);

pub(crate) const ON_START: NodeType =
    event("websocket.on_start", "On WebSocket Start").help("Starts when the connection is there.");

pub(crate) const ON_STOP: NodeType = event("websocket.on_stop", "On WebSocket Stop")
    .help("Starts when a connection that was there has ended, whoever ended it.")
    .outputs(&[
        Socket::data("code", "Code", DataType::Int)
            .help("The status code of RFC 6455: 1000 as agreed, 1006 without a word."),
        Socket::data("reason", "Reason", DataType::String).help("What the server said, or what went wrong."),
    ]);

pub(crate) const ON_RECEIVE: NodeType = event("websocket.on_receive", "On WebSocket Receive")
    .help("Starts for each message.")
    .outputs(&[
        Socket::data("message", "Message", DataType::String).help("A text message; empty for a binary one."),
        Socket::data("binary", "Binary", DataType::Binary).help("A binary message; empty for a text."),
        Socket::data("is_binary", "Is Binary", DataType::Bool).help("Which of the two came."),
    ]);

pub(crate) const ON_ERROR: NodeType = event("websocket.on_error", "On WebSocket Error")
    .help("Starts when the connection could not be opened, or broke.")
    .outputs(&[Socket::data("message", "Message", DataType::String).help("What went wrong.")]);

pub(crate) const ALL: &[NodeType] = &[START, STOP, SEND, ON_START, ON_STOP, ON_RECEIVE, ON_ERROR];

pub(crate) fn register(registrar: &mut Registrar<WebSocket>) {
    registrar.node(&START, |plugin, setup| {
        let connection = plugin.connections.of(setup);
        let witness = connection.backlog().witness(setup.own_event().clone());
        Ok(Start { connection, witness })
    });
    registrar.node(&STOP, |plugin, setup| Ok(Stop(plugin.connections.of(setup))));
    registrar.node(&SEND, |plugin, setup| Ok(Send(plugin.connections.of(setup))));
    for event in [&ON_START, &ON_STOP, &ON_RECEIVE, &ON_ERROR] {
        registrar.event(event);
    }
}

struct Start {
    connection: Arc<Connection>,
    witness: Witness,
}

impl Node for Start {
    fn execute(&mut self, _: &mut Call<'_>) -> NodeResult {
        self.connection.start()?;
        Ok(Flow::fire(0))
    }

    /// A mark, see [`crate::backlog`].
    fn on_event(&mut self, call: &mut Call<'_>) -> NodeResult {
        if let Some(Value::Int(bytes)) = call.values().first() {
            self.witness.take(usize::try_from(*bytes).unwrap_or(0));
        }
        Ok(Flow::end())
    }
}

struct Stop(Arc<Connection>);

impl Node for Stop {
    fn execute(&mut self, _: &mut Call<'_>) -> NodeResult {
        self.0.stop();
        Ok(Flow::fire(0))
    }
}

struct Send(Arc<Connection>);

impl Node for Send {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        self.0.send(call.input(0))?;
        Ok(Flow::fire(0))
    }
}
