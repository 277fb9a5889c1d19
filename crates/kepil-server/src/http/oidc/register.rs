//! `/connect/register`: a client registers itself. RFC 7591, OpenID Connect Dynamic Registration.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use super::{caller::Sent, fault};
use crate::{
    App,
    actions::register_client::{self, RegisterError, Registered},
    oidc::{Fault, MetadataError},
};

/// `POST /connect/register`, with the token of `kepil service enrol`.
pub async fn register(State(app): State<App>, headers: HeaderMap, sent: Option<Json<Map<String, Value>>>) -> Response {
    let Some(token) = Sent::of(&headers).and_then(|sent| sent.token) else {
        return fault::answer(Fault::InvalidToken.into());
    };
    let Some(Json(sent)) = sent else {
        return unfit(&MetadataError::Malformed("the body is not a JSON object".to_owned()));
    };
    match register_client::register(&app, token, sent).await {
        Ok(registered) => fault::unkept((StatusCode::CREATED, Json(reply(registered))).into_response()),
        Err(RegisterError::Metadata(error)) => unfit(&error),
        Err(RegisterError::Oauth(error)) => fault::answer(error),
    }
}

/// What a client is told of itself: everything that it said or left out, and its id and secret.
fn reply(registered: Registered) -> Value {
    let mut reply = serde_json::to_value(&registered.metadata).unwrap_or_default();
    if let Some(members) = reply.as_object_mut() {
        members.insert("client_id".to_owned(), json!(registered.client_id));
        members.insert("client_id_issued_at".to_owned(), json!(registered.at_s));
        members.insert("subject_type".to_owned(), json!("pairwise"));
        members.insert("response_types".to_owned(), json!(["code"]));
        if !registered.secret.is_empty() {
            members.insert("client_secret".to_owned(), json!(registered.secret.as_str()));
            members.insert("client_secret_expires_at".to_owned(), json!(0));
        }
    }
    reply
}

fn unfit(error: &MetadataError) -> Response {
    let fault = match error {
        MetadataError::Address(_) | MetadataError::NoAddress => Fault::InvalidRedirectUri,
        _ => Fault::InvalidClientMetadata,
    };
    let reply = json!({ "error": fault.word(), "error_description": error.to_string() });
    fault::unkept((StatusCode::BAD_REQUEST, Json(reply)).into_response())
}
