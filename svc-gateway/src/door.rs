//! The ways in: TCP, TLS and a Unix socket. What comes is admitted or refused, and served in a task of its own.

use crate::connection::{Arrival, Ending};
use crate::ending::{account, serve};
use crate::foreign::{recognize, OPENING_BYTES};
use crate::host::Host;
use crate::refusal::Refusal;
use crate::report;
use crate::unix_socket::{self, Bound};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;

/// The first byte of TLS.
const TLS_HANDSHAKE: u8 = 0x16;

/// A failed accept is the peer's loss, or a shortage of descriptors, which passes in such a time.
pub const SHORTAGE: Duration = Duration::from_millis(50);

pub enum Door {
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
    const fn transport(&self) -> &'static str {
        match self {
            Socket::Tcp(_) => "tcp",
            Socket::Tls(_) => "tls",
            Socket::Unix(_) => "unix",
        }
    }
}

impl Door {
    /// All that are configured.
    ///
    /// # Errors
    /// The first that can't be bound, by its address.
    pub async fn bind_all(host: &Host) -> io::Result<Vec<Door>> {
        let config = &host.config;
        let mut doors = Vec::new();
        if let Some(&at) = config.listen.value() {
            doors.push(Door::Tcp(bind(at).await?));
        }
        if let Some(&at) = config.tls_listen.value() {
            doors.push(Door::Tls(bind(at).await?));
        }
        if let Some(path) = config.unix_socket.value() {
            let (listener, bound) = unix_socket::bind(path, config.amnesia.0)?;
            doors.push(Door::Unix(listener, bound));
        }
        Ok(doors)
    }

    /// Says where it is.
    ///
    /// # Errors
    /// Where the system does not know.
    pub fn tell(&self) -> io::Result<()> {
        match self {
            Door::Tcp(listener) => report::listening("tcp", &listener.local_addr()?),
            Door::Tls(listener) => report::listening("tls", &listener.local_addr()?),
            Door::Unix(_, bound) => report::listening("unix", &bound.path()),
        }
        Ok(())
    }

    async fn next(&self) -> io::Result<(Socket, Option<IpAddr>)> {
        let from = |at: SocketAddr| Some(at.ip());
        Ok(match self {
            Door::Tcp(door) => door.accept().await.map(|(s, at)| (Socket::Tcp(s), from(at)))?,
            Door::Tls(door) => door.accept().await.map(|(s, at)| (Socket::Tls(s), from(at)))?,
            Door::Unix(door, _) => door.accept().await.map(|(s, _)| (Socket::Unix(s), None))?,
        })
    }

    /// Takes what comes.
    pub async fn keep(self, host: Arc<Host>) {
        loop {
            match self.next().await {
                Ok((socket, from)) => admit(&host, socket, from),
                Err(_) => sleep(SHORTAGE).await,
            }
        }
    }
}

/// # Errors
/// Why not, with the address.
pub async fn bind(at: SocketAddr) -> io::Result<TcpListener> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{at}: {error}"));
    TcpListener::bind(at).await.map_err(named)
}

fn admit(host: &Arc<Host>, socket: Socket, from: Option<IpAddr>) {
    let peer = host.names.peer(from);
    let place = match host.admission.admit(host, &peer) {
        Ok(place) => place,
        Err(refusal) => {
            account(host, &peer, &refusal.into());
            return;
        }
    };
    host.metrics.connected(socket.transport());
    let arrival = Arrival { host: Arc::clone(host), peer, accepted: Instant::now() };
    drop(host.connections.spawn(async move {
        enter(socket, arrival).await;
        drop(place);
    }));
}

async fn enter(socket: Socket, arrival: Arrival) {
    match socket {
        Socket::Tcp(socket) => {
            // Without it a receipt may wait for the peer's ACK; with a broken socket it does not matter.
            let _ = socket.set_nodelay(true);
            serve(socket, arrival).await;
        }
        Socket::Unix(socket) => serve(socket, arrival).await,
        // Large and rare beside the others, whose tasks it would make as large.
        Socket::Tls(socket) => Box::pin(enter_by_tls(socket, arrival)).await,
    }
}

async fn enter_by_tls(socket: TcpStream, arrival: Arrival) {
    let _ = socket.set_nodelay(true);
    let limit = arrival.host.config.handshake_seconds.duration();
    let agreed = timeout(limit, agree(socket, &arrival.host)).await;
    match agreed.unwrap_or(Err(Refusal::HandshakeTimeout.into())) {
        Ok(stream) => serve(stream, arrival).await,
        Err(ending) => {
            account(&arrival.host, &arrival.peer, &ending);
        }
    }
}

async fn agree(socket: TcpStream, host: &Host) -> Result<TlsStream<TcpStream>, Ending> {
    let mut opening = [0; OPENING_BYTES];
    let seen = socket.peek(&mut opening).await?;
    if seen > 0 && opening[0] != TLS_HANDSHAKE {
        return Err(Ending::Foreign(recognize(opening).unwrap_or("other")));
    }
    let tls = host.tls.as_ref().ok_or(Ending::Broken)?;
    tls.acceptor().accept(socket).await.map_err(|_| Refusal::TlsHandshake.into())
}
