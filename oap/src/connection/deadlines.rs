//! Deadlines: what ends where nothing happens for too long (C.1, C.4, C.11, C.12).

use super::engine::Connection;
use super::reason::{EndReason, Wait};
use super::state::ConnectionState;

/// How long a peer that has acknowledged everything may say nothing before a close stops waiting for it (C.11).
const QUIET_NS: u64 = 1_000_000_000;

impl Connection {
    /// When [`handle_timeout`](Self::handle_timeout) is to be called, in nanoseconds of the host's clock; `None`: no
    /// deadline runs.
    pub fn next_timeout(&self) -> Option<u64> {
        self.deadlines().into_iter().flatten().min()
    }

    /// Ends what has run out of time by `now`. Early calls do nothing.
    pub fn handle_timeout(&mut self, now: u64) {
        let [handshake, idle, stall, close, quiet] =
            self.deadlines().map(|deadline| deadline.is_some_and(|at| at <= now));
        if quiet {
            return self.end(EndReason::Clean);
        }
        if close {
            let clean = self.all_is_acknowledged();
            return self.end(if clean { EndReason::Clean } else { EndReason::CloseTimeout });
        }
        if handshake {
            return self.end(EndReason::HandshakeTimeout);
        }
        if idle {
            return self.end(EndReason::IdleTimeout);
        }
        if stall {
            self.fail(now, EndReason::Stalled);
        }
    }

    /// Handshake (C.1), idle (C.12), stall (C.4), close and quiet peer (C.11), where each runs.
    pub(super) fn deadlines(&self) -> [Option<u64>; 5] {
        let options = &self.options;
        let running = matches!(
            self.state,
            ConnectionState::Handshake | ConnectionState::Open | ConnectionState::PeerClosed
        );
        let closing = matches!(self.state, ConnectionState::Closing | ConnectionState::Shut);
        let idle = options.idle_timeout_ns();
        let after = |since: u64, ns: u64| Some(since.saturating_add(ns));
        [
            after(self.times.opened, options.handshake_timeout_ns())
                .filter(|_| self.state == ConnectionState::Handshake),
            after(self.times.active, idle).filter(|_| running && idle > 0),
            self.times
                .stalled
                .and_then(|since| after(since, options.stall_timeout_ns()))
                .filter(|_| running),
            Some(self.times.close_at).filter(|_| closing),
            after(self.times.heard.max(self.times.shut), QUIET_NS)
                .filter(|_| self.state == ConnectionState::Shut && self.is_done_with_peer()),
        ]
    }

    /// Nothing more of the peer matters: it has acknowledged everything, or the session is over.
    pub(super) fn is_done_with_peer(&self) -> bool {
        self.outbound().in_flight == 0 || self.session.has_ended()
    }

    /// C.4: whether both sides wait for each other's credit, with DATA here that is not taken.
    pub(super) fn update_stall(&mut self, now: u64) {
        let stalled =
            self.waits_for_credit() && self.untaken.data() > 0 && self.inbound().credit() == 0;
        self.times.stalled = if stalled { self.times.stalled.or(Some(now)) } else { None };
    }

    pub(super) fn check_receive_limit(&mut self, now: u64) {
        self.update_stall(now);
        if self.waits_for_credit() && self.untaken.bytes() >= self.receive_limit() {
            self.fail(now, EndReason::Stalled);
        }
    }

    pub(super) fn waits_for_credit(&self) -> bool {
        self.waits == Some(Wait::Credit) && self.outbound().credit() == 0
    }

    pub(super) fn receive_limit(&self) -> u64 {
        self.options.receive_limit().max(self.options.receive_buffer())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::connection::options::ConnectionOptions;
    use crate::connection::outgoing::Piece;
    use crate::connection::reason::SendError;
    use crate::row::Row;

    /// Carries what one has to write to the other, which takes nothing of it.
    fn carry(from: &mut Connection, to: &mut Connection) {
        let mut wire = Vec::new();
        for piece in from.transmit(1) {
            if let Piece::Bytes(bytes) = piece {
                wire.extend_from_slice(bytes);
            }
        }
        from.transmitted(1, wire.len());
        let (mut rows, mut rest) = ([Row::default(); 8], &wire[..]);
        while !rest.is_empty() {
            let consumed = to.receive(1, rest, &mut rows).consumed();
            rest = &rest[consumed..];
        }
    }

    #[test]
    fn a_stalled_connection_that_has_ended_has_no_deadline() {
        let config = Config::default().with_ack_window_frames(1).unwrap();
        let new = || Connection::new(config, ConnectionOptions::default(), 0);
        let (mut own, mut peer) = (new(), new());
        carry(&mut own, &mut peer);
        carry(&mut peer, &mut own);
        for side in [&mut own, &mut peer] {
            side.start(1, "s").unwrap();
            side.data(1, None, b"x").unwrap();
        }
        carry(&mut own, &mut peer);
        carry(&mut peer, &mut own);
        assert_eq!(own.data(1, None, b"x"), Err(SendError::Waits(Wait::Credit)));
        assert!(own.deadlines()[2].is_some(), "stalled");
        own.transport_failed();
        assert_eq!(own.next_timeout(), None);
    }
}
