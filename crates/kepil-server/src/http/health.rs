//! Whether the server is alive and ready, for whoever runs it.

use axum::{Router, extract::State, http::StatusCode, routing::get};

use crate::App;

/// `GET /healthz` and `/readyz`.
pub fn router() -> Router<App> {
    Router::new().route("/healthz", get(|| async { "alive\n" })).route("/readyz", get(ready))
}

/// 200 when an edition is in force, 503 before.
async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    match app.policy() {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "no edition is in force\n"),
    }
}
