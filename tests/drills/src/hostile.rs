//! Hostile peers at the loopback addresses.

use oap_probe::hostile::Hostile;
use oap_probe::{dial, Ending};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// Longer than the gateway may take to end a peer.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Misbehaves from that address.
///
/// # Errors
/// Where no connection is made: the drill's own shortage, or the gateway is gone.
pub async fn play(hostile: &Hostile, from: Ipv4Addr, to: SocketAddr) -> io::Result<Ending> {
    Ok(hostile.play(dial(Some(from.into()), to).await?, PATIENCE).await)
}
