//! Certificates and keys, as files and fields hold them.

use std::{fs, io::ErrorKind, path::Path};

use pkcs8::{EncryptedPrivateKeyInfoRef, SecretDocument};
use rustls::{
    Error, InconsistentKeys, RootCertStore,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject},
    sign::CertifiedKey,
};

use super::SystemRoots;
use crate::settings::tls::{Pem, TlsSettings, Trust};

/// Larger files hold something else.
const LARGEST: u64 = 4 << 20;

/// The fields, as the Project Settings name them.
const CA: &str = "tls_ca";
const CERTIFICATE: &str = "tls_certificate";
const KEY: &str = "tls_key";
const PASSWORD: &str = "tls_key_password";

/// RFC 7468, section 11.
const ENCRYPTED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----";
const ENCRYPTED_END: &str = "-----END ENCRYPTED PRIVATE KEY-----";

/// The settings with the contents of the files that they name. No `Debug`: a private key stands in it.
#[derive(PartialEq)]
pub(super) struct Material {
    pub(super) settings: TlsSettings,
    authorities: Option<Vec<u8>>,
    certificate: Option<Vec<u8>>,
    key: Option<Vec<u8>>,
}

impl Material {
    pub(super) fn read(settings: &TlsSettings, folder: &Path) -> Result<Self, String> {
        let authorities = match &settings.trust {
            Trust::Authorities { extra: Some(pem) } => Some(read(CA, pem, folder)?),
            _ => None,
        };
        let (certificate, key) = match &settings.identity {
            Some(identity) => (
                Some(read(CERTIFICATE, &identity.certificate, folder)?),
                Some(read(KEY, &identity.key, folder)?),
            ),
            None => (None, None),
        };
        Ok(Self {
            settings: settings.clone(),
            authorities,
            certificate,
            key,
        })
    }

    /// The system's authorities and those of the settings.
    pub(super) fn roots(&self, system: &SystemRoots) -> Result<RootCertStore, String> {
        let mut roots = system.get().clone();
        if let Some(pem) = &self.authorities {
            for certificate in certificates(CA, pem)? {
                roots
                    .add(certificate)
                    .map_err(|error| format!("`{CA}` holds a certificate that cannot be used: {error}"))?;
            }
        }
        if roots.is_empty() {
            return Err(format!(
                "the system has no certificate authorities; set `{CA}` or `tls_pin`"
            ));
        }
        Ok(roots)
    }

    /// What the server is shown when it asks.
    pub(super) fn identity(&self, provider: &CryptoProvider) -> Result<Option<CertifiedKey>, String> {
        let (Some(certificate), Some(key)) = (&self.certificate, &self.key) else {
            return Ok(None);
        };
        let chain = certificates(CERTIFICATE, certificate)?;
        let password = self
            .settings
            .identity
            .as_ref()
            .map(|identity| &*identity.password);
        let key = private_key(key, password.unwrap_or_default())?;
        match CertifiedKey::from_der(chain, key, provider) {
            Ok(identity) => Ok(Some(identity)),
            Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Err(format!(
                "the key of `{KEY}` does not belong to the first certificate of `{CERTIFICATE}`"
            )),
            Err(error) => Err(format!("`{CERTIFICATE}` and `{KEY}` cannot be used: {error}")),
        }
    }
}

fn read(field: &str, pem: &Pem, folder: &Path) -> Result<Vec<u8>, String> {
    let path = match pem {
        Pem::Text(text) => return Ok(text.clone().into_bytes()),
        Pem::File(path) => folder.join(path),
    };
    // What was meant to be a key may have been taken for a path.
    let shown = match field {
        KEY => format!(
            "(its path is not shown; relative ones start at `{}`)",
            folder.display()
        ),
        _ => format!("`{}`", path.display()),
    };
    let failed = |what: &str| format!("the file of `{field}` {what}: {shown}");
    let about = match fs::metadata(&path) {
        Ok(about) => about,
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(failed("is not found")),
        Err(error) => return Err(failed(&format!("cannot be read ({})", error.kind()))),
    };
    if !about.is_file() {
        return Err(failed("is no file"));
    }
    if about.len() > LARGEST {
        return Err(failed("is too large for PEM"));
    }
    fs::read(&path).map_err(|error| failed(&format!("cannot be read ({})", error.kind())))
}

/// In any of the forms that rustls knows, or encrypted. Errors say nothing of what was read, which may be a part of the
/// key.
fn private_key(pem: &[u8], password: &str) -> Result<PrivateKeyDer<'static>, String> {
    let unreadable = || format!("`{KEY}` holds no private key in PEM that can be read");
    let text = std::str::from_utf8(pem).map_err(|_| unreadable())?;
    let Some(begin) = text.find(ENCRYPTED) else {
        return PrivateKeyDer::from_pem_slice(pem).map_err(|_| unreadable());
    };
    if password.is_empty() {
        return Err(format!("the key of `{KEY}` is encrypted; set `{PASSWORD}`"));
    }
    let end = text[begin..].find(ENCRYPTED_END).ok_or_else(unreadable)?;
    let section = &text[begin..begin + end + ENCRYPTED_END.len()];
    let (_, encrypted) = SecretDocument::from_pem(section).map_err(|_| unreadable())?;
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(encrypted.as_bytes()).map_err(|_| unreadable())?;
    let key = encrypted
        .decrypt(password)
        .map_err(|_| format!("the key of `{KEY}` cannot be decrypted; is `{PASSWORD}` right?"))?;
    Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into())
}

/// At least one.
fn certificates(field: &str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match found {
        Ok(found) if found.is_empty() => Err(format!("`{field}` holds no certificate in PEM")),
        Ok(found) => Ok(found),
        Err(_) => Err(format!("`{field}` holds a certificate whose PEM is damaged")),
    }
}
