//! TLS over any stream: what a connection's settings mean, and what its failures mean in plain words.
//!
//! Servers are checked against the system's authorities unless the settings say otherwise. Files are read at each
//! attempt, so that a renewed certificate needs no restart; what is unchanged keeps its sessions. `material` is what was
//! read, `verify` are the checks other than that of a chain, `explain` finds the words.

mod explain;
mod material;
mod verify;

use std::{
    io,
    net::IpAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsConnector, client::TlsStream};
use url::Host;

use crate::settings::tls::{MinVersion, TlsSettings, Trust};
use material::Material;
use verify::{ShownCertificate, Unchained};

/// The system's authorities, read once, when the first connection needs them.
#[derive(Default)]
pub(super) struct SystemRoots(OnceLock<Arc<RootCertStore>>);

/// TLS for the connections of one configuration.
pub(super) struct Tls {
    roots: Arc<SystemRoots>,
    /// The project's.
    folder: PathBuf,
    /// The last one, and what it was made of.
    made: Mutex<Option<(Material, TlsClient)>>,
}

/// Opens TLS streams.
#[derive(Clone)]
pub(super) struct TlsClient {
    config: Arc<ClientConfig>,
    server_name: Option<ServerName<'static>>,
    /// Whether there is a client certificate.
    has_identity: bool,
    /// Whether the server has asked for one.
    was_asked: Arc<AtomicBool>,
}

impl Tls {
    pub(super) fn new(roots: Arc<SystemRoots>, folder: PathBuf) -> Self {
        Self {
            roots,
            folder,
            made: Mutex::default(),
        }
    }

    /// Reads the files that the settings name. The same client as before, with its sessions, if nothing has changed.
    ///
    /// # Errors
    /// In words, for the stage `tls`: a file that is missing or holds something else, a key of another certificate.
    pub(super) fn client(&self, settings: &TlsSettings) -> Result<TlsClient, String> {
        let material = Material::read(settings, &self.folder)?;
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = made.as_ref().filter(|(known, _)| *known == material) {
            return Ok(client.clone());
        }
        let client = TlsClient::new(&material, &self.roots)?;
        *made = Some((material, client.clone()));
        Ok(client)
    }
}

impl TlsClient {
    fn new(material: &Material, roots: &SystemRoots) -> Result<Self, String> {
        let settings = &material.settings;
        let provider = Arc::new(ring::default_provider());
        let versions: &[_] = match settings.min_version {
            MinVersion::Tls12 => &[&rustls::version::TLS13, &rustls::version::TLS12],
            MinVersion::Tls13 => &[&rustls::version::TLS13],
        };
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .map_err(|error| error.to_string())?;
        let unchained = |pin| Arc::new(Unchained::new(pin, &provider));
        let builder = match settings.trust {
            Trust::Authorities { .. } => builder.with_root_certificates(material.roots(roots)?),
            Trust::Pin(pin) => {
                let pinned = unchained(Some(pin));
                builder.dangerous().with_custom_certificate_verifier(pinned)
            }
            Trust::Anybody => builder
                .dangerous()
                .with_custom_certificate_verifier(unchained(None)),
        };
        let identity = material.identity(&provider)?;
        let was_asked = Arc::<AtomicBool>::default();
        Ok(Self {
            has_identity: identity.is_some(),
            config: Arc::new(
                builder
                    .with_client_cert_resolver(Arc::new(ShownCertificate::new(identity, was_asked.clone()))),
            ),
            server_name: settings.server_name.clone(),
            was_asked,
        })
    }

    /// Makes the stream a TLS stream to the host. Dropping the future drops the stream.
    ///
    /// # Errors
    /// In words, for the stage `tls`.
    pub(super) async fn connect<S>(&self, host: &Host<String>, stream: S) -> Result<TlsStream<S>, String>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        self.was_asked.store(false, Ordering::Relaxed);
        let name = match (&self.server_name, host) {
            (Some(name), _) => name.clone(),
            (None, Host::Domain(name)) => {
                ServerName::try_from(name.clone()).map_err(|error| error.to_string())?
            }
            (None, Host::Ipv4(address)) => ServerName::from(IpAddr::from(*address)),
            (None, Host::Ipv6(address)) => ServerName::from(IpAddr::from(*address)),
        };
        let connected = TlsConnector::from(Arc::clone(&self.config)).connect(name, stream);
        connected.await.map_err(|error| match self.explain(&error) {
            Some(words) => words,
            None if error.kind() == io::ErrorKind::UnexpectedEof => {
                "the server closed the connection".to_owned()
            }
            None => error.to_string(),
        })
    }

    /// Why a connection failed, if TLS is the reason. In TLS 1.3 a server refuses a client certificate only after the
    /// handshake, so that the first one to hear of it is whoever reads the answer.
    pub(super) fn explain(&self, error: &io::Error) -> Option<String> {
        let known = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>());
        let hung_up = match (known, self.is_asked(), self.has_identity) {
            (Some(error), is_asked, has_identity) => {
                return Some(explain::words(error, is_asked, has_identity));
            }
            (None, false, _) => return None,
            (None, true, false) => explain::SHOWN_NONE,
            (None, true, true) => explain::SHOWN_ONE,
        };
        Some(match error.kind() {
            io::ErrorKind::UnexpectedEof => hung_up.to_owned(),
            _ => format!("{hung_up}: {error}"),
        })
    }

    fn is_asked(&self) -> bool {
        self.was_asked.load(Ordering::Relaxed)
    }
}

impl SystemRoots {
    fn get(&self) -> &RootCertStore {
        self.0.get_or_init(|| {
            let mut roots = RootCertStore::empty();
            let found = rustls_native_certs::load_native_certs();
            for error in &found.errors {
                log::warn!("a part of the system's certificates cannot be read: {error}");
            }
            roots.add_parsable_certificates(found.certs);
            Arc::new(roots)
        })
    }
}
