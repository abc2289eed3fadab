//! Byte streams to and from a peer: TCP, TLS 1.3, Unix sockets.

use crate::address::{Address, HostPort};
use crate::local_socket::{UnixListener, UnixStream};
use anyhow::{anyhow, bail, Context};
use clap::Args;
use oap_probe::dial;
use std::env;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{lookup_host, TcpListener, TcpStream};
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::version::TLS13;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// A stream of bytes both ways.
pub trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

pub type Stream = Box<dyn Duplex>;

/// Whom to trust over TLS.
#[derive(Args, Clone, Default)]
pub struct Trust {
    /// PEM file of the authorities that are trusted over TLS [default: those of the system]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The name that the certificate has to bear [default: the host of the address]
    #[arg(long, value_name = "NAME")]
    server_name: Option<String>,
}

/// Where the system keeps the certificates of authorities; `SSL_CERT_FILE` names another file. Windows has no such file.
const SYSTEM_AUTHORITIES: &str = match cfg!(target_os = "macos") {
    true => "/etc/ssl/cert.pem",
    false => "/etc/ssl/certs/ca-certificates.crt",
};

impl Trust {
    fn connector(&self) -> anyhow::Result<TlsConnector> {
        let named = env::var_os("SSL_CERT_FILE").map(PathBuf::from);
        let file = self.ca.clone().or(named).unwrap_or_else(|| SYSTEM_AUTHORITIES.into());
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates(&file)?);
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&TLS13])?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Arc::new(config).into())
    }

    async fn wrap(&self, place: &HostPort, stream: TcpStream) -> anyhow::Result<Stream> {
        let name = self.server_name.clone().unwrap_or_else(|| place.host.clone());
        let server = ServerName::try_from(name)?;
        Ok(Box::new(self.connector()?.connect(server, stream).await?))
    }
}

fn certificates(file: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(file).and_then(Iterator::collect);
    read.map_err(|error| anyhow!("{}: {error}", file.display()))
}

/// Connects. Nagle's algorithm is off.
///
/// # Errors
/// The address, and why no connection was made.
pub async fn connect(address: &Address, trust: &Trust) -> anyhow::Result<Stream> {
    connect_from(None, address, trust).await
}

/// Likewise, from that address of this machine where one is given.
///
/// # Errors
/// The address, and why no connection was made.
pub async fn connect_from(
    from: Option<IpAddr>,
    address: &Address,
    trust: &Trust,
) -> anyhow::Result<Stream> {
    let stream = try_connect(from, address, trust).await;
    stream.with_context(|| match from {
        Some(from) => format!("no connection from {from} to {address}"),
        None => format!("no connection to {address}"),
    })
}

async fn try_connect(
    from: Option<IpAddr>,
    address: &Address,
    trust: &Trust,
) -> anyhow::Result<Stream> {
    Ok(match address {
        Address::Tcp(place) => Box::new(tcp(from, place).await?),
        Address::Tls(place) => trust.wrap(place, tcp(from, place).await?).await?,
        Address::Unix(_) if from.is_some() => bail!("a Unix socket has no addresses"),
        Address::Unix(path) => Box::new(UnixStream::connect(path).await?),
    })
}

/// Tries the addresses of the host one after the other.
async fn tcp(from: Option<IpAddr>, place: &HostPort) -> io::Result<TcpStream> {
    let mut failed = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for to in lookup_host((place.host.as_str(), place.port)).await? {
        match dial(from, to).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// What a server shows over TLS.
#[derive(Args, Clone, Default)]
pub struct Identity {
    /// PEM file of the certificate chain, for tls:// addresses
    #[arg(long, value_name = "FILE", requires = "key")]
    certificate: Option<PathBuf>,
    /// PEM file of its private key
    #[arg(long, value_name = "FILE", requires = "certificate")]
    key: Option<PathBuf>,
}

impl Identity {
    fn acceptor(&self) -> anyhow::Result<TlsAcceptor> {
        let (Some(chain), Some(key)) = (&self.certificate, &self.key) else {
            return Err(anyhow!("a tls:// address to listen on needs --certificate and --key"));
        };
        let private = PrivateKeyDer::from_pem_file(key);
        let private = private.map_err(|error| anyhow!("{}: {error}", key.display()))?;
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[&TLS13])?
            .with_no_client_auth()
            .with_single_cert(certificates(chain)?, private)?;
        Ok(Arc::new(config).into())
    }
}

/// Accepts connections.
pub enum Listener {
    Tcp(TcpListener),
    Tls(TcpListener, TlsAcceptor),
    Unix(UnixListener, PathBuf),
}

/// A connection that was accepted and may have a TLS handshake before it.
pub struct Accepted {
    stream: Stream,
    acceptor: Option<TlsAcceptor>,
    /// The address of the peer.
    pub peer: String,
}

impl Accepted {
    /// The stream, once the TLS handshake is done.
    ///
    /// # Errors
    /// Those of the handshake.
    pub async fn ready(self) -> io::Result<Stream> {
        match self.acceptor {
            None => Ok(self.stream),
            Some(acceptor) => Ok(Box::new(acceptor.accept(self.stream).await?)),
        }
    }
}

impl Listener {
    /// Listens.
    ///
    /// # Errors
    /// The address, and why it can't be listened on.
    pub async fn bind(address: &Address, identity: &Identity) -> anyhow::Result<Self> {
        let bound = Listener::try_bind(address, identity).await;
        bound.with_context(|| format!("can't listen on {address}"))
    }

    async fn try_bind(address: &Address, identity: &Identity) -> anyhow::Result<Self> {
        let tcp = |place: &HostPort| TcpListener::bind((place.host.clone(), place.port));
        Ok(match address {
            Address::Tcp(place) => Listener::Tcp(tcp(place).await?),
            Address::Tls(place) => Listener::Tls(tcp(place).await?, identity.acceptor()?),
            Address::Unix(path) => Listener::Unix(UnixListener::bind(path)?, path.clone()),
        })
    }

    /// Where it listens, with the port that the system chose.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn address(&self) -> io::Result<String> {
        Ok(match self {
            Listener::Tcp(listener) => listener.local_addr()?.to_string(),
            Listener::Tls(listener, _) => format!("tls://{}", listener.local_addr()?),
            Listener::Unix(_, path) => format!("unix:{}", path.display()),
        })
    }

    /// The next connection.
    ///
    /// # Errors
    /// Those of the socket.
    pub async fn accept(&self) -> io::Result<Accepted> {
        let (stream, acceptor, peer): (Stream, _, _) = match self {
            Listener::Tcp(listener) | Listener::Tls(listener, _) => {
                let (stream, peer) = listener.accept().await?;
                stream.set_nodelay(true)?;
                (Box::new(stream), self.acceptor(), peer.to_string())
            }
            Listener::Unix(listener, path) => {
                let (stream, _) = listener.accept().await?;
                (Box::new(stream), None, path.display().to_string())
            }
        };
        Ok(Accepted { stream, acceptor, peer })
    }

    fn acceptor(&self) -> Option<TlsAcceptor> {
        match self {
            Listener::Tls(_, acceptor) => Some(acceptor.clone()),
            Listener::Tcp(_) | Listener::Unix(..) => None,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Listener::Unix(_, path) = self {
            let _ = fs::remove_file(path);
        }
    }
}
