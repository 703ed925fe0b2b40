//! Where a connection goes: what the URL, the port, the path, the query and the headers of an entry mean together.
//!
//! Rules (design §7): a port in the URL wins over the field, a path in the URL is the engine path. Requests are those of
//! Engine.IO 4 (`EIO=4&transport=…`) unless a server of the older one is set; only those of polling have a cache buster.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value as Json};
use socketio_proto::Protocol;
use tungstenite::{
    handshake::client::generate_key,
    http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header},
};
use url::{Host, Url};

/// Parameters that are the protocol's own.
const RESERVED_PARAMETERS: [&str; 3] = ["EIO", "transport", "sid"];

/// Headers that make the WebSocket handshake, or say how a body is sent.
const RESERVED_HEADERS: [&str; 9] = [
    "connection",
    "content-length",
    "content-type",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "transfer-encoding",
    "upgrade",
];

/// A server's Socket.IO endpoint. Its `Debug` and `Display` hold no secrets.
#[derive(PartialEq)]
pub(crate) struct Endpoint {
    pub(crate) is_secure: bool,
    pub(crate) host: Host<String>,
    pub(crate) port: u16,
    /// `h:3000`, without the scheme's default port.
    authority: String,
    /// `EIO`: servers of Socket.IO 2 do not read it; later ones with `allowEIO3` do.
    engine_io: &'static str,
    path: String,
    /// The parameters of the entry, each with a leading `&`.
    parameters: String,
    headers: HeaderMap,
    shown: String,
}

/// An Engine.IO session that a request belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Session<'a> {
    pub(crate) sid: &'a str,
    /// What the server has set, fit for the header `Cookie`.
    pub(crate) cookies: Option<&'a str>,
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
        let parameters = parameters(&url, parts.query);

        let authority = match port == default_port {
            true => host.to_string(),
            false => format!("{host}:{port}"),
        };
        let endpoint = Self {
            is_secure,
            host,
            port,
            headers: headers(&url, &authority, parts.headers)?,
            shown: format!("{}://{authority}{path}", url.scheme()),
            authority,
            engine_io: match parts.protocol {
                Protocol::EngineIo3 => "3",
                Protocol::EngineIo4 | Protocol::Auto => "4",
            },
            path,
            parameters,
        };
        endpoint.websocket(None)?;
        Ok(endpoint)
    }

    /// The request that asks for a WebSocket, be it for a session that polls; each has a key of its own.
    pub(crate) fn websocket(&self, session: Option<Session<'_>>) -> Result<Request<()>, EndpointError> {
        let target = self.target("websocket", session, None);
        let scheme = if self.is_secure { "wss" } else { "ws" };
        let mut request = self.request((), session, format!("{scheme}://{}{target}", self.authority))?;
        let headers = request.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
        // A key is base64, which any header can hold.
        if let Ok(key) = HeaderValue::try_from(generate_key()) {
            headers.insert(header::SEC_WEBSOCKET_KEY, key);
        }
        Ok(request)
    }

    /// A request of long-polling: GET, or POST with a body of this type. Without a session it is the handshake. `unique` keeps
    /// caches on the way from answering.
    pub(crate) fn polling<B>(
        &self,
        content_type: Option<&'static str>,
        body: B,
        session: Option<Session<'_>>,
        unique: &str,
    ) -> Result<Request<B>, EndpointError> {
        let mut request = self.request(body, session, self.target("polling", session, Some(unique)))?;
        let headers = request.headers_mut();
        headers
            .entry(header::ACCEPT)
            .or_insert(HeaderValue::from_static("*/*"));
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        if let Some(content_type) = content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
            *request.method_mut() = Method::POST;
        }
        Ok(request)
    }

    fn request<B>(
        &self,
        body: B,
        session: Option<Session<'_>>,
        uri: String,
    ) -> Result<Request<B>, EndpointError> {
        let mut request = Request::new(body);
        *request.uri_mut() = Uri::try_from(uri).map_err(|_| EndpointError::Path)?;
        let headers = request.headers_mut();
        headers.clone_from(&self.headers);
        if let Some(cookies) = session.and_then(|session| session.cookies) {
            let own = headers.get(header::COOKIE).and_then(|value| value.to_str().ok());
            let all = own.map_or(cookies.to_owned(), |own| format!("{own}; {cookies}"));
            let all = HeaderValue::try_from(all).map_err(|_| EndpointError::Path)?;
            headers.insert(header::COOKIE, all);
        }
        Ok(request)
    }

    /// Path and query.
    fn target(&self, transport: &str, session: Option<Session<'_>>, unique: Option<&str>) -> String {
        let Self {
            engine_io,
            path,
            parameters,
            ..
        } = self;
        let mut target = format!("{path}?EIO={engine_io}&transport={transport}{parameters}");
        let own = [("sid", session.map(|session| session.sid)), ("t", unique)];
        for (key, value) in own {
            if let Some(value) = value {
                target.push('&');
                let start = target.len();
                url::form_urlencoded::Serializer::for_suffix(&mut target, start).append_pair(key, value);
            }
        }
        target
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

/// The parameters of the URL and of the field, but for the protocol's own; the field wins.
fn parameters(url: &Url, fields: &Map<String, Json>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let is_free = |key: &str| !RESERVED_PARAMETERS.contains(&key);
    for (key, value) in url.query_pairs() {
        if is_free(&key) && !fields.contains_key(&*key) {
            query.append_pair(&key, &value);
        }
    }
    for (key, value) in fields.iter().filter(|(key, _)| is_free(key)) {
        query.append_pair(key, &plain(value));
    }
    match query.finish() {
        none if none.is_empty() => none,
        some => format!("&{some}"),
    }
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
mod tests;
