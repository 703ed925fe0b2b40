//! Where a connection goes: what the URL, the port, the path, the query and the headers of an entry mean together.
//!
//! Rules (design §7): a port in the URL wins over the field, a path in the URL is the engine path. The WebSocket URL is
//! that of Engine.IO 4 (`EIO=4&transport=websocket`) unless a server of the older one is set, without the cache buster that only polling needs.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value as Json};
use socketio_proto::Protocol;
use tungstenite::{
    handshake::client::generate_key,
    http::{HeaderMap, HeaderName, HeaderValue, Request, Uri, header},
};
use url::{Host, Url};

/// Parameters that are the protocol's own.
const RESERVED_PARAMETERS: [&str; 3] = ["EIO", "transport", "sid"];

/// Headers that make the WebSocket handshake.
const RESERVED_HEADERS: [&str; 7] = [
    "connection",
    "content-length",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "upgrade",
];

/// A server's Socket.IO endpoint. Its `Debug` and `Display` hold no secrets.
#[derive(PartialEq)]
pub(crate) struct Endpoint {
    pub(crate) is_secure: bool,
    pub(crate) host: Host<String>,
    pub(crate) port: u16,
    uri: Uri,
    headers: HeaderMap,
    shown: String,
}

/// What an entry says about the endpoint.
pub(crate) struct Parts<'a> {
    pub(crate) url: &'a str,
    /// 0: not set.
    pub(crate) port: u16,
    pub(crate) path: &'a str,
    pub(crate) query: &'a Map<String, Json>,
    pub(crate) headers: &'a Map<String, Json>,
    pub(crate) protocol: Protocol,
}

/// Why an entry names no endpoint. No text holds a secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EndpointError {
    #[error("the URL is not valid: {0}")]
    Url(url::ParseError),
    #[error("the URL has the scheme `{0}`; use http, https, ws or wss")]
    Scheme(String),
    #[error("the URL has no host")]
    NoHost,
    #[error("port 0 is not a port")]
    Port,
    #[error("the path or the query is not valid in a URL")]
    Path,
    #[error("`{0}` is not the name of an HTTP header")]
    HeaderName(String),
    #[error("the header `{0}` belongs to the handshake and cannot be set")]
    ReservedHeader(String),
    #[error("the value of the header `{0}` cannot be sent")]
    HeaderValue(String),
}

impl Endpoint {
    pub(crate) fn new(parts: &Parts<'_>) -> Result<Self, EndpointError> {
        let mut url = Url::parse(parts.url).map_err(EndpointError::Url)?;
        let is_secure = match url.scheme() {
            "http" | "ws" => false,
            "https" | "wss" => true,
            other => return Err(EndpointError::Scheme(other.to_owned())),
        };
        let host = url.host().ok_or(EndpointError::NoHost)?.to_owned();
        let default_port = if is_secure { 443 } else { 80 };
        let port = match explicit_port(parts.url, &url) {
            Some(0) => return Err(EndpointError::Port),
            Some(port) => port,
            None if parts.port != 0 => parts.port,
            None => default_port,
        };

        if url.path() == "/" {
            url.set_path(parts.path);
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let path = url.path().to_owned();
        let query = query(&url, parts.query, parts.protocol);

        let authority = match port == default_port {
            true => host.to_string(),
            false => format!("{host}:{port}"),
        };
        let scheme = if is_secure { "wss" } else { "ws" };
        let uri = format!("{scheme}://{authority}{path}?{query}")
            .parse()
            .map_err(|_| EndpointError::Path)?;
        Ok(Self {
            is_secure,
            host,
            port,
            uri,
            headers: headers(&url, &authority, parts.headers)?,
            shown: format!("{}://{authority}{path}", url.scheme()),
        })
    }

    /// The request that asks for the WebSocket; each has a key of its own.
    pub(crate) fn request(&self) -> Request<()> {
        let mut request = Request::new(());
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        // A key is base64, which any header can hold.
        if let Ok(key) = HeaderValue::try_from(generate_key()) {
            headers.insert(header::SEC_WEBSOCKET_KEY, key);
        }
        request
    }
}

/// The URL without user, password and query.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({self})")
    }
}

/// The port that stands in the URL, be it the scheme's default, which `Url` forgets.
fn explicit_port(text: &str, url: &Url) -> Option<u16> {
    url.port().or_else(|| {
        let authority = text.split_once("://")?.1.split(['/', '?', '#', '\\']).next()?;
        let (_, after_host) = authority.rsplit_once('@').unwrap_or(("", authority));
        let after_host = after_host.rsplit_once(']').map_or(after_host, |(_, rest)| rest);
        after_host.rsplit_once(':')?.1.parse().ok()
    })
}

/// The protocol's parameters, then those of the URL and of the field; the field wins.
fn query(url: &Url, fields: &Map<String, Json>, protocol: Protocol) -> String {
    // Servers of Socket.IO 2 do not read it; later ones with `allowEIO3` do.
    let engine_io = match protocol {
        Protocol::EngineIo3 => "3",
        Protocol::EngineIo4 | Protocol::Auto => "4",
    };
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("EIO", engine_io)
        .append_pair("transport", "websocket");
    let is_free = |key: &str| !RESERVED_PARAMETERS.contains(&key);
    for (key, value) in url.query_pairs() {
        if is_free(&key) && !fields.contains_key(&*key) {
            query.append_pair(&key, &value);
        }
    }
    for (key, value) in fields.iter().filter(|(key, _)| is_free(key)) {
        query.append_pair(key, &plain(value));
    }
    query.finish()
}

fn headers(url: &Url, authority: &str, fields: &Map<String, Json>) -> Result<HeaderMap, EndpointError> {
    let mut headers = HeaderMap::new();
    let host = HeaderValue::try_from(authority).map_err(|_| EndpointError::NoHost)?;
    headers.insert(header::HOST, host);
    if !url.username().is_empty() || url.password().is_some() {
        let mut user = percent_decode_str(url.username()).collect::<Vec<u8>>();
        user.push(b':');
        user.extend(percent_decode_str(url.password().unwrap_or_default()));
        if let Ok(value) = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(user))) {
            headers.insert(header::AUTHORIZATION, value);
        }
    }
    for (key, value) in fields {
        let name: HeaderName = key.parse().map_err(|_| EndpointError::HeaderName(key.clone()))?;
        if RESERVED_HEADERS.contains(&name.as_str()) {
            return Err(EndpointError::ReservedHeader(key.clone()));
        }
        let value =
            HeaderValue::try_from(plain(value)).map_err(|_| EndpointError::HeaderValue(key.clone()))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// A text as it is, anything else as its JSON.
fn plain(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn endpoint_with(
        url: &str,
        port: u16,
        path: &str,
        query: Json,
        headers: Json,
    ) -> Result<Endpoint, EndpointError> {
        let map = |json: Json| json.as_object().cloned().unwrap();
        Endpoint::new(&Parts {
            url,
            port,
            path,
            query: &map(query),
            headers: &map(headers),
            protocol: Protocol::Auto,
        })
    }

    fn endpoint(url: &str, port: u16) -> Endpoint {
        endpoint_with(url, port, "/socket.io", json!({}), json!({})).unwrap()
    }

    fn header<'a>(request: &'a Request<()>, name: &str) -> &'a str {
        request.headers()[name].to_str().unwrap()
    }

    #[test]
    fn the_url_of_the_handshake_is_that_of_engine_io_4() {
        for (url, port, expected) in [
            (
                "http://localhost",
                0,
                "ws://localhost/socket.io/?EIO=4&transport=websocket",
            ),
            (
                "https://localhost",
                0,
                "wss://localhost/socket.io/?EIO=4&transport=websocket",
            ),
            ("ws://h", 3000, "ws://h:3000/socket.io/?EIO=4&transport=websocket"),
            (
                "wss://h:8443",
                3000,
                "wss://h:8443/socket.io/?EIO=4&transport=websocket",
            ),
            (
                "http://[::1]:3000",
                0,
                "ws://[::1]:3000/socket.io/?EIO=4&transport=websocket",
            ),
            ("http://h/engine", 0, "ws://h/engine/?EIO=4&transport=websocket"),
            (
                "http://h/a/b/?x=1",
                0,
                "ws://h/a/b/?EIO=4&transport=websocket&x=1",
            ),
        ] {
            assert_eq!(endpoint(url, port).request().uri().to_string(), expected, "{url}");
        }
    }

    #[test]
    fn a_port_in_the_url_wins() {
        for (url, port, expected) in [
            ("http://h", 0, 80),
            ("https://h", 0, 443),
            ("wss://h", 80, 80),
            ("http://h:81", 3000, 81),
            // The scheme's default, but said.
            ("http://h:80", 3000, 80),
            ("https://u:443@h:443/x", 3000, 443),
            ("http://u:1@h", 3000, 3000),
            ("http://[::1]", 3000, 3000),
            ("http://[::1]:80/a:9", 3000, 80),
        ] {
            assert_eq!(endpoint(url, port).port, expected, "{url}");
        }
        let refused = endpoint_with("http://h:0", 3000, "/", json!({}), json!({}));
        assert_eq!(refused, Err(EndpointError::Port));
    }

    #[test]
    fn the_field_path_is_for_urls_without_one() {
        let path = |url: &str, path: &str| {
            let endpoint = endpoint_with(url, 0, path, json!({}), json!({})).unwrap();
            endpoint.request().uri().path().to_owned()
        };
        assert_eq!(path("http://h", "/engine"), "/engine/");
        assert_eq!(path("http://h/", "engine/"), "/engine/");
        assert_eq!(path("http://h/url", "/field"), "/url/");
        assert_eq!(path("http://h", ""), "/");
        assert_eq!(path("http://h", "/a b?"), "/a%20b%3F/");
    }

    #[test]
    fn the_query_keeps_the_protocols_parameters() {
        let fields = json!({"room": "a&b é", "n": 1, "on": true, "sid": "x", "EIO": 3});
        let endpoint = endpoint_with("http://h?room=old&EIO=3&v=2", 0, "/p", fields, json!({})).unwrap();
        assert_eq!(
            endpoint.request().uri().query(),
            Some("EIO=4&transport=websocket&v=2&n=1&on=true&room=a%26b+%C3%A9")
        );
    }

    #[test]
    fn only_the_setting_asks_for_engine_io_3() {
        let endpoint = Endpoint::new(&Parts {
            url: "http://h?EIO=4",
            port: 0,
            path: "/p",
            query: &Map::new(),
            headers: &Map::new(),
            protocol: Protocol::EngineIo3,
        });
        let query = endpoint.unwrap().request().uri().query().map(str::to_owned);
        assert_eq!(query.as_deref(), Some("EIO=3&transport=websocket"));
    }

    #[test]
    fn headers_and_the_urls_user_are_sent() {
        let headers = json!({"X-Number": 7, "Cookie": "a=b"});
        let endpoint = endpoint_with("http://us%40er:p%3Aw@h:3000", 0, "/p", json!({}), headers).unwrap();
        let request = endpoint.request();
        assert_eq!(header(&request, "x-number"), "7");
        assert_eq!(header(&request, "cookie"), "a=b");
        assert_eq!(header(&request, "host"), "h:3000");
        // us@er:p:w
        assert_eq!(header(&request, "authorization"), "Basic dXNAZXI6cDp3");
        assert_eq!(header(&request, "upgrade"), "websocket");
        assert_ne!(
            header(&request, "sec-websocket-key"),
            header(&endpoint.request(), "sec-websocket-key")
        );
    }

    #[test]
    fn faults_are_named_without_secrets() {
        let fault = |url: &str, headers: Json| {
            let endpoint = endpoint_with(url, 0, "/p", json!({}), headers);
            endpoint.unwrap_err().to_string()
        };
        assert!(fault("ftp://h", json!({})).contains("scheme `ftp`"));
        assert!(fault("http://", json!({})).contains("not valid"));
        assert!(fault("http://h", json!({"a b": "x"})).contains("`a b`"));
        assert!(fault("http://h", json!({"Upgrade": "x"})).contains("`Upgrade`"));
        let text = fault("http://h", json!({"token": "sec\nret"}));
        assert!(text.contains("`token`") && !text.contains("ret`"), "{text}");
    }

    #[test]
    fn an_endpoint_is_shown_without_secrets() {
        let query = json!({"key": "secret"});
        let endpoint = endpoint_with(
            "https://me:secret@h/p?t=secret",
            0,
            "/",
            query,
            json!({"a": "secret"}),
        )
        .unwrap();
        assert_eq!(endpoint.to_string(), "https://h/p/");
        assert_eq!(format!("{endpoint:?}"), "Endpoint(https://h/p/)");
    }
}
