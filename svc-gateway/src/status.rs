//! How the process is doing, for operators: whether it is ready, and the page of all metrics.

use crate::admission::Admission;
use crate::log_queue::LogQueue;
use crate::metrics::Levels;
use crate::service::Service;
use crate::tls::Tls;
use oap::Readiness;
use std::sync::Arc;
use std::time::Instant;

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
        self.service.telemetry.readiness()
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
            staged: service.partial_frames.used(),
            working: service.work.used(),
            jobs: service.hash_pool.jobs(),
            dropped_lines: self.log.lost(),
            readiness: self.readiness(),
            certificate_expiry: self.tls.as_ref().map_or(0, |tls| tls.current().dates.expiry()),
        }
    }
}
