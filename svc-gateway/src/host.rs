//! The gateway's life: it binds, serves until a signal asks to stop, and drains.

use crate::admission::Admission;
use crate::config::Config;
use crate::listener::{bind, Entrance, Listener};
use crate::log_queue::LogQueue;
use crate::peer::Names;
use crate::service::Service;
use crate::signals::Signals;
use crate::status::Status;
use crate::threads::Threads;
use crate::tls::Tls;
use crate::{http, process, report};
use std::io;
use std::sync::Arc;
use tokio::signal::unix::Signal;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

/// What a host is made of.
pub struct Parts {
    pub config: Config,
    pub tls: Option<Tls>,
    pub threads: Threads,
    pub log: LogQueue,
}

struct Host {
    service: Arc<Service>,
    entrance: Arc<Entrance>,
    status: Arc<Status>,
}

impl Host {
    /// One that has room for so many connections.
    ///
    /// # Errors
    /// Where the system has no randomness.
    fn new(parts: Parts, connections: u64) -> io::Result<Self> {
        let Parts { config, tls, threads, log } = parts;
        let admission = Arc::new(Admission::new(connections));
        let names = Names::new(&config.tenant)?;
        let service = Arc::new(Service::new(config, threads)?);
        let status = Status::new(Arc::clone(&service), Arc::clone(&admission), log);
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

/// Serves connections until SIGINT or SIGTERM, and those still open then until they close, their time is up, or a
/// second signal comes.
///
/// # Errors
/// Where an address can't be bound, signals can't be heard, or a part of the gateway panics.
pub async fn run(parts: Parts) -> io::Result<()> {
    let (mut signals, hangup) = Signals::hear()?;
    report::initialized(&parts.config.of_sessions(), &parts.config.amnesia);
    let connections = process::prepare(&parts.config)?;
    let host = Host::new(parts, connections)?;
    let [mut listeners, mut others] = start(&host, hangup).await?;
    tokio::select! {
        () = signals.stop() => {}
        fault = fault(&mut listeners) => return Err(fault),
        fault = fault(&mut others) => return Err(fault),
    }
    tokio::select! {
        () = drain(&host, &mut listeners) => {}
        () = signals.stop() => {}
    }
    report::stopped(host.entrance.connections.len());
    Ok(())
}

/// Comes back when one of them ends, which none does by itself.
async fn fault(tasks: &mut JoinSet<()>) -> io::Error {
    tasks.join_next().await;
    io::Error::other("a part of the gateway has panicked")
}

/// Binds everything before it says anything. Gives the listeners, and what goes on beside them.
async fn start(host: &Host, hangup: Signal) -> io::Result<[JoinSet<()>; 2]> {
    let config = &host.service.config;
    let bound = Listener::bind_all(config).await?;
    let endpoints = match config.metrics_addr.value() {
        Some(&at) => Some(bind(at).await?),
        None => None,
    };
    let (mut listeners, mut others) = (JoinSet::new(), JoinSet::new());
    others.spawn(tick(Arc::clone(&host.service)));
    others.spawn(reload_at(hangup, Arc::clone(&host.entrance)));
    for listener in bound {
        listener.report_address()?;
        listeners.spawn(listener.run(Arc::clone(&host.entrance)));
    }
    if let Some(endpoints) = endpoints {
        report::serving_metrics(endpoints.local_addr()?);
        others.spawn(http::serve(endpoints, Arc::clone(&host.status)));
    }
    Ok([listeners, others])
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
