//! The gateway's own metrics: what concerns sockets, threads and memory, which the library knows nothing of.

use crate::refusal::Refusal;
use crate::room::Use;
use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::{Counter, MetricFamily};
use prometheus::{
    Encoder, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};
use rustix::time::{clock_gettime, ClockId};
use std::time::SystemTime;

const CPU: &str = "process_cpu_seconds_total";

/// What a connection comes over, by its label.
const TRANSPORTS: [&str; 3] = ["tcp", "tls", "unix"];

/// What a peer's first bytes may look like, by its label.
const PROTOCOLS: [&str; 5] = ["http", "tls", "ssh", "proxy", "other"];

/// Why nothing could be accepted, by its label; the last one is any other.
pub const ACCEPT_ERRORS: [&str; 6] =
    ["emfile", "enfile", "enomem", "enobufs", "econnaborted", "other"];

/// What is kept elsewhere and sampled for a page.
pub struct Levels {
    pub connections: usize,
    pub quarantined: usize,
    pub quarantines: u64,
    pub room: [(Use, usize); Use::ALL.len()],
    pub room_capacity: usize,
    pub jobs: usize,
    pub dropped_lines: u64,
    pub readiness: oap::Readiness,
    /// In seconds since 1970; 0 without one.
    pub certificate_expiry: u64,
}

pub struct Metrics {
    registry: Registry,
    connections: IntCounterVec,
    refused: IntCounterVec,
    foreign: IntCounterVec,
    reloads: IntCounterVec,
    certificate_reloads: IntCounterVec,
    quarantines: IntCounter,
    dropped_lines: IntCounter,
    open: IntGauge,
    quarantined: IntGauge,
    ended: IntCounterVec,
    cut: IntCounter,
    accept_errors: IntCounterVec,
    room: IntGaugeVec,
    room_capacity: IntGauge,
    jobs: IntGauge,
    readiness: IntGaugeVec,
    expiry: IntGauge,
    /// Without the collector's: that asks for more of /proc than a service may see.
    started: IntGauge,
}

impl Metrics {
    /// # Errors
    /// Where two have one name: no configuration makes it so.
    pub fn new(strict_headers: bool) -> prometheus::Result<Self> {
        let registry = Registry::new();
        registry.register(Box::new(ProcessCollector::for_self()))?;
        let made = Maker { registry: &registry };
        made.gauge("strict_headers", STRICT)?.set(strict_headers.into());
        made.build_info()?;
        Ok(Metrics {
            connections: made.counters(
                "connections_total",
                CONNECTIONS,
                "transport",
                &TRANSPORTS,
            )?,
            refused: made.counters("refused_total", REFUSED, "cause", &labels())?,
            foreign: made.counters("foreign_protocol_total", FOREIGN, "protocol", &PROTOCOLS)?,
            reloads: made.counters("reloads_total", RELOADS, "outcome", &OUTCOMES)?,
            certificate_reloads: made.counters(
                "certificate_reloads_total",
                CERTIFICATE_RELOADS,
                "outcome",
                &OUTCOMES,
            )?,
            quarantines: made.counter("quarantines_total", QUARANTINES)?,
            dropped_lines: made.counter("dropped_log_lines_total", DROPPED)?,
            open: made.gauge("connections", OPEN)?,
            quarantined: made.gauge("quarantined_peers", QUARANTINED)?,
            ended: made.counters("connections_ended_total", ENDED, "reason", &reasons())?,
            cut: made.counter("streams_cut_total", CUT)?,
            accept_errors: made.counters("accept_errors_total", ACCEPT, "error", &ACCEPT_ERRORS)?,
            room: made.gauges("room_bytes", ROOM, "use")?,
            room_capacity: made.gauge("room_capacity_bytes", ROOM_CAPACITY)?,
            jobs: made.gauge("worker_jobs", JOBS)?,
            readiness: made.gauges("readiness", READINESS, "key")?,
            expiry: made.gauge("certificate_expiry_timestamp_seconds", EXPIRY)?,
            started: started()?,
            registry,
        })
    }

    pub fn connected(&self, transport: &str) {
        self.connections.with_label_values(&[transport]).inc();
    }

    pub fn refused(&self, refusal: Refusal) {
        self.refused.with_label_values(&[refusal.label()]).inc();
    }

    /// Of an admitted connection; `is_cut`: inside a stream.
    pub fn ended(&self, reason: &str, is_cut: bool) {
        self.ended.with_label_values(&[reason]).inc();
        self.cut.inc_by(is_cut.into());
    }

    /// One of [`ACCEPT_ERRORS`].
    pub fn accept_failed(&self, error: &str) {
        self.accept_errors.with_label_values(&[error]).inc();
    }

    pub fn foreign(&self, protocol: &str) {
        self.foreign.with_label_values(&[protocol]).inc();
    }

    /// At SIGHUP; with a certificate, where there is one.
    pub fn reloaded(&self, good: bool, with_certificate: bool) {
        let outcome = OUTCOMES[usize::from(!good)];
        self.reloads.with_label_values(&[outcome]).inc();
        if with_certificate {
            self.certificate_reloads.with_label_values(&[outcome]).inc();
        }
    }

    /// The text page, with the levels as they are now.
    pub fn page(&self, levels: &Levels) -> String {
        self.set_levels(levels);
        let mut page = Vec::new();
        let mut families = self.registry.gather();
        families.iter_mut().filter(|family| family.name() == CPU).for_each(set_exact_cpu);
        families.retain(|family| family.name() != STARTED);
        families.extend(self.started.collect());
        // A Vec takes everything, and each family has a name and a sample.
        let _ = TextEncoder::new().encode(&families, &mut page);
        String::from_utf8(page).unwrap_or_default()
    }

    fn set_levels(&self, levels: &Levels) {
        advance(&self.quarantines, levels.quarantines);
        advance(&self.dropped_lines, levels.dropped_lines);
        self.open.set(levels.connections as i64);
        self.quarantined.set(levels.quarantined as i64);
        self.room_capacity.set(levels.room_capacity as i64);
        for (usage, bytes) in levels.room {
            self.room.with_label_values(&[usage.label()]).set(bytes as i64);
        }
        self.jobs.set(levels.jobs as i64);
        for key in oap::READINESS_KEYS {
            let is_true = levels.readiness.missing().all(|missing| missing != key);
            self.readiness.with_label_values(&[key]).set(i64::from(is_true));
        }
        self.expiry.set(levels.certificate_expiry as i64);
    }
}

/// The collector cuts the time down to whole seconds, in which no rate of a minute can be seen.
fn set_exact_cpu(family: &mut MetricFamily) {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    let mut counter = Counter::default();
    counter.set_value(used.tv_sec as f64 + used.tv_nsec as f64 / 1e9);
    family.mut_metric().iter_mut().for_each(|metric| metric.set_counter(counter.clone()));
}

const STARTED: &str = "process_start_time_seconds";

/// Now, which is when it is made.
fn started() -> prometheus::Result<IntGauge> {
    let started = IntGauge::new(STARTED, START)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    started.set(now.map_or(0, |now| now.as_secs() as i64));
    Ok(started)
}

/// Of a count that is kept elsewhere.
fn advance(counter: &IntCounter, now: u64) {
    counter.inc_by(now.saturating_sub(counter.get()));
}

const CONNECTIONS: &str = "Connections that were admitted.";
const REFUSED: &str = "Connections that the gateway ended, or did not begin, and why.";
const FOREIGN: &str = "Connections whose first bytes were those of another protocol.";
const RELOADS: &str = "Configurations read again at SIGHUP.";
const CERTIFICATE_RELOADS: &str = "Certificates read again at SIGHUP, with the configuration.";
const EXPIRY: &str = "When the certificate expires, in seconds since 1970; 0 without one.";
const START: &str = "Start time of the process since unix epoch in seconds.";
const QUARANTINES: &str = "Times that a peer was put in quarantine.";
const DROPPED: &str =
    "Lines of the log that were lost: nobody read them fast enough, or stdout took them not.";
const OPEN: &str = "Connections that are open.";
const QUARANTINED: &str = "Peers that are in quarantine.";
const ENDED: &str = "Admitted connections that have ended, and why.";
const CUT: &str = "Streams that were open when their connection ended.";
const ACCEPT: &str = "Connections that could not be accepted, and why.";
const ROOM: &str = "Bytes that are held for peers, and for what.";
const ROOM_CAPACITY: &str = "Bytes that may be held for peers.";
const STRICT: &str = "Whether headers must be canonical: 1 or 0.";
const BUILD: &str = "What runs: always 1.";
const JOBS: &str = "Reads that wait for a worker or are with one.";
const READINESS: &str = "Whether a readiness key is true: 1 or 0.";
const OUTCOMES: [&str; 2] = ["taken", "kept_old"];

fn labels() -> Vec<&'static str> {
    Refusal::ALL.iter().map(|refusal| refusal.label()).collect()
}

/// The reasons of the engine, and those of the gateway beside them.
fn reasons() -> Vec<&'static str> {
    let of_engine = oap::END_REASONS.iter().copied();
    let own = Refusal::ALL.into_iter().filter(|refusal| !refusal.ends_no_connection());
    let mut reasons: Vec<_> = of_engine.chain(own.map(Refusal::label)).collect();
    reasons.sort_unstable();
    reasons.dedup();
    reasons
}

struct Maker<'a> {
    registry: &'a Registry,
}

impl Maker<'_> {
    /// Each value of the label is there from the start, with 0.
    fn counters(
        &self,
        name: &str,
        help: &str,
        label: &str,
        values: &[&str],
    ) -> prometheus::Result<IntCounterVec> {
        let made = IntCounterVec::new(opts(name, help), &[label])?;
        for value in values {
            made.with_label_values(&[value]);
        }
        self.registry.register(Box::new(made.clone())).map(|()| made)
    }

    fn counter(&self, name: &str, help: &str) -> prometheus::Result<IntCounter> {
        let made = IntCounter::with_opts(opts(name, help))?;
        self.registry.register(Box::new(made.clone())).map(|()| made)
    }

    fn gauges(&self, name: &str, help: &str, label: &str) -> prometheus::Result<IntGaugeVec> {
        let made = IntGaugeVec::new(opts(name, help), &[label])?;
        self.registry.register(Box::new(made.clone())).map(|()| made)
    }

    fn build_info(&self) -> prometheus::Result<()> {
        let protocol = format!("OAP/{}", oap::VERSION);
        let opts = opts("build_info", BUILD)
            .const_label("version", env!("CARGO_PKG_VERSION"))
            .const_label("protocol", protocol);
        let made = IntGauge::with_opts(opts)?;
        made.set(1);
        self.registry.register(Box::new(made))
    }

    fn gauge(&self, name: &str, help: &str) -> prometheus::Result<IntGauge> {
        let made = IntGauge::with_opts(opts(name, help))?;
        self.registry.register(Box::new(made.clone())).map(|()| made)
    }
}

fn opts(name: &str, help: &str) -> Opts {
    Opts::new(name, help).namespace("svc_gateway")
}
