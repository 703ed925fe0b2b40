//! The HTTP proxy that a connection passes: from the field `proxy`, or from the environment as other programs read it.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use url::{Host, Url};

/// A proxy that takes CONNECT. Its `Debug` and `Display` hold no secrets.
#[derive(Clone, PartialEq)]
pub(crate) struct Proxy {
    pub(crate) host: Host<String>,
    pub(crate) port: u16,
    /// The value of `Proxy-Authorization`.
    pub(crate) authorization: Option<String>,
}

/// Why there is no proxy. No text holds a secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProxyError {
    #[error("`{0}` is not the URL of a proxy: {1}")]
    Url(String, url::ParseError),
    #[error("`{0}` names a proxy of the scheme `{1}`; only http proxies are known")]
    Scheme(String, String),
    #[error("`{0}` names no host")]
    NoHost(String),
}

impl Proxy {
    /// Reads a URL, or `host:port`. `source` is where it stands, for errors.
    pub(crate) fn parse(text: &str, source: &str) -> Result<Self, ProxyError> {
        let url = match text.contains("://") {
            true => Url::parse(text),
            false => Url::parse(&format!("http://{text}")),
        };
        let url = url.map_err(|error| ProxyError::Url(source.to_owned(), error))?;
        if url.scheme() != "http" {
            return Err(ProxyError::Scheme(source.to_owned(), url.scheme().to_owned()));
        }
        let host = url.host().ok_or_else(|| ProxyError::NoHost(source.to_owned()))?;
        let has_user = !url.username().is_empty() || url.password().is_some();
        Ok(Self {
            host: host.to_owned(),
            port: url.port_or_known_default().unwrap_or(80),
            authorization: has_user.then(|| {
                let mut user: Vec<u8> = percent_decode_str(url.username()).collect();
                user.push(b':');
                user.extend(percent_decode_str(url.password().unwrap_or_default()));
                format!("Basic {}", STANDARD.encode(user))
            }),
        })
    }

    /// That of `HTTPS_PROXY` or `HTTP_PROXY` and their lower-case forms, which win, unless `NO_PROXY` excepts the host.
    pub(crate) fn from_environment(
        is_secure: bool,
        host: &Host<String>,
        port: u16,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, ProxyError> {
        let find = |names: [&'static str; 2]| {
            let values = names.into_iter().filter_map(|name| Some((name, variable(name)?)));
            values.into_iter().find(|(_, value)| !value.trim().is_empty())
        };
        let proxy = match is_secure {
            true => find(["https_proxy", "HTTPS_PROXY"]),
            false => find(["http_proxy", "HTTP_PROXY"]),
        };
        let excepted = find(["no_proxy", "NO_PROXY"]);
        match proxy {
            Some((name, text)) if !excepted.is_some_and(|(_, list)| excepts(&list, host, port)) => {
                Self::parse(text.trim(), name).map(Some)
            }
            _ => Ok(None),
        }
    }
}

/// Whether a list names the host: `*`, itself, a domain above it (with or without a leading dot), each perhaps with a port.
fn excepts(list: &str, host: &Host<String>, port: u16) -> bool {
    let host = host.to_string().to_ascii_lowercase();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    list.split([',', ' '])
        .filter(|entry| !entry.is_empty())
        .any(|entry| {
            let entry = entry.to_ascii_lowercase();
            let entry = entry.strip_suffix(&format!(":{port}")).unwrap_or(&entry);
            let domain = entry.trim_start_matches('*').trim_start_matches('.');
            let is_below = || {
                let above = bare.strip_suffix(domain);
                above.is_some_and(|above| above.ends_with('.'))
            };
            entry == "*" || entry == host || domain == bare || (!domain.is_empty() && is_below())
        })
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(text: &str) -> Proxy {
        Proxy::parse(text, "proxy").unwrap()
    }

    #[test]
    fn host_port_and_user_are_read() {
        let full = proxy("http://us%40er:p%3Aw@proxy.example:3128/");
        assert_eq!(full.to_string(), "proxy.example:3128");
        // us@er:p:w
        assert_eq!(full.authorization.as_deref(), Some("Basic dXNAZXI6cDp3"));
        assert_eq!(format!("{full:?}"), "Proxy(proxy.example:3128)");
        assert_eq!(proxy("h").to_string(), "h:80");
        assert_eq!(proxy("10.0.0.1:8080").authorization, None);
        assert_eq!(proxy("http://[::1]:1").to_string(), "[::1]:1");
    }

    #[test]
    fn other_proxies_are_refused_without_their_secrets() {
        for (text, words) in [
            ("socks5://u:secret@h:1", "scheme `socks5`"),
            ("http://u:secret@", "not the URL"),
            ("http://u:secret@h:99999", "not the URL"),
        ] {
            let error = Proxy::parse(text, "HTTP_PROXY").unwrap_err().to_string();
            assert!(error.contains(words) && error.contains("`HTTP_PROXY`"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn the_environment_is_read_as_others_do() {
        let of = |is_secure, host: &str, variables: &[(&str, &str)]| {
            let variable = |name: &str| {
                let mut all = variables.iter();
                all.find(|(known, _)| *known == name)
                    .map(|(_, value)| (*value).to_owned())
            };
            let host = Host::parse(host).unwrap();
            let found = Proxy::from_environment(is_secure, &host, 443, variable).unwrap();
            found.map(|proxy| proxy.host.to_string())
        };
        let both = [
            ("HTTP_PROXY", "http://a"),
            ("https_proxy", "b:1"),
            ("HTTPS_PROXY", "c"),
        ];
        assert_eq!(of(false, "h", &both).as_deref(), Some("a"));
        assert_eq!(of(true, "h", &both).as_deref(), Some("b"));
        assert_eq!(of(true, "h", &both[..1]), None);
        assert_eq!(
            of(true, "h", &[("https_proxy", " "), ("HTTPS_PROXY", "c")]).as_deref(),
            Some("c")
        );
        for (list, host, is_excepted) in [
            ("*", "h", true),
            ("x, h", "h", true),
            ("example.com", "www.Example.com", true),
            (".example.com", "www.example.com", true),
            ("*.example.com", "www.example.com", true),
            (".example.com", "example.com", true),
            ("example.com", "notexample.com", false),
            ("example.com:443", "example.com", true),
            ("example.com:80", "example.com", false),
            ("::1", "[::1]", true),
            ("127.0.0.1", "127.0.0.1", true),
            (".", "h", false),
            ("", "h", false),
        ] {
            let found = of(true, host, &[("HTTPS_PROXY", "p"), ("NO_PROXY", list)]);
            assert_eq!(found.is_none(), is_excepted, "{list} {host}");
        }
    }
}
