//! The reader's factors: an app, passkeys, recovery codes. Each change needs a recent proof. Clauses 5.1, 6.1b.

use axum::{
    Json,
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::second::recent;
use crate::{
    App,
    actions::{
        factors::{self, Added},
        passkeys,
    },
    factors::TotpKey,
    http::{posted::Posted, problem::HttpError, unkept, visitor::Visitor},
    pages::{AddApp, RecoveryCodes, picture},
};

/// Where the reader comes back to after proving who they are.
const PAGE: &str = "/me/security";

/// The secret that is not taken yet.
#[derive(Default, Deserialize)]
pub struct AppQuery {
    #[serde(default)]
    token: String,
}

/// `GET /me/security/app`: a secret for an app, as a picture and to type.
pub async fn app_form(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<AppQuery>,
) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, "/me/security/app")?;
    let (key, token) = match query.token.as_str() {
        "" => factors::begin_totp(&app, own.locator).await?,
        token => (factors::find_totp(&app, own.locator, token).await?, token.to_owned()),
    };
    show_app(&app, &visitor, &key, token, false)
}

fn show_app(app: &App, visitor: &Visitor, key: &TotpKey, token: String, failed: bool) -> Result<Response, HttpError> {
    let policy = app.policy()?;
    let page = AddApp {
        picture: picture(&key.uri(policy.policy.operator().name.get(visitor.language))),
        secret: key.spelled(),
        failed,
        carry: vec![("token".to_owned(), token)],
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// `POST /me/security/app`: the app counts when it gives the right code.
pub async fn add_app(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, PAGE)?;
    visitor.check_form(posted.text("form_token"))?;
    let token = posted.text("token");
    if let Some(added) = factors::add_totp(&app, own.locator, token, &posted.personal("code"), visitor.language).await?
    {
        return show_codes(&app, &visitor, added);
    }
    let key = factors::find_totp(&app, own.locator, token).await?;
    show_app(&app, &visitor, &key, token.to_owned(), true)
}

pub fn show_codes(app: &App, visitor: &Visitor, added: Added) -> Result<Response, HttpError> {
    if added.codes.is_empty() {
        return Ok(Redirect::to("/me/security?done=factor").into_response());
    }
    Ok(visitor.page(RecoveryCodes { codes: added.codes }.render(&visitor.chrome(app)?)))
}

/// `POST /me/security/app/remove`.
pub async fn remove_app(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, PAGE)?;
    visitor.check_form(posted.text("form_token"))?;
    factors::remove_totp(&app, own.locator, visitor.language).await?;
    Ok(Redirect::to("/me/security?done=factor").into_response())
}

/// `POST /me/security/codes`: new recovery codes instead of the old ones.
pub async fn codes(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, PAGE)?;
    visitor.check_form(posted.text("form_token"))?;
    let codes = factors::renew_codes(&app, own.locator).await?;
    show_codes(&app, &visitor, Added { codes })
}

/// `POST /me/security/passkeys/begin`: what a browser needs to make a passkey, the name by which the reader signs in among
/// it. Of all that is answered only this has it.
pub async fn begin_passkey(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, PAGE)?;
    visitor.check_form(posted.text("form_token"))?;
    Ok(unkept(Json(passkeys::begin_adding(&app, own.locator).await?)))
}

/// `POST /me/security/passkeys`: takes what the browser made.
pub async fn add_passkey(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, PAGE)?;
    visitor.check_form(posted.text("form_token"))?;
    let made = (posted.text("state"), posted.text("credential"));
    let added = passkeys::add(&app, own.locator, made, posted.text("name"), visitor.language).await?;
    show_codes(&app, &visitor, added)
}

/// `POST /me/security/passkeys/remove`.
pub async fn remove_passkey(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, PAGE)?;
    visitor.check_form(posted.text("form_token"))?;
    let at = posted.text("at").parse().map_err(|_| HttpError::NotFound)?;
    passkeys::remove(&app, own.locator, at, visitor.language).await?;
    Ok(Redirect::to("/me/security?done=factor").into_response())
}
