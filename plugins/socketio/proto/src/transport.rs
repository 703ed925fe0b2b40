//! What passes between the client and its transport: frames, and the reasons why a transport ended.

use std::fmt;

use bytes::Bytes;

/// One WebSocket message. Received text is borrowed (`Frame<&str>`), text to send is owned (`Frame<String>`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame<T = String> {
    /// A text message.
    Text(T),
    /// A binary message.
    Binary(Bytes),
}

/// The step of connecting, or of working, in which something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Reading the URL.
    Url,
    /// Looking up the host's name.
    Dns,
    /// Connecting over TCP.
    Tcp,
    /// Passing a proxy.
    Proxy,
    /// Agreeing on TLS.
    Tls,
    /// The HTTP answer to the upgrade request.
    Http,
    /// The WebSocket protocol, or reading and writing once it is open.
    WebSocket,
    /// The Engine.IO handshake.
    Handshake,
    /// Joining a namespace.
    Namespace,
    /// Reading a packet.
    Parse,
    /// A configured limit.
    Limit,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url => "url",
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Http => "http",
            Self::WebSocket => "websocket",
            Self::Handshake => "handshake",
            Self::Namespace => "namespace",
            Self::Parse => "parse",
            Self::Limit => "limit",
        })
    }
}

/// Why a transport could not be opened, or is gone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportFailure {
    /// The peer ended it: a close frame, or the end of the stream. The reason `transport close`.
    #[error("the server closed the connection{}", describe(*.code, .reason))]
    Closed {
        /// The code of the close frame, if there was one.
        code: Option<u16>,
        /// The text of the close frame.
        reason: String,
    },
    /// It failed: refused, reset, not trusted, not valid. The reason `transport error`.
    #[error("{stage}: {message}")]
    Failed {
        /// Where it failed.
        stage: Stage,
        /// What happened, in words.
        message: String,
    },
}

impl TransportFailure {
    /// The end of the stream, without a close frame.
    pub fn eof() -> Self {
        Self::Closed {
            code: None,
            reason: String::new(),
        }
    }

    /// Whether a close frame tells more than "goodbye" (RFC 6455 section 7.4.1: 1000, 1001 and 1005 do not).
    pub(crate) fn is_noteworthy(&self) -> bool {
        match self {
            Self::Closed { code, .. } => !matches!(code, None | Some(1000 | 1001 | 1005)),
            Self::Failed { .. } => true,
        }
    }
}

fn describe(code: Option<u16>, reason: &str) -> String {
    let Some(code) = code else { return String::new() };
    match (code, reason) {
        (1009, "") => " with code 1009 (message too big)".to_owned(),
        (_, "") => format!(" with code {code}"),
        _ => format!(" with code {code} ({reason})"),
    }
}
