//! What the nodes ask of a connection's task.

use std::{sync::Arc, time::Duration};

use pulsewire_plugin_api::{
    EventSource,
    value::{Array, Text, Value},
};
use socketio_proto::{Data, EmitError, TextEvent};

use super::requests::Open;
use crate::{outgoing, settings::Settings};

/// A request. They are carried out in order.
pub(crate) enum Command {
    /// Connect; for a connection that has given up: try again.
    Start(Arc<Settings>),
    /// Disconnect.
    Stop,
    /// Send an event.
    Emit {
        event: Outgoing,
        /// What was reserved for it in the [`Load`](super::Load).
        size: usize,
    },
    /// Send an event and ask for an acknowledgement.
    Ask {
        event: Box<Event>,
        /// What was reserved for it in the [`Load`](super::Load), beside the acknowledgement.
        size: usize,
        /// `None`: what the settings say.
        timeout: Option<Duration>,
        asker: Asker,
    },
    /// For want of room an event was not taken. Sent for the first one, and for all that ask for an acknowledgement.
    Dropped { asker: Option<Asker> },
    /// Acknowledge a request of the server.
    Acknowledge {
        request: Open,
        argument: Argument,
        /// What was reserved for it in the [`Load`](super::Load).
        size: usize,
    },
    /// Let an event through. The namespace is normalized.
    Subscribe { namespace: String, event: Text },
    /// Let it through no more. The namespace is normalized.
    Unsubscribe { namespace: String, event: Text },
}

/// A node that waits for acknowledgements, by the event that arrives at it alone.
pub(crate) type Asker = Arc<EventSource>;

/// An event to send.
pub(crate) enum Outgoing {
    /// With one short string, encoded on the logic thread: that takes less time than to share the texts between two.
    Encoded(TextEvent),
    /// With any argument; encoded on the driver's thread.
    Event(Box<Event>),
    /// As that, but dropped unless it can be written at once.
    Volatile(Box<Event>),
}

pub(crate) struct Event {
    pub(super) namespace: Text,
    pub(super) name: Text,
    pub(super) argument: Argument,
}

/// What an event to send carries.
pub(crate) enum Argument {
    /// A string.
    Text(Text),
    /// What a JSON text describes.
    Json(Data),
    /// Any value of Logic.
    Value(Value),
    /// Any number of arguments, with any values.
    All(Array),
}

/// Longer strings are not encoded on the logic thread.
const SHORT: usize = 4096;

impl Outgoing {
    /// `[logic-thread]`
    pub(crate) fn new(namespace: &Text, name: &Text, argument: Argument) -> Result<Self, EmitError> {
        Ok(match argument {
            Argument::Text(text) if text.len() <= SHORT => {
                Self::Encoded(TextEvent::new(namespace, name, &text)?)
            }
            argument => Self::Event(Box::new(Event::new(namespace, name, argument))),
        })
    }
}

impl Event {
    pub(crate) fn new(namespace: &Text, name: &Text, argument: Argument) -> Self {
        Self {
            namespace: namespace.clone(),
            name: name.clone(),
            argument,
        }
    }
}

impl Argument {
    /// As the protocol wants it.
    pub(super) fn into_args(self) -> Vec<Data> {
        match self {
            Self::Text(text) => vec![Data::from(&*text)],
            Self::Json(data) => vec![data],
            Self::Value(value) => vec![outgoing::data(&value)],
            Self::All(values) => values.iter().map(outgoing::data).collect(),
        }
    }
}
