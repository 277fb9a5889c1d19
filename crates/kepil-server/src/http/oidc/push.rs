//! `/par`: a client pushes its request ahead of the person. RFC 9126.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::{caller::proven_key, fault, token::of_client};
use crate::{
    App,
    actions::push::{self, PUSHED_S},
    http::{posted::Posted, problem::HttpError},
};

/// `POST /par`.
pub async fn push(State(app): State<App>, headers: HeaderMap, posted: Result<Posted, HttpError>) -> Response {
    let pushed = async {
        let (client, posted) = of_client(&app, &headers, posted).await?;
        let jkt = proven_key(&app, &headers, "/par").await?;
        push::push(&app, &client, &posted.params(), jkt).await
    };
    match pushed.await {
        Ok(request_uri) => {
            let reply = json!({ "request_uri": request_uri, "expires_in": PUSHED_S });
            fault::unkept((StatusCode::CREATED, Json(reply)).into_response())
        }
        Err(error) => fault::answer(error),
    }
}
