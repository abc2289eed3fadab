//! What operators and Prometheus ask the gateway, over HTTP.

use crate::door::SHORTAGE;
use crate::host::Host;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::sleep;

const JSON: &str = "application/json";

/// Clients that are answered at a time; the others wait.
const MOST: usize = 256;

/// How long a client may take to ask.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers as long as the process lives.
pub async fn serve(listener: TcpListener, host: Arc<Host>) {
    let endpoints = Router::new()
        .route("/healthz", get("ok"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/version", get(version))
        .with_state(host);
    let service = TowerToHyperService::new(endpoints);
    let places = Arc::new(Semaphore::new(MOST));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let Ok((socket, _)) = listener.accept().await else {
            sleep(SHORTAGE).await;
            continue;
        };
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
        let answered = http.serve_connection(TokioIo::new(socket), service.clone());
        tokio::spawn(async move {
            // How it broke off is the client's matter.
            let _ = answered.await;
            drop(place);
        });
    }
}

async fn readyz(State(host): State<Arc<Host>>) -> impl IntoResponse {
    let readiness = host.telemetry.readiness();
    let status = StatusCode::from_u16(readiness.http_status());
    let retry = [(RETRY_AFTER, readiness.retry_after().to_string())];
    (
        status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
        [(CONTENT_TYPE, JSON)],
        (!readiness.is_ready()).then_some(retry),
        readiness.json(),
    )
}

async fn metrics(State(host): State<Arc<Host>>) -> impl IntoResponse {
    let page = host.telemetry.page() + &host.metrics.page(&host);
    ([(CONTENT_TYPE, oap::TEXT_CONTENT_TYPE)], page)
}

async fn version() -> impl IntoResponse {
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let protocol = oap::VERSION;
    let json = format!(r#"{{"name":"{name}","version":"{version}","protocol":"OAP/{protocol}"}}"#);
    ([(CONTENT_TYPE, JSON)], json)
}
