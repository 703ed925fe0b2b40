//! The event nodes. They hand on what the driver emits, in the order of their outputs.

use pulsewire_plugin_api::{
    describe::{NodeType, Socket},
    value::DataType,
};

use super::event;

const NAMESPACE: Socket = Socket::data("namespace", "Namespace", DataType::String);

const TRIGGER_NAME: Socket =
    Socket::data("trigger_name", "Trigger Name", DataType::String).help("The name of the event.");

/// What the server sent, in four views.
pub(super) const TEXT: Socket = Socket::data("message", "Message", DataType::String).help(
    "One string is the text itself, anything else its JSON: several arguments an array, bytes base64, none an empty \
     text.",
);
pub(super) const FIRST: Socket =
    Socket::data("value", "Value", DataType::Any).help("The first argument with its type.");
pub(super) const ARGUMENTS: Socket =
    Socket::data("arguments", "Arguments", DataType::Array).help("All arguments.");
pub(super) const DATA: Socket =
    Socket::data("data", "Data", DataType::Binary).help("The first bytes among the arguments, or none.");

pub(crate) const ON_START: NodeType = event("socketio.on_start", "On Socket.IO Start")
    .help("Starts when the connection is established: the first namespace is joined. Again after each reconnection.");

pub(crate) const ON_STOP: NodeType = event("socketio.on_stop", "On Socket.IO Stop")
    .help("Starts when an established connection has ended, by Stop or by a failure. Once for each On Socket.IO Start.");

pub(crate) const ON_RECEIVE: NodeType = event("socketio.on_receive", "On Socket.IO Receive")
    .help("Starts when an event arrives that was subscribed to.")
    .outputs(&[
        NAMESPACE.help("Where the event came."),
        TRIGGER_NAME,
        TEXT,
        FIRST,
        ARGUMENTS,
        DATA,
    ]);

pub(crate) const ON_REQUEST: NodeType = event("socketio.on_request", "On Socket.IO Request")
    .help(
        "Starts when an event arrives that was subscribed to and whose sender waits for an answer: Socket.IO Acknowledge \
         gives it. The event reaches On Socket.IO Receive too.",
    )
    .outputs(&[
        NAMESPACE.help("Where the event came."),
        TRIGGER_NAME,
        TEXT,
        FIRST,
        ARGUMENTS,
        DATA,
        Socket::data("request", "Request", DataType::CustomId)
            .help("What Socket.IO Acknowledge wants to know. Good for one answer, until the connection ends."),
    ]);

pub(crate) const ON_RECONNECT_ATTEMPT: NodeType =
    event("socketio.on_reconnect_attempt", "On Socket.IO Reconnect Attempt")
        .help("Starts when a connection was lost, or could not be opened, and another attempt is planned.")
        .outputs(&[
            Socket::data("attempt", "Attempt", DataType::Int)
                .help("The number of the attempt, from 1, anew after each connection."),
            Socket::data("delay", "Delay", DataType::Float).help("Seconds until it begins."),
        ]);

pub(crate) const ON_ERROR: NodeType = event("socketio.on_error", "On Socket.IO Error")
    .help(
        "Starts when something went wrong: a connection that cannot be opened, a namespace that is refused.",
    )
    .outputs(&[
        NAMESPACE.help("The namespace it concerns; empty if it concerns the connection as a whole."),
        Socket::data("message", "Message", DataType::String)
            .help("What happened: the stage, the reason, the URL and the attempt."),
    ]);

pub(crate) const ON_SUBSCRIBE: NodeType = event("socketio.on_subscribe", "On Socket.IO Subscribe")
    .help("Starts when a subscription took effect. A reconnection does not repeat it.")
    .outputs(&[NAMESPACE.help("Where the subscription is.")]);

pub(crate) const ON_UNSUBSCRIBE: NodeType = event("socketio.on_unsubscribe", "On Socket.IO Unsubscribe")
    .help("Starts when Unsubscribe has ended a subscription that had taken effect.")
    .outputs(&[NAMESPACE.help("Where the subscription was.")]);
