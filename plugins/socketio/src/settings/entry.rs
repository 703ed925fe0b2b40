//! An entry of the section as it comes from the host; `settings` gives it its meaning.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::{Map, Value as Json};

use super::{
    choices::{EngineIo, Overflow, ParserChoice},
    tls::TlsEntry,
};

/// An entry as the host hands it over: every field is there.
#[derive(Deserialize)]
pub(super) struct Entry {
    pub(super) url: String,
    pub(super) port: u16,
    pub(super) path: String,
    pub(super) engine_io: EngineIo,
    pub(super) parser: ParserChoice,
    pub(super) strip_offset: bool,
    pub(super) namespaces: Vec<String>,
    #[serde(deserialize_with = "secret")]
    pub(super) auth: Map<String, Json>,
    #[serde(deserialize_with = "secret")]
    pub(super) namespace_auth: Map<String, Json>,
    #[serde(deserialize_with = "secret")]
    pub(super) query: Map<String, Json>,
    #[serde(deserialize_with = "secret")]
    pub(super) headers: Map<String, Json>,
    pub(super) reconnection: bool,
    pub(super) reconnection_attempts: u32,
    #[serde(deserialize_with = "millis")]
    pub(super) reconnection_delay: Duration,
    #[serde(deserialize_with = "millis")]
    pub(super) reconnection_delay_max: Duration,
    pub(super) randomization_factor: f64,
    #[serde(deserialize_with = "millis")]
    pub(super) timeout: Duration,
    #[serde(deserialize_with = "millis")]
    pub(super) connect_timeout: Duration,
    pub(super) send_buffer: usize,
    pub(super) send_buffer_bytes: usize,
    pub(super) send_buffer_policy: Overflow,
    #[serde(deserialize_with = "millis")]
    pub(super) ack_timeout: Duration,
    pub(super) retries: u32,
    pub(super) max_pending_acks: usize,
    pub(super) max_message_size: usize,
    pub(super) transports: Vec<String>,
    pub(super) upgrade: bool,
    pub(super) proxy: String,
    pub(super) proxy_from_environment: bool,
    pub(super) try_all_transports: bool,
    pub(super) remember_upgrade: bool,
    #[serde(deserialize_with = "millis")]
    pub(super) request_timeout: Duration,
    #[serde(flatten)]
    pub(super) tls: TlsEntry,
}

/// Its fault does not quote it.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Json>, D::Error> {
    match Json::deserialize(deserializer)? {
        Json::Object(members) => Ok(members),
        _ => Err(D::Error::custom("a secret field is no Dictionary")),
    }
}

fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}
