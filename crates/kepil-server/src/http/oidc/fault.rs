//! The provider's refusals as answers: RFC 6749 (5.2), RFC 6750 (3).

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    actions::ActionError,
    http::problem::{HttpError, waiting},
    oidc::{Fault, OauthError},
};

/// What a client is told that asked about as many people as its service may (clause 3.4g).
const OVER_BUDGET: &str = "the service asked about as many people as it may";

#[derive(Serialize)]
struct FaultReply {
    error: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_description: Option<&'static str>,
}

/// An answer of which nothing may be kept.
pub fn unkept(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// A refusal of what an access token opens (RFC 6750, 9449): the caller is told how to prove itself.
pub fn refused(error: OauthError) -> Response {
    let mut answer = answer(error);
    if answer.status() == StatusCode::BAD_REQUEST {
        *answer.status_mut() = StatusCode::UNAUTHORIZED;
        let challenge = HeaderValue::from_static("DPoP error=\"invalid_dpop_proof\", algs=\"ES256 EdDSA RS256\"");
        answer.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    answer
}

/// A refusal as JSON; nothing of it may be kept.
pub fn answer(error: OauthError) -> Response {
    let (status, word, hint) = match error {
        OauthError::Fault(fault) => {
            let is_unknown = matches!(fault, Fault::InvalidClient | Fault::InvalidToken);
            (if is_unknown { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST }, fault.word(), fault.hint())
        }
        OauthError::Action(ActionError::Refused(_)) => (StatusCode::BAD_REQUEST, Fault::InvalidGrant.word(), None),
        OauthError::Action(ActionError::OverBudget { wait_s }) => {
            let reply = FaultReply { error: "temporarily_unavailable", error_description: Some(OVER_BUDGET) };
            return waiting(Some(wait_s), unkept((StatusCode::TOO_MANY_REQUESTS, Json(reply)).into_response()));
        }
        OauthError::Action(error) => {
            HttpError::from(error).log();
            (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", None)
        }
    };
    let mut answer = unkept((status, Json(FaultReply { error: word, error_description: hint })).into_response());
    let headers = answer.headers_mut();
    match word {
        "invalid_client" => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"kepil\""));
        }
        "invalid_token" => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer error=\"invalid_token\""));
        }
        _ => {}
    }
    answer
}
