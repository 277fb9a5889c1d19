//! The service API: a service reads fields of a person, or ends their agreement. No id of a person in an address.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use kepil_domain::{Sub, gate::Refusal, vault::OpenedField};
use kepil_policy::Policy;
use serde::{Deserialize, Serialize};
use utoipa::{
    Modify, OpenApi, ToSchema,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};

use super::{
    oidc::ServiceCaller,
    problem::{HttpError, ProblemReply, as_problem},
    read_body, unkept,
};
use crate::{
    App,
    actions::{
        ActionError, end_agreement,
        read_fields::{ReadAsk, Withheld, read_fields},
    },
};

#[cfg(test)]
mod tests;

/// Fields in one request, at most.
pub(super) const FIELDS_MAX: usize = 64;

/// `POST /v1/reads`, `POST /v1/agreements/end`, `POST /v1/age` and `GET /v1/openapi.json`, which describes them.
pub fn router() -> Router<App> {
    Router::new()
        .route("/v1/reads", post(read))
        .route("/v1/agreements/end", post(end))
        .route("/v1/age", post(super::ages::check))
        .route("/v1/openapi.json", get(|| async { Json(description()) }))
}

/// The whole service API, described.
fn description() -> utoipa::openapi::OpenApi {
    let mut whole = Description::openapi();
    whole.merge(super::batches::Description::openapi());
    whole.merge(super::exports::Description::openapi());
    whole.merge(super::inquiries::Description::openapi());
    whole.merge(super::profiles::Description::openapi());
    whole.merge(super::contents::Description::openapi());
    whole
}

/// The service API, described.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Kepil, the service API",
        description = "A service reads fields of a person for one of its purposes, asks the person for what is given on \
                       request, shows what people show of themselves, or ends its agreement with a person. It proves itself by an access token of its own: grant `client_credentials` at the token endpoint.",
        license(name = "MIT OR Apache-2.0"),
    ),
    paths(read, end, super::ages::check),
    modifiers(&Token),
)]
struct Description;

struct Token;

impl Modify for Token {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let bearer = Http::builder().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("service_token", SecurityScheme::Http(bearer));
    }
}

/// What a service asks for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReadQuery {
    /// The service's id for the person, as in the ID token.
    #[schema(pattern = "^[A-Za-z0-9_-]{32}$")]
    sub: String,
    /// Name of a purpose of the service, as in the policy.
    purpose: String,
    /// Names of fields; all of the purpose when left out.
    #[serde(default)]
    #[schema(max_items = 64)]
    fields: Vec<String>,
}

/// What a service is told. The only place where opened values are written out for a service.
#[derive(Serialize, ToSchema)]
struct ReadReply {
    /// The values, by name of the field; a granted field that the person never gave is absent.
    fields: BTreeMap<String, FieldReply>,
    /// What was not granted.
    withheld: Vec<WithheldReply>,
    /// The event's id in the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
}

/// One value.
#[derive(Serialize, ToSchema)]
pub(super) struct FieldReply {
    /// The value, in the canonical form of its kind.
    pub value: String,
    /// How it came to be known: `form`, `edit`, `own`, `request` or `import`.
    pub source: &'static str,
    /// How well it is known, such as `self_asserted`.
    pub assurance: &'static str,
}

/// A field that was not granted. Code and clause say why only where the policy alone does.
#[derive(Serialize, ToSchema)]
pub(super) struct WithheldReply {
    pub field: String,
    pub code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<&'static str>,
}

/// The problem document of a read of which nothing was granted.
#[derive(Serialize, ToSchema)]
struct NothingReply {
    #[serde(flatten)]
    problem: ProblemReply,
    withheld: Vec<WithheldReply>,
}

/// Whose agreement ends.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct EndQuery {
    /// The service's id for the person.
    #[schema(pattern = "^[A-Za-z0-9_-]{32}$")]
    sub: String,
}

/// The agreement has ended.
#[derive(Serialize, ToSchema)]
struct EndedReply {
    ended: bool,
}

/// `POST /v1/reads`: 200 with the granted fields and those withheld; 403 when nothing is granted, the same for unknown,
/// blocked and not consented, and for a purpose that the service does not have.
#[utoipa::path(
    post,
    path = "/v1/reads",
    request_body = ReadQuery,
    responses(
        (status = 200, description = "at least one field is granted", body = ReadReply),
        (status = 400, description = "the body is not as described", body = ProblemReply, content_type = "application/problem+json"),
        (status = 401, description = "no valid access token of a service", body = ProblemReply, content_type = "application/problem+json"),
        (status = 403, description = "nothing is granted", body = NothingReply, content_type = "application/problem+json"),
        (status = 429, description = "the service asked about as many different people as it may", body = ProblemReply, content_type = "application/problem+json"),
        (status = 503, description = "the ledger or a database does not answer: try again", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("service_token" = [])),
)]
async fn read(State(app): State<App>, caller: ServiceCaller, body: axum::body::Bytes) -> Response {
    match answer(&app, caller, &body).await {
        Ok(reply) => reply,
        Err(error) => error.into_json(),
    }
}

async fn answer(app: &App, caller: ServiceCaller, body: &[u8]) -> Result<Response, HttpError> {
    let query: ReadQuery = read_body(body)?;
    if query.fields.len() > FIELDS_MAX {
        return Err(ActionError::Input("fields").into());
    }
    let sub = Sub::parse(&query.sub).ok_or(ActionError::Input("sub"))?;
    let ServiceCaller { edition, service } = caller;
    let asked = ReadAsk { edition: Arc::clone(&edition), service, sub, purpose: query.purpose, fields: query.fields };
    let answer = match read_fields(app, asked).await {
        Err(refused @ ActionError::Refused(_)) => {
            let problem = HttpError::from(refused).problem();
            return Ok(as_problem(StatusCode::FORBIDDEN, Json(NothingReply { problem, withheld: Vec::new() })));
        }
        answered => answered?,
    };
    let withheld = answer.withheld.into_iter().map(withheld).collect();
    let Some(opened) = answer.opened else {
        let problem = HttpError::Withheld.problem();
        return Ok(as_problem(StatusCode::FORBIDDEN, Json(NothingReply { problem, withheld })));
    };
    let fields = opened.fields.iter().filter_map(|field| reply(&edition.policy, field)).collect();
    let reply = ReadReply { fields, withheld, receipt: Some(opened.receipt.event().to_string()) };
    Ok(unkept(Json(reply)))
}

pub(super) fn withheld(one: Withheld) -> WithheldReply {
    WithheldReply {
        field: one.field,
        code: one.reason.map_or("withheld", Refusal::word),
        clause: one.reason.map(Refusal::clause),
    }
}

pub(super) fn reply(policy: &Policy, opened: &OpenedField) -> Option<(String, FieldReply)> {
    let field = policy.field(opened.field)?;
    let value = opened.value.reveal().clone();
    let assurance = crate::oidc::assurance(field, opened.provenance);
    Some((field.name.clone(), FieldReply { value, source: opened.provenance.word(), assurance }))
}

/// `POST /v1/agreements/end`: the service ends the agreement with a person; after the answer nothing opens for it.
#[utoipa::path(
    post,
    path = "/v1/agreements/end",
    request_body = EndQuery,
    responses(
        (status = 200, description = "ended, or there was none", body = EndedReply),
        (status = 400, description = "the body is not as described", body = ProblemReply, content_type = "application/problem+json"),
        (status = 401, description = "no valid access token of a service", body = ProblemReply, content_type = "application/problem+json"),
        (status = 503, description = "a database does not answer: try again", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("service_token" = [])),
)]
async fn end(State(app): State<App>, caller: ServiceCaller, body: axum::body::Bytes) -> Response {
    let ended = async {
        let query: EndQuery = read_body(&body)?;
        let sub = Sub::parse(&query.sub).ok_or(ActionError::Input("sub"))?;
        end_agreement::end_agreement(&app, &caller.edition, caller.service, &sub).await
    };
    match ended.await {
        Ok(()) => Json(EndedReply { ended: true }).into_response(),
        Err(error) => HttpError::from(error).into_json(),
    }
}
