//! Checks of a server that ask no authority, and the certificate that the client shows.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ring::digest;
use rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme,
    client::{
        ResolvesClientCert,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    sign::CertifiedKey,
};

use crate::settings::tls::Sha256;

/// Accepts the pinned certificate; without a pin any. That the server has the certificate's key is always checked.
pub(super) struct Unchained {
    pin: Option<Sha256>,
    algorithms: WebPkiSupportedAlgorithms,
}

/// The server showed another certificate than the pinned one.
#[derive(Debug, thiserror::Error)]
#[error("the server's certificate is not the pinned one (`tls_pin`); its SHA-256 is {0}")]
pub(super) struct NotPinned(String);

impl Unchained {
    pub(super) fn new(pin: Option<Sha256>, provider: &CryptoProvider) -> Self {
        Self {
            pin,
            algorithms: provider.signature_verification_algorithms,
        }
    }
}

impl ServerCertVerifier for Unchained {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(pin) = self.pin else {
            return Ok(ServerCertVerified::assertion());
        };
        let hash = digest::digest(&digest::SHA256, certificate);
        if hash.as_ref() == pin.0 {
            return Ok(ServerCertVerified::assertion());
        }
        let found = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Err(CertificateError::Other(OtherError(Arc::new(NotPinned(found)))).into())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl fmt::Debug for Unchained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unchained(pinned: {})", self.pin.is_some())
    }
}

/// The certificate for a server that asks, if there is one; and whether one has asked.
pub(super) struct ShownCertificate {
    identity: Option<Arc<CertifiedKey>>,
    was_asked: Arc<AtomicBool>,
}

impl ShownCertificate {
    pub(super) fn new(identity: Option<CertifiedKey>, was_asked: Arc<AtomicBool>) -> Self {
        Self {
            identity: identity.map(Arc::new),
            was_asked,
        }
    }
}

impl ResolvesClientCert for ShownCertificate {
    fn resolve(&self, _authorities: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.was_asked.store(true, Ordering::Relaxed);
        self.identity.clone()
    }

    fn has_certs(&self) -> bool {
        self.identity.is_some()
    }
}

impl fmt::Debug for ShownCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShownCertificate(set: {})", self.identity.is_some())
    }
}
