//! The telemetry contract: counters, gauges and the readiness that follows from them. No clock: time is an argument.
//! Decoders and sessions publish by atomic additions, once a call; only ticks and readers take a lock.

use crate::frame::Kind;
use crate::readiness::{Readiness, Window};
use crate::reject::Reason;
use crate::rules::Flow;
use std::fmt;
use std::sync::PoisonError;

#[cfg(loom)]
use loom::sync::{
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    Arc, Mutex,
};
#[cfg(not(loom))]
use std::sync::{
    atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    Arc, Mutex,
};

/// When readiness keys turn false: the limits of the telemetry contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct MonitorLimits {
    /// Rejects a thousand frames, over the window, from which `oap_reject_rate_ok` is false. Default 10.
    pub reject_limit_permille: u64,
    /// Frames and rejects in the window below which `oap_reject_rate_ok` is always true. Default 100.
    pub reject_min_events: u64,
    /// Nanoseconds of starvation in the window above which `oap_ack_window_ok` is false. Default 5 s.
    pub ack_starvation_limit_ns: u64,
    /// DATA frames in flight that are full load. Default 1024.
    pub inflight_capacity: u64,
    /// Percent of the capacity above which `oap_backpressure_ok` turns false. Default 80.
    pub backpressure_high_percent: u64,
    /// Percent of the capacity at which it turns true again. Default 60.
    pub backpressure_low_percent: u64,
}

impl Default for MonitorLimits {
    fn default() -> Self {
        MonitorLimits {
            reject_limit_permille: 10,
            reject_min_events: 100,
            ack_starvation_limit_ns: 5_000_000_000,
            inflight_capacity: 1_024,
            backpressure_high_percent: 80,
            backpressure_low_percent: 60,
        }
    }
}

/// Upper bounds of the histograms' buckets, in nanoseconds; the last bucket has none.
pub const HISTOGRAM_BOUNDS_NS: [u64; 12] = [
    1_000,
    10_000,
    100_000,
    1_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
];

/// What all decoders and sessions of a process did, and whether it is fit to serve. Share it by `Arc`; every method may
/// be called from any thread.
///
/// ```
/// use oap::{Config, Decoder, Monitor, Row};
/// use std::sync::Arc;
///
/// let monitor = Arc::new(Monitor::default());
/// let mut decoder = Decoder::new(Config::default()).with_monitor(&monitor);
/// let ack = b"\0\0\0\x0a\x04\0\0\x02\x08\x07";
/// decoder.decode_table(ack, &mut [Row::default()])?;
/// assert_eq!(monitor.snapshot().frames(oap::Kind::Ack), 1);
/// assert!(monitor.readiness(0).is_ready()); // at least once a second, with a monotonic clock of yours
/// # Ok::<(), oap::Reject>(())
/// ```
#[derive(Debug, Default)]
pub struct Monitor {
    shards: [Shard; SHARDS],
    next_shard: AtomicUsize,
    read: Histogram,
    write: Histogram,
    parser_down: AtomicBool,
    limits: MonitorLimits,
    window: Mutex<Window>,
}

/// Publishers are spread over so many cells that threads seldom write to the same cache line.
const SHARDS: usize = if cfg!(loom) { 1 } else { 16 };

#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard {
    frames: [AtomicU64; 6],
    rejects: [AtomicU64; 8],
    bytes: AtomicU64,
    gauges: AtomicU64,
}

impl Monitor {
    /// A monitor with limits of the host's own.
    pub fn new(limits: MonitorLimits) -> Self {
        Monitor { limits, ..Monitor::default() }
    }

    /// The limits it was made with.
    pub const fn limits(&self) -> &MonitorLimits {
        &self.limits
    }

    /// The key `oap_parser_ready`: true from the start. A host that is draining, or whose new configuration is bad,
    /// sets it false.
    pub fn set_parser_ready(&self, ready: bool) {
        self.parser_down.store(!ready, Relaxed);
    }

    /// Counts a frame of that many bytes which a host encoded or decoded without a decoder or session that publishes.
    pub fn count_frame(&self, kind: Kind, bytes: usize) {
        let shard = &self.shards[0];
        shard.frames[kind as usize - 1].fetch_add(1, Relaxed);
        shard.bytes.fetch_add(bytes as u64, Relaxed);
    }

    /// Counts a reject which a host gave without a decoder or session that publishes.
    pub fn count_reject(&self, reason: Reason) {
        self.shards[0].rejects[reason as usize - 1].fetch_add(1, Relaxed);
    }

    /// Observes one decode call of that many nanoseconds: `oap_read_frame_seconds`.
    pub fn observe_read(&self, ns: u64) {
        self.read.observe(ns);
    }

    /// Observes one encode call of that many nanoseconds: `oap_write_frame_seconds`.
    pub fn observe_write(&self, ns: u64) {
        self.write.observe(ns);
    }

    /// Samples the state at `now`, in nanoseconds of a monotonic clock. A host ticks at least once a second. Time that
    /// goes backwards is taken as standing still.
    pub fn tick(&self, now: u64) {
        self.readiness(now);
    }

    /// Ticks, and says whether the process is fit to serve.
    pub fn readiness(&self, now: u64) -> Readiness {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that totals never go back from one tick to the next.
        window.tick(now, &self.totals(), &self.limits);
        window.readiness(&self.limits, !self.parser_down.load(Relaxed))
    }

    /// All numbers, as they are now.
    pub fn snapshot(&self) -> Snapshot {
        let window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let starved_ns = window.starved_ns();
        drop(window);
        let (read, write) = (self.read.load(), self.write.load());
        Snapshot { totals: self.totals(), read, write, starved_ns }
    }

    fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for shard in &self.shards {
            for (total, count) in totals.frames.iter_mut().zip(&shard.frames) {
                *total = total.wrapping_add(count.load(Relaxed));
            }
            for (total, count) in totals.rejects.iter_mut().zip(&shard.rejects) {
                *total = total.wrapping_add(count.load(Relaxed));
            }
            totals.bytes = totals.bytes.wrapping_add(shard.bytes.load(Relaxed));
        }
        totals.gauges = self.gauges();
        totals
    }

    fn gauges(&self) -> Gauges {
        let mut gauges = Gauges::default();
        for shard in &self.shards {
            gauges.add(Gauges::unpack(shard.gauges.load(Relaxed)));
        }
        gauges
    }
}

/// The sums over all shards.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub frames: [u64; 6],
    pub rejects: [u64; 8],
    pub bytes: u64,
    pub gauges: Gauges,
}

/// What sessions give to the gauges.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Gauges {
    /// Sessions with an open inbound stream.
    pub open: u64,
    /// The credit they advertise now.
    pub credit: u64,
    /// DATA received and not yet acknowledged.
    pub in_flight: u64,
}

impl Gauges {
    /// All three in one word, so that one addition moves them together: 16 bits of sessions, 24 each of frames. A
    /// shard holds 65,535 open sessions of up to 255 frames, or 16,383 of 1,024.
    const CREDIT: u32 = 24;
    const OPEN: u32 = 48;

    /// What an inbound direction gives.
    pub fn of(flow: &Flow) -> Self {
        let credit = if flow.open { flow.credit() } else { 0 };
        Gauges { open: flow.open.into(), credit: credit.into(), in_flight: flow.in_flight.into() }
    }

    const fn pack(self) -> u64 {
        (self.open << Self::OPEN)
            .wrapping_add(self.credit << Self::CREDIT)
            .wrapping_add(self.in_flight)
    }

    const fn unpack(word: u64) -> Self {
        const MASK: u64 = (1 << Gauges::CREDIT) - 1;
        Gauges {
            open: word >> Self::OPEN,
            credit: (word >> Self::CREDIT) & MASK,
            in_flight: word & MASK,
        }
    }

    fn add(&mut self, more: Gauges) {
        self.open += more.open;
        self.credit += more.credit;
        self.in_flight += more.in_flight;
    }
}

/// Frames of one call, by kind.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    kinds: [u64; 6],
    bytes: u64,
}

impl Counts {
    pub fn one(kind: u8, bytes: usize) -> Self {
        let mut counts = Counts::default();
        counts.add(kind);
        counts.bytes(bytes)
    }

    #[inline(always)]
    pub fn add(&mut self, kind: u8) {
        self.kinds[usize::from(kind) - 1] += 1;
    }

    /// So many DATA and ACK, and the ACK among them.
    #[inline(always)]
    pub fn add_straight(&mut self, frames: usize, acks: u64) {
        self.kinds[Kind::Data as usize - 1] += frames as u64 - acks;
        self.kinds[Kind::Ack as usize - 1] += acks;
    }

    pub fn bytes(self, bytes: usize) -> Self {
        Counts { bytes: bytes as u64, ..self }
    }
}

/// The tie between a decoder or session and its monitor. Dropped, it takes its gauges back.
pub(crate) struct Publisher {
    monitor: Arc<Monitor>,
    shard: usize,
    /// What it has given, packed.
    gauges: u64,
}

impl Publisher {
    pub fn new(monitor: &Arc<Monitor>) -> Self {
        let shard = monitor.next_shard.fetch_add(1, Relaxed) % SHARDS;
        Publisher { monitor: Arc::clone(monitor), shard, gauges: 0 }
    }

    fn shard(&self) -> &Shard {
        &self.monitor.shards[self.shard]
    }

    pub fn frames(&self, counts: &Counts) {
        let shard = self.shard();
        for (total, count) in shard.frames.iter().zip(counts.kinds) {
            if count > 0 {
                total.fetch_add(count, Relaxed);
            }
        }
        if counts.bytes > 0 {
            shard.bytes.fetch_add(counts.bytes, Relaxed);
        }
    }

    pub fn reject(&self, reason: Reason) {
        self.shard().rejects[reason as usize - 1].fetch_add(1, Relaxed);
    }

    pub fn gauges(&mut self, gauges: Gauges) {
        let gauges = gauges.pack();
        if gauges != self.gauges {
            self.shard().gauges.fetch_add(gauges.wrapping_sub(self.gauges), Relaxed);
            self.gauges = gauges;
        }
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Gauges::unpack(self.gauges).fmt(f)
    }
}

impl Clone for Publisher {
    /// The copy gives to the gauges from its first call on.
    fn clone(&self) -> Self {
        Publisher::new(&self.monitor)
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.gauges(Gauges::default());
    }
}

/// A histogram of call times.
#[derive(Debug, Default)]
struct Histogram {
    buckets: [AtomicU64; HISTOGRAM_BOUNDS_NS.len() + 1],
    sum_ns: AtomicU64,
}

impl Histogram {
    fn observe(&self, ns: u64) {
        let bucket = HISTOGRAM_BOUNDS_NS.partition_point(|&bound| bound < ns);
        self.buckets[bucket].fetch_add(1, Relaxed);
        self.sum_ns.fetch_add(ns, Relaxed);
    }

    fn load(&self) -> Timing {
        let sum_ns = self.sum_ns.load(Relaxed);
        let mut counts = [0; HISTOGRAM_BOUNDS_NS.len() + 1];
        for (count, bucket) in counts.iter_mut().zip(&self.buckets) {
            *count = bucket.load(Relaxed);
        }
        Timing { counts, sum_ns }
    }
}

/// The times of decode or encode calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Timing {
    counts: [u64; HISTOGRAM_BOUNDS_NS.len() + 1],
    sum_ns: u64,
}

impl Timing {
    /// Calls observed.
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Calls by bucket of [`HISTOGRAM_BOUNDS_NS`]; the last is beyond them all.
    pub const fn counts(&self) -> &[u64; 13] {
        &self.counts
    }

    /// Their time, in nanoseconds.
    pub const fn sum_ns(&self) -> u64 {
        self.sum_ns
    }

    /// The buckets as Prometheus has them: upper bound in seconds, and calls up to it. The last bound is infinite.
    pub fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> + '_ {
        let bounds = HISTOGRAM_BOUNDS_NS.iter().map(|&ns| ns as f64 / 1e9).chain([f64::INFINITY]);
        bounds.zip(&self.counts).scan(0, |sum, (bound, count)| {
            *sum += count;
            Some((bound, *sum))
        })
    }
}

/// The numbers of a [`Monitor`] at one time.
#[derive(Clone, Copy, Debug, Default)]
pub struct Snapshot {
    totals: Totals,
    read: Timing,
    write: Timing,
    starved_ns: u64,
}

impl Snapshot {
    /// `oap_frames_total{kind}`.
    pub const fn frames(&self, kind: Kind) -> u64 {
        self.totals.frames[kind as usize - 1]
    }

    /// `oap_rejects_total{reason}`.
    pub const fn rejects(&self, reason: Reason) -> u64 {
        self.totals.rejects[reason as usize - 1]
    }

    /// `oap_frame_bytes_total`.
    pub const fn frame_bytes(&self) -> u64 {
        self.totals.bytes
    }

    /// `oap_read_frame_seconds`.
    pub const fn read(&self) -> &Timing {
        &self.read
    }

    /// `oap_write_frame_seconds`.
    pub const fn write(&self) -> &Timing {
        &self.write
    }

    /// `oap_ack_window`.
    pub const fn ack_window(&self) -> u64 {
        self.totals.gauges.credit
    }

    /// `oap_inflight_frames`.
    pub const fn inflight_frames(&self) -> u64 {
        self.totals.gauges.in_flight
    }

    /// `oap_ack_starved_seconds_total`, in nanoseconds.
    pub const fn ack_starved_ns(&self) -> u64 {
        self.starved_ns
    }
}

/// Every interleaving of two publishers and a reader: `RUSTFLAGS="--cfg loom" cargo test -p oap --lib loom`.
#[cfg(all(test, loom))]
mod loom_tests {
    use super::*;
    use loom::thread;

    const STARVED: Gauges = Gauges { open: 1, credit: 0, in_flight: 2 };
    const CREDITED: Gauges = Gauges { open: 1, credit: 2, in_flight: 0 };

    #[test]
    fn loom_no_count_is_lost_and_gauges_move_together() {
        loom::model(|| {
            let monitor = Arc::new(Monitor::default());
            let threads: Vec<_> = [STARVED, CREDITED]
                .into_iter()
                .map(|gauges| {
                    let monitor = Arc::clone(&monitor);
                    thread::spawn(move || {
                        let mut publisher = Publisher::new(&monitor);
                        publisher.reject(Reason::Truncated);
                        publisher.gauges(gauges);
                    })
                })
                .collect();
            let seen = monitor.gauges();
            // Each publisher is there whole or not at all.
            assert_eq!(seen.credit + seen.in_flight, 2 * seen.open, "{seen:?}");
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            let totals = monitor.totals();
            assert_eq!(totals.rejects.iter().sum::<u64>(), 2);
            assert_eq!(totals.gauges, Gauges::default());
        });
    }

    #[test]
    fn loom_ticks_beside_publishers_never_see_counters_go_back() {
        loom::model(|| {
            let monitor = Arc::new(Monitor::default());
            let other = Arc::clone(&monitor);
            let thread = thread::spawn(move || {
                other.count_reject(Reason::Truncated);
                other.tick(1);
            });
            monitor.tick(2);
            thread.join().unwrap();
            monitor.tick(3);
            assert_eq!(monitor.snapshot().rejects(Reason::Truncated), 1);
        });
    }
}
