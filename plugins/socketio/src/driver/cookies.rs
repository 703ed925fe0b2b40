//! Cookies that a server sets over polling, for load balancers that must find the session's server again.
//!
//! They live as long as the session and go to its one endpoint only, so that of a cookie's attributes nothing but its
//! end matters (RFC 6265 section 5.2).

use tungstenite::http::{HeaderMap, header};

/// A server may not make us send more.
const MOST: usize = 50;
const MOST_BYTES: usize = 8 << 10;

#[derive(Default)]
pub(super) struct Cookies {
    pairs: Vec<(String, String)>,
    joined: String,
}

impl Cookies {
    /// Takes what an answer sets.
    pub(super) fn take(&mut self, headers: &HeaderMap) {
        for value in headers.get_all(header::SET_COOKIE) {
            if let Ok(text) = value.to_str() {
                self.set(text);
            }
        }
        let pairs = self.pairs.iter().map(|(name, value)| format!("{name}={value}"));
        self.joined = pairs.collect::<Vec<_>>().join("; ");
    }

    /// All of them, fit for the header `Cookie`.
    pub(super) fn joined(&self) -> Option<&str> {
        (!self.joined.is_empty()).then_some(self.joined.as_str())
    }

    fn set(&mut self, text: &str) {
        let mut parts = text.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
            return;
        };
        let (name, value) = (name.trim(), value.trim());
        let is_over = parts.any(|attribute| {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            key.trim().eq_ignore_ascii_case("max-age")
                && value.trim().parse::<i64>().is_ok_and(|age| age <= 0)
        });
        self.pairs.retain(|(known, _)| known != name);
        let held: usize = self
            .pairs
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        let has_room = self.pairs.len() < MOST && held + name.len() + value.len() <= MOST_BYTES;
        match !is_over && !name.is_empty() && has_room {
            true => self.pairs.push((name.to_owned(), value.to_owned())),
            false => log::debug!("the cookie `{name}` is not kept"),
        }
    }
}

#[cfg(test)]
mod tests {
    use tungstenite::http::HeaderValue;

    use super::*;

    fn take(cookies: &mut Cookies, texts: &[&str]) {
        let mut headers = HeaderMap::new();
        for text in texts {
            headers.append("set-cookie", HeaderValue::from_str(text).unwrap());
        }
        cookies.take(&headers);
    }

    #[test]
    fn cookies_are_kept_replaced_and_ended() {
        let mut cookies = Cookies::default();
        assert_eq!(cookies.joined(), None);
        take(
            &mut cookies,
            &[
                "io=a=b; Path=/; HttpOnly",
                "lb = 1;SameSite=Lax",
                "nonsense",
                "=x",
            ],
        );
        assert_eq!(cookies.joined(), Some("io=a=b; lb=1"));
        take(&mut cookies, &["io=c"]);
        assert_eq!(cookies.joined(), Some("lb=1; io=c"));
        take(&mut cookies, &["lb=; Max-Age=0"]);
        assert_eq!(cookies.joined(), Some("io=c"));
    }

    #[test]
    fn a_server_cannot_fill_the_memory() {
        let mut cookies = Cookies::default();
        let large = format!("a={}", "x".repeat(MOST_BYTES));
        take(&mut cookies, &[&large]);
        for n in 0..200 {
            take(&mut cookies, &[&format!("c{n}=1")]);
        }
        assert_eq!(cookies.pairs.len(), MOST);
    }
}
