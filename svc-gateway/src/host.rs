//! The gateway's life: it binds, serves until a signal asks to stop, and drains.

use crate::admission::Admission;
use crate::config::Config;
use crate::config_sources::Sources;
use crate::listener::{bind, Entrance, Listener};
use crate::log_queue::LogQueue;
use crate::peer::Names;
use crate::reload::Reloader;
use crate::service::Service;
use crate::signals::Signals;
use crate::status::Status;
use crate::threads::Threads;
use crate::tls::{Identity, Tls};
use crate::{certificate_watch, http, process, report, service_manager};
use std::io;
use std::sync::Arc;
use tokio::signal::unix::Signal;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

/// What a host is made of.
pub struct Parts {
    pub config: Config,
    pub sources: Sources,
    pub identity: Option<Identity>,
    pub threads: Threads,
    pub log: LogQueue,
}

struct Host {
    service: Arc<Service>,
    entrance: Arc<Entrance>,
    status: Arc<Status>,
}

impl Host {
    /// With what reads its configuration again.
    ///
    /// # Errors
    /// Where the system has no randomness.
    fn new(parts: Parts) -> io::Result<(Self, Reloader)> {
        let Parts { config, sources, identity, threads, log } = parts;
        let names = Names::new(&config.tenant)?;
        let of_a_peer = config.max_connections_per_peer.0;
        let connections = process::max_connections(&config);
        let service = Arc::new(Service::new(config, threads)?);
        let admission = Admission::new(connections, of_a_peer, &service.room);
        let tls = identity.map(|identity| Arc::new(Tls::new(identity)));
        let status = Status::new(Arc::clone(&service), Arc::clone(&admission), log, tls.clone());
        let entrance = Entrance {
            service: Arc::clone(&service),
            names,
            admission,
            tls,
            connections: TaskTracker::new(),
        };
        let entrance = Arc::new(entrance);
        let reloader = Reloader { sources, entrance: Arc::clone(&entrance) };
        Ok((Host { service, entrance, status: Arc::new(status) }, reloader))
    }
}

/// Serves connections until SIGINT or SIGTERM, and those still open then until they close, their time is up, or a
/// second signal comes.
///
/// # Errors
/// Where an address can't be bound, signals can't be heard, or a part of the gateway panics.
pub async fn run(parts: Parts) -> io::Result<()> {
    let (mut signals, hangup) = Signals::hear()?;
    report::initialized(&parts.config.of_sessions(), &parts.config.amnesia, parts.threads);
    process::prepare(&parts.config)?;
    let (host, reloader) = Host::new(parts)?;
    let [mut listeners, mut others] = start(&host).await?;
    others.spawn(reload_at(hangup, reloader));
    service_manager::ready();
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
async fn start(host: &Host) -> io::Result<[JoinSet<()>; 2]> {
    let config = &host.service.config();
    let bound = Listener::bind_all(config).await?;
    let endpoints = match config.metrics_addr.value() {
        Some(at) => Some(bind(at.resolve()?).await?),
        None => None,
    };
    let (mut listeners, mut others) = (JoinSet::new(), JoinSet::new());
    others.spawn(tick(Arc::clone(&host.status)));
    for listener in bound {
        listener.report_address()?;
        listeners.spawn(listener.run(Arc::clone(&host.entrance)));
    }
    if let Some(endpoints) = endpoints {
        report::serving_metrics(endpoints.local_addr()?);
        others.spawn(http::serve(endpoints, Arc::clone(&host.status)));
    }
    if let Some(tls) = &host.entrance.tls {
        others.spawn(certificate_watch::watch(Arc::clone(tls)));
    }
    Ok([listeners, others])
}

async fn tick(status: Arc<Status>) {
    status.tick(service_manager::alive).await;
}

/// Not ready first, so that nobody is sent here who is then turned away.
async fn drain(host: &Host, listeners: &mut JoinSet<()>) {
    let (service, connections) = (&host.service, &host.entrance.connections);
    service.telemetry.set_draining();
    service_manager::stopping();
    report::draining();
    sleep(service.config().drain_notice_seconds.duration()).await;
    listeners.shutdown().await;
    service.draining.cancel();
    connections.close();
    let _ = timeout(service.config().drain_seconds.duration(), connections.wait()).await;
}

async fn reload_at(mut hangup: Signal, reloader: Reloader) {
    while hangup.recv().await.is_some() {
        service_manager::reloading();
        reloader.reload();
        service_manager::ready();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn a_part_that_panics_is_a_fault_and_one_that_goes_on_is_none() {
        let mut tasks = JoinSet::new();
        tasks.spawn(std::future::pending());
        assert!(tokio::time::timeout(Duration::from_millis(10), fault(&mut tasks)).await.is_err());
        tasks.spawn(async { panic!("as the test wants") });
        assert!(fault(&mut tasks).await.to_string().contains("panicked"));
    }
}
