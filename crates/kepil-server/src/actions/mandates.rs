//! Mandates: inviting, accepting, refusing, revoking, leaving. Clauses 1.1b, 2.1¶C3, 2.4c, 7.1.
//!
//! A head invites for a legal entity; whoever may not act alone yet invites a guardian for themselves (`guardians.rs`).
//!
//! A mandate stands in one row, that of whoever is acted for, and every change of it looks at that row as it is: of two
//! heads who revoke each other at once, one is the first, and the other is no head any more. Start reading at [`invite`].

use kepil_domain::{
    Day, Locator, Personal, Sub, form,
    gate::{Actor, Refusal},
    hex,
    ledger::Act,
    standing::{MandateKind, MandateRow, Standing},
    vault::IndexTerm,
};
use kepil_policy::{Kind, Language, ServiceTag, Subject, Tag};
use kepil_store::{NewTicket, Taken, Ticket, TicketKind};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    ActionError, OwnAct,
    age::{self, Needed},
    behalf::{self, Behalf, home, home_row},
    choices::{change, change_all},
    entities,
    guardians::{self, Unfit},
    wards,
};
use crate::{
    App,
    oidc::grant::to_content,
    pages::{Letter, Words},
    throttle::INVITATIONS,
};

/// How long an invitation waits. Unit: seconds.
const INVITATION_S: i64 = 7 * 24 * 3600;
const INVITATION_HOURS: u32 = 7 * 24;
/// How many act for one entity, at most.
const PEOPLE_MAX: usize = 50;

/// Whom a head invites, and to what.
pub struct Invitation {
    /// Where the letter goes.
    pub address: Personal<String>,
    /// At which services; everywhere when empty.
    pub services: Vec<ServiceTag>,
    /// The last day.
    pub until: Option<Day>,
    /// Whether they may invite and revoke too.
    pub is_head: bool,
    /// The language of the letter.
    pub language: Language,
}

#[derive(Deserialize, Serialize)]
struct Content {
    whose: [u8; 16],
    by: [u8; 16],
    address: Zeroizing<String>,
    name: Zeroizing<String>,
    services: Vec<u32>,
    until: Option<u32>,
    is_head: bool,
}

/// Whether `who` may invite and revoke by this row now.
pub(super) fn check_head(standing: &Standing, who: Locator, today: Day) -> Result<(), ActionError> {
    let is_head = standing.mandate(who, today, None).is_some_and(|row| row.is_head);
    if is_head { Ok(()) } else { Err(ActionError::Refused(Refusal::NoMandate)) }
}

/// Whether `by` may give a mandate for these services and so long: a head, and nobody gives more than they have. A person
/// gives what is theirs.
fn check_gives(
    standing: &Standing,
    (by, whose): (Locator, Locator),
    today: Day,
    (services, until): (&[ServiceTag], Option<Day>),
) -> Result<(), ActionError> {
    if by == whose && standing.kind == Subject::Person {
        return Ok(());
    }
    let refused = ActionError::Refused(Refusal::NoMandate);
    let Some(own) = standing.mandate(by, today, None).filter(|row| row.is_head) else { return Err(refused) };
    let is_within =
        own.services.is_empty() || (!services.is_empty() && services.iter().all(|it| own.services.contains(it)));
    let is_in_time = own.until.is_none_or(|last| until.is_some_and(|until| until.0 <= last.0));
    if is_within && is_in_time { Ok(()) } else { Err(refused) }
}

/// What all letters of one entity have in common: a mandate that was taken away does not come back by another letter.
fn letters(app: &App, whose: Locator) -> [u8; 16] {
    app.store.keys().hash_for("mandate letters", &whose.0)
}

fn acting(behalf: Behalf) -> Result<Locator, ActionError> {
    behalf.by.ok_or(ActionError::Refused(Refusal::NoMandate))
}

impl Content {
    /// Whether a person asks for a guardian of their own.
    fn is_guardian(&self) -> bool {
        self.by == self.whose
    }
}

/// Sends an invitation. Whether there is an account with the address is not said to anybody.
///
/// # Errors
/// [`ActionError::Input`] when it is no address or the last day is over, [`ActionError::Refused`] when who asks is no head.
pub async fn invite(app: &App, behalf: Behalf, invitation: Invitation) -> Result<(), ActionError> {
    let (by, today) = (behalf.decider()?, app.now().day);
    let address = form::email(invitation.address.reveal()).map_err(|_| ActionError::Input("email"))?;
    let address = Personal::new(address);
    if invitation.until.is_some_and(|until| until.0 < today.0) {
        return Err(ActionError::Input("until"));
    }
    app.try_once("invited", &address, INVITATIONS)?;
    app.try_once("invitations", &Personal::new(hex(&by.0)), INVITATIONS)?;
    let effective = app.policy()?;
    change(app, behalf.whose, home(app)?, |row| {
        check_gives(&row.standing, (by, behalf.whose), today, (&invitation.services, invitation.until))?;
        let act = OwnAct::plain(Act::Invite).recorded_by(behalf.actor(), &effective, app.now())?;
        Ok(Some((row.standing.clone(), act)))
    })
    .await?;
    let name = entities::name(app, behalf).await?.map(|name| name.reveal().clone()).unwrap_or_default();
    let content = Content {
        whose: behalf.whose.0,
        by: by.0,
        address: Zeroizing::new(address.reveal().clone()),
        name: Zeroizing::new(name),
        services: invitation.services.iter().map(|tag| tag.0).collect(),
        until: invitation.until.map(|day| day.0),
        is_head: invitation.is_head,
    };
    let is_guardian = content.is_guardian();
    let content = to_content(&content).map_err(|error| ActionError::Broken(error.to_string()))?;
    let (kind, until_s) = (TicketKind::Invitation, app.now().unix_s() + INVITATION_S);
    let token = app
        .store
        .add_ticket(NewTicket { kind, owner: None, family: Some(letters(app, behalf.whose)), until_s, content })
        .await?;
    let link = format!("{}/invited?token={token}", app.config.issuer);
    let operator = effective.policy.operator().name.get(invitation.language);
    let letter = Letter::Invitation { link: &link, hours: INVITATION_HOURS, is_guardian };
    app.mailer.send(&address, &letter.write(Words::of(invitation.language), operator)).await
}

/// An invitation, as the one who is invited sees it.
pub struct Invited {
    /// What the entity or the ward is called.
    pub name: Personal<String>,
    /// At which services; everywhere when empty.
    pub services: Vec<ServiceTag>,
    /// The last day.
    pub until: Option<Day>,
    /// Whether they may invite and revoke too.
    pub is_head: bool,
    /// Whether a person asks for a guardian of their own.
    pub is_guardian: bool,
    whose: Locator,
    by: Locator,
}

async fn open(app: &App, who: Locator, ticket: &Ticket) -> Result<Invited, ActionError> {
    let content: Content = serde_json::from_slice(&ticket.content).map_err(|_| ActionError::Expired)?;
    let effective = app.policy()?;
    let address = Personal::new(content.address.to_string());
    let is_address = |field: &&kepil_policy::Field| field.sign_in && field.kind == Kind::Email;
    let field = effective.policy.fields().iter().find(is_address).ok_or(ActionError::NoPolicy)?;
    let holder = app.store.find_holder(&IndexTerm::of(app.store.keys(), &field.name, &address)?).await?;
    // A letter that was passed on, or seen on its way, opens nothing.
    if holder != Some(who) {
        return Err(ActionError::Refused(Refusal::NotThePerson));
    }
    Ok(Invited {
        name: Personal::new(content.name.to_string()),
        services: content.services.iter().map(|tag| Tag(*tag)).collect(),
        until: content.until.map(Day),
        is_head: content.is_head,
        is_guardian: content.is_guardian(),
        whose: Locator(content.whose),
        by: Locator(content.by),
    })
}

/// The invitation behind a letter's link, for the one who is invited.
///
/// # Errors
/// [`ActionError::Expired`] when it is used or past its end, [`ActionError::Refused`] for anybody else.
pub async fn find(app: &App, who: Locator, token: &str) -> Result<Invited, ActionError> {
    let found = app.store.find_ticket(TicketKind::Invitation, token, app.now().unix_s()).await?;
    open(app, who, &found.ok_or(ActionError::Expired)?).await
}

/// What the one who is invited says.
#[derive(Clone, Copy)]
pub struct Taking {
    /// Whether services may know their name.
    pub shows_name: bool,
    /// Whether they said that they are of age.
    pub is_of_age: bool,
}

/// Takes a mandate on. The note in the person's row comes first and the letter is used up second: after a crash in between
/// nobody has a mandate that a head could not see.
///
/// # Errors
/// [`ActionError::Refused`] when who invited is no head any more, or the invited one is not of age; a guardian is by their
/// date of birth only; [`ActionError::Input`], called `wards`, for a guardian who has wards enough.
pub async fn accept(app: &App, who: Locator, token: &str, taking: Taking) -> Result<String, ActionError> {
    let invited = find(app, who, token).await?;
    if who == invited.by {
        return Err(ActionError::Input("email"));
    }
    let years = age::of_majority(app)?;
    let unfit = if invited.is_guardian { guardians::unfit(app, who).await? } else { None };
    if let Some(unfit) = unfit {
        return Err(unfit.refused());
    }
    age::confirm(app, who, Needed { years, is_said: taking.is_of_age, is_by_date: invited.is_guardian }).await?;
    let kind = match u8::try_from(years) {
        Ok(until_age) if invited.is_guardian => MandateKind::Guardian { until_age },
        _ => MandateKind::Representative,
    };
    entities::note(app, who, invited.whose).await?;
    take(app, token).await?;
    let (effective, today) = (app.policy()?, app.now().day);
    change_all(app, invited.whose, home(app)?, |row| {
        check_gives(&row.standing, (invited.by, invited.whose), today, (&invited.services, invited.until))?;
        let mut standing = row.standing.clone();
        if standing.is_destroying {
            return Err(ActionError::Refused(Refusal::Destroying));
        }
        let most = if invited.is_guardian { guardians::GUARDIANS_MAX } else { PEOPLE_MAX };
        if standing.mandates.iter().filter(|row| row.who != who).count() >= most {
            return Err(ActionError::Busy);
        }
        standing.set_mandate(MandateRow {
            who,
            kind,
            is_head: invited.is_head,
            services: given(&standing, who, &invited),
            since: today,
            until: invited.until,
            // A ward knows who their guardian is.
            shows_name: taking.shows_name || invited.is_guardian,
        });
        // Whoever is old enough by now has no guardian.
        if standing.mandate(who, today, None).is_none() {
            return Err(ActionError::Refused(Refusal::NoMandate));
        }
        // A guardian's consent is evidence for each service apart.
        let named = invited.services.iter().filter_map(|tag| effective.policy.service_tagged(*tag)).map(Some);
        let named: Vec<_> = named.filter(|_| invited.is_guardian).collect();
        let named = if named.is_empty() { vec![None] } else { named };
        let acts = named.into_iter().map(|service| OwnAct { service, ..OwnAct::plain(Act::Mandate) });
        let acts = acts.map(|act| act.recorded_by(Actor::Representative, &effective, app.now()));
        Ok(Some((standing, acts.collect::<Result<_, _>>()?)))
    })
    .await?;
    if invited.is_guardian {
        guardians::tell(app, invited.whose).await?;
        // Others may have been taken on in just this moment.
        if guardians::wards_of(app, who).await? > guardians::WARDS_MAX {
            end(app, invited.whose, who, |_| Ok(())).await?;
            return Err(Unfit::Enough.refused());
        }
    }
    behalf::id_for(app, who, invited.whose)
}

/// For which services a mandate is given. To a guardian's further ones come those for which they agreed before.
fn given(standing: &Standing, who: Locator, invited: &Invited) -> Vec<ServiceTag> {
    let before = standing.mandates.iter().find(|row| row.who == who && invited.is_guardian).map(|row| &row.services);
    match before {
        Some(before) if before.is_empty() || invited.services.is_empty() => Vec::new(),
        Some(before) => {
            let new = invited.services.iter().filter(|tag| !before.contains(tag));
            before.iter().chain(new).copied().collect()
        }
        None => invited.services.clone(),
    }
}

async fn take(app: &App, token: &str) -> Result<(), ActionError> {
    match app.store.take_ticket(TicketKind::Invitation, token, app.now().unix_s()).await? {
        Taken::First(_) => Ok(()),
        Taken::Again(_) | Taken::Unknown => Err(ActionError::Expired),
    }
}

/// Refuses an invitation; both sides keep that it was.
///
/// # Errors
/// As [`find`].
pub async fn refuse(app: &App, who: Locator, token: &str) -> Result<(), ActionError> {
    let invited = find(app, who, token).await?;
    take(app, token).await?;
    let effective = app.policy()?;
    for (whose, actor) in [(who, Actor::Person), (invited.whose, Actor::Representative)] {
        change(app, whose, home(app)?, |row| {
            let act = OwnAct::plain(Act::Decline).recorded_by(actor, &effective, app.now())?;
            Ok(Some((row.standing.clone(), act)))
        })
        .await?;
    }
    Ok(())
}

/// Ends the mandate of the one whom the entity's pages call `id`: a head does that, the ward, or they themselves. After the
/// answer nothing opens by it, on any node.
///
/// # Errors
/// [`ActionError::Refused`] when who asks is no head and it is not their own.
pub async fn revoke(app: &App, behalf: Behalf, id: &str) -> Result<(), ActionError> {
    let by = behalf.decider()?;
    let who = find_colleague(app, behalf, id).await?;
    let today = app.now().day;
    let is_own = who == by || behalf.by.is_none();
    end(app, behalf.whose, who, |standing| if is_own { Ok(()) } else { check_head(standing, by, today) }).await?;
    if who != by {
        app.store.remove_families(&[letters(app, behalf.whose)]).await?;
    }
    app.store.wait_out_leases().await;
    Ok(())
}

/// Whom the entity's pages call `id`.
async fn find_colleague(app: &App, behalf: Behalf, id: &str) -> Result<Locator, ActionError> {
    let row = home_row(app, behalf.whose).await?.ok_or(ActionError::Expired)?;
    let id = Sub::parse(id).ok_or(ActionError::Input("id"))?;
    let called = |who: Locator| behalf::id_for(app, behalf.whose, who).is_ok_and(|own| own == id.as_str());
    let found = row.standing.mandates.iter().map(|row| row.who).find(|who| called(*who));
    found.ok_or(ActionError::Expired)
}

/// Takes the mandate of `who` away, and notes it on both sides.
async fn end(
    app: &App,
    whose: Locator,
    who: Locator,
    may: impl Fn(&Standing) -> Result<(), ActionError>,
) -> Result<(), ActionError> {
    let effective = app.policy()?;
    let row = home_row(app, whose).await?.ok_or(kepil_store::StoreError::NotFound)?;
    // Whoever may not do this touches nothing, in no compartment.
    may(&row.standing)?;
    let is_ward = row.standing.kind == Subject::Person;
    if is_ward {
        guardians::take(app, whose, who).await?;
    }
    change(app, whose, home(app)?, |row| {
        may(&row.standing)?;
        let mut standing = row.standing.clone();
        if !standing.remove_mandate(who) {
            return Ok(None);
        }
        let act = OwnAct::plain(Act::Revoke).recorded_by(Actor::Representative, &effective, app.now())?;
        Ok(Some((standing, act)))
    })
    .await?;
    if is_ward {
        guardians::tell(app, whose).await?;
    }
    let noted = change(app, who, home(app)?, |row| {
        let act = OwnAct::plain(Act::Revoke).recorded_by(Actor::Representative, &effective, app.now())?;
        Ok(Some((row.standing.clone(), act)))
    });
    match noted.await {
        // Whoever acted closed their account meanwhile.
        Err(ActionError::Store(kepil_store::StoreError::NotFound)) => Ok(()),
        done => done,
    }
}

/// Ends every mandate of somebody who closes their account.
///
/// # Errors
/// [`ActionError`] when a database does not answer.
pub(super) async fn end_all(app: &App, who: Locator) -> Result<(), ActionError> {
    let Some(own) = home_row(app, who).await? else { return Ok(()) };
    for whose in own.standing.acts_for.iter().copied() {
        match end(app, whose, who, |_| Ok(())).await {
            Ok(()) | Err(ActionError::Store(kepil_store::StoreError::NotFound)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What an entity loses when somebody leaves it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Leaving {
    /// Others stay who may invite.
    Others,
    /// Nobody who may invite stays.
    LastHead,
    /// Nobody stays: the entity freezes.
    Last,
}

/// What the entity would lose if whoever acts left.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn leaving(app: &App, behalf: Behalf) -> Result<Leaving, ActionError> {
    let (by, today) = (acting(behalf)?, app.now().day);
    let row = home_row(app, behalf.whose).await?.ok_or(ActionError::Expired)?;
    let mut others = row.standing.live_mandates(today, None).filter(|row| row.who != by).peekable();
    Ok(match (others.peek().is_none(), others.any(|row| row.is_head)) {
        (true, _) => Leaving::Last,
        (false, false) => Leaving::LastHead,
        (false, true) => Leaving::Others,
    })
}

/// Whoever acts leaves the entity. When nobody who may invite would stay, only knowingly.
///
/// # Errors
/// [`ActionError::Input`] when that was not said, and for the guardian of a ward who has no way in.
pub async fn leave(app: &App, behalf: Behalf, is_sure: bool) -> Result<(), ActionError> {
    // Whoever cannot sign in is not left alone: their account is closed, or they get a way in.
    if behalf.kind == Subject::Person && !wards::has_way_in(app, behalf.whose).await? {
        return Err(ActionError::Input("ward"));
    }
    if !is_sure && leaving(app, behalf).await? != Leaving::Others {
        return Err(ActionError::Input("sure"));
    }
    end(app, behalf.whose, acting(behalf)?, |_| Ok(())).await?;
    app.store.wait_out_leases().await;
    Ok(())
}

/// Lets another one invite and revoke too.
///
/// # Errors
/// [`ActionError::Refused`] when who asks is no head.
pub async fn add_head(app: &App, behalf: Behalf, id: &str) -> Result<(), ActionError> {
    let (by, today) = (acting(behalf)?, app.now().day);
    let who = find_colleague(app, behalf, id).await?;
    set(app, behalf, Act::Grant, |standing| {
        let given = standing.mandates.iter().find(|row| row.who == who).map(|row| (row.services.clone(), row.until));
        let Some((services, until)) = given else { return Ok(false) };
        check_gives(standing, (by, behalf.whose), today, (&services, until))?;
        Ok(standing.mandates.iter_mut().find(|row| row.who == who).map(|row| row.is_head = true).is_some())
    })
    .await
}

/// Lets services know the name of whoever acts, or not any more.
///
/// # Errors
/// [`ActionError::Refused`] without a mandate.
pub async fn show_name(app: &App, behalf: Behalf, shows_name: bool) -> Result<(), ActionError> {
    let (by, today) = (acting(behalf)?, app.now().day);
    let act = if shows_name { Act::Show } else { Act::Hide };
    set(app, behalf, act, |standing| {
        behalf.check(standing, today, None)?;
        if standing.kind == Subject::Person {
            return Err(ActionError::Refused(Refusal::NoMandate));
        }
        Ok(standing.mandates.iter_mut().find(|row| row.who == by).map(|row| row.shows_name = shows_name).is_some())
    })
    .await?;
    // It is the person's own consent: their ledger has it too.
    let effective = app.policy()?;
    change(app, by, home(app)?, |row| {
        Ok(Some((row.standing.clone(), OwnAct::plain(act).recorded(&effective, app.now())?)))
    })
    .await?;
    if !shows_name {
        app.store.wait_out_leases().await;
    }
    Ok(())
}

async fn set(
    app: &App,
    behalf: Behalf,
    act: Act,
    alter: impl Fn(&mut Standing) -> Result<bool, ActionError>,
) -> Result<(), ActionError> {
    let effective = app.policy()?;
    change(app, behalf.whose, home(app)?, |row| {
        let mut standing = row.standing.clone();
        if !alter(&mut standing)? {
            return Ok(None);
        }
        let act = OwnAct::plain(act).recorded_by(Actor::Representative, &effective, app.now())?;
        Ok(Some((standing, act)))
    })
    .await
}
