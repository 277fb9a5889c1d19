//! What an answer says when something was refused or failed: a page for people, a problem document (RFC 9457) for
//! services. The cause of a failure of ours goes to the log, once, never to the answer.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::gate::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::actions::ActionError;

/// Why a request was not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// An action said no.
    #[error(transparent)]
    Action(#[from] ActionError),
    /// The reader must sign in first.
    #[error("sign in first")]
    SignIn {
        /// Where to come back to: a path of ours.
        back: String,
    },
    /// The reader must prove again who they are.
    #[error("prove who you are")]
    Prove {
        /// Where to come back to: a path of ours.
        back: String,
    },
    /// The reader must accept the account first, or not.
    #[error("accept the account first")]
    Welcome,
    /// A form that was not made for this browser.
    #[error("the form was not made for this browser")]
    Forged,
    /// More than a form may hold.
    #[error("too large")]
    TooLarge,
    /// No such page or row.
    #[error("not found")]
    NotFound,
    /// The act is not in the ledger yet: there is no receipt before that.
    #[error("not in the ledger yet")]
    NotYet,
    /// Nothing was granted; a service does not learn why.
    #[error("nothing is granted")]
    Withheld,
    /// The caller did not prove who it is.
    #[error("the caller is not known")]
    Unauthorised,
}

/// A problem document.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemReply {
    /// A stable word.
    pub code: &'static str,
    /// What happened.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The row of the source policy, where the reader may know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<&'static str>,
}

impl HttpError {
    /// Status, stable word and clause.
    #[must_use]
    pub fn kind(&self) -> (StatusCode, &'static str, Option<&'static str>) {
        match self {
            Self::Action(ActionError::Refused(reason)) => (StatusCode::FORBIDDEN, reason.word(), Some(reason.clause())),
            Self::Action(ActionError::Input(_)) => (StatusCode::BAD_REQUEST, "bad_input", None),
            Self::Action(ActionError::Duty(_)) => (StatusCode::CONFLICT, "duty", None),
            Self::Action(ActionError::Expired) => (StatusCode::GONE, "expired", None),
            Self::Action(ActionError::Busy | ActionError::Toll(_)) => (StatusCode::TOO_MANY_REQUESTS, "busy", None),
            Self::Action(ActionError::OverBudget { .. }) => {
                let reason = Refusal::OverBudget;
                (StatusCode::TOO_MANY_REQUESTS, reason.word(), Some(reason.clause()))
            }
            Self::Action(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", None),
            Self::SignIn { .. } | Self::Prove { .. } | Self::Unauthorised => {
                (StatusCode::UNAUTHORIZED, "unauthorised", None)
            }
            Self::Welcome => (StatusCode::FORBIDDEN, Refusal::NotAccepted.word(), Some(Refusal::NotAccepted.clause())),
            Self::Withheld => (StatusCode::FORBIDDEN, "withheld", None),
            Self::Forged => (StatusCode::FORBIDDEN, "forged_form", None),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", None),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", None),
            Self::NotYet => (StatusCode::CONFLICT, "not_yet", None),
        }
    }

    /// What a service is told.
    #[must_use]
    pub fn problem(&self) -> ProblemReply {
        let (status, code, clause) = self.kind();
        let title = match self {
            Self::Action(ActionError::Store(_) | ActionError::Vault(_) | ActionError::Broken(_)) => {
                "try again later".to_owned()
            }
            other => other.to_string(),
        };
        let detail = match self {
            Self::Action(ActionError::Input(what)) => {
                Some(format!("mend `{what}`: GET /v1/openapi.json tells its form"))
            }
            Self::Unauthorised => {
                Some("send `Authorization: Bearer …` with a token of grant `client_credentials`".to_owned())
            }
            _ => None,
        };
        ProblemReply { code, title, status: status.as_u16(), detail, clause }
    }

    /// The answer to a service.
    #[must_use]
    pub fn into_json(self) -> Response {
        self.log();
        waiting(self.wait_s(), as_problem(self.kind().0, Json(self.problem())))
    }

    /// For how long there is no use in asking again. Unit: seconds.
    fn wait_s(&self) -> Option<i64> {
        match self {
            Self::Action(ActionError::OverBudget { wait_s }) => Some(*wait_s),
            _ => None,
        }
    }

    /// Writes a failure of ours to the log.
    pub fn log(&self) {
        if let Self::Action(error @ (ActionError::Store(_) | ActionError::Vault(_) | ActionError::Broken(_))) = self {
            tracing::error!(error = %error, "a request failed");
        }
    }
}

/// Tells in the answer for how long there is no use in asking again. Unit: seconds.
pub fn waiting(wait_s: Option<i64>, mut answer: Response) -> Response {
    if let Some(wait_s) = wait_s {
        answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(wait_s));
    }
    answer
}

/// An answer whose body is a problem document.
pub fn as_problem(status: StatusCode, body: impl IntoResponse) -> Response {
    let mut answer = (status, body).into_response();
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    answer
}

/// A page without the reader's language at hand: handlers of pages turn errors into `pages::Problem` in the layer of
/// `http::mod`; this is what is left when even that fails.
impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        if let Self::SignIn { back } = &self {
            return Redirect::to(&format!("/sign-in?back={back}")).into_response();
        }
        if let Self::Prove { back } = &self {
            return Redirect::to(&format!("/prove?back={back}")).into_response();
        }
        if matches!(self, Self::Welcome) {
            return Redirect::to("/welcome").into_response();
        }
        let (status, code, clause) = self.kind();
        self.log();
        let mut answer = (status, format!("{status}\n")).into_response();
        answer.extensions_mut().insert(ShownAs { code, clause });
        waiting(self.wait_s(), answer)
    }
}

/// Marks an answer that is still to be made a page of.
#[derive(Clone, Copy, Debug)]
pub struct ShownAs {
    /// A stable word.
    pub code: &'static str,
    /// The row of the source policy.
    pub clause: Option<&'static str>,
}
