//! Codes that are sent: asking for one at the second step or for a fresh proof, and the reader's letters and phone as
//! factors. Each change of a factor needs a recent proof. Clauses 5.1, 6.1b.

use axum::{
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::Locator;

use super::{factors::show_codes, second::recent, show};
use crate::{
    App,
    actions::{
        ActionError,
        factors::{self, Typed},
        sent_codes::{self, Channel},
    },
    factors::Factors,
    http::{posted::Posted, problem::HttpError, visitor::Visitor},
    oidc::with_query,
    pages::{AddPhone, Ways, Words},
};

/// Where the reader comes back to after proving who they are.
const PAGE: &str = "/me/security";

/// The ways by which a code can be sent to somebody, as pages offer them; `sent` is the token of one that was.
pub fn ways(app: &App, own: &Factors, sent: &str) -> Ways {
    let phone = own.phone_hint().filter(|_| app.sender.reaches_phones());
    Ways { mail: own.takes_mail(app.now().unix_s()), phone, sent: !sent.is_empty() }
}

/// The code that a form posted.
pub fn typed<'a>(app: &App, visitor: &Visitor, posted: &'a Posted) -> Typed<'a> {
    Typed { code: posted.personal("code"), sent: posted.text("sent"), browser: visitor.browser(app) }
}

async fn send(app: &App, visitor: &Visitor, locator: Locator, by: &str) -> Result<String, HttpError> {
    let channel = Channel::parse(by).ok_or(ActionError::Input("channel"))?;
    Ok(sent_codes::send(app, locator, channel, visitor.browser(app), visitor.language).await?)
}

/// `POST /sign-in/send`: a code goes out to somebody who proved the password.
pub async fn send_second(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    let half = posted.text("half");
    let found = factors::find_half(&app, half).await?;
    let sent = send(&app, &visitor, found.locator(), posted.text("by")).await?;
    Ok(Redirect::to(&with_query("/sign-in/second", &[("half", half), ("sent", &sent)])).into_response())
}

/// `POST /me/security/send`: a code goes out to somebody who is signed in.
pub async fn send_prove(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    visitor.check_form(posted.text("form_token"))?;
    let sent = send(&app, &visitor, own.locator, posted.text("by")).await?;
    let back = show::own_path(posted.text("back"));
    Ok(Redirect::to(&with_query("/prove", &[("back", back), ("sent", &sent)])).into_response())
}

/// `GET /me/security/phone`.
pub async fn phone_form(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    recent(&app, &visitor, "/me/security/phone")?;
    show_number(&app, &visitor, "", None)
}

fn show_number(app: &App, visitor: &Visitor, number: &str, error: Option<String>) -> Result<Response, HttpError> {
    let (number, carry) = (number.to_owned(), Vec::new());
    let page = AddPhone { asks_code: false, number, error, failed: false, carry };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

fn show_code(app: &App, visitor: &Visitor, sent: &str, failed: bool) -> Result<Response, HttpError> {
    let carry = vec![("sent".to_owned(), sent.to_owned())];
    let page = AddPhone { asks_code: true, number: String::new(), error: None, failed, carry };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// `POST /me/security/phone`: a code goes to the number.
pub async fn phone(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, "/me/security/phone")?;
    visitor.check_form(posted.text("form_token"))?;
    let (number, browser) = (posted.personal("phone"), visitor.browser(&app));
    match sent_codes::begin_phone(&app, own.locator, &number, browser, visitor.language).await {
        Ok(sent) => show_code(&app, &visitor, &sent, false),
        Err(ActionError::Input("phone")) => {
            let fault = Words::of(visitor.language).say("fault-phone", &[]);
            show_number(&app, &visitor, posted.text("phone"), Some(fault))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /me/security/phone/confirm`: the phone counts when the code that went there comes back.
pub async fn confirm_phone(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, "/me/security/phone")?;
    visitor.check_form(posted.text("form_token"))?;
    let typed = typed(&app, &visitor, &posted);
    match sent_codes::add_phone(&app, own.locator, &typed, visitor.language).await? {
        Some(added) => show_codes(&app, &visitor, added),
        None => show_code(&app, &visitor, typed.sent, true),
    }
}

/// `POST /me/security/mail`: letters take codes from now on.
pub async fn mail(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, PAGE)?;
    visitor.check_form(posted.text("form_token"))?;
    let added = sent_codes::add_mail(&app, own.locator, visitor.language).await?;
    show_codes(&app, &visitor, added)
}

/// `POST /me/security/sent/remove`: takes a way away.
pub async fn remove(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = recent(&app, &visitor, PAGE)?;
    visitor.check_form(posted.text("form_token"))?;
    let channel = Channel::parse(posted.text("by")).ok_or(ActionError::Input("channel"))?;
    sent_codes::remove(&app, own.locator, channel, visitor.language).await?;
    Ok(Redirect::to("/me/security?done=factor").into_response())
}
