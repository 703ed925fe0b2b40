//! The first packet of a connection: the session id and the heartbeat's times (engine.io-protocol v4, "Handshake").
//!
//! Read leniently: only `sid` must be there. Some servers send no `maxPayload` or `upgrades`, some send times as strings.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::{Data, HandshakeError};

/// A server that wants no heartbeat may send any number; a year is as good, and safe to count with.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Handshake {
    pub(crate) sid: String,
    /// What is no list of texts offers nothing.
    #[serde(default, deserialize_with = "texts")]
    pub(crate) upgrades: Vec<String>,
    #[serde(default = "default_interval", deserialize_with = "millis")]
    pub(crate) ping_interval: Duration,
    #[serde(default = "default_timeout", deserialize_with = "millis")]
    pub(crate) ping_timeout: Duration,
    #[serde(default, deserialize_with = "size")]
    pub(crate) max_payload: Option<u64>,
}

impl Handshake {
    pub(crate) fn decode(text: &str) -> Result<Self, HandshakeError> {
        serde_json::from_str(text).map_err(|error| HandshakeError::Invalid(error.to_string()))
    }

    /// The longest silence of a healthy server.
    pub(crate) fn silence(&self) -> Duration {
        self.ping_interval + self.ping_timeout
    }
}

fn default_interval() -> Duration {
    Duration::from_secs(25)
}

fn default_timeout() -> Duration {
    Duration::from_secs(20)
}

fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let millis = match Data::deserialize(deserializer)? {
        Data::Int(millis) => millis as f64,
        Data::UInt(millis) => millis as f64,
        Data::Float(millis) => millis,
        Data::String(text) => text
            .trim()
            .parse()
            .map_err(|_| D::Error::custom("time is not a number"))?,
        _ => return Err(D::Error::custom("time is not a number")),
    };
    if !(millis >= 0.0 && millis.is_finite()) {
        return Err(D::Error::custom("time is negative or infinite"));
    }
    // The cast saturates.
    Ok(Duration::from_millis(millis as u64).min(LONGEST))
}

fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let Data::Array(items) = Data::deserialize(deserializer)? else {
        return Ok(Vec::new());
    };
    Ok(items.iter().filter_map(Data::as_str).map(str::to_owned).collect())
}

/// A limit that is no number is no limit.
fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Data::deserialize(deserializer)? {
        Data::Int(size) => u64::try_from(size).ok(),
        Data::UInt(size) => Some(size),
        Data::String(text) => text.parse().ok(),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(interval: u64, timeout: u64) -> (Duration, Duration) {
        (Duration::from_millis(interval), Duration::from_millis(timeout))
    }

    fn times(text: &str) -> (Duration, Duration) {
        let handshake = Handshake::decode(text).unwrap();
        (handshake.ping_interval, handshake.ping_timeout)
    }

    #[test]
    fn node_handshake_is_read() {
        let text = r#"{"sid":"5_9s","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
        let handshake = Handshake::decode(text).unwrap();
        assert_eq!(handshake.sid, "5_9s");
        assert_eq!(handshake.upgrades, ["websocket"]);
        assert_eq!(handshake.max_payload, Some(1_000_000));
        assert_eq!(handshake.silence(), Duration::from_secs(45));
    }

    #[test]
    fn handshake_of_version_3_servers_is_read() {
        let text = r#"{"sid":"a","upgrades":[],"pingInterval":300,"pingTimeout":200}"#;
        assert_eq!(Handshake::decode(text).unwrap().max_payload, None);
        assert_eq!(times(text), millis(300, 200));
    }

    #[test]
    fn upgrades_are_read_leniently() {
        for (upgrades, count) in [("null", 0), ("{}", 0), ("[1,\"websocket\"]", 1)] {
            let text = format!(r#"{{"sid":"a","upgrades":{upgrades}}}"#);
            assert_eq!(Handshake::decode(&text).unwrap().upgrades.len(), count);
        }
    }

    #[test]
    fn times_may_be_strings_or_floats() {
        assert_eq!(
            times(r#"{"sid":"a","pingInterval":"300","pingTimeout":200.0}"#),
            millis(300, 200)
        );
    }

    #[test]
    fn missing_times_are_the_defaults() {
        assert_eq!(times(r#"{"sid":"a"}"#), millis(25_000, 20_000));
    }

    #[test]
    fn endless_times_are_a_year() {
        let handshake = Handshake::decode(r#"{"sid":"a","pingInterval":1e300,"pingTimeout":1e300}"#).unwrap();
        assert_eq!(handshake.silence(), 2 * LONGEST);
    }

    #[test]
    fn unusable_handshakes_are_refused() {
        for text in [
            "",
            "{}",
            "[]",
            r#"{"sid":1}"#,
            r#"{"sid":"a","pingInterval":-1}"#,
            r#"{"sid":"a","pingInterval":"soon"}"#,
            r#"{"sid":"a","pingTimeout":"NaN"}"#,
            r#"{"sid":"a","pingTimeout":null}"#,
        ] {
            assert!(Handshake::decode(text).is_err(), "{text}");
        }
    }
}
