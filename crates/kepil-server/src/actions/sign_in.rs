//! Signing in by password, and the session that comes of it. Clauses 2.1¶C1, 6.1b.
//!
//! A failure costs and looks the same whether the name, the password or both were wrong.

use kepil_domain::{
    Entropy, Locator, Personal, SessionMark, form,
    ledger::Act,
    vault::{Credentials, IndexTerm, Record},
};
use kepil_policy::{Field, Kind, Language, Policy, Tag};
use kepil_store::{Amendment, NewTicket, OsEntropy, PersonRow, TicketKind};
use zeroize::Zeroizing;

use super::{
    ActionError, OwnAct,
    admit::{Tried, Whence, Whose, admit},
    credentials::{self, HashOf},
    factors, tag_of,
};
use crate::{App, password::is_outdated};

/// How long a session lasts. Unit: seconds.
pub(crate) const SESSION_S: i64 = 12 * 3600;

/// What a session's ticket carries.
pub struct SessionContent {
    /// Whose.
    pub locator: Locator,
    /// When the person proved who they are. Unit: Unix seconds.
    pub auth_time_s: i64,
    /// How well: by one factor or more.
    pub strength: Strength,
    /// Browser and system, coarse.
    pub device: String,
}

/// How well a person proved who they are.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Strength {
    /// By the password.
    One = 1,
    /// By a passkey, or by the password and a code.
    Two = 2,
}

impl Strength {
    /// What `means` come to.
    #[must_use]
    pub fn of(means: &[Means]) -> Self {
        if means.len() > 1 || means.contains(&Means::Passkey) { Self::Two } else { Self::One }
    }

    /// The word of the `acr` claim.
    #[must_use]
    pub fn acr(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::Two => "2",
        }
    }
}

/// By what a person proved who they are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Means {
    /// The password.
    Password,
    /// The link of a letter.
    Letter,
    /// A code of their app.
    AppCode,
    /// A recovery code.
    RecoveryCode,
    /// A code that was sent by letter.
    MailCode,
    /// A code that was sent to their phone.
    PhoneCode,
    /// A passkey.
    Passkey,
}

impl Means {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Password,
        Self::Letter,
        Self::AppCode,
        Self::RecoveryCode,
        Self::MailCode,
        Self::PhoneCode,
        Self::Passkey,
    ];

    /// A short stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Letter => "letter",
            Self::AppCode => "app-code",
            Self::RecoveryCode => "recovery-code",
            Self::MailCode => "mail-code",
            Self::PhoneCode => "phone-code",
            Self::Passkey => "passkey",
        }
    }
}

impl SessionContent {
    /// The bytes for the ticket.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(Vec::with_capacity(25 + self.device.len()));
        out.extend(self.locator.0);
        out.extend(self.auth_time_s.to_be_bytes());
        out.push(self.strength as u8);
        out.extend(self.device.as_bytes());
        out
    }

    /// The way back from [`Self::to_bytes`].
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (locator, rest) = bytes.split_first_chunk::<16>()?;
        let (time, rest) = rest.split_first_chunk::<8>()?;
        let (strength, device) = rest.split_first()?;
        let strength = [Strength::One, Strength::Two].into_iter().find(|each| *each as u8 == *strength)?;
        let device = std::str::from_utf8(device).ok()?.to_owned();
        Some(Self { locator: Locator(*locator), auth_time_s: i64::from_be_bytes(*time), strength, device })
    }
}

/// The compartment in which people sign in.
///
/// # Errors
/// [`ActionError::NoPolicy`] when the policy has none, which its compiler does not let pass.
pub(crate) fn sign_in_compartment(policy: &Policy) -> Result<Tag, ActionError> {
    let field = policy.fields().iter().find(|field| field.sign_in).ok_or(ActionError::NoPolicy)?;
    tag_of(policy, field.compartment)
}

/// Who is called `identifier`, whichever of the sign-in fields it is.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub(crate) async fn find_person(
    app: &App,
    policy: &Policy,
    identifier: &Personal<String>,
) -> Result<Option<Locator>, ActionError> {
    let mut found = None;
    for field in policy.fields().iter().filter(|field| field.sign_in) {
        // A text of the wrong kind still costs one look-up.
        let canonical = canonical(app, field, identifier);
        let term = IndexTerm::of(app.store.keys(), &field.name, canonical.as_ref().unwrap_or(identifier))?;
        found = found.or(app.store.find_holder(&term).await?);
    }
    Ok(found)
}

/// How `identifier` is written in the index of `field`; `None` when it is of another kind.
fn canonical(app: &App, field: &Field, identifier: &Personal<String>) -> Option<Personal<String>> {
    match field.kind {
        Kind::Email => form::email(identifier.reveal()).ok().map(Personal::new),
        _ => form::canonical(field, identifier, app.now().day).ok().flatten(),
    }
}

/// Under what tries with `identifier` are counted: one name, however it is typed.
pub(crate) fn counted_name(app: &App, policy: &Policy, identifier: &Personal<String>) -> Personal<String> {
    let mut fields = policy.fields().iter().filter(|field| field.sign_in);
    fields.find_map(|field| canonical(app, field, identifier)).unwrap_or_else(|| identifier.copy())
}

/// Somebody whose password was right.
#[derive(Clone, Copy)]
pub struct Known {
    /// Who.
    pub locator: Locator,
    /// How often their sessions had been ended as a whole by then: a password that is no longer theirs opens nothing.
    pub generation: u32,
}

/// Signs in; `None` when name and password do not fit together.
///
/// # Errors
/// [`ActionError::Toll`] and [`ActionError::Busy`] after too many wrong guesses, or when too many are waiting; others when
/// the store does not answer.
pub async fn sign_in(
    app: &App,
    identifier: Personal<String>,
    password: Personal<String>,
    whence: &Whence,
) -> Result<Option<Known>, ActionError> {
    let effective = app.policy()?;
    let admitted = admit(app, Tried::SignIn, Whose::Name(&identifier), whence).await?;
    let compartment = sign_in_compartment(&effective.policy)?;
    let locator = find_person(app, &effective.policy, &identifier).await?;
    let row = match locator {
        Some(locator) => app.store.find_person(locator, compartment).await?,
        None => None,
    };
    if !check_password(app, row.as_ref(), password.copy()).await? {
        return Ok(None);
    }
    let (Some(locator), Some(row)) = (locator, row) else { return Ok(None) };
    admitted.was_right(app);
    let records = row.danger_open_records()?;
    let generation = factors::among(&records)?.forgotten;
    if let Some(outdated) = password_hash(&records).filter(is_outdated) {
        let hash = app.hasher.hash(password).await.map_err(|_| ActionError::Busy)?;
        credentials::set_hash(app, locator, &hash, HashOf::Same(&outdated)).await?;
    }
    Ok(Some(Known { locator, generation }))
}

/// Whether `password` is that of the person whose row it is; without a row the same work gives no.
///
/// # Errors
/// [`ActionError::Busy`] when too many are waiting.
pub(crate) async fn check_password(
    app: &App,
    row: Option<&PersonRow>,
    password: Personal<String>,
) -> Result<bool, ActionError> {
    let row = row.filter(|row| !row.standing.is_destroying);
    let records = row.map(PersonRow::danger_open_records).transpose()?.unwrap_or_default();
    app.hasher.check(password, password_hash(&records)).await.map_err(|_| ActionError::Busy)
}

/// The hash of the password among `records`.
pub(crate) fn password_hash(records: &[(Tag, Record)]) -> Option<Personal<String>> {
    credential(records, Credentials::password())
}

/// What proves the person, by its `tag`, among `records`.
pub(crate) fn credential(records: &[(Tag, Record)], tag: Tag) -> Option<Personal<String>> {
    let (_, record) = records.iter().find(|(class, _)| *class == Credentials::class())?;
    record.find(tag).map(|value| value.text.copy())
}

/// Records that the person signed in: when they proved all that is needed, not before. Clause 6.1b: the entry says by what,
/// where, and in which session.
async fn record(app: &App, signed_in: &SignedIn, session: SessionMark) -> Result<(), ActionError> {
    let locator = signed_in.locator;
    let (effective, moment) = (app.policy()?, app.now());
    let compartment = sign_in_compartment(&effective.policy)?;
    let change = |row: &PersonRow| -> Result<Amendment, ActionError> {
        let now = factors::among(&row.danger_open_records()?)?.forgotten;
        if signed_in.generation.is_some_and(|generation| generation != now) {
            return Err(ActionError::Expired);
        }
        let mut act = OwnAct::plain(Act::SignIn).recorded(&effective, moment)?;
        act.payload.session = Some(session.to_string().into());
        act.payload.device = Some(signed_in.device.clone().into());
        act.payload.proof = signed_in.means.iter().map(|means| means.word().into()).collect();
        let acts = vec![act];
        Ok(Amendment { standing: row.standing.clone(), records: None, acts })
    };
    app.store.amend(locator, compartment, moment, change).await.map(drop)
}

/// A sign-in that worked.
pub struct SignedIn {
    /// Who.
    pub locator: Locator,
    /// How well they proved it.
    pub strength: Strength,
    /// By what.
    pub means: Vec<Means>,
    /// [`Known::generation`], where they proved a password: it must still be theirs.
    pub generation: Option<u32>,
    /// When they proved as much as that; `None` when just now. Unit: Unix seconds.
    pub proven_s: Option<i64>,
    /// Browser and system, coarse.
    pub device: String,
    /// Whether the browser showed that they had signed in there: else they are told, whatever it calls itself.
    pub is_known: bool,
    /// The reader's language, for a letter.
    pub language: Language,
}

/// What the entries of a session have in common, under the seal of their payloads: nobody else can tell that they are of one
/// session, and it names no cookie, ticket or token.
#[must_use]
pub fn mark_of(app: &App, family: [u8; 16]) -> SessionMark {
    let hash = app.store.keys().hash_for("session mark", &family);
    SessionMark(hash.first_chunk().copied().unwrap_or_default())
}

/// Opens the session of a sign-in and records it; returns the token for the cookie. The person is told of a browser that is
/// not known, once for each sign-in. The session is there before the record, which fails once all sessions were ended: of a reset and a sign-in that was
/// under way, either the reset finds the session or the sign-in is refused.
///
/// # Errors
/// [`ActionError::Expired`] when the password is no longer theirs; others when the store does not answer.
pub async fn open_session(app: &App, signed_in: SignedIn) -> Result<String, ActionError> {
    let mut family = [0; 16];
    OsEntropy.fill(&mut family)?;
    let SignedIn { locator, strength, language, .. } = signed_in;
    let now_s = app.now().unix_s();
    let auth_time_s = signed_in.proven_s.unwrap_or(now_s);
    let content = SessionContent { locator, auth_time_s, strength, device: signed_in.device.clone() }.to_bytes();
    let ticket = NewTicket {
        kind: TicketKind::Session,
        owner: Some(locator),
        family: Some(family),
        until_s: now_s + SESSION_S,
        content,
    };
    let token = app.store.add_ticket(ticket).await?;
    if let Err(error) = record(app, &signed_in, mark_of(app, family)).await {
        app.store.remove_families(&[family]).await?;
        return Err(error);
    }
    if !signed_in.is_known {
        // Nobody waits for the letter.
        let (app, device) = (app.clone(), signed_in.device);
        tokio::spawn(async move {
            if let Err(error) = factors::tell_device(&app, locator, &device, language).await {
                tracing::error!(%error, "a person could not be told of a new device");
            }
        });
    }
    Ok(token)
}

/// The person in a session proved again who they are: the session is as good as new.
///
/// # Errors
/// [`ActionError::Expired`] when the session ended meanwhile.
pub async fn renew_session(app: &App, token: &str, strength: Strength) -> Result<(), ActionError> {
    let now_s = app.now().unix_s();
    let found = app.store.find_ticket(TicketKind::Session, token, now_s).await?;
    let mut ticket = found.ok_or(ActionError::Expired)?;
    let content = SessionContent::from_bytes(&ticket.content).ok_or(ActionError::Expired)?;
    let strength = strength.max(content.strength);
    ticket.content = SessionContent { auth_time_s: now_s, strength, ..content }.to_bytes();
    Ok(app.store.set_ticket(TicketKind::Session, token, &ticket).await?)
}
