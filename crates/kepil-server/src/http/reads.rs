//! The service API: a service reads fields of a person, or ends their agreement. No id of a person in an address.

use std::collections::BTreeMap;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use kepil_domain::{Sub, gate::Refusal, vault::OpenedField};
use kepil_policy::Policy;
use serde::{Deserialize, Serialize};

use super::{
    oidc::ServiceCaller,
    problem::{HttpError, ProblemReply, as_problem},
};
use crate::{
    App,
    actions::{
        ActionError, end_agreement,
        read_fields::{ReadAsk, Withheld, read_fields},
    },
};

/// Fields in one request, at most.
const FIELDS_MAX: usize = 64;

/// `POST /v1/reads` and `POST /v1/agreements/end`.
pub fn router() -> Router<App> {
    Router::new().route("/v1/reads", post(read)).route("/v1/agreements/end", post(end))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadQuery {
    sub: String,
    purpose: String,
    #[serde(default)]
    fields: Vec<String>,
}

/// What a service is told. The only place where opened values are written out for a service.
#[derive(Serialize)]
struct ReadReply {
    fields: BTreeMap<String, FieldReply>,
    withheld: Vec<WithheldReply>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
}

#[derive(Serialize)]
struct FieldReply {
    value: String,
    source: &'static str,
    assurance: &'static str,
}

/// A field that was not granted. Code and clause say why only where the policy alone does.
#[derive(Serialize)]
struct WithheldReply {
    field: String,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    clause: Option<&'static str>,
}

/// The problem document of a read of which nothing was granted.
#[derive(Serialize)]
struct NothingReply {
    #[serde(flatten)]
    problem: ProblemReply,
    withheld: Vec<WithheldReply>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EndQuery {
    sub: String,
}

/// `POST /v1/reads`: 200 with the granted fields and those withheld; 403 when nothing is granted, the same for unknown,
/// blocked and not consented, and for a purpose that the service does not have.
async fn read(State(app): State<App>, caller: ServiceCaller, body: axum::body::Bytes) -> Response {
    match answer(&app, caller, &body).await {
        Ok(reply) => reply,
        Err(error) => error.into_json(),
    }
}

async fn answer(app: &App, caller: ServiceCaller, body: &[u8]) -> Result<Response, HttpError> {
    let query: ReadQuery = serde_json::from_slice(body).map_err(|_| ActionError::Input("body"))?;
    if query.fields.len() > FIELDS_MAX {
        return Err(ActionError::Input("fields").into());
    }
    let sub = Sub::parse(&query.sub).ok_or(ActionError::Input("sub"))?;
    let answer =
        read_fields(app, ReadAsk { service: caller.service, sub, purpose: query.purpose, fields: query.fields })
            .await?;
    let withheld = answer.withheld.into_iter().map(withheld).collect();
    let Some(opened) = answer.opened else {
        let problem = HttpError::Withheld.problem();
        return Ok(as_problem(StatusCode::FORBIDDEN, Json(NothingReply { problem, withheld })));
    };
    let fields = opened.fields.iter().filter_map(|field| reply(&answer.edition.policy, field)).collect();
    let reply = ReadReply { fields, withheld, receipt: Some(opened.receipt.event().to_string()) };
    let mut answer = Json(reply).into_response();
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

fn withheld(one: Withheld) -> WithheldReply {
    WithheldReply {
        field: one.field,
        code: one.reason.map_or("withheld", Refusal::word),
        clause: one.reason.map(Refusal::clause),
    }
}

fn reply(policy: &Policy, opened: &OpenedField) -> Option<(String, FieldReply)> {
    let field = policy.field(opened.field)?;
    let value = opened.value.reveal().clone();
    let assurance = crate::oidc::assurance(field);
    Some((field.name.clone(), FieldReply { value, source: opened.provenance.word(), assurance }))
}

/// `POST /v1/agreements/end`: the service ends the agreement with a person; after the answer nothing opens for it.
async fn end(State(app): State<App>, caller: ServiceCaller, body: axum::body::Bytes) -> Response {
    let ended = async {
        let query: EndQuery = serde_json::from_slice(&body).map_err(|_| ActionError::Input("body"))?;
        let sub = Sub::parse(&query.sub).ok_or(ActionError::Input("sub"))?;
        end_agreement::end_agreement(&app, caller.service, &sub).await
    };
    match ended.await {
        Ok(()) => Json(serde_json::json!({ "ended": true })).into_response(),
        Err(error) => HttpError::from(error).into_json(),
    }
}
