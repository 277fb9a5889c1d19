//! `/userinfo`: what a client is told about the person of its access token. RFC 6750, 9449, OpenID Connect Core (5.3).

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{caller::Sent, fault};
use crate::{
    App,
    actions::{
        client_auth::find_client,
        userinfo::{self, ToldAll},
    },
    http::{posted::Posted, problem::HttpError},
    oidc::{
        OauthError, Typ,
        claims::{EMAIL_VERIFIED, Shape},
    },
};

/// `GET /userinfo`; the token comes in the header.
pub async fn userinfo(State(app): State<App>, method: Method, headers: HeaderMap) -> Response {
    answer(&app, &method, Sent::of(&headers)).await
}

/// `POST /userinfo`; the token comes in the header or in the form, not in both.
pub async fn userinfo_posted(
    State(app): State<App>,
    method: Method,
    headers: HeaderMap,
    posted: Result<Posted, HttpError>,
) -> Response {
    let form = posted.ok();
    let sent = match (Sent::of(&headers), form.as_ref().and_then(|form| form.find("access_token"))) {
        (Some(Sent { token: None, proof }), Some(token)) => Some(Sent { token: Some(token), proof }),
        (Some(sent), None) => Some(sent),
        _ => None,
    };
    answer(&app, &method, sent).await
}

async fn answer(app: &App, method: &Method, sent: Option<Sent<'_>>) -> Response {
    let Some(sent) = sent.filter(|sent| sent.token.is_some()) else {
        let mut answer = HttpError::Unauthorised.into_json();
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return answer;
    };
    let told = async {
        let told = userinfo::userinfo(app, sent.shown((method.as_str(), "/userinfo"))).await?;
        signed(app, told).await
    };
    told.await.map_or_else(fault::refused, fault::unkept)
}

/// The claims, signed when the client wants them so.
async fn signed(app: &App, told: ToldAll) -> Result<Response, OauthError> {
    let client = find_client(app, &told.client_id).await?;
    let alg = client.and_then(|client| client.metadata.userinfo_signed_response_alg);
    let (client_id, mut claims) = (told.client_id.clone(), reply(told));
    let Some(alg) = alg else { return Ok(Json(claims).into_response()) };
    claims.insert("iss".to_owned(), json!(app.config.issuer));
    claims.insert("aud".to_owned(), json!(client_id));
    let token = app.signing.sign(alg, Typ::Id, &claims, app.now().unix_s())?;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/jwt"))], token).into_response())
}

/// The claims as JSON. Here opened values are written out for a client.
fn reply(told: ToldAll) -> Map<String, Value> {
    let mut reply = Map::new();
    let mut assurance = Map::new();
    for claim in &told.claims {
        let text = claim.opened.value.reveal();
        let value = match claim.shape {
            Shape::Boolean => Value::Bool(text == "true"),
            Shape::Address => json!({ "formatted": text }),
            Shape::List => serde_json::from_str(text).unwrap_or_default(),
            Shape::Text => Value::String(text.clone()),
        };
        if claim.name == "email" {
            reply.insert(EMAIL_VERIFIED.to_owned(), Value::Bool(claim.assurance == "channel_confirmed"));
        }
        reply.insert(claim.name.clone(), value);
        assurance.insert(claim.name.clone(), Value::String(claim.assurance.to_owned()));
    }
    reply.insert("sub".to_owned(), Value::String(told.sub));
    if let Some(act) = told.act {
        reply.insert("act".to_owned(), json!({ "sub": act }));
    }
    reply.insert("assurance".to_owned(), Value::Object(assurance));
    reply
}
