//! The service API: a service asks a person for what is given on request only. Clause 2.1.1c.

use axum::{Json, Router, extract::State, http::StatusCode, response::Response, routing::post};
use kepil_domain::Sub;
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::{
    oidc::ServiceCaller,
    problem::{HttpError, ProblemReply},
    read_body, unkept,
};
use crate::{
    App,
    actions::{
        ActionError,
        inquire::{self, Answer, Wish, inquire},
    },
};

/// `POST /v1/inquiries` and `POST /v1/inquiries/state`.
pub fn router() -> Router<App> {
    Router::new().route("/v1/inquiries", post(ask)).route("/v1/inquiries/state", post(state))
}

/// This part of the service API, described; `reads` merges it.
#[derive(OpenApi)]
#[openapi(paths(ask, state))]
pub struct Description;

/// What a service asks a person for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct InquiryQuery {
    /// The service's id for the person, as in the ID token.
    #[schema(pattern = "^[A-Za-z0-9_-]{32}$")]
    sub: String,
    /// Name of a purpose of the service, as in the policy.
    purpose: String,
    /// Names of fields that the policy gives on request.
    #[schema(min_items = 1, max_items = 16)]
    fields: Vec<String>,
    /// What the service calls the agreement for which it needs them, such as the number of an order. The person reads it.
    #[schema(min_length = 1, max_length = 64)]
    agreement_id: String,
}

/// An inquiry that is kept.
#[derive(Serialize, ToSchema)]
struct InquiryReply {
    /// For asking how far it is; keep it secret.
    inquiry: String,
    /// Where the person answers: show it to them as a link.
    answer_url: String,
    /// How far it is.
    answer: Answer,
}

/// Which inquiry.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StateQuery {
    /// As the inquiry was answered with.
    inquiry: String,
}

/// How far it is.
#[derive(Serialize, ToSchema)]
struct StateReply {
    answer: Answer,
}

/// `POST /v1/inquiries`: asks. The same asked twice is one inquiry; about an unknown person the answer is alike.
#[utoipa::path(
    post,
    path = "/v1/inquiries",
    request_body = InquiryQuery,
    responses(
        (status = 202, description = "kept, or it was kept before", body = InquiryReply),
        (status = 400, description = "the body is not as described", body = ProblemReply, content_type = "application/problem+json"),
        (status = 401, description = "no valid access token of a service", body = ProblemReply, content_type = "application/problem+json"),
        (status = 403, description = "the purpose does not give such a field on request, or not about whom was asked: a legal entity has no field of a person", body = ProblemReply, content_type = "application/problem+json"),
        (status = 410, description = "the same was asked before and its time is over: ask for another agreement", body = ProblemReply, content_type = "application/problem+json"),
        (status = 429, description = "too many about one person, or about too many people", body = ProblemReply, content_type = "application/problem+json"),
        (status = 503, description = "a database does not answer: try again", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("service_token" = [])),
)]
async fn ask(State(app): State<App>, caller: ServiceCaller, body: axum::body::Bytes) -> Response {
    let inquired = async {
        let query: InquiryQuery = read_body(&body)?;
        let sub = Sub::parse(&query.sub).ok_or(ActionError::Input("sub"))?;
        if query.fields.len() > 16 {
            return Err(ActionError::Input("fields"));
        }
        let wish = Wish { sub, purpose: query.purpose, fields: query.fields, agreement: query.agreement_id };
        inquire(&app, &caller.edition, caller.service, wish).await
    };
    match inquired.await {
        Ok(kept) => {
            let answer_url = format!("{}{}", app.config.issuer, kept.path);
            let reply = InquiryReply { inquiry: kept.token, answer_url, answer: kept.answer };
            unkept((StatusCode::ACCEPTED, Json(reply)))
        }
        Err(error) => HttpError::from(error).into_json(),
    }
}

/// `POST /v1/inquiries/state`: how far an inquiry of the service is.
#[utoipa::path(
    post,
    path = "/v1/inquiries/state",
    request_body = StateQuery,
    responses(
        (status = 200, description = "how far it is; `ended` for one that is not the service's too", body = StateReply),
        (status = 400, description = "the body is not as described", body = ProblemReply, content_type = "application/problem+json"),
        (status = 401, description = "no valid access token of a service", body = ProblemReply, content_type = "application/problem+json"),
        (status = 503, description = "a database does not answer: try again", body = ProblemReply, content_type = "application/problem+json"),
    ),
    security(("service_token" = [])),
)]
async fn state(State(app): State<App>, caller: ServiceCaller, body: axum::body::Bytes) -> Response {
    let found = async {
        let query: StateQuery = read_body(&body)?;
        inquire::find(&app, &caller.edition, caller.service, &query.inquiry).await
    };
    match found.await {
        Ok(answer) => unkept(Json(StateReply { answer })),
        Err(error) => HttpError::from(error).into_json(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_service_is_told_what_its_client_is_tested_by() {
        let vector = |name: &str| -> Value {
            let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/vectors");
            serde_json::from_str(&std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap()).unwrap()
        };
        let (inquired, state) = (vector("inquired"), vector("inquiry_state"));
        assert!(serde_json::from_value::<InquiryQuery>(inquired["request"]["body"].clone()).is_ok());
        let query: StateQuery = serde_json::from_value(state["request"]["body"].clone()).unwrap();
        let answer_url = "https://id.example.kz/me/inquiries/00".to_owned();
        let reply = InquiryReply { inquiry: query.inquiry, answer_url, answer: Answer::Pending };
        assert_eq!(json!({ "status": 202, "body": reply }), inquired["answer"]);
        assert_eq!(json!({ "status": 200, "body": StateReply { answer: Answer::Given } }), state["answer"]);
    }
}
