//! The native half of a connection.

use crate::chunk::Slot;
use crate::config::{unsigned, ConfigRefusal, Settings};
use crate::connection_call::{connection_number, ConnectionNumber};
use crate::decode_call::{decoder_number, DecoderNumber};
use crate::engine::{Clock, Connected, Engine};
use crate::monitor::{nobody, CallTimer, NativeMonitor};
use crate::rejection::Rejection;
use crate::session::Flow;
use napi::bindgen_prelude::{BigInt, Error, Result, Status};
use napi_derive::napi;
use oap::{Connection, ConnectionOptions, EndReason, CONNECTION_OPTIONS, CONNECTION_WINDOW};
use std::cell::{RefCell, RefMut};
use std::rc::Rc;
use std::time::Instant;

/// A connection without its socket.
#[napi]
pub struct NativeConnection {
    slot: Rc<RefCell<Connected>>,
    decoder: DecoderNumber,
    number: ConnectionNumber,
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
        let (decoder, number) = (decoder_number(slot.clone()), connection_number(slot.clone()));
        Ok(NativeConnection { slot, decoder, number })
    }

    fn engine(&self) -> RefMut<'_, Engine> {
        RefMut::map(self.slot.borrow_mut(), |slot| &mut slot.inner)
    }

    /// The number by which a table's call finds it.
    #[napi(catch_unwind)]
    pub fn slot(&self) -> u32 {
        self.decoder.get()
    }

    /// The number by which a desk's call finds it.
    #[napi(catch_unwind)]
    pub fn number(&self) -> u32 {
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
        self.engine().send(|connection, now| connection.start(now, &stream)) as u32
    }

    /// Queues an END.
    #[napi(catch_unwind)]
    pub fn end_stream(&self, status: u32) -> u32 {
        self.engine().send(|connection, now| connection.end_stream(now, status)) as u32
    }

    /// Queues an ACK, with `auto_ack` off.
    #[napi(catch_unwind)]
    pub fn acknowledge(&self, up_to: BigInt) -> u32 {
        self.engine().send(|connection, now| connection.acknowledge(now, unsigned(&up_to))) as u32
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

    /// The peer's input has ended.
    #[napi(catch_unwind)]
    pub fn receive_end(&self) {
        self.engine().act(Connection::receive_end);
    }

    /// Handles what has run out of time.
    #[napi(catch_unwind)]
    pub fn handle_timeout(&self) {
        self.engine().act(Connection::handle_timeout);
    }

    /// Closes in good order, within so many nanoseconds where it says so.
    #[napi(catch_unwind)]
    pub fn close(&self, within_ns: Option<BigInt>) {
        let within = within_ns.as_ref().map(unsigned);
        self.engine().act(|connection, now| connection.close(now, within));
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
