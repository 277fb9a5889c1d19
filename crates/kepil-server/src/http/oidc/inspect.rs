//! `/introspect` and `/revoke`: what a token is worth, and its end. RFC 7662, 7009.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{
    fault,
    token::{needed, of_client},
};
use crate::{
    App,
    actions::inspect::{self, Worth},
    http::{posted::Posted, problem::HttpError},
    oidc::grant::{ActClaim, Confirmation},
};

#[derive(Default, Serialize)]
struct WorthReply {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<ActClaim>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
}

/// `POST /introspect`.
pub async fn introspect(State(app): State<App>, headers: HeaderMap, posted: Result<Posted, HttpError>) -> Response {
    let worth = async {
        let (client, posted) = of_client(&app, &headers, posted).await?;
        inspect::introspect(&app, &client, needed(&posted, "token")?).await
    };
    let reply = match worth.await {
        Ok(Some(Worth { client_id, sub, act, scope, aud, until_s, jkt })) => WorthReply {
            active: true,
            iss: Some(app.config.issuer.clone()),
            sub: Some(sub),
            act: ActClaim::of(act.as_deref()),
            token_type: aud.is_some().then_some(if jkt.is_some() { "DPoP" } else { "Bearer" }),
            aud,
            client_id: Some(client_id),
            scope: Some(scope).filter(|scope| !scope.is_empty()),
            exp: Some(until_s),
            cnf: jkt.map(|jkt| Confirmation { jkt }),
        },
        Ok(None) => WorthReply::default(),
        Err(error) => return fault::answer(error),
    };
    fault::unkept(Json(reply).into_response())
}

/// `POST /revoke`.
pub async fn revoke(State(app): State<App>, headers: HeaderMap, posted: Result<Posted, HttpError>) -> Response {
    let ended = async {
        let (client, posted) = of_client(&app, &headers, posted).await?;
        inspect::revoke(&app, &client, needed(&posted, "token")?).await
    };
    match ended.await {
        Ok(()) => fault::unkept(StatusCode::OK.into_response()),
        Err(error) => fault::answer(error),
    }
}
