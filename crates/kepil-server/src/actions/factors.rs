//! Factors besides the password: adding, using, losing them. Clauses 5.1, 6.1b.
//!
//! A code of an app is good once; a recovery code too. Whoever lost everything waits: the person is told, can stop it by
//! a link or by signing in, and only then the factors go. So neither a stolen mailbox nor a stolen password is enough.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::{
    Day, Locator, Personal,
    ledger::Act,
    vault::{Credentials, Record},
};
use kepil_policy::{Effective, Language, Tag, Verb};
use kepil_store::{Amendment, NewAct, NewTicket, OsEntropy, PersonRow, StoreError, Taken, TicketKind};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    ActionError, OwnAct,
    admit::{Tried, Whence, Whose, admit},
    credentials::{put, tell},
    sent_codes,
    sign_in::{Known, Means, credential, sign_in_compartment},
};
use crate::{
    App,
    factors::{Factors, TotpKey, new_codes, read_code},
    oidc::grant::to_content,
    pages::Letter,
    throttle::GUESSES,
};

/// How long somebody may take between two steps. Unit: seconds.
pub const STEP_S: i64 = 10 * 60;
/// How long somebody who lost every factor waits. Unit: seconds.
const LOST_S: i64 = 3 * 86_400;
const LOST_HOURS: u32 = 72;
/// What is taken away then.
const LOSABLE: [Means; 5] = [Means::AppCode, Means::Passkey, Means::MailCode, Means::PhoneCode, Means::RecoveryCode];
/// How long after that the factors can be taken away. Unit: seconds.
const LOST_OPEN_S: i64 = 7 * 86_400;

pub(crate) fn broken(error: impl std::fmt::Display) -> ActionError {
    ActionError::Broken(error.to_string())
}

/// What names a person in a keyed hash.
pub(crate) fn spelled(locator: Locator) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(locator.0)
}

/// The person's factors.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn load(app: &App, locator: Locator) -> Result<Factors, ActionError> {
    let compartment = sign_in_compartment(&app.policy()?.policy)?;
    let Some(row) = app.store.find_person(locator, compartment).await? else { return Ok(Factors::default()) };
    of(&row)
}

fn of(row: &PersonRow) -> Result<Factors, ActionError> {
    among(&row.danger_open_records()?)
}

pub(crate) fn among(records: &[(Tag, Record)]) -> Result<Factors, ActionError> {
    let text = credential(records, Credentials::factors());
    Factors::parse(text.as_ref().map_or("", |text| text.reveal().as_str())).map_err(broken)
}

/// Forgets every browser in which the person of `records` signed in.
pub(crate) fn forget_browsers(records: &mut Vec<(Tag, Record)>, written: Day) -> Result<(), ActionError> {
    let mut factors = among(records)?;
    factors.forgotten = factors.forgotten.saturating_add(1);
    let text = Personal::new(factors.to_text().map_err(broken)?);
    put(records, Credentials::class(), Credentials::factors(), text, written);
    Ok(())
}

/// Changes the person's factors; `change` may be called again when somebody else changed them meanwhile. The entry says
/// `what` was changed, in the words of [`Means`].
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub(crate) async fn change<T>(
    app: &App,
    locator: Locator,
    what: &[Means],
    mut change: impl FnMut(&mut Factors) -> T,
) -> Result<T, ActionError> {
    let effective = app.policy()?;
    let compartment = sign_in_compartment(&effective.policy)?;
    let mut said = None;
    let amend = |row: &PersonRow| -> Result<Amendment, ActionError> {
        let mut factors = of(row)?;
        said = Some(change(&mut factors));
        let mut records = row.danger_open_records()?;
        let text = Personal::new(factors.to_text().map_err(broken)?);
        put(&mut records, Credentials::class(), Credentials::factors(), text, app.now().day);
        let acts = vec![changed(app, &effective, what)?];
        Ok(Amendment { standing: row.standing.clone(), records: Some(records), acts })
    };
    app.store.amend(locator, compartment, app.now(), amend).await?;
    said.ok_or(ActionError::Expired)
}

/// The entry of a person who changed `what` proves who they are. Clause 4.6.
pub(crate) fn changed(app: &App, effective: &Effective, what: &[Means]) -> Result<NewAct, ActionError> {
    let mut act = OwnAct::plain(Act::Did(Verb::Clarify)).recorded(effective, app.now())?;
    act.payload.proof = what.iter().map(|means| means.word().into()).collect();
    Ok(act)
}

/// A person who proved the password and must prove more.
#[derive(Deserialize, Serialize)]
pub struct Half {
    locator: [u8; 16],
    /// [`Known::generation`].
    pub generation: u32,
    /// The request to go on with.
    pub go: String,
    /// The page to go on to.
    pub back: String,
}

impl Half {
    /// Who it is.
    #[must_use]
    pub fn locator(&self) -> Locator {
        Locator(self.locator)
    }
}

/// Keeps that `known` proved the password; returns the token for `half`.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn begin_second(app: &App, known: Known, go: &str, back: &str) -> Result<String, ActionError> {
    let Known { locator, generation } = known;
    let half = Half { locator: locator.0, generation, go: go.to_owned(), back: back.to_owned() };
    keep(app, TicketKind::Half, Some(locator), to_content(&half).map_err(broken)?).await
}

pub(crate) async fn keep(
    app: &App,
    kind: TicketKind,
    owner: Option<Locator>,
    content: Zeroizing<Vec<u8>>,
) -> Result<String, ActionError> {
    let until_s = app.now().unix_s() + STEP_S;
    Ok(app.store.add_ticket(NewTicket { kind, owner, family: None, until_s, content }).await?)
}

/// Who stands behind `half`.
///
/// # Errors
/// [`ActionError::Expired`] when nobody any more.
pub async fn find_half(app: &App, half: &str) -> Result<Half, ActionError> {
    let ticket = app.store.find_ticket(TicketKind::Half, half, app.now().unix_s()).await?;
    let half = ticket.and_then(|ticket| serde_json::from_slice(&ticket.content).ok());
    half.ok_or(ActionError::Expired)
}

/// The step is done: the token is good once.
///
/// # Errors
/// [`ActionError::Expired`] when it was used before.
pub async fn end_half(app: &App, half: &str) -> Result<(), ActionError> {
    match app.store.take_ticket(TicketKind::Half, half, app.now().unix_s()).await? {
        Taken::First(_) => Ok(()),
        Taken::Again(_) | Taken::Unknown => Err(ActionError::Expired),
    }
}

/// A code as a form posted it.
pub struct Typed<'a> {
    /// What was typed.
    pub code: Personal<String>,
    /// The token of a code that was sent; empty when none was.
    pub sent: &'a str,
    /// In which browser.
    pub browser: [u8; 16],
}

impl Typed<'_> {
    /// What was typed, without spaces.
    pub(crate) fn digits(&self) -> String {
        self.code.reveal().chars().filter(|c| !c.is_whitespace()).collect()
    }
}

/// By what the person got the code that they `typed`: a code that was sent, of their app, or a recovery code; `None` when it
/// is none. Each is good once. Stops a recovery that somebody began.
///
/// # Errors
/// [`ActionError::Toll`] and [`ActionError::Busy`] after too many tries.
pub async fn check_code(
    app: &App,
    locator: Locator,
    typed: &Typed<'_>,
    whence: &Whence,
) -> Result<Option<Means>, ActionError> {
    let admitted = admit(app, Tried::Second, Whose::Person(locator), whence).await?;
    let factors = load(app, locator).await?;
    let means = match sent_codes::check(app, locator, typed, &factors).await? {
        Some(channel) => Some(channel.means()),
        None => check_kept(app, locator, &typed.code, &factors).await?,
    };
    if means.is_some() {
        admitted.was_right(app);
        stop_lost(app, locator).await?;
    }
    Ok(means)
}

/// By what of theirs the person got the code: their app, or the recovery codes.
async fn check_kept(
    app: &App,
    locator: Locator,
    typed: &Personal<String>,
    factors: &Factors,
) -> Result<Option<Means>, ActionError> {
    let now_s = app.now().unix_s();
    let step = factors.totp.as_ref().and_then(|totp| totp.step_of(typed.reveal(), now_s));
    Ok(match (step, read_code(typed.reveal())) {
        (Some(step), _) => is_fresh(app, locator, step).await?.then_some(Means::AppCode),
        (None, Some(code)) => {
            let hash = code_hash(app, locator, &code);
            // A wrong one changes nothing, and no entry says that it did.
            let is_own = factors.codes.contains(&hash)
                && change(app, locator, &[Means::RecoveryCode], |factors| factors.use_code(&hash)).await?;
            is_own.then_some(Means::RecoveryCode)
        }
        (None, None) => None,
    })
}

/// Whether no code of the person's app was taken for `step` before; from now on one was.
async fn is_fresh(app: &App, locator: Locator, step: i64) -> Result<bool, ActionError> {
    let name = format!("code {} {step}", spelled(locator));
    Ok(app.store.is_first_use(&name, app.now().unix_s() + STEP_S).await?)
}

/// Codes by letter prove nothing for a while: the mailbox alone just set the password, or is another one. Whoever holds the
/// mailbox would hold both.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub(crate) async fn distrust_mail(app: &App, locator: Locator) -> Result<(), ActionError> {
    if !load(app, locator).await?.mail {
        return Ok(());
    }
    let from_s = app.now().unix_s() + LOST_S;
    change(app, locator, &[Means::MailCode], |factors| factors.mail_from_s = from_s).await
}

fn code_hash(app: &App, locator: Locator, code: &str) -> String {
    let value = Zeroizing::new([&locator.0, code.as_bytes()].concat());
    BASE64_URL_SAFE_NO_PAD.encode(app.store.keys().hash_for("recovery code", &value))
}

/// Makes the secret for an app; it counts only when a code of it was typed. Returns it and the token for the next step.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn begin_totp(app: &App, locator: Locator) -> Result<(TotpKey, String), ActionError> {
    let key = TotpKey::random(&mut OsEntropy)?;
    let token = keep(app, TicketKind::Totp, Some(locator), to_content(&(locator.0, &key)).map_err(broken)?).await?;
    Ok((key, token))
}

/// The secret behind `token`, for showing it again.
///
/// # Errors
/// [`ActionError::Expired`] when there is none, or it is of somebody else.
pub async fn find_totp(app: &App, locator: Locator, token: &str) -> Result<TotpKey, ActionError> {
    let ticket = app.store.find_ticket(TicketKind::Totp, token, app.now().unix_s()).await?;
    let found: Option<([u8; 16], TotpKey)> = ticket.and_then(|ticket| serde_json::from_slice(&ticket.content).ok());
    let found = found.filter(|(own, _)| *own == locator.0);
    found.map(|(_, key)| key).ok_or(ActionError::Expired)
}

/// Takes the app as a factor when `typed` is a code of it; says whether it is. Recovery codes come with the first factor.
/// The person is told.
///
/// # Errors
/// [`ActionError::Expired`] when the secret is not kept any more, [`ActionError::Busy`] after too many tries.
pub async fn add_totp(
    app: &App,
    locator: Locator,
    token: &str,
    typed: &Personal<String>,
    language: Language,
) -> Result<Option<Added>, ActionError> {
    app.try_once("new app", &Personal::new(spelled(locator)), GUESSES)?;
    let key = find_totp(app, locator, token).await?;
    let Some(step) = key.step_of(typed.reveal(), app.now().unix_s()) else { return Ok(None) };
    // Good once (RFC 6238, 5.2): the code that proved the app signs nobody in.
    is_fresh(app, locator, step).await?;
    app.store.take_ticket(TicketKind::Totp, token, app.now().unix_s()).await?;
    add(app, locator, Means::AppCode, language, |factors| factors.totp = Some(key.clone())).await.map(Some)
}

/// What came of adding a factor: the recovery codes, when it is the first.
pub struct Added {
    /// Shown once.
    pub codes: Vec<String>,
}

/// Adds the factor `what`, with recovery codes when there are none. The person is told.
pub(crate) async fn add(
    app: &App,
    locator: Locator,
    what: Means,
    language: Language,
    mut set: impl FnMut(&mut Factors),
) -> Result<Added, ActionError> {
    let codes = new_codes(&mut OsEntropy)?;
    let hashes = hashes(app, locator, &codes);
    let is_first = change(app, locator, &[what], |factors| {
        let is_first = factors.codes.is_empty();
        if is_first {
            factors.codes.clone_from(&hashes);
        }
        set(factors);
        is_first
    })
    .await?;
    let contact = app.policy()?.policy.operator().contact.clone();
    // Recovery codes are shown once: a letter that does not go out keeps nobody from them.
    if let Err(error) = tell(app, locator, &Letter::FactorAdded { what, contact: &contact }, language).await {
        tracing::error!(%error, "a person could not be told of a factor that was added");
    }
    Ok(Added { codes: if is_first { codes } else { Vec::new() } })
}

fn hashes(app: &App, locator: Locator, codes: &[String]) -> Vec<String> {
    codes.iter().filter_map(|code| read_code(code)).map(|code| code_hash(app, locator, &code)).collect()
}

/// New recovery codes instead of the old ones.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn renew_codes(app: &App, locator: Locator) -> Result<Vec<String>, ActionError> {
    let codes = new_codes(&mut OsEntropy)?;
    let hashes = hashes(app, locator, &codes);
    change(app, locator, &[Means::RecoveryCode], |factors| factors.codes.clone_from(&hashes)).await?;
    Ok(codes)
}

/// Takes the app away. Without any factor the recovery codes go too. The person is told.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn remove_totp(app: &App, locator: Locator, language: Language) -> Result<(), ActionError> {
    remove(app, locator, &[Means::AppCode], language, |factors| factors.totp = None).await
}

pub(crate) async fn remove(
    app: &App,
    locator: Locator,
    what: &[Means],
    language: Language,
    mut take: impl FnMut(&mut Factors),
) -> Result<(), ActionError> {
    change(app, locator, what, |factors| {
        take(factors);
        if !factors.has_second() {
            factors.codes.clear();
        }
    })
    .await?;
    let contact = app.policy()?.policy.operator().contact.clone();
    tell(app, locator, &Letter::FactorRemoved { contact: &contact }, language).await
}

/// Where somebody stands who lost every factor.
pub enum Lost {
    /// They wait until this moment. Unit: Unix seconds.
    Until(i64),
    /// The time is over: the factors go when they say so.
    Over,
}

/// Where somebody stands who said that they lost every factor; `None` when nobody did.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn find_lost(app: &App, locator: Locator) -> Result<Option<Lost>, ActionError> {
    let token = app.store.typed_token(TicketKind::Lost, &spelled(locator));
    let now_s = app.now().unix_s();
    let ticket = app.store.find_ticket(TicketKind::Lost, &token, now_s).await?;
    let due_s = ticket.map(|ticket| ticket.until_s - LOST_OPEN_S);
    Ok(due_s.map(|due_s| if due_s > now_s { Lost::Until(due_s) } else { Lost::Over }))
}

/// Somebody who proved the password says that they lost every factor. The first time the person is told and the time
/// begins; when it is over, the factors go.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn lost(app: &App, locator: Locator, language: Language) -> Result<Lost, ActionError> {
    match find_lost(app, locator).await? {
        Some(Lost::Over) => {
            stop_lost(app, locator).await?;
            let clear = |factors: &mut Factors| {
                (factors.totp, factors.passkeys, factors.mail, factors.phone) = (None, Vec::new(), false, None);
            };
            remove(app, locator, &LOSABLE, language, clear).await.map(|()| Lost::Over)
        }
        Some(until) => Ok(until),
        None => begin_lost(app, locator, language).await,
    }
}

async fn begin_lost(app: &App, locator: Locator, language: Language) -> Result<Lost, ActionError> {
    let typed = spelled(locator);
    let due_s = app.now().unix_s() + LOST_S;
    let content = Zeroizing::new(locator.0.to_vec());
    let ticket =
        |kind, content| NewTicket { kind, owner: Some(locator), family: None, until_s: due_s + LOST_OPEN_S, content };
    match app.store.add_typed_ticket(&typed, ticket(TicketKind::Lost, content.clone())).await {
        Ok(()) => {}
        Err(StoreError::Conflict) => return Ok(Lost::Until(due_s)),
        Err(error) => return Err(error.into()),
    }
    let stop = app.store.add_ticket(ticket(TicketKind::StopLost, content)).await?;
    let link = format!("{}/sign-in/lost/stop?token={stop}", app.config.issuer);
    tell(app, locator, &Letter::FactorsLost { link: &link, hours: LOST_HOURS }, language).await?;
    Ok(Lost::Until(due_s))
}

/// Stops what somebody began who said that they lost every factor: by the link of the letter.
///
/// # Errors
/// [`ActionError::Expired`] when the link is not good any more.
pub async fn stop_by_link(app: &App, token: &str) -> Result<(), ActionError> {
    match app.store.take_ticket(TicketKind::StopLost, token, app.now().unix_s()).await? {
        Taken::First(ticket) => stop_lost(app, Locator::from_slice(&ticket.content).ok_or(ActionError::Expired)?).await,
        Taken::Again(_) | Taken::Unknown => Err(ActionError::Expired),
    }
}

/// Stops what somebody began who said that they lost every factor.
pub(crate) async fn stop_lost(app: &App, locator: Locator) -> Result<(), ActionError> {
    let token = app.store.typed_token(TicketKind::Lost, &spelled(locator));
    if let Some(ticket) = app.store.find_ticket(TicketKind::Lost, &token, app.now().unix_s()).await? {
        app.store.remove_ticket(&ticket.id, None).await?;
    }
    Ok(())
}

/// Tells the person of a sign-in at a browser in which they had not signed in before. `device` is what it calls itself.
///
/// # Errors
/// [`ActionError`] when the letter could not be handed over.
pub(crate) async fn tell_device(
    app: &App,
    locator: Locator,
    device: &str,
    language: Language,
) -> Result<(), ActionError> {
    let link = format!("{}/me/security", app.config.issuer);
    tell(app, locator, &Letter::NewDevice { device, link: &link }, language).await
}
