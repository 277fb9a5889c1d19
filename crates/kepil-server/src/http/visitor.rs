//! Who is at the other end of a page: language, session, form token, nonce. Extracted once for each request.
//!
//! Clauses 1.3a (a session is bound to its person), 2.5b1. ASVS 5: V3 sessions, V4 forgery of requests.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, MatchedPath},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::{Entropy, Locator};
use kepil_policy::{Effective, Language};
use kepil_store::{OsEntropy, TicketKind};
use subtle::ConstantTimeEq;

use super::{cookies::Cookie, people::before, posted::Posted, problem::HttpError, sender::Sender};
use crate::{
    App,
    actions::{
        ActionError,
        admit::{self, Tried, Whence, Whose},
        authorize, know_browser,
        sign_in::{SessionContent, Strength},
    },
    challenge::WAIT_S,
    known::KnownBrowser,
    pages::{Chrome, Done, OWN, Work},
};

/// A session that is valid.
pub struct Session {
    /// The token in the cookie.
    pub token: String,
    /// Names it on the page of sessions.
    pub id: [u8; 32],
    /// Whose.
    pub locator: Locator,
    /// What came of it can be ended with it.
    pub family: [u8; 16],
    /// When the person proved who they are. Unit: Unix seconds.
    pub auth_time_s: i64,
    /// How well.
    pub strength: Strength,
}

/// Who is at the other end of a page.
pub struct Visitor {
    /// The reader's language.
    pub language: Language,
    /// Whether the reader picked the language here.
    has_picked: bool,
    /// The session, if there is a valid one.
    pub session: Option<Session>,
    /// Whether the page waits until the person of the session has accepted the account.
    is_early: bool,
    /// The nonce of this answer.
    pub nonce: String,
    /// What forms must post back.
    form_token: String,
    /// A form cookie to be set with the answer.
    new_form_cookie: Option<String>,
    /// From which address the request was sent.
    sender: Option<Sender>,
    /// What the browser keeps that signed in before.
    known: Option<KnownBrowser>,
    edition: Option<Arc<Effective>>,
    here: String,
    done: Option<Done>,
    is_https: bool,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, HttpError> {
        let is_https = app.config.issuer.starts_with("https://");
        let headers = &parts.headers;
        let picked = Cookie::Language.find(headers, is_https).and_then(Language::parse);
        let session = find_session(app, headers, is_https).await?;
        let is_early = match &session {
            Some(session) if !is_open(parts) => !authorize::has_account(app, session.locator).await?,
            _ => false,
        };
        let form = Cookie::Form.find(headers, is_https).filter(|value| value.len() == 43).map(str::to_owned);
        let new_form_cookie = if session.is_none() && form.is_none() { Some(random_text()?) } else { None };
        let bound = session.as_ref().map(|session| session.token.clone()).or(form).or_else(|| new_form_cookie.clone());
        let form_token = app.store.keys().hash_for("form token", bound.unwrap_or_default().as_bytes());
        let query = parts.uri.query().unwrap_or_default();
        let done = query.split('&').find_map(|pair| pair.strip_prefix("done=")).and_then(Done::parse);
        Ok(Self {
            language: picked.unwrap_or_else(|| accepted(headers)),
            has_picked: picked.is_some(),
            session,
            is_early,
            nonce: random_text()?,
            form_token: BASE64_URL_SAFE_NO_PAD.encode(form_token),
            new_form_cookie,
            sender: Sender::of(app, parts),
            known: Cookie::KnownBrowser.find(headers, is_https).and_then(KnownBrowser::parse),
            edition: app.policy().ok(),
            // A query can hold the secret of a link; the page's own address is its path.
            here: parts.uri.path().to_owned(),
            done,
            is_https,
        })
    }
}

async fn find_session(app: &App, headers: &HeaderMap, is_https: bool) -> Result<Option<Session>, HttpError> {
    let Some(token) = Cookie::Session.find(headers, is_https) else { return Ok(None) };
    let ticket =
        app.store.find_ticket(TicketKind::Session, token, app.now().unix_s()).await.map_err(ActionError::from)?;
    Ok(ticket.and_then(|ticket| {
        let content = SessionContent::from_bytes(&ticket.content)?;
        let SessionContent { locator, auth_time_s, strength, .. } = content;
        Some(Session { token: token.to_owned(), id: ticket.id, locator, family: ticket.family?, auth_time_s, strength })
    }))
}

/// Whether the page is open to somebody who never accepted the account.
fn is_open(parts: &Parts) -> bool {
    parts.extensions.get::<MatchedPath>().is_none_or(|page| before::is_open(page.as_str()))
}

fn random_text() -> Result<String, HttpError> {
    let mut bytes = [0; 32];
    OsEntropy.fill(&mut bytes).map_err(|error| HttpError::from(ActionError::from(error)))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// The first of the browser's languages that the pages have, else Russian.
fn accepted(headers: &HeaderMap) -> Language {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|line| line.to_str().ok()).unwrap_or_default();
    wanted.split(',').find_map(|part| Language::parse(part.trim().get(..2)?)).unwrap_or(Language::Ru)
}

impl Visitor {
    /// The session, or the answer that sends the reader to sign in and back. Whoever never accepted the account is asked that
    /// first, wherever something is used (clause 1.2c).
    ///
    /// # Errors
    /// [`HttpError::SignIn`], [`HttpError::Welcome`].
    pub fn signed_in(&self) -> Result<&Session, HttpError> {
        let session = self.session.as_ref().ok_or_else(|| HttpError::SignIn { back: self.here.clone() })?;
        if self.is_early { Err(HttpError::Welcome) } else { Ok(session) }
    }

    /// Speaks the language that a service wishes for its person, unless the person picked one here.
    pub fn speak(&mut self, wished: Option<Language>) {
        if let Some(wished) = wished.filter(|_| !self.has_picked) {
            self.language = wished;
        }
    }

    /// Names the browser, or the session in it: the same as long as its cookie is.
    #[must_use]
    pub fn browser(&self, app: &App) -> [u8; 16] {
        app.store.keys().hash_for("browser", self.form_token.as_bytes())
    }

    /// From which address the request was sent, where that is known.
    #[must_use]
    pub fn sender(&self) -> Option<Sender> {
        self.sender
    }

    /// From where a try comes that a form posted.
    #[must_use]
    pub fn whence(&self, app: &App, posted: &Posted) -> Whence {
        self.whence_with(app, posted.text("challenge"), posted.text("answer"))
    }

    /// From where a try comes, with the work that was done for it.
    #[must_use]
    pub fn whence_with(&self, app: &App, challenge: &str, answer: &str) -> Whence {
        Whence {
            sender: self.sender,
            browser: self.browser(app),
            known: self.known.clone(),
            challenge: challenge.to_owned(),
            answer: answer.to_owned(),
        }
    }

    /// The work that the form of `tried` asks for: `owed` when it was sent without, else what the next try will cost.
    ///
    /// # Errors
    /// [`HttpError`] when there is no randomness.
    pub fn work(
        &self,
        app: &App,
        tried: Tried,
        whose: Option<Whose<'_>>,
        owed: Option<u8>,
    ) -> Result<Option<Work>, HttpError> {
        let whence = self.whence_with(app, "", "");
        let Some(bits) = owed.or_else(|| admit::due(app, tried, whose, &whence)) else { return Ok(None) };
        let challenge = admit::challenge(app, tried, whence.browser, bits)?;
        let wait_s = u32::try_from(WAIT_S).unwrap_or_default();
        Ok(Some(Work { challenge: challenge.to_text(), seed: challenge.seed(), bits, wait_s }))
    }

    /// [`Self::page`], or the same with the status of one who tried too often, when work is `owed`.
    #[must_use]
    pub fn page_owing(&self, html: String, owed: Option<u8>) -> Response {
        let mut answer = self.page(html);
        if owed.is_some() {
            *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        }
        answer
    }

    /// Makes the browser one that its person signed in with.
    ///
    /// # Errors
    /// [`HttpError`] when the store does not answer.
    pub async fn know(&self, app: &App, answer: &mut Response, locator: Locator) -> Result<(), HttpError> {
        let known = know_browser::know(app, locator).await?;
        self.set_cookie(answer, Cookie::KnownBrowser, &known);
        Ok(())
    }

    /// Whether the person at `locator` signed in with the browser before.
    ///
    /// # Errors
    /// [`HttpError`] when the store does not answer.
    pub async fn is_known(&self, app: &App, locator: Locator) -> Result<bool, HttpError> {
        let Some(known) = &self.known else { return Ok(false) };
        Ok(know_browser::find_owner(app, Whose::Person(locator), known).await?.is_some())
    }

    /// Checks what a form posted back.
    ///
    /// # Errors
    /// [`HttpError::Forged`] when it was not made for this browser.
    pub fn check_form(&self, form_token: &str) -> Result<(), HttpError> {
        let fits: bool = self.form_token.as_bytes().ct_eq(form_token.as_bytes()).into();
        if fits && self.new_form_cookie.is_none() { Ok(()) } else { Err(HttpError::Forged) }
    }

    /// What the page has around it.
    ///
    /// # Errors
    /// [`HttpError`] before the first edition was published.
    pub fn chrome(&self, app: &App) -> Result<Chrome, HttpError> {
        let policy = app.policy()?;
        Ok(Chrome {
            language: self.language,
            operator: policy.policy.operator().name.get(self.language).to_owned(),
            edition: policy.policy.edition().to_owned(),
            nonce: self.nonce.clone(),
            form_token: self.form_token.clone(),
            signed_in: self.session.is_some(),
            here: self.here.clone(),
            done: self.done,
            base: OWN.to_owned(),
            whom: None,
        })
    }

    /// A page as an answer: strict policy for contents, nothing kept by caches, the form cookie set where it was missing.
    #[must_use]
    pub fn page(&self, html: String) -> Response {
        let mut answer = Html(html).into_response();
        let headers = answer.headers_mut();
        let csp = format!(
            "default-src 'none'; style-src 'self' 'nonce-{0}'; script-src 'self' 'nonce-{0}'; img-src 'self' data:; \
             connect-src 'self'; form-action *; base-uri 'none'; frame-ancestors 'none'",
            self.nonce
        );
        if let Ok(csp) = HeaderValue::from_str(&csp) {
            headers.insert(header::CONTENT_SECURITY_POLICY, csp);
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(value) = &self.new_form_cookie {
            self.set_cookie(&mut answer, Cookie::Form, value);
        }
        answer
    }

    /// Sets a cookie of the server with `answer`, as the edition in force declares it.
    pub fn set_cookie(&self, answer: &mut Response, cookie: Cookie, value: &str) {
        if let Some(edition) = &self.edition {
            cookie.set(answer, value, &edition.policy, self.is_https);
        }
    }

    /// Ends a cookie of the server with `answer`.
    pub fn end_cookie(&self, answer: &mut Response, cookie: Cookie) {
        cookie.end(answer, self.is_https);
    }
}
