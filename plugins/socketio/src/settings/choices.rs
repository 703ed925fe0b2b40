//! The fields of which one value is chosen.

use serde::Deserialize;
use socketio_proto::{Parser, Protocol};

/// The choices of the field `parser`.
#[derive(Deserialize)]
pub(super) enum ParserChoice {
    #[serde(rename = "JSON")]
    Json,
    MessagePack,
}

impl From<ParserChoice> for Parser {
    fn from(choice: ParserChoice) -> Self {
        match choice {
            ParserChoice::Json => Self::Json,
            ParserChoice::MessagePack => Self::MessagePack,
        }
    }
}

/// The choices of the field `engine_io`.
#[derive(Deserialize)]
pub(super) enum EngineIo {
    Auto,
    #[serde(rename = "4")]
    Four,
    #[serde(rename = "3")]
    Three,
}

impl From<EngineIo> for Protocol {
    fn from(choice: EngineIo) -> Self {
        match choice {
            EngineIo::Auto => Self::Auto,
            EngineIo::Four => Self::EngineIo4,
            EngineIo::Three => Self::EngineIo3,
        }
    }
}

/// The choices of the field `send_buffer_policy`: what becomes of an event that the send buffer has no room for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Overflow {
    /// The node that sends it shows an error.
    #[default]
    Refuse,
    /// It takes the place of those that wait longest.
    DropOldest,
    /// It is dropped.
    DropNewest,
}
