//! How a connection ends (C.10, C.11, C.13).

use super::engine::{Connection, ABORTED};
use super::outgoing::Outgoing;
use super::reason::{EndReason, SendError};
use super::state::ConnectionState;
use crate::frame::{End, Error, Frame};
use crate::reject::Reject;
use alloc::boxed::Box;

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

    /// Ends the connection for a reason of the host's own: what was taken is acknowledged, an ERROR goes out, and then
    /// it closes as C.11 says. `code` is at most 65,535, `reason` at most 1,024 bytes without control characters. The
    /// end reason is [`EndReason::Aborted`].
    ///
    /// # Errors
    /// [`SendError::Closed`] where it closes or has ended already, [`SendError::Refused`] where no ERROR may say that;
    /// the connection goes on as it was.
    ///
    /// ```
    /// use oap::{Connection, ConnectionOptions, ConnectionState, EndReason};
    ///
    /// let config = ConnectionOptions::default_config();
    /// let mut connection = Connection::new(config, ConnectionOptions::default(), 0);
    /// connection.refuse(0, 300, "no more today")?;
    /// assert_eq!(connection.state(), ConnectionState::Closing);
    /// assert_eq!(connection.end_reason(), Some(&EndReason::Aborted));
    /// # Ok::<(), oap::SendError>(())
    /// ```
    pub fn refuse(&mut self, now: u64, code: u32, reason: &str) -> Result<(), SendError> {
        if !self.state.allowed().delivers {
            return Err(SendError::Closed);
        }
        self.ack_is_due |= self.taken > 0;
        self.queue_ack(now);
        self.queue(&Frame::Error(Error { code, reason }))?;
        self.fail(now, EndReason::Aborted);
        Ok(())
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
            ConnectionState::Closing if self.peer_closed && (written || self.writes_in_vain()) => {
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

    /// Nobody can acknowledge what a peer that has closed has not; but an ERROR goes out all the same (C.10).
    fn writes_in_vain(&self) -> bool {
        let says_why =
            matches!(self.reason.as_deref(), Some(EndReason::Rejected(_) | EndReason::Aborted));
        self.outbound().in_flight > 0 && !says_why
    }

    pub(super) fn all_is_acknowledged(&self) -> bool {
        self.outbound().in_flight == 0 && self.outgoing.is_empty()
    }

    pub(super) fn answer_close(&mut self) {
        let clean = self.outbound().in_flight == 0;
        self.end(if clean { EndReason::Clean } else { EndReason::Unacknowledged });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::encode::encode_to;
    use crate::connection::options::ConnectionOptions;
    use crate::connection::outgoing::Piece;
    use crate::frame::{Data, Kind, Start};
    use crate::row::Row;
    use crate::Config;

    /// The kinds of the frames that it writes.
    fn written(connection: &mut Connection) -> Vec<Kind> {
        let mut wire = Vec::new();
        for piece in connection.transmit(0) {
            if let Piece::Bytes(bytes) = piece {
                wire.extend_from_slice(bytes);
            }
        }
        connection.transmitted(0, wire.len());
        let mut kinds = Vec::new();
        let mut rest = &wire[..];
        while let Some(&[a, b, c, d, kind, ..]) = rest.first_chunk::<8>() {
            kinds.push(Kind::from_byte(kind).unwrap());
            rest = &rest[u32::from_be_bytes([a, b, c, d]) as usize..];
        }
        kinds
    }

    fn with_data_taken() -> Connection {
        let mut connection = Connection::new(Config::default(), ConnectionOptions::default(), 0);
        let hello = connection.session.hello();
        let mut wire = Vec::new();
        for frame in [
            Frame::Hello(hello),
            Frame::Start(Start { stream: "s" }),
            Frame::Data(Data { seq: 1, obj: None, body: b"a" }),
            Frame::Data(Data { seq: 2, obj: None, body: b"b" }),
        ] {
            encode_to(&frame, &mut wire).unwrap();
        }
        let frames = connection.receive(0, &wire, &mut [Row::default(); 8]).len();
        assert_eq!((frames, written(&mut connection)), (3, vec![Kind::Hello]));
        connection.take(0, 2);
        connection
    }

    #[test]
    fn who_is_refused_has_what_was_taken_acknowledged_and_then_the_error() {
        let mut connection = with_data_taken();
        connection.refuse(0, 300, "no more").unwrap();
        assert_eq!(written(&mut connection), [Kind::Ack, Kind::Error]);
        assert!(connection.wants_shutdown());
        assert_eq!(connection.refuse(0, 300, "again"), Err(SendError::Closed));
        assert_eq!(connection.end_reason(), Some(&EndReason::Aborted));
    }

    #[test]
    fn an_error_that_may_not_be_sent_refuses_nobody() {
        let mut connection = with_data_taken();
        assert!(matches!(connection.refuse(0, 65_536, "x"), Err(SendError::Refused(_))));
        assert_eq!(connection.state(), ConnectionState::Open);
    }

    #[test]
    fn an_idle_connection_gives_its_memory_back_and_nothing_else() {
        let mut connection = with_data_taken();
        connection.take(0, 1);
        written(&mut connection);
        connection.shrink();
        assert_eq!((connection.queued(), connection.outgoing.room(0).len()), (0, 0));
        connection.start(0, "answer").unwrap();
        connection.shrink();
        assert_eq!(written(&mut connection), [Kind::Start]);
    }
}
