//! The native half of `Decoder`.

use crate::config::Settings;
use crate::fill::Seat;
use crate::lane::Place;
use crate::monitor::{NativeMonitor, Watch};
use crate::reject::Breach;
use napi::bindgen_prelude::Result;
use napi_derive::napi;
use oap::StreamDecoder;
use std::cell::RefCell;
use std::rc::Rc;

/// A decoder of one byte stream.
#[napi]
pub struct NativeDecoder {
    seat: Rc<RefCell<Seat<StreamDecoder>>>,
    place: Place,
}

#[napi]
impl NativeDecoder {
    /// At the start of a stream.
    #[napi(constructor, catch_unwind)]
    pub fn new(settings: Settings, monitor: Option<&NativeMonitor>) -> Result<Self> {
        let mut inner = StreamDecoder::new(settings.config()?);
        let watch = Watch::new(monitor, |monitor| inner.set_monitor(monitor));
        let seat = Rc::new(RefCell::new(Seat::new(inner, watch)));
        Ok(NativeDecoder { place: Place::of(seat.clone()), seat })
    }

    /// The number by which a lane finds it.
    #[napi(catch_unwind)]
    pub fn seat(&self) -> u32 {
        self.place.number()
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

    /// Back to the start of a new stream.
    #[napi(catch_unwind)]
    pub fn reset(&self) {
        self.seat.borrow_mut().taker.reset();
    }

    /// Bytes of a partial frame that it holds.
    #[napi(catch_unwind)]
    pub fn staged(&self) -> u32 {
        self.seat.borrow().taker.staged() as u32
    }
}
