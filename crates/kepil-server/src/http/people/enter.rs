//! Signing in and out, a forgotten password, sessions, language. Clauses 2.1¶C1, 6.1b.

use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::{Moment, Personal, moment::Day};
use kepil_policy::Language;
use serde::Deserialize;

use super::{
    second::{Onward, Proven, enter},
    show,
};
use crate::{
    App,
    actions::{
        ActionError,
        admit::{Tried, Whose},
        authorize,
        credentials::{self, Changed, Reset},
        end_session, factors, know_browser,
        sign_in::{self, Means, SessionContent, SignedIn},
    },
    http::{cookies::Cookie, posted::Posted, problem::HttpError, visitor::Visitor},
    oidc::AuthRequest,
    pages::{
        self, FactorRows, LetterSent, ResetForm, ResetRequest, Security, SentFor, SignIn, SignOut, SignedOut, When,
        Words, device_in_words,
    },
    password::PasswordFault,
};

/// Where to go after signing in: on with a service's request, or back to a page.
#[derive(Default, Deserialize)]
pub struct WayQuery {
    #[serde(default)]
    go: String,
    #[serde(default)]
    back: String,
    #[serde(default)]
    token: String,
}

/// `GET /sign-in`.
pub async fn form(
    State(app): State<App>,
    visitor: Visitor,
    Query(way): Query<WayQuery>,
) -> Result<Response, HttpError> {
    show_sign_in(&app, visitor, &way.go, &way.back, Typed::default()).await
}

/// `POST /sign-in`.
pub async fn sign_in(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    let (go, back) = (posted.text("go"), posted.text("back"));
    let (whence, identifier) = (visitor.whence(&app, &posted), Some(posted.text("identifier")));
    let found = sign_in::sign_in(&app, posted.personal("identifier"), posted.personal("password"), &whence).await;
    let (found, owed) = match found {
        Err(ActionError::Toll(bits)) => (None, Some(bits)),
        found => (found?, None),
    };
    let Some(known) = found else {
        return show_sign_in(&app, visitor, go, back, Typed { identifier, owed }).await;
    };
    if factors::load(&app, known.locator).await?.has_second() {
        let half = factors::begin_second(&app, known, go, back).await?;
        return Ok(Redirect::to(&format!("/sign-in/second?half={half}")).into_response());
    }
    let proven = Proven { locator: known.locator, generation: Some(known.generation), means: &[Means::Password] };
    enter(&app, &visitor, &headers, proven, Onward { go, back }).await
}

/// What was typed into a form before it is shown again.
#[derive(Clone, Copy, Default)]
struct Typed<'a> {
    /// The name.
    identifier: Option<&'a str>,
    /// Work that was owed: nothing was tried.
    owed: Option<u8>,
}

/// The page of sign-in; `typed` is what was typed in vain. A service on whose behalf the person is here is named, and may
/// have said in which language and under which name it knows them.
async fn show_sign_in(
    app: &App,
    mut visitor: Visitor,
    go: &str,
    back: &str,
    typed: Typed<'_>,
) -> Result<Response, HttpError> {
    let request = match go {
        "" => None,
        go => authorize::find(app, go).await.ok(),
    };
    visitor.speak(request.as_ref().and_then(AuthRequest::language));
    let (effective, language) = (app.policy()?, visitor.language);
    let service = request.as_ref().and_then(|request| effective.policy.find_service(&request.service));
    let hint = request.as_ref().map(|request| request.login_hint.0.as_str()).unwrap_or_default();
    let name = typed.identifier.map(|name| Personal::new(name.to_owned()));
    let page = SignIn {
        identifier_label: show::identifier_label(&effective.policy, language),
        identifier: typed.identifier.unwrap_or(hint).to_owned(),
        failed: name.is_some() && typed.owed.is_none(),
        service: service.map(|service| service.label.get(language).to_owned()),
        has_passkeys: app.webauthn.is_some(),
        work: visitor.work(app, Tried::SignIn, name.as_ref().map(Whose::Name), typed.owed)?,
        carry: vec![("go".to_owned(), go.to_owned()), ("back".to_owned(), back.to_owned())],
    };
    Ok(visitor.page_owing(page.render(&visitor.chrome(app)?), typed.owed))
}

/// `GET /sign-out`: asks first.
pub async fn leave_form(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    Ok(visitor.page(SignOut { service: None, carry: Vec::new() }.render(&visitor.chrome(&app)?)))
}

/// `POST /sign-out`.
pub async fn leave(State(app): State<App>, mut visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    if let Some(session) = visitor.session.take() {
        end_session::end_session(&app, session.family).await?;
    }
    // A service that asked for it gets its answer, now that the person did too.
    let mut answer = match show::onward("/logout", posted.text("go")) {
        Some(to) => Redirect::to(&to).into_response(),
        None => visitor.page(SignedOut { back: None }.render(&visitor.chrome(&app)?)),
    };
    visitor.end_cookie(&mut answer, Cookie::Session);
    Ok(answer)
}

/// `GET /reset`.
pub async fn reset_request(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    show_request(&app, &visitor, Typed::default())
}

fn show_request(app: &App, visitor: &Visitor, typed: Typed<'_>) -> Result<Response, HttpError> {
    let page = ResetRequest {
        identifier_label: show::identifier_label(&app.policy()?.policy, visitor.language),
        identifier: typed.identifier.unwrap_or_default().to_owned(),
        work: visitor.work(app, Tried::Reset, None, typed.owed)?,
    };
    Ok(visitor.page_owing(page.render(&visitor.chrome(app)?), typed.owed))
}

/// `POST /reset`: the same answer whether or not the name is known.
pub async fn send_reset(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    let (typed, whence) = (posted.personal("identifier"), visitor.whence(&app, &posted));
    match credentials::ask_reset(&app, typed, visitor.language, &whence).await {
        Err(ActionError::Toll(bits)) => {
            let typed = Typed { identifier: Some(posted.text("identifier")), owed: Some(bits) };
            return show_request(&app, &visitor, typed);
        }
        asked => asked?,
    }
    Ok(visitor.page(LetterSent { sent_for: SentFor::Reset }.render(&visitor.chrome(&app)?)))
}

/// `GET /reset/form`: the page behind the letter's link.
pub async fn reset_form(
    State(app): State<App>,
    visitor: Visitor,
    Query(way): Query<WayQuery>,
) -> Result<Response, HttpError> {
    show_reset(&app, &visitor, &way.token, None)
}

/// `POST /reset/form`.
pub async fn reset(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    let (token, password) = (posted.text("token"), posted.personal("password"));
    let locator = match credentials::reset(&app, token, password, visitor.language).await? {
        Reset::Done(locator) => locator,
        Reset::Bad(fault) => return show_reset(&app, &visitor, token, Some(fault)),
    };
    let mut answer = Redirect::to("/sign-in?done=password").into_response();
    // Whoever holds the letter signs in next: a stranger's guesses do not keep them out.
    visitor.know(&app, &mut answer, locator).await?;
    Ok(answer)
}

fn show_reset(app: &App, visitor: &Visitor, token: &str, bad: Option<PasswordFault>) -> Result<Response, HttpError> {
    let page = ResetForm {
        error: bad.map(|fault| show::password_fault(visitor.language, fault)),
        password_letters_min: show::password_letters_min(),
        carry: vec![("token".to_owned(), token.to_owned())],
    };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// `POST /language`: remembers the language that the reader picked.
pub async fn language(visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let language = Language::parse(posted.text("language")).ok_or(HttpError::NotFound)?;
    let back = posted.find("here").or(posted.find("back")).unwrap_or("/");
    let back = if back == "/" { "/" } else { show::own_path(back) };
    let mut answer = Redirect::to(back).into_response();
    visitor.set_cookie(&mut answer, Cookie::Language, language.word());
    Ok(answer)
}

/// `GET /me/security`.
pub async fn security(State(app): State<App>, visitor: Visitor) -> Result<Response, HttpError> {
    show_security(&app, &visitor, false, None).await
}

async fn show_security(
    app: &App,
    visitor: &Visitor,
    now_failed: bool,
    bad: Option<PasswordFault>,
) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    let effective = app.policy()?;
    let zone = effective.policy.time_zone();
    let tickets =
        app.store.list_sessions(own.locator, app.now().unix_s()).await.map_err(crate::actions::ActionError::from)?;
    let mut sessions: Vec<pages::Session> = Vec::new();
    for ticket in tickets {
        let Some(content) = SessionContent::from_bytes(&ticket.content) else { continue };
        let moment = Moment { unix_ms: content.auth_time_s * 1000, day: Day::default() };
        let since = When::moment(moment, zone, visitor.language);
        let id = BASE64_URL_SAFE_NO_PAD.encode(ticket.id);
        sessions.push(pages::Session {
            id,
            device: device_in_words(Words::of(visitor.language), &content.device),
            last: since.clone(),
            since,
            this: ticket.id == own.id,
        });
    }
    sessions.sort_by_key(|session| !session.this);
    let error = bad.map(|fault| show::password_fault(visitor.language, fault));
    let held = factors::load(app, own.locator).await?;
    let since =
        |unix_s: i64| When::moment(Moment { unix_ms: unix_s * 1000, day: Day::default() }, zone, visitor.language);
    let factors = FactorRows {
        has_app: held.totp.is_some(),
        passkeys: held.passkeys.iter().map(|named| (named.name.clone(), since(named.added_s))).collect(),
        can_passkeys: app.webauthn.is_some(),
        codes: u32::try_from(held.codes.len()).unwrap_or_default(),
        mail: held.mail,
        phone: held.phone_hint(),
        can_phone: app.sender.reaches_phones(),
    };
    let password_letters_min = show::password_letters_min();
    let page = Security { sessions, factors, carry: Vec::new(), password_letters_min, now_failed, error };
    Ok(visitor.page(page.render(&visitor.chrome(app)?)))
}

/// `POST /me/security/end`: ends one session, or all but this one; then no other browser stays known, nor becomes so.
pub async fn end_session(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    visitor.check_form(posted.text("form_token"))?;
    let store_error = crate::actions::ActionError::from;
    let sessions = app.store.list_sessions(own.locator, app.now().unix_s()).await.map_err(store_error)?;
    for ticket in sessions {
        let is_named = BASE64_URL_SAFE_NO_PAD.encode(ticket.id) == posted.text("id");
        let is_other = posted.text("id") == "others" && ticket.id != own.id;
        if is_named || is_other {
            match ticket.family {
                Some(family) => end_session::end_session(&app, family).await?,
                None => app.store.remove_ticket(&ticket.id, None).await.map_err(store_error)?,
            }
        }
    }
    let mut answer = Redirect::to("/me/security?done=ended").into_response();
    if posted.text("id") == "others" {
        // A session is no proof: whoever found one does not become known by it.
        let was_known = visitor.is_known(&app, own.locator).await?;
        know_browser::forget_all(&app, own.locator).await?;
        if was_known {
            visitor.know(&app, &mut answer, own.locator).await?;
        }
    }
    Ok(answer)
}

/// `POST /me/security/password`.
pub async fn password(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    visitor.check_form(posted.text("form_token"))?;
    let (now, next) = (posted.personal("now"), posted.personal("password"));
    match credentials::change_password(&app, own.locator, now, next, visitor.language).await? {
        Changed::Done => {}
        Changed::WrongNow => return show_security(&app, &visitor, true, None).await,
        Changed::Bad(fault) => return show_security(&app, &visitor, false, Some(fault)).await,
    }
    let (device, language) = (show::device(&headers), visitor.language);
    // The password alone is no fresh proof of all: the session is as old as the one that it replaces. The letter about the
    // new password is enough.
    let again = SignedIn {
        locator: own.locator,
        strength: own.strength,
        means: vec![Means::Password],
        generation: None,
        proven_s: Some(own.auth_time_s),
        device,
        is_known: true,
        language,
    };
    let token = sign_in::open_session(&app, again).await?;
    let mut answer = Redirect::to("/me/security?done=password").into_response();
    visitor.set_cookie(&mut answer, Cookie::Session, &token);
    visitor.know(&app, &mut answer, own.locator).await?;
    Ok(answer)
}
