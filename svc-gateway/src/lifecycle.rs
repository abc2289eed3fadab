//! What log and metrics have of a connection that ends, or does not begin.

use crate::peer::Peer;
use crate::refusal::Refusal;
use crate::report;
use crate::service::Service;
use oap::{EndReason, Reason};
use std::time::Instant;

/// The gateway ends a connection, or does not begin it.
pub fn record_refused(service: &Service, peer: &Peer, refusal: Refusal) {
    report::refused(peer, refusal);
    service.metrics.refused(refusal);
}

/// The peer speaks another protocol.
pub fn record_foreign(service: &Service, peer: &Peer, protocol: &'static str) {
    report::foreign_protocol(peer, protocol);
    service.metrics.foreign(protocol);
    service.metrics.refused(Refusal::ForeignProtocol);
    record_offence(service, peer);
}

/// The engine ends a connection. Gives the reason's label.
pub fn record_reason(service: &Service, peer: &Peer, reason: &EndReason) -> &'static str {
    match reason {
        EndReason::Rejected(reject) => {
            report::reject(peer, reject);
            // Who loses power or network in the middle of a frame is no offender.
            if reject.reason() != Reason::Truncated {
                record_offence(service, peer);
            }
        }
        EndReason::HandshakeTimeout => record_refused(service, peer, Refusal::HandshakeTimeout),
        EndReason::IdleTimeout => record_refused(service, peer, Refusal::IdleTimeout),
        _ => {}
    }
    reason.name()
}

/// An admitted connection has ended, with a stream open or none.
pub fn record_end(service: &Service, peer: &Peer, reason: &'static str, is_cut: bool) {
    report::ended(peer, reason, is_cut);
    service.metrics.ended(reason, is_cut);
}

/// Counts it against the peer, and logs where that puts the peer in quarantine.
fn record_offence(service: &Service, peer: &Peer) {
    let Some(network) = peer.network() else { return };
    if service.quarantine.offence(network, Instant::now()) {
        report::quarantined(peer, service.config().quarantine_seconds);
    }
}
