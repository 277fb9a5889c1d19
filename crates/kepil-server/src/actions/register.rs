//! Registration: the form that the bundle declares, a letter, and only then a person. Clauses 1.2c, 1.3a, 2.1.1a, 2.4c.
//!
//! Start reading at [`register`], then [`confirm`]. Until the letter is answered nothing about the person can be opened
//! without it, and the answer to the form is the same whether or not the address is known.

use std::collections::BTreeMap;

use kepil_domain::{
    Locator, Personal,
    form::{self, FormFault},
    gate::{Actor, Refusal},
    ledger::Act,
    standing::Standing,
    vault::{Credentials, IndexTerm, Pending, Provenance, Record, Ring, Value},
};
use kepil_policy::{
    Category, Effective, FieldSet, FormPlace, Kind, Language, Policy, ServiceKind, Subject, Tag, Use, Verb,
};
use kepil_store::{NewPerson, NewRow, NewTicket, OsEntropy, StoreError, Taken, TicketKind};

use super::{
    ActionError, OwnAct,
    admit::{Tried, Whence, Whose, admit},
    documents_of,
    new_password::judge,
    sign_in::{password_hash, sign_in_compartment},
};
use crate::{
    App,
    pages::{Letter, Words},
    password::PasswordFault,
    throttle::GUESSES,
};

/// How long the letter's link works. Unit: seconds.
const LETTER_S: i64 = 24 * 3600;
const LETTER_HOURS: u32 = 24;

/// What is wrong with a filled-in form: field name and fault.
#[derive(Debug, Default)]
pub struct FormFaults {
    /// By name of the field.
    pub fields: Vec<(String, FormFault)>,
    /// What is wrong with the password.
    pub password: Option<PasswordFault>,
}

/// What the form sent.
pub struct Filled {
    /// By name of the field.
    pub values: BTreeMap<String, Personal<String>>,
    /// The password.
    pub password: Personal<String>,
    /// The language of the letter.
    pub language: Language,
    /// From where it was sent.
    pub whence: Whence,
}

/// Takes a filled-in form: checks it, seals it for its letter, sends the letter.
///
/// # Errors
/// `Ok(Err(faults))` when something must be mended; [`ActionError::Refused`] when the person is too young;
/// [`ActionError::Toll`] and [`ActionError::Busy`] after too many letters,
/// others when it could not be kept or sent.
pub async fn register(app: &App, filled: Filled) -> Result<Result<(), FormFaults>, ActionError> {
    let effective = app.policy()?;
    let policy = &effective.policy;
    let (values, fields) = read_form(app, policy, &filled);
    let own = filled.values.values().map(Personal::copy).collect();
    let password = judge(app, &filled.password, own).await?;
    if !fields.is_empty() || password.is_some() {
        return Ok(Err(FormFaults { fields, password }));
    }
    // Nothing of a child is kept, not even until a letter is opened (clause 2.4c).
    let (account, today) = (policy.account().ok_or(ActionError::NoPolicy)?, app.now().day);
    let mut ages = values.iter().filter(|(field, _)| field.category == Category::BirthDate);
    if ages.any(|(_, born)| form::age(born, today).is_some_and(|age| age < account.min_age)) {
        return Err(ActionError::Refused(Refusal::BelowAge));
    }
    let address = values.iter().find(|(field, _)| field.sign_in && field.kind == Kind::Email);
    let (_, address) = address.ok_or(ActionError::NoPolicy)?;
    let address = address.copy();
    // A letter that was sent was sent: it stays counted.
    let _ = admit(app, Tried::Registration, Whose::Name(&address), &filled.whence).await?;
    let password = app.hasher.hash(filled.password).await.map_err(|_| ActionError::Busy)?;
    let mut is_known = false;
    for (field, value) in values.iter().filter(|(field, _)| field.sign_in) {
        let term = IndexTerm::of(app.store.keys(), &field.name, value)?;
        is_known |= app.store.find_holder(&term).await?.is_some();
    }
    let pending = seal_pending(app, policy, values, password, Provenance::Form)?;
    let ticket = NewTicket {
        kind: TicketKind::Registration,
        owner: None,
        family: Some(filled.whence.browser),
        until_s: app.now().unix_s() + LETTER_S,
        content: pending.to_bytes()?,
    };
    let token = app.store.add_ticket(ticket).await?;
    let issuer = &app.config.issuer;
    let (link, sign_in, reset) =
        (format!("{issuer}/confirm?token={token}"), format!("{issuer}/sign-in"), format!("{issuer}/reset"));
    let letter = if is_known {
        Letter::AlreadyHere { link: &sign_in, reset: &reset }
    } else {
        Letter::Confirm { link: &link, hours: LETTER_HOURS }
    };
    let operator = policy.operator().name.get(filled.language);
    app.mailer.send(&address, &letter.write(Words::of(filled.language), operator)).await?;
    Ok(Ok(()))
}

pub(super) type Read<'a> = Vec<(&'a kepil_policy::Field, Personal<String>)>;

/// The values of the form, and what is wrong with the others.
fn read_form<'a>(app: &App, policy: &'a Policy, filled: &Filled) -> (Read<'a>, Vec<(String, FormFault)>) {
    let (mut values, mut faults) = (Vec::new(), Vec::new());
    let empty = Personal::new(String::new());
    for field in policy.entered(Subject::Person).filter(|field| field.form == FormPlace::Registration) {
        let entered = filled.values.get(&field.name).unwrap_or(&empty);
        match form::canonical(field, entered, app.now().day) {
            Ok(Some(value)) => values.push((field, value)),
            Ok(None) => {}
            Err(fault) => faults.push((field.name.clone(), fault)),
        }
    }
    (values, faults)
}

pub(super) fn seal_pending(
    app: &App,
    policy: &Policy,
    values: Read<'_>,
    password: Personal<String>,
    provenance: Provenance,
) -> Result<Pending, ActionError> {
    let entropy = &mut OsEntropy;
    let written = app.now().day;
    let ring = Ring::random(app.store.keys(), policy, entropy)?;
    let mut records: BTreeMap<Tag, Vec<(Tag, Record)>> = BTreeMap::new();
    let mut put = |compartment: Tag, class: Tag, field: Tag, text: Personal<String>| {
        let row = records.entry(compartment).or_default();
        if !row.iter().any(|(tag, _)| *tag == class) {
            row.push((class, Record::default()));
        }
        let record = row.iter_mut().find(|(tag, _)| *tag == class);
        record.map(|(_, record)| record.set(field, Value { text, provenance, written }))
    };
    let mut signs_in = None;
    for (field, value) in values {
        let compartment = super::tag_of(policy, field.compartment)?;
        let class = policy.class(field.class).ok_or(ActionError::NoPolicy)?;
        if field.sign_in {
            signs_in = Some(compartment);
        }
        put(compartment, class.tag, field.tag, value);
    }
    put(signs_in.ok_or(ActionError::NoPolicy)?, Credentials::class(), Credentials::password(), password);
    let mut rows = Vec::new();
    for (compartment, records) in records {
        let part = ring.part(compartment).ok_or(ActionError::NoPolicy)?;
        rows.push((compartment, part.seal_row(app.store.keys().installation(), &records, &[], entropy)?));
    }
    Ok(Pending { ring, rows })
}

/// What the person decided on the page behind the letter's link.
pub struct Confirmed {
    /// The link's token.
    pub token: String,
    /// Names of the account's optional purposes that were ticked.
    pub purposes: Vec<String>,
    /// The language in which the documents were shown.
    pub language: Language,
}

/// Who opened the letter's link.
pub struct Opener {
    /// In which browser.
    pub browser: [u8; 16],
    /// The password of the form, needed in any other browser than the form's: whoever holds the letter could otherwise
    /// confirm what a stranger filled in, and share the account with them.
    pub password: Personal<String>,
}

/// Whether `browser` must tell the password of the form. Clause 1.3a.
///
/// # Errors
/// [`ActionError::Expired`] when the letter's link is not good any more.
pub async fn needs_password(app: &App, token: &str, browser: [u8; 16]) -> Result<bool, ActionError> {
    let found = app.store.find_ticket(TicketKind::Registration, token, app.now().unix_s()).await?;
    Ok(found.ok_or(ActionError::Expired)?.family != Some(browser))
}

async fn is_own_password(app: &App, pending: &Pending, password: Personal<String>) -> Result<bool, ActionError> {
    let compartment = sign_in_compartment(&app.policy()?.policy)?;
    let part = pending.ring.part(compartment).ok_or(ActionError::NoPolicy)?;
    let (_, sealed) = pending.rows.iter().find(|(of, _)| *of == compartment).ok_or(ActionError::NoPolicy)?;
    let records = part.danger_open_row(app.store.keys().installation(), sealed)?;
    app.hasher.check(password, password_hash(&records)).await.map_err(|_| ActionError::Busy)
}

/// Makes the person: they hold the letter and accepted. May be tried again after a crash. `None` when the password was
/// needed and does not fit.
///
/// # Errors
/// [`ActionError::Expired`] when the link is not good or the address was taken meanwhile, [`ActionError::Refused`] when
/// the person is too young, [`ActionError::Busy`] after too many wrong passwords.
pub async fn confirm(app: &App, opener: Opener, confirmed: Confirmed) -> Result<Option<Locator>, ActionError> {
    let effective = app.policy()?;
    let moment = app.now();
    let ticket = app
        .store
        .find_ticket(TicketKind::Registration, &confirmed.token, moment.unix_s())
        .await?
        .ok_or(ActionError::Expired)?;
    let mut pending = Pending::from_bytes(&ticket.content)?;
    if ticket.family != Some(opener.browser) {
        // Anybody has such tokens who fills in forms.
        app.try_in(&app.throttle.names, "guesses", &Personal::new(confirmed.token.clone()), GUESSES)?;
        if !is_own_password(app, &pending, opener.password).await? {
            return Ok(None);
        }
    }
    pending.ring.extend(&effective.policy, &mut OsEntropy)?;
    let locator = pending.ring.locator();
    let person = new_person(app, &effective, pending, Some(&confirmed))?;
    match app.store.add_person(person, moment).await {
        Err(StoreError::Taken) => return Err(ActionError::Expired),
        done => done?,
    }
    match app.store.take_ticket(TicketKind::Registration, &confirmed.token, moment.unix_s()).await? {
        Taken::First(_) => Ok(Some(locator)),
        Taken::Again(_) | Taken::Unknown => Err(ActionError::Expired),
    }
}

/// Throws a registration away: the person refused.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn refuse(app: &App, token: &str) -> Result<(), ActionError> {
    app.store.take_ticket(TicketKind::Registration, token, app.now().unix_s()).await?;
    Ok(())
}

/// The person of `pending`, who confirmed; without a confirmation, one who accepted nothing yet.
pub(super) fn new_person(
    app: &App,
    effective: &Effective,
    pending: Pending,
    confirmed: Option<&Confirmed>,
) -> Result<NewPerson, ActionError> {
    let policy = &effective.policy;
    let account = policy.account().ok_or(ActionError::NoPolicy)?;
    let moment = app.now();
    let (mut terms, mut rows) = (Vec::new(), Vec::new());
    for compartment in policy.compartments() {
        let tag = compartment.tag;
        let part = pending.ring.part(tag).ok_or(ActionError::NoPolicy)?;
        let sealed = pending.rows.iter().find(|(of, _)| *of == tag).map_or(&[][..], |(_, row)| row.as_slice());
        let mut records = part.danger_open_row(app.store.keys().installation(), sealed)?;
        let is_chosen = |each: &Use| confirmed.is_some_and(|confirmed| confirmed.purposes.contains(&each.purpose));
        let accepted = policy.uses_of(account).filter(|each| !each.optional || is_chosen(each));
        let wanted = accepted.fold(FieldSet::EMPTY, |all, each| all.or(&each.fields));
        drop_unwanted(policy, &wanted, &mut records);
        let held: FieldSet = held_fields(policy, &records);
        for field in held.iter().filter_map(|id| policy.field(id)) {
            let value = records.iter().find_map(|(_, record)| record.find(field.tag));
            let Some(value) = value else { continue };
            if field.sign_in {
                terms.push(IndexTerm::of(app.store.keys(), &field.name, &value.text)?);
            }
            let age = (field.category == Category::BirthDate).then(|| form::age(&value.text, moment.day)).flatten();
            if age.is_some_and(|age| age < account.min_age) {
                return Err(ActionError::Refused(Refusal::BelowAge));
            }
        }
        let mut standing = Standing::default();
        let actor = if confirmed.is_some() { Actor::Person } else { Actor::System };
        let recorded = OwnAct { fields: held, ..OwnAct::plain(Act::Did(Verb::Record)) };
        let mut acts = vec![recorded.recorded_by(actor, effective, moment)?];
        let own = |each: &&Use| each.compartment == compartment.id && (!each.optional || is_chosen(each));
        let uses: Vec<_> = policy.uses_of(account).filter(|_| confirmed.is_some()).filter(own).collect();
        if let Some(confirmed) = confirmed.filter(|_| !uses.is_empty()) {
            standing.accept(account.tag, effective.no, moment.day);
            standing.age_at_least = u8::try_from(account.min_age).ok().filter(|age| *age > 0);
            let documents = documents_of(policy, account, confirmed.language);
            let accepted = OwnAct { service: Some(account), documents, ..OwnAct::plain(Act::Accept) };
            acts.push(accepted.recorded(effective, moment)?);
        }
        for each in uses {
            standing.consent(each.tag, effective.no, moment.day, Vec::new());
            acts.push(OwnAct::of_use(Act::Consent, account, each).recorded(effective, moment)?);
        }
        rows.push(NewRow { compartment: tag, standing, records, acts });
    }
    debug_assert_eq!(account.kind, ServiceKind::Account, "only the account service registers people");
    Ok(NewPerson { ring: pending.ring, terms, rows })
}

/// Removes the values that no accepted purpose needs: what is for a purpose that was left off is not kept.
fn drop_unwanted(policy: &Policy, wanted: &FieldSet, records: &mut [(Tag, Record)]) {
    for field in policy.fields().iter().filter(|field| !wanted.contains(field.id)) {
        for (_, record) in records.iter_mut() {
            record.remove(field.tag);
        }
    }
}

/// The fields of the policy that have a value in `records`.
pub(super) fn held_fields(policy: &Policy, records: &[(Tag, Record)]) -> FieldSet {
    records
        .iter()
        .flat_map(|(_, record)| record.tags())
        .filter_map(|tag| policy.field_tagged(tag))
        .map(|field| field.id)
        .collect()
}
