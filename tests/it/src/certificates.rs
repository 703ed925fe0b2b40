//! Certificates of all kinds, made when a test needs them, and their files in a temporary folder.

use std::{
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, SanType};
use ring::digest;

/// The end of one validity and the beginning of another: long ago, and far ahead.
pub const PAST: i32 = 2001;
/// See [`PAST`].
pub const FUTURE: i32 = 2101;

/// An authority of a test's own. The files of its certificates go with it.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: tempfile::TempDir,
}

/// A certificate and its key, in PEM.
pub struct Issued {
    /// The file of the certificate.
    pub certificate: PathBuf,
    /// The file of its key.
    pub key: PathBuf,
    /// The SHA-256 of the certificate, in hex.
    pub sha256: String,
}

impl Authority {
    /// A new one, with a key of its own.
    #[expect(clippy::new_without_default, reason = "each is another")]
    #[track_caller]
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // OpenSSL takes a certificate for self-signed that has the name of its authority.
        params.distinguished_name.push(DnType::CommonName, "authority");
        let issuer = CertifiedIssuer::self_signed(params, key()).expect("an authority can be made");
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        fs::write(folder.path().join("ca.pem"), issuer.pem()).expect("the file can be written");
        Self { issuer, folder }
    }

    /// The file of its own certificate.
    pub fn file(&self) -> PathBuf {
        self.folder().join("ca.pem")
    }

    /// Its own certificate.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// Its own certificate and key, for a server that uses what it should not.
    #[track_caller]
    pub fn as_issued(&self) -> Issued {
        self.write(
            "authority",
            &self.issuer.pem(),
            self.issuer.key(),
            self.issuer.der(),
        )
    }

    /// Where the files are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A certificate for these hosts and addresses. `name` is that of its files.
    #[track_caller]
    pub fn issue(&self, name: &str, hosts: &[&str]) -> Issued {
        self.issue_with(name, hosts, |_| {})
    }

    /// As [`issue`](Self::issue), changed.
    #[track_caller]
    pub fn issue_with(
        &self,
        name: &str,
        hosts: &[&str],
        change: impl FnOnce(&mut CertificateParams),
    ) -> Issued {
        let mut params = of_hosts(hosts);
        change(&mut params);
        let key = key();
        let certificate = params.signed_by(&key, &self.issuer).expect("it can be signed");
        self.write(name, &certificate.pem(), &key, certificate.der())
    }

    /// A certificate that no authority has signed.
    #[track_caller]
    pub fn self_signed(&self, name: &str, hosts: &[&str]) -> Issued {
        let key = key();
        let certificate = of_hosts(hosts).self_signed(&key).expect("it can be signed");
        self.write(name, &certificate.pem(), &key, certificate.der())
    }

    #[track_caller]
    fn write(&self, name: &str, certificate: &str, key: &KeyPair, der: &[u8]) -> Issued {
        let issued = Issued {
            certificate: self.folder().join(format!("{name}.pem")),
            key: self.folder().join(format!("{name}.key")),
            sha256: hex(digest::digest(&digest::SHA256, der).as_ref()),
        };
        fs::write(&issued.certificate, certificate).expect("the file can be written");
        fs::write(&issued.key, key.serialize_pem()).expect("the file can be written");
        issued
    }
}

impl Issued {
    /// The options of the Node server that speaks https with it.
    pub fn options(&self) -> [&str; 4] {
        [
            "--tls-certificate",
            text(&self.certificate),
            "--tls-key",
            text(&self.key),
        ]
    }
}

/// A path of a test's own.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("temporary folders have UTF-8 names")
}

/// Valid until [`PAST`].
pub fn expired(params: &mut CertificateParams) {
    params.not_before = rcgen::date_time_ymd(PAST - 1, 1, 1);
    params.not_after = rcgen::date_time_ymd(PAST, 1, 1);
}

/// Valid from [`FUTURE`] on.
pub fn not_yet_valid(params: &mut CertificateParams) {
    params.not_before = rcgen::date_time_ymd(FUTURE, 1, 1);
    params.not_after = rcgen::date_time_ymd(FUTURE + 1, 1, 1);
}

fn of_hosts(hosts: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.subject_alt_names = hosts
        .iter()
        .map(|host| match host.parse::<IpAddr>() {
            Ok(address) => SanType::IpAddress(address),
            Err(_) => SanType::DnsName((*host).try_into().expect("a host name")),
        })
        .collect();
    params
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key can be made")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
