//! What `--check-config` tries beyond reading, so that it finds what a start would find. It disturbs no gateway that runs.

use crate::config::Config;
use crate::config_sources::Problem;
use crate::tls::Identity;
use crate::unix_socket::UnixSocket;
use rustix::io::Errno;
use rustix::net::sockopt::set_socket_reuseaddr;
use rustix::net::{bind, socket_with, AddressFamily, SocketFlags, SocketType};
use std::net::SocketAddr;
use std::time::SystemTime;

/// # Errors
/// What a start would complain of.
pub fn check(config: &Config, identity: Option<&Identity>) -> Result<(), Problem> {
    for (key, at) in config.places()? {
        try_bind(at).map_err(|error| Problem::new(&[key], format!("{at}: {error}")))?;
    }
    if let Some(socket) = UnixSocket::new(config)? {
        socket.check()?;
    }
    match identity.and_then(|identity| identity.dates.fault(SystemTime::now())) {
        Some(fault) => {
            let file = config.tls_certificate.to_string();
            Err(Problem::new(&["tls_certificate"], format!("{file}: {fault}")))
        }
        None => Ok(()),
    }
}

/// Without listening: nobody connects to it. In use it is most likely by the gateway that runs.
fn try_bind(at: SocketAddr) -> Result<(), Errno> {
    let family = if at.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    set_socket_reuseaddr(&socket, true)?;
    match bind(&socket, &at) {
        Ok(()) | Err(Errno::ADDRINUSE) => Ok(()),
        Err(error) => Err(error),
    }
}
