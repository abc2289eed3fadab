//! The native half of `Session`.

use crate::config::Settings;
use crate::encode::{all, written};
use crate::fill::Seat;
use crate::lane::Place;
use crate::memory::bytes_of;
use crate::monitor::{nobody, NativeMonitor, Watch};
use crate::reject::Breach;
use napi::bindgen_prelude::{BigInt, Either, Result, Uint8ArraySlice};
use napi_derive::napi;
use oap::Session;
use std::cell::RefCell;
use std::rc::Rc;

/// One side of a session.
#[napi]
pub struct NativeSession {
    seat: Rc<RefCell<Seat<Session>>>,
    place: Place,
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
        let watch = Watch::new(monitor, |monitor| inner.set_monitor(monitor));
        let seat = Rc::new(RefCell::new(Seat::new(inner, watch)));
        Ok(NativeSession { place: Place::of(seat.clone()), seat })
    }

    /// The number by which a lane finds it.
    #[napi(catch_unwind)]
    pub fn seat(&self) -> u32 {
        self.place.number()
    }

    /// Encodes the first `count` frames to the front of `out` and counts them as sent, or none.
    #[napi(catch_unwind)]
    pub fn send(
        &self,
        words: &[u32],
        count: u32,
        bytes: &[u8],
        mut out: Uint8ArraySlice<'_>,
    ) -> Result<Either<u32, Breach>> {
        let Seat { taker, watch, .. } = &mut *self.seat.borrow_mut();
        watch.start(false);
        let sent = all(words, count, bytes)
            .and_then(|frames| Ok(taker.send_all(frames, bytes_of(&mut out))?));
        watch.written();
        written(sent)
    }

    /// Leaves its monitor.
    #[napi(catch_unwind)]
    pub fn close(&self) {
        let Seat { taker, watch, .. } = &mut *self.seat.borrow_mut();
        taker.set_monitor(nobody());
        *watch = Watch::default();
    }

    /// The HELLO that the configuration makes.
    #[napi(catch_unwind)]
    pub fn hello(&self) -> OwnHello {
        let hello = self.seat.borrow().taker.hello();
        OwnHello {
            version: hello.version,
            max_frame: hello.max_frame.into(),
            features: hello.features.map(BigInt::from),
            ack_window: hello.ack_window,
        }
    }

    /// The input has ended; what is wrong with that, if anything.
    #[napi(catch_unwind)]
    pub fn finish(&self) -> Option<Breach> {
        self.seat.borrow_mut().taker.finish().err().as_ref().map(Breach::of_reject)
    }

    /// The reject given, if any.
    #[napi(catch_unwind)]
    pub fn verdict(&self) -> Option<Breach> {
        self.seat.borrow().taker.verdict().map(Breach::of_reject)
    }

    /// What this side has sent.
    #[napi(catch_unwind)]
    pub fn outbound(&self) -> Flow {
        self.seat.borrow().taker.outbound().into()
    }

    /// What the peer has sent.
    #[napi(catch_unwind)]
    pub fn inbound(&self) -> Flow {
        self.seat.borrow().taker.inbound().into()
    }

    /// The seq that this side's next DATA must have; 1 for the first.
    #[napi(catch_unwind)]
    pub fn next_seq(&self) -> BigInt {
        self.seat.borrow().taker.outbound().last_seq.map_or(1, |last| last.wrapping_add(1)).into()
    }

    /// DATA frames that this side may send now.
    #[napi(catch_unwind)]
    pub fn credit(&self) -> u32 {
        self.seat.borrow().taker.outbound().credit()
    }

    /// Whether both HELLOs have passed.
    #[napi(catch_unwind)]
    pub fn is_established(&self) -> bool {
        self.seat.borrow().taker.is_established()
    }

    /// Whether an ERROR has passed, either way.
    #[napi(catch_unwind)]
    pub fn has_ended(&self) -> bool {
        self.seat.borrow().taker.has_ended()
    }

    /// The largest frame that the peer takes, in bytes.
    #[napi(catch_unwind)]
    pub fn peer_max_frame(&self) -> Option<u32> {
        self.seat.borrow().taker.peer_max_frame().map(|bytes| bytes as u32)
    }

    /// Bytes of a partial frame that it holds.
    #[napi(catch_unwind)]
    pub fn staged(&self) -> u32 {
        self.seat.borrow().taker.staged() as u32
    }

    /// Back to a session in which neither side has spoken.
    #[napi(catch_unwind)]
    pub fn reset(&self) {
        self.seat.borrow_mut().taker.reset();
    }
}
