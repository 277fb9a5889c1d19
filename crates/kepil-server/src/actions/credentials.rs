//! Password reset, change of password, change of the address at which people sign in. Clauses 2.1¶C1, 6.1b.
//!
//! A reset ends every session. A new address is confirmed by a letter to it, and the old one is told.

use kepil_domain::{
    Day, Locator, Personal, form,
    gate::{Actor, Ask, Ground, Refusal, Right},
    ledger::Act,
    vault::{Credentials, IndexTerm, Provenance, Record, Value},
};
use kepil_policy::{Effective, Field, FieldSet, Kind, Language, Tag, Use, Verb};
use kepil_store::{Amendment, NewTicket, PersonRow, StoreError, Taken, Ticket, TicketKind};
use zeroize::Zeroizing;

use super::{
    ActionError, OwnAct,
    admit::{Tried, WRITING, Whence, Whose, admit},
    ask_and_open,
    behalf::Behalf,
    check_right,
    choices::change,
    factors, guardians, my_data,
    new_password::judge_for,
    sign_in::{Means, check_password, find_person, password_hash, sign_in_compartment},
    tag_of, wards,
};
use crate::{
    App,
    pages::{Letter, Words, Written},
    password::PasswordFault,
    throttle::GUESSES,
};

/// How long a letter's link works. Unit: seconds.
const LETTER_S: i64 = 3600;
const LETTER_HOURS: u32 = 1;

/// Sends a letter with a reset link to whoever is called `identifier`. The answer does not wait for it: how long it took
/// would tell whether somebody is.
///
/// # Errors
/// [`ActionError::Toll`] and [`ActionError::Busy`] after too many letters.
pub async fn ask_reset(
    app: &App,
    identifier: Personal<String>,
    language: Language,
    whence: &Whence,
) -> Result<(), ActionError> {
    // A letter that was sent was sent: it stays counted.
    let _ = admit(app, Tried::Reset, Whose::Name(&identifier), whence).await?;
    let app = app.clone();
    tokio::spawn(async move {
        if let Err(error) = send_reset(&app, &identifier, language).await {
            tracing::error!(%error, "a letter with a reset link was not sent");
        }
    });
    Ok(())
}

async fn send_reset(app: &App, identifier: &Personal<String>, language: Language) -> Result<(), ActionError> {
    let effective = app.policy()?;
    let found = find_person(app, &effective.policy, identifier).await?;
    let content = Zeroizing::new(found.map_or([0; 16], |locator| locator.0).to_vec());
    let token = add_letter(app, TicketKind::Reset, found, content).await?;
    let Some(locator) = found else { return Ok(()) };
    let Some(address) = my_data::find(app, locator, address_field(&effective)?).await? else { return Ok(()) };
    let link = format!("{}/reset/form?token={token}", app.config.issuer);
    send(app, &effective, &address, &Letter::Reset { link: &link, hours: LETTER_HOURS }, language).await
}

/// What came of a reset.
pub enum Reset {
    /// The password is another one: that of this person.
    Done(Locator),
    /// The new one may not be set; the link stays good.
    Bad(PasswordFault),
}

/// Sets the password of whoever holds the letter, and ends all their sessions.
///
/// # Errors
/// [`ActionError::Expired`] when the link is not good any more.
pub async fn reset(
    app: &App,
    token: &str,
    password: Personal<String>,
    language: Language,
) -> Result<Reset, ActionError> {
    let found = app.store.find_ticket(TicketKind::Reset, token, app.now().unix_s()).await?;
    let holder = Locator::from_slice(&found.ok_or(ActionError::Expired)?.content).ok_or(ActionError::Expired)?;
    if let Some(fault) = judge_for(app, holder, &password).await? {
        return Ok(Reset::Bad(fault));
    }
    let hash = app.hasher.hash(password).await.map_err(|_| ActionError::Busy)?;
    let Taken::First(ticket) = app.store.take_ticket(TicketKind::Reset, token, app.now().unix_s()).await? else {
        return Err(ActionError::Expired);
    };
    let locator = Locator::from_slice(&ticket.content).ok_or(ActionError::Expired)?;
    // First what the mailbox cannot do now, then what it can: a crash between the two harms nobody.
    factors::distrust_mail(app, locator).await?;
    set_password(app, locator, &hash, language).await?;
    Ok(Reset::Done(locator))
}

/// What came of a change of the password.
pub enum Changed {
    /// It is another one.
    Done,
    /// The present one was wrong.
    WrongNow,
    /// The new one may not be set.
    Bad(PasswordFault),
}

/// Changes the password of a person who knows the present one. Ends all sessions.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn change_password(
    app: &App,
    locator: Locator,
    now: Personal<String>,
    next: Personal<String>,
    language: Language,
) -> Result<Changed, ActionError> {
    if !is_own_password(app, locator, now).await? {
        return Ok(Changed::WrongNow);
    }
    if let Some(fault) = judge_for(app, locator, &next).await? {
        return Ok(Changed::Bad(fault));
    }
    let hash = app.hasher.hash(next).await.map_err(|_| ActionError::Busy)?;
    set_password(app, locator, &hash, language).await?;
    Ok(Changed::Done)
}

/// Whether `password` is the person's, who has a session. Whoever found it open may not guess on.
///
/// # Errors
/// [`ActionError::Busy`] after too many wrong ones.
pub async fn is_own_password(app: &App, locator: Locator, password: Personal<String>) -> Result<bool, ActionError> {
    let effective = app.policy()?;
    let guess = app.try_once("own password", &Personal::new(factors::spelled(locator)), GUESSES)?;
    let row = app.store.find_person(locator, sign_in_compartment(&effective.policy)?).await?;
    let is_own = check_password(app, row.as_ref(), password).await?;
    if is_own {
        app.throttle.persons.forget(guess);
    }
    Ok(is_own)
}

/// Of what a hash is.
#[derive(Clone, Copy)]
pub(crate) enum HashOf<'a> {
    /// Of the password whose hash so far is this one; when it is another by now, that stays.
    Same(&'a Personal<String>),
    /// Of another password: the browsers are forgotten in which the person signed in.
    Another,
}

/// Keeps another hash of the password.
pub(crate) async fn set_hash(
    app: &App,
    locator: Locator,
    hash: &Personal<String>,
    of: HashOf<'_>,
) -> Result<(), ActionError> {
    let effective = app.policy()?;
    let compartment = sign_in_compartment(&effective.policy)?;
    let change = |row: &PersonRow| -> Result<Amendment, ActionError> {
        let mut records = row.danger_open_records()?;
        let what: &[Means] = match of {
            HashOf::Another => {
                factors::forget_browsers(&mut records, app.now().day)?;
                &[Means::Password]
            }
            HashOf::Same(before) => {
                let now = password_hash(&records);
                if now.is_none_or(|now| now.reveal() != before.reveal()) {
                    return Err(ActionError::Expired);
                }
                &[]
            }
        };
        put(&mut records, Credentials::class(), Credentials::password(), hash.copy(), app.now().day);
        let acts = vec![factors::changed(app, &effective, what)?];
        Ok(Amendment { standing: row.standing.clone(), records: Some(records), acts })
    };
    app.store.amend(locator, compartment, app.now(), change).await.map(drop)
}

async fn set_password(
    app: &App,
    locator: Locator,
    hash: &Personal<String>,
    language: Language,
) -> Result<(), ActionError> {
    let effective = app.policy()?;
    set_hash(app, locator, hash, HashOf::Another).await?;
    app.store.remove_tickets_of(locator).await?;
    let contact = effective.policy.operator().contact.clone();
    tell(app, locator, &Letter::PasswordChanged { contact: &contact }, language).await
}

/// Sends a letter to a new address; the address changes when the letter is answered.
///
/// # Errors
/// [`ActionError::Input`] when it is not an address, [`ActionError::Busy`] after too many letters to it.
pub async fn ask_address(
    app: &App,
    locator: Locator,
    entered: &Personal<String>,
    language: Language,
) -> Result<(), ActionError> {
    write_to(app, locator.into(), entered, language).await
}

/// As [`ask_address`], for somebody who has none yet: whoever acts for them names it, and both sides keep that they did.
pub(super) async fn ask_first_address(
    app: &App,
    behalf: Behalf,
    entered: &Personal<String>,
    language: Language,
) -> Result<(), ActionError> {
    write_to(app, behalf, entered, language).await?;
    let effective = app.policy()?;
    change(app, behalf, sign_in_compartment(&effective.policy)?, |row| {
        let act = OwnAct::plain(Act::Invite).recorded_by(behalf.actor(), &effective, app.now())?;
        Ok(Some((row.standing.clone(), act)))
    })
    .await
}

async fn write_to(
    app: &App,
    behalf: Behalf,
    entered: &Personal<String>,
    language: Language,
) -> Result<(), ActionError> {
    let (effective, locator) = (app.policy()?, behalf.whose);
    let address = Personal::new(form::email(entered.reveal()).map_err(|_| ActionError::Input("email"))?);
    // By the person first: nobody writes to ever more addresses. Apart from resets, which nobody else shall use up.
    app.try_once("new addresses", &Personal::new(factors::spelled(locator)), WRITING.name_max)?;
    app.try_once("new address", &address, WRITING.name_max)?;
    let mut content = Zeroizing::new(locator.0.to_vec());
    content.push(u8::from(behalf.by.is_some()));
    content.extend(address.reveal().as_bytes());
    // Of several letters the last one is good.
    call_back(app, locator).await?;
    let token = add_letter(app, TicketKind::Address, Some(locator), content).await?;
    let link = format!("{}/me/email/confirm?token={token}", app.config.issuer);
    let (link, hours) = (link.as_str(), LETTER_HOURS);
    let letter = if behalf.by.is_some() { Letter::WayIn { link, hours } } else { Letter::ConfirmEmail { link, hours } };
    send(app, &effective, &address, &letter, language).await
}

/// Ends what was sent to new addresses of a person: none of those letters is good any more.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub(super) async fn call_back(app: &App, locator: Locator) -> Result<(), ActionError> {
    Ok(app.store.remove_kind_of(TicketKind::Address, locator).await?)
}

/// Whether the letter's link is still good, and whether it is for a first address.
///
/// # Errors
/// [`ActionError::Expired`] when it is not.
pub async fn find_address(app: &App, token: &str) -> Result<bool, ActionError> {
    let found =
        app.store.find_ticket(TicketKind::Address, token, app.now().unix_s()).await?.ok_or(ActionError::Expired)?;
    let (locator, is_first, _) = opened(&found)?;
    // Somebody may have come in by another letter that was sent in the same moment.
    if is_first && wards::has_way_in(app, locator).await? { Err(ActionError::Expired) } else { Ok(is_first) }
}

/// Whose address a letter's ticket is about, whether it is their first, and which it is.
fn opened(ticket: &Ticket) -> Result<(Locator, bool, Personal<String>), ActionError> {
    let parts = ticket.content.split_first_chunk::<16>();
    let (locator, (is_first, address)) =
        parts.and_then(|(locator, rest)| Some((locator, rest.split_first()?))).ok_or(ActionError::Expired)?;
    let address = String::from_utf8(address.to_vec()).map_err(|_| ActionError::Expired)?;
    Ok((Locator(*locator), *is_first != 0, Personal::new(address)))
}

/// Changes the address of whoever holds the letter; the old address is told. Whoever had none gets the token with which they
/// set a password: after a crash before that, a forgotten password leads to the same.
///
/// # Errors
/// [`ActionError::Expired`] when the link is not good any more or someone has the address.
pub async fn set_address(app: &App, token: &str, language: Language) -> Result<Option<String>, ActionError> {
    let effective = app.policy()?;
    let Taken::First(ticket) = app.store.take_ticket(TicketKind::Address, token, app.now().unix_s()).await? else {
        return Err(ActionError::Expired);
    };
    let (locator, is_first, address) = opened(&ticket)?;
    let field = address_field(&effective)?;
    factors::distrust_mail(app, locator).await?;
    let old = my_data::find(app, locator, field).await?;
    // A letter to somebody who had no address changes none that they have by now.
    if is_first != old.is_none() {
        return Err(ActionError::Expired);
    }
    let next_term = IndexTerm::of(app.store.keys(), &field.name, &address)?;
    // First the new name, then the value, then the old name goes: after a crash the person still signs in by one of them.
    match app.store.add_holder(&next_term, locator).await {
        Err(StoreError::Taken) => return Err(ActionError::Expired),
        done => done?,
    }
    let class = effective.policy.class(field.class).ok_or(ActionError::NoPolicy)?.tag;
    let change = |row: &PersonRow| -> Result<Amendment, ActionError> {
        // A block does not keep out whoever comes in for the first time.
        let (right, verb) = if is_first { (Right::See, Verb::Extract) } else { (Right::Correct, Verb::Clarify) };
        check_right(app, &effective, row, right, verb)?;
        if is_first && wards::signs_in(&effective, &row.standing) {
            return Err(ActionError::Expired);
        }
        let mut records = row.danger_open_records()?;
        put(&mut records, class, field.tag, address.copy(), app.now().day);
        let act = OwnAct { fields: FieldSet::from_iter([field.id]), ..OwnAct::plain(Act::Did(Verb::Clarify)) };
        Ok(Amendment {
            standing: row.standing.clone(),
            records: Some(records),
            acts: vec![act.recorded(&effective, app.now())?],
        })
    };
    if let Err(error) = app.store.amend(locator, tag_of(&effective.policy, field.compartment)?, app.now(), change).await
    {
        // Another letter to the same address may have been answered in just this moment.
        let held = my_data::find(app, locator, field).await?;
        if held.is_none_or(|held| held.reveal() != address.reveal()) {
            app.store.remove_holder(&next_term, locator).await?;
        }
        return Err(error);
    }
    let Some(old) = old else {
        // Whoever comes in grown up has no guardian from now on.
        guardians::look_again(app, locator).await?;
        let content = Zeroizing::new(locator.0.to_vec());
        return add_letter(app, TicketKind::Reset, Some(locator), content).await.map(Some);
    };
    if address.reveal() != old.reveal() {
        app.store.remove_holder(&IndexTerm::of(app.store.keys(), &field.name, &old)?, locator).await?;
    }
    let contact = effective.policy.operator().contact.clone();
    send(app, &effective, &old, &Letter::EmailChanged { contact: &contact }, language).await.map(|()| None)
}

/// By which name the person signs in, as they know it.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub(crate) async fn own_name(app: &App, locator: Locator) -> Result<Option<Personal<String>>, ActionError> {
    my_data::find(app, locator, address_field(&*app.policy()?)?).await
}

fn address_field(effective: &Effective) -> Result<&Field, ActionError> {
    let is_address = |field: &&Field| field.sign_in && field.kind == Kind::Email;
    effective.policy.fields().iter().find(is_address).ok_or(ActionError::NoPolicy)
}

pub(crate) fn put(records: &mut Vec<(Tag, Record)>, class: Tag, field: Tag, text: Personal<String>, written: Day) {
    put_value(records, class, field, Value { text, provenance: Provenance::Edit, written });
}

/// Writes a value into the record of its keep class.
pub(crate) fn put_value(records: &mut Vec<(Tag, Record)>, class: Tag, field: Tag, value: Value) {
    if !records.iter().any(|(tag, _)| *tag == class) {
        records.push((class, Record::default()));
    }
    if let Some((_, record)) = records.iter_mut().find(|(tag, _)| *tag == class) {
        record.set(field, value);
    }
}

async fn add_letter(
    app: &App,
    kind: TicketKind,
    owner: Option<Locator>,
    content: Zeroizing<Vec<u8>>,
) -> Result<String, ActionError> {
    let until_s = app.now().unix_s() + LETTER_S;
    Ok(app.store.add_ticket(NewTicket { kind, owner, family: None, until_s, content }).await?)
}

/// Sends a letter to the address at which the person signs in, if they have one.
pub(crate) async fn tell(
    app: &App,
    locator: Locator,
    letter: &Letter<'_>,
    language: Language,
) -> Result<(), ActionError> {
    let effective = app.policy()?;
    match own_name(app, locator).await? {
        Some(address) => send(app, &effective, &address, letter, language).await,
        None => Ok(()),
    }
}

/// Sends a letter about what somebody else began to the address at which the person signs in. Read under the use of the
/// account that has the address: a block stops the letter, and the entry says that the server read it, for what.
pub(crate) async fn tell_unasked(
    app: &App,
    locator: Locator,
    letter: &Letter<'_>,
    language: Language,
) -> Result<(), ActionError> {
    let effective = app.policy()?;
    let (policy, field) = (&effective.policy, address_field(&effective)?);
    let account = policy.account().ok_or(ActionError::NoPolicy)?;
    let has = |row: &&Use| row.fields.contains(field.id) && row.verbs.contains(Verb::Extract);
    let row = policy.uses_of(account).find(has).ok_or(ActionError::Refused(Refusal::OutsidePurpose))?;
    let ask = Ask {
        event: App::new_event()?,
        actor: Actor::System,
        ground: Ground::Use(row.id),
        verb: Verb::Extract,
        fields: FieldSet::from_iter([field.id]),
        moment: app.now(),
    };
    let answered = ask_and_open(app, &effective, ask, Some(locator), tag_of(policy, row.compartment)?).await?;
    match answered.opened.and_then(|opened| opened.fields.into_iter().next()) {
        Some(address) => send(app, &effective, &address.value, letter, language).await,
        None => Ok(()),
    }
}

async fn send(
    app: &App,
    effective: &Effective,
    to: &Personal<String>,
    letter: &Letter<'_>,
    language: Language,
) -> Result<(), ActionError> {
    let written: Written = letter.write(Words::of(language), effective.policy.operator().name.get(language));
    app.mailer.send(to, &written).await
}
