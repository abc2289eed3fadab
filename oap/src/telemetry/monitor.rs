//! The telemetry contract: counters, gauges and the readiness that follows from them. No clock: time is an argument.
//! Decoders and sessions publish by atomic additions, once a call; only ticks take a lock, and never wait for it for ever.

use crate::frame::Kind;
use crate::reject::{Reason, Reject};
use crate::row::Row;
use crate::telemetry::histogram::{Histogram, Timing};
use crate::telemetry::readiness::{MonitorLimits, Readiness, Window};
use crate::telemetry::snapshot::Snapshot;
use crate::telemetry::totals::{Counts, Gauges, Totals};
use std::fmt;
use std::sync::TryLockError;

#[cfg(loom)]
use loom::sync::{
    atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed},
    Arc, Mutex, MutexGuard,
};
#[cfg(loom)]
use loom::thread;
#[cfg(not(loom))]
use std::sync::{
    atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering::Relaxed},
    Arc, Mutex, MutexGuard,
};
#[cfg(not(loom))]
use std::thread;

/// Counts what all decoders and sessions of a process did, and judges whether it is fit to serve. Share it by `Arc`; every method may
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
    parser_down: AtomicBool,
    load_permille: AtomicU32,
    limits: MonitorLimits,
    window: Mutex<Window>,
    /// The last tick's answer, for those who find the window taken.
    last: LastTick,
}

#[derive(Debug, Default)]
struct LastTick {
    false_keys: AtomicU32,
    starved_ns: AtomicU64,
}

/// How often a tick tries for a window that another thread has, which takes microseconds. It never waits for ever: in
/// the child of a fork the window may have been taken by a thread that is not there.
const TRIES: usize = if cfg!(loom) { 2 } else { 100 };

const FULL_LOAD_PERMILLE: u32 = 1_000;

/// Publishers are spread over so many cells that threads seldom write to the same cache line.
const SHARDS: usize = if cfg!(loom) { 1 } else { 16 };

#[derive(Debug, Default)]
#[repr(align(128))]
struct Shard {
    frames: [AtomicU64; Kind::ALL.len()],
    rejects: [AtomicU64; Reason::ALL.len()],
    bytes: AtomicU64,
    gauges: AtomicU64,
    read: Histogram,
    write: Histogram,
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

    /// Sets the load of the fullest of the host's own queues and budgets, in thousandths; over 1,000 counts as 1,000.
    /// It is 0 until it is set. `oap_backpressure_ok` is judged by it at the next tick.
    pub fn set_load(&self, permille: u32) {
        self.load_permille.store(permille.min(FULL_LOAD_PERMILLE), Relaxed);
    }

    /// Counts a frame of that many bytes which a host encoded or decoded without a decoder or session that publishes.
    pub fn count_frame(&self, kind: Kind, bytes: usize) {
        let shard = self.shard_of_thread();
        shard.frames[kind as usize - 1].fetch_add(1, Relaxed);
        shard.bytes.fetch_add(bytes as u64, Relaxed);
    }

    /// Counts a reject which a host gave without a decoder or session that publishes.
    pub fn count_reject(&self, reason: Reason) {
        self.shard_of_thread().rejects[reason as usize - 1].fetch_add(1, Relaxed);
    }

    /// Observes one decode call of that many nanoseconds: `oap_read_frame_seconds`.
    pub fn observe_read(&self, ns: u64) {
        self.shard_of_thread().read.observe(ns);
    }

    /// Observes one encode call of that many nanoseconds: `oap_write_frame_seconds`.
    pub fn observe_write(&self, ns: u64) {
        self.shard_of_thread().write.observe(ns);
    }

    /// Samples the state at `now`, in nanoseconds of a monotonic clock. A host ticks at least once a second. Time that
    /// goes backwards is taken as standing still.
    pub fn tick(&self, now: u64) {
        self.readiness(now);
    }

    /// Ticks, and says whether the process is fit to serve.
    pub fn readiness(&self, now: u64) -> Readiness {
        let parser_ready = !self.parser_down.load(Relaxed);
        for _ in 0..TRIES {
            match self.window.try_lock() {
                Ok(window) => return self.judge(window, now, parser_ready),
                Err(TryLockError::Poisoned(error)) => {
                    return self.judge(error.into_inner(), now, parser_ready)
                }
                Err(TryLockError::WouldBlock) => thread::yield_now(),
            }
        }
        Readiness::of_false_keys(self.last.false_keys.load(Relaxed), parser_ready)
    }

    fn judge(&self, mut window: MutexGuard<'_, Window>, now: u64, parser_ready: bool) -> Readiness {
        // Under the lock, so that totals never go back from one tick to the next.
        window.tick(now, &self.totals(), &self.limits);
        let readiness = window.readiness(&self.limits, parser_ready);
        self.last.false_keys.store(readiness.false_keys(), Relaxed);
        self.last.starved_ns.store(window.starved_ns(), Relaxed);
        readiness
    }

    /// All numbers, as they are now.
    pub fn snapshot(&self) -> Snapshot {
        let starved_ns = self.last.starved_ns.load(Relaxed);
        let (mut read, mut write) = (Timing::default(), Timing::default());
        for shard in &self.shards {
            shard.read.add_to(&mut read);
            shard.write.add_to(&mut write);
        }
        let inflight_capacity = self.limits.inflight_capacity;
        Snapshot { totals: self.totals(), read, write, starved_ns, inflight_capacity }
    }

    /// The cell for what has no publisher. Threads have stacks of their own, so the address of a local tells them apart.
    fn shard_of_thread(&self) -> &Shard {
        let local = 0u8;
        let stack = std::ptr::from_ref(&local) as usize as u64 >> 16;
        let spread = stack.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        &self.shards[spread as usize % SHARDS]
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
        totals.load_permille = self.load_permille.load(Relaxed);
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

/// The tie between a decoder or session and its monitor. Dropped, it takes its gauges back.
pub(crate) struct Publisher {
    monitor: Arc<Monitor>,
    shard: usize,
    /// The gauges that it has given, packed.
    gauges: u64,
    /// Whether the verdict that stands has been counted, or stood before.
    rejected: bool,
}

impl Publisher {
    /// Counts from now on: not the verdict that stands already.
    pub fn new(monitor: &Arc<Monitor>, verdict: Option<&Reject>) -> Self {
        let shard = monitor.next_shard.fetch_add(1, Relaxed) % SHARDS;
        let rejected = verdict.is_some();
        Publisher { monitor: Arc::clone(monitor), shard, gauges: 0, rejected }
    }

    /// Counts the frames that a call gave, and the verdict that stands after it where it is new.
    pub fn received(&mut self, rows: &[Row], verdict: Option<&Reject>) {
        self.frames(&Counts::of(rows));
        if let (Some(reject), false) = (verdict, self.rejected) {
            self.reject(reject.reason());
        }
        self.rejected = verdict.is_some();
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

    fn reject(&self, reason: Reason) {
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
        let mut copy = Publisher::new(&self.monitor, None);
        copy.rejected = self.rejected;
        copy
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        self.gauges(Gauges::default());
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
                        let mut publisher = Publisher::new(&monitor, None);
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

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    /// As in the child of a fork, whose copy of the window was taken by a thread of the parent.
    #[test]
    fn nothing_waits_for_a_window_that_nobody_gives_back() {
        let limits = MonitorLimits { ack_starvation_limit_ns: 0, ..MonitorLimits::default() };
        let monitor = Arc::new(Monitor::new(limits));
        let mut publisher = Publisher::new(&monitor, None);
        publisher.gauges(Gauges { open: 1, credit: 0, in_flight: 2 });
        monitor.tick(0);
        let before = monitor.readiness(5);
        assert_eq!(before.missing().collect::<Vec<_>>(), ["oap_ack_window_ok"]);
        let held = monitor.window.lock().unwrap();
        monitor.tick(7);
        assert_eq!(monitor.readiness(8), before);
        assert_eq!(monitor.snapshot().ack_starved_ns(), 5);
        monitor.set_parser_ready(false);
        assert_eq!(monitor.readiness(9).missing().next(), Some("oap_parser_ready"));
        drop(held);
        monitor.tick(10);
        assert_eq!(monitor.snapshot().ack_starved_ns(), 10);
    }
}
