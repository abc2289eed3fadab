//! The half of a connection that takes.

use crate::error::Error;
use crate::sender::Sender;
use crate::shared::{ReceivedRows, Shared, State};
use futures_core::Stream;
use oap::{BytesFrame, EndReason, Frame, Kind, Row, SendError};
use std::future::poll_fn;
use std::iter::FusedIterator;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll};

/// Frames, and bytes of them, that may be taken before the engine is told.
const UNTOLD_FRAMES: u64 = 32;
const UNTOLD_BYTES: usize = 64 << 10;

/// The half of a connection that takes: START, DATA and END, in order. Asking for the next frame says that those
/// before it are taken, which is what acknowledges them (C.2).
///
/// A wait that is dropped, by a timeout for example, loses nothing. As a [`Stream`] it ends behind an error.
#[derive(Debug)]
pub struct Receiver {
    sender: Sender,
    /// The frames that are being handed out.
    current: ReceivedRows,
    next_row: usize,
    /// Frames handed out since the beginning, and bytes of those that the engine does not know as taken.
    given: u64,
    told: u64,
    untold_bytes: usize,
    finished: bool,
}

impl Receiver {
    pub(crate) fn new(sender: Sender) -> Self {
        Receiver {
            sender,
            current: ReceivedRows::default(),
            next_row: 0,
            given: 0,
            told: 0,
            untold_bytes: 0,
            finished: false,
        }
    }

    /// Waits for the next frame; `None` is the clean end of the peer's input. A body shares the memory that it was
    /// read into: copy what is to be kept for long.
    ///
    /// # Errors
    /// [`Error::Ended`] with the reason, behind all frames that came before; [`Error::Closed`] where this side has
    /// closed.
    pub async fn next(&mut self) -> Result<Option<BytesFrame>, Error> {
        poll_fn(|cx| self.poll_next_frame(cx)).await
    }

    /// Waits for the frames that are here, at least one: less work for each than [`next`](Self::next). They are taken
    /// when more is asked for, or when the batch is dropped.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn next_batch(&mut self) -> Result<Option<Batch>, Error> {
        poll_fn(|cx| self.poll_next_batch(cx)).await
    }

    /// [`next`](Self::next) in the form of a poll.
    ///
    /// # Errors
    /// As there.
    pub fn poll_next_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<BytesFrame>, Error>> {
        if !ready!(self.poll_rows(cx))? {
            return Poll::Ready(Ok(None));
        }
        let row = self.current.rows[self.next_row];
        self.next_row += 1;
        self.given += 1;
        self.untold_bytes += row.length();
        if row.kind == Kind::End as u8 {
            self.tell(true);
        }
        let frame = BytesFrame::from_row(&self.current.bytes, &row);
        Poll::Ready(Ok(Some(frame.expect("rows and bytes belong together"))))
    }

    /// [`next_batch`](Self::next_batch) in the form of a poll.
    ///
    /// # Errors
    /// As there.
    pub fn poll_next_batch(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Batch>, Error>> {
        if !ready!(self.poll_rows(cx))? {
            return Poll::Ready(Ok(None));
        }
        let mut rows = std::mem::take(&mut self.current);
        rows.rows.drain(..self.next_row);
        self.next_row = 0;
        self.given += rows.rows.len() as u64;
        if rows.rows.iter().any(|row| row.kind == Kind::End as u8) {
            self.shared().lock().busy = true;
        }
        let shared = Arc::clone(self.shared());
        Poll::Ready(Ok(Some(Batch { rows, shared, end: self.given })))
    }

    /// Makes sure that there is a row to hand out; false at the end of input.
    fn poll_rows(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        if self.next_row < self.current.rows.len() {
            if self.given - self.told >= UNTOLD_FRAMES || self.untold_bytes >= UNTOLD_BYTES {
                self.tell(false);
            }
            return Poll::Ready(Ok(true));
        }
        self.current = ReceivedRows::default();
        self.next_row = 0;
        (self.told, self.untold_bytes) = (self.given, 0);
        let given = self.given;
        let received = self.shared().change(|state, now| state.poll_received(cx, now, given));
        let Some(received) = ready!(received)? else { return Poll::Ready(Ok(false)) };
        self.current = received;
        Poll::Ready(Ok(true))
    }

    /// Tells the engine what is taken. The DATA before an END is, once the END is given: nobody has to ask for what
    /// follows it.
    fn tell(&mut self, busy: bool) {
        (self.told, self.untold_bytes) = (self.given, 0);
        let given = self.given;
        self.shared().change(|state, now| {
            state.busy = busy;
            state.take_to(now, given);
        });
    }

    /// Acknowledges the DATA of that seq and all before it: for a connection whose option `auto_ack` is off.
    ///
    /// # Errors
    /// [`Error::Refused`] where `up_to` names no DATA in flight; [`Error::Ended`] and [`Error::Closed`].
    pub async fn acknowledge(&mut self, up_to: u64) -> Result<(), Error> {
        let acknowledge = |state: &mut State, now: u64| match state.engine.acknowledge(now, up_to) {
            Ok(()) => Some(Ok(())),
            Err(SendError::Waits(_)) if !state.is_over() => None,
            Err(SendError::Refused(fault)) => Some(Err(Error::Refused(fault))),
            Err(_) => Some(Err(state.error())),
        };
        self.shared().wait_until(acknowledge).await
    }

    /// The other half.
    pub const fn sender(&self) -> &Sender {
        &self.sender
    }

    fn shared(&self) -> &Arc<Shared> {
        self.sender.shared()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared().change(|state, _| state.busy = false);
    }
}

impl Stream for Receiver {
    type Item = Result<BytesFrame, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let receiver = self.get_mut();
        if receiver.finished {
            return Poll::Ready(None);
        }
        let next = ready!(receiver.poll_next_frame(cx)).transpose();
        receiver.finished = !matches!(next, Some(Ok(_)));
        Poll::Ready(next)
    }
}

impl State {
    fn poll_received(
        &mut self,
        cx: &mut Context<'_>,
        now: u64,
        given: u64,
    ) -> Poll<Result<Option<ReceivedRows>, Error>> {
        self.busy = false;
        self.take_to(now, given);
        if let Some(received) = self.received.pop_front() {
            return Poll::Ready(Ok(Some(received)));
        }
        if !self.has_no_more_to_give() {
            self.receiver = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let clean = matches!(self.engine.end_reason(), None | Some(EndReason::Clean));
        Poll::Ready(if clean && !self.closed { Ok(None) } else { Err(self.error()) })
    }
}

/// Frames that came together. Dropped, they count as taken.
pub struct Batch {
    rows: ReceivedRows,
    shared: Arc<Shared>,
    end: u64,
}

impl Batch {
    /// How many frames there are, at least one.
    #[allow(clippy::len_without_is_empty)]
    pub fn len(&self) -> usize {
        self.rows.rows.len()
    }

    /// The frames, borrowing from the batch.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Frame<'_>> + FusedIterator {
        let bytes = &self.rows.bytes;
        self.rows.rows.iter().map(|row| row.frame(bytes).expect("rows and bytes belong together"))
    }

    /// The frames, each with a share of the memory that they were read into.
    pub fn frames(&self) -> impl ExactSizeIterator<Item = BytesFrame> + '_ {
        let bytes = &self.rows.bytes;
        let frame = |row: &Row| BytesFrame::from_row(bytes, row);
        self.rows.rows.iter().map(move |row| frame(row).expect("rows and bytes belong together"))
    }
}

impl std::fmt::Debug for Batch {
    /// How many frames there are, not what they carry.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batch").field("len", &self.len()).finish_non_exhaustive()
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.shared.change(|state, now| state.take_to(now, self.end));
    }
}
