//! The section `websocket` of the Project Settings: what is declared, and what is read of it.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use pulsewire_plugin_api::{
    Host, PluginError,
    describe::{Field, List, Literal, Section},
    value::DataType,
};
use serde::Deserialize;
use url::Url;

pub(crate) const SECTION: Section = Section::new(
    "websocket",
    "WebSocket",
    &[List::new("connections", "Connections", CONNECTION)],
);

const CONNECTION: &[Field] = &[
    Field::new("name", "Name", DataType::String)
        .required()
        .help("What the nodes' Configuration calls this connection."),
    Field::url("url", "URL")
        .required()
        .schemes(&["ws", "wss", "http", "https"])
        .help("The server, with path and query: ws or http, wss or https with TLS. A port in it wins over Port."),
    // Absent is 0, which nobody can set.
    Field::new("port", "Port", DataType::Int)
        .range(1, 65535)
        .help("The server's port, unless the URL has one. Without either: 80, with wss and https 443."),
    Field::new("subprotocols", "Subprotocols", DataType::Array)
        .elements(DataType::String)
        .help("What is offered as the language of the messages; a server that is offered some has to choose one."),
    Field::new("headers", "Headers", DataType::Dictionary)
        .secret()
        .help("HTTP headers that are added to the handshake, such as { Authorization = \"Bearer ${TOKEN}\" }."),
    Field::new("tls_ca", "TLS Authorities", DataType::String)
        .help("A file in PEM, from the project's folder on, with the only authorities to trust. Without: the system's."),
    Field::new("connect_timeout", "Connect Timeout", DataType::Int)
        .range(1, 600_000)
        .unit("ms")
        .default(Literal::Int(20_000))
        .help("How long it may take until the connection is there."),
    Field::new("ping_interval", "Ping Interval", DataType::Int)
        .range(0, 3_600_000)
        .unit("ms")
        .default(Literal::Int(25_000))
        .help("When nothing came for so long, the server is asked for a sign of life; after as long again the connection \
               ends. 0: never."),
    Field::new("max_message_size", "Max Message Size", DataType::Int)
        .range(1, 1 << 30)
        .unit("bytes")
        .default(Literal::Int(64 << 20))
        .help("A greater message ends the connection."),
];

/// What a connection's entry says, ready to use.
pub(crate) struct Settings {
    /// Of the scheme ws or wss, with the port.
    pub(crate) url: Url,
    pub(crate) subprotocols: Vec<String>,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) tls_ca: String,
    pub(crate) connect_timeout: Duration,
    /// `None`: never.
    pub(crate) ping_interval: Option<Duration>,
    pub(crate) max_message_size: usize,
}

/// An entry that was read, or what is wrong with it.
pub(crate) type Checked = Result<Arc<Settings>, Arc<str>>;

#[derive(Deserialize)]
struct Entries {
    connections: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    url: String,
    port: u16,
    subprotocols: Vec<String>,
    headers: HashMap<String, serde_json::Value>,
    tls_ca: String,
    connect_timeout: u64,
    ping_interval: u64,
    max_message_size: usize,
}

/// Reads the section. An entry at fault keeps no other from working.
pub(crate) fn read(host: &Host) -> Result<HashMap<String, Checked>, PluginError> {
    let entries = host.settings::<Entries>(SECTION.id())?.connections;
    let checked = entries.into_iter().map(|entry| {
        let name = entry.name.clone();
        let settings = Settings::new(entry).map(Arc::new).map_err(Arc::from);
        if let Err(reason) = &settings {
            log::warn!("the connection `{name}`: {reason}");
        }
        (name, settings)
    });
    Ok(checked.collect())
}

impl Settings {
    fn new(entry: Entry) -> Result<Self, String> {
        let mut url = Url::parse(&entry.url).map_err(|error| format!("the URL is at fault: {error}"))?;
        let (scheme, usual) = match url.scheme() {
            "wss" | "https" => ("wss", 443),
            _ => ("ws", 80),
        };
        // A port that is usual for the scheme is left out by the parser, so the text itself decides.
        let has_port = url.port().is_some() || names_port(&entry.url);
        let port = match (url.port(), entry.port) {
            (Some(port), _) => port,
            (None, port) if port != 0 && !has_port => port,
            (None, _) => usual,
        };
        let set = url.set_scheme(scheme).and_then(|()| url.set_port(Some(port)));
        set.map_err(|()| "the URL has no server".to_owned())?;
        url.set_fragment(None);
        let headers = entry.headers.into_iter().map(|(name, value)| match value {
            serde_json::Value::String(text) => Ok((name, text)),
            _ => Err(format!("the header `{name}` is no text")),
        });
        Ok(Self {
            url,
            subprotocols: entry.subprotocols,
            headers: headers.collect::<Result<_, _>>()?,
            tls_ca: entry.tls_ca,
            connect_timeout: Duration::from_millis(entry.connect_timeout),
            ping_interval: Some(Duration::from_millis(entry.ping_interval)).filter(|time| !time.is_zero()),
            max_message_size: entry.max_message_size,
        })
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.url.scheme() == "wss"
    }
}

/// Whether the server part of the URL ends with a port.
fn names_port(url: &str) -> bool {
    let (_, rest) = url.split_once("://").unwrap_or_default();
    let server = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let port = server.rsplit_once(':').map(|(_, port)| port);
    port.is_some_and(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The server alone: a path, a query or a user may be secret.
impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host) = (self.url.scheme(), self.url.host_str().unwrap_or_default());
        write!(
            f,
            "{scheme}://{host}:{}",
            self.url.port_or_known_default().unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn leads(url: &str, port: u16) -> String {
        let entry = Entry {
            name: "one".to_owned(),
            url: url.to_owned(),
            port,
            subprotocols: Vec::new(),
            headers: HashMap::new(),
            tls_ca: String::new(),
            connect_timeout: 1,
            ping_interval: 0,
            max_message_size: 1,
        };
        Settings::new(entry).unwrap().to_string()
    }

    #[test]
    fn port_of_the_url_wins_over_port() {
        assert_eq!(leads("ws://h:81/a?b=c", 82), "ws://h:81");
        assert_eq!(leads("ws://h:80", 82), "ws://h:80");
        assert_eq!(leads("http://user:secret@h/a", 82), "ws://h:82");
        assert_eq!(leads("ws://h", 0), "ws://h:80");
        assert_eq!(leads("https://[::1]", 0), "wss://[::1]:443");
        assert_eq!(leads("wss://h:443", 82), "wss://h:443");
    }
}
