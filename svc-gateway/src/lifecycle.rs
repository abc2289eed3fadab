//! How a connection ends, and what log and metrics have of it.

use crate::peer::Peer;
use crate::refusal::Refusal;
use crate::report;
use crate::service::Service;
use oap::Reject;
use std::io;
use std::time::Instant;

/// How a connection ends when it is not by the peer's closing at a good place.
pub enum EndCause {
    Rejected(Reject),
    Refused(Refusal),
    Foreign(&'static str),
    /// The socket failed: the peer is gone.
    Broken,
}

impl From<Reject> for EndCause {
    fn from(reject: Reject) -> Self {
        EndCause::Rejected(reject)
    }
}

impl From<Refusal> for EndCause {
    fn from(refusal: Refusal) -> Self {
        EndCause::Refused(refusal)
    }
}

impl From<io::Error> for EndCause {
    fn from(_: io::Error) -> Self {
        EndCause::Broken
    }
}

/// Logs and counts why the gateway ends a connection, or does not begin it.
pub fn record_end(service: &Service, peer: &Peer, cause: &EndCause) -> Option<Refusal> {
    let refusal = match *cause {
        EndCause::Refused(refusal) => {
            report::refused(peer, refusal);
            refusal
        }
        EndCause::Foreign(protocol) => {
            report::foreign_protocol(peer, protocol);
            service.metrics.foreign(protocol);
            Refusal::ForeignProtocol
        }
        EndCause::Rejected(_) | EndCause::Broken => return None,
    };
    service.metrics.refused(refusal);
    if refusal.is_an_offence() {
        record_offence(service, peer);
    }
    Some(refusal)
}

/// Counts it against the peer, and logs where that puts the peer in quarantine.
pub fn record_offence(service: &Service, peer: &Peer) {
    let Some(network) = peer.network() else { return };
    if service.quarantine.offence(network, Instant::now()) {
        report::quarantined(peer, service.config().quarantine_seconds);
    }
}
