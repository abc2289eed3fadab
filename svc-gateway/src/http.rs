//! What operators and Prometheus ask the gateway, over HTTP.

use crate::listener::ACCEPT_RETRY_DELAY;
use crate::status::Status;
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
const MAX_CLIENTS: usize = 256;

/// How long a client may take to ask.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// Answers as long as the process lives.
pub async fn serve(listener: TcpListener, status: Arc<Status>) {
    let endpoints = Router::new()
        .route("/healthz", get("ok"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/version", get(version))
        .with_state(status);
    let service = TowerToHyperService::new(endpoints);
    let places = Arc::new(Semaphore::new(MAX_CLIENTS));
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let Ok((socket, _)) = listener.accept().await else {
            sleep(ACCEPT_RETRY_DELAY).await;
            continue;
        };
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(REQUEST_TIMEOUT);
        let answered = http.serve_connection(TokioIo::new(socket), service.clone());
        tokio::spawn(async move {
            // How it broke off is the client's matter.
            let _ = answered.await;
            drop(place);
        });
    }
}

async fn readyz(State(status): State<Arc<Status>>) -> impl IntoResponse {
    let readiness = status.readiness();
    let code = StatusCode::from_u16(readiness.http_status());
    let retry = [(RETRY_AFTER, readiness.retry_after().to_string())];
    (
        code.unwrap_or(StatusCode::SERVICE_UNAVAILABLE),
        [(CONTENT_TYPE, JSON)],
        (!readiness.is_ready()).then_some(retry),
        readiness.json(),
    )
}

async fn metrics(State(status): State<Arc<Status>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, oap::TEXT_CONTENT_TYPE)], status.page())
}

async fn version() -> impl IntoResponse {
    let (name, version) = (env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    let protocol = oap::VERSION;
    let json = format!(r#"{{"name":"{name}","version":"{version}","protocol":"OAP/{protocol}"}}"#);
    ([(CONTENT_TYPE, JSON)], json)
}
