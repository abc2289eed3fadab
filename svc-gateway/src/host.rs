//! The gateway's life: it binds, serves each connection in a task until a signal asks to stop, and drains.

use crate::config::Config;
use crate::peer::Names;
use crate::telemetry::Telemetry;
use crate::{connection, http, report};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{signal, SignalKind};
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;

/// What all connections share.
pub struct Host {
    pub config: Config,
    pub telemetry: Arc<Telemetry>,
    pub names: Names,
}

/// Serves connections until SIGINT or SIGTERM, and those still open then until they close or their time is up.
///
/// # Errors
/// Where an address can't be bound, or signals can't be heard.
pub async fn run(config: Config) -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let telemetry = Arc::new(Telemetry::new(&config));
    report::initialized(telemetry.sessions(), &config.amnesia);
    let host = Arc::new(Host { names: Names::new(&config.tenant)?, telemetry, config });
    let listener = start(&host).await?;
    let connections = TaskTracker::new();
    tokio::select! {
        () = accept(&listener, &connections, &host) => {}
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    drain(&host, &connections, &listener).await;
    drop(listener);
    connections.close();
    let _ = timeout(host.config.drain_seconds.duration(), connections.wait()).await;
    report::stopped();
    Ok(())
}

/// Not ready first, so that nobody is sent here who is then turned away.
async fn drain(host: &Arc<Host>, connections: &TaskTracker, listener: &TcpListener) {
    host.telemetry.set_draining();
    report::draining();
    tokio::select! {
        () = accept(listener, connections, host) => {}
        () = sleep(host.config.drain_notice_seconds.duration()) => {}
    }
}

/// Binds everything before it says anything.
async fn start(host: &Arc<Host>) -> io::Result<TcpListener> {
    let at = host.config.listen.value().copied();
    let listener = bind(at.unwrap_or(([127, 0, 0, 1], 0).into())).await?;
    let endpoints = match host.config.metrics_addr.value() {
        Some(&at) => Some(bind(at).await?),
        None => None,
    };
    tokio::spawn(Arc::clone(&host.telemetry).tick());
    report::listening("tcp", &listener.local_addr()?);
    if let Some(endpoints) = endpoints {
        report::serving_metrics(endpoints.local_addr()?);
        tokio::spawn(http::serve(endpoints, Arc::clone(&host.telemetry)));
    }
    Ok(listener)
}

async fn bind(at: SocketAddr) -> io::Result<TcpListener> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{at}: {error}"));
    TcpListener::bind(at).await.map_err(named)
}

/// A failed accept is the peer's loss or a shortage of descriptors: it passes.
async fn accept(listener: &TcpListener, connections: &TaskTracker, host: &Arc<Host>) {
    const SHORTAGE: Duration = Duration::from_millis(50);
    loop {
        match listener.accept().await {
            // How a connection broke off is the peer's matter; what it was about has been reported.
            Ok((socket, from)) => {
                let peer = host.names.peer(Some(from.ip()));
                let served = connection::serve(socket, Arc::clone(host), peer);
                drop(connections.spawn(async { served.await.ok() }));
            }
            Err(_) => sleep(SHORTAGE).await,
        }
    }
}
