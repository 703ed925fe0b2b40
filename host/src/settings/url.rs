//! What a field of the format `url` accepts: an absolute URL with a host.
//!
//! The parser of browsers forgives much that is a slip in a settings file: `http:///x` gets the host `x`, and
//! `localhost:3000` is a URL of the scheme `localhost`. So the outer shape is checked first.

use std::borrow::Cow;

use url::{ParseError, Url};

use super::{check::Problem, listing::MASK};
use crate::{diagnostics::suggestion, literal::shortened};

/// The URL without its credentials, as in `http://********@host`; the password may be one that is used elsewhere.
///
/// What is no URL has credentials too if it looks like it, because faults quote it.
pub(super) fn masked(text: &str) -> Cow<'_, str> {
    let start = text.find("://").map_or(0, |at| at + 3);
    let rest = &text[start..];
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    // A port that is no number: a password holds one of those characters, and the host comes later.
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let is_cut = !host.starts_with('[') && host.split_once(':').is_some_and(|(_, port)| !is_port(port));
    let at = match is_cut {
        true => rest.rfind('@'),
        false => authority.rfind('@'),
    };
    match at {
        Some(at) => Cow::Owned(format!("{}{MASK}{}", &text[..start], &rest[at..])),
        None => Cow::Borrowed(text),
    }
}

/// `schemes` are those allowed, in lower case; none means all.
pub(super) fn check(field: &str, text: &str, schemes: &[String]) -> Result<(), Problem> {
    let shown = shortened(&masked(text));
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(Problem::new(format!("{field} is `{shown}`, a URL has no spaces")));
    }
    let Some((scheme, rest)) = text.split_once("://") else {
        let host = text.trim_start_matches('/');
        return Err(
            Problem::new(format!("{field} is `{shown}`, a URL without scheme")).hint(match host {
                "" => "write one such as `http://localhost`".to_owned(),
                host => format!("write `http://{}`", shortened(&masked(host))),
            }),
        );
    };
    if !schemes.is_empty() && !schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme)) {
        let message = format!(
            "{field} is `{shown}`, a URL of the scheme `{}`, expected {}",
            shortened(scheme),
            one_of(schemes)
        );
        let hint = suggestion(scheme, schemes.iter().map(String::as_str));
        return Err(Problem { message, hint });
    }
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

/// `http, https or ws`.
fn one_of(words: &[String]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        words => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn credentials_are_masked_and_nothing_else() {
        for (text, shown) in [
            ("http://user:pw@host", "http://********@host"),
            (
                "http://user:pw@host:80/a@b?c=@d",
                "http://********@host:80/a@b?c=@d",
            ),
            ("http://user:pw@host/a@b", "http://********@host/a@b"),
            ("http://user:pw@[::1]:80/@a", "http://********@[::1]:80/@a"),
            ("ws://token@host", "ws://********@host"),
            ("http://user:p@w@host", "http://********@host"),
            ("http://user:p/w@host/a", "http://********@host/a"),
            ("http://user:p#w@host", "http://********@host"),
            ("http://user:p\\w@host", "http://********@host"),
            ("user:pw@host", "********@host"),
        ] {
            assert_eq!(masked(text), shown);
        }
        for plain in [
            "",
            "http://",
            "http://host/@me",
            "http://host:3000?at=a@b",
            "http://[::1]/@a",
            "host",
        ] {
            assert_eq!(masked(plain), plain);
        }
    }
}
