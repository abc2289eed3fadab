//! What systemd is told, where it started the gateway and wants to know: by datagrams, and without waiting for anybody.

use rustix::time::{clock_gettime, ClockId};
use std::env;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// It serves.
pub fn ready() {
    tell("READY=1");
}

/// It reads its configuration again, and says [`ready`] when that is done.
pub fn reloading() {
    let now = clock_gettime(ClockId::Monotonic);
    tell(&format!("RELOADING=1\nMONOTONIC_USEC={}", now.tv_sec * 1_000_000 + now.tv_nsec / 1_000));
}

pub fn stopping() {
    tell("STOPPING=1");
}

/// Tasks come to their turn.
pub fn alive() {
    tell("WATCHDOG=1");
}

fn tell(state: &str) {
    // A manager that does not hear it has its own way of seeing to that.
    let _ = send(state);
}

fn send(state: &str) -> io::Result<()> {
    let Some(socket) = env::var_os("NOTIFY_SOCKET") else { return Ok(()) };
    let to = match socket.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(&socket)?,
    };
    let from = UnixDatagram::unbound()?;
    from.set_nonblocking(true)?;
    from.send_to_addr(state.as_bytes(), &to).map(drop)
}
