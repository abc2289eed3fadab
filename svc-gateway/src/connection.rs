//! One connection: its bytes between the socket and the engine, its answers, and its end.

use crate::deadlines::{Deadlines, Limits};
use crate::intake::{Intake, ROWS};
use crate::lifecycle::{record_end, record_foreign, record_reason, record_refused};
use crate::peer::Peer;
use crate::protocol_sniff::ProtocolSniffer;
use crate::reader::{poll_copied, Chunk, Reader};
use crate::refusal::Refusal;
use crate::report::StreamLine;
use crate::service::Service;
use crate::socket::Socket;
use crate::stream_rate::StreamRate;
use bytes::Bytes;
use oap::{ConnectionState, Piece, Row};
use std::future::{poll_fn, Future};
use std::io;
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::task::yield_now;
use tokio::time::{sleep_until, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

/// The stream that answers a peer's stream: no DATA, only the status of its END.
const RECEIPT: &str = "receipt";

/// Bytes of answers from which on they are written before more is decoded.
const MAX_QUEUED_BYTES: usize = 1_024;

/// Bytes of a read of what nobody needs.
const DISCARDED_BYTES: usize = 65_536;

/// Bytes that a socket may hold of a peer when the gateway begins to drain.
const LAST_LOOK_BYTES: usize = 1 << 20;

/// A connection that was admitted.
pub struct Accepted {
    pub service: Arc<Service>,
    pub peer: Peer,
    pub at: Instant,
}

/// Serves a connection to its end.
pub async fn serve<S: Socket>(socket: S, accepted: Accepted) {
    let mut connection = Connection::new(socket, accepted);
    poll_fn(|cx| connection.poll(cx)).await;
    let reason = connection.reason.unwrap_or("aborted");
    let is_cut = connection.engine.inbound().open;
    record_end(&connection.service, &connection.peer, reason, is_cut);
}

/// Where a connection stands while the gateway drains.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Drain {
    Serving,
    /// Streams in the next so many bytes, as far as they are here already, count as begun before.
    LastLook(usize),
    NoNewStreams,
}

struct Connection<S> {
    socket: S,
    service: Arc<Service>,
    peer: Peer,
    engine: oap::Connection,
    /// As the last look at the clock had it.
    now: u64,
    sniffer: ProtocolSniffer,
    /// Quarantines that this connection knows of.
    quarantines: u64,
    reader: Reader,
    intake: Intake,
    deadlines: Deadlines,
    rate: StreamRate,
    /// Nothing is read before, for there were too many streams.
    read_from: u64,
    drain: Drain,
    draining: Pin<Box<WaitForCancellationFutureOwned>>,
    /// What the peer is told once its frames are worked off.
    refusal: Option<Refusal>,
    alarm: Option<Pin<Box<Sleep>>>,
    alarm_at: u64,
    unflushed: bool,
    shut: bool,
    write_failed: bool,
    /// A deadline has passed, and the socket was looked at since.
    has_looked_again: bool,
    /// Why it ends, once that is logged and counted.
    reason: Option<&'static str>,
}

impl<S: Socket> Connection<S> {
    fn new(socket: S, accepted: Accepted) -> Self {
        let Accepted { service, peer, at } = accepted;
        let opened = service.telemetry.at(at);
        let (config, network) = (service.config(), peer.network());
        let max_object_bytes = config.max_object_bytes.0;
        let limits = Limits::new(&config);
        Connection {
            socket,
            engine: service.telemetry.connection(&config, opened),
            now: opened,
            sniffer: ProtocolSniffer::default(),
            quarantines: service.quarantine.count(),
            reader: Reader::new(&service.room, network),
            intake: Intake::new(&service.room, &service.hash_pool, network, max_object_bytes),
            deadlines: Deadlines::new(limits, opened),
            rate: StreamRate::new(config.streams_per_second.0, opened),
            read_from: 0,
            drain: Drain::Serving,
            draining: Box::pin(service.draining.clone().cancelled_owned()),
            refusal: None,
            alarm: None,
            alarm_at: u64::MAX,
            unflushed: false,
            shut: false,
            write_failed: false,
            has_looked_again: false,
            reason: None,
            service,
            peer,
        }
    }

    /// Does all that can be done now. Ready: the connection has ended.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.look_at_clock();
        loop {
            let worked = self.poll_intake(cx);
            let read = self.poll_read(cx);
            self.poll_draining(cx);
            self.refuse_what_waited();
            // Before the peer is told: its next connection may come at once.
            self.record_reason();
            let wrote = self.poll_write(cx);
            self.record_reason();
            if self.engine.state() == ConnectionState::Ended {
                return Poll::Ready(());
            }
            if !(worked | read | wrote) && self.poll_deadlines(cx).is_pending() {
                self.release_idle_memory();
                return Poll::Pending;
            }
        }
    }

    fn look_at_clock(&mut self) {
        self.now = self.service.telemetry.now();
    }

    /// Whether the peer's frames count.
    fn is_open(&self) -> bool {
        use ConnectionState::{Handshake, Open, PeerClosed};
        matches!(self.engine.state(), Handshake | Open | PeerClosed)
    }

    /// What waited for a worker, for room, or for its answers to be written.
    fn poll_intake(&mut self, cx: &mut Context<'_>) -> bool {
        let worked = self.intake.poll_work(cx, &mut self.engine, self.now);
        let Ok(worked) = worked else {
            // A panic is no reason of the peer's.
            self.engine.abort();
            return true;
        };
        if worked {
            self.answer();
        }
        self.intake.poll_room(cx) | self.decode() | worked
    }

    /// Decodes what was read, while the answers find room. No acknowledgement goes before all of a read is judged, so
    /// that what breaks the window is found whatever the order of work.
    fn decode(&mut self) -> bool {
        let mut decoded = false;
        while self.intake.may_decode() && self.engine.queued() < MAX_QUEUED_BYTES {
            let mut rows = [Row::default(); ROWS];
            let bytes_and_rows = self.receive(&mut rows);
            let takes_streams = self.drain != Drain::NoNewStreams;
            if self.intake.take(&mut self.engine, self.now, bytes_and_rows, takes_streams) {
                self.refusal = Some(Refusal::Draining);
            }
            self.answer();
            decoded = true;
        }
        if self.intake.take_a_frame_began() {
            self.deadlines.begin_frame(self.now);
            if self.engine.session().wanted() > self.reader.size() {
                self.reader.shrink();
            }
        }
        decoded
    }

    /// The time that is observed is that of decoding alone: what is hashed comes behind it.
    fn receive<'r>(&mut self, rows: &'r mut [Row]) -> (Bytes, &'r [Row]) {
        self.look_at_clock();
        let began = self.now;
        let (bytes, count) = self.intake.receive(&mut self.engine, began, rows);
        self.look_at_clock();
        self.service.telemetry.observe_read(self.now - began);
        (bytes, &rows[..count])
    }

    /// A receipt for each stream that has ended.
    fn answer(&mut self) {
        let ended = self.intake.take_ended();
        if ended.is_empty() {
            return;
        }
        let (began, streams) = (self.now, ended.len() as u64);
        // The peer's credit is whole again when it sees a receipt.
        let _ = self.engine.transmit(began);
        for stream in ended {
            let took = Duration::from_nanos(self.now - stream.started);
            let line = StreamLine { stream: &stream, took };
            self.service.stream_log.log(self.now, &self.peer, &line);
            // Refused only where the session is over, and then nothing may go.
            let _ = self.engine.start(self.now, RECEIPT);
            let _ = self.engine.end_stream(self.now, stream.tally.status as u32);
        }
        self.look_at_clock();
        self.service.telemetry.observe_write(self.now - began);
        let pause = self.rate.record(self.now, streams);
        if pause > 0 {
            self.read_from = self.now + pause;
            self.reader.shrink();
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.reads() {
            return self.fail_where_writing_has();
        }
        self.deadlines.set_reading(true, self.now);
        let read = if self.is_open() {
            self.reader.poll(cx, &mut self.socket, self.engine.session().wanted())
        } else {
            poll_copied(cx, &mut self.socket, DISCARDED_BYTES)
        };
        match read {
            Poll::Ready(read) => self.take_read(read),
            Poll::Pending => return self.wait_for_bytes(),
        }
        true
    }

    /// Whether the peer's next bytes are read now: those of a connection that closes always, for nobody keeps them.
    fn reads(&self) -> bool {
        let has_room = self.engine.queued() < MAX_QUEUED_BYTES && self.read_from <= self.now;
        let is_free = self.intake.is_free() && self.refusal.is_none() && has_room;
        self.engine.wants_read() && (is_free || !self.is_open())
    }

    fn take_read(&mut self, read: io::Result<Option<Chunk>>) {
        self.look_at_clock();
        self.has_looked_again = false;
        match read {
            Err(_) => self.engine.transport_failed(),
            Ok(None) => self.engine.receive_end(self.now),
            Ok(Some(chunk)) if self.is_open() => self.take_chunk(chunk),
            Ok(Some(chunk)) => self.discard(chunk.bytes),
        }
    }

    fn take_chunk(&mut self, chunk: Chunk) {
        self.deadlines.heard(self.now);
        if let Drain::LastLook(bytes) = &mut self.drain {
            *bytes = bytes.saturating_sub(chunk.bytes.len());
            if *bytes == 0 {
                self.drain = Drain::NoNewStreams;
            }
        }
        if !self.refuses_unread(&chunk.bytes) {
            self.intake.add(chunk);
            self.decode();
        }
    }

    /// The engine looks for acknowledgements in it.
    fn discard(&mut self, mut bytes: Bytes) {
        let mut rows = [Row::default(); 16];
        while !bytes.is_empty() {
            self.engine.receive_bytes(self.now, &mut bytes, &mut rows);
        }
    }

    /// Before the decoder: whether the peer has been put in quarantine, and what it speaks.
    fn refuses_unread(&mut self, bytes: &[u8]) -> bool {
        if self.is_in_quarantine() {
            self.refuse(Refusal::Quarantined);
            return true;
        }
        let Some(protocol) = self.sniffer.look(bytes) else { return false };
        record_foreign(&self.service, &self.peer, protocol);
        self.reason = Some(Refusal::ForeignProtocol.label());
        self.engine.abort();
        true
    }

    fn is_in_quarantine(&mut self) -> bool {
        let (quarantine, known) = (&self.service.quarantine, self.quarantines);
        self.quarantines = quarantine.count();
        let network = self.peer.network().filter(|_| known != self.quarantines);
        network.is_some_and(|network| quarantine.holds(network, Instant::now()))
    }

    /// Once nothing more is to be read: what the peer has said last may be why.
    fn fail_where_writing_has(&mut self) -> bool {
        let fails = self.write_failed && self.engine.state() != ConnectionState::Ended;
        if fails {
            self.engine.transport_failed();
        }
        fails
    }

    fn wait_for_bytes(&mut self) -> bool {
        if self.fail_where_writing_has() {
            return true;
        }
        if self.engine.session().staged() == 0 {
            if self.socket.is_inside_a_record() {
                self.deadlines.expect_frame(self.now);
            } else {
                self.deadlines.end_frame();
            }
        }
        if matches!(self.drain, Drain::LastLook(_)) {
            self.drain = Drain::NoNewStreams;
        }
        false
    }

    /// Open streams may end while the gateway drains; who has none open is closed.
    fn poll_draining(&mut self, cx: &mut Context<'_>) {
        if self.drain == Drain::Serving && self.draining.as_mut().poll(cx).is_ready() {
            self.drain = Drain::LastLook(LAST_LOOK_BYTES);
            cx.waker().wake_by_ref();
        }
        let is_idle = self.intake.is_free() && self.engine.session().staged() == 0;
        let is_done = is_idle && !self.engine.inbound().open;
        if self.drain == Drain::NoNewStreams && is_done && self.is_open() {
            self.engine.close(self.now, None);
        }
    }

    fn refuse_what_waited(&mut self) {
        if self.intake.is_free() {
            if let Some(refusal) = self.refusal.take() {
                self.refuse(refusal);
            }
        }
    }

    /// Ends the connection, and tells the peer why where it reads that.
    fn refuse(&mut self, refusal: Refusal) {
        record_refused(&self.service, &self.peer, refusal);
        self.reason = Some(refusal.label());
        self.intake.discard();
        let told = refusal.is_sent()
            && self.engine.refuse(self.now, refusal.code(), refusal.label()).is_ok();
        if !told {
            self.engine.abort();
        }
    }

    /// Logs and counts why the engine ends the connection, as soon as it knows.
    fn record_reason(&mut self) {
        if self.reason.is_none() {
            if let Some(reason) = self.engine.end_reason() {
                self.reason = Some(record_reason(&self.service, &self.peer, reason));
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> bool {
        let mut wrote = false;
        while self.engine.wants_write() && !self.write_failed {
            let telemetry = &self.service.telemetry;
            let began = telemetry.now();
            let Some(Piece::Bytes(bytes)) = self.engine.transmit(began).next() else {
                self.engine.transmitted(self.now, 0);
                break;
            };
            telemetry.observe_write(telemetry.now() - began);
            match Pin::new(&mut self.socket).poll_write(cx, bytes) {
                Poll::Pending => {
                    self.deadlines.blocked(self.now);
                    break;
                }
                Poll::Ready(Ok(count)) if count > 0 => {
                    self.deadlines.unblocked();
                    self.engine.transmitted(self.now, count);
                    (self.unflushed, wrote) = (true, true);
                }
                Poll::Ready(_) => self.write_failed = true,
            }
        }
        self.poll_flush(cx);
        wrote
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) {
        if self.unflushed {
            match Pin::new(&mut self.socket).poll_flush(cx) {
                Poll::Pending => return self.deadlines.blocked(self.now),
                Poll::Ready(flushed) => self.write_failed |= flushed.is_err(),
            }
            self.unflushed = false;
        }
        if self.engine.wants_shutdown() && !self.shut {
            // Where the peer is gone, reading tells.
            self.shut = Pin::new(&mut self.socket).poll_shutdown(cx).is_ready();
        }
    }

    /// Ready: a deadline has passed, and something was done for it.
    fn poll_deadlines(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.deadlines.set_reading(self.reads(), self.now);
        let Some(next) = self.next_deadline() else { return Poll::Pending };
        if next > self.now {
            let rings = self.set_alarm(cx, next);
            if rings.is_pending() {
                return Poll::Pending;
            }
            self.look_at_clock();
        }
        if next > self.read_from && !self.has_looked_again {
            // What has come by now may be told only after all that waits to run has had its turn.
            self.has_looked_again = true;
            return pin!(yield_now()).poll(cx);
        }
        self.end_overdue();
        Poll::Ready(())
    }

    fn next_deadline(&self) -> Option<u64> {
        let own = self.own_deadline().map(|(due, _)| due);
        let pause = Some(self.read_from).filter(|&from| from > self.now);
        [self.engine_deadline(), own, pause].into_iter().flatten().min()
    }

    /// While the gateway keeps the peer waiting, the peer's silence has no deadline.
    fn engine_deadline(&self) -> Option<u64> {
        self.engine.next_timeout().filter(|_| self.reads() || !self.is_open())
    }

    fn own_deadline(&self) -> Option<(u64, Refusal)> {
        let is_served = self.is_open() && self.engine.state() != ConnectionState::Handshake;
        let next = self.deadlines.next(self.engine.inbound().open);
        next.filter(|&(_, refusal)| is_served || refusal == Refusal::WriteTimeout)
    }

    fn end_overdue(&mut self) {
        self.has_looked_again = false;
        if self.engine_deadline().is_some_and(|due| due <= self.now) {
            return self.engine.handle_timeout(self.now);
        }
        let Some((_, refusal)) = self.own_deadline().filter(|&(due, _)| due <= self.now) else {
            return;
        };
        let session = self.engine.session();
        let (length, have) = (session.staged() + session.wanted(), session.staged());
        let goes_on =
            refusal == Refusal::FrameTimeout && self.deadlines.extend_frame(self.now, length, have);
        if !goes_on && self.reason.is_none() {
            self.refuse(refusal);
        } else if !goes_on {
            self.engine.abort();
        }
    }

    /// Sets the alarm, unless it rings before that. Ready: it rings.
    fn set_alarm(&mut self, cx: &mut Context<'_>, next: u64) -> Poll<()> {
        let at = self.service.telemetry.instant(next).into();
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(at)));
        if next < self.alarm_at {
            self.alarm_at = next;
            alarm.as_mut().reset(at);
        }
        let rings = alarm.as_mut().poll(cx);
        if rings.is_ready() {
            self.alarm_at = u64::MAX;
        }
        rings
    }

    fn release_idle_memory(&mut self) {
        if self.engine.queued() == 0 && self.intake.is_free() {
            self.engine.shrink();
        }
    }
}
