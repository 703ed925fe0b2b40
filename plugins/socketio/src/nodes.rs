//! What the designer wires: the node types under Communication / Socket.IO.
//!
//! All of them carry the attribute `configuration`, which names the connection. The actions hand a command to it and
//! fire at once; what comes of it arrives at the event nodes, which hand on what was emitted and have no behaviour.

mod acknowledge;
mod argument;
mod events;
mod send;
mod send_with_acknowledgement;
mod start;
mod state;
mod subscriptions;

use pulsewire_plugin_api::{
    Registrar,
    describe::{Attribute, Literal, NodeType, Scope, Socket},
    value::DataType,
};

pub(crate) use events::{
    ON_ERROR, ON_RECEIVE, ON_RECONNECT_ATTEMPT, ON_REQUEST, ON_START, ON_STOP, ON_SUBSCRIBE, ON_UNSUBSCRIBE,
};

pub(crate) use send_with_acknowledgement::{ACKNOWLEDGED, DISCONNECTED, TIMED_OUT};

use crate::SocketIo;

/// Every node type of the plugin.
pub(crate) const ALL: &[NodeType] = &[
    start::START,
    start::STOP,
    send::SEND,
    send_with_acknowledgement::SEND_WITH_ACKNOWLEDGEMENT,
    acknowledge::ACKNOWLEDGE,
    state::STATE,
    subscriptions::SUBSCRIBE,
    subscriptions::UNSUBSCRIBE,
    ON_START,
    ON_STOP,
    ON_RECEIVE,
    ON_REQUEST,
    ON_RECONNECT_ATTEMPT,
    ON_ERROR,
    ON_SUBSCRIBE,
    ON_UNSUBSCRIBE,
];

const CATEGORY: &str = "Communication / Socket.IO";
const SCOPES: &[Scope] = &[Scope::Project, Scope::Scene];
const CONFIGURATION: Attribute = Attribute::configuration("socketio.connections");

const EVENT_NAME: Socket =
    Socket::data("event_name", "Event Name", DataType::String).help("The name of the Socket.IO event.");
const NAMESPACE: Socket = Socket::data("namespace", "Namespace", DataType::String)
    .default(Literal::Str("/"))
    .help("The namespace, such as /admin.");

/// An action of a connection.
const fn action(id: &'static str, name: &'static str) -> NodeType {
    NodeType::action(id, name)
        .category(CATEGORY)
        .scopes(SCOPES)
        .attributes(&[CONFIGURATION])
}

/// An event of a connection.
const fn event(id: &'static str, name: &'static str) -> NodeType {
    NodeType::event(id, name)
        .category(CATEGORY)
        .scopes(SCOPES)
        .attributes(&[CONFIGURATION])
        .keyed_by("configuration")
}

pub(crate) fn register(registrar: &mut Registrar<SocketIo>) {
    registrar.node(&start::START, |plugin, setup| {
        Ok(start::Start(plugin.connections.of(setup)))
    });
    registrar.node(&start::STOP, |plugin, setup| {
        Ok(start::Stop(plugin.connections.of(setup)))
    });
    registrar.node(&send::SEND, |plugin, setup| {
        Ok(send::Send::new(plugin.connections.of(setup), setup))
    });
    registrar.node(
        &send_with_acknowledgement::SEND_WITH_ACKNOWLEDGEMENT,
        |plugin, setup| {
            let connection = plugin.connections.of(setup);
            Ok(send_with_acknowledgement::SendWithAcknowledgement::new(
                connection, setup,
            ))
        },
    );
    registrar.node(&acknowledge::ACKNOWLEDGE, |plugin, setup| {
        Ok(acknowledge::Acknowledge::new(plugin.connections.of(setup), setup))
    });
    registrar.node(&state::STATE, |plugin, setup| {
        Ok(state::State(plugin.connections.of(setup)))
    });
    registrar.node(&subscriptions::SUBSCRIBE, |plugin, setup| {
        Ok(subscriptions::Subscribe(plugin.connections.of(setup)))
    });
    registrar.node(&subscriptions::UNSUBSCRIBE, |plugin, setup| {
        Ok(subscriptions::Unsubscribe(plugin.connections.of(setup)))
    });
    for event in [
        &ON_START,
        &ON_STOP,
        &ON_RECEIVE,
        &ON_REQUEST,
        &ON_RECONNECT_ATTEMPT,
        &ON_ERROR,
        &ON_SUBSCRIBE,
        &ON_UNSUBSCRIBE,
    ] {
        registrar.event(event);
    }
}
