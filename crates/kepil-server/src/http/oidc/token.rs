//! `/token`: codes, refresh tokens and clients' own names become tokens. RFC 6749 (5).

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{caller::authenticate, fault};
use crate::{
    App,
    actions::exchange::{self, CodeAsk, Issued},
    http::{posted::Posted, problem::HttpError},
    oidc::{Fault, OauthError, grant::TOKEN_S},
};

#[derive(Serialize)]
struct TokenReply {
    access_token: String,
    token_type: &'static str,
    expires_in: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
}

/// `POST /token`.
pub async fn token(State(app): State<App>, headers: HeaderMap, posted: Result<Posted, HttpError>) -> Response {
    let Ok(posted) = posted else { return fault::answer(Fault::InvalidRequest("the body is not a form").into()) };
    match exchange(&app, &headers, &posted).await {
        Ok(issued) => {
            let reply = TokenReply {
                access_token: issued.access_token,
                token_type: "Bearer",
                expires_in: TOKEN_S,
                id_token: issued.id_token,
                refresh_token: issued.refresh_token,
                scope: issued.scope,
            };
            let mut answer = Json(reply).into_response();
            answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            answer
        }
        Err(error) => fault::answer(error),
    }
}

async fn exchange(app: &App, headers: &HeaderMap, posted: &Posted) -> Result<Issued, OauthError> {
    for name in
        ["grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "client_id", "client_secret", "scope"]
    {
        if posted.list(name).len() > 1 {
            return Err(Fault::InvalidRequest("a parameter was sent twice").into());
        }
    }
    let client = authenticate(app, headers, posted).await?;
    let needed = |name: &str| posted.find(name).ok_or(Fault::InvalidRequest("a parameter is missing"));
    match needed("grant_type")? {
        "authorization_code" => {
            let (code, redirect_uri) = (needed("code")?, needed("redirect_uri")?);
            exchange::by_code(app, &client, CodeAsk { code, redirect_uri, verifier: posted.find("code_verifier") })
                .await
        }
        "refresh_token" => exchange::by_refresh(app, &client, needed("refresh_token")?, posted.find("scope")).await,
        "client_credentials" => exchange::for_service(app, &client),
        _ => Err(Fault::UnsupportedGrantType.into()),
    }
}
