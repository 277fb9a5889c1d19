//! A device without a browser (RFC 8628): it shows a short code, its person types the code elsewhere, decides there, and
//! the device gets its tokens. Clauses 3.4e, 6.1b.
//!
//! What the device gets is a session of its own: it is listed among the person's sessions, ends with it, and outlives the
//! browser in which the person decided. Short codes can be guessed, so only a person who is signed in may try, a few times.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::{Entropy, Locator, Personal};
use kepil_policy::Language;
use kepil_store::{NewTicket, OsEntropy, StoreError, Taken, Ticket, TicketKind};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{
    ActionError,
    admit::{Tried, Whence, Whose, admit},
    authorize::{self, SignedIn, family_of},
    sign_in::SessionContent,
};
use crate::{
    App,
    oidc::{
        Answer, AuthRequest, Client, Fault, OauthError, Params,
        grant::{Grant, REFRESH_S, to_content},
    },
    throttle::Limit,
};

/// How long a device waits. Unit: seconds.
pub const DEVICE_S: i64 = 600;
/// How long a device waits between two questions. Unit: seconds.
pub const INTERVAL_S: i64 = 5;
/// One question in an interval, with a second for clocks that tick apart.
const QUESTIONS: Limit = Limit { tries: 1, window_s: INTERVAL_S - 1 };
/// Letters that nobody takes for another, and that spell no word.
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const TRIES: u8 = 4;

#[derive(Deserialize, Serialize)]
enum Answered {
    NotYet,
    No,
    Yes(Box<Grant>),
}

#[derive(Deserialize, Serialize)]
struct DeviceContent {
    client_id: String,
    /// What its session will have in common.
    session: [u8; 16],
    answered: Answered,
}

/// What a device shows and asks with.
pub struct Begun {
    /// What it asks with.
    pub device_code: String,
    /// What its person types.
    pub user_code: String,
}

fn broken(error: serde_json::Error) -> ActionError {
    ActionError::Broken(error.to_string())
}

/// A device of `client` begins to wait.
///
/// # Errors
/// [`Fault`] for the client.
pub async fn begin(app: &App, client: &Client, params: &Params) -> Result<Begun, OauthError> {
    let (effective, now_s) = (app.policy()?, app.now().unix_s());
    // What cannot be asked is refused before anything is kept.
    let request = AuthRequest::plain(params, client, Answer::Device(String::new()), &effective.policy, now_s)?;
    let mut session = [0; 16];
    OsEntropy.fill(&mut session).map_err(ActionError::from)?;
    let (family, until_s) = (Some(family_of(app, session, &client.id)), now_s + DEVICE_S);
    let content = DeviceContent { client_id: client.id.clone(), session, answered: Answered::NotYet };
    let content = to_content(&content).map_err(broken)?;
    let device = NewTicket { kind: TicketKind::Device, owner: None, family, until_s, content };
    let device_code = app.store.add_ticket(device).await?;
    let request = AuthRequest { answer: Answer::Device(device_code.clone()), ..request };
    for _ in 0..TRIES {
        let (user_code, content) = (short_code()?, to_content(&request).map_err(broken)?);
        let typed = NewTicket { kind: TicketKind::UserCode, owner: None, family: None, until_s, content };
        match app.store.add_typed_ticket(&user_code, typed).await {
            Ok(()) => return Ok(Begun { device_code, user_code: in_groups(&user_code) }),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ActionError::Busy.into())
}

/// Eight letters, each as likely as the others.
fn short_code() -> Result<String, ActionError> {
    let mut code = String::new();
    let mut bytes = [0; 16];
    while code.len() < 8 {
        OsEntropy.fill(&mut bytes)?;
        let even = bytes.iter().filter(|byte| **byte < 240);
        code.extend(even.filter_map(|byte| LETTERS.get(usize::from(byte % 20))).map(|byte| char::from(*byte)));
        code.truncate(8);
    }
    Ok(code)
}

fn in_groups(code: &str) -> String {
    code.split_at_checked(4).map_or_else(|| code.to_owned(), |(first, second)| format!("{first}-{second}"))
}

/// The code that was typed, however it was written; `None` when it is none.
#[must_use]
pub fn read_code(typed: &str) -> Option<String> {
    let letters: String =
        typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect();
    (letters.len() == 8 && letters.bytes().all(|byte| LETTERS.contains(&byte))).then_some(letters)
}

/// The service whose device shows what the person at `locator` typed.
///
/// # Errors
/// [`ActionError::Toll`] and [`ActionError::Busy`] after too many wrong ones.
pub async fn find(
    app: &App,
    locator: Locator,
    typed: &str,
    whence: &Whence,
) -> Result<Option<AuthRequest>, ActionError> {
    let admitted = admit(app, Tried::DeviceCode, Whose::Person(locator), whence).await?;
    let Some(code) = read_code(typed) else { return Ok(None) };
    let token = app.store.typed_token(TicketKind::UserCode, &code);
    let ticket = app.store.find_ticket(TicketKind::UserCode, &token, app.now().unix_s()).await?;
    let found = ticket.and_then(|ticket| serde_json::from_slice(&ticket.content).ok());
    if found.is_some() {
        admitted.was_right(app);
    }
    Ok(found)
}

/// Proof that the code that was `typed` was found for the person at `locator`.
#[must_use]
pub fn shown(app: &App, locator: Locator, typed: &str) -> String {
    let code = read_code(typed).unwrap_or_default();
    let bound = Zeroizing::new([&locator.0[..], code.as_bytes()].concat());
    BASE64_URL_SAFE_NO_PAD.encode(app.store.keys().hash_for("shown code", &bound))
}

/// Whether `proof` is that of [`shown`].
#[must_use]
pub fn was_shown(app: &App, locator: Locator, typed: &str, proof: &str) -> bool {
    shown(app, locator, typed).as_bytes().ct_eq(proof.as_bytes()).into()
}

/// The person at `locator` says whether the device is theirs: then its request goes on like any other, under the token
/// returned, for this very person: whoever is lured to go on with somebody else's request grants nothing.
///
/// # Errors
/// [`ActionError::Expired`] when the code is used or past its end.
pub async fn answer(app: &App, locator: Locator, typed: &str, is_theirs: bool) -> Result<Option<String>, ActionError> {
    let code = read_code(typed).ok_or(ActionError::Expired)?;
    let token = app.store.typed_token(TicketKind::UserCode, &code);
    let Taken::First(ticket) = app.store.take_ticket(TicketKind::UserCode, &token, app.now().unix_s()).await? else {
        return Err(ActionError::Expired);
    };
    let request: AuthRequest = serde_json::from_slice(&ticket.content).map_err(|_| ActionError::Expired)?;
    if is_theirs {
        let sub = app.store.keys().sector(&request.service).sub(&locator)?.as_str().to_owned();
        return Ok(Some(authorize::keep(app, &AuthRequest { sub: Some(sub), ..request }).await?));
    }
    if let Answer::Device(code) = &request.answer {
        deny(app, code).await?;
    }
    Ok(None)
}

async fn set(app: &App, code: &str, change: impl FnOnce(&mut DeviceContent)) -> Result<DeviceContent, ActionError> {
    let found = app.store.find_ticket(TicketKind::Device, code, app.now().unix_s()).await?;
    let mut ticket = found.ok_or(ActionError::Expired)?;
    let mut content: DeviceContent = serde_json::from_slice(&ticket.content).map_err(|_| ActionError::Expired)?;
    if !matches!(content.answered, Answered::NotYet) {
        return Err(ActionError::Expired);
    }
    change(&mut content);
    ticket.content = to_content(&content).map_err(broken)?;
    app.store.set_ticket(TicketKind::Device, code, &ticket).await?;
    Ok(content)
}

/// The person refused.
///
/// # Errors
/// [`ActionError::Expired`] when the device does not wait any more.
pub async fn deny(app: &App, code: &str) -> Result<(), ActionError> {
    set(app, code, |content| content.answered = Answered::No).await.map(drop)
}

/// The person decided: the device gets a session of its own.
///
/// # Errors
/// [`ActionError::Expired`] when the device does not wait any more.
pub async fn grant(
    app: &App,
    request: &AuthRequest,
    session: &SignedIn,
    code: &str,
    edition: u32,
) -> Result<(), ActionError> {
    let found = app.store.find_ticket(TicketKind::Device, code, app.now().unix_s()).await?;
    let content: Option<DeviceContent> = found.and_then(|ticket| serde_json::from_slice(&ticket.content).ok());
    let family = content.ok_or(ActionError::Expired)?.session;
    let own = SignedIn { family, ..*session };
    let granted = authorize::grant(app, request, &own, edition).await?;
    let (effective, language) = (app.policy()?, request.language().unwrap_or(Language::Ru));
    let service = effective.policy.find_service(&request.service);
    let label = service.map(|service| service.label.get(language).to_owned());
    let (locator, auth_time_s) = (session.locator, session.auth_time_s);
    let (strength, device) = (session.strength, label.unwrap_or_default());
    let content = SessionContent { locator, auth_time_s, strength, device }.to_bytes();
    let until_s = app.now().unix_s() + REFRESH_S;
    // Nobody gets this ticket's token: the session is there to be seen and ended.
    let listed = NewTicket { kind: TicketKind::Session, owner: Some(locator), family: Some(family), until_s, content };
    app.store.add_ticket(listed).await?;
    set(app, code, |content| content.answered = Answered::Yes(Box::new(granted))).await.map(drop)
}

/// What the person answered, for the device that asks with `code`.
///
/// # Errors
/// [`Fault`] that tells the device what to do.
pub async fn answered(app: &App, client: &Client, code: &str, ticket: &Ticket) -> Result<Grant, OauthError> {
    let content: DeviceContent = serde_json::from_slice(&ticket.content).map_err(|_| Fault::InvalidGrant)?;
    if content.client_id != client.id {
        return Err(Fault::InvalidGrant.into());
    }
    match content.answered {
        Answered::Yes(grant) => Ok(*grant),
        Answered::No => {
            app.store.remove_ticket(&ticket.id, None).await?;
            Err(Fault::AccessDenied.into())
        }
        Answered::NotYet => {
            let asked = app.try_in(&app.throttle.services, "device", &Personal::new(code.to_owned()), QUESTIONS);
            Err(if asked.is_ok() { Fault::AuthorizationPending } else { Fault::SlowDown }.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        for typed in ["BCDF-GHJK", "bcdfghjk", " bcdf ghjk\n", "b-c-d-f-g-h-j-k"] {
            assert_eq!(read_code(typed).as_deref(), Some("BCDFGHJK"), "{typed}");
        }
        for typed in ["", "BCDF-GHJ", "BCDF-GHJKL", "AAAA-AAAA", "12345678", "бцдфгхжк"] {
            assert_eq!(read_code(typed), None, "{typed}");
        }
        let code = short_code().unwrap();
        assert_eq!(read_code(&in_groups(&code)), Some(code));
    }
}
