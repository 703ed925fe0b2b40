//! Opening a connection: name → TCP → TLS → WebSocket. Errors say in words which of them failed.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
    sync::{Arc, OnceLock},
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{
    WebSocketStream, client_async_with_config,
    tungstenite::{Error, client::ClientRequestBuilder, protocol::WebSocketConfig},
};
use url::Host;

use crate::{
    life::{Life, Watched},
    section::Settings,
};

/// How many bytes a file of authorities may have; those of a whole system are less than one million.
const AUTHORITIES: u64 = 16 << 20;

/// Plain or with TLS.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

pub(crate) type Socket = WebSocketStream<Box<dyn Stream>>;

/// Opens the connection. Dropping the future gives it up at once. `folder` is the project's; `life` is noted from now on.
pub(crate) async fn open(settings: &Settings, folder: &Path, life: &Life) -> Result<Socket, String> {
    let stream = open_stream(settings, folder, life).await?;
    let uri = settings.url.as_str().parse();
    let uri = uri.map_err(|error| format!("the URL is at fault: {error}"))?;
    let mut request = ClientRequestBuilder::new(uri);
    for name in &settings.subprotocols {
        request = request.with_sub_protocol(name);
    }
    for (name, value) in &settings.headers {
        request = request.with_header(name, value);
    }
    let config = WebSocketConfig::default()
        .max_message_size(Some(settings.max_message_size))
        .max_frame_size(Some(settings.max_message_size));
    let opened = client_async_with_config(request, stream, Some(config)).await;
    opened.map(|(socket, _)| socket).map_err(|error| refusal(&error))
}

/// What the server said instead of agreeing.
fn refusal(error: &Error) -> String {
    match error {
        Error::Http(response) => format!(
            "the server answered HTTP {}, not a WebSocket upgrade",
            response.status()
        ),
        // It may show a header, which may be secret.
        Error::HttpFormat(_) => "a header or a subprotocol of the settings is no valid HTTP".to_owned(),
        other => other.to_string(),
    }
}

async fn open_stream(settings: &Settings, folder: &Path, life: &Life) -> Result<Box<dyn Stream>, String> {
    let host = settings.url.host().ok_or("the URL has no server")?;
    let port = settings.url.port_or_known_default().unwrap_or_default();
    let (stream, name) = match host {
        Host::Domain(name) => (
            TcpStream::connect((name, port)).await,
            ServerName::try_from(name.to_owned()).map_err(|error| error.to_string()),
        ),
        Host::Ipv4(address) => (
            TcpStream::connect((address, port)).await,
            Ok(ServerName::from(std::net::IpAddr::from(address))),
        ),
        Host::Ipv6(address) => (
            TcpStream::connect((address, port)).await,
            Ok(ServerName::from(std::net::IpAddr::from(address))),
        ),
    };
    let stream = stream.map_err(|error| error.to_string())?;
    if let Err(error) = stream.set_nodelay(true) {
        log::debug!("TCP_NODELAY cannot be set: {error}");
    }
    let stream = Watched::new(stream, life.clone());
    if !settings.is_secure() {
        return Ok(Box::new(stream));
    }
    let (file, folder) = (settings.tls_ca.clone(), folder.to_owned());
    // Disks may be slow, those of a network above all; other connections share this thread.
    let reading = tokio::task::spawn_blocking(move || roots(&file, &folder));
    let roots = reading.await.map_err(|error| error.to_string())??;
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let config = builder.with_root_certificates(roots).with_no_client_auth();
    let connected = TlsConnector::from(Arc::new(config)).connect(name?, stream).await;
    let stream = connected.map_err(|error| format!("TLS: {error}"))?;
    Ok(Box::new(stream))
}

/// The authorities to trust. A file is read each time, so that a renewed one needs no restart.
fn roots(file: &str, folder: &Path) -> Result<Arc<RootCertStore>, String> {
    static SYSTEM: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    if file.is_empty() {
        return Ok(Arc::clone(SYSTEM.get_or_init(|| {
            let mut roots = RootCertStore::empty();
            let (added, ignored) =
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            log::debug!("{added} authorities of the system, {ignored} unreadable ones");
            Arc::new(roots)
        })));
    }
    let at_fault = |error: &dyn std::fmt::Display| format!("the authorities in `{file}`: {error}");
    let mut roots = RootCertStore::empty();
    let pem = read_authorities(&folder.join(file)).map_err(|error| at_fault(&error))?;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| at_fault(&error))?;
        roots.add(certificate).map_err(|error| at_fault(&error))?;
    }
    match roots.is_empty() {
        true => Err(at_fault(&"there is none")),
        false => Ok(Arc::new(roots)),
    }
}

fn read_authorities(path: &Path) -> io::Result<Vec<u8>> {
    // To open a pipe waits for somebody who writes.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let mut pem = Vec::new();
    File::open(path)?.take(AUTHORITIES + 1).read_to_end(&mut pem)?;
    match pem.len() as u64 > AUTHORITIES {
        true => Err(io::Error::other(format!("it has more than {AUTHORITIES} bytes"))),
        false => Ok(pem),
    }
}
