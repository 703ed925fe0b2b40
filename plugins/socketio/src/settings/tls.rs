//! What an entry says about TLS, checked as far as that goes without reading a file.

use std::fmt;

use rustls::pki_types::ServerName;
use serde::Deserialize;

/// What begins PEM; a file's name does not hold it.
const PEM_MARK: &str = "-----BEGIN ";

/// How the server is checked, and what it is shown. No `Debug`: a private key may stand in it.
#[derive(Clone, PartialEq)]
pub(crate) struct TlsSettings {
    pub(crate) trust: Trust,
    pub(crate) identity: Option<Identity>,
    /// Asked for and checked in place of the URL's host.
    pub(crate) server_name: Option<ServerName<'static>>,
    pub(crate) min_version: MinVersion,
}

/// Which servers are trusted.
#[derive(Clone, PartialEq)]
pub(crate) enum Trust {
    /// Those whose certificate comes from an authority of the system, or from one of these.
    Authorities { extra: Option<Pem> },
    /// The one whose certificate has this SHA-256, whoever made it, for whichever host and time.
    Pin(Sha256),
    /// All.
    Anybody,
}

/// The certificate that the client shows, for mutual TLS.
#[derive(Clone, PartialEq)]
pub(crate) struct Identity {
    pub(crate) certificate: Pem,
    pub(crate) key: Pem,
    /// Empty: none.
    pub(crate) password: String,
}

/// Where PEM is found.
#[derive(Clone, PartialEq)]
pub(crate) enum Pem {
    /// In a file, relative to the project's folder.
    File(String),
    /// Here.
    Text(String),
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum MinVersion {
    #[serde(rename = "1.2")]
    Tls12,
    #[serde(rename = "1.3")]
    Tls13,
}

/// A fingerprint; 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sha256(pub(crate) [u8; 32]);

/// Why the fields make no sense. No text holds a secret.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TlsError {
    #[error("`tls_pin` is not the SHA-256 of a certificate: 64 hexadecimal digits, with or without `:`")]
    Pin,
    #[error("`tls_pin` and `{0}` exclude each other")]
    Contradiction(&'static str),
    #[error("`{0}` needs `{1}` too")]
    Incomplete(&'static str, &'static str),
    #[error("`tls_server_name` is neither a host name nor an IP address")]
    ServerName,
}

/// The fields.
#[derive(Deserialize)]
pub(super) struct TlsEntry {
    tls_ca: String,
    tls_certificate: String,
    tls_key: String,
    tls_key_password: String,
    tls_server_name: String,
    tls_pin: String,
    tls_insecure_skip_verify: bool,
    tls_min_version: MinVersion,
}

impl TlsSettings {
    pub(super) fn new(entry: &TlsEntry) -> Result<Self, TlsError> {
        Ok(Self {
            trust: trust(entry)?,
            identity: match (Pem::new(&entry.tls_certificate), Pem::new(&entry.tls_key)) {
                (Some(certificate), Some(key)) => Some(Identity {
                    certificate,
                    key,
                    password: entry.tls_key_password.clone(),
                }),
                (Some(_), None) => return Err(TlsError::Incomplete("tls_certificate", "tls_key")),
                (None, Some(_)) => return Err(TlsError::Incomplete("tls_key", "tls_certificate")),
                (None, None) => None,
            },
            server_name: match entry.tls_server_name.trim() {
                "" => None,
                name => Some(ServerName::try_from(name.to_owned()).map_err(|_| TlsError::ServerName)?),
            },
            min_version: entry.tls_min_version,
        })
    }

    /// Whether anything is asked for that only TLS can give.
    pub(super) fn is_wanted(&self) -> bool {
        self.trust != Trust::Authorities { extra: None } || self.identity.is_some()
    }
}

fn trust(entry: &TlsEntry) -> Result<Trust, TlsError> {
    let extra = Pem::new(&entry.tls_ca);
    if entry.tls_pin.trim().is_empty() {
        return Ok(match entry.tls_insecure_skip_verify {
            true => Trust::Anybody,
            false => Trust::Authorities { extra },
        });
    }
    if entry.tls_insecure_skip_verify {
        return Err(TlsError::Contradiction("tls_insecure_skip_verify"));
    }
    if extra.is_some() {
        return Err(TlsError::Contradiction("tls_ca"));
    }
    let pin = Sha256::parse(entry.tls_pin.trim()).ok_or(TlsError::Pin)?;
    Ok(Trust::Pin(pin))
}

impl Pem {
    fn new(text: &str) -> Option<Self> {
        match text.trim() {
            "" => None,
            text if text.contains(PEM_MARK) => Some(Self::Text(text.to_owned())),
            path => Some(Self::File(path.to_owned())),
        }
    }
}

impl Sha256 {
    /// Hexadecimal digits, as `openssl x509 -fingerprint -sha256` and browsers write them.
    fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().filter(|byte| *byte != b':');
        let digits: Option<Vec<u32>> = digits.map(|byte| char::from(byte).to_digit(16)).collect();
        let bytes = digits?;
        if bytes.len() % 2 != 0 {
            return None;
        }
        let bytes = bytes
            .chunks_exact(2)
            .map(|pair| u8::try_from(pair[0] * 16 + pair[1]));
        let bytes: Vec<u8> = bytes.collect::<Result<_, _>>().ok()?;
        bytes.try_into().ok().map(Self)
    }
}

/// In lower case, without colons.
impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::settings::{Settings, tests::entry};

    fn tls(mut fields: Json) -> Result<TlsSettings, String> {
        fields["url"] = json!("https://h");
        let settings = Settings::parse(entry(fields)).map_err(|error| error.to_string())?;
        Ok(settings.tls)
    }

    fn fault(fields: Json) -> String {
        tls(fields).err().unwrap()
    }

    #[test]
    fn servers_are_checked_by_default() {
        let tls = tls(json!({})).ok().unwrap();
        assert!(tls.trust == Trust::Authorities { extra: None });
        assert!(tls.identity.is_none() && tls.server_name.is_none());
        assert!(tls.min_version == MinVersion::Tls12);
        assert!(!tls.is_wanted());
    }

    #[test]
    fn pem_is_told_from_a_path() {
        let of = |ca: &str| tls(json!({"tls_ca": ca})).ok().unwrap().trust;
        let file = Pem::File("certificates/ca.pem".to_owned());
        assert!(of(" certificates/ca.pem\n") == Trust::Authorities { extra: Some(file) });
        let text = "# ours\n-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----";
        assert!(
            of(text)
                == Trust::Authorities {
                    extra: Some(Pem::Text(text.to_owned()))
                }
        );
    }

    #[test]
    fn a_pin_is_read_as_others_write_it() {
        let plain = "0a".repeat(32);
        let colons = vec!["0A"; 32].join(":");
        for text in [plain.as_str(), &colons] {
            let trust = tls(json!({"tls_pin": text})).ok().unwrap().trust;
            assert!(trust == Trust::Pin(Sha256([10; 32])), "{text}");
        }
        assert_eq!(Sha256([10; 32]).to_string(), plain);
        for text in [&plain[1..], &plain[2..], "sha256", &"é".repeat(32)] {
            assert_eq!(fault(json!({"tls_pin": text})), TlsError::Pin.to_string());
        }
    }

    #[test]
    fn fields_that_exclude_each_other_are_refused() {
        let pin = "00".repeat(32);
        for (fields, expected) in [
            (
                json!({"tls_pin": pin, "tls_insecure_skip_verify": true}),
                "`tls_insecure_skip_verify` exclude each other",
            ),
            (
                json!({"tls_pin": pin, "tls_ca": "ca.pem"}),
                "`tls_ca` exclude each other",
            ),
            (json!({"tls_key": "key.pem"}), "`tls_key` needs `tls_certificate`"),
            (
                json!({"tls_certificate": "c.pem"}),
                "`tls_certificate` needs `tls_key`",
            ),
            (json!({"tls_server_name": "a b"}), "neither a host name nor an IP"),
        ] {
            let fault = fault(fields);
            assert!(fault.contains(expected), "{fault}");
        }
    }
}
