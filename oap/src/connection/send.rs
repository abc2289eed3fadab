//! Sending: frames are queued, and what is queued is written (C.1, C.3, C.5).

use super::engine::Connection;
use super::outgoing::Pieces;
use super::reason::{SendError, Wait};
use super::state::ConnectionState;
use crate::codec::encode::{encoded_len, EncodeError};
use crate::frame::{Ack, Data, End, Frame, Start};
use crate::limits::MAX_FRAME_BYTES;
use crate::reject::{Fault, Reason};
use crate::wire::header::data_head_len;

impl Connection {
    /// Queues a START.
    ///
    /// # Errors
    /// [`SendError`]; nothing was queued.
    pub fn start(&mut self, now: u64, stream: &str) -> Result<(), SendError> {
        self.send(now, &Frame::Start(Start { stream }))
    }

    /// Queues a DATA of the open stream with a copy of its body, and gives its seq. An `obj` is its BLAKE3 address.
    ///
    /// # Errors
    /// [`SendError`]; nothing was queued.
    pub fn data(&mut self, now: u64, obj: Option<&str>, body: &[u8]) -> Result<u64, SendError> {
        let seq = self.queue_head(now, obj, body.len(), body.len())?;
        self.outgoing.buffer().extend_from_slice(body);
        Ok(seq)
    }

    /// Queues a DATA whose body lies with the host: [`transmit`](Self::transmit) shows where it goes between the other
    /// bytes (C.5). It stays there, unchanged, until it is written.
    ///
    /// # Errors
    /// [`SendError`]; nothing was queued.
    pub fn data_head(
        &mut self,
        now: u64,
        obj: Option<&str>,
        body_len: usize,
    ) -> Result<u64, SendError> {
        let seq = self.queue_head(now, obj, body_len, 0)?;
        self.outgoing.push_body(body_len);
        Ok(seq)
    }

    /// Queues what goes before a body, with room for `copied` bytes behind it.
    #[inline(always)]
    fn queue_head(
        &mut self,
        now: u64,
        obj: Option<&str>,
        body_len: usize,
        copied: usize,
    ) -> Result<u64, SendError> {
        let seq = self.session.next_seq();
        if self.state == ConnectionState::Handshake {
            check_frame(&Frame::Data(Data { seq, obj, body: &[] }))?;
        }
        self.may_send(now)?;
        let buffer = self.outgoing.buffer();
        buffer.reserve(data_head_len(seq, obj.is_some()) + copied.min(MAX_FRAME_BYTES));
        let queued = self.session.send_data_head(seq, obj, body_len, buffer);
        self.noted(now, queued)?;
        Ok(seq)
    }

    /// Queues an END of the open stream. `status` 0 says that all went well, [`ABORTED`](crate::ABORTED) that the stream was given up.
    ///
    /// # Errors
    /// [`SendError`]; nothing was queued.
    pub fn end_stream(&mut self, now: u64, status: u32) -> Result<(), SendError> {
        let seq = self.session.end_seq();
        self.send(now, &Frame::End(End { seq, status }))
    }

    /// Notes that the application no longer waits to send: its call was cancelled.
    pub fn cancel_send(&mut self) {
        self.waits = None;
        self.times.stalled = None;
    }

    pub(super) fn send(&mut self, now: u64, frame: &Frame<'_>) -> Result<(), SendError> {
        if self.state == ConnectionState::Handshake {
            check_frame(frame)?;
        }
        self.may_send(now)?;
        let queued = self.session.send_to(frame, self.outgoing.buffer());
        self.noted(now, queued)
    }

    #[inline(always)]
    pub(super) fn may_send(&mut self, now: u64) -> Result<(), SendError> {
        if self.state == ConnectionState::Handshake {
            return Err(self.wait(now, Wait::Handshake));
        }
        if !self.state.allowed().sends {
            return Err(SendError::Closed);
        }
        self.check_room().inspect_err(|_| self.waits = Some(Wait::Room))
    }

    #[inline(always)]
    pub(super) fn noted(
        &mut self,
        now: u64,
        queued: Result<usize, EncodeError>,
    ) -> Result<(), SendError> {
        match queued {
            Ok(_) => {
                self.cancel_send();
                Ok(())
            }
            Err(EncodeError::Refused(fault)) if is_about_credit(&fault) => {
                Err(self.wait(now, Wait::Credit))
            }
            Err(error) => Err(SendError::Refused(refusal(error))),
        }
    }

    pub(super) fn wait(&mut self, now: u64, wait: Wait) -> SendError {
        self.waits = Some(wait);
        self.update_stall(now);
        self.check_receive_limit(now);
        SendError::Waits(wait)
    }

    pub(super) fn check_room(&self) -> Result<(), SendError> {
        if (self.outgoing.len() as u64) < self.options.send_buffer() {
            Ok(())
        } else {
            Err(SendError::Waits(Wait::Room))
        }
    }

    pub(super) fn queue(&mut self, frame: &Frame<'_>) -> Result<usize, SendError> {
        let queued = self.session.send_to(frame, self.outgoing.buffer());
        queued.map_err(|error| SendError::Refused(refusal(error)))
    }

    /// Returns what is to be written now, in order; an acknowledgement that is due goes with it (C.3). Empty where there is
    /// nothing. The same bytes come again until [`transmitted`](Self::transmitted) says that they are written.
    pub fn transmit(&mut self, now: u64) -> Pieces<'_> {
        if self.state.allowed().writes {
            self.queue_ack(now);
        }
        self.outgoing.pieces()
    }

    /// Notes that the transport has taken so many bytes of what [`transmit`](Self::transmit) gave.
    pub fn transmitted(&mut self, now: u64, bytes: usize) {
        if bytes > 0 {
            self.times.active = now;
        }
        self.outgoing.advance(bytes);
        self.settle(now);
    }

    /// One ACK for all that was taken. It waits for room like everything else, so that a peer that reads nothing gets
    /// no credit (C.5).
    pub(super) fn queue_ack(&mut self, now: u64) {
        let wanted = self.ack_is_due || (self.taken > 0 && !self.outgoing.is_empty());
        if !wanted || self.check_room().is_err() {
            return;
        }
        // Refused only where the session is over, and then nothing may go.
        let _ = self.queue(&Frame::Ack(Ack { up_to: self.taken_to }));
        (self.taken, self.ack_is_due) = (0, false);
        self.update_stall(now);
    }
}

/// A frame that can never be sent is refused at once, not when the peer has greeted.
fn check_frame(frame: &Frame<'_>) -> Result<(), SendError> {
    encoded_len(frame).map(drop).map_err(SendError::Refused)
}

fn is_about_credit(fault: &Fault) -> bool {
    fault.reason() == Reason::CreditViolation && fault.field() == "DATA"
}

fn refusal(error: EncodeError) -> Fault {
    match error {
        EncodeError::Refused(fault) => fault,
        // The queue grows: it is never too small, and there are no rows.
        EncodeError::BufferTooSmall { .. } | EncodeError::OutOfBounds => unreachable!("{error}"),
    }
}
