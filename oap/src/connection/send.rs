//! Sending: frames are queued, and what is queued is written (C.1, C.3, C.5).

use super::engine::Connection;
use super::outgoing::Pieces;
use super::reason::{SendError, Wait};
use super::state::ConnectionState;
use crate::codec::encode::{encoded_len, EncodeError};
use crate::frame::{Ack, Data, End, Frame, Start};
use crate::reject::{Fault, Reason};

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
        self.queue_data(now, obj, body.len(), Some(body))
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
        let seq = self.queue_data(now, obj, body_len, None)?;
        self.outgoing.push_body(body_len);
        Ok(seq)
    }

    /// Queues a DATA, or what goes before its body where that lies with the host.
    #[inline(always)]
    fn queue_data(
        &mut self,
        now: u64,
        obj: Option<&str>,
        body_len: usize,
        body: Option<&[u8]>,
    ) -> Result<u64, SendError> {
        let seq = self.session.next_seq();
        if self.state == ConnectionState::Handshake {
            check_frame(&Frame::Data(Data { seq, obj, body: &[] }))?;
        }
        self.may_send(now)?;
        let not_here = if body.is_some() { 0 } else { body_len };
        let outgoing = &mut self.outgoing;
        let put = self
            .session
            .send_data_head(seq, obj, body_len, move |length| outgoing.room(length - not_here));
        match put {
            Ok((head_len, room)) => {
                let copied = body.unwrap_or_default();
                room[..copied.len()].copy_from_slice(copied);
                self.outgoing.fill(head_len + copied.len());
                self.cancel_send();
                Ok(seq)
            }
            Err(error) => Err(self.not_queued(now, error)),
        }
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
        match self.put(frame) {
            Ok(_) => {
                self.cancel_send();
                Ok(())
            }
            Err(error) => Err(self.not_queued(now, error)),
        }
    }

    fn put(&mut self, frame: &Frame<'_>) -> Result<usize, EncodeError> {
        let mut put = self.session.send(frame, self.outgoing.room(0));
        if let Err(EncodeError::BufferTooSmall { needed }) = put {
            put = self.session.send(frame, self.outgoing.room(needed));
        }
        self.outgoing.fill(put?);
        put
    }

    #[inline(always)]
    pub(super) fn may_send(&mut self, now: u64) -> Result<(), SendError> {
        if !self.state.allowed().sends {
            return Err(self.sends_not(now));
        }
        self.check_room().inspect_err(|_| self.waits = Some(Wait::Room))
    }

    #[cold]
    fn sends_not(&mut self, now: u64) -> SendError {
        match self.state {
            ConnectionState::Handshake => self.wait(now, Wait::Handshake),
            _ => SendError::Closed,
        }
    }

    #[cold]
    fn not_queued(&mut self, now: u64, error: EncodeError) -> SendError {
        match error {
            EncodeError::Refused(fault) if is_about_credit(&fault) => self.wait(now, Wait::Credit),
            error => SendError::Refused(refusal(error)),
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
        self.put(frame).map_err(|error| SendError::Refused(refusal(error)))
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
