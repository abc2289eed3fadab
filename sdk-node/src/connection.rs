//! The native half of a connection: the core's engine, with a clock.

use crate::chunk::{ChunkDecoder, Slot};
use crate::config::{unsigned, ConfigRefusal, Settings};
use crate::decode_call::SlotNumber;
use crate::memory::bytes_of;
use crate::monitor::{nobody, CallTimer, NativeMonitor};
use crate::rejection::{Failure, Rejection};
use crate::session::Flow;
use napi::bindgen_prelude::{
    BigInt, Error, Float64ArraySlice, Result, Status, Uint32ArraySlice, Uint8ArraySlice,
};
use napi_derive::napi;
use oap::{
    Connection, ConnectionOptions, EndReason, Fault, FrameTable, Piece, Reject, Row, SendError,
    Wait, CONNECTION_OPTIONS, CONNECTION_WINDOW,
};
use std::cell::{RefCell, RefMut};
use std::rc::Rc;
use std::time::Instant;

/// How a send went, as a number: JavaScript asks for the fault of a refusal.
#[repr(u32)]
pub(crate) enum Sent {
    Queued = 0,
    Handshake,
    Credit,
    Room,
    Closed,
    Refused,
}

/// Numbers of [`Sent`], so that it crosses with a count.
pub(crate) const SENT_BASE: u32 = 8;

/// The places of what `status` writes.
#[repr(usize)]
pub(crate) enum StatusPlace {
    State = 0,
    WantsRead,
    WantsWrite,
    WantsShutdown,
    /// Whether there is a reason why it ended.
    Reason,
    /// Milliseconds until the next deadline; below 0 there is none.
    Timeout,
    Credit,
    InFlight,
    /// Bytes that wait to be written.
    Queued,
    /// Whether a stream is open, either way.
    Streams,
    Untaken,
    Places,
}

enum Clock {
    Since(Instant),
    /// The host says the time, in nanoseconds.
    At(u64),
}

struct Engine {
    connection: Connection,
    clock: Clock,
    refusal: Option<Fault>,
}

impl Engine {
    fn now(&self) -> u64 {
        match self.clock {
            Clock::Since(opened) => u64::try_from(opened.elapsed().as_nanos()).unwrap_or(u64::MAX),
            Clock::At(ns) => ns,
        }
    }

    fn sent(&mut self, sent: std::result::Result<(), SendError>) -> Sent {
        match sent {
            Ok(()) => Sent::Queued,
            Err(SendError::Waits(Wait::Handshake)) => Sent::Handshake,
            Err(SendError::Waits(Wait::Credit)) => Sent::Credit,
            Err(SendError::Waits(Wait::Room)) => Sent::Room,
            Err(SendError::Refused(fault)) => {
                self.refusal = Some(fault);
                Sent::Refused
            }
            Err(_) => Sent::Closed,
        }
    }
}

impl ChunkDecoder for Engine {
    /// The end reason tells what is wrong with a chunk.
    #[inline]
    fn decode<'t>(
        &'t mut self,
        chunk: &'t [u8],
        rows: &'t mut [Row],
    ) -> std::result::Result<FrameTable<'t>, Reject> {
        let now = self.now();
        Ok(self.connection.receive(now, chunk, rows))
    }
}

/// A connection without its socket.
#[napi]
pub struct NativeConnection {
    slot: Rc<RefCell<Slot<Engine>>>,
    number: SlotNumber,
}

/// An option that is a number, by the core's name.
#[napi(object)]
pub struct Limit {
    pub name: String,
    pub value: BigInt,
}

/// Why a connection ended.
#[napi(object, object_from_js = false)]
pub struct Reason {
    pub name: &'static str,
    pub word: String,
    pub message: String,
    pub reject: Option<Rejection>,
    pub peer_code: Option<u32>,
    pub peer_text: Option<String>,
}

impl From<&EndReason> for Reason {
    fn from(reason: &EndReason) -> Self {
        let (mut reject, mut peer) = (None, None);
        match reason {
            EndReason::Rejected(of) => reject = Some(Rejection::of_reject(of)),
            EndReason::PeerError(error) => peer = Some(error),
            _ => {}
        }
        Reason {
            name: reason.name(),
            word: reason.word(),
            message: reason.to_string(),
            reject,
            peer_code: peer.map(|error| error.code()),
            peer_text: peer.map(|error| error.reason().to_owned()),
        }
    }
}

/// The names of the options that are numbers.
#[napi(catch_unwind)]
pub fn connection_options() -> Vec<&'static str> {
    CONNECTION_OPTIONS.to_vec()
}

/// The window of a connection whose host says nothing else.
#[napi(catch_unwind)]
pub fn connection_window() -> u32 {
    CONNECTION_WINDOW
}

/// The fault of the first option that the core refuses.
#[napi(catch_unwind)]
pub fn check_connection_options(limits: Vec<Limit>) -> Option<ConfigRefusal> {
    options_of(&limits).err()
}

fn options_of(limits: &[Limit]) -> std::result::Result<ConnectionOptions, ConfigRefusal> {
    limits.iter().try_fold(ConnectionOptions::default(), |options, Limit { name, value }| {
        let named = options.with_named(name, unsigned(value));
        named.unwrap_or(Ok(options)).map_err(ConfigRefusal::from)
    })
}

#[napi]
impl NativeConnection {
    /// Its HELLO is queued. Where the host says the time, it starts at 0.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        settings: Settings,
        limits: Vec<Limit>,
        auto_ack: bool,
        host_says_time: bool,
        monitor: Option<&NativeMonitor>,
    ) -> Result<Self> {
        let options = options_of(&limits).map_err(|refused| invalid(refused.field))?;
        let options = options.with_auto_ack(auto_ack);
        let config = settings.config()?;
        // From the first frame on: its HELLO is queued here.
        let connection = match monitor {
            Some(monitor) => Connection::with_monitor(config, options, 0, monitor.inner()),
            None => Connection::new(config, options, 0),
        };
        let timer = CallTimer::new(monitor, |_| {});
        let clock = if host_says_time { Clock::At(0) } else { Clock::Since(Instant::now()) };
        let engine = Engine { connection, clock, refusal: None };
        let slot = Rc::new(RefCell::new(Slot::new(engine, timer)));
        Ok(NativeConnection { number: SlotNumber::of(slot.clone()), slot })
    }

    fn engine(&self) -> RefMut<'_, Engine> {
        RefMut::map(self.slot.borrow_mut(), |slot| &mut slot.inner)
    }

    fn act(&self, act: impl FnOnce(&mut Connection, u64)) {
        let engine = &mut *self.engine();
        let now = engine.now();
        act(&mut engine.connection, now);
    }

    fn send(
        &self,
        send: impl FnOnce(&mut Connection, u64) -> std::result::Result<(), SendError>,
    ) -> u32 {
        let engine = &mut *self.engine();
        let now = engine.now();
        let sent = send(&mut engine.connection, now);
        engine.sent(sent) as u32
    }

    /// The number by which a table's call finds it.
    #[napi(catch_unwind)]
    pub fn slot(&self) -> u32 {
        self.number.get()
    }

    /// The time, in nanoseconds.
    #[napi(catch_unwind)]
    pub fn set_time(&self, ns: BigInt) {
        self.engine().clock = Clock::At(unsigned(&ns));
    }

    /// Queues a START.
    #[napi(catch_unwind)]
    pub fn start(&self, stream: String) -> u32 {
        self.send(|connection, now| connection.start(now, &stream))
    }

    /// Queues DATA: `count` bodies that lie one behind the other from byte `at` of `bytes` on, their lengths from word
    /// `first` on. Returns how many were queued, times 8, and how the next one went.
    #[napi(catch_unwind)]
    pub fn data(
        &self,
        bytes: &[u8],
        at: u32,
        lengths: &[u32],
        first: u32,
        count: u32,
        obj: Option<String>,
    ) -> Result<u32> {
        let Slot { inner: engine, timer, .. } = &mut *self.slot.borrow_mut();
        timer.start(false);
        let now = engine.now();
        let lengths = lengths.get(first as usize..).and_then(|rest| rest.get(..count as usize));
        let mut rest = bytes.get(at as usize..).ok_or_else(layout)?;
        let mut queued = 0;
        for &length in lengths.ok_or_else(layout)? {
            let body = rest.get(..length as usize).ok_or_else(layout)?;
            if let Err(error) = engine.connection.data(now, obj.as_deref(), body) {
                return Ok(queued * SENT_BASE + engine.sent(Err(error)) as u32);
            }
            rest = &rest[length as usize..];
            queued += 1;
        }
        timer.observe_write();
        Ok(queued * SENT_BASE)
    }

    /// Queues a DATA whose body JavaScript keeps.
    #[napi(catch_unwind)]
    pub fn data_head(&self, length: u32, obj: Option<String>) -> u32 {
        self.send(|connection, now| {
            connection.data_head(now, obj.as_deref(), length as usize).map(drop)
        })
    }

    /// Queues an END.
    #[napi(catch_unwind)]
    pub fn end_stream(&self, status: u32) -> u32 {
        self.send(|connection, now| connection.end_stream(now, status))
    }

    /// Queues an ACK, with `auto_ack` off.
    #[napi(catch_unwind)]
    pub fn acknowledge(&self, up_to: BigInt) -> u32 {
        self.send(|connection, now| connection.acknowledge(now, unsigned(&up_to)))
    }

    /// Why the last send was refused.
    #[napi(catch_unwind)]
    pub fn refusal(&self) -> Option<Rejection> {
        self.engine().refusal.as_ref().map(Rejection::of_fault)
    }

    /// Nobody waits to send any more.
    #[napi(catch_unwind)]
    pub fn cancel_send(&self) {
        self.engine().connection.cancel_send();
    }

    /// The application has taken so many frames more.
    #[napi(catch_unwind)]
    pub fn take(&self, frames: u32) {
        self.act(|connection, now| connection.take(now, frames as usize));
    }

    /// The peer's input has ended.
    #[napi(catch_unwind)]
    pub fn receive_end(&self) {
        self.act(Connection::receive_end);
    }

    /// Copies what is to be written to `out`, as far as it has room, and writes the pieces: twice the length, and 1
    /// where it is a body that JavaScript keeps. Returns how many pieces there are.
    #[napi(catch_unwind)]
    pub fn transmit(
        &self,
        mut out: Uint8ArraySlice<'_>,
        mut pieces: Uint32ArraySlice<'_>,
    ) -> Result<u32> {
        let engine = &mut *self.engine();
        let now = engine.now();
        let mut room = bytes_of(&mut out, &[]).map_err(Failure::into_error)?;
        // SAFETY: no JavaScript runs during the call, and no other slice of it refers to this memory.
        let places = unsafe { pieces.as_mut() };
        let mut count = 0;
        for (piece, place) in engine.connection.transmit(now).zip(places) {
            count += 1;
            match piece {
                Piece::Body(length) => *place = 2 * length as u32 + 1,
                Piece::Bytes(bytes) => {
                    let fits = bytes.len().min(room.len());
                    let (taken, left) = std::mem::take(&mut room).split_at_mut(fits);
                    taken.copy_from_slice(&bytes[..fits]);
                    *place = 2 * fits as u32;
                    room = left;
                    if fits < bytes.len() {
                        break;
                    }
                }
            }
        }
        Ok(count)
    }

    /// So many bytes are written.
    #[napi(catch_unwind)]
    pub fn transmitted(&self, bytes: u32) {
        self.act(|connection, now| connection.transmitted(now, bytes as usize));
    }

    /// Handles what has run out of time.
    #[napi(catch_unwind)]
    pub fn handle_timeout(&self) {
        self.act(Connection::handle_timeout);
    }

    /// Closes in good order, within so many nanoseconds where it says so.
    #[napi(catch_unwind)]
    pub fn close(&self, within_ns: Option<BigInt>) {
        let within = within_ns.as_ref().map(unsigned);
        self.act(|connection, now| connection.close(now, within));
    }

    /// Ends at once.
    #[napi(catch_unwind)]
    pub fn abort(&self) {
        self.engine().connection.abort();
    }

    /// The socket failed.
    #[napi(catch_unwind)]
    pub fn transport_failed(&self) {
        self.engine().connection.transport_failed();
    }

    /// Writes how it stands, by [`StatusPlace`].
    #[napi(catch_unwind)]
    pub fn status(&self, mut out: Float64ArraySlice<'_>) -> Result<()> {
        let engine = &*self.engine();
        let connection = &engine.connection;
        let (sent, taken) = (connection.outbound(), connection.inbound());
        let until = |at: u64| (at.saturating_sub(engine.now()) as f64 / 1e6).ceil();
        let values: [(StatusPlace, f64); StatusPlace::Places as usize] = [
            (StatusPlace::State, f64::from(connection.state() as u8)),
            (StatusPlace::WantsRead, connection.wants_read().into()),
            (StatusPlace::WantsWrite, connection.wants_write().into()),
            (StatusPlace::WantsShutdown, connection.wants_shutdown().into()),
            (StatusPlace::Reason, connection.end_reason().is_some().into()),
            (StatusPlace::Timeout, connection.next_timeout().map_or(-1.0, until)),
            (StatusPlace::Credit, sent.credit().into()),
            (StatusPlace::InFlight, sent.in_flight.into()),
            (StatusPlace::Queued, connection.queued() as f64),
            (StatusPlace::Streams, (sent.open || taken.open).into()),
            (StatusPlace::Untaken, connection.untaken() as f64),
        ];
        // SAFETY: no JavaScript runs during the call, and no other slice of it refers to this memory.
        let out = unsafe { out.as_mut() };
        for (place, value) in values {
            *out.get_mut(place as usize).ok_or_else(layout)? = value;
        }
        Ok(())
    }

    /// When the next deadline is, in nanoseconds.
    #[napi(catch_unwind)]
    pub fn next_timeout(&self) -> Option<BigInt> {
        self.engine().connection.next_timeout().map(BigInt::from)
    }

    /// Why it ended, or is about to.
    #[napi(catch_unwind)]
    pub fn reason(&self) -> Option<Reason> {
        self.engine().connection.end_reason().map(Reason::from)
    }

    /// The frames that this side has sent.
    #[napi(catch_unwind)]
    pub fn outbound(&self) -> Flow {
        self.engine().connection.outbound().into()
    }

    /// The frames that the peer has sent.
    #[napi(catch_unwind)]
    pub fn inbound(&self) -> Flow {
        self.engine().connection.inbound().into()
    }

    /// The largest body of a DATA to this peer.
    #[napi(catch_unwind)]
    pub fn max_body(&self, with_obj: bool) -> Option<u32> {
        self.engine().connection.max_body(with_obj).map(|bytes| bytes as u32)
    }

    /// Leaves its monitor.
    #[napi(catch_unwind)]
    pub fn leave(&self) {
        let Slot { inner, timer, .. } = &mut *self.slot.borrow_mut();
        inner.connection.set_monitor(nobody());
        *timer = CallTimer::default();
    }
}

fn invalid(message: &str) -> Error {
    Error::new(Status::InvalidArg, message)
}

fn layout() -> Error {
    invalid("no such bodies")
}
