//! How a connection ends (C.10, C.11, C.13).

use super::engine::{Connection, ABORTED};
use super::outgoing::Outgoing;
use super::reason::EndReason;
use super::state::ConnectionState;
use crate::frame::{End, Error, Frame};
use crate::reject::Reject;

impl Connection {
    /// Ends the connection in good order (C.11): no new sends, an open stream is given up, what is queued is written,
    /// the writing side is shut, acknowledgements are read on. It ends at the latest after `close_timeout`, or after
    /// `within` nanoseconds where that is given. A second call can only bring the end forward.
    pub fn close(&mut self, now: u64, within_ns: Option<u64>) {
        let within = within_ns.unwrap_or(self.options.close_timeout_ns());
        let close_at = now.saturating_add(within);
        match self.state {
            ConnectionState::Ended => {}
            ConnectionState::Closing | ConnectionState::Shut => {
                self.times.close_at = self.times.close_at.min(close_at);
            }
            _ => self.begin_close(now, close_at),
        }
    }

    pub(super) fn begin_close(&mut self, now: u64, close_at: u64) {
        if self.outbound().open {
            let seq = self.session.end_seq();
            // Refused only where the session is over, and then nothing may go.
            let _ = self.queue(&Frame::End(End { seq, status: ABORTED }));
        }
        self.ack_is_due |= self.taken > 0;
        self.state = ConnectionState::Closing;
        self.times.close_at = close_at;
        self.times.stalled = None;
        self.waits = None;
        self.untaken.clear();
        self.settle(now);
    }

    /// Ends the connection at once: nothing more is written or read.
    pub fn abort(&mut self) {
        self.end(EndReason::Aborted);
    }

    /// Notes that the transport failed.
    pub fn transport_failed(&mut self) {
        let clean = match self.state {
            // The peer said all it had to, and knows that it has all of ours.
            ConnectionState::PeerClosed => self.outbound().in_flight == 0,
            ConnectionState::Closing | ConnectionState::Shut => self.all_is_acknowledged(),
            _ => false,
        };
        self.end(if clean { EndReason::Clean } else { EndReason::Reset });
    }

    pub(super) fn reject(&mut self, now: u64, reject: Reject) {
        let reason = reject.reason();
        let error = Error { code: reason.code(), reason: reason.label() };
        // An ERROR may always go after a reject (rule 4.16).
        let _ = self.queue(&Frame::Error(error));
        self.fail(now, EndReason::Rejected(reject));
    }

    /// Ends in good order, for that reason.
    pub(super) fn fail(&mut self, now: u64, reason: EndReason) {
        self.keep_reason(reason);
        self.close(now, None);
    }

    pub(super) fn keep_reason(&mut self, reason: EndReason) {
        self.reason.get_or_insert_with(|| Box::new(reason));
    }

    pub(super) fn end(&mut self, reason: EndReason) {
        self.keep_reason(reason);
        self.state = ConnectionState::Ended;
        self.session.leave_gauges();
        self.outgoing = Outgoing::default();
        self.untaken.clear();
        self.waits = None;
    }

    /// Moves on where nothing is left to do in a state.
    pub(super) fn settle(&mut self, now: u64) {
        let written = self.outgoing.is_empty() && !self.ack_is_due;
        match self.state {
            ConnectionState::PeerClosed
                if written && self.untaken.is_empty() && self.taken == 0 =>
            {
                self.end(EndReason::Clean);
            }
            ConnectionState::Closing
                if self.peer_closed && (written || self.outbound().in_flight > 0) =>
            {
                self.answer_close();
            }
            ConnectionState::Closing if written => {
                self.state = ConnectionState::Shut;
                self.times.shut = now;
            }
            ConnectionState::Shut if self.peer_closed => self.answer_close(),
            _ => {}
        }
    }

    pub(super) fn all_is_acknowledged(&self) -> bool {
        self.outbound().in_flight == 0 && self.outgoing.is_empty()
    }

    pub(super) fn answer_close(&mut self) {
        let clean = self.outbound().in_flight == 0;
        self.end(if clean { EndReason::Clean } else { EndReason::Unacknowledged });
    }
}
