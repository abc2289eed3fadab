//! The native half of `Monitor`.

use crate::config::unsigned;
use napi::bindgen_prelude::BigInt;
use napi_derive::napi;
use oap::{Kind, Monitor, MonitorLimits, Reason, HISTOGRAM_BOUNDS_NS};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use std::time::Instant;

/// The limits of the telemetry contract; what is absent has the core's default.
#[napi(object)]
pub struct Limits {
    pub reject_limit_permille: Option<BigInt>,
    pub reject_min_events: Option<BigInt>,
    pub ack_starvation_limit_ns: Option<BigInt>,
    pub inflight_capacity: Option<BigInt>,
    pub backpressure_high_percent: Option<BigInt>,
    pub backpressure_low_percent: Option<BigInt>,
}

impl From<&Limits> for MonitorLimits {
    fn from(given: &Limits) -> Self {
        let mut limits = MonitorLimits::default();
        for (limit, given) in [
            (&mut limits.reject_limit_permille, &given.reject_limit_permille),
            (&mut limits.reject_min_events, &given.reject_min_events),
            (&mut limits.ack_starvation_limit_ns, &given.ack_starvation_limit_ns),
            (&mut limits.inflight_capacity, &given.inflight_capacity),
            (&mut limits.backpressure_high_percent, &given.backpressure_high_percent),
            (&mut limits.backpressure_low_percent, &given.backpressure_low_percent),
        ] {
            *limit = given.as_ref().map_or(*limit, unsigned);
        }
        limits
    }
}

/// The defaults, all of them: JavaScript reads the names of the limits here.
#[napi(catch_unwind)]
pub fn default_limits() -> Limits {
    let limits = MonitorLimits::default();
    Limits {
        reject_limit_permille: Some(limits.reject_limit_permille.into()),
        reject_min_events: Some(limits.reject_min_events.into()),
        ack_starvation_limit_ns: Some(limits.ack_starvation_limit_ns.into()),
        inflight_capacity: Some(limits.inflight_capacity.into()),
        backpressure_high_percent: Some(limits.backpressure_high_percent.into()),
        backpressure_low_percent: Some(limits.backpressure_low_percent.into()),
    }
}

/// Upper bounds of the histograms' buckets, in seconds; the last bucket has none.
pub(crate) fn histogram_bounds() -> Vec<f64> {
    HISTOGRAM_BOUNDS_NS.map(|ns| ns as f64 / 1e9).to_vec()
}

/// A monitor, and whether calls are timed for it.
#[napi]
pub struct NativeMonitor {
    inner: Arc<Monitor>,
    timing: bool,
}

/// The times of calls, the sum in seconds.
#[napi(object, object_from_js = false)]
pub struct Timing {
    pub counts: Vec<f64>,
    pub sum: f64,
}

impl From<&oap::Timing> for Timing {
    fn from(timing: &oap::Timing) -> Self {
        let counts = timing.counts().map(|count| count as f64).to_vec();
        Timing { counts, sum: timing.sum_ns() as f64 / 1e9 }
    }
}

/// The numbers of a monitor: those of 64 bits as JavaScript numbers, exact up to 2^53.
#[napi(object, object_from_js = false)]
pub struct Numbers {
    pub frames: Vec<f64>,
    pub rejects: Vec<f64>,
    pub frame_bytes: f64,
    pub ack_window: f64,
    pub inflight_frames: f64,
    pub ack_starved_seconds: f64,
    pub inflight_capacity: f64,
    pub host_load_permille: u32,
    pub read: Timing,
    pub write: Timing,
}

/// Readiness, and the answer of `/readyz`.
#[napi(object, object_from_js = false)]
pub struct Readiness {
    pub keys: Vec<bool>,
    pub status: u32,
    pub retry_after: u32,
    pub body: String,
}

impl NativeMonitor {
    pub(crate) const fn inner(&self) -> &Arc<Monitor> {
        &self.inner
    }
}

#[napi]
impl NativeMonitor {
    /// With limits of the host's own.
    #[napi(constructor, catch_unwind)]
    pub fn new(limits: Limits, timing: bool) -> Self {
        NativeMonitor { inner: Arc::new(Monitor::new((&limits).into())), timing }
    }

    /// A key by which every thread of the process finds this monitor.
    #[napi(catch_unwind)]
    pub fn share(&self) -> u32 {
        let mut shelf = shelf();
        shelf.retain(|_, (monitor, _)| monitor.strong_count() > 0);
        let own = Arc::downgrade(&self.inner);
        if let Some((&key, _)) = shelf.iter().find(|(_, (monitor, _))| monitor.ptr_eq(&own)) {
            return key;
        }
        // Never one that was used before: an old key finds no other monitor.
        static KEYS: AtomicU32 = AtomicU32::new(1);
        let key = KEYS.fetch_add(1, Relaxed);
        shelf.insert(key, (own, self.timing));
        key
    }

    /// Whether calls are timed for it.
    #[napi(catch_unwind)]
    pub fn timing(&self) -> bool {
        self.timing
    }

    /// See the core.
    #[napi(catch_unwind)]
    pub fn set_parser_ready(&self, ready: bool) {
        self.inner.set_parser_ready(ready);
    }

    /// See the core.
    #[napi(catch_unwind)]
    pub fn set_load(&self, permille: u32) {
        self.inner.set_load(permille);
    }

    /// A frame of that kind, by its byte; `false`: there is no such kind.
    #[napi(catch_unwind)]
    pub fn count_frame(&self, kind: u32, bytes: i64) -> bool {
        let kind = u8::try_from(kind).ok().and_then(Kind::from_byte);
        kind.map(|kind| self.inner.count_frame(kind, bytes as usize)).is_some()
    }

    /// A reject of that code; `false`: there is no such reject.
    #[napi(catch_unwind)]
    pub fn count_reject(&self, code: u32) -> bool {
        let reason = Reason::ALL.into_iter().find(|reason| reason.code() == code);
        reason.map(|reason| self.inner.count_reject(reason)).is_some()
    }

    /// One decode call.
    #[napi(catch_unwind)]
    pub fn observe_read(&self, ns: BigInt) {
        self.inner.observe_read(unsigned(&ns));
    }

    /// One encode call.
    #[napi(catch_unwind)]
    pub fn observe_write(&self, ns: BigInt) {
        self.inner.observe_write(unsigned(&ns));
    }

    /// Ticks, and says whether the process is fit to serve.
    #[napi(catch_unwind)]
    pub fn readiness(&self, now: BigInt) -> Readiness {
        let readiness = self.inner.readiness(unsigned(&now));
        Readiness {
            keys: readiness.keys().map(|(_, ok)| ok).collect(),
            status: readiness.http_status().into(),
            retry_after: readiness.retry_after(),
            body: readiness.json(),
        }
    }

    /// Samples the state.
    #[napi(catch_unwind)]
    pub fn tick(&self, now: BigInt) {
        self.inner.tick(unsigned(&now));
    }

    /// All numbers, as they are now.
    #[napi(catch_unwind)]
    pub fn snapshot(&self) -> Numbers {
        let seen = self.inner.snapshot();
        Numbers {
            frames: Kind::ALL.map(|kind| seen.frames(kind) as f64).to_vec(),
            rejects: Reason::ALL.map(|reason| seen.rejects(reason) as f64).to_vec(),
            frame_bytes: seen.frame_bytes() as f64,
            ack_window: seen.ack_window() as f64,
            inflight_frames: seen.inflight_frames() as f64,
            ack_starved_seconds: seen.ack_starved_ns() as f64 / 1e9,
            inflight_capacity: seen.inflight_capacity() as f64,
            host_load_permille: seen.host_load_permille(),
            read: seen.read().into(),
            write: seen.write().into(),
        }
    }

    /// The page that a Prometheus server scrapes.
    #[napi(catch_unwind)]
    pub fn text(&self) -> String {
        self.inner.snapshot().text()
    }
}

/// The monitor of that key, which another thread may have shared; none where there is no such monitor any more.
#[napi(catch_unwind)]
pub fn shared_monitor(key: u32) -> Option<NativeMonitor> {
    let (monitor, timing) = shelf().get(&key).cloned()?;
    Some(NativeMonitor { inner: monitor.upgrade()?, timing })
}

/// The monitors that were shared, by key; those that are gone leave at the next `share`.
type Shelf = BTreeMap<u32, (Weak<Monitor>, bool)>;

fn shelf() -> std::sync::MutexGuard<'static, Shelf> {
    static SHELF: Mutex<Shelf> = Mutex::new(BTreeMap::new());
    SHELF.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The duty of a decoder or session to a monitor that it was given.
#[derive(Default)]
pub(crate) struct CallTimer {
    timed: Option<Arc<Monitor>>,
    since: Option<Instant>,
}

impl CallTimer {
    /// Attaches the monitor, if there is one.
    pub fn new(monitor: Option<&NativeMonitor>, attach: impl FnOnce(&Arc<Monitor>)) -> Self {
        let Some(NativeMonitor { inner, timing }) = monitor else { return CallTimer::default() };
        attach(inner);
        CallTimer { timed: timing.then(|| Arc::clone(inner)), since: None }
    }

    /// A call begins. Where it goes on with one that ran out of rows, the time since then counts.
    #[inline]
    pub fn start(&mut self, again: bool) {
        if self.timed.is_some() && !again {
            self.since = Some(Instant::now());
        }
    }

    /// A decode call has ended.
    #[inline]
    pub fn observe_read(&self) {
        self.observe(Monitor::observe_read);
    }

    /// An encode call has ended.
    #[inline]
    pub fn observe_write(&self) {
        self.observe(Monitor::observe_write);
    }

    #[inline]
    fn observe(&self, observe: impl FnOnce(&Monitor, u64)) {
        if let (Some(monitor), Some(since)) = (&self.timed, self.since) {
            observe(monitor, since.elapsed().as_nanos() as u64);
        }
    }
}

/// Nobody's monitor: whoever closes leaves its own for this one.
pub(crate) fn nobody() -> &'static Arc<Monitor> {
    static NOBODY: LazyLock<Arc<Monitor>> = LazyLock::new(Arc::default);
    &NOBODY
}
