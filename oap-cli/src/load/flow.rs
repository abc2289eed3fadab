//! One connection under load: a session of its own, so that each ACK is timed when it is read.

use crate::load::pace::Pace;
use crate::load::stats::Stats;
use crate::transport::Stream;
use anyhow::{bail, ensure};
use oap::{Ack, Config, Data, End, Frame, Kind, Row, Session, Start, MAX_ACK_WINDOW};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{split, AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep_until, Instant};

/// Bytes that wait to be written before no more is made.
const OUT_BYTES: usize = 256 << 10;
const READ_BYTES: usize = 64 << 10;
const ROWS: usize = 256;
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
}

pub struct Flow {
    plan: Arc<Plan>,
    pace: Pace,
    stats: Arc<Stats>,
    session: Session,
    out: Vec<u8>,
    written: usize,
    /// When each DATA that is in flight was due.
    due: VecDeque<Instant>,
    seq: u64,
    in_stream: u64,
    open: bool,
    streams: u64,
    receipts: u64,
    /// The host's DATA that is to be acknowledged.
    to_acknowledge: Option<u64>,
}

impl Flow {
    pub fn new(plan: Arc<Plan>, pace: Pace, stats: Arc<Stats>) -> Self {
        let config = Config::default().with_ack_window_frames(MAX_ACK_WINDOW.into());
        Flow {
            plan,
            pace,
            stats,
            session: Session::new(config.expect("the largest window is in its range")),
            out: Vec::with_capacity(OUT_BYTES),
            written: 0,
            due: VecDeque::new(),
            seq: 0,
            in_stream: 0,
            open: false,
            streams: 0,
            receipts: 0,
            to_acknowledge: None,
        }
    }

    /// Sends until the time is up, then waits for what is in flight. `receipts`: and for a receipt a stream.
    ///
    /// # Errors
    /// Why the connection ended before.
    pub async fn run(mut self, stream: Stream, receipts: bool) -> anyhow::Result<()> {
        let (mut reader, mut writer) = split(stream);
        let mut buffer = vec![0; READ_BYTES];
        let hello = Frame::Hello(self.session.hello());
        self.session.send_to(&hello, &mut self.out)?;
        let end = self.plan.until + PATIENCE;
        while !self.is_done(receipts) {
            let now = Instant::now();
            ensure!(now < end, "the host did not acknowledge all in time");
            self.fill(now)?;
            let wake = self.wake(now).min(end);
            let waits = self.written < self.out.len();
            tokio::select! {
                biased;
                read = reader.read(&mut buffer) => match read? {
                    0 => bail!("the host closed"),
                    count => self.take(&buffer[..count])?,
                },
                wrote = writer.write(&self.out[self.written..]), if waits => self.written += wrote?,
                () = sleep_until(wake) => {}
            }
        }
        writer.shutdown().await?;
        Ok(())
    }

    fn is_done(&self, receipts: bool) -> bool {
        let over = Instant::now() >= self.plan.until && self.session.is_established();
        let quiet = !self.open && self.due.is_empty() && self.written == self.out.len();
        over && quiet && (!receipts || self.receipts >= self.streams)
    }

    /// When there is something to do without a byte from the host.
    fn wake(&self, now: Instant) -> Instant {
        let next = if now < self.plan.until { self.plan.until } else { now + PATIENCE };
        match self.pace.due() {
            Some(due) if due > now => next.min(due),
            _ => next,
        }
    }

    /// Makes what credit, pace and room allow.
    fn fill(&mut self, now: Instant) -> anyhow::Result<()> {
        if self.written == self.out.len() {
            self.out.clear();
            self.written = 0;
        }
        if let Some(up_to) = self.to_acknowledge.take() {
            self.session.send_to(&Frame::Ack(Ack { up_to }), &mut self.out)?;
        }
        if !self.session.is_established() {
            return Ok(());
        }
        let before = self.seq;
        while now < self.plan.until && self.out.len() < OUT_BYTES && self.has_credit() {
            let Some(due) = self.pace.take(now) else { break };
            self.send_one(due)?;
        }
        if now >= self.plan.until && self.open {
            self.end()?;
        }
        if self.seq > before {
            self.stats.lock().sent += self.seq - before;
        }
        Ok(())
    }

    fn has_credit(&self) -> bool {
        self.session.outbound().credit() > 0
    }

    fn send_one(&mut self, due: Instant) -> anyhow::Result<()> {
        let plan = Arc::clone(&self.plan);
        if !self.open {
            let start = Frame::Start(Start { stream: &plan.stream });
            self.session.send_to(&start, &mut self.out)?;
            (self.open, self.in_stream) = (true, 0);
        }
        let data = Data { seq: self.seq + 1, obj: plan.obj.as_deref(), body: &plan.body };
        self.session.send_to(&Frame::Data(data), &mut self.out)?;
        self.seq += 1;
        self.in_stream += 1;
        self.due.push_back(due);
        if self.in_stream == plan.messages {
            self.end()?;
        }
        Ok(())
    }

    fn end(&mut self) -> anyhow::Result<()> {
        let end = Frame::End(End { seq: self.seq, status: 0 });
        self.session.send_to(&end, &mut self.out)?;
        self.open = false;
        self.streams += 1;
        self.stats.lock().streams += 1;
        Ok(())
    }

    /// Takes what the host sent: its ACKs, and the ends of its receipts.
    fn take(&mut self, mut chunk: &[u8]) -> anyhow::Result<()> {
        let now = Instant::now();
        let mut rows = [Row::default(); ROWS];
        loop {
            let table = self.session.recv(chunk, &mut rows)?;
            let (consumed, more, count) = (table.consumed(), table.more(), table.len());
            let mut stats = self.stats.lock();
            for row in &rows[..count] {
                match Kind::from_byte(row.kind) {
                    Some(Kind::Ack) => {
                        let behind = self.seq.wrapping_sub(row.seq) as usize;
                        for due in self.due.drain(..self.due.len() - behind) {
                            stats.record(now - due);
                            stats.acknowledged += 1;
                            stats.bytes += self.plan.body.len() as u64;
                        }
                    }
                    Some(Kind::Data) => self.to_acknowledge = Some(row.seq),
                    Some(Kind::End) => {
                        self.receipts += 1;
                        stats.receipts += 1;
                        stats.refused += u64::from(row.value != 0);
                    }
                    Some(Kind::Error) => bail!("the host sent an ERROR of code {}", row.value),
                    _ => {}
                }
            }
            chunk = &chunk[consumed..];
            if !more {
                return Ok(());
            }
        }
    }
}
