//! The native half of `Session`.

use crate::chunk::Slot;
use crate::config::Settings;
use crate::decode_call::{decoder_number, DecoderNumber};
use crate::encode::{frames_of, written};
use crate::memory::bytes_of;
use crate::monitor::{nobody, CallTimer, NativeMonitor};
use crate::rejection::Rejection;
use napi::bindgen_prelude::{BigInt, Either, Result, Uint8ArraySlice};
use napi_derive::napi;
use oap::Session;
use std::cell::RefCell;
use std::rc::Rc;

/// One side of a session.
#[napi]
pub struct NativeSession {
    slot: Rc<RefCell<Slot<Session>>>,
    number: DecoderNumber,
}

/// One direction of a session at a glance.
#[napi(object, object_from_js = false)]
pub struct Flow {
    pub open: bool,
    pub objects: bool,
    pub last_seq: Option<BigInt>,
    pub in_flight: u32,
    pub window: u32,
    pub credit: u32,
}

impl From<oap::Flow> for Flow {
    fn from(flow: oap::Flow) -> Self {
        Flow {
            open: flow.open,
            objects: flow.objects,
            last_seq: flow.last_seq.map(BigInt::from),
            in_flight: flow.in_flight,
            window: flow.window,
            credit: flow.credit(),
        }
    }
}

/// The HELLO that a configuration makes.
#[napi(object, object_from_js = false)]
pub struct OwnHello {
    pub version: u32,
    pub max_frame: BigInt,
    pub features: Option<BigInt>,
    pub ack_window: Option<u32>,
}

#[napi]
impl NativeSession {
    /// Neither side has spoken.
    #[napi(constructor, catch_unwind)]
    pub fn new(settings: Settings, monitor: Option<&NativeMonitor>) -> Result<Self> {
        let mut inner = Session::new(settings.config()?);
        let timer = CallTimer::new(monitor, |monitor| inner.set_monitor(monitor));
        let slot = Rc::new(RefCell::new(Slot::new(inner, timer)));
        Ok(NativeSession { number: decoder_number(slot.clone()), slot })
    }

    /// The number by which a table's call finds it.
    #[napi(catch_unwind)]
    pub fn slot(&self) -> u32 {
        self.number.get()
    }

    /// Encodes the first `count` frames to the front of `out` and counts them as sent, or none.
    #[napi(catch_unwind)]
    pub fn send(
        &self,
        words: &[u32],
        count: u32,
        bytes: &[u8],
        mut out: Uint8ArraySlice<'_>,
    ) -> Result<Either<u32, Rejection>> {
        let Slot { inner, timer, .. } = &mut *self.slot.borrow_mut();
        timer.start(false);
        let sent = frames_of(words, count, bytes)
            .and_then(|frames| Ok(inner.send_all(frames, bytes_of(&mut out, &[bytes])?)?));
        timer.observe_write();
        written(sent)
    }

    /// Leaves its monitor.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        let Slot { inner, timer, .. } = &mut *self.slot.borrow_mut();
        inner.set_monitor(nobody());
        *timer = CallTimer::default();
    }

    /// The HELLO that the configuration makes.
    #[napi(catch_unwind)]
    pub fn hello(&self) -> OwnHello {
        let hello = self.slot.borrow().inner.hello();
        OwnHello {
            version: hello.version,
            max_frame: hello.max_frame.into(),
            features: hello.features.map(BigInt::from),
            ack_window: hello.ack_window,
        }
    }

    /// The input has ended; what is wrong with that, if anything.
    #[napi(catch_unwind)]
    pub fn finish(&self) -> Option<Rejection> {
        self.slot.borrow_mut().inner.finish().err().as_ref().map(Rejection::of_reject)
    }

    /// The reject given, if any.
    #[napi(catch_unwind)]
    pub fn verdict(&self) -> Option<Rejection> {
        self.slot.borrow().inner.verdict().map(Rejection::of_reject)
    }

    /// The flow of what this side has sent.
    #[napi(catch_unwind)]
    pub fn outbound(&self) -> Flow {
        self.slot.borrow().inner.outbound().into()
    }

    /// The flow of what the peer has sent.
    #[napi(catch_unwind)]
    pub fn inbound(&self) -> Flow {
        self.slot.borrow().inner.inbound().into()
    }

    /// The seq that this side's next DATA must have; 1 for the first.
    #[napi(catch_unwind)]
    pub fn next_seq(&self) -> BigInt {
        self.slot.borrow().inner.outbound().last_seq.map_or(1, |last| last.wrapping_add(1)).into()
    }

    /// DATA frames that this side may send now.
    #[napi(catch_unwind)]
    pub fn credit(&self) -> u32 {
        self.slot.borrow().inner.outbound().credit()
    }

    /// Whether both HELLOs have passed.
    #[napi(catch_unwind)]
    pub fn is_established(&self) -> bool {
        self.slot.borrow().inner.is_established()
    }

    /// Whether an ERROR has passed, either way.
    #[napi(catch_unwind)]
    pub fn has_ended(&self) -> bool {
        self.slot.borrow().inner.has_ended()
    }

    /// The largest frame that the peer takes, in bytes.
    #[napi(catch_unwind)]
    pub fn peer_max_frame(&self) -> Option<u32> {
        self.slot.borrow().inner.peer_max_frame().map(|bytes| bytes as u32)
    }

    /// Bytes of a partial frame that it holds.
    #[napi(catch_unwind)]
    pub fn staged(&self) -> u32 {
        self.slot.borrow().inner.staged() as u32
    }

    /// Back to a session in which neither side has spoken.
    #[napi(catch_unwind)]
    pub fn reset(&self) {
        self.slot.borrow_mut().inner.reset();
    }
}
