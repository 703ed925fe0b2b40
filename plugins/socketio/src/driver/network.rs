//! The streams below TLS: TCP, and in the driver's own tests streams in memory, with which the clock may stand still.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll},
};

#[cfg(test)]
use tokio::io::DuplexStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// Who connects.
#[derive(Clone, Default)]
pub(super) enum Network {
    /// The system.
    #[default]
    Tcp,
    /// The test.
    #[cfg(test)]
    Played(std::sync::Arc<dyn Fn(SocketAddr) -> io::Result<DuplexStream> + Send + Sync>),
}

/// A stream to an address.
pub(super) enum Wire {
    Tcp(TcpStream),
    #[cfg(test)]
    Played(DuplexStream),
}

impl Network {
    pub(super) async fn connect(&self, address: SocketAddr) -> io::Result<Wire> {
        match self {
            Self::Tcp => {
                let stream = TcpStream::connect(address).await?;
                if let Err(error) = stream.set_nodelay(true) {
                    log::debug!("TCP_NODELAY cannot be set: {error}");
                }
                Ok(Wire::Tcp(stream))
            }
            #[cfg(test)]
            Self::Played(connect) => connect(address).map(Wire::Played),
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            #[cfg(test)]
            Self::Played(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            #[cfg(test)]
            Self::Played(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            #[cfg(test)]
            Self::Played(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            #[cfg(test)]
            Self::Played(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
