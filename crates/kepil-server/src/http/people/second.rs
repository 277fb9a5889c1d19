//! Signing in by more than a password: a code, a passkey, and what to do when all is lost; proving it again before
//! sensitive acts. Clauses 5.1, 6.1b.

use axum::{
    Json,
    extract::{Query, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use kepil_domain::{Locator, Moment, moment::Day};
use kepil_store::TicketKind;
use serde::Deserialize;
use serde_json::Value;

use super::{
    sent::{typed, ways},
    show,
};
use crate::{
    App,
    actions::{
        ActionError,
        admit::{Tried, Whose},
        authorize, credentials, end_session,
        factors::{self, Half, Lost},
        passkeys,
        sign_in::{self, Means, SignedIn, Strength},
    },
    http::{cookies::Cookie, posted::Posted, problem::HttpError, visitor::Visitor},
    pages::{LostAll, Prove, Second, StopLost, When},
};

/// How long after proving who they are a person may do sensitive things. Unit: seconds.
const RECENT_S: i64 = 5 * 60;

/// The token of a step.
#[derive(Default, Deserialize)]
pub struct StepQuery {
    #[serde(default)]
    half: String,
    #[serde(default)]
    token: String,
    #[serde(default)]
    back: String,
    #[serde(default)]
    sent: String,
}

/// Where a sign-in goes on to.
pub struct Onward<'a> {
    /// The request of a client.
    pub go: &'a str,
    /// A page of ours.
    pub back: &'a str,
}

/// Somebody who proved enough.
pub struct Proven<'a> {
    /// Who.
    pub locator: Locator,
    /// [`sign_in::Known::generation`], where they proved a password.
    pub generation: Option<u32>,
    /// By what.
    pub means: &'a [Means],
}

/// Opens the session of somebody who proved enough, and sends them on.
pub async fn enter(
    app: &App,
    visitor: &Visitor,
    headers: &HeaderMap,
    proven: Proven<'_>,
    onward: Onward<'_>,
) -> Result<Response, HttpError> {
    let Proven { locator, generation, means } = proven;
    // A session that was there before ends: nobody can have been given it beforehand.
    if let Some(old) = &visitor.session {
        end_session::end_session(app, old.family).await?;
    }
    let (strength, means) = (Strength::of(means), means.to_vec());
    let (device, language) = (show::device(headers), visitor.language);
    let is_known = visitor.is_known(app, locator).await?;
    let signed_in = SignedIn { locator, strength, means, generation, proven_s: None, device, is_known, language };
    let token = sign_in::open_session(app, signed_in).await?;
    let to = match show::onward("/authorize/continue", onward.go) {
        Some(to) => to,
        None if !authorize::has_account(app, locator).await? => "/welcome".to_owned(),
        None => show::own_path(onward.back).to_owned(),
    };
    let mut answer = Redirect::to(&to).into_response();
    visitor.set_cookie(&mut answer, Cookie::Session, &token);
    visitor.know(app, &mut answer, locator).await?;
    Ok(answer)
}

/// `GET /sign-in/second`: the password was right, and is not enough.
pub async fn form(
    State(app): State<App>,
    visitor: Visitor,
    Query(step): Query<StepQuery>,
) -> Result<Response, HttpError> {
    show_second(&app, &visitor, (&step.half, &step.sent), Before::default()).await
}

/// What happened before a page is shown again.
#[derive(Clone, Copy, Default)]
struct Before {
    /// What was typed is wrong.
    failed: bool,
    /// Work that was owed: nothing was tried.
    owed: Option<u8>,
}

impl Before {
    /// After a code was looked at: by what the person got it, or what is shown again.
    fn after(checked: Result<Option<Means>, ActionError>) -> Result<Result<Means, Self>, ActionError> {
        match checked {
            Err(ActionError::Toll(bits)) => Ok(Err(Self { owed: Some(bits), ..Self::default() })),
            checked => Ok(checked?.ok_or(Self { failed: true, ..Self::default() })),
        }
    }
}

async fn show_second(
    app: &App,
    visitor: &Visitor,
    (half, sent): (&str, &str),
    before: Before,
) -> Result<Response, HttpError> {
    let found = factors::find_half(app, half).await?;
    let own = factors::load(app, found.locator()).await?;
    let zone = app.policy()?;
    let lost = match factors::find_lost(app, found.locator()).await? {
        None => LostAll::No,
        Some(Lost::Until(unix_s)) => {
            let moment = Moment { unix_ms: unix_s * 1000, day: Day::default() };
            LostAll::Until(When::moment(moment, zone.policy.time_zone(), visitor.language))
        }
        Some(Lost::Over) => LostAll::Over,
    };
    let page = Second {
        has_app: own.totp.is_some(),
        has_passkey: !own.passkeys.is_empty() && app.webauthn.is_some(),
        ways: ways(app, &own, sent),
        failed: before.failed,
        lost,
        work: visitor.work(app, Tried::Second, Some(Whose::Person(found.locator())), before.owed)?,
        go: found.go,
        back: found.back,
        carry: vec![("half".to_owned(), half.to_owned()), ("sent".to_owned(), sent.to_owned())],
    };
    Ok(visitor.page_owing(page.render(&visitor.chrome(app)?), before.owed))
}

/// `POST /sign-in/second`: a code of the app, one that was sent, or a recovery code.
pub async fn second(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    let half = posted.text("half");
    let found = factors::find_half(&app, half).await?;
    let (typed, whence) = (typed(&app, &visitor, &posted), visitor.whence(&app, &posted));
    match Before::after(factors::check_code(&app, found.locator(), &typed, &whence).await)? {
        Ok(means) => finish(&app, &visitor, &headers, half, (&found, &[Means::Password, means])).await,
        Err(before) => show_second(&app, &visitor, (half, typed.sent), before).await,
    }
}

async fn finish(
    app: &App,
    visitor: &Visitor,
    headers: &HeaderMap,
    half: &str,
    (found, means): (&Half, &[Means]),
) -> Result<Response, HttpError> {
    factors::end_half(app, half).await?;
    let onward = Onward { go: &found.go, back: &found.back };
    let proven = Proven { locator: found.locator(), generation: Some(found.generation), means };
    enter(app, visitor, headers, proven, onward).await
}

/// `POST /sign-in/lost`: everything is lost. The person is told, and waits; once that is over, the factors go.
pub async fn lost(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    let half = posted.text("half");
    let found = factors::find_half(&app, half).await?;
    match factors::lost(&app, found.locator(), visitor.language).await? {
        Lost::Until(_) => show_second(&app, &visitor, (half, ""), Before::default()).await,
        Lost::Over => finish(&app, &visitor, &headers, half, (&found, &[Means::Password])).await,
    }
}

/// `GET /sign-in/lost/stop`: the page behind the letter's link.
pub async fn stop_form(
    State(app): State<App>,
    visitor: Visitor,
    Query(step): Query<StepQuery>,
) -> Result<Response, HttpError> {
    let now_s = app.now().unix_s();
    let ticket = app.store.find_ticket(TicketKind::StopLost, &step.token, now_s).await.map_err(ActionError::from)?;
    ticket.ok_or(ActionError::Expired)?;
    let page = StopLost { is_done: false, carry: vec![("token".to_owned(), step.token)] };
    Ok(visitor.page(page.render(&visitor.chrome(&app)?)))
}

/// `POST /sign-in/lost/stop`.
pub async fn stop(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    factors::stop_by_link(&app, posted.text("token")).await?;
    Ok(visitor.page(StopLost { is_done: true, carry: Vec::new() }.render(&visitor.chrome(&app)?)))
}

/// `POST /sign-in/passkey/begin`: what a browser needs to show a passkey. Writes one short-lived row, about nobody.
pub async fn begin_passkey(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Json<Value>, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    Ok(Json(passkeys::begin_showing(&app, visitor.browser(&app)).await?))
}

/// `POST /sign-in/passkey`: the passkey is enough.
pub async fn passkey(
    State(app): State<App>,
    visitor: Visitor,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, HttpError> {
    visitor.check_form(posted.text("form_token"))?;
    let onward = Onward { go: posted.text("go"), back: posted.text("back") };
    match passkeys::shown(&app, posted.text("state"), posted.text("credential"), visitor.browser(&app)).await? {
        Some(locator) => {
            let proven = Proven { locator, generation: None, means: &[Means::Passkey] };
            enter(&app, &visitor, &headers, proven, onward).await
        }
        None => Ok(Redirect::to("/sign-in?done=passkey-failed").into_response()),
    }
}

/// The session, if its person proved who they are a short while ago; else the way to prove it again and come back.
///
/// # Errors
/// [`HttpError::SignIn`] without a session, [`HttpError::Prove`] with an old one.
pub fn recent<'a>(app: &App, visitor: &'a Visitor, back: &str) -> Result<&'a crate::http::visitor::Session, HttpError> {
    let own = visitor.signed_in()?;
    if own.auth_time_s + RECENT_S >= app.now().unix_s() {
        Ok(own)
    } else {
        Err(HttpError::Prove { back: back.to_owned() })
    }
}

/// `GET /prove`.
pub async fn prove_form(
    State(app): State<App>,
    visitor: Visitor,
    Query(step): Query<StepQuery>,
) -> Result<Response, HttpError> {
    show_prove(&app, &visitor, (&step.back, &step.sent), Before::default()).await
}

async fn show_prove(
    app: &App,
    visitor: &Visitor,
    (back, sent): (&str, &str),
    before: Before,
) -> Result<Response, HttpError> {
    let locator = visitor.signed_in()?.locator;
    let own = factors::load(app, locator).await?;
    let asks_code = own.has_second();
    let page = Prove {
        asks_code,
        has_passkey: !own.passkeys.is_empty() && app.webauthn.is_some(),
        ways: ways(app, &own, sent),
        failed: before.failed,
        work: match before.owed {
            None if !asks_code => None,
            owed => visitor.work(app, Tried::Second, Some(Whose::Person(locator)), owed)?,
        },
        carry: vec![("back".to_owned(), show::own_path(back).to_owned()), ("sent".to_owned(), sent.to_owned())],
    };
    Ok(visitor.page_owing(page.render(&visitor.chrome(app)?), before.owed))
}

/// `POST /prove`: password, and a code where there is more than a password; or a passkey.
pub async fn prove(State(app): State<App>, visitor: Visitor, posted: Posted) -> Result<Response, HttpError> {
    let own = visitor.signed_in()?;
    visitor.check_form(posted.text("form_token"))?;
    let back = posted.text("back");
    let mut before = Before { failed: true, ..Before::default() };
    let strength = if posted.text("credential").is_empty() {
        let is_own = credentials::is_own_password(&app, own.locator, posted.personal("now")).await?;
        let needs_code = factors::load(&app, own.locator).await?.has_second();
        // The code is looked at only after the password, so that guesses at it cost one.
        let mut is_good = is_own;
        if is_own && needs_code {
            let (typed, whence) = (typed(&app, &visitor, &posted), visitor.whence(&app, &posted));
            let after = Before::after(factors::check_code(&app, own.locator, &typed, &whence).await)?.err();
            is_good = after.is_none();
            before = after.unwrap_or(before);
        }
        is_good.then_some(if needs_code { Strength::Two } else { Strength::One })
    } else {
        let (state, credential) = (posted.text("state"), posted.text("credential"));
        let shown = passkeys::shown(&app, state, credential, visitor.browser(&app)).await?;
        shown.filter(|locator| *locator == own.locator).map(|_| Strength::Two)
    };
    match strength {
        Some(strength) => {
            sign_in::renew_session(&app, &own.token, strength).await?;
            Ok(Redirect::to(show::own_path(back)).into_response())
        }
        None => show_prove(&app, &visitor, (back, posted.text("sent")), before).await,
    }
}
