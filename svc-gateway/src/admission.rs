//! Which connections are admitted: up to a number, none of a peer in quarantine, and none while the gateway is overloaded.

use crate::peer::Peer;
use crate::quarantine::Quarantine;
use crate::refusal::Refusal;
use crate::telemetry::Telemetry;
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
    pub fn admit(
        &self,
        quarantine: &Quarantine,
        telemetry: &Telemetry,
        peer: &Peer,
    ) -> Result<Place, Refusal> {
        if peer.network().is_some_and(|network| quarantine.holds(network, Instant::now())) {
            return Err(Refusal::Quarantined);
        }
        if telemetry.is_overloaded() {
            return Err(Refusal::Overload);
        }
        Arc::clone(&self.places).try_acquire_owned().map_err(|_| Refusal::Capacity)
    }
}
