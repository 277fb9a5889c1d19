//! `/logout`: a client asks to sign a person out. RP-Initiated Logout 1.0.
//!
//! Without a hint that names the person who is signed in, they are asked first: a link alone signs nobody out.

use axum::{
    Form,
    extract::{Query, State},
    response::Response,
};

use super::authorize::redirect;
use crate::{
    App,
    actions::end_session,
    http::{cookies::Cookie, problem::HttpError, visitor::Visitor},
    oidc::{Fault, LogoutRequest, OauthError, Params},
    pages::{SignOut, SignedOut},
};

/// `GET /logout`; with `go` after the person was asked.
pub async fn logout(
    State(app): State<App>,
    visitor: Visitor,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Response, HttpError> {
    let params = Params(pairs);
    let request = match params.find("go").map_err(http)? {
        Some(go) => end_session::find(&app, go).await?,
        None => end_session::read(&app, &params).await.map_err(http)?,
    };
    leave(&app, visitor, &request).await
}

/// `POST /logout`: the browser sends no session along from another site, so it is asked to come by `GET`.
pub async fn logout_posted(
    State(app): State<App>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, HttpError> {
    let request = end_session::read(&app, &Params(pairs)).await.map_err(http)?;
    let go = end_session::keep(&app, &request).await?;
    Ok(redirect(&format!("/logout?go={go}")))
}

async fn leave(app: &App, mut visitor: Visitor, request: &LogoutRequest) -> Result<Response, HttpError> {
    if let Some(session) = visitor.session.take() {
        if !end_session::is_meant(app, request, session.locator)? {
            let go = end_session::keep(app, request).await?;
            visitor.session = Some(session);
            return ask(app, &visitor, request, go);
        }
        end_session::end_session(app, session.family).await?;
    }
    let mut answer = match &request.back {
        Some(back) => redirect(back),
        None => visitor.page(SignedOut { back: None }.render(&visitor.chrome(app)?)),
    };
    visitor.end_cookie(&mut answer, Cookie::Session);
    Ok(answer)
}

fn ask(app: &App, visitor: &Visitor, request: &LogoutRequest, go: String) -> Result<Response, HttpError> {
    let policy = app.policy()?;
    let service = request.service.as_deref().and_then(|name| policy.policy.find_service(name));
    let page = SignOut {
        service: service.map(|service| service.label.get(visitor.language).to_owned()),
        carry: vec![("go".to_owned(), go)],
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// A sign-out that cannot be read ends on a page of ours; nobody is sent anywhere.
fn http(error: impl Into<OauthError>) -> HttpError {
    match error.into() {
        OauthError::Action(error) => error.into(),
        OauthError::Fault(fault) => {
            crate::actions::ActionError::Input(fault.hint().unwrap_or(Fault::InvalidGrant.word())).into()
        }
    }
}
