//! Socket.IO Send With Acknowledgement.

use std::{sync::Arc, time::Duration};

use pulsewire_plugin_api::{
    Call, Flow, Node, NodeError, NodeResult, Setup,
    describe::{Literal, NodeType, Socket},
    value::{DataType, Value},
};

use super::{
    CONFIGURATION, EVENT_NAME, NAMESPACE, action,
    argument::{self, Format, MESSAGE, MESSAGE_FORMAT, VALUE},
    events::{ARGUMENTS, DATA, FIRST, TEXT},
};
use crate::{connection::Connection, driver::Asker};

/// Nobody waits longer than a day.
const MOST_SECONDS: i64 = 86_400;

pub(crate) const SEND_WITH_ACKNOWLEDGEMENT: NodeType = action(
    "socketio.send_with_acknowledgement",
    "Socket.IO Send With Acknowledgement",
)
.help(
    "Emits an event as Socket.IO Send does, and asks the server to acknowledge it. Goes on at once; later, exactly one of \
     Acknowledged, Timed Out and Disconnected fires. Any number may be under way.",
)
.attributes(&[CONFIGURATION, MESSAGE_FORMAT])
.inputs(&[
    EVENT_NAME,
    NAMESPACE,
    MESSAGE,
    Socket::data("timeout", "Timeout", DataType::Float)
        .range(Literal::Int(0), Literal::Int(MOST_SECONDS))
        .help(
            "Seconds to wait, counted from the pulse, with or without a connection; 0 is the connection's Ack Timeout. With \
             Retries each try has that time.",
        ),
    VALUE,
    argument::ARGUMENTS,
])
.pulse_outputs(&[
    Socket::pulse("out", "").help("The event was taken."),
    Socket::pulse("acknowledged", "Acknowledged").help("The server has acknowledged the event."),
    Socket::pulse("timed_out", "Timed Out")
        .help("It did not in time. An event that still waited for the connection is not sent any more."),
    Socket::pulse("disconnected", "Disconnected").help(
        "The connection was lost or stopped before. Whether the server has the event is unknown. One that still waited \
         for the connection goes on waiting, unless it was stopped. Also for an event that cannot be sent or \
         is dropped, after On Socket.IO Error has said why.",
    ),
])
.outputs(&[TEXT, FIRST, ARGUMENTS, DATA]);

/// The pulse outputs that tell the outcome, by their places.
pub(crate) const ACKNOWLEDGED: usize = 1;
pub(crate) const TIMED_OUT: usize = 2;
pub(crate) const DISCONNECTED: usize = 3;

pub(super) struct SendWithAcknowledgement {
    connection: Arc<Connection>,
    format: Format,
    asker: Asker,
}

impl SendWithAcknowledgement {
    pub(super) fn new(connection: Arc<Connection>, setup: &Setup) -> Self {
        Self {
            connection,
            format: Format::of(setup),
            asker: Arc::new(setup.own_event().clone()),
        }
    }
}

impl Node for SendWithAcknowledgement {
    fn execute(&mut self, call: &mut Call<'_>) -> NodeResult {
        let (argument, size) = self.format.read(call, 2, 4)?;
        let timeout = Duration::try_from_secs_f64(call.float(3)?)
            .map_err(|error| NodeError::new(format!("the timeout cannot be used: {error}")))?;
        let timeout = (!timeout.is_zero()).then_some(timeout);
        let (namespace, name) = (call.text(1)?, call.text(0)?);
        self.connection
            .ask(namespace, name, argument, size, timeout, &self.asker)?;
        Ok(Flow::fire(0))
    }

    /// The outcome: its pulse output, then the values of the outputs.
    fn on_event(&mut self, call: &mut Call<'_>) -> NodeResult {
        let Value::Int(outcome) = call.take_value(0) else {
            return Err(NodeError::new("an outcome without a pulse output arrived"));
        };
        for output in 0..call.output_count() {
            let value = call.take_value(output + 1);
            call.set(output, value);
        }
        Ok(Flow::fire(outcome as usize))
    }
}
