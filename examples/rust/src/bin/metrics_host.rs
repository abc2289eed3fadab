//! `metrics_host HOST PORT PAGES`: takes streams on PORT, and answers /readyz and /metrics on PAGES. SIGTERM: it drains.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::StatusCode;
use axum::response::{AppendHeaders, IntoResponse};
use axum::{routing::get, Router};
use oap_tokio::oap::{Monitor, TEXT_CONTENT_TYPE};
use oap_tokio::{BoxError, Connection, Options, ServerOptions};
use std::{env, future::IntoFuture, sync::Arc};
use tokio::net::TcpListener;
use tokio::signal::unix::{signal, SignalKind};
use tokio::time::{interval, Duration, Instant};

async fn take(mut connection: Connection) -> Result<(), BoxError> {
    while connection.next().await?.is_some() {}
    Ok(())
}

fn readyz(monitor: &Monitor, now: u64) -> impl IntoResponse {
    let readiness = monitor.readiness(now);
    let status = StatusCode::from_u16(readiness.http_status()).expect("200 or 503");
    let retry = (!readiness.is_ready()).then(|| (RETRY_AFTER, readiness.retry_after()));
    (status, [(CONTENT_TYPE, "application/json")], AppendHeaders(retry), readiness.json())
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [host, port, pages] = &arguments[..] else { return Err("HOST PORT PAGES".into()) };
    let (start, monitor) = (Instant::now(), Arc::new(Monitor::default()));
    let now = move || start.elapsed().as_nanos() as u64;
    let (ready, counts) = (Arc::clone(&monitor), Arc::clone(&monitor));
    let metrics =
        move || async move { ([(CONTENT_TYPE, TEXT_CONTENT_TYPE)], counts.snapshot().text()) };
    let router = Router::new()
        .route("/readyz", get(move || async move { readyz(&ready, now()) }))
        .route("/metrics", get(metrics));
    let pages = TcpListener::bind((host.as_str(), pages.parse()?)).await?;
    tokio::spawn(axum::serve(pages, router).into_future());
    let listener = TcpListener::bind((host.as_str(), port.parse()?)).await?;
    let counted = Options::default().with_monitor(&monitor);
    let server = ServerOptions::default().with_connection(counted).serve(listener, take)?;
    println!("listening on {}", server.local_addr());
    let (mut second, mut terminate) =
        (interval(Duration::from_secs(1)), signal(SignalKind::terminate())?);
    loop {
        tokio::select! {
            _ = second.tick() => monitor.tick(now()),
            _ = terminate.recv() => monitor.set_parser_ready(false), // a balancer sends no more
        }
    }
}
