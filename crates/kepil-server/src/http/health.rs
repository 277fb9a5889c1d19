//! Whether the server is alive and ready, and what it counted: for whoever runs it, on an address of its own.

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
    routing::get,
};

use crate::App;

/// `GET /healthz`, `/readyz` and `/metrics`.
pub fn router(app: App) -> Router {
    let alive = get(|| async { "alive\n" });
    Router::new().route("/healthz", alive).route("/readyz", get(ready)).route("/metrics", get(metrics)).with_state(app)
}

/// 200 when an edition is in force, 503 before.
async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    match app.policy() {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "no edition is in force\n"),
    }
}

async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], app.metrics.text())
}
