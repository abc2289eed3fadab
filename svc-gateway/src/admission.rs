//! Which connections are admitted: up to a number, in all and of a peer, as far as there is memory for them; none of a
//! peer in quarantine, and none while more is in flight than is worked off.

use crate::peer::{Network, Peer};
use crate::quarantine::Quarantine;
use crate::refusal::Refusal;
use crate::room::{Held, Room, Use};
use crate::telemetry::Telemetry;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What an idle connection takes, a small read and its answers: measured, and rounded up.
pub const CONNECTION_BYTES: usize = 3_584;

/// The same over TLS: a record each way, and one that has not come to its end.
pub const TLS_CONNECTION_BYTES: usize = 48 << 10;

pub struct Admission {
    room: Arc<Room>,
    open: Mutex<Open>,
}

struct Open {
    most: usize,
    most_of_a_peer: usize,
    all: usize,
    of_peers: HashMap<Network, usize>,
}

/// Kept as long as the connection is open.
pub struct Place {
    admission: Arc<Admission>,
    network: Option<Network>,
    _held: Held,
}

impl Admission {
    /// For so many connections, of which one peer never has all where there are enough for two.
    pub fn new(connections: u64, of_a_peer: u64, room: &Arc<Room>) -> Arc<Self> {
        let open = Open { most: 0, most_of_a_peer: 0, all: 0, of_peers: HashMap::new() };
        let admission = Admission { room: Arc::clone(room), open: Mutex::new(open) };
        admission.set_limits(connections, of_a_peer);
        Arc::new(admission)
    }

    /// For connections from now on; those beyond stay until they end.
    pub fn set_limits(&self, connections: u64, of_a_peer: u64) {
        let (most, of_a_peer) = (connections as usize, of_a_peer as usize);
        let mut open = self.state();
        open.most = most;
        open.most_of_a_peer = of_a_peer.min(most - most / 4);
    }

    /// Connections that are open.
    pub fn open(&self) -> usize {
        self.state().all
    }

    /// How many are, of those that may be, in thousandths.
    pub fn load(&self) -> usize {
        let open = self.state();
        open.all * 1000 / open.most
    }

    /// A place for a new connection that takes so much memory.
    ///
    /// # Errors
    /// Why there is none for it.
    pub fn admit(
        self: &Arc<Self>,
        quarantine: &Quarantine,
        telemetry: &Telemetry,
        peer: &Peer,
        bytes: usize,
    ) -> Result<Place, Refusal> {
        if peer.network().is_some_and(|network| quarantine.holds(network, Instant::now())) {
            return Err(Refusal::Quarantined);
        }
        if telemetry.is_overloaded() {
            return Err(Refusal::Overload);
        }
        self.place(peer.network(), bytes)
    }

    fn place(self: &Arc<Self>, network: Option<Network>, bytes: usize) -> Result<Place, Refusal> {
        let mut open = self.state();
        let of_peer = network.and_then(|network| open.of_peers.get(&network)).copied();
        if open.all >= open.most || !self.room.has_place(bytes) {
            return Err(Refusal::Capacity);
        }
        let held = self.room.try_hold(Use::Connections, network, bytes);
        let held = held.filter(|_| of_peer.unwrap_or(0) < open.most_of_a_peer);
        let held = held.ok_or(Refusal::PeerCapacity)?;
        open.all += 1;
        if let Some(network) = network {
            *open.of_peers.entry(network).or_default() += 1;
        }
        Ok(Place { admission: Arc::clone(self), network, _held: held })
    }

    fn state(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.admission.state();
        open.all -= 1;
        let Some(network) = self.network else { return };
        if let Some(count) = open.of_peers.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                open.of_peers.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LEAST_MEMORY_BYTES;
    use std::net::{IpAddr, Ipv4Addr};

    fn admission(connections: u64, of_a_peer: u64) -> Arc<Admission> {
        Admission::new(connections, of_a_peer, &Room::new(LEAST_MEMORY_BYTES))
    }

    fn peer(number: u32) -> Option<Network> {
        Some(IpAddr::from(Ipv4Addr::from(number)).into())
    }

    /// Places of a peer until it is refused, and why.
    fn fill(
        admission: &Arc<Admission>,
        of: Option<Network>,
        bytes: usize,
    ) -> (Vec<Place>, Refusal) {
        let mut places = Vec::new();
        loop {
            match admission.place(of, bytes) {
                Ok(place) => places.push(place),
                Err(refusal) => return (places, refusal),
            }
        }
    }

    #[test]
    fn one_peer_never_has_all_places() {
        let admission = admission(100, 1_000);
        let (first, why) = fill(&admission, peer(1), 1);
        assert_eq!((first.len(), why), (75, Refusal::PeerCapacity));
        let (second, why) = fill(&admission, peer(2), 1);
        assert_eq!((second.len(), why, admission.load()), (25, Refusal::Capacity, 1000));
        drop((first, second));
        assert_eq!((admission.open(), admission.state().of_peers.len()), (0, 0));
    }

    #[test]
    fn a_peer_has_the_places_that_the_key_allows_and_a_unix_socket_all() {
        let admission = admission(100, 10);
        assert_eq!(fill(&admission, peer(1), 1).0.len(), 10);
        assert_eq!(fill(&admission, None, 1).0.len(), 100);
    }

    #[test]
    fn new_limits_hold_for_new_connections() {
        let admission = admission(100, 1_000);
        let (first, _) = fill(&admission, peer(1), 1);
        admission.set_limits(50, 20);
        assert_eq!(fill(&admission, peer(2), 1).1, Refusal::Capacity);
        assert_eq!((admission.open(), admission.load()), (75, 1_500));
        drop(first);
        assert_eq!(fill(&admission, peer(2), 1).0.len(), 20);
    }

    #[test]
    fn memory_bounds_the_places_too_and_one_peer_leaves_half_of_it() {
        let admission = admission(10_000, 10_000);
        let (first, why) = fill(&admission, peer(1), TLS_CONNECTION_BYTES);
        assert_eq!((first.len(), why), (128, Refusal::PeerCapacity));
        let others: Vec<_> =
            (2..100).flat_map(|of| fill(&admission, peer(of), TLS_CONNECTION_BYTES).0).collect();
        assert_eq!(first.len() + others.len(), 256);
        assert_eq!(fill(&admission, peer(100), TLS_CONNECTION_BYTES).1, Refusal::Capacity);
    }
}
