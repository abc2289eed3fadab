//! Section 4: a session, both directions. A pure function of the frames received and sent.

use crate::codec::bytes_frame::{rows_of, BytesFrame};
use crate::codec::decode::{Parser, Progress, Rules};
use crate::codec::encode::{body_of, put, EncodeError};
use crate::codec::partial_frame::PartialFrame;
use crate::codec::table::FrameTable;
use crate::config::Config;
use crate::frame::{Frame, Hello, Kind};
use crate::limits::{PREFIX_BYTES, VERSION};
use crate::reject::{Fault, Reason, Reject};
use crate::row::Row;
use crate::session::event::{Event, PeerLimits};
use crate::session::flow::Flow;
use crate::session::rules::{Sender, SessionState, Step};
#[cfg(feature = "std")]
use crate::telemetry::monitor::Monitor;
use crate::telemetry::monitor::Publisher;
use crate::telemetry::totals::{Counts, Gauges};
use crate::wire::header::Head;
use crate::wire::prefix::oversize;
use bytes::{BufMut, Bytes};
#[cfg(loom)]
use loom::sync::Arc;
#[cfg(all(feature = "std", not(loom)))]
use std::sync::Arc;

/// One side of a session: decodes and judges what the peer sends, and refuses to encode what the peer would have to
/// reject. No clock, no I/O.
///
/// ```
/// use oap::{Config, Data, Frame, Row, Session, Start};
///
/// let (mut a, mut b) = (Session::new(Config::default()), Session::new(Config::default()));
/// let mut wire = Vec::new();
/// let mut rows = [Row::default(); 4];
///
/// a.send_to(&Frame::Hello(a.hello()), &mut wire)?;
/// b.recv(&wire, &mut rows)?;
/// wire.clear();
/// b.send_to(&Frame::Hello(b.hello()), &mut wire)?;
/// a.recv(&wire, &mut rows)?;
///
/// wire.clear();
/// a.send_to(&Frame::Start(Start { stream: "notes" }), &mut wire)?;
/// a.send_to(&Frame::Data(Data { seq: 1, obj: None, body: b"abc" }), &mut wire)?;
/// assert_eq!(b.recv(&wire, &mut rows)?.len(), 2);
/// assert_eq!((a.outbound().credit(), b.inbound().in_flight), (31, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    config: Config,
    state: SessionState,
    /// Holds the verdict on what was received.
    parser: Parser,
    partial: PartialFrame,
    publisher: Option<Publisher>,
}

impl Session {
    /// A session in which neither side has spoken.
    pub fn new(config: Config) -> Self {
        Session {
            config,
            state: SessionState::new(),
            parser: Parser::new(),
            partial: PartialFrame::default(),
            publisher: None,
        }
    }

    /// Counts its frames and rejects in a monitor, and gives its inbound stream to the gauges.
    #[cfg(feature = "std")]
    pub fn with_monitor(mut self, monitor: &Arc<Monitor>) -> Self {
        self.set_monitor(monitor);
        self
    }

    /// Counts its frames and rejects in a monitor from now on, and gives its inbound stream to the gauges.
    #[cfg(feature = "std")]
    pub fn set_monitor(&mut self, monitor: &Arc<Monitor>) {
        self.publisher = Some(Publisher::new(monitor, self.verdict()));
        self.publish_gauges();
    }

    /// The HELLO that the configuration makes. It is not sent: pass it to [`Session::send`].
    pub fn hello(&self) -> Hello {
        Hello {
            version: VERSION,
            max_frame: self.config.max_frame() as u64,
            features: self.config.features(),
            ack_window: Some(self.config.ack_window_frames()),
        }
    }

    /// Encodes a frame to the front of `out` and gives its length in bytes: from then on it counts as sent. The host
    /// must send all that was encoded, in this order.
    ///
    /// # Errors
    /// [`EncodeError`]; the session stays as it was. Judged in this order: the frame's fields, its length, the
    /// session's rules, the room in `out`.
    pub fn send(&mut self, frame: &Frame<'_>, mut out: &mut [u8]) -> Result<usize, EncodeError> {
        self.send_to(frame, &mut out)
    }

    /// Like [`Session::send`], appending to a buffer that may grow (`Vec<u8>`, `BytesMut`).
    ///
    /// # Errors
    /// As [`Session::send`]; a growing buffer is never too small.
    pub fn send_to(
        &mut self,
        frame: &Frame<'_>,
        out: &mut impl BufMut,
    ) -> Result<usize, EncodeError> {
        let written = self.put(frame, out)?;
        self.sent(frame.kind() == Kind::Hello);
        self.publish_sent(frame.kind(), written);
        Ok(written)
    }

    /// Encodes frames in turn to the front of `out`, all of them or none, and gives their length in bytes.
    ///
    /// # Errors
    /// As [`Session::send`], for the first frame that can't be sent; the session stays as it was and nothing is counted.
    pub fn send_all<'f>(
        &mut self,
        frames: impl IntoIterator<Item = Frame<'f>>,
        mut out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        let before = self.state;
        let mut counts = self.publisher.is_some().then(Counts::default);
        let mut written = 0;
        for frame in frames {
            let length = self.put(&frame, &mut out).inspect_err(|_| self.state = before)?;
            written += length;
            if let Some(counts) = &mut counts {
                counts.add(frame.kind() as u8, length);
            }
        }
        self.sent(self.state.limits_of(Sender::Own) != before.limits_of(Sender::Own));
        if let (Some(publisher), Some(counts)) = (&self.publisher, counts) {
            publisher.frames(&counts);
        }
        self.publish_gauges();
        Ok(written)
    }

    /// Judges a frame, encodes it and takes it as sent.
    #[inline(always)]
    fn put(&mut self, frame: &Frame<'_>, out: &mut impl BufMut) -> Result<usize, EncodeError> {
        let head = Head::of(frame)?;
        let step = self.check_send(head.length, Event::of_frame(frame))?;
        let written = put(&head, body_of(frame), out)?;
        self.state.apply(step);
        Ok(written)
    }

    /// Takes note of frames that have been sent; `greeted`: a HELLO among them.
    #[inline(always)]
    fn sent(&mut self, greeted: bool) {
        if greeted {
            self.parser.resume_at_next_byte();
        }
        if self.state.discards() {
            self.partial.clear();
        }
    }

    #[inline(always)]
    fn publish_sent(&mut self, kind: Kind, length: usize) {
        if let Some(publisher) = &self.publisher {
            let mut counts = Counts::default();
            counts.add(kind as u8, length);
            publisher.frames(&counts);
            self.publish_gauges();
        }
    }

    /// Takes it out of its monitor's gauges, for good: its connection is over.
    pub(crate) fn leave_gauges(&mut self) {
        if let Some(publisher) = &mut self.publisher {
            publisher.gauges(Gauges::default());
        }
    }

    /// Gives the inbound direction to the gauges; a session that is over gives nothing.
    fn publish_gauges(&mut self) {
        let over = self.state.has_ended() || self.verdict().is_some();
        if let Some(publisher) = &mut self.publisher {
            let inbound = || gauges(&self.state.flow(Sender::Peer));
            publisher.gauges(if over { Gauges::default() } else { inbound() });
        }
    }

    #[inline(always)]
    fn publish_received(&mut self, rows: &[Row]) {
        if let Some(publisher) = &mut self.publisher {
            publisher.received(rows, self.parser.verdict());
            self.publish_gauges();
        }
    }

    /// Rule 4.14, behind the frame's fields and the 1 MiB.
    #[inline(always)]
    fn check_send(&self, length: usize, event: Event) -> Result<Step, Fault> {
        if let Some(peer) = self.state.limits_of(Sender::Peer) {
            if length > peer.max_frame as usize {
                return Err(oversize(peer.max_frame as usize));
            }
        }
        let rejected = self.parser.verdict().is_some();
        let step = self.state.check(&self.config, rejected, Sender::Own, event)?;
        if let Event::Hello(limits) = event {
            self.check_limits(limits)?;
        }
        Ok(step)
    }

    /// Rule 4.4: a host may advertise less than its configuration, never more.
    fn check_limits(&self, limits: PeerLimits) -> Result<(), Fault> {
        const MORE: &str = "advertises more than the configuration";
        let (window, max_frame) = (self.config.ack_window_frames(), self.config.max_frame());
        let more = |field, limit| Err(Fault::new(Reason::BadHello, field, MORE).limit(limit));
        if limits.max_frame as usize > max_frame {
            return more("HELLO.max_frame", max_frame as u64);
        }
        if limits.ack_window > window {
            return more("HELLO.ack_window", window.into());
        }
        Ok(())
    }

    /// The configuration that judges what is received: the HELLO sent governs, the configuration before it (rule 4.5).
    fn governing(&self) -> Config {
        match self.state.limits_of(Sender::Own) {
            Some(limits) => self.config.lowered_to(limits.max_frame),
            None => self.config,
        }
    }

    /// Takes received bytes, in any split, and gives the next frames, as many as `rows` has room for, one at least.
    /// Call again with what follows `consumed()` while [`FrameTable::more`] is true. A reject stands from the call that
    /// gives the frames before it: from then on only ERROR may go. The table's bytes are `chunk` itself, or, for a
    /// frame that an earlier chunk began, the session's staging buffer. An empty chunk is no look (rule 4.5): it
    /// changes nothing and judges nothing anew.
    ///
    /// # Errors
    /// The [`Reject`] of the first rule broken, and the same at every later call until an ERROR is sent; frames
    /// before it are given first.
    pub fn recv<'t>(
        &'t mut self,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> Result<FrameTable<'t>, Reject> {
        let received = self.receive(chunk, rows)?;
        let bytes = if received.staged { self.staged_bytes() } else { chunk };
        Ok(received.table(bytes, rows))
    }

    /// [`Session::recv`] without a borrow of the session, so that it can answer while the rows are read.
    pub(crate) fn receive(&mut self, chunk: &[u8], rows: &mut [Row]) -> Result<Progress, Reject> {
        if self.state.discards() {
            let (consumed, need) = (chunk.len(), PREFIX_BYTES);
            return Ok(Progress { consumed, need, ..Progress::default() });
        }
        let config = self.governing();
        let mut rules = PeerRules { config: &config, state: &mut self.state };
        let received = self.partial.feed(&mut self.parser, &config, &mut rules, chunk, rows);
        self.publish_received(&rows[..received.as_ref().map_or(0, |found| found.rows)]);
        received
    }

    /// The bytes that it holds: of a partial frame, or of the staged one that the last call gave. They stay until the
    /// next [`Session::recv`].
    pub fn staged_bytes(&self) -> &[u8] {
        self.partial.bytes()
    }

    /// These bytes without a copy; the session forgets them.
    pub(crate) fn take_staged(&mut self) -> Bytes {
        self.partial.take_delivered()
    }

    /// [`Session::send`] for a DATA whose body is written by the host. `room` is asked for the frame's length at least; gives
    /// the length of what goes before the body, and the room behind it.
    #[inline(always)]
    pub(crate) fn send_data_head<'o>(
        &mut self,
        seq: u64,
        obj: Option<&str>,
        body_len: usize,
        room: impl FnOnce(usize) -> &'o mut [u8],
    ) -> Result<(usize, &'o mut [u8]), EncodeError> {
        let head = Head::data(seq, obj.map(str::as_bytes), body_len)?;
        self.check_send(head.length, Event::Data { seq, has_obj: obj.is_some() })?;
        let mut out = room(head.length);
        head.put(&mut out);
        self.state.apply_data(Sender::Own, seq);
        self.publish_sent(Kind::Data, head.length);
        Ok((head.length - body_len, out))
    }

    /// The seq of the next DATA: the first is 1.
    #[inline(always)]
    pub(crate) fn next_seq(&self) -> u64 {
        self.state.next_seq(Sender::Own)
    }

    /// The seq that an END of the open stream has to say (rule 4.7).
    pub(crate) fn end_seq(&self) -> u64 {
        self.state.end_seq(Sender::Own)
    }

    /// Takes received bytes and gives the next frame, which owns its bytes; `None`: the chunk is used up.
    ///
    /// # Errors
    /// As [`Session::recv`].
    pub fn next_frame(&mut self, chunk: &mut Bytes) -> Result<Option<BytesFrame>, Reject> {
        if self.state.discards() {
            chunk.clear();
            return Ok(None);
        }
        let config = self.governing();
        let mut rules = PeerRules { config: &config, state: &mut self.state };
        let next = self.partial.next_frame(&mut self.parser, &config, &mut rules, chunk);
        self.publish_received(next.as_ref().map_or(&[], rows_of));
        next
    }

    /// Notes that the peer's bytes have ended (rule 3.4). Whether they ended at a good place is the host's to judge.
    ///
    /// # Errors
    /// `truncated` where they ended inside a frame, or the reject given before.
    pub fn finish(&mut self) -> Result<(), Reject> {
        if self.state.discards() {
            return Ok(());
        }
        let finished = self.partial.finish(&mut self.parser);
        self.publish_received(&[]);
        finished
    }

    /// The flow of what this side has sent.
    pub fn outbound(&self) -> Flow {
        self.state.flow(Sender::Own)
    }

    /// The flow of what the peer has sent.
    pub fn inbound(&self) -> Flow {
        self.state.flow(Sender::Peer)
    }

    /// Whether both HELLOs have passed.
    pub fn is_established(&self) -> bool {
        [Sender::Own, Sender::Peer].iter().all(|&sender| self.state.limits_of(sender).is_some())
    }

    /// The largest frame that the peer takes, in bytes, once its HELLO is here.
    pub fn peer_max_frame(&self) -> Option<usize> {
        self.state.limits_of(Sender::Peer).map(|limits| limits.max_frame as usize)
    }

    /// Whether an ERROR has passed, either way: nothing more may be sent.
    pub fn has_ended(&self) -> bool {
        self.state.has_ended()
    }

    /// The reject, once it is known: where frames stand before it, they are given first.
    pub const fn verdict(&self) -> Option<&Reject> {
        self.parser.verdict()
    }

    /// Bytes of a partial frame that it holds.
    pub fn staged(&self) -> usize {
        self.partial.len()
    }

    /// Bytes that the begun frame lacks: to the end of its prefix while that is not here, then to its own end. 0 where
    /// no frame has begun. Together with [`staged`](Self::staged) it says how long the frame is.
    pub fn wanted(&self) -> usize {
        self.partial.wanted()
    }

    pub(crate) fn shrink(&mut self) {
        self.partial.shrink();
    }

    /// The configuration that it was made with.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Back to a session in which neither side has spoken.
    pub fn reset(&mut self) {
        self.state = SessionState::new();
        self.parser = Parser::new();
        self.partial.clear();
        self.publish_received(&[]);
    }
}

/// The share that an inbound direction adds to the gauges.
fn gauges(flow: &Flow) -> Gauges {
    let credit = if flow.open { flow.credit() } else { 0 };
    Gauges { open: flow.open.into(), credit: credit.into(), in_flight: flow.in_flight.into() }
}

/// The rules for what the peer sends.
struct PeerRules<'s> {
    config: &'s Config,
    state: &'s mut SessionState,
}

impl Rules for PeerRules<'_> {
    #[inline]
    fn judge(&mut self, row: &Row, bytes: &[u8], whole: bool) -> Result<(), Fault> {
        let event = Event::of_row(row, bytes);
        let step = self.state.check(self.config, false, Sender::Peer, event)?;
        if whole {
            self.state.apply(step);
        }
        Ok(())
    }
}
