//! The entries of `settings.socketio.connections`, as the driver uses them.
//!
//! The host has checked types and ranges and filled in the defaults of `section`; here the fields get their meaning.
//! An entry that has none is that entry's fault alone: the others work.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use pulsewire_plugin_api::{Host, PluginError};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use socketio_proto::{Config, Limits, Parser, Protocol, Retries};

use crate::{
    endpoint::{Endpoint, EndpointError, Parts},
    outgoing::MAX_ATTACHMENTS,
    proxy::{Proxy, ProxyError},
    secrets::Secrets,
    section::SECTION,
};

mod choices;
mod entry;
pub(crate) mod tls;

pub(crate) use choices::Overflow;
use entry::Entry;
use tls::{TlsError, TlsSettings};

/// A closing handshake may take so long; well below the time that `deactivate` has.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(1200);

/// One connection. Its `Debug` holds no secrets.
#[derive(PartialEq)]
pub(crate) struct Settings {
    pub(crate) endpoint: Endpoint,
    /// Of use with https and wss only.
    pub(crate) tls: TlsSettings,
    /// With their leading slash, each once, in order; at least one.
    pub(crate) namespaces: Vec<String>,
    /// To be taken out of what the server says.
    pub(crate) secrets: Secrets,
    /// What CONNECT carries.
    auth: Option<Json>,
    /// The same for single namespaces, by their normalized names.
    namespace_auth: HashMap<String, Option<Json>>,
    pub(crate) reconnection_delay: Duration,
    /// Bounds of what waits to be sent; that of the packets holds without a connection only.
    pub(crate) send_buffer: Limits,
    /// What gives way where these do not hold all.
    pub(crate) overflow: Overflow,
    pub(crate) max_message_size: usize,
    protocol: Protocol,
    parser: Parser,
    strip_offset: bool,
    /// What Send With Acknowledgement waits at most; `None` is for ever.
    pub(crate) ack_timeout: Option<Duration>,
    pub(crate) retries: Option<Retries>,
    pub(crate) max_pending_acks: usize,
    /// In the order in which they are tried; at least one, each once.
    transports: Vec<TransportKind>,
    pub(crate) upgrade: bool,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) try_all_transports: bool,
    remember_upgrade: bool,
    /// For one HTTP request of polling; `None` is any time.
    pub(crate) request_timeout: Option<Duration>,
    reconnection: bool,
    reconnection_attempts: Option<u32>,
    reconnection_delay_max: Duration,
    randomization_factor: f64,
    pub(crate) timeout: Option<Duration>,
    connect_timeout: Option<Duration>,
}

/// A way to carry packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TransportKind {
    /// HTTP long-polling.
    Polling,
    /// WebSocket.
    WebSocket,
}

impl fmt::Display for TransportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
        })
    }
}

/// Why an entry cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    #[error("{0}")]
    Entry(#[source] serde_json::Error),
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("the namespace `{0}` holds a `,`")]
    Namespace(String),
    #[error("the auth of the namespace `{0}` is no Dictionary (setting `namespace_auth`)")]
    NamespaceAuth(String),
    #[error("`retries` needs `ack_timeout`: how long to wait before an event is sent again")]
    NoAckTimeout,
    #[error("`{0}` is no transport; there are `polling` and `websocket`")]
    Transport(String),
    #[error("no transport is named; there are `polling` and `websocket`")]
    NoTransport,
    #[error("long-polling speaks Engine.IO 4 only; with `engine_io = \"3\"` the transport is `websocket`")]
    OldPolling,
}

/// An entry, or why it cannot be used.
pub(crate) type Checked = Result<Arc<Settings>, Arc<str>>;

/// All entries by their names.
pub(crate) fn read(host: &Host) -> Result<HashMap<String, Checked>, PluginError> {
    let section: Section = host.settings(SECTION.id())?;
    let mut all = HashMap::with_capacity(section.connections.len());
    for entry in section.connections {
        let Some(name) = entry.get("name").and_then(Json::as_str).map(str::to_owned) else {
            continue;
        };
        let checked = Settings::parse(entry).map(Arc::new).map_err(|error| {
            log::error!("connection `{name}`: {error}");
            error.to_string().into()
        });
        all.insert(name, checked);
    }
    Ok(all)
}

impl Settings {
    pub(crate) fn parse(entry: Json) -> Result<Self, SettingsError> {
        let entry: Entry = serde_json::from_value(entry).map_err(SettingsError::Entry)?;
        let protocol = entry.engine_io.into();
        let endpoint = Endpoint::new(&Parts {
            url: &entry.url,
            port: entry.port,
            path: &entry.path,
            query: &entry.query,
            headers: &entry.headers,
            protocol,
        })?;
        let tls = TlsSettings::new(&entry.tls)?;
        if tls.is_wanted() && !endpoint.is_secure {
            log::warn!("{endpoint} is not encrypted: its settings for TLS have no effect");
        }
        let transports = transports(&entry.transports)?;
        if protocol == Protocol::EngineIo3 && transports.contains(&TransportKind::Polling) {
            return Err(SettingsError::OldPolling);
        }
        let proxy = match entry.proxy.is_empty() {
            false => Some(Proxy::parse(&entry.proxy, "proxy")?),
            true if entry.proxy_from_environment => {
                let variable = |name: &str| std::env::var(name).ok();
                Proxy::from_environment(endpoint.is_secure, &endpoint.host, endpoint.port, variable)?
            }
            true => None,
        };
        Ok(Self {
            endpoint,
            proxy,
            tls,
            secrets: Secrets::new(
                &entry.url,
                &[&entry.auth, &entry.namespace_auth, &entry.query, &entry.headers],
            ),
            namespaces: namespaces(&entry.namespaces)?,
            auth: auth(entry.auth),
            namespace_auth: namespace_auth(entry.namespace_auth)?,
            reconnection_delay: entry.reconnection_delay,
            send_buffer: Limits {
                packets: entry.send_buffer,
                bytes: entry.send_buffer_bytes,
            },
            overflow: entry.send_buffer_policy,
            max_message_size: entry.max_message_size,
            protocol,
            parser: entry.parser.into(),
            strip_offset: entry.strip_offset,
            retries: retries(entry.retries, entry.ack_timeout)?,
            ack_timeout: (!entry.ack_timeout.is_zero()).then_some(entry.ack_timeout),
            max_pending_acks: entry.max_pending_acks,
            transports,
            upgrade: entry.upgrade,
            try_all_transports: entry.try_all_transports,
            remember_upgrade: entry.remember_upgrade,
            request_timeout: (!entry.request_timeout.is_zero()).then_some(entry.request_timeout),
            reconnection: entry.reconnection,
            reconnection_attempts: (entry.reconnection_attempts > 0).then_some(entry.reconnection_attempts),
            reconnection_delay_max: entry.reconnection_delay_max,
            randomization_factor: entry.randomization_factor,
            timeout: (!entry.timeout.is_zero()).then_some(entry.timeout),
            connect_timeout: (!entry.connect_timeout.is_zero()).then_some(entry.connect_timeout),
        })
    }

    /// What the CONNECT of a namespace carries; its name is normalized.
    pub(crate) fn auth(&self, namespace: &str) -> Option<Json> {
        let own = self.namespace_auth.get(namespace);
        own.unwrap_or(&self.auth).clone()
    }

    /// The transports for the next attempt. `has_worked_by_websocket`: the last connection did.
    pub(crate) fn transports_to_try(&self, has_worked_by_websocket: bool) -> Vec<TransportKind> {
        let websocket = TransportKind::WebSocket;
        match self.remember_upgrade && has_worked_by_websocket && self.transports.contains(&websocket) {
            true => vec![websocket],
            false => self.transports.clone(),
        }
    }

    /// What the protocol needs of it.
    pub(crate) fn client_config(&self, random: impl FnMut() -> f64 + Send + 'static) -> Config {
        let mut config = Config::new(random);
        config.protocol = self.protocol;
        config.parser = self.parser;
        config.strip_offset = self.strip_offset;
        config.reconnection = self.reconnection;
        config.reconnection_attempts = self.reconnection_attempts;
        config.reconnection_delay = self.reconnection_delay;
        config.reconnection_delay_max = self.reconnection_delay_max;
        config.randomization_factor = self.randomization_factor;
        config.connect_timeout = self.timeout;
        config.namespace_timeout = self.connect_timeout;
        config.close_timeout = CLOSE_TIMEOUT;
        // Send refuses in time, see `driver::load`; so nothing that was taken is refused later.
        config.send_buffer = Limits {
            packets: usize::MAX,
            bytes: usize::MAX,
        };
        config.max_pending_acks = usize::MAX;
        config.retries = self.retries;
        config.max_sent_attachments = MAX_ATTACHMENTS;
        // A server with connection state recovery sends all that was missed ahead of its reply.
        config.receive_buffer = Limits {
            packets: usize::MAX,
            bytes: config.receive_buffer.bytes.max(self.max_message_size),
        };
        config.max_attachment_bytes = self.max_message_size;
        config
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings({})", self.endpoint)
    }
}

/// The normalized names, each once; `/` if there is none.
fn namespaces(names: &[String]) -> Result<Vec<String>, SettingsError> {
    let mut namespaces = Vec::with_capacity(names.len().max(1));
    for name in names {
        if name.contains(',') {
            return Err(SettingsError::Namespace(name.clone()));
        }
        let name = socketio_proto::normalize_namespace(name).into_owned();
        if !namespaces.contains(&name) {
            namespaces.push(name);
        }
    }
    if namespaces.is_empty() {
        namespaces.push("/".to_owned());
    }
    Ok(namespaces)
}

/// Nothing is no auth.
fn auth(members: Map<String, Json>) -> Option<Json> {
    (!members.is_empty()).then_some(Json::Object(members))
}

fn namespace_auth(fields: Map<String, Json>) -> Result<HashMap<String, Option<Json>>, SettingsError> {
    let fields = fields.into_iter().map(|(name, value)| match value {
        Json::Object(members) => Ok((
            socketio_proto::normalize_namespace(&name).into_owned(),
            auth(members),
        )),
        _ => Err(SettingsError::NamespaceAuth(name)),
    });
    fields.collect()
}

/// 0 is none.
fn retries(count: u32, timeout: Duration) -> Result<Option<Retries>, SettingsError> {
    match (count, timeout.is_zero()) {
        (0, _) => Ok(None),
        (_, true) => Err(SettingsError::NoAckTimeout),
        (_, false) => Ok(Some(Retries { count, timeout })),
    }
}

/// Each transport once.
fn transports(names: &[String]) -> Result<Vec<TransportKind>, SettingsError> {
    let mut transports = Vec::with_capacity(names.len());
    for name in names {
        let kind = match name.as_str() {
            "polling" => TransportKind::Polling,
            "websocket" => TransportKind::WebSocket,
            _ => return Err(SettingsError::Transport(name.clone())),
        };
        if !transports.contains(&kind) {
            transports.push(kind);
        }
    }
    match transports.is_empty() {
        true => Err(SettingsError::NoTransport),
        false => Ok(transports),
    }
}

#[derive(Deserialize)]
struct Section {
    /// Read one by one, so that one that is wrong does not hide the others.
    connections: Vec<Json>,
}

#[cfg(test)]
pub(crate) mod tests {
    use pulsewire_plugin_api::{Plugin, describe::Json as Describe, manifest::Manifest};
    use serde_json::json;

    use super::*;
    use crate::SocketIo;

    const LEN: usize = Describe::<0>::metadata(&SocketIo::ABOUT).len();

    /// An entry with the declared defaults and these fields.
    pub(crate) fn entry(fields: Json) -> Json {
        let metadata = Describe::<LEN>::metadata(&SocketIo::ABOUT).into_bytes();
        let manifest = Manifest::from_json(&metadata).unwrap();
        let mut entry = Map::new();
        for field in &manifest.sections[0].lists[0].fields {
            let default = field
                .default
                .clone()
                .unwrap_or_else(|| pulsewire_plugin_api::value::Value::default_of(field.data_type));
            entry.insert(field.id.clone(), default.to_json().parse().unwrap());
        }
        entry.extend(fields.as_object().cloned().unwrap());
        Json::Object(entry)
    }

    fn settings(fields: Json) -> Settings {
        Settings::parse(entry(fields)).unwrap()
    }

    fn fault(fields: Json) -> String {
        Settings::parse(entry(fields)).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_those_of_the_official_client() {
        let settings = settings(json!({"name": "a", "url": "http://h"}));
        let config = settings.client_config(|| 0.0);
        let official = Config::new(|| 0.0);
        assert_eq!(config.protocol, Protocol::Auto);
        assert_eq!(config.reconnection, official.reconnection);
        assert_eq!(config.reconnection_attempts, official.reconnection_attempts);
        assert_eq!(config.reconnection_delay, official.reconnection_delay);
        assert_eq!(config.reconnection_delay_max, official.reconnection_delay_max);
        assert_eq!(config.randomization_factor, official.randomization_factor);
        assert_eq!(config.connect_timeout, official.connect_timeout);
        assert_eq!(config.namespace_timeout, official.namespace_timeout);
        assert_eq!(settings.namespaces, ["/"]);
        assert_eq!(settings.auth("/"), None);
        assert_eq!(settings.endpoint.to_string(), "http://h/socket.io/");
        assert_eq!(settings.send_buffer.packets, 1000);
        assert_eq!(settings.overflow, Overflow::Refuse);
        assert_eq!(settings.max_message_size, 100_000_000);
        assert_eq!(settings.ack_timeout, None);
        assert_eq!(config.retries, official.retries);
        assert_eq!(settings.max_pending_acks, official.max_pending_acks);
    }

    #[test]
    fn fields_reach_the_protocol() {
        let settings = settings(json!({
            "engine_io": "3", "url": "wss://h", "reconnection": false, "reconnection_attempts": 3, "reconnection_delay": 10,
            "reconnection_delay_max": 20, "randomization_factor": 0.0, "timeout": 0, "connect_timeout": 7,
            "max_message_size": 200_000_000, "strip_offset": true, "auth": {"token": "t"},
        }));
        let config = settings.client_config(|| 0.0);
        assert_eq!(config.protocol, Protocol::EngineIo3);
        assert!(!config.reconnection && config.strip_offset);
        assert_eq!(config.reconnection_attempts, Some(3));
        assert_eq!(config.reconnection_delay, Duration::from_millis(10));
        assert_eq!(config.reconnection_delay_max, Duration::from_millis(20));
        assert_eq!(config.randomization_factor, 0.0);
        assert_eq!(config.connect_timeout, None);
        assert_eq!(config.namespace_timeout, Some(Duration::from_millis(7)));
        assert_eq!(config.max_attachment_bytes, 200_000_000);
        assert_eq!(settings.auth("/"), Some(json!({"token": "t"})));
    }

    #[test]
    fn namespaces_are_normalized_and_never_empty() {
        let names = |names: Json| settings(json!({"url": "http://h", "namespaces": names})).namespaces;
        assert_eq!(names(json!([])), ["/"]);
        assert_eq!(names(json!(["admin", "/", "/admin"])), ["/admin", "/"]);
        assert!(fault(json!({"url": "http://h", "namespaces": ["/a,b"]})).contains("`/a,b`"));
        assert!(fault(json!({"url": "http://h", "namespaces": [1]})).contains("expected a string"));
    }

    #[test]
    fn a_namespace_may_have_auth_of_its_own() {
        let settings = settings(json!({
            "url": "http://h", "auth": {"t": 1}, "namespace_auth": {"admin": {"t": 2}, "/open": {}},
        }));
        assert_eq!(settings.auth("/"), Some(json!({"t": 1})));
        assert_eq!(settings.auth("/admin"), Some(json!({"t": 2})));
        assert_eq!(settings.auth("/open"), None);
        let wrong = fault(json!({"url": "http://h", "namespace_auth": {"/a": "open sesame"}}));
        assert!(wrong.contains("`/a`") && !wrong.contains("sesame"), "{wrong}");
    }

    #[test]
    fn retries_need_a_time_limit() {
        let fields = |timeout| json!({"url": "http://h", "retries": 2, "ack_timeout": timeout});
        let retries = Retries {
            count: 2,
            timeout: Duration::from_millis(7),
        };
        assert_eq!(settings(fields(7)).client_config(|| 0.0).retries, Some(retries));
        assert!(fault(fields(0)).contains("`ack_timeout`"));
    }

    #[test]
    fn transports_are_named_in_their_order() {
        let names = |names: Json| settings(json!({"url": "http://h", "transports": names})).transports;
        assert_eq!(
            settings(json!({"url": "http://h"})).transports,
            [TransportKind::WebSocket]
        );
        assert_eq!(
            names(json!(["polling", "websocket", "polling"])),
            [TransportKind::Polling, TransportKind::WebSocket]
        );
        assert!(fault(json!({"url": "http://h", "transports": ["webtransport"]})).contains("`webtransport`"));
        assert!(fault(json!({"url": "http://h", "transports": []})).contains("no transport"));
        let old = json!({"url": "http://h", "transports": ["polling"], "engine_io": "3"});
        assert!(fault(old).contains("Engine.IO 4 only"));
    }

    #[test]
    fn a_remembered_websocket_is_tried_alone() {
        let both = [TransportKind::Polling, TransportKind::WebSocket];
        for (names, remember, has_worked, expected) in [
            (json!(["polling", "websocket"]), true, true, &both[1..]),
            (json!(["polling", "websocket"]), true, false, &both[..]),
            (json!(["polling", "websocket"]), false, true, &both[..]),
            (json!(["polling"]), true, true, &both[..1]),
        ] {
            let fields = json!({"url": "http://h", "transports": names, "remember_upgrade": remember});
            assert_eq!(settings(fields).transports_to_try(has_worked), expected);
        }
    }

    #[test]
    fn debug_output_holds_no_secrets() {
        let settings = settings(json!({"url": "http://a:secret@h", "auth": {"t": "secret"}}));
        assert_eq!(format!("{settings:?}"), "Settings(http://h/socket.io/)");
    }
}
