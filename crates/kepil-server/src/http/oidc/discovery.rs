//! What anyone may know of the provider: its configuration and its public keys.

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};

use crate::{App, http::problem::HttpError, oidc::discovery};

/// `GET /.well-known/openid-configuration`.
pub async fn document(State(app): State<App>) -> Result<Response, HttpError> {
    let document = discovery::document(&app.config.issuer, &app.policy()?.policy);
    Ok(([(header::CACHE_CONTROL, "public, max-age=300")], Json(document)).into_response())
}

/// `GET /jwks`.
pub async fn jwks(State(app): State<App>) -> Response {
    ([(header::CACHE_CONTROL, "public, max-age=3600")], Json(app.signing.jwks())).into_response()
}
