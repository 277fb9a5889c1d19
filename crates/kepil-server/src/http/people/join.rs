//! The front, the registration form and the page behind the letter's link. Clauses 1.2c, 1.3a, 2.1.1a.

use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use kepil_policy::{FormPlace, Policy, Subject};
use serde::Deserialize;

use super::show;
use crate::{
    App,
    actions::{
        ActionError,
        admit::Tried,
        register::{self, Confirmed, Filled, FormFaults, Opener},
        sign_in::{self, Means, SignedIn, Strength},
    },
    http::{cookies::Cookie, posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{Confirm, Front, Input, LetterSent, Purpose, Register, SentFor, Words},
};

/// `GET /`.
pub async fn front(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    let effective = app.policy()?;
    let policy = &effective.policy;
    let operator = policy.operator();
    let account = policy.account().ok_or(HttpError::NotFound)?;
    let page = Front {
        bin: operator.bin.clone(),
        address: operator.address.get(visitor.language).to_owned(),
        contact: operator.contact.clone(),
        summary: show::summary(policy, visitor.language),
        documents: show::documents(policy, account, visitor.language),
    };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// `GET /register`.
pub async fn form(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    show_form(&app, &visitor, None, &FormFaults::default(), None)
}

/// `POST /register`: a letter goes out, whether or not the address is known.
pub async fn register(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    let effective = app.policy()?;
    let asked = effective.policy.entered(Subject::Person).filter(|field| field.form == FormPlace::Registration);
    let values = asked.map(|field| (field.name.clone(), posted.personal(&field.name))).collect();
    let (password, whence) = (posted.personal("password"), visitor.whence(&app, &posted));
    let filled = Filled { values, password, language: visitor.language, whence };
    let registered = match register::register(&app, filled).await {
        Err(ActionError::Toll(bits)) => {
            return show_form(&app, &visitor, Some(&posted), &FormFaults::default(), Some(bits));
        }
        registered => registered?,
    };
    match registered {
        Ok(()) => Ok(visitor.page(LetterSent { sent_for: SentFor::Registration }.render(&visitor.chrome(&app)?))),
        Err(faults) => show_form(&app, &visitor, Some(&posted), &faults, None),
    }
}

fn show_form(
    app: &App,
    visitor: &Visitor,
    posted: Option<&Posted>,
    faults: &FormFaults,
    owed: Option<u8>,
) -> Result<Response, HttpError> {
    let effective = app.policy()?;
    let policy = &effective.policy;
    let language = visitor.language;
    let words = Words::of(language);
    let asked = policy.entered(Subject::Person).filter(|field| field.form == FormPlace::Registration);
    let inputs = asked.map(|field| {
        let value = posted.map_or("", |posted| posted.text(&field.name));
        let fault = faults.fields.iter().find(|(name, _)| *name == field.name);
        let error = fault.map(|(_, fault)| show::fault(words, field.kind, *fault));
        Input { error, ..Input::of(policy, field, language, value) }
    });
    let account = policy.account().ok_or(HttpError::NotFound)?;
    let page = Register {
        inputs: inputs.collect(),
        password_error: faults.password.map(|fault| show::password_fault(language, fault)),
        password_letters_min: show::password_letters_min(),
        ages: ages(policy, visitor),
        summary: show::summary(policy, language),
        documents: show::documents(policy, account, language),
        work: visitor.work(app, Tried::Registration, None, owed)?,
        carry: Vec::new(),
    };
    Ok(visitor.page_owing(page.render(&visitor.chrome(app)?), owed))
}

fn ages(policy: &Policy, visitor: &Visitor) -> Vec<(String, u32)> {
    let limited = policy.services().iter().filter(|service| service.min_age > 0);
    limited.map(|service| (service.label.get(visitor.language).to_owned(), service.min_age)).collect()
}

/// The token of a letter's link.
#[derive(Deserialize)]
pub struct LetterQuery {
    #[serde(default)]
    token: String,
}

/// `GET /confirm`: the page behind the letter's link.
pub async fn letter(
    State(app): State<App>,
    visitor: Visitor,
    Query(query): Query<LetterQuery>,
) -> Result<Response, HttpError> {
    show_letter(&app, &visitor, &query.token, &[], false).await
}

async fn show_letter(
    app: &App,
    visitor: &Visitor,
    token: &str,
    ticked: &[String],
    password_failed: bool,
) -> Result<Response, HttpError> {
    let asks_password = register::needs_password(app, token, visitor.browser(app)).await?;
    let effective = app.policy()?;
    let policy = &effective.policy;
    let account = policy.account().ok_or(HttpError::NotFound)?;
    let (optional, necessary): (Vec<_>, Vec<_>) = policy.uses_of(account).partition(|each| each.optional);
    let of = |uses: Vec<&kepil_policy::Use>| {
        let purpose = |each: &kepil_policy::Use| Purpose {
            chosen: ticked.contains(&each.purpose),
            ..Purpose::of(policy, each, visitor.language)
        };
        uses.into_iter().map(purpose).collect()
    };
    let page = Confirm {
        necessary: of(necessary),
        optional: of(optional),
        documents: show::documents(policy, account, visitor.language),
        carry: vec![("token".to_owned(), token.to_owned())],
        asks_password,
        password_failed,
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// `POST /confirm`: the person accepts, and is; or refuses, and nothing stays.
pub async fn confirm(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    if posted.text("choice") != "accept" {
        register::refuse(&app, posted.text("token")).await?;
        return Ok(Redirect::to("/?done=refused").into_response());
    }
    let (token, purposes) = (posted.text("token"), posted.list("purpose"));
    let opener = Opener { browser: visitor.browser(&app), password: posted.personal("chosen") };
    let confirmed = Confirmed { token: token.to_owned(), purposes: purposes.clone(), language: visitor.language };
    let Some(locator) = register::confirm(&app, opener, confirmed).await? else {
        return show_letter(&app, &visitor, token, &purposes, true).await;
    };
    let token = sign_in::open_session(
        &app,
        SignedIn {
            locator,
            strength: Strength::One,
            means: vec![Means::Password, Means::Letter],
            generation: None,
            proven_s: None,
            device: show::device(&headers),
            is_known: true,
            language: visitor.language,
        },
    )
    .await?;
    let mut answer = Redirect::to("/me?done=registered").into_response();
    visitor.set_cookie(&mut answer, Cookie::Session, &token);
    visitor.know(&app, &mut answer, locator).await?;
    Ok(answer)
}
