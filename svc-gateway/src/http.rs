//! What operators and Prometheus ask the gateway, over HTTP.

use crate::host::Host;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::Router;
use std::sync::Arc;
use tokio::net::TcpListener;

const JSON: &str = "application/json";

/// Answers as long as the process lives.
pub async fn serve(listener: TcpListener, host: Arc<Host>) {
    let endpoints = Router::new()
        .route("/healthz", get("ok"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .route("/version", get(version))
        .with_state(host);
    // It has no end and no error, its type notwithstanding.
    let _ = axum::serve(listener, endpoints).await;
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
