//! The listening socket: a task for each connection, until a signal asks to stop.

use crate::{connection, report};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{signal, SignalKind};

/// Serves connections until SIGINT or SIGTERM.
///
/// # Errors
/// Where `listen` can't be bound, or signals can't be heard.
pub async fn run(listen: SocketAddr, max_object_bytes: usize) -> io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind(listen).await.map_err(|error| about(listen, &error))?;
    report::listening(listener.local_addr()?);
    tokio::select! {
        () = accept(&listener, max_object_bytes) => {}
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(())
}

fn about(listen: SocketAddr, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{listen}: {error}"))
}

/// A failed accept is the peer's loss or a shortage of descriptors: it passes.
async fn accept(listener: &TcpListener, max_object_bytes: usize) {
    const SHORTAGE: Duration = Duration::from_millis(50);
    loop {
        match listener.accept().await {
            // How a connection broke off is the peer's matter; what it was about has been reported.
            Ok((socket, _)) => {
                drop(tokio::spawn(
                    async move { connection::serve(socket, max_object_bytes).await.ok() },
                ))
            }
            Err(_) => tokio::time::sleep(SHORTAGE).await,
        }
    }
}
