//! Access without registration: a page that asks for the age, and the service's question whether that holds. Clause 2.4c.
//!
//! The answer goes back in the reader's browser, to an address of the service's own, as a signed statement that names
//! nobody; without it the question of the service is refused.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
    response::Response,
};
use kepil_policy::Service;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    oidc::{ServiceCaller, asker, redirect},
    posted::Posted,
    problem::{HttpError, ProblemReply},
    read_body,
    visitor::Visitor,
};
use crate::{
    App,
    actions::{ActionError, age, client_auth::find_client},
    oidc::{Client, with_query},
    pages::AgeGate,
};

/// What a service sends along.
#[derive(Deserialize)]
pub struct GateQuery {
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    redirect_uri: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    nonce: String,
}

/// Unit: bytes. The longest word of a service that is sent back.
const WORD_MAX: usize = 512;

/// The client, if it is one of `service` and the address is its own: nobody is sent anywhere else.
async fn find(app: &App, service: &str, query: &GateQuery) -> Result<(Arc<Client>, Service), HttpError> {
    let effective = app.policy()?;
    let service = effective.policy.find_service(service).filter(|service| service.min_age > 0);
    let service = service.ok_or(HttpError::NotFound)?;
    let client = find_client(app, &query.client_id).await?;
    let client = client.filter(|client| client.service == service.name && client.returns_to(&query.redirect_uri));
    let fits = query.state.len() <= WORD_MAX && query.nonce.len() <= WORD_MAX;
    client.filter(|_| fits).map(|client| (client, service.clone())).ok_or(HttpError::NotFound)
}

/// `GET /age/{service}`.
pub async fn form(
    State(app): State<App>,
    visitor: Visitor,
    Path(name): Path<String>,
    Query(query): Query<GateQuery>,
) -> Result<Response, HttpError> {
    let (_, service) = find(&app, &name, &query).await?;
    let GateQuery { client_id, redirect_uri, state, nonce } = query;
    let carry = [("client_id", client_id), ("redirect_uri", redirect_uri), ("state", state), ("nonce", nonce)];
    let page = AgeGate {
        asker: asker(&service, visitor.language),
        years: service.min_age,
        post_path: format!("/age/{name}"),
        carry: carry.map(|(name, value)| (name.to_owned(), value)).into(),
    };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// `POST /age/{service}`: back to the service, with a statement or with a refusal. Nothing is written.
pub async fn answer(
    State(app): State<App>,
    visitor: Visitor,
    Path(name): Path<String>,
    posted: Posted,
) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    let text = |name: &str| posted.text(name).to_owned();
    let query = GateQuery {
        client_id: text("client_id"),
        redirect_uri: text("redirect_uri"),
        state: text("state"),
        nonce: text("nonce"),
    };
    let (client, service) = find(&app, &name, &query).await?;
    let nonce = Some(query.nonce.clone()).filter(|nonce| !nonce.is_empty());
    let statement = match posted.text("choice") {
        "yes" => Some(age::state(&app, &client, &service, nonce)?),
        _ => None,
    };
    let mut params = vec![match &statement {
        Some(statement) => ("age_statement", statement.as_str()),
        None => ("error", "access_denied"),
    }];
    if !query.state.is_empty() {
        params.push(("state", &query.state));
    }
    Ok(redirect(&with_query(&query.redirect_uri, &params)))
}

/// A visit without an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AgeQuery {
    /// What came back from `/age/{service}`, if anything.
    #[serde(default)]
    statement: Option<String>,
    /// The word that the service sent along for this visit, if it did.
    #[serde(default)]
    nonce: Option<String>,
}

/// The visit may go on.
#[derive(Serialize, ToSchema)]
pub struct AgeReply {
    /// What the visitor said; 0 where the service has no least age.
    age_at_least: u32,
}

/// `POST /v1/age`: whether a visit without an account passes the least age of the service.
#[utoipa::path(
    post,
    path = "/v1/age",
    request_body = AgeQuery,
    responses(
        (status = 200, description = "the visit passes", body = AgeReply),
        (status = 400, description = "the body is not as described", body = ProblemReply, content_type = "application/problem+json"),
        (status = 401, description = "no valid access token of a service", body = ProblemReply, content_type = "application/problem+json"),
        (status = 403, description = "the age is not confirmed", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("service_token" = [])),
)]
pub async fn check(State(app): State<App>, caller: ServiceCaller, body: axum::body::Bytes) -> Response {
    use axum::response::IntoResponse;
    let passes = || {
        let query: AgeQuery = read_body(&body)?;
        let service = caller.edition.policy.service(caller.service).ok_or(ActionError::Input("service"))?;
        age::check(&app, service, query.statement.as_deref(), query.nonce.as_deref())
    };
    match passes() {
        Ok(age_at_least) => Json(AgeReply { age_at_least }).into_response(),
        Err(error) => HttpError::from(error).into_json(),
    }
}
