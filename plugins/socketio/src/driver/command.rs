//! What the nodes ask of a connection's task.

use std::sync::Arc;

use pulsewire_plugin_api::value::Text;
use socketio_proto::Data;

use crate::settings::Settings;

/// A request. They are carried out in order.
pub(crate) enum Command {
    /// Connect; for a connection that has given up: try again.
    Start(Arc<Settings>),
    /// Disconnect.
    Stop,
    /// Send an event.
    Emit {
        namespace: Text,
        event: Text,
        payload: Payload,
        /// What was reserved for it in the [`Load`](super::Load).
        size: usize,
    },
    /// Let an event through. The namespace is normalized.
    Subscribe { namespace: String, event: Text },
    /// Let it through no more. The namespace is normalized.
    Unsubscribe { namespace: String, event: Text },
}

/// The argument of an event to send.
pub(crate) enum Payload {
    /// A string; shared with the logic thread, copied on the driver's.
    Text(Text),
    /// Any value.
    Json(Data),
}

