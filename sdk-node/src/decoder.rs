//! The native half of `Decoder`.

use crate::config::Settings;
use crate::fill::fill;
use crate::memory::words_of;
use crate::monitor::{NativeMonitor, Watch};
use crate::reject::Breach;
use napi::bindgen_prelude::{BufferSlice, Env, Result, Uint32ArraySlice};
use napi_derive::napi;
use oap::StreamDecoder;

/// A decoder of one byte stream.
#[napi]
pub struct NativeDecoder {
    inner: StreamDecoder,
    watch: Watch,
}

#[napi]
impl NativeDecoder {
    /// At the start of a stream.
    #[napi(constructor, catch_unwind)]
    pub fn new(settings: Settings, monitor: Option<&NativeMonitor>) -> Result<Self> {
        let mut inner = StreamDecoder::new(settings.config()?);
        let watch = Watch::new(monitor, |monitor| inner.set_monitor(monitor));
        Ok(NativeDecoder { inner, watch })
    }

    /// See [`fill`].
    #[napi(catch_unwind)]
    pub fn fill<'env>(
        &mut self,
        env: &'env Env,
        chunk: &[u8],
        mut table: Uint32ArraySlice<'env>,
        again: bool,
    ) -> Result<Option<BufferSlice<'env>>> {
        fill(&mut self.inner, &mut self.watch, env, chunk, words_of(&mut table), again)
    }

    /// The input has ended; what is wrong with that, if anything.
    #[napi(catch_unwind)]
    pub fn finish(&mut self) -> Option<Breach> {
        self.inner.finish().err().as_ref().map(Breach::of_reject)
    }

    /// The reject given, if any.
    #[napi(catch_unwind)]
    pub fn verdict(&self) -> Option<Breach> {
        self.inner.verdict().map(Breach::of_reject)
    }

    /// Back to the start of a new stream.
    #[napi(catch_unwind)]
    pub fn reset(&mut self) {
        self.inner.reset();
    }

    /// Bytes of a partial frame that it holds.
    #[napi(catch_unwind)]
    pub fn staged(&self) -> u32 {
        self.inner.staged() as u32
    }
}
