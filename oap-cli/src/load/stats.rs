//! What a load has brought, over all connections.

use hdrhistogram::Histogram;
use serde_json::{json, Map, Value};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Latencies are held from 1 µs to 10 minutes, with 3 digits.
const MAX_MICROSECONDS: u64 = 600_000_000;
const DIGITS: u8 = 3;

/// The quantiles that are shown, in percent.
pub const QUANTILES: [(&str, f64); 6] = [
    ("p50", 50.0),
    ("p90", 90.0),
    ("p99", 99.0),
    ("p99.9", 99.9),
    ("p99.99", 99.99),
    ("max", 100.0),
];

pub struct Stats {
    counts: Mutex<Counts>,
}

/// Numbers so far.
#[derive(Clone)]
pub struct Counts {
    pub sent: u64,
    pub acknowledged: u64,
    /// Body bytes of what was acknowledged.
    pub bytes: u64,
    pub streams: u64,
    pub receipts: u64,
    /// Receipts with another status than 0.
    pub refused: u64,
    /// Why connections ended before they were done, and how many.
    pub failures: BTreeMap<String, u64>,
    /// What became of hostile connections.
    pub hostile: BTreeMap<String, u64>,
    /// Microseconds from when a DATA was due to its ACK.
    pub latency: Histogram<u64>,
}

impl Stats {
    pub fn new() -> Self {
        let latency = Histogram::new_with_bounds(1, MAX_MICROSECONDS, DIGITS);
        let counts = Counts {
            sent: 0,
            acknowledged: 0,
            bytes: 0,
            streams: 0,
            receipts: 0,
            refused: 0,
            failures: BTreeMap::new(),
            hostile: BTreeMap::new(),
            latency: latency.expect("good bounds"),
        };
        Stats { counts: Mutex::new(counts) }
    }

    pub fn lock(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// So many DATA of so many bytes were acknowledged at once.
    pub fn acknowledge(&mut self, latency: Duration, count: u64, bytes: usize) {
        let microseconds = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let held = microseconds.clamp(1, MAX_MICROSECONDS);
        self.latency.record_n(held, count).expect("it is in the bounds");
        self.acknowledged += count;
        self.bytes += count * bytes as u64;
    }

    pub fn fail(&mut self, why: String) {
        *self.failures.entry(why).or_default() += 1;
    }

    /// Microseconds at that percentile.
    pub fn quantile(&self, percent: f64) -> u64 {
        self.latency.value_at_percentile(percent)
    }

    pub fn json(&self, took: Duration) -> Value {
        let quantiles =
            QUANTILES.map(|(name, percent)| (name.to_owned(), self.quantile(percent).into()));
        let seconds = took.as_secs_f64();
        json!({
            "seconds": seconds, "sent": self.sent, "acknowledged": self.acknowledged,
            "bytes": self.bytes, "streams": self.streams, "receipts": self.receipts,
            "refused": self.refused, "failures": self.failures, "hostile": self.hostile,
            "per_second": self.acknowledged as f64 / seconds,
            "latency_us": Map::from_iter(quantiles),
        })
    }
}
