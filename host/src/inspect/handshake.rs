//! Who may connect: whoever knows the token, and of the pages in a browser only those of this machine.

use tungstenite::{
    handshake::server::{ErrorResponse, Request, Response},
    http::{StatusCode, header::ORIGIN},
};
use url::{Host, Url};

/// The answer to a request for a WebSocket.
// The size of the error is tungstenite's choice.
#[expect(clippy::result_large_err, reason = "the callback's type is tungstenite's")]
pub(super) fn check(request: &Request, response: Response, token: &str) -> Result<Response, ErrorResponse> {
    let origin = request
        .headers()
        .get(ORIGIN)
        .map(|origin| origin.to_str().unwrap_or_default());
    if !origin.is_none_or(is_local) {
        return Err(refusal("pages of other machines may not look into this one"));
    }
    if !brings(request.uri().query().unwrap_or_default(), token) {
        return Err(refusal(
            "the token is missing or wrong; it was printed when the run began",
        ));
    }
    Ok(response)
}

fn refusal(reason: &str) -> ErrorResponse {
    let mut response = ErrorResponse::new(Some(format!("{reason}\n")));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response
}

/// Whether a browser loaded the page from this machine.
fn is_local(origin: &str) -> bool {
    let Ok(origin) = Url::parse(origin) else {
        return false;
    };
    let is_loopback = match origin.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    matches!(origin.scheme(), "http" | "https") && is_loopback
}

/// Compared as a whole, so that the time says nothing about where a wrong token differs.
fn brings(query: &str, token: &str) -> bool {
    let given = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("token="))
        .unwrap_or_default();
    let differences = given
        .bytes()
        .zip(token.bytes())
        .fold(0, |all, (a, b)| all | (a ^ b));
    given.len() == token.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_this_machine_alone_are_local() {
        for origin in [
            "http://localhost",
            "https://localhost:8080",
            "http://127.0.0.1:1",
            "http://[::1]:5173",
        ] {
            assert!(is_local(origin), "{origin}");
        }
        for origin in [
            "http://example.org",
            "http://localhost.example.org",
            "http://10.0.0.1",
            "null",
            "",
            "file:///x",
        ] {
            assert!(!is_local(origin), "{origin}");
        }
    }

    #[test]
    fn whole_token_is_needed() {
        assert!(brings("token=abc", "abc") && brings("x=1&token=abc", "abc"));
        for query in ["", "token=", "token=ab", "token=abcd", "token=abd", "tokens=abc"] {
            assert!(!brings(query, "abc"), "{query}");
        }
    }
}
