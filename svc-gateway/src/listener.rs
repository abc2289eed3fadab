//! The listeners: TCP, TLS and a Unix socket. A connection is admitted or refused, and served in a task of its own.

use crate::accept_errors::AcceptErrors;
use crate::admission::{Admission, CONNECTION_BYTES, TLS_CONNECTION_BYTES};
use crate::config::Config;
use crate::connection::{serve, Accepted};
use crate::lifecycle::{record_end, record_foreign, record_refused};
use crate::peer::{Names, Peer};
use crate::protocol_sniff::{recognize, SNIFFED_BYTES};
use crate::refusal::Refusal;
use crate::report;
use crate::room::Use;
use crate::service::Service;
use crate::socket::Records;
use crate::tls::Tls;
use crate::unix_socket::{Bound, UnixSocket};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;
use tokio_util::task::TaskTracker;

/// The first byte of TLS.
const TLS_HANDSHAKE: u8 = 0x16;

/// What a TLS handshake may make the gateway hold: a message of the largest size.
const HANDSHAKE_BYTES: usize = 72 << 10;

/// Bytes of a TLS connection that wait to be written, from which on it takes no more.
const MAX_UNSENT_BYTES: usize = 16 << 10;

/// A failed accept is the peer's loss, or a shortage of descriptors, which passes in such a time.
pub const ACCEPT_RETRY_DELAY: Duration = Duration::from_millis(50);

/// Connections that wait to be accepted: whoever comes when there are more waits a second to try again.
const BACKLOG: u32 = 1_024;

/// What the listeners share.
pub struct Entrance {
    pub service: Arc<Service>,
    pub names: Names,
    pub admission: Arc<Admission>,
    pub tls: Option<Arc<Tls>>,
    pub connections: TaskTracker,
}

pub enum Listener {
    Tcp(TcpListener),
    Tls(TcpListener),
    Unix(UnixListener, Bound),
}

enum Socket {
    Tcp(TcpStream),
    Tls(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    /// What a connection over it may take while nothing comes.
    const fn cost(&self) -> usize {
        match self {
            Socket::Tls(_) => TLS_CONNECTION_BYTES,
            Socket::Tcp(_) | Socket::Unix(_) => CONNECTION_BYTES,
        }
    }

    const fn transport(&self) -> &'static str {
        match self {
            Socket::Tcp(_) => "tcp",
            Socket::Tls(_) => "tls",
            Socket::Unix(_) => "unix",
        }
    }
}

impl Listener {
    /// All that are configured.
    ///
    /// # Errors
    /// The first that can't be bound, by its address.
    pub async fn bind_all(config: &Config) -> io::Result<Vec<Listener>> {
        let mut listeners = Vec::new();
        if let Some(at) = config.listen.value() {
            listeners.push(Listener::Tcp(bind(at.resolve()?).await?));
        }
        if let Some(at) = config.tls_listen.value() {
            listeners.push(Listener::Tls(bind(at.resolve()?).await?));
        }
        if let Some(socket) = UnixSocket::new(config).map_err(io::Error::other)? {
            let (listener, bound) = socket.bind()?;
            listeners.push(Listener::Unix(listener, bound));
        }
        Ok(listeners)
    }

    /// Logs where it listens.
    ///
    /// # Errors
    /// Where the system does not know.
    pub fn report_address(&self) -> io::Result<()> {
        match self {
            Listener::Tcp(listener) => report::listening("tcp", &listener.local_addr()?),
            Listener::Tls(listener) => report::listening("tls", &listener.local_addr()?),
            Listener::Unix(_, bound) => report::listening("unix", &bound.path()),
        }
        Ok(())
    }

    async fn accept(&self) -> io::Result<(Socket, Option<IpAddr>)> {
        let from = |at: SocketAddr| Some(at.ip());
        Ok(match self {
            Listener::Tcp(own) => own.accept().await.map(|(s, at)| (Socket::Tcp(s), from(at)))?,
            Listener::Tls(own) => own.accept().await.map(|(s, at)| (Socket::Tls(s), from(at)))?,
            Listener::Unix(own, _) => own.accept().await.map(|(s, _)| (Socket::Unix(s), None))?,
        })
    }

    /// Accepts connections as long as it lives.
    pub async fn run(self, entrance: Arc<Entrance>) {
        let mut errors = AcceptErrors::default();
        loop {
            match self.accept().await {
                Ok((socket, from)) => entrance.admit(socket, from),
                Err(error) => {
                    errors.record(&entrance.service.metrics, &error);
                    sleep(ACCEPT_RETRY_DELAY).await;
                }
            }
        }
    }
}

/// # Errors
/// Why not, with the address.
pub async fn bind(at: SocketAddr) -> io::Result<TcpListener> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{at}: {error}"));
    listen(at).map_err(named)
}

fn listen(at: SocketAddr) -> io::Result<TcpListener> {
    let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(at)?;
    socket.listen(BACKLOG)
}

impl Entrance {
    fn admit(self: &Arc<Self>, socket: Socket, from: Option<IpAddr>) {
        let service = &self.service;
        let peer = self.names.peer(from);
        let (quarantine, telemetry) = (&service.quarantine, &service.telemetry);
        let place = match self.admission.admit(quarantine, telemetry, &peer, socket.cost()) {
            Ok(place) => place,
            Err(refusal) => return record_refused(service, &peer, refusal),
        };
        service.metrics.connected(socket.transport());
        let accepted = Accepted { service: Arc::clone(service), peer, at: Instant::now() };
        let entrance = Arc::clone(self);
        drop(self.connections.spawn(async move {
            entrance.start(socket, accepted).await;
            drop(place);
        }));
    }

    async fn start(&self, socket: Socket, accepted: Accepted) {
        match socket {
            Socket::Tcp(socket) => {
                // Without it a receipt may wait for the peer's ACK; with a broken socket it does not matter.
                let _ = socket.set_nodelay(true);
                serve(socket, accepted).await;
            }
            Socket::Unix(socket) => serve(socket, accepted).await,
            // Large and rare beside the others, whose tasks it would make as large.
            Socket::Tls(socket) => Box::pin(self.start_tls(socket, accepted)).await,
        }
    }

    async fn start_tls(&self, socket: TcpStream, mut accepted: Accepted) {
        let _ = socket.set_nodelay(true);
        let (service, peer) = (Arc::clone(&accepted.service), &accepted.peer);
        let reason = match self.handshake(socket, peer, &mut accepted.at).await {
            Ok(stream) => return serve(stream, accepted).await,
            Err(NoHandshake::Refused(refusal)) => {
                record_refused(&service, peer, refusal);
                refusal.label()
            }
            Err(NoHandshake::Foreign(protocol)) => {
                record_foreign(&service, peer, protocol);
                Refusal::ForeignProtocol.label()
            }
            Err(NoHandshake::Reset) => oap::EndReason::Reset.name(),
        };
        record_end(&service, peer, reason, false);
    }

    /// What it waits for room is not the peer's time: that counts anew from there.
    async fn handshake(
        &self,
        socket: TcpStream,
        peer: &Peer,
        began: &mut Instant,
    ) -> Result<TlsStream<Records<TcpStream>>, NoHandshake> {
        let limit = self.service.config().handshake_seconds.duration();
        let refused = |_| NoHandshake::Refused(Refusal::HandshakeTimeout);
        timeout(limit, sniff(&socket)).await.map_err(refused)??;
        let room = &self.service.room;
        let _held = room.hold(Use::Handshakes, peer.network(), HANDSHAKE_BYTES).await;
        *began = Instant::now();
        let tls = self.tls.as_ref().ok_or(NoHandshake::Reset)?;
        let agreed = tls.acceptor().accept_with(Records::new(socket), |connection| {
            connection.set_buffer_limit(Some(MAX_UNSENT_BYTES));
        });
        let agreed = timeout(limit, agreed).await.map_err(refused)?;
        agreed.map_err(|_| NoHandshake::Refused(Refusal::TlsHandshake))
    }
}

/// Why there is no TLS.
enum NoHandshake {
    Refused(Refusal),
    Foreign(&'static str),
    /// The peer is gone.
    Reset,
}

/// Whether the first bytes are those of TLS.
async fn sniff(socket: &TcpStream) -> Result<(), NoHandshake> {
    let mut first_bytes = [0; SNIFFED_BYTES];
    match socket.peek(&mut first_bytes).await {
        Ok(1..) if first_bytes[0] == TLS_HANDSHAKE => Ok(()),
        Ok(1..) => Err(NoHandshake::Foreign(recognize(first_bytes).unwrap_or("other"))),
        Ok(0) | Err(_) => Err(NoHandshake::Reset),
    }
}
