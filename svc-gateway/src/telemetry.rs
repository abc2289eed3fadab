//! The process's one monitor, and the clock that the core leaves to its host.

use crate::config::Config;
use oap::{Connection, Monitor, Readiness};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub struct Telemetry {
    monitor: Arc<Monitor>,
    overloaded: AtomicBool,
    high_percent: u64,
    low_percent: u64,
    started: Instant,
}

impl Telemetry {
    pub fn new(config: &Config) -> Self {
        Telemetry {
            monitor: Arc::new(Monitor::new(config.limits())),
            overloaded: AtomicBool::new(false),
            high_percent: config.backpressure_high_percent.0,
            low_percent: config.backpressure_low_percent.0,
            started: Instant::now(),
        }
    }

    /// A connection that reports to the monitor, opened at that time.
    pub fn connection(&self, config: &Config, opened: u64) -> Connection {
        // No key's range allows what the engine refuses.
        let options = config.of_connections().unwrap_or_default();
        Connection::with_monitor(config.of_sessions(), options, opened, &self.monitor)
    }

    /// The clock of connections and readiness, in nanoseconds.
    pub fn now(&self) -> u64 {
        nanoseconds(self.started.elapsed())
    }

    pub fn at(&self, instant: Instant) -> u64 {
        nanoseconds(instant.duration_since(self.started))
    }

    pub fn instant(&self, at: u64) -> Instant {
        self.started + Duration::from_nanos(at)
    }

    /// Whether the gateway is fit to serve now, with that load of its own queues and budgets.
    pub fn readiness(&self, load_permille: u32) -> Readiness {
        self.monitor.set_load(load_permille);
        let readiness = self.monitor.readiness(self.now());
        self.overloaded.store(self.judge_in_flight(), Relaxed);
        readiness
    }

    /// As readiness is judged, but by the frames in flight alone: to turn peers away because memory is in use would turn
    /// those away who can wait for it.
    fn judge_in_flight(&self) -> bool {
        let percent = if self.is_overloaded() { self.low_percent } else { self.high_percent };
        let snapshot = self.monitor.snapshot();
        snapshot.inflight_frames() * 100 > percent * snapshot.inflight_capacity()
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

    /// Observes one decode call, in nanoseconds.
    pub fn observe_read(&self, ns: u64) {
        self.monitor.observe_read(ns);
    }

    /// Observes one encode call, in nanoseconds.
    pub fn observe_write(&self, ns: u64) {
        self.monitor.observe_write(ns);
    }
}

/// 584 years of them.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
