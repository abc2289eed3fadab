//! How long calls took.

#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering::Relaxed};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

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

/// A histogram of call times.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    buckets: [AtomicU64; HISTOGRAM_BOUNDS_NS.len() + 1],
    sum_ns: AtomicU64,
}

impl Histogram {
    pub fn observe(&self, ns: u64) {
        let bucket = HISTOGRAM_BOUNDS_NS.partition_point(|&bound| bound < ns);
        self.buckets[bucket].fetch_add(1, Relaxed);
        self.sum_ns.fetch_add(ns, Relaxed);
    }

    pub fn add_to(&self, timing: &mut Timing) {
        timing.sum_ns = timing.sum_ns.wrapping_add(self.sum_ns.load(Relaxed));
        for (count, bucket) in timing.counts.iter_mut().zip(&self.buckets) {
            *count = count.wrapping_add(bucket.load(Relaxed));
        }
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
    pub const fn counts(&self) -> &[u64; HISTOGRAM_BOUNDS_NS.len() + 1] {
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
