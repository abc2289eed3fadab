//! The process's one monitor, and the clock that the core leaves to its host.

use crate::config::Config;
use crate::report;
use oap::{Monitor, Readiness, Session};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::{interval, MissedTickBehavior};

/// The contract asks for a tick at least once a second.
const TICK: Duration = Duration::from_secs(1);

/// The key that tells what is so now. The others tell of the last five minutes: to turn peers away for those would
/// keep the numbers bad that they come from.
const BACKPRESSURE: &str = oap::READINESS_KEYS[3];

pub struct Telemetry {
    monitor: Arc<Monitor>,
    sessions: oap::Config,
    overloaded: AtomicBool,
    started: Instant,
}

impl Telemetry {
    pub fn new(config: &Config) -> Self {
        Telemetry {
            monitor: Arc::new(Monitor::new(config.limits())),
            sessions: config.of_sessions(),
            overloaded: AtomicBool::new(false),
            started: Instant::now(),
        }
    }

    /// A session that reports to the monitor.
    pub fn session(&self) -> Session {
        Session::new(self.sessions).with_monitor(&self.monitor)
    }

    /// Whether the gateway is fit to serve now.
    pub fn readiness(&self) -> Readiness {
        let readiness = self.monitor.readiness(nanoseconds(self.started.elapsed()));
        let overloaded = readiness.missing().any(|key| key == BACKPRESSURE);
        self.overloaded.store(overloaded, Relaxed);
        readiness
    }

    /// Whether more is in flight than should be, as the last tick saw it.
    pub fn is_overloaded(&self) -> bool {
        self.overloaded.load(Relaxed)
    }

    /// The text page of all metrics.
    pub fn page(&self) -> String {
        self.monitor.snapshot().text()
    }

    /// Not ready from now on.
    pub fn set_draining(&self) {
        self.monitor.set_parser_ready(false);
    }

    /// Observes one decode call.
    pub fn time_decode<T>(&self, call: impl FnOnce() -> T) -> T {
        let (result, ns) = timed(call);
        self.monitor.observe_read(ns);
        result
    }

    /// Observes one encode call.
    pub fn time_encode<T>(&self, call: impl FnOnce() -> T) -> T {
        let (result, ns) = timed(call);
        self.monitor.observe_write(ns);
        result
    }

    /// Ticks as long as the process lives, and says when readiness has changed. Each tick calls `ticked`.
    pub async fn tick(&self, ticked: impl Fn()) {
        let mut seconds = interval(TICK);
        seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut last = self.readiness();
        loop {
            seconds.tick().await;
            ticked();
            let now = self.readiness();
            if now != last {
                report::readiness(&now);
            }
            last = now;
        }
    }
}

fn timed<T>(call: impl FnOnce() -> T) -> (T, u64) {
    let start = Instant::now();
    let result = call();
    (result, nanoseconds(start.elapsed()))
}

/// 584 years of them.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
