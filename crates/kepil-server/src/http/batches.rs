//! The service API: a service reads fields of many people for a purpose that allows it. Clause 3.4g.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, Router, extract::State, response::Response, routing::post};
use kepil_domain::Sub;
use kepil_policy::Policy;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{
    oidc::ServiceCaller,
    problem::{HttpError, ProblemReply},
    read_body,
    reads::{FIELDS_MAX, FieldReply, WithheldReply, reply, withheld},
    unkept,
};
use crate::{
    App,
    actions::{
        ActionError,
        read_batch::{BatchAsk, read_batch},
        read_fields::ReadAnswer,
    },
};

/// People in one request, at most: as many as share one append.
const PEOPLE_MAX: usize = 256;

/// `POST /v1/reads/batch`.
pub fn router() -> Router<App> {
    Router::new().route("/v1/reads/batch", post(read))
}

/// This part of the service API, described; `reads` merges it.
#[derive(OpenApi)]
#[openapi(paths(read))]
pub struct Description;

/// What a service asks for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct BatchQuery {
    /// The service's ids for people, as in the ID token.
    #[schema(min_items = 1, max_items = 256)]
    subs: Vec<String>,
    /// Name of a purpose of the service that the policy lets it follow in batches.
    purpose: String,
    /// Names of fields; all of the purpose when left out.
    #[serde(default)]
    #[schema(max_items = 64)]
    fields: Vec<String>,
}

/// What a service is told.
#[derive(Serialize, ToSchema)]
struct BatchReply {
    /// One for each id, in the order of the request.
    people: Vec<PersonReply>,
}

/// What a service is told of one person: as `POST /v1/reads` would.
#[derive(Serialize, ToSchema)]
pub(super) struct PersonReply {
    /// The service's id for the person.
    sub: String,
    /// Whether at least one field is granted; never why not.
    granted: bool,
    /// The values, by name of the field; a granted field that the person never gave is absent.
    fields: BTreeMap<String, FieldReply>,
    /// What was not granted.
    withheld: Vec<WithheldReply>,
    /// The event's id in the ledger, where something is granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<String>,
}

impl PersonReply {
    /// What the service that knows the person as `sub` is told.
    pub fn new(policy: &Policy, sub: String, answer: ReadAnswer) -> Self {
        let opened = answer.opened.as_ref();
        let fields = opened.into_iter().flat_map(|opened| &opened.fields);
        Self {
            sub,
            granted: opened.is_some(),
            fields: fields.filter_map(|field| reply(policy, field)).collect(),
            withheld: answer.withheld.into_iter().map(withheld).collect(),
            receipt: answer.opened.as_ref().map(|opened| opened.receipt.event().to_string()),
        }
    }
}

/// `POST /v1/reads/batch`: reads many people for one purpose, within the quota that the policy gives it. Each person has an
/// entry of their own; people who were read before in the same window cost nothing more.
#[utoipa::path(
    post,
    path = "/v1/reads/batch",
    request_body = BatchQuery,
    responses(
        (status = 200, description = "one answer a person, in the order of the request", body = BatchReply),
        (status = 400, description = "the body is not as described", body = ProblemReply, content_type = "application/problem+json"),
        (status = 401, description = "no valid access token of a service", body = ProblemReply, content_type = "application/problem+json"),
        (status = 403, description = "the purpose is not followed in batches, or there is none", body = ProblemReply, content_type = "application/problem+json"),
        (status = 429, description = "the quota of the purpose is not enough for all of them; nobody was read", body = ProblemReply, content_type = "application/problem+json"),
        (status = 503, description = "the ledger or a database does not answer: try again", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("service_token" = [])),
)]
async fn read(State(app): State<App>, caller: ServiceCaller, body: axum::body::Bytes) -> Response {
    match answer(&app, caller, &body).await {
        Ok(reply) => unkept(Json(reply)),
        Err(error) => HttpError::from(error).into_json(),
    }
}

async fn answer(app: &App, caller: ServiceCaller, body: &[u8]) -> Result<BatchReply, ActionError> {
    let query: BatchQuery = read_body(body)?;
    if query.fields.len() > FIELDS_MAX {
        return Err(ActionError::Input("fields"));
    }
    if query.subs.is_empty() || query.subs.len() > PEOPLE_MAX {
        return Err(ActionError::Input("subs"));
    }
    // What is no id is the id of nobody.
    let nobody = Sub::parse(&"-".repeat(32)).ok_or(ActionError::Input("subs"))?;
    let subs: Vec<Sub> = query.subs.iter().map(|text| Sub::parse(text).unwrap_or_else(|| nobody.clone())).collect();
    let ServiceCaller { edition, service } = caller;
    let asked = BatchAsk { edition: Arc::clone(&edition), service, subs, purpose: query.purpose, fields: query.fields };
    let answers = read_batch(app, asked).await?;
    let people = query.subs.into_iter().zip(answers);
    Ok(BatchReply { people: people.map(|(sub, answer)| PersonReply::new(&edition.policy, sub, answer)).collect() })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_service_is_told_what_its_client_is_tested_by() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/vectors");
        let text = std::fs::read_to_string(folder.join("read_batch.json")).unwrap();
        let vector: Value = serde_json::from_str(&text).unwrap();
        let query: BatchQuery = serde_json::from_value(vector["request"]["body"].clone()).unwrap();
        let value = FieldReply { value: "guest@example.kz".to_owned(), source: "form", assurance: "channel_confirmed" };
        let none = WithheldReply { field: "email".to_owned(), code: "withheld", clause: None };
        let people = vec![
            PersonReply {
                sub: query.subs[0].clone(),
                granted: true,
                fields: BTreeMap::from([("email".to_owned(), value)]),
                withheld: Vec::new(),
                receipt: Some("000102030405060708090a0b0c0d0e0f".to_owned()),
            },
            PersonReply {
                sub: query.subs[1].clone(),
                granted: false,
                fields: BTreeMap::new(),
                withheld: vec![none],
                receipt: None,
            },
        ];
        assert_eq!(json!({ "status": 200, "body": BatchReply { people } }), vector["answer"]);
    }
}
