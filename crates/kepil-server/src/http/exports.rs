//! The service API: a service takes many people's data at once, by a permit of two officers. Clause 3.4g.

use axum::{Json, Router, extract::State, response::Response, routing::post};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{
    batches::PersonReply,
    oidc::ServiceCaller,
    problem::{HttpError, ProblemReply},
    read_body, unkept,
};
use crate::{
    App,
    actions::{
        ActionError,
        export::{self, ExportAsk, PEOPLE_MAX},
    },
};

/// `POST /v1/exports`.
pub fn router() -> Router<App> {
    Router::new().route("/v1/exports", post(take))
}

/// This part of the service API, described; `reads` merges it.
#[derive(OpenApi)]
#[openapi(paths(take))]
pub struct Description;

/// What a service asks for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ExportQuery {
    /// What names the permit, as the officers' console shows it.
    permit: String,
    /// `next` of the answer before; left out from the beginning.
    #[serde(default)]
    after: Option<String>,
    /// People in the answer, at most.
    #[serde(default)]
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 256)]
    most: Option<serde_json::Number>,
}

/// What a service gets.
#[derive(Serialize, ToSchema)]
struct ExportReply {
    /// Of people who use the service, what the gate granted of the fields that the permit names.
    people: Vec<PersonReply>,
    /// Where to go on; absent when everybody was looked through.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// About how many people the permit may still be used.
    left: u32,
}

/// `POST /v1/exports`: the next people who use the service, by a permit that one officer asked for and another confirmed. Each
/// person has an entry that names it.
#[utoipa::path(
    post,
    path = "/v1/exports",
    request_body = ExportQuery,
    responses(
        (status = 200, description = "people, and where to go on", body = ExportReply),
        (status = 400, description = "the body is not as described", body = ProblemReply, content_type = "application/problem+json"),
        (status = 401, description = "no valid access token of a service", body = ProblemReply, content_type = "application/problem+json"),
        (status = 403, description = "no permit that holds: unknown, not confirmed, of another service, used up or over", body = ProblemReply, content_type = "application/problem+json"),
        (status = 429, description = "the permit is used at the same moment: try again", body = ProblemReply, content_type = "application/problem+json"),
        (status = 503, description = "the ledger or a database does not answer: try again", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("service_token" = [])),
)]
async fn take(State(app): State<App>, caller: ServiceCaller, body: axum::body::Bytes) -> Response {
    match answer(&app, caller, &body).await {
        Ok(reply) => unkept(Json(reply)),
        Err(error) => HttpError::from(error).into_json(),
    }
}

async fn answer(app: &App, caller: ServiceCaller, body: &[u8]) -> Result<ExportReply, ActionError> {
    let query: ExportQuery = read_body(body)?;
    let ServiceCaller { edition, service } = caller;
    let most = query.most.as_ref().map_or(Some(PEOPLE_MAX), whole).ok_or(ActionError::Input("most"))?;
    let asked = ExportAsk { edition: edition.clone(), service, permit: query.permit, after: query.after, most };
    let exported = export::take(app, asked).await?;
    let people = exported.people.into_iter();
    let people = people.map(|(sub, answer)| PersonReply::new(&edition.policy, sub.as_str().to_owned(), answer));
    Ok(ExportReply { people: people.collect(), next: exported.next, left: exported.left })
}

/// A whole number, which JSON may also write with a point.
fn whole(number: &serde_json::Number) -> Option<u32> {
    let number = number.as_f64().filter(|number| number.fract() == 0.0)?;
    format!("{number:.0}").parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_service_is_told_what_its_client_is_tested_by() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/vectors");
        let text = std::fs::read_to_string(folder.join("export.json")).unwrap();
        let vector: Value = serde_json::from_str(&text).unwrap();
        assert!(serde_json::from_value::<ExportQuery>(vector["request"]["body"].clone()).is_ok());
        let next = Some("Abcdefghijklmnopqrstuvwxyz01234-".to_owned());
        let reply = ExportReply { people: Vec::new(), next, left: 40 };
        assert_eq!(json!({ "status": 200, "body": reply }), vector["answer"]);
    }
}
