//! The gateway's life: it binds, serves each connection in a task until a signal asks to stop, and drains.

use crate::telemetry::Telemetry;
use crate::{connection, http, report};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{signal, SignalKind};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

#[derive(clap::Args)]
pub struct Options {
    /// Where to listen; with port 0 the system chooses one
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0")]
    listen: SocketAddr,

    /// Where to serve /healthz, /readyz, /metrics and /version; nowhere if not given
    #[arg(long, value_name = "ADDR:PORT")]
    metrics_addr: Option<SocketAddr>,

    /// Seconds that open connections have to finish in after SIGINT or SIGTERM
    #[arg(long, value_name = "N", default_value_t = 5)]
    drain_seconds: u64,

    /// Bytes of the largest object that is held and verified
    #[arg(long, value_name = "N", default_value_t = 64 << 20)]
    max_object_bytes: usize,
}

/// Serves connections until SIGINT or SIGTERM, and those still open then until they close or their time is up.
///
/// # Errors
/// Where an address can't be bound, or signals can't be heard.
pub async fn run(options: &Options) -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let (listener, telemetry) = start(options).await?;
    let connections = TaskTracker::new();
    tokio::select! {
        () = accept(&listener, &connections, &telemetry, options.max_object_bytes) => {}
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    // First, so that nobody is sent here who is then turned away.
    telemetry.set_draining();
    drop(listener);
    connections.close();
    let _ = timeout(Duration::from_secs(options.drain_seconds), connections.wait()).await;
    Ok(())
}

/// Binds everything before it says anything.
async fn start(options: &Options) -> io::Result<(TcpListener, Arc<Telemetry>)> {
    let listener = bind(options.listen).await?;
    let endpoints = match options.metrics_addr {
        Some(at) => Some(bind(at).await?),
        None => None,
    };
    let telemetry = Arc::new(Telemetry::default());
    tokio::spawn(Arc::clone(&telemetry).tick());
    report::listening(listener.local_addr()?);
    if let Some(endpoints) = endpoints {
        report::serving_metrics(endpoints.local_addr()?);
        tokio::spawn(http::serve(endpoints, Arc::clone(&telemetry)));
    }
    Ok((listener, telemetry))
}

async fn bind(at: SocketAddr) -> io::Result<TcpListener> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{at}: {error}"));
    TcpListener::bind(at).await.map_err(named)
}

/// A failed accept is the peer's loss or a shortage of descriptors: it passes.
async fn accept(
    listener: &TcpListener,
    connections: &TaskTracker,
    telemetry: &Arc<Telemetry>,
    max_object_bytes: usize,
) {
    const SHORTAGE: Duration = Duration::from_millis(50);
    loop {
        match listener.accept().await {
            // How a connection broke off is the peer's matter; what it was about has been reported.
            Ok((socket, _)) => {
                let served = connection::serve(socket, Arc::clone(telemetry), max_object_bytes);
                drop(connections.spawn(async { served.await.ok() }));
            }
            Err(_) => tokio::time::sleep(SHORTAGE).await,
        }
    }
}
