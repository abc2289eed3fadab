//! Who is let in: as many as may be, nobody from quarantine, and while the work already here is too much, nobody.

use crate::host::Host;
use crate::peer::Peer;
use crate::refusal::Refusal;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Kept as long as the connection is open.
pub type Place = OwnedSemaphorePermit;

pub struct Admission {
    places: Arc<Semaphore>,
    most: usize,
}

impl Admission {
    pub fn new(connections: u64) -> Self {
        let most = connections as usize;
        Admission { places: Arc::new(Semaphore::new(most)), most }
    }

    /// Connections that are open.
    pub fn open(&self) -> usize {
        self.most - self.places.available_permits()
    }

    /// A place for a new connection.
    ///
    /// # Errors
    /// Why there is none for it.
    pub fn admit(&self, host: &Host, peer: &Peer) -> Result<Place, Refusal> {
        if peer.network().is_some_and(|network| host.quarantine.holds(network, Instant::now())) {
            return Err(Refusal::Quarantined);
        }
        if host.telemetry.is_overloaded() {
            return Err(Refusal::Overload);
        }
        Arc::clone(&self.places).try_acquire_owned().map_err(|_| Refusal::Capacity)
    }
}
