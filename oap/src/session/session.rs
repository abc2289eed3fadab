//! Section 4: a session, both directions. A pure function of the frames received and sent.

use crate::codec::bytes_frame::BytesFrame;
use crate::codec::decode::{Decoder, Progress, Rules};
use crate::codec::encode::{body_of, put, EncodeError};
use crate::codec::partial_frame::PartialFrame;
use crate::codec::table::FrameTable;
use crate::config::Config;
use crate::frame::{Frame, Hello};
use crate::limits::{PREFIX_BYTES, VERSION};
use crate::reject::{Fault, Reason, Reject};
use crate::row::Row;
use crate::session::flow::Flow;
use crate::session::rules::{Event, PeerLimits, RuleBook, Sender};
use crate::telemetry::monitor::Monitor;
use crate::telemetry::totals::{Counts, Gauges};
use crate::wire::header::Head;
use crate::wire::prefix::oversize;
use bytes::{BufMut, Bytes};
#[cfg(loom)]
use loom::sync::Arc;
#[cfg(not(loom))]
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
    decoder: Decoder,
    partial: PartialFrame,
    rules: RuleBook,
    /// An ERROR has been sent: what still arrives is discarded (rule 4.12).
    discarding: bool,
}

impl Session {
    /// A session in which neither side has spoken.
    pub fn new(config: Config) -> Self {
        Session {
            config,
            decoder: Decoder::new(config),
            partial: PartialFrame::default(),
            rules: RuleBook::new(&config),
            discarding: false,
        }
    }

    /// Counts its frames and rejects in a monitor, and gives its inbound stream to the gauges.
    pub fn with_monitor(mut self, monitor: &Arc<Monitor>) -> Self {
        self.set_monitor(monitor);
        self
    }

    /// Likewise, from now on.
    pub fn set_monitor(&mut self, monitor: &Arc<Monitor>) {
        self.decoder.set_monitor(monitor);
        publish(&mut self.decoder, &self.rules);
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
        self.publish_sent(&Counts::one(frame.kind() as u8, written));
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
        let before = (self.rules.clone(), *self.decoder.config(), self.discarding);
        let (mut counts, mut written) = (Counts::default(), 0);
        for frame in frames {
            match self.put(&frame, &mut out) {
                Ok(length) => written += length,
                Err(error) => {
                    let (rules, config, discarding) = before;
                    self.decoder.set_config(config);
                    (self.rules, self.discarding) = (rules, discarding);
                    return Err(error);
                }
            }
            counts.add(frame.kind() as u8);
        }
        self.publish_sent(&counts.with_bytes(written));
        Ok(written)
    }

    /// Judges a frame, encodes it and takes it as sent.
    fn put(&mut self, frame: &Frame<'_>, out: &mut impl BufMut) -> Result<usize, EncodeError> {
        if self.decoder.verdict().is_some() {
            self.rules.reject();
        }
        let head = Head::of(frame)?;
        let event = Event::of_frame(frame);
        self.check_send(head.length, &event)?;
        let written = put(&head, body_of(frame), out)?;
        self.rules.apply(Sender::Own, &event);
        self.sent(&event);
        Ok(written)
    }

    fn publish_sent(&mut self, counts: &Counts) {
        if self.discarding {
            self.partial.clear();
        }
        if let Some(publisher) = self.decoder.publisher() {
            publisher.frames(counts);
        }
        publish(&mut self.decoder, &self.rules);
    }

    /// Rule 4.14, behind the frame's fields and the 1 MiB.
    fn check_send(&self, length: usize, event: &Event<'_>) -> Result<(), Fault> {
        if let Some(peer) = self.rules.limits_of(Sender::Peer) {
            if length > peer.max_frame as usize {
                return Err(oversize(peer.max_frame as usize));
            }
        }
        self.rules.check(Sender::Own, event)?;
        match *event {
            Event::Hello { max_frame, ack_window } => {
                self.check_limits(PeerLimits::new(max_frame, ack_window))
            }
            _ => Ok(()),
        }
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

    fn sent(&mut self, event: &Event<'_>) {
        match *event {
            // Rule 4.5; what a HELLO says was checked against the configuration's own range.
            Event::Hello { max_frame, .. } => {
                let config = self.config.with_max_frame(max_frame.into()).unwrap_or(self.config);
                self.decoder.set_config(config);
            }
            Event::Error => self.discarding = true,
            _ => {}
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
        if self.discarding {
            let (consumed, need) = (chunk.len(), PREFIX_BYTES);
            return Ok(Progress { consumed, need, ..Progress::default() });
        }
        let received = self.partial.feed(&mut self.decoder, &mut self.rules, chunk, rows);
        publish(&mut self.decoder, &self.rules);
        received
    }

    /// The bytes that the rows count in where the last [`Session::receive`] says `staged`. They stay until the next one.
    pub(crate) fn staged_bytes(&self) -> &[u8] {
        self.partial.bytes()
    }

    /// These bytes without a copy; the session forgets them.
    pub(crate) fn take_staged(&mut self) -> Bytes {
        self.partial.take_delivered()
    }

    /// [`Session::send_to`] for a DATA whose body is written by the host.
    pub(crate) fn send_data_head(
        &mut self,
        seq: u64,
        obj: Option<&str>,
        body_len: usize,
        out: &mut impl BufMut,
    ) -> Result<usize, EncodeError> {
        if self.decoder.verdict().is_some() {
            self.rules.reject();
        }
        let head = Head::data(seq, obj.map(str::as_bytes), body_len)?;
        let event = Event::Data { seq, has_obj: obj.is_some() };
        self.check_send(head.length, &event)?;
        head.put(out);
        self.rules.apply(Sender::Own, &event);
        self.publish_sent(&Counts::one(crate::frame::Kind::Data as u8, head.length));
        Ok(head.length - body_len)
    }

    /// The seq that an END of the open stream has to say (rule 4.7).
    pub(crate) fn end_seq(&self) -> u64 {
        self.rules.end_seq(Sender::Own)
    }

    /// Takes received bytes and gives the next frame, which owns its bytes; `None`: the chunk is used up.
    ///
    /// # Errors
    /// As [`Session::recv`].
    pub fn next_frame(&mut self, chunk: &mut Bytes) -> Result<Option<BytesFrame>, Reject> {
        if self.discarding {
            chunk.clear();
            return Ok(None);
        }
        let next = self.partial.next_frame(&mut self.decoder, &mut self.rules, chunk);
        publish(&mut self.decoder, &self.rules);
        next
    }

    /// Says that the peer's bytes have ended (rule 3.4). Whether they ended at a good place is the host's to judge.
    ///
    /// # Errors
    /// `truncated` where they ended inside a frame, or the reject given before.
    pub fn finish(&mut self) -> Result<(), Reject> {
        if self.discarding {
            return Ok(());
        }
        let finished = self.partial.finish(&mut self.decoder);
        publish(&mut self.decoder, &self.rules);
        finished
    }

    /// What this side has sent.
    pub fn outbound(&self) -> Flow {
        self.rules.flow(Sender::Own)
    }

    /// What the peer has sent.
    pub fn inbound(&self) -> Flow {
        self.rules.flow(Sender::Peer)
    }

    /// Whether both HELLOs have passed.
    pub fn is_established(&self) -> bool {
        [Sender::Own, Sender::Peer].iter().all(|&sender| self.rules.limits_of(sender).is_some())
    }

    /// The largest frame that the peer takes, in bytes, once its HELLO is here.
    pub fn peer_max_frame(&self) -> Option<usize> {
        self.rules.limits_of(Sender::Peer).map(|limits| limits.max_frame as usize)
    }

    /// Whether an ERROR has passed, either way: nothing more may be sent.
    pub fn has_ended(&self) -> bool {
        self.rules.has_ended()
    }

    /// The reject, once it is known: where frames stand before it, they are given first.
    pub const fn verdict(&self) -> Option<&Reject> {
        self.decoder.verdict()
    }

    /// Bytes of a partial frame that it holds.
    pub fn staged(&self) -> usize {
        self.partial.len()
    }

    /// What it was made with.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// Back to a session in which neither side has spoken.
    pub fn reset(&mut self) {
        self.decoder.set_config(self.config);
        self.decoder.reset();
        self.partial.clear();
        self.rules = RuleBook::new(&self.config);
        self.discarding = false;
        publish(&mut self.decoder, &self.rules);
    }
}

/// Gives the inbound direction to the gauges; a session that is over gives nothing.
fn publish(decoder: &mut Decoder, rules: &RuleBook) {
    let over = rules.has_ended() || decoder.verdict().is_some();
    let Some(publisher) = decoder.publisher() else { return };
    publisher.gauges(if over { Gauges::default() } else { gauges(&rules.flow(Sender::Peer)) });
}

/// What an inbound direction adds to the gauges.
fn gauges(flow: &Flow) -> Gauges {
    let credit = if flow.open { flow.credit() } else { 0 };
    Gauges { open: flow.open.into(), credit: credit.into(), in_flight: flow.in_flight.into() }
}

impl Rules for RuleBook {
    #[inline]
    fn judge(&mut self, row: &Row, bytes: &[u8], whole: bool) -> Result<(), Fault> {
        let event = Event::of_row(row, bytes);
        self.check(Sender::Peer, &event)?;
        if whole {
            self.apply(Sender::Peer, &event);
        }
        Ok(())
    }
}
