//! A way through an HTTP proxy: CONNECT (RFC 9110 section 9.3.6). What comes after is as if there were no proxy.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tungstenite::http::StatusCode;

use super::network::Wire;
use crate::proxy::Proxy;

/// A proxy's answer is not longer.
const LONGEST: usize = 16 << 10;

/// Asks the proxy at the other end of the stream for a connection to `target`, which is `host:port`.
pub(super) async fn open(stream: &mut Wire, proxy: &Proxy, target: &str) -> Result<(), String> {
    let authorization = match &proxy.authorization {
        Some(value) => format!("Proxy-Authorization: {value}\r\n"),
        None => String::new(),
    };
    let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n");
    let failed = |error: std::io::Error| format!("the proxy {proxy} ended the connection: {error}");
    stream.write_all(request.as_bytes()).await.map_err(failed)?;

    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        // Byte by byte: what follows is not the proxy's any more.
        head.push(stream.read_u8().await.map_err(failed)?);
        if head.len() > LONGEST {
            return Err(format!("the answer of the proxy {proxy} has no end"));
        }
    }
    match status(&head) {
        Some(status) if status.is_success() => Ok(()),
        Some(StatusCode::PROXY_AUTHENTICATION_REQUIRED) => Err(match proxy.authorization {
            Some(_) => format!("the proxy {proxy} does not accept the user and password (HTTP 407)"),
            None => format!("the proxy {proxy} wants a user and password (HTTP 407)"),
        }),
        Some(status) => Err(format!("the proxy {proxy} answered HTTP {status} for {target}")),
        None => Err(format!("the answer of the proxy {proxy} is not HTTP")),
    }
}

/// The status of `HTTP/1.1 200 OK`. The proxy's own words are not shown: they may repeat what it was sent.
fn status(head: &[u8]) -> Option<StatusCode> {
    let rest = head.strip_prefix(b"HTTP/1.")?;
    let code = rest.split(|byte| *byte == b' ').nth(1)?;
    StatusCode::from_bytes(code.get(..3)?).ok()
}
