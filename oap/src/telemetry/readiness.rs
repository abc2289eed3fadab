//! Readiness: what a sliding window of ticks says of a [`Monitor`](crate::Monitor)'s numbers.

use crate::telemetry::names::READINESS_KEYS;
use crate::telemetry::totals::Totals;
use std::fmt::Write as _;

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
    /// Percent of the capacity, and of the host's full load, above which `oap_backpressure_ok` turns false. Default 80.
    pub backpressure_high_percent: u64,
    /// Percent of both at which it turns true again. Default 60.
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

/// The window: the current bucket and those before it.
const BUCKETS: usize = 60;
const BUCKET_NS: u64 = 5_000_000_000;

/// Seconds after which a client may try again while the process is not ready.
const RETRY_AFTER_SECONDS: u32 = 5;

/// The events of five seconds.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    /// `now / 5 s`; what is older than the window is stale.
    number: u64,
    frames: u64,
    rejects: u64,
    starved_ns: u64,
}

/// The state as an earlier tick saw it: it counts as that until the next one.
#[derive(Clone, Copy, Debug)]
struct Tick {
    now: u64,
    starved: bool,
}

/// The state of readiness between ticks.
#[derive(Debug)]
pub(crate) struct Window {
    buckets: [Bucket; BUCKETS],
    last: Option<Tick>,
    frames: u64,
    rejects: u64,
    starved_ns: u64,
    backpressure_ok: bool,
}

impl Default for Window {
    fn default() -> Self {
        Window {
            buckets: [Bucket::default(); BUCKETS],
            last: None,
            frames: 0,
            rejects: 0,
            starved_ns: 0,
            backpressure_ok: true,
        }
    }
}

impl Window {
    pub fn starved_ns(&self) -> u64 {
        self.starved_ns
    }

    /// Takes a sample.
    pub fn tick(&mut self, now: u64, totals: &Totals, limits: &MonitorLimits) {
        let now = self.last.map_or(now, |last| last.now.max(now));
        if let Some(Tick { now: since, starved: true }) = self.last {
            self.starve(since, now);
        }
        let frames = totals.frames.iter().sum();
        let rejects = totals.rejects.iter().sum();
        let (more_frames, more_rejects) = (frames - self.frames, rejects - self.rejects);
        let bucket = self.bucket(now / BUCKET_NS);
        bucket.frames += more_frames;
        bucket.rejects += more_rejects;
        (self.frames, self.rejects) = (frames, rejects);
        let gauges = totals.gauges;
        self.backpressure_ok = backpressure_ok(self.backpressure_ok, totals, limits);
        self.last = Some(Tick { now, starved: gauges.open > 0 && gauges.credit == 0 });
    }

    /// The bucket of that number, emptied of what it held a window ago.
    fn bucket(&mut self, number: u64) -> &mut Bucket {
        let bucket = &mut self.buckets[(number % BUCKETS as u64) as usize];
        if bucket.number != number {
            *bucket = Bucket { number, ..Bucket::default() };
        }
        bucket
    }

    /// Starved time falls into the buckets in which it passed; what is older than the window is in the total only.
    fn starve(&mut self, since: u64, until: u64) {
        self.starved_ns += until - since;
        for number in (since / BUCKET_NS..=until / BUCKET_NS).rev().take(BUCKETS) {
            let start = since.max(number * BUCKET_NS);
            let end = until.min((number + 1).saturating_mul(BUCKET_NS));
            self.bucket(number).starved_ns += end - start;
        }
    }

    pub fn readiness(&self, limits: &MonitorLimits, parser_ready: bool) -> Readiness {
        let newest = self.last.map_or(0, |last| last.now / BUCKET_NS);
        let mut sum = Bucket::default();
        for bucket in self.buckets.iter().filter(|b| newest - b.number < BUCKETS as u64) {
            sum.frames += bucket.frames;
            sum.rejects += bucket.rejects;
            sum.starved_ns += bucket.starved_ns;
        }
        Readiness {
            keys: [
                parser_ready,
                reject_rate_ok(&sum, limits),
                sum.starved_ns <= limits.ack_starvation_limit_ns,
                self.backpressure_ok,
            ],
        }
    }
}

fn reject_rate_ok(sum: &Bucket, limits: &MonitorLimits) -> bool {
    let (frames, rejects) = (u128::from(sum.frames), u128::from(sum.rejects));
    frames + rejects < u128::from(limits.reject_min_events)
        || rejects * 1_000 < u128::from(limits.reject_limit_permille) * frames.max(1)
}

/// Once false, true again only at or below the lower mark.
fn backpressure_ok(was_ok: bool, totals: &Totals, limits: &MonitorLimits) -> bool {
    let mark =
        if was_ok { limits.backpressure_high_percent } else { limits.backpressure_low_percent };
    let (in_flight, load) = (totals.gauges.in_flight, totals.load_permille);
    at_most(in_flight, limits.inflight_capacity, mark) && at_most(load.into(), 1_000, mark)
}

/// Whether a part of a whole is at most so many percent of it.
fn at_most(part: u64, whole: u64, percent: u64) -> bool {
    u128::from(part) * 100 <= u128::from(percent) * u128::from(whole)
}

/// Whether a process is fit to serve, by its four keys; and the answer that a host gives on `/readyz`.
///
/// ```
/// let monitor = oap::Monitor::default();
/// monitor.set_parser_ready(false);
/// let readiness = monitor.readiness(0);
/// assert_eq!(readiness.http_status(), 503);
/// assert_eq!(
///     readiness.json(),
///     r#"{"degraded":true,"missing":["oap_parser_ready"],"retry_after":5}"#
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Readiness {
    keys: [bool; READINESS_KEYS.len()],
}

impl Readiness {
    /// The places of the keys that are false, a bit each.
    pub(crate) fn false_keys(&self) -> u32 {
        let bits = self.keys.iter().zip(0..).map(|(&key, place)| u32::from(!key) << place);
        bits.sum()
    }

    /// Of keys that were judged before; the first is the host's own.
    pub(crate) fn of_false_keys(bits: u32, parser_ready: bool) -> Self {
        let mut keys = [true; READINESS_KEYS.len()];
        for (place, key) in keys.iter_mut().enumerate() {
            *key = bits & (1 << place) == 0;
        }
        keys[0] = parser_ready;
        Readiness { keys }
    }

    /// All four keys are true.
    pub fn is_ready(&self) -> bool {
        self.keys.iter().all(|&key| key)
    }

    /// Each key and whether it is true, in the contract's order.
    pub fn keys(&self) -> impl Iterator<Item = (&'static str, bool)> + '_ {
        READINESS_KEYS.into_iter().zip(self.keys)
    }

    /// The keys that are false, in the contract's order.
    pub fn missing(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.keys().filter(|(_, ok)| !ok).map(|(key, _)| key)
    }

    /// 200 or 503.
    pub fn http_status(&self) -> u16 {
        if self.is_ready() {
            200
        } else {
            503
        }
    }

    /// Seconds for the header `Retry-After` of a 503; 0 where it is ready and there is no such header.
    pub fn retry_after(&self) -> u32 {
        if self.is_ready() {
            0
        } else {
            RETRY_AFTER_SECONDS
        }
    }

    /// The body, `application/json`.
    pub fn json(&self) -> String {
        let missing: Vec<String> = self.missing().map(|key| format!("\"{key}\"")).collect();
        let (degraded, missing) = (!self.is_ready(), missing.join(","));
        let mut json = String::new();
        let retry_after = self.retry_after();
        // Writing to a String does not fail.
        let _ = write!(
            json,
            r#"{{"degraded":{degraded},"missing":[{missing}],"retry_after":{retry_after}}}"#
        );
        json
    }
}
