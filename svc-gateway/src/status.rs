//! How the process is doing, for operators: whether it is ready, and the page of all metrics.

use crate::admission::Admission;
use crate::log_queue::LogQueue;
use crate::metrics::Levels;
use crate::report;
use crate::service::Service;
use crate::tls::Tls;
use oap::Readiness;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::{interval, MissedTickBehavior};

/// The contract asks for a tick at least once a second.
const TICK: Duration = Duration::from_secs(1);

/// Work that does not move for so long is full load.
const STALLED: Duration = Duration::from_secs(4);

pub struct Status {
    service: Arc<Service>,
    admission: Arc<Admission>,
    log: LogQueue,
    tls: Option<Arc<Tls>>,
}

impl Status {
    pub fn new(
        service: Arc<Service>,
        admission: Arc<Admission>,
        log: LogQueue,
        tls: Option<Arc<Tls>>,
    ) -> Self {
        Status { service, admission, log, tls }
    }

    /// Whether the gateway is fit to serve now.
    pub fn readiness(&self) -> Readiness {
        self.service.telemetry.readiness(self.load_permille())
    }

    /// That of the fullest of the gateway's queues and budgets; work that does not move fills its queue with time.
    fn load_permille(&self) -> u32 {
        let stalled = self.service.hash_pool.stalled().as_millis() * 1000 / STALLED.as_millis();
        let loads = [self.service.room.load(), self.admission.load(), stalled as usize];
        loads.into_iter().max().unwrap_or(0) as u32
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
            self.service.stream_log.log_sum();
        }
    }

    /// The text page of all metrics.
    pub fn page(&self) -> String {
        self.service.telemetry.page() + &self.service.metrics.page(&self.levels())
    }

    fn levels(&self) -> Levels {
        let service = &self.service;
        Levels {
            connections: self.admission.open(),
            quarantined: service.quarantine.held(Instant::now()),
            quarantines: service.quarantine.count(),
            room: service.room.used(),
            room_capacity: service.room.capacity(),
            jobs: service.hash_pool.jobs(),
            dropped_lines: self.log.lost(),
            readiness: self.readiness(),
            certificate_expiry: self.tls.as_ref().map_or(0, |tls| tls.current().dates.expiry()),
        }
    }
}
