//! One connection under load: an engine of its own, so that each ACK is timed when it is read.

use crate::load::pace::Pace;
use crate::load::stats::Stats;
use crate::transport::Stream;
use anyhow::{bail, ensure};
use oap::{
    Config, Connection, ConnectionOptions, ConnectionState, Kind, Piece, Row, SendError, Wait,
    MAX_ACK_WINDOW,
};
use std::collections::VecDeque;
use std::future::{poll_fn, Future};
use std::io::{self, IoSlice};
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::{ready, Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{sleep_until, Instant, Sleep};

const READ_BYTES: usize = 64 << 10;
const ROWS: usize = 256;
/// Pieces that one write takes.
const PIECES: usize = 64;
/// A body of that many bytes goes out from where it lies; a smaller one is copied behind its head.
const UNCOPIED_BYTES: usize = 1 << 10;
/// For ACKs and receipts once all is sent.
const PATIENCE: Duration = Duration::from_secs(10);

/// What every connection sends.
pub struct Plan {
    pub stream: String,
    pub obj: Option<String>,
    pub body: Vec<u8>,
    /// DATA of a stream.
    pub messages: u64,
    pub until: Instant,
    /// A host that gives none is not waited for.
    pub receipts: bool,
}

pub struct Flow {
    plan: Arc<Plan>,
    pace: Pace,
    stats: Arc<Stats>,
    stream: Stream,
    /// Bodies go out from where they lie.
    uncopied: bool,
    engine: Connection,
    /// The engine's time 0.
    opened: Instant,
    in_flight: u64,
    /// When the DATA that are in flight were due, and how many at once.
    due: VecDeque<(Instant, u64)>,
    in_stream: u64,
    streams: u64,
    receipts: u64,
    buffer: Vec<u8>,
    rows: Vec<Row>,
}

impl Flow {
    pub fn new(plan: Arc<Plan>, pace: Pace, stats: Arc<Stats>, stream: Stream) -> Self {
        let config = Config::default().with_ack_window_frames(MAX_ACK_WINDOW.into());
        let config = config.expect("the largest window is in its range");
        let uncopied = stream.is_write_vectored() && plan.body.len() >= UNCOPIED_BYTES;
        Flow {
            plan,
            pace,
            stats,
            stream,
            uncopied,
            engine: Connection::new(config, ConnectionOptions::default(), 0),
            opened: Instant::now(),
            in_flight: 0,
            due: VecDeque::new(),
            in_stream: 0,
            streams: 0,
            receipts: 0,
            buffer: vec![0; READ_BYTES],
            rows: vec![Row::default(); ROWS],
        }
    }

    /// Sends until the time is up, then waits for what is in flight, and for a receipt a stream.
    ///
    /// # Errors
    /// Why the connection ended before.
    pub async fn run(mut self) -> anyhow::Result<()> {
        let mut alarm = pin!(sleep_until(self.plan.until));
        poll_fn(|cx| self.poll(cx, alarm.as_mut())).await?;
        Ok(self.stream.shutdown().await?)
    }

    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut alarm: Pin<&mut Sleep>,
    ) -> Poll<anyhow::Result<()>> {
        loop {
            let read = self.read(cx)?;
            let now = Instant::now();
            self.check_patience(now)?;
            if let Poll::Ready(count) = read {
                self.take(now, count)?;
            }
            let lacks_room = self.fill(now)?;
            let wrote = self.write(cx, now)?;
            if self.is_done(now) {
                return Poll::Ready(Ok(()));
            }
            if read.is_pending() && !(lacks_room && wrote) {
                let wake = self.wake(now);
                if alarm.deadline() != wake {
                    alarm.as_mut().reset(wake);
                }
                ready!(alarm.as_mut().poll(cx));
            }
        }
    }

    fn check_patience(&self, now: Instant) -> anyhow::Result<()> {
        let patient = now < self.plan.until + PATIENCE;
        ensure!(patient, "the host did not acknowledge all in time");
        Ok(())
    }

    fn is_done(&self, now: Instant) -> bool {
        let flow = self.engine.outbound();
        let over = now >= self.plan.until && self.engine.state() == ConnectionState::Open;
        let quiet = !flow.open && flow.in_flight == 0 && self.engine.queued() == 0;
        over && quiet && (!self.plan.receipts || self.receipts >= self.streams)
    }

    /// When there is something to do without a byte from the host.
    fn wake(&self, now: Instant) -> Instant {
        let until = self.plan.until;
        let next = if now < until { until } else { until + PATIENCE };
        match self.pace.due() {
            Some(due) if due > now => next.min(due),
            _ => next,
        }
    }

    fn time(&self, now: Instant) -> u64 {
        u64::try_from((now - self.opened).as_nanos()).unwrap_or(u64::MAX)
    }

    /// Makes what credit, pace and room allow. Gives whether it was room that lacked.
    fn fill(&mut self, now: Instant) -> anyhow::Result<bool> {
        let (time, streams, in_flight) = (self.time(now), self.streams, self.in_flight);
        let filled = loop {
            match self.next_frame(now, time) {
                Ok(true) => {}
                Ok(false) => break Ok(false),
                Err(SendError::Waits(wait)) => break Ok(wait == Wait::Room),
                Err(error) => break Err(error.into()),
            }
        };
        if self.in_flight > in_flight || self.streams > streams {
            let mut stats = self.stats.lock();
            stats.sent += self.in_flight - in_flight;
            stats.streams += self.streams - streams;
        }
        filled
    }

    /// Queues a START, a DATA or an END. False: nothing is due.
    fn next_frame(&mut self, now: Instant, time: u64) -> Result<bool, SendError> {
        let plan = &*self.plan;
        let open = self.engine.outbound().open;
        let over = now >= plan.until;
        if open && (over || self.in_stream == plan.messages) {
            self.engine.end_stream(time, 0)?;
            self.streams += 1;
            return Ok(true);
        }
        let Some(due) = self.pace.next(now).filter(|_| !over) else { return Ok(false) };
        if !open {
            self.engine.start(time, &plan.stream)?;
            self.in_stream = 0;
            return Ok(true);
        }
        let obj = plan.obj.as_deref();
        if self.uncopied {
            self.engine.data_head(time, obj, plan.body.len())?;
        } else {
            self.engine.data(time, obj, &plan.body)?;
        }
        self.in_stream += 1;
        self.in_flight += 1;
        self.pace.pass();
        match self.due.back_mut() {
            Some((at, count)) if *at == due => *count += 1,
            _ => self.due.push_back((due, 1)),
        }
        Ok(true)
    }

    /// Writes what the transport takes now. Gives whether that was all, and anything.
    fn write(&mut self, cx: &mut Context<'_>, now: Instant) -> io::Result<bool> {
        let (time, mut wrote) = (self.time(now), false);
        while self.engine.wants_write() {
            let Poll::Ready(count) = self.write_once(cx, time)? else { return Ok(false) };
            if count == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.engine.transmitted(time, count);
            wrote = true;
        }
        // Where that is pending, the transport goes on with it when it is called again.
        let _ = Pin::new(&mut self.stream).poll_flush(cx)?;
        Ok(wrote)
    }

    fn write_once(&mut self, cx: &mut Context<'_>, time: u64) -> Poll<io::Result<usize>> {
        let mut slices = [IoSlice::new(&[]); PIECES];
        let mut count = 0;
        for (slice, piece) in slices.iter_mut().zip(self.engine.transmit(time)) {
            *slice = IoSlice::new(match piece {
                Piece::Bytes(bytes) => bytes,
                Piece::Body(left) => &self.plan.body[self.plan.body.len() - left..],
            });
            count += 1;
        }
        let stream = Pin::new(&mut self.stream);
        match count {
            1 => stream.poll_write(cx, &slices[0]),
            _ => stream.poll_write_vectored(cx, &slices[..count]),
        }
    }

    /// So many bytes are in the buffer.
    fn read(&mut self, cx: &mut Context<'_>) -> anyhow::Result<Poll<usize>> {
        let mut into = ReadBuf::new(&mut self.buffer);
        if Pin::new(&mut self.stream).poll_read(cx, &mut into)?.is_pending() {
            return Ok(Poll::Pending);
        }
        let count = into.filled().len();
        ensure!(count > 0, "the host closed");
        Ok(Poll::Ready(count))
    }

    /// Takes what the host sent: its ACKs, and the ends of its receipts.
    fn take(&mut self, now: Instant, count: usize) -> anyhow::Result<()> {
        let time = self.time(now);
        let mut stats = self.stats.lock();
        let mut rest = &self.buffer[..count];
        while !rest.is_empty() {
            let table = self.engine.receive(time, rest, &mut self.rows);
            for end in table.rows().iter().filter(|row| row.kind == Kind::End as u8) {
                self.receipts += 1;
                stats.receipts += 1;
                stats.refused += u64::from(end.value != 0);
            }
            let frames = table.len();
            rest = &rest[table.consumed()..];
            self.engine.take(time, frames);
        }
        let in_flight = self.engine.outbound().in_flight.into();
        while self.in_flight > in_flight {
            let (due, count) = self.due.front_mut().expect("each DATA in flight was due");
            let taken = (*count).min(self.in_flight - in_flight);
            stats.acknowledge(now - *due, taken, self.plan.body.len());
            self.in_flight -= taken;
            *count -= taken;
            if *count == 0 {
                self.due.pop_front();
            }
        }
        match self.engine.end_reason() {
            Some(reason) => bail!("{reason}"),
            None => Ok(()),
        }
    }
}
