//! The half of a connection that sends.

use crate::error::{BoxError, Error};
use crate::shared::{SendWait, Shared, State};
use crate::source::{poll_fetch, Fetched, Reader, Source};
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_sink::Sink;
use futures_util::future::{select, Either};
use futures_util::stream;
use oap::{
    ConnectionState, EndReason, Flow, SendError, Wait, CONNECTION_WINDOW, MAX_HEAD_BYTES,
    MIN_MAX_FRAME,
};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::{ready, Context, Poll};
use tokio::io::AsyncRead;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::Duration;

/// A body of that many bytes goes out from where it lies; a smaller one is copied behind its head.
const UNCOPIED_BYTES: usize = 16 << 10;

/// So many DATA are queued before the driver has a turn: half of the default window. Small ones would otherwise go out a
/// window at a time, and each side would wait while the other works.
const DATA_A_WRITE: usize = CONNECTION_WINDOW as usize / 2;

/// The half of a connection that sends. Its clones send on the same connection, one stream after the other, in the
/// order of the calls (C.7).
#[derive(Clone, Debug)]
pub struct Sender {
    link: Arc<Link>,
}

/// The guard that keeps a connection open.
#[derive(Debug)]
struct Link {
    shared: Arc<Shared>,
    /// Whose turn it is to have a stream open.
    turn: Arc<Mutex<()>>,
    chunk: usize,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.close(None);
    }
}

impl Sender {
    pub(crate) fn new(shared: Arc<Shared>, chunk: usize) -> Self {
        Sender { link: Arc::new(Link { shared, turn: Arc::default(), chunk }) }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.link.shared
    }

    /// Opens a stream, once those opened before it have ended. Dropped before its [`end`](OutboundStream::end), it
    /// ends with the status [`ABORTED`](oap::ABORTED).
    ///
    /// # Errors
    /// [`Error::Refused`] where the name breaks a rule, [`Error::Ended`] and [`Error::Closed`].
    pub async fn start(&self, stream: &str) -> Result<OutboundStream, Error> {
        let turn = self.turn().await?;
        send(self.shared(), |state, now| state.engine.start(now, stream)).await?;
        Ok(OutboundStream {
            sender: self.clone(),
            open: true,
            pending: None,
            queued_to: 0,
            _turn: turn,
        })
    }

    /// Waits for the end of the streams before; the end of the connection ends the wait.
    async fn turn(&self) -> Result<OwnedMutexGuard<()>, Error> {
        let turn = Arc::clone(&self.link.turn);
        if let Ok(turn) = Arc::clone(&turn).try_lock_owned() {
            return Ok(turn);
        }
        let ended = |state: &mut State, _: u64| (!state.may_send()).then(|| state.error());
        match select(pin!(turn.lock_owned()), pin!(self.shared().wait_until(ended))).await {
            Either::Left((turn, _)) => Ok(turn),
            Either::Right((error, _)) => Err(error),
        }
    }

    /// Sends a whole stream: each item of `source` as one DATA, cut where it is larger than
    /// [`Options::chunk`](crate::Options::chunk) or than the peer takes. Returns when everything is written; see
    /// [`delivered`](Self::delivered) for more. Dropped before that, it ends the stream with the status
    /// [`ABORTED`](oap::ABORTED), and the connection goes on.
    ///
    /// # Errors
    /// [`Error::Source`] where an item is an error: the stream is given up as above. Else as [`start`](Self::start).
    pub async fn send_stream<B, E>(
        &self,
        stream: &str,
        source: impl Stream<Item = Result<B, E>>,
    ) -> Result<(), Error>
    where
        B: Into<Bytes>,
        E: Into<BoxError>,
    {
        self.send_source(stream, pin!(source)).await
    }

    /// [`send_stream`](Self::send_stream) of what is there already.
    ///
    /// # Errors
    /// As there.
    pub async fn send_iter<B: Into<Bytes>>(
        &self,
        stream: &str,
        source: impl IntoIterator<Item = B>,
    ) -> Result<(), Error> {
        let source = stream::iter(source.into_iter().map(Ok::<B, Infallible>));
        self.send_source(stream, pin!(source)).await
    }

    /// [`send_stream`](Self::send_stream) of what a reader has.
    ///
    /// # Errors
    /// As there.
    pub async fn send_reader(&self, stream: &str, source: impl AsyncRead) -> Result<(), Error> {
        let (buffer, chunk) = (BytesMut::new(), self.link.chunk);
        let reader = Reader { from: pin!(source), buffer, chunk };
        self.send_source(stream, pin!(reader)).await
    }

    async fn send_source(
        &self,
        stream: &str,
        mut source: Pin<&mut impl Source>,
    ) -> Result<(), Error> {
        let mut stream = self.start(stream).await?;
        let mut pieces = VecDeque::new();
        loop {
            let fetched = poll_fn(|cx| self.poll_fetch(source.as_mut(), cx, &mut pieces)).await?;
            stream.send_pieces(&mut pieces).await?;
            if fetched == Fetched::All {
                break;
            }
        }
        stream.end(0).await?;
        self.flush().await
    }

    /// The end of the connection ends the wait for a source, too.
    fn poll_fetch(
        &self,
        source: Pin<&mut impl Source>,
        cx: &mut Context<'_>,
        pieces: &mut VecDeque<Bytes>,
    ) -> Poll<Result<Fetched, Error>> {
        if let Poll::Ready(fetched) = poll_fetch(source, cx, pieces) {
            return Poll::Ready(fetched.map_err(Error::Source));
        }
        let mut state = self.shared().lock();
        if state.engine.state() != ConnectionState::Open {
            return Poll::Ready(Err(state.error()));
        }
        state.sender = Some((cx.waker().clone(), SendWait::Source));
        Poll::Pending
    }

    /// Waits until everything that was sent before is written.
    ///
    /// # Errors
    /// [`Error::Ended`] and [`Error::Closed`] where the connection ended before that.
    pub async fn flush(&self) -> Result<(), Error> {
        let until = self.shared().lock().queued_to();
        let flushed = |state: &mut State, _: u64| {
            if state.written >= until {
                return Some(Ok(()));
            }
            state.is_over().then(|| Err(state.error()))
        };
        self.shared().wait_until(flushed).await
    }

    /// Waits until the peer has acknowledged all DATA that was sent before: its application has taken them.
    ///
    /// # Errors
    /// [`Error::Ended`] and [`Error::Closed`] where the connection ended before that. [`outbound`](Self::outbound)
    /// says how much was acknowledged.
    pub async fn delivered(&self) -> Result<(), Error> {
        let until = self.outbound().last_seq;
        let delivered = |state: &mut State, _: u64| {
            let flow = state.engine.outbound();
            let later = flow.last_seq.zip(until).map_or(0, |(last, seq)| last.wrapping_sub(seq));
            if u64::from(flow.in_flight) <= later {
                return Some(Ok(()));
            }
            state.is_over().then(|| Err(state.error()))
        };
        self.shared().wait_until(delivered).await
    }

    /// Waits until the peer has greeted; sends wait by themselves.
    ///
    /// # Errors
    /// [`Error::Ended`] and [`Error::Closed`] where the connection ended before that.
    pub async fn ready(&self) -> Result<(), Error> {
        let ready = |state: &mut State, _: u64| match state.engine.state() {
            ConnectionState::Handshake => None,
            ConnectionState::Open => Some(Ok(())),
            _ => Some(Err(state.error())),
        };
        self.shared().wait_until(ready).await
    }

    /// Closes in good order (C.11): an open stream is given up, what is queued is written, then acknowledgements are
    /// waited for. It takes no longer than `within`, or the option `close_timeout` where that is `None`. May be called
    /// at any time, by any task, again and again.
    ///
    /// # Errors
    /// [`Error::Ended`] where the connection ended otherwise than cleanly: not everything was acknowledged, or it had
    /// failed before.
    pub async fn close(&self, within: Option<Duration>) -> Result<(), Error> {
        self.shared().close(within);
        match self.ended().await {
            EndReason::Clean => Ok(()),
            _ => Err(self.shared().lock().error()),
        }
    }

    /// Ends the connection at once: what is not written is lost.
    pub fn abort(&self) {
        self.shared().abort();
    }

    /// Waits until the connection has ended and its transport is closed, and gives the reason (C.13). It does not
    /// close it.
    pub async fn ended(&self) -> EndReason {
        let reason = |state: &mut State, _: u64| {
            let reason = state.engine.end_reason().cloned();
            reason.filter(|_| state.driver.done)
        };
        self.shared().wait_until(reason).await
    }

    /// The frames that this side has sent, and how much of it is in flight.
    pub fn outbound(&self) -> Flow {
        self.shared().lock().engine.outbound()
    }

    /// The frames that the peer has sent.
    pub fn inbound(&self) -> Flow {
        self.shared().lock().engine.inbound()
    }

    /// The largest body in bytes that the next DATA can have, without an `obj`; `None` before the peer's greeting.
    pub fn max_body(&self) -> Option<usize> {
        self.shared().lock().engine.max_body(false)
    }

    /// Where the connection stands.
    pub fn state(&self) -> ConnectionState {
        self.shared().lock().engine.state()
    }
}

/// A stream that is open to be sent on. Dropped, it ends with the status [`ABORTED`](oap::ABORTED).
///
/// It is a [`Sink`] of bodies too, each a DATA: to close it ends the stream with status 0, and a flush waits until all is
/// written.
pub struct OutboundStream {
    sender: Sender,
    open: bool,
    /// What the sink was given, while it waits for credit or room.
    pending: Option<Bytes>,
    /// Bytes written since the beginning of the connection, once the sink's are among them.
    queued_to: u64,
    _turn: OwnedMutexGuard<()>,
}

impl OutboundStream {
    /// Sends one DATA, once there are credit and room, and returns its seq. Dropped before that, it has sent nothing.
    /// It goes out without a further call.
    ///
    /// # Errors
    /// [`Error::Refused`] where the peer takes no body of that size, or wants an `obj`; [`Error::Ended`] and
    /// [`Error::Closed`].
    pub async fn data(&mut self, body: impl Into<Bytes>) -> Result<u64, Error> {
        let body = body.into();
        self.settle().await?;
        send(self.shared(), |state, now| state.queue_body(now, None, &body)).await
    }

    /// Sends one DATA of an object stream: `obj` is the BLAKE3-256 address of the object, `b3:` and 64 lower-case hex
    /// digits.
    ///
    /// # Errors
    /// As [`data`](Self::data).
    pub async fn object(&mut self, obj: &str, body: impl Into<Bytes>) -> Result<u64, Error> {
        let body = body.into();
        self.settle().await?;
        send(self.shared(), |state, now| state.queue_body(now, Some(obj), &body)).await
    }

    /// Sends what the sink was given and has not sent.
    async fn settle(&mut self) -> Result<(), Error> {
        let Some(body) = &self.pending else { return Ok(()) };
        send(self.shared(), |state, now| state.queue_body(now, None, body)).await?;
        self.pending = None;
        Ok(())
    }

    /// Sends bodies, each as one DATA or cut to what goes, and leaves none.
    async fn send_pieces(&mut self, pieces: &mut VecDeque<Bytes>) -> Result<(), Error> {
        let chunk = self.sender.link.chunk;
        while !pieces.is_empty() {
            send(self.shared(), |state, now| state.queue_pieces(now, chunk, pieces)).await?;
        }
        Ok(())
    }

    /// Ends the stream; `status` 0 says that all went well. The END goes out without a further call.
    ///
    /// # Errors
    /// [`Error::Refused`] where the status is over 65,535; [`Error::Ended`] and [`Error::Closed`].
    pub async fn end(mut self, status: u32) -> Result<(), Error> {
        self.settle().await?;
        send(self.shared(), |state, now| state.engine.end_stream(now, status)).await?;
        self.open = false;
        Ok(())
    }

    fn shared(&self) -> &Arc<Shared> {
        self.sender.shared()
    }
}

impl Drop for OutboundStream {
    fn drop(&mut self) {
        if self.open {
            self.shared().change(State::give_up_stream);
        }
    }
}

impl fmt::Debug for OutboundStream {
    /// Whether it is open, not what it carries.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutboundStream").field("open", &self.open).finish_non_exhaustive()
    }
}

impl OutboundStream {
    /// Sends what the sink was given.
    fn poll_settle(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let Some(body) = &self.pending else { return Poll::Ready(Ok(())) };
        let mut queue = |state: &mut State, now| {
            state.queue_body(now, None, body)?;
            Ok(state.queued_to())
        };
        let sent = self.shared().change(|state, now| state.poll_send(cx, now, &mut queue));
        self.queued_to = ready!(sent)?;
        self.pending = None;
        Poll::Ready(Ok(()))
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if self.open {
            let mut queue = |state: &mut State, now| {
                state.engine.end_stream(now, 0)?;
                Ok(state.queued_to())
            };
            let sent = self.shared().change(|state, now| state.poll_send(cx, now, &mut queue));
            self.queued_to = ready!(sent)?;
            self.open = false;
        }
        Poll::Ready(Ok(()))
    }
}

impl Sink<Bytes> for OutboundStream {
    type Error = Error;

    /// Waits for credit and room for what was given before.
    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.poll_settle(cx)
    }

    /// # Panics
    /// Where [`poll_ready`](Self::poll_ready) has not said that it may be called.
    fn start_send(mut self: Pin<&mut Self>, body: Bytes) -> Result<(), Error> {
        assert!(self.pending.is_none(), "start_send without poll_ready");
        self.pending = Some(body);
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_settle(cx))?;
        self.shared().change(|state, _| state.poll_written(cx, self.queued_to))
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        ready!(self.poll_settle(cx))?;
        ready!(self.poll_end(cx))?;
        self.shared().change(|state, _| state.poll_written(cx, self.queued_to))
    }
}

/// Queues something once the engine takes it.
async fn send<T>(
    shared: &Arc<Shared>,
    mut queue: impl FnMut(&mut State, u64) -> Result<T, SendError>,
) -> Result<T, Error> {
    let mut waiting = Waiting { shared, waits: false };
    poll_fn(|cx| {
        let polled = shared.change(|state, now| state.poll_send(cx, now, &mut queue));
        waiting.waits = polled.is_pending();
        polled
    })
    .await
}

/// A wait to send; dropped before its end, it is one no longer.
struct Waiting<'s> {
    shared: &'s Shared,
    waits: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.waits {
            self.shared.change(|state, _| {
                state.sender = None;
                state.engine.cancel_send();
            });
        }
    }
}

impl State {
    fn poll_send<T>(
        &mut self,
        cx: &mut Context<'_>,
        now: u64,
        queue: &mut impl FnMut(&mut State, u64) -> Result<T, SendError>,
    ) -> Poll<Result<T, Error>> {
        if self.has_much_to_write() {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.abandoned {
            self.give_up_stream(now);
        }
        let queued = if self.abandoned {
            Err(SendError::Waits(Wait::Room))
        } else {
            self.time_write(|state| queue(state, now))
        };
        match queued {
            Ok(sent) => Poll::Ready(Ok(sent)),
            Err(SendError::Waits(wait)) if !self.is_over() => {
                self.sender = Some((cx.waker().clone(), SendWait::For(wait)));
                Poll::Pending
            }
            Err(SendError::Refused(fault)) => Poll::Ready(Err(Error::Refused(fault))),
            Err(_) => Poll::Ready(Err(self.error())),
        }
    }

    /// Whether the driver is to have its turn first; said once for the same DATA.
    fn has_much_to_write(&mut self) -> bool {
        let much = self.unwritten_data >= DATA_A_WRITE;
        if much {
            self.unwritten_data = 0;
        }
        much && !self.driver.blocked
    }

    /// Bytes written since the beginning, once all that is queued is.
    fn queued_to(&self) -> u64 {
        self.written + self.engine.queued() as u64
    }

    fn poll_written(&mut self, cx: &mut Context<'_>, until: u64) -> Poll<Result<(), Error>> {
        if self.written >= until {
            return Poll::Ready(Ok(()));
        }
        if self.is_over() {
            return Poll::Ready(Err(self.error()));
        }
        self.sender = Some((cx.waker().clone(), SendWait::Written(until)));
        Poll::Pending
    }

    fn queue_body(&mut self, now: u64, obj: Option<&str>, body: &Bytes) -> Result<u64, SendError> {
        let copied = body.len() < UNCOPIED_BYTES;
        let seq = if copied {
            self.engine.data(now, obj, body)?
        } else {
            self.engine.data_head(now, obj, body.len())?
        };
        if !copied {
            self.bodies.push_back(body.clone());
        }
        self.unwritten_data += 1;
        Ok(seq)
    }

    /// Queues bodies, up to what is written at a time.
    fn queue_pieces(
        &mut self,
        now: u64,
        chunk: usize,
        pieces: &mut VecDeque<Bytes>,
    ) -> Result<(), SendError> {
        while let Some(piece) = pieces.front_mut() {
            if self.unwritten_data >= DATA_A_WRITE {
                break;
            }
            let most = self.largest_piece(chunk, piece.len());
            if piece.len() <= most {
                self.queue_body(now, None, piece)?;
                pieces.pop_front();
            } else {
                self.queue_body(now, None, &piece.slice(..most))?;
                let _ = piece.split_to(most);
            }
        }
        Ok(())
    }

    /// How much of a body of that length one DATA takes. Every peer takes a small one.
    fn largest_piece(&self, chunk: usize, len: usize) -> usize {
        if len <= MIN_MAX_FRAME - MAX_HEAD_BYTES {
            return chunk;
        }
        chunk.min(self.engine.max_body(false).unwrap_or(chunk))
    }
}
