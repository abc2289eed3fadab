//! The native half of `Decoder`.

use crate::chunk::Slot;
use crate::config::Settings;
use crate::decode_call::{decoder_number, DecoderNumber};
use crate::monitor::{CallTimer, NativeMonitor};
use crate::rejection::Rejection;
use napi::bindgen_prelude::Result;
use napi_derive::napi;
use oap::StreamDecoder;
use std::cell::RefCell;
use std::rc::Rc;

/// A decoder of one byte stream.
#[napi]
pub struct NativeDecoder {
    slot: Rc<RefCell<Slot<StreamDecoder>>>,
    number: DecoderNumber,
}

#[napi]
impl NativeDecoder {
    /// At the start of a stream.
    #[napi(constructor, catch_unwind)]
    pub fn new(settings: Settings, monitor: Option<&NativeMonitor>) -> Result<Self> {
        let mut inner = StreamDecoder::new(settings.config()?);
        let timer = CallTimer::new(monitor, |monitor| inner.set_monitor(monitor));
        let slot = Rc::new(RefCell::new(Slot::new(inner, timer)));
        Ok(NativeDecoder { number: decoder_number(slot.clone()), slot })
    }

    /// The number by which a table's call finds it.
    #[napi(catch_unwind)]
    pub fn slot(&self) -> u32 {
        self.number.get()
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

    /// Back to the start of a new stream.
    #[napi(catch_unwind)]
    pub fn reset(&self) {
        self.slot.borrow_mut().inner.reset();
    }

    /// Bytes of a partial frame that it holds.
    #[napi(catch_unwind)]
    pub fn staged(&self) -> u32 {
        self.slot.borrow().inner.staged() as u32
    }
}
