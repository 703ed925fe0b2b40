//! Opening a connection: name → TCP → TLS, then a WebSocket. Each step is named, for the errors and for a time-out.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use socketio_proto::{Stage, TransportFailure};
use tokio::time::{Instant, sleep_until};
use tungstenite::{
    Error,
    error::ProtocolError,
    http::{HeaderMap, Request, Response, StatusCode, header},
    protocol::WebSocketConfig,
};
use url::Host;

use super::{
    activity::Noted,
    network::{Network, Wire},
    polled,
    resolve::Resolver,
    socket::{Socket, Stream},
    tls::{Tls, TlsClient},
    tunnel,
};
use crate::settings::{Settings, tls::Trust};

/// How long one address may keep the next waiting (RFC 8305, "Connection Attempt Delay").
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// How much is read at once. tungstenite clears it before each read, and every connection has one of its own; more was
/// not measurably faster.
const READ_BUFFER: usize = 8 << 10;

/// From this much on, frames are written at once; less waits for the end of the batch.
const WRITE_BUFFER: usize = 128 << 10;

/// How much of a server's text an error shows, in characters.
const SHOWN: usize = 300;

/// What connections need beside their settings.
#[derive(Clone)]
pub(super) struct Connector {
    pub(super) network: Network,
    pub(super) resolver: Resolver,
    pub(super) tls: Arc<Tls>,
}

/// Where a connection leads, and how far it is.
#[derive(Clone)]
pub(super) struct Route {
    pub(super) settings: Arc<Settings>,
    pub(super) connector: Connector,
    pub(super) progress: Progress,
}

/// The step that is under way, readable from outside of the future.
#[derive(Clone)]
pub(super) struct Progress(Arc<Mutex<Stage>>);

impl Progress {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(Stage::Dns)))
    }

    pub(super) fn stage(&self) -> Stage {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enter(&self, stage: Stage) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = stage;
    }
}

fn failed(stage: Stage, message: String) -> TransportFailure {
    TransportFailure::Failed { stage, message }
}

/// A stream to the server, and what its TLS has to say about later failures.
pub(super) struct Connected {
    pub(super) stream: Stream,
    pub(super) tls: Option<TlsClient>,
}

/// Opens a stream to the server. Dropping the future gives everything up at once.
pub(super) async fn open_stream(route: &Route) -> Result<Connected, TransportFailure> {
    let Route {
        settings,
        connector,
        progress,
    } = route;
    let endpoint = &settings.endpoint;

    progress.enter(Stage::Tls);
    let tls = match endpoint.is_secure {
        true => {
            let client = connector.tls.client(&settings.tls);
            Some(client.map_err(|message| failed(Stage::Tls, message))?)
        }
        false => None,
    };

    progress.enter(Stage::Dns);
    let (host, port) = match &settings.proxy {
        Some(proxy) => (&proxy.host, proxy.port),
        None => (&endpoint.host, endpoint.port),
    };
    let addresses = match host {
        Host::Domain(name) => connector
            .resolver
            .resolve(name, port)
            .await
            .map_err(|error| failed(Stage::Dns, format!("`{name}` is not found: {error}")))?,
        Host::Ipv4(address) => vec![SocketAddr::new(IpAddr::from(*address), port)],
        Host::Ipv6(address) => vec![SocketAddr::new(IpAddr::from(*address), port)],
    };

    progress.enter(Stage::Tcp);
    let mut stream = connect_any(&connector.network, addresses)
        .await
        .map_err(|message| failed(Stage::Tcp, message))?;
    if let Some(proxy) = &settings.proxy {
        progress.enter(Stage::Proxy);
        let target = format!("{}:{}", endpoint.host, endpoint.port);
        tunnel::open(&mut stream, proxy, &target)
            .await
            .map_err(|message| failed(Stage::Proxy, message))?;
    }
    let stream = Noted::new(stream);

    let stream = match &tls {
        Some(tls) => {
            progress.enter(Stage::Tls);
            if settings.tls.trust == Trust::Anybody {
                log::warn!(
                    "the certificate of {endpoint} is not checked (`tls_insecure_skip_verify`): \
                     whoever is on the way may read and change everything"
                );
            }
            let connected = tls.connect(&endpoint.host, stream).await;
            Stream::Tls(Box::new(
                connected.map_err(|message| failed(Stage::Tls, message))?,
            ))
        }
        None => Stream::Plain(stream),
    };
    Ok(Connected { stream, tls })
}

/// Opens a WebSocket. Dropping the future gives everything up at once.
pub(super) async fn open_websocket(route: &Route, request: Request<()>) -> Result<Socket, TransportFailure> {
    let settings = &route.settings;
    let Connected { stream, tls } = open_stream(route).await?;
    route.progress.enter(Stage::Http);
    // The write buffer itself needs no bound: `socket` stops at the first frame that is not written at once.
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(WRITE_BUFFER)
        .max_write_buffer_size(usize::MAX)
        .max_message_size(Some(settings.max_message_size))
        .max_frame_size(Some(settings.max_message_size));
    let socket = polled::upgrade(stream, request, config).await.map_err(|error| {
        match tls.and_then(|tls| late_refusal(&tls, &error)) {
            Some(message) => failed(Stage::Tls, message),
            None => failed(Stage::Http, describe_refusal(error)),
        }
    })?;
    Ok(Socket::new(socket))
}

/// What TLS has to say to a request that got no answer.
fn late_refusal(tls: &TlsClient, error: &Error) -> Option<String> {
    match error {
        Error::Io(error) => tls.explain(error),
        Error::Protocol(ProtocolError::HandshakeIncomplete) => {
            tls.explain(&io::ErrorKind::UnexpectedEof.into())
        }
        _ => None,
    }
}

/// The first address that answers; each has a head start over the next.
async fn connect_any(network: &Network, addresses: Vec<SocketAddr>) -> Result<Wire, String> {
    let mut waiting = addresses.into_iter();
    let mut attempts = FuturesUnordered::new();
    let mut next_at = Instant::now();
    let mut failures: Vec<String> = Vec::new();
    loop {
        if attempts.is_empty() || next_at <= Instant::now() {
            if let Some(address) = waiting.next() {
                attempts.push(async move { (address, network.connect(address).await) });
                next_at = Instant::now() + NEXT_ADDRESS;
            } else if attempts.is_empty() {
                return Err(match failures.is_empty() {
                    true => "the name has no address".to_owned(),
                    false => failures.join("; "),
                });
            }
        }
        tokio::select! {
            Some((address, connected)) = attempts.next() => match connected {
                Ok(stream) => return Ok(stream),
                Err(error) => failures.push(format!("{address}: {error}")),
            },
            () = sleep_until(next_at), if waiting.len() > 0 => {}
        }
    }
}

/// What the answer to the upgrade request was, if it was no upgrade.
fn describe_refusal(error: Error) -> String {
    match error {
        Error::Http(response) => describe_response(&response),
        Error::Protocol(ProtocolError::HandshakeIncomplete) => {
            "the server closed the connection without an answer".to_owned()
        }
        Error::Protocol(ProtocolError::HttparseError(error)) => {
            format!("the server's answer is not HTTP: {error}")
        }
        Error::Protocol(error) => format!("the server's answer is not a WebSocket upgrade: {error}"),
        Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

fn describe_response(response: &Response<Option<Vec<u8>>>) -> String {
    let text = response.body().as_deref().unwrap_or_default();
    describe_answer(
        response.status(),
        response.headers(),
        text,
        ", not a WebSocket upgrade",
    )
}

/// An answer that is not the wanted one, in words.
pub(super) fn describe_answer(
    status: StatusCode,
    headers: &HeaderMap,
    text: &[u8],
    instead_of: &str,
) -> String {
    let text = shown(text);
    let mut description = format!("the server answered HTTP {status}{instead_of}");
    let location = headers
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok());
    if let Some(location) = location.filter(|_| status.is_redirection()) {
        // A query may hold what is secret.
        let location = location.split('?').next().unwrap_or_default();
        description += &format!("; it redirects to {location}");
    }
    if !text.is_empty() {
        description += &format!(": {text}");
    }
    description
}

/// A server's text in one line, not too long.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let mut words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let line = words
        .by_ref()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[test]
    fn a_refusal_shows_the_servers_words() {
        let response = Response::builder()
            .status(400)
            .body(Some(br#"{"code":3,"message":"Bad request"}"#.to_vec()))
            .unwrap();
        assert_eq!(
            describe_refusal(Error::Http(Box::new(response))),
            r#"the server answered HTTP 400 Bad Request, not a WebSocket upgrade: {"code":3,"message":"Bad request"}"#
        );
    }

    #[test]
    fn a_redirection_shows_its_goal_without_the_query() {
        let response = Response::builder()
            .status(301)
            .header("Location", "https://h/x?token=secret")
            .body(None)
            .unwrap();
        let text = describe_refusal(Error::Http(Box::new(response)));
        assert!(text.ends_with("redirects to https://h/x"), "{text}");
    }

    #[test]
    fn a_page_is_cut_to_a_line() {
        let page = format!("<html>\r\n\t<body>\u{0}{}</body>", "x".repeat(500));
        let line = shown(page.as_bytes());
        assert!(
            line.starts_with("<html> <body> xxx") && line.ends_with('…'),
            "{line}"
        );
        assert_eq!(line.chars().count(), SHOWN + 1);
    }

    #[tokio::test]
    async fn an_address_that_refuses_does_not_hide_one_that_answers() {
        let gone = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stream = connect_any(&Network::Tcp, vec![gone, address]).await.unwrap();
        assert!(matches!(stream, Wire::Tcp(stream) if stream.peer_addr().unwrap() == address));
    }

    #[tokio::test]
    async fn all_addresses_that_fail_are_named() {
        let gone = TcpListener::bind("127.0.0.1:0")
            .await
            .unwrap()
            .local_addr()
            .unwrap();
        let failed = connect_any(&Network::Tcp, vec![gone, gone]).await.map(|_| ());
        let error = failed.unwrap_err();
        assert_eq!(error.matches(&gone.to_string()).count(), 2, "{error}");
        let nothing = connect_any(&Network::Tcp, vec![]).await.map(|_| ());
        assert_eq!(nothing.unwrap_err(), "the name has no address");
    }
}
