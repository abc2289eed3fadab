//! Who is at the other end: the network that a peer counts as, and its names in the log, which tell no address.

use std::io;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

/// What counts as one peer: an IPv4 address, or an IPv6 network of 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Network([u8; 8]);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        let mut network = [0; 8];
        match address.to_canonical() {
            // No IPv6 network of a peer begins with 0.
            IpAddr::V4(v4) => network[4..].copy_from_slice(&v4.octets()),
            IpAddr::V6(v6) => network.copy_from_slice(&v6.octets()[..8]),
        }
        Network(network)
    }
}

/// A connection's peer.
pub struct Peer {
    network: Option<Network>,
    corr_id: Box<str>,
    pseudonym: Option<Box<str>>,
    tenant: Arc<str>,
}

impl Peer {
    /// `None` on a Unix socket.
    pub const fn network(&self) -> Option<Network> {
        self.network
    }

    /// The connection's own name: lines of one connection have the same.
    pub fn corr_id(&self) -> &str {
        &self.corr_id
    }

    /// The network's name, as long as this process runs: lines of one peer have the same.
    pub fn pseudonym(&self) -> Option<&str> {
        self.pseudonym.as_deref()
    }

    pub fn tenant(&self) -> &str {
        &self.tenant
    }
}

/// Names peers, by a key that nobody knows and that goes with the process.
pub struct Names {
    key: [u8; 32],
    run: String,
    connections: AtomicU64,
    tenant: Arc<str>,
}

impl Names {
    /// # Errors
    /// Where the system has no randomness.
    pub fn new(tenant: &str) -> io::Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        let run = pseudonym(&key, b"run");
        Ok(Names { key, run, connections: AtomicU64::new(0), tenant: tenant.into() })
    }

    pub fn peer(&self, address: Option<IpAddr>) -> Peer {
        let network = address.map(Network::from);
        let number = self.connections.fetch_add(1, Relaxed) + 1;
        Peer {
            network,
            corr_id: format!("{}-{number}", self.run).into(),
            pseudonym: network.map(|Network(bytes)| pseudonym(&self.key, &bytes).into()),
            tenant: Arc::clone(&self.tenant),
        }
    }
}

fn pseudonym(key: &[u8; 32], bytes: &[u8]) -> String {
    let hex = blake3::keyed_hash(key, bytes).to_hex();
    hex[..12].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> Network {
        address.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn a_peer_is_an_ipv4_address_or_an_ipv6_network_of_64_bits() {
        assert_ne!(network("127.0.0.1"), network("127.0.0.2"));
        assert_eq!(network("::ffff:127.0.0.1"), network("127.0.0.1"));
        assert_eq!(network("2001:db8:0:1::1"), network("2001:db8:0:1:ffff::2"));
        assert_ne!(network("2001:db8:0:1::1"), network("2001:db8:0:2::1"));
    }

    #[test]
    fn a_connection_has_a_name_of_its_own_and_its_peer_keeps_one() {
        let names = Names::new("t").unwrap();
        let [one, again, other] =
            ["127.0.0.1", "127.0.0.1", "127.0.0.2"].map(|address| names.peer(address.parse().ok()));
        assert_ne!(one.corr_id(), again.corr_id());
        assert_eq!(one.pseudonym(), again.pseudonym());
        assert_ne!(one.pseudonym(), other.pseudonym());
        assert_eq!((one.tenant(), names.peer(None).pseudonym()), ("t", None));
    }

    #[test]
    fn another_process_names_the_same_peer_otherwise() {
        let address = "127.0.0.1".parse().ok();
        let [one, other] = [(); 2].map(|()| Names::new("t").unwrap().peer(address));
        assert_ne!(one.pseudonym(), other.pseudonym());
    }
}
