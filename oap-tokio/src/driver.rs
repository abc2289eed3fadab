//! The task that moves a connection's bytes between its transport and its engine.

use crate::shared::{ReceivedRows, Shared, State};
use bytes::{Bytes, BytesMut};
use oap::{Piece, Row};
use std::cell::Cell;
use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{ready, Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{sleep_until, Duration, Instant, Sleep};
use tokio_util::io::poll_read_buf;

/// Bytes that a read asks for, and from how few left a new buffer is better.
const READ_BYTES: usize = 256 << 10;
const LEAST_READ_BYTES: usize = 32 << 10;
/// A read that brought less is copied, so that a small message keeps no large buffer alive.
const COPIED_READ_BYTES: usize = 1_024;
/// Frames that one look at the bytes gives.
const ROWS: usize = 512;
/// Pieces that one write takes.
const PIECES: usize = 64;
/// Rounds of a poll, after which other tasks have their turn.
const ROUNDS: usize = 4;

/// The buffers that a thread's drivers read with. An idle connection has no buffer of its own.
struct Desk {
    buffer: BytesMut,
    rows: Vec<Row>,
}

thread_local! {
    static DESK: Cell<Option<Desk>> = const { Cell::new(None) };
}

impl Desk {
    fn take() -> Desk {
        DESK.take()
            .unwrap_or_else(|| Desk { buffer: BytesMut::new(), rows: vec![Row::default(); ROWS] })
    }

    fn put_back(self) {
        DESK.set(Some(self));
    }

    fn make_room(&mut self) {
        let room = self.buffer.capacity() - self.buffer.len();
        if room < LEAST_READ_BYTES && !self.buffer.try_reclaim(READ_BYTES) {
            self.buffer = BytesMut::with_capacity(READ_BYTES);
        }
    }

    fn take_chunk(&mut self) -> Bytes {
        if self.buffer.len() <= COPIED_READ_BYTES {
            let chunk = Bytes::copy_from_slice(&self.buffer);
            self.buffer.clear();
            return chunk;
        }
        self.buffer.split().freeze()
    }
}

pub(crate) struct Driver<S> {
    shared: Arc<Shared>,
    stream: S,
    alarm: Option<Pin<Box<Sleep>>>,
    /// The stream has taken bytes that it may hold back.
    unflushed: bool,
    /// Why writing failed: told once all that came is read.
    write_failure: Option<io::Error>,
}

impl<S> Driver<S> {
    pub fn new(shared: Arc<Shared>, stream: S) -> Self {
        Driver { shared, stream, alarm: None, unflushed: false, write_failure: None }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Future for Driver<S> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let driver = self.get_mut();
        for _ in 0..ROUNDS {
            let reads = driver.begin_round(cx);
            let read = if reads { driver.read(cx) } else { Poll::Pending };
            let moved = driver.end_round(cx, read);
            if driver.shared.lock().is_over() {
                return Poll::Ready(());
            }
            if !moved && driver.rest(cx).is_pending() {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Driver<S> {
    /// Notes where the driver can be woken, and whether it is to read.
    fn begin_round(&self, cx: &mut Context<'_>) -> bool {
        let mut state = self.shared.lock();
        let reads = state.engine.wants_read();
        let driver = &mut state.driver;
        driver.paused = !reads;
        driver.blocked = false;
        if !driver.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            driver.waker = Some(cx.waker().clone());
        }
        reads
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut desk = Desk::take();
        desk.make_room();
        let read = poll_read_buf(Pin::new(&mut self.stream), cx, &mut desk.buffer);
        if let Poll::Ready(Ok(_)) = read {
            let chunk = desk.take_chunk();
            self.shared.change(|state, now| {
                state.time_read(|state| state.receive(now, chunk, &mut desk.rows));
            });
            self.shared.progress.notify_waiters();
        }
        desk.put_back();
        read.map_ok(|_| ())
    }

    /// Writes what there is, and lets the time pass. Gives whether anything moved.
    fn end_round(&mut self, cx: &mut Context<'_>, read: Poll<io::Result<()>>) -> bool {
        let shared = Arc::clone(&self.shared);
        let moved = read.is_ready();
        let went_on = shared.change(|state, now| {
            let before = (state.written, state.engine.state());
            self.judge(state, read);
            state.engine.handle_timeout(now);
            if let Err(error) = self.write(state, cx, now) {
                self.write_failure = Some(error);
            }
            before != (state.written, state.engine.state())
        });
        if went_on {
            shared.progress.notify_waiters();
        }
        moved || went_on || self.write_failure.is_some()
    }

    /// Tells the engine that the transport failed. What writing says is told once all that came is read: an ERROR of
    /// the peer may be there.
    fn judge(&mut self, state: &mut State, read: Poll<io::Result<()>>) {
        let failure = match read {
            Poll::Ready(Ok(())) => return,
            Poll::Ready(Err(error)) => self.write_failure.take().or(Some(error)),
            Poll::Pending => self.write_failure.take(),
        };
        if let Some(failure) = failure {
            state.fail(failure);
        }
    }

    fn write(&mut self, state: &mut State, cx: &mut Context<'_>, now: u64) -> io::Result<()> {
        while state.engine.wants_write() && self.write_failure.is_none() {
            let Poll::Ready(count) = self.write_once(state, cx, now) else {
                state.driver.blocked = true;
                return Ok(());
            };
            let count = count?;
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.unflushed = true;
            state.wrote(now, count);
        }
        self.flush(state, cx)
    }

    fn write_once(
        &mut self,
        state: &mut State,
        cx: &mut Context<'_>,
        now: u64,
    ) -> Poll<io::Result<usize>> {
        let mut slices = [IoSlice::new(&[]); PIECES];
        let mut bodies = state.bodies.iter();
        let mut count = 0;
        for (slice, piece) in slices.iter_mut().zip(state.engine.transmit(now)) {
            *slice = IoSlice::new(match piece {
                Piece::Bytes(bytes) => bytes,
                Piece::Body(left) => {
                    let body = bodies.next().expect("each announced body is here");
                    &body[body.len() - left..]
                }
            });
            count += 1;
        }
        let stream = Pin::new(&mut self.stream);
        if count > 1 && stream.is_write_vectored() {
            stream.poll_write_vectored(cx, &slices[..count])
        } else {
            stream.poll_write(cx, &slices[0])
        }
    }

    fn flush(&mut self, state: &mut State, cx: &mut Context<'_>) -> io::Result<()> {
        if self.unflushed {
            match Pin::new(&mut self.stream).poll_flush(cx) {
                Poll::Ready(flushed) => flushed?,
                Poll::Pending => return Ok(()),
            }
            self.unflushed = false;
        }
        if state.engine.wants_shutdown() && !state.driver.shut {
            match Pin::new(&mut self.stream).poll_shutdown(cx) {
                Poll::Ready(shut) => {
                    state.driver.shut = true;
                    shut?;
                }
                Poll::Pending => state.driver.blocked = true,
            }
        }
        Ok(())
    }

    /// Sees to it that the driver is woken. Ready: there is something to do now.
    fn rest(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.shared.lock();
        let rings = state.engine.next_timeout().is_some_and(|next| {
            set_alarm(&mut self.alarm, &mut state, self.shared.opened, next, cx).is_ready()
        });
        if rings || state.driver_has_work() {
            return Poll::Ready(());
        }
        state.driver.awake = false;
        Poll::Pending
    }
}

/// Sets the alarm to the next deadline, unless it rings before that. Ready: it rings.
fn set_alarm(
    alarm: &mut Option<Pin<Box<Sleep>>>,
    state: &mut State,
    opened: Instant,
    next: u64,
    cx: &mut Context<'_>,
) -> Poll<()> {
    let at = opened + Duration::from_nanos(next);
    let alarm = alarm.get_or_insert_with(|| Box::pin(sleep_until(at)));
    if state.driver.alarm.is_none_or(|set| next < set) {
        state.driver.alarm = Some(next);
        alarm.as_mut().reset(at);
    }
    ready!(alarm.as_mut().poll(cx));
    state.driver.alarm = None;
    Poll::Ready(())
}

impl State {
    /// Passes what was read, in one piece, to the engine; nothing read is the end of input.
    fn receive(&mut self, now: u64, mut chunk: Bytes, rows: &mut [Row]) {
        if chunk.is_empty() {
            self.engine.receive_end(now);
        }
        while !chunk.is_empty() {
            let (bytes, count) = self.engine.receive_bytes(now, &mut chunk, rows);
            if count > 0 && !self.closed {
                self.received.push_back(ReceivedRows { bytes, rows: rows[..count].to_vec() });
            }
        }
    }

    fn wrote(&mut self, now: u64, count: usize) {
        self.forget_written_bodies(now, count);
        self.engine.transmitted(now, count);
        self.written += count as u64;
        if !self.engine.wants_write() {
            self.unwritten_data = 0;
        }
        if self.abandoned {
            self.give_up_stream(now);
        }
    }

    fn forget_written_bodies(&mut self, now: u64, mut count: usize) {
        if self.bodies.is_empty() {
            return;
        }
        for piece in self.engine.transmit(now) {
            let (len, is_body) = match piece {
                Piece::Bytes(bytes) => (bytes.len(), false),
                Piece::Body(left) => (left, true),
            };
            if len > count {
                break;
            }
            count -= len;
            if is_body {
                self.bodies.pop_front();
            }
        }
    }

    fn fail(&mut self, error: io::Error) {
        if !self.is_over() {
            self.failure = Some(Arc::new(error));
            self.engine.transport_failed();
        }
    }
}

impl<S> Drop for Driver<S> {
    /// Also where the runtime ends before the connection.
    fn drop(&mut self) {
        let wakers = {
            let mut state = self.shared.lock();
            state.engine.abort();
            state.bodies.clear();
            state.driver.done = true;
            state.wakers()
        };
        wakers.into_iter().flatten().for_each(Waker::wake);
        self.shared.progress.notify_waiters();
    }
}
