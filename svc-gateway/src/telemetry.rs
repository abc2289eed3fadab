//! The process's one monitor, and the clock that the core leaves to its host.

use oap::{Config, Monitor, Readiness, Session};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::{interval, MissedTickBehavior};

/// The contract asks for a tick at least once a second.
const TICK: Duration = Duration::from_secs(1);

pub struct Telemetry {
    monitor: Arc<Monitor>,
    started: Instant,
}

impl Default for Telemetry {
    fn default() -> Self {
        Telemetry { monitor: Arc::default(), started: Instant::now() }
    }
}

impl Telemetry {
    /// A session that reports to the monitor.
    pub fn session(&self) -> Session {
        Session::new(Config::default()).with_monitor(&self.monitor)
    }

    /// Whether the gateway is fit to serve now.
    pub fn readiness(&self) -> Readiness {
        self.monitor.readiness(nanoseconds(self.started.elapsed()))
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

    /// Ticks as long as the process lives.
    pub async fn tick(self: Arc<Self>) {
        let mut seconds = interval(TICK);
        seconds.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            seconds.tick().await;
            self.readiness();
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
