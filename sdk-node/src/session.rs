//! The native half of `Session`.

use crate::config::Settings;
use crate::encode::{all, written};
use crate::fill::fill;
use crate::memory::{bytes_of, words_of};
use crate::monitor::{nobody, NativeMonitor, Watch};
use crate::reject::Breach;
use napi::bindgen_prelude::{
    BigInt, BufferSlice, Either, Env, Result, Uint32ArraySlice, Uint8ArraySlice,
};
use napi_derive::napi;
use oap::Session;

/// One side of a session.
#[napi]
pub struct NativeSession {
    inner: Session,
    watch: Watch,
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
        Ok(NativeSession { inner, watch })
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

    /// Encodes the first `count` frames to the front of `out` and counts them as sent, or none.
    #[napi(catch_unwind)]
    pub fn send(
        &mut self,
        words: &[u32],
        count: u32,
        bytes: &[u8],
        mut out: Uint8ArraySlice<'_>,
    ) -> Result<Either<u32, Breach>> {
        self.watch.start(false);
        let sent = all(words, count, bytes)
            .and_then(|frames| Ok(self.inner.send_all(frames, bytes_of(&mut out))?));
        self.watch.written();
        written(sent)
    }

    /// Leaves its monitor.
    #[napi(catch_unwind)]
    pub fn close(&mut self) {
        self.inner.set_monitor(nobody());
        self.watch = Watch::default();
    }

    /// The HELLO that the configuration makes.
    #[napi(catch_unwind)]
    pub fn hello(&self) -> OwnHello {
        let hello = self.inner.hello();
        OwnHello {
            version: hello.version,
            max_frame: hello.max_frame.into(),
            features: hello.features.map(BigInt::from),
            ack_window: hello.ack_window,
        }
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

    /// What this side has sent.
    #[napi(catch_unwind)]
    pub fn outbound(&self) -> Flow {
        self.inner.outbound().into()
    }

    /// What the peer has sent.
    #[napi(catch_unwind)]
    pub fn inbound(&self) -> Flow {
        self.inner.inbound().into()
    }

    /// The seq that this side's next DATA must have; 1 for the first.
    #[napi(catch_unwind)]
    pub fn next_seq(&self) -> BigInt {
        self.inner.outbound().last_seq.map_or(1, |last| last.wrapping_add(1)).into()
    }

    /// DATA frames that this side may send now.
    #[napi(catch_unwind)]
    pub fn credit(&self) -> u32 {
        self.inner.outbound().credit()
    }

    /// Whether both HELLOs have passed.
    #[napi(catch_unwind)]
    pub fn is_established(&self) -> bool {
        self.inner.is_established()
    }

    /// Whether an ERROR has passed, either way.
    #[napi(catch_unwind)]
    pub fn has_ended(&self) -> bool {
        self.inner.has_ended()
    }

    /// The largest frame that the peer takes, in bytes.
    #[napi(catch_unwind)]
    pub fn peer_max_frame(&self) -> Option<u32> {
        self.inner.peer_max_frame().map(|bytes| bytes as u32)
    }

    /// Bytes of a partial frame that it holds.
    #[napi(catch_unwind)]
    pub fn staged(&self) -> u32 {
        self.inner.staged() as u32
    }

    /// Back to a session in which neither side has spoken.
    #[napi(catch_unwind)]
    pub fn reset(&mut self) {
        self.inner.reset();
    }
}
