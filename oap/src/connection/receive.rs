//! Receiving, and what the application takes (C.2 to C.4, C.8 to C.10).

use super::engine::Connection;
use super::reason::{EndReason, PeerError, SendError};
use super::state::ConnectionState;
use crate::codec::decode::Progress;
use crate::codec::table::FrameTable;
use crate::frame::{Ack, Error, Frame, Kind};
use crate::row::Row;
use bytes::Bytes;

impl Connection {
    /// Takes received bytes, in any split, and gives the START, DATA and END that they complete, as many as `rows` has
    /// room for. Call again with what follows `consumed()` until all is consumed; a host may stop while
    /// [`wants_read`](Self::wants_read) is false and go on with the rest later.
    ///
    /// A reject or an ERROR of the peer behind these frames is told by [`end_reason`](Self::end_reason) (C.9, C.10).
    /// Once the connection closes or has ended, the table is empty and the bytes are dealt with.
    pub fn receive<'t>(
        &'t mut self,
        now: u64,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> FrameTable<'t> {
        let received = self.receive_rows(now, chunk, rows);
        let bytes = if received.staged { self.session.staged_bytes() } else { chunk };
        FrameTable::of(bytes, &rows[..received.rows], received.consumed, received.more)
    }

    /// [`receive`](Self::receive) for a host that owns its chunks: takes what it deals with off the front of `chunk`
    /// and gives how many rows it filled, with the bytes that their offsets count in. These share the memory of
    /// `chunk`, or are the frame that an earlier chunk began; nothing is copied.
    pub fn receive_bytes(
        &mut self,
        now: u64,
        chunk: &mut Bytes,
        rows: &mut [Row],
    ) -> (Bytes, usize) {
        let received = self.receive_rows(now, chunk, rows);
        let front = chunk.split_to(received.consumed);
        let bytes = if received.staged { self.session.take_staged() } else { front };
        (bytes, received.rows)
    }

    fn receive_rows(&mut self, now: u64, chunk: &[u8], rows: &mut [Row]) -> Progress {
        let nothing = Progress { consumed: chunk.len(), ..Progress::default() };
        if chunk.is_empty() || self.peer_closed || !self.state.allowed().reads {
            return nothing;
        }
        (self.times.active, self.times.heard) = (now, now);
        let mut received = match self.session.receive(chunk, rows) {
            Ok(received) => received,
            Err(reject) => {
                self.reject(now, reject);
                return nothing;
            }
        };
        received.rows = self.sort(now, chunk, &mut rows[..received.rows], received.staged);
        if let Some(reject) = self.session.verdict().copied() {
            self.reject(now, reject);
        }
        self.check_receive_limit(now);
        self.settle(now);
        received
    }

    /// Keeps HELLO, ACK and ERROR here and moves what is the application's to the front (C.2). Frames that are alike
    /// are dealt with together.
    pub(super) fn sort(&mut self, now: u64, chunk: &[u8], rows: &mut [Row], staged: bool) -> usize {
        let (mut kept, mut place) = (0, 0);
        while place < rows.len() {
            let first = rows[place];
            let alike = count_alike(&rows[place..]);
            match Kind::from_byte(first.kind) {
                Some(Kind::Start | Kind::Data | Kind::End) => {
                    if self.state.allowed().delivers {
                        self.untaken.push(&first, alike);
                        if kept < place {
                            rows.copy_within(place..place + alike, kept);
                        }
                        kept += alike;
                    }
                }
                Some(Kind::Hello) => self.greeted(),
                Some(Kind::Error) => {
                    let bytes = if staged { self.session.staged_bytes() } else { chunk };
                    let error = peer_error(&first, bytes);
                    self.end(EndReason::PeerError(error));
                }
                Some(Kind::Ack) | None => self.update_stall(now),
            }
            place += alike;
        }
        kept
    }

    pub(super) fn greeted(&mut self) {
        if self.state == ConnectionState::Handshake {
            self.state = ConnectionState::Open;
        }
    }

    /// Notes that the peer's input has ended (C.8).
    pub fn receive_end(&mut self, now: u64) {
        if self.peer_closed || self.state == ConnectionState::Ended {
            return;
        }
        self.peer_closed = true;
        if self.state.allowed().delivers {
            self.judge_end_of_input(now);
        }
        self.settle(now);
    }

    pub(super) fn judge_end_of_input(&mut self, now: u64) {
        if let Err(reject) = self.session.finish() {
            return self.reject(now, reject);
        }
        if self.inbound().open {
            return self.fail(now, EndReason::Incomplete);
        }
        let own = self.outbound();
        if own.in_flight > 0 || own.open || self.waits.is_some() {
            self.keep_reason(EndReason::Unacknowledged);
        }
        self.state = ConnectionState::PeerClosed;
    }

    /// Notes that the application has taken so many of the frames given, in their order: it asks for what follows them
    /// (C.2). Their DATA is acknowledged as C.3 says, unless `auto_ack` is off.
    pub fn take(&mut self, now: u64, frames: usize) {
        if !self.state.allowed().delivers {
            return;
        }
        let taken = self.untaken.take(frames);
        let flow = self.inbound();
        if self.options.auto_ack() {
            if let (1.., Some(last)) = (taken.data, flow.last_seq) {
                self.taken += taken.data;
                self.taken_to = last.wrapping_sub(self.untaken.data().into());
            }
            let half = flow.window.div_ceil(2);
            self.ack_is_due |=
                self.taken > 0 && (self.taken >= half || taken.ends > 0 || self.untaken.is_empty());
        }
        self.settle(now);
    }

    /// Acknowledges the DATA of that seq and all before it: for hosts with `auto_ack` off.
    ///
    /// # Errors
    /// [`SendError::Refused`] where `up_to` names no DATA in flight.
    pub fn acknowledge(&mut self, now: u64, up_to: u64) -> Result<(), SendError> {
        if !self.state.allowed().delivers {
            return Err(SendError::Closed);
        }
        self.check_room()?;
        self.queue(&Frame::Ack(Ack { up_to }))?;
        self.update_stall(now);
        Ok(())
    }
}

/// How many rows at the front have the kind and length of the first.
fn count_alike(rows: &[Row]) -> usize {
    let first = &rows[0];
    let differs = |row: &Row| row.kind != first.kind || row.length() != first.length();
    rows.iter().position(differs).unwrap_or(rows.len())
}

fn peer_error(row: &Row, bytes: &[u8]) -> PeerError {
    match row.frame(bytes) {
        Some(Frame::Error(Error { code, reason })) => PeerError { code, reason: reason.into() },
        _ => PeerError { code: row.value, reason: "".into() },
    }
}
