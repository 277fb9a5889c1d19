//! `/userinfo`: what a client is told about the person of its access token. RFC 6750, OpenID Connect Core (5.3).

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value};

use super::{caller::bearer, fault};
use crate::{
    App,
    actions::userinfo::{self, ToldAll},
    http::problem::HttpError,
    oidc::claims::EMAIL_VERIFIED,
};

/// `GET` and `POST /userinfo`; the token comes in the header.
pub async fn userinfo(State(app): State<App>, headers: HeaderMap) -> Response {
    let Some(token) = bearer(&headers) else {
        let mut answer = HttpError::Unauthorised.into_json();
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return answer;
    };
    match userinfo::userinfo(&app, token).await {
        Ok(told) => fault::unkept(Json(reply(told)).into_response()),
        Err(error) => fault::answer(error),
    }
}

/// The claims as JSON. Here opened values are written out for a client.
fn reply(told: ToldAll) -> Value {
    let mut reply = Map::new();
    let mut assurance = Map::new();
    for claim in &told.claims {
        let text = claim.opened.value.reveal();
        let value = if claim.is_boolean { Value::Bool(text == "true") } else { Value::String(text.clone()) };
        if claim.name == "email" {
            reply.insert(EMAIL_VERIFIED.to_owned(), Value::Bool(claim.assurance == "channel_confirmed"));
        }
        reply.insert(claim.name.clone(), value);
        assurance.insert(claim.name.clone(), Value::String(claim.assurance.to_owned()));
    }
    reply.insert("sub".to_owned(), Value::String(told.sub));
    reply.insert("assurance".to_owned(), Value::Object(assurance));
    Value::Object(reply)
}
