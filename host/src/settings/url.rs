//! What a field of the format `url` accepts: an absolute URL with a host.
//!
//! The parser of browsers forgives much that is a slip in a settings file: `http:///x` gets the host `x`, and
//! `localhost:3000` is a URL of the scheme `localhost`. So the outer shape is checked first.

use url::{ParseError, Url};

use super::check::Problem;
use crate::literal::shortened;

pub(super) fn check(field: &str, text: &str) -> Result<(), Problem> {
    let shown = shortened(text);
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Problem::new(format!("{field} is `{shown}`, a URL has no spaces")));
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        let host = text.trim_start_matches('/');
        return Err(
            Problem::new(format!("{field} is `{shown}`, a URL without scheme")).hint(match host {
                "" => "write one such as `http://localhost`".to_owned(),
                host => format!("write `http://{}`", shortened(host)),
            }),
        );
    };
    let without_host = || {
        Problem::new(format!("{field} is `{shown}`, a URL without host"))
            .hint(format!("write one such as `{scheme}://localhost`"))
    };
    if rest.is_empty() || rest.starts_with(['/', '?', '#', ':', '\\']) {
        return Err(without_host());
    }
    let bad_port = || Problem::new(format!("the port in {field} `{shown}` is not one of 1 to 65535"));
    match Url::parse(text) {
        Ok(url) if !url.has_host() => Err(without_host()),
        Ok(url) if url.port() == Some(0) => Err(bad_port()),
        Ok(_) => Ok(()),
        Err(ParseError::EmptyHost) => Err(without_host()),
        Err(ParseError::InvalidPort) => Err(bad_port()),
        Err(error) => Err(Problem::new(format!("{field} is `{shown}`, no URL: {error}"))),
    }
}
