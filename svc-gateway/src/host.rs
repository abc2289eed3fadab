//! The gateway's life: it binds, serves until a signal asks to stop, and drains.

use crate::admission::Admission;
use crate::config::Config;
use crate::listener::{bind, Entrance, Listener};
use crate::peer::Names;
use crate::service::Service;
use crate::status::Status;
use crate::tls::Tls;
use crate::{http, process, report};
use std::io;
use std::sync::Arc;
use tokio::signal::unix::{signal, Signal, SignalKind};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;
use tracing_appender::non_blocking::ErrorCounter;

pub struct Host {
    service: Arc<Service>,
    entrance: Arc<Entrance>,
    status: Arc<Status>,
}

impl Host {
    /// # Errors
    /// Where the system has no randomness.
    pub fn new(config: Config, tls: Option<Tls>, dropped_lines: ErrorCounter) -> io::Result<Self> {
        let admission = Arc::new(Admission::new(config.max_connections.0));
        let names = Names::new(&config.tenant)?;
        let service = Arc::new(Service::new(config)?);
        let status = Status::new(Arc::clone(&service), Arc::clone(&admission), dropped_lines);
        let entrance = Entrance {
            service: Arc::clone(&service),
            names,
            admission,
            tls,
            connections: TaskTracker::new(),
        };
        Ok(Host { service, entrance: Arc::new(entrance), status: Arc::new(status) })
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
    let config = &host.service.config;
    process::prepare(config)?;
    report::initialized(host.service.telemetry.sessions(), &config.amnesia);
    let mut listeners = open(&host).await?;
    tokio::spawn(reload_at(hangup, Arc::clone(&host.entrance)));
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    drain(&host, &mut listeners).await;
    Ok(())
}

/// Binds everything before it says anything.
async fn open(host: &Host) -> io::Result<JoinSet<()>> {
    let config = &host.service.config;
    let listeners = Listener::bind_all(config).await?;
    let endpoints = match config.metrics_addr.value() {
        Some(&at) => Some(bind(at).await?),
        None => None,
    };
    tokio::spawn(tick(Arc::clone(&host.service)));
    let mut running = JoinSet::new();
    for listener in listeners {
        listener.report_address()?;
        running.spawn(listener.run(Arc::clone(&host.entrance)));
    }
    if let Some(endpoints) = endpoints {
        report::serving_metrics(endpoints.local_addr()?);
        tokio::spawn(http::serve(endpoints, Arc::clone(&host.status)));
    }
    Ok(running)
}

async fn tick(service: Arc<Service>) {
    service.telemetry.tick().await;
}

/// Not ready first, so that nobody is sent here who is then turned away.
async fn drain(host: &Host, listeners: &mut JoinSet<()>) {
    let (service, connections) = (&host.service, &host.entrance.connections);
    service.telemetry.set_draining();
    report::draining();
    sleep(service.config.drain_notice_seconds.duration()).await;
    listeners.shutdown().await;
    service.draining.cancel();
    connections.close();
    let _ = timeout(service.config.drain_seconds.duration(), connections.wait()).await;
    report::stopped(connections.len());
}

/// A gateway without TLS hears it too: it would end one that does not.
async fn reload_at(mut hangup: Signal, entrance: Arc<Entrance>) {
    while hangup.recv().await.is_some() {
        let Some(tls) = &entrance.tls else { continue };
        let reloaded = tls.reload();
        entrance.service.metrics.reloaded(reloaded.is_ok());
        match reloaded {
            Ok(()) => report::certificate_reloaded(),
            Err(reason) => report::certificate_kept(&reason),
        }
    }
}
