//! After an account was closed: what is destroyed already, what goes with the epoch, and the certificate. Clauses 3.7, 4.4a.
//!
//! The number in the address is random and says nothing of whom; whoever has it may show it to anyone.

use axum::{
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
};

use crate::{
    App,
    actions::ActionError,
    http::{problem::HttpError, visitor::Visitor},
    pages::Gone,
};

/// The page about the destruction called `number`.
pub(super) fn path_of(number: [u8; 16]) -> String {
    format!("/destroyed/{}", kepil_domain::hex(&number))
}

/// `GET /destroyed/{number}`.
pub async fn gone(State(app): State<App>, visitor: Visitor, Path(number): Path<String>) -> Result<Response, HttpError> {
    let certificate = find(&app, &number).await?;
    let page = Gone { number, certificate };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// `GET /destroyed/{number}/certificate`: the certificate as a file.
pub async fn certificate(State(app): State<App>, Path(number): Path<String>) -> Result<Response, HttpError> {
    let text = find(&app, &number).await?.ok_or(HttpError::NotFound)?;
    let file = format!("attachment; filename=\"kepil-destruction-{number}.txt\"");
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, file)], text)
        .into_response())
}

/// The certificate; `None` while the epoch is not closed yet.
async fn find(app: &App, number: &str) -> Result<Option<String>, HttpError> {
    let is_number = number.len() == 32 && number.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let id = u128::from_str_radix(number, 16).ok().filter(|_| is_number).ok_or(HttpError::NotFound)?.to_be_bytes();
    let found = app.store.system().find_certificate(&id).await.map_err(ActionError::from)?;
    if found.is_none() && !app.store.awaits_certificate(&id).await.map_err(ActionError::from)? {
        return Err(HttpError::NotFound);
    }
    Ok(found)
}
