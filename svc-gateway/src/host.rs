//! The gateway's life: it binds, serves until a signal asks to stop, and drains.

use crate::admission::Admission;
use crate::budget::Budget;
use crate::config::Config;
use crate::door::{bind, Door};
use crate::metrics::Metrics;
use crate::peer::Names;
use crate::quarantine::Quarantine;
use crate::stage::Stage;
use crate::staging::Staging;
use crate::telemetry::Telemetry;
use crate::tls::Tls;
use crate::{http, process, report};
use std::io;
use std::sync::Arc;
use tokio::signal::unix::{signal, Signal, SignalKind};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing_appender::non_blocking::ErrorCounter;

/// What all connections share.
pub struct Host {
    pub config: Config,
    pub telemetry: Telemetry,
    pub metrics: Metrics,
    pub names: Names,
    pub admission: Admission,
    pub quarantine: Quarantine,
    /// Partial frames.
    pub staging: Arc<Staging>,
    /// Reads that are not yet worked off.
    pub work: Budget,
    pub stage: Stage,
    pub tls: Option<Tls>,
    pub connections: TaskTracker,
    pub draining: CancellationToken,
    pub dropped_lines: ErrorCounter,
}

impl Host {
    /// # Errors
    /// Where the system has no randomness.
    pub fn new(config: Config, tls: Option<Tls>, dropped_lines: ErrorCounter) -> io::Result<Self> {
        Ok(Host {
            telemetry: Telemetry::new(&config),
            metrics: Metrics::new().map_err(io::Error::other)?,
            names: Names::new(&config.tenant)?,
            admission: Admission::new(config.max_connections.0),
            quarantine: Quarantine::new(&config),
            staging: Staging::new(config.staging_bytes.0),
            work: Budget::new(config.work_bytes.0),
            stage: Stage::new(config.worker_threads(), config.worker_queue.0),
            tls,
            connections: TaskTracker::new(),
            draining: CancellationToken::new(),
            dropped_lines,
            config,
        })
    }
}

/// Serves connections until SIGINT or SIGTERM, and those still open then until they close or their time is up.
///
/// # Errors
/// Where an address can't be bound, or signals can't be heard.
pub async fn run(host: Host) -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let hangup = signal(SignalKind::hangup())?;
    process::prepare(&host.config)?;
    report::initialized(host.telemetry.sessions(), &host.config.amnesia);
    let host = Arc::new(host);
    let mut doors = open(&host).await?;
    tokio::spawn(reload_at(hangup, Arc::clone(&host)));
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    drain(&host, &mut doors).await;
    Ok(())
}

/// Binds everything before it says anything.
async fn open(host: &Arc<Host>) -> io::Result<JoinSet<()>> {
    let doors = Door::bind_all(host).await?;
    let endpoints = match host.config.metrics_addr.value() {
        Some(&at) => Some(bind(at).await?),
        None => None,
    };
    tokio::spawn(tick(Arc::clone(host)));
    let mut kept = JoinSet::new();
    for door in doors {
        door.tell()?;
        kept.spawn(door.keep(Arc::clone(host)));
    }
    if let Some(endpoints) = endpoints {
        report::serving_metrics(endpoints.local_addr()?);
        tokio::spawn(http::serve(endpoints, Arc::clone(host)));
    }
    Ok(kept)
}

async fn tick(host: Arc<Host>) {
    host.telemetry.tick().await;
}

/// Not ready first, so that nobody is sent here who is then turned away.
async fn drain(host: &Host, doors: &mut JoinSet<()>) {
    host.telemetry.set_draining();
    report::draining();
    sleep(host.config.drain_notice_seconds.duration()).await;
    doors.shutdown().await;
    host.draining.cancel();
    host.connections.close();
    let _ = timeout(host.config.drain_seconds.duration(), host.connections.wait()).await;
    report::stopped(host.connections.len());
}

/// A gateway without TLS hears it too: it would end one that does not.
async fn reload_at(mut hangup: Signal, host: Arc<Host>) {
    while hangup.recv().await.is_some() {
        let Some(tls) = &host.tls else { continue };
        let reloaded = tls.reload();
        host.metrics.reloaded(reloaded.is_ok());
        match reloaded {
            Ok(()) => report::certificate_reloaded(),
            Err(reason) => report::certificate_kept(&reason),
        }
    }
}
