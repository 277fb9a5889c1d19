//! How old somebody is at least. Clause 2.4c.
//!
//! A date of birth that is on record decides; without one, a person's own word does, where no date is needed. What is kept
//! of either is "at least", never the date.

use std::sync::Arc;

use kepil_domain::{form, gate::Refusal};
use kepil_policy::{Policy, Service, Subject, laws};
use serde::{Deserialize, Serialize};

use super::{
    ActionError,
    behalf::{Behalf, home_row},
    born, guardians, my_data, wards,
};
use crate::{
    App,
    oidc::{Alg, Audience, Client, Typ},
};

/// The age that somebody must have, and what they say of it.
#[derive(Clone, Copy)]
pub struct Needed {
    /// Unit: years; 0 means none.
    pub years: u32,
    /// Whether the person said that they are of that age.
    pub is_said: bool,
    /// Whether only a date of birth counts, and no word, given now or before.
    pub is_by_date: bool,
}

/// Compares the person's own date of birth with the age that is needed.
///
/// # Errors
/// [`ActionError::Refused`] when the person is too young, or there is neither a date nor their word.
pub async fn confirm(app: &App, whose: impl Into<Behalf>, needed: Needed) -> Result<Option<u8>, ActionError> {
    let behalf = whose.into();
    if needed.years == 0 {
        return Ok(None);
    }
    let confirmed = u8::try_from(needed.years).ok();
    if let Some(age) = by_date(app, behalf).await? {
        return if age < needed.years { Err(ActionError::Refused(Refusal::BelowAge)) } else { Ok(confirmed) };
    }
    let row = home_row(app, behalf.whose).await?;
    let was_confirmed = row.as_ref().is_some_and(|row| row.standing.age_at_least >= confirmed);
    // Whoever has a guardian does not outgrow them by a word.
    let is_minded = row.is_some_and(|row| row.standing.would_outgrow(needed.years, app.now().day));
    let is_enough = !needed.is_by_date && !is_minded && (needed.is_said || was_confirmed);
    if is_enough { Ok(confirmed) } else { Err(ActionError::Refused(Refusal::AgeUnconfirmed)) }
}

/// The age that follows from the date of birth on record; of several dates the latest counts. Unit: years.
pub(super) async fn by_date(app: &App, behalf: Behalf) -> Result<Option<u32>, ActionError> {
    let (effective, mut youngest) = (app.policy()?, None);
    for field in effective.policy.entered(Subject::Person).filter(|field| born::is_date(field)) {
        let born = my_data::find(app, behalf, field).await?;
        let age = born.and_then(|born| form::age(&born, app.now().day));
        youngest = youngest.into_iter().chain(age).min();
    }
    Ok(youngest)
}

/// How far somebody decides themselves at a service that asks for a guardian.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stage {
    /// Alone.
    Alone,
    /// Themselves, when a guardian agreed.
    WithGuardian,
    /// Not at all: the guardian does.
    ByGuardian,
}

/// What is known of somebody's age at a service that asks for a guardian.
#[derive(Clone, Copy)]
pub struct Seen {
    /// How far they decide themselves.
    pub stage: Stage,
    /// Whether their word that they are of age would do.
    pub may_say: bool,
    /// Whether it follows from a date of birth.
    pub is_dated: bool,
    /// Whether they are younger than the service takes anybody.
    pub is_below: bool,
}

/// Looks at somebody's age, without their word. Where neither date nor age is known, accepting says that one is as old as the
/// service asks, and no more.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn seen(app: &App, behalf: Behalf, service: &Service) -> Result<Seen, ActionError> {
    let Some(ages) = service.guardian else {
        return Ok(Seen { stage: Stage::Alone, may_say: false, is_dated: false, is_below: false });
    };
    let stage = |age: u32| match age {
        age if age >= ages.alone => Stage::Alone,
        age if age >= ages.with_guardian => Stage::WithGuardian,
        _ => Stage::ByGuardian,
    };
    if let Some(age) = by_date(app, behalf).await? {
        let is_below = age < service.min_age;
        return Ok(Seen { stage: stage(age), may_say: false, is_dated: true, is_below });
    }
    let row = home_row(app, behalf.whose).await?;
    let is_by_date = needs_date(&app.policy()?.policy, service);
    let known = row.as_ref().and_then(|row| row.standing.age_at_least).map_or(0, u32::from);
    let stage = if is_by_date { Stage::ByGuardian } else { stage(known.max(service.min_age)) };
    // The guardian whom they named enters a date, or ends the mandate; a word does neither.
    let is_minded = row.is_some_and(|row| row.standing.would_outgrow(ages.alone, app.now().day));
    let may_say = stage != Stage::Alone && !is_by_date && !is_minded;
    Ok(Seen { stage, may_say, is_dated: false, is_below: false })
}

/// From what age `behalf` may accept `service`. Unit: years. The account of a child is its guardian's doing: younger than anybody
/// has one alone.
fn least_age(app: &App, behalf: Behalf, (policy, service): (&Policy, &Service)) -> Result<u32, ActionError> {
    let is_childs = behalf.by.is_some() && policy.account().is_some_and(|account| account.id == service.id);
    let from = wards::ages(&*app.policy()?).filter(|_| is_childs).map(|(from, _)| from);
    Ok(from.unwrap_or(service.min_age))
}

/// What a date of birth, or that there is none, has against something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unfit {
    /// They are too young by it. Unit: years that are needed.
    Young(u32),
    /// There is none, and no word does.
    Undated,
}

/// What the date of birth has against it that `behalf` accepts `service`, whatever they say. Where a guardian is asked for, there
/// is more to it: [`seen`].
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn unfit(
    app: &App,
    behalf: Behalf,
    (policy, service): (&Policy, &Service),
) -> Result<Option<Unfit>, ActionError> {
    let years = least_age(app, behalf, (policy, service))?;
    if years == 0 || behalf.kind == Subject::Entity {
        return Ok(None);
    }
    unfit_for(app, behalf, (years, needs_date(policy, service))).await
}

/// What the date of birth of `behalf` has against what is open from an age on; where no word does, a date is needed.
pub(super) async fn unfit_for(
    app: &App,
    behalf: Behalf,
    (years, is_by_date): (u32, bool),
) -> Result<Option<Unfit>, ActionError> {
    Ok(match by_date(app, behalf).await? {
        Some(age) => (age < years).then_some(Unfit::Young(years)),
        None => is_by_date.then_some(Unfit::Undated),
    })
}

/// The age, "at least", with which `behalf` accepts `service`; `is_said` is the word that they are of age to act alone.
///
/// # Errors
/// [`ActionError::Refused`] when the person is too young, when there is neither a date nor their word, when no guardian
/// agreed, and when the guardian decides.
pub(super) async fn to_accept(
    app: &App,
    behalf: Behalf,
    (policy, service): (&Policy, &Service),
    is_said: bool,
) -> Result<Option<u8>, ActionError> {
    let Some(ages) = service.guardian else {
        // Accepting is also saying that one is old enough, where the service needs no more than that.
        let is_by_date = needs_date(policy, service);
        let years = least_age(app, behalf, (policy, service))?;
        return confirm(app, behalf, Needed { years, is_said: !is_by_date, is_by_date }).await;
    };
    let seen = seen(app, behalf, service).await?;
    if seen.is_below {
        return Err(ActionError::Refused(Refusal::BelowAge));
    }
    let is_own = behalf.by.is_none();
    if seen.stage == Stage::Alone || (seen.may_say && is_said && is_own) {
        let alone = u8::try_from(ages.alone).ok();
        if let Some(alone) = alone {
            guardians::outgrow(app, behalf.whose, alone).await?;
        }
        // A ward who is old enough by now accepts alone.
        return if is_own { Ok(alone) } else { Err(ActionError::Refused(Refusal::NoMandate)) };
    }
    if is_own && !seen.is_dated && needs_date(policy, service) {
        return Err(ActionError::Refused(Refusal::AgeUnconfirmed));
    }
    if !guardians::has(app, behalf.whose, service).await? {
        return Err(ActionError::Refused(Refusal::NoGuardian));
    }
    if is_own && seen.stage == Stage::ByGuardian {
        return Err(ActionError::Refused(Refusal::GuardianDecides));
    }
    Ok(u8::try_from(service.min_age).ok())
}

/// Whether somebody may give or allow something at `service` themselves now.
///
/// # Errors
/// [`ActionError::Refused`] when their guardian decides, or none agrees any more.
pub(super) async fn check_decides(app: &App, behalf: Behalf, service: &Service) -> Result<(), ActionError> {
    let Some(ages) = service.guardian.filter(|_| behalf.by.is_none()) else { return Ok(()) };
    let known = home_row(app, behalf.whose).await?.and_then(|row| row.standing.age_at_least).map_or(0, u32::from);
    if known >= ages.alone || behalf.kind == Subject::Entity {
        return Ok(());
    }
    match seen(app, behalf, service).await?.stage {
        Stage::Alone => Ok(()),
        Stage::ByGuardian => Err(ActionError::Refused(Refusal::GuardianDecides)),
        Stage::WithGuardian if guardians::has(app, behalf.whose, service).await? => Ok(()),
        Stage::WithGuardian => Err(ActionError::Refused(Refusal::NoGuardian)),
    }
}

/// Whether `service` does something with a date of birth, or what follows from it: then a person's word is not enough. An
/// account is made without what it does not require, and accepted later without it too.
#[must_use]
pub fn needs_date(policy: &Policy, service: &Service) -> bool {
    let is_account = policy.account().is_some_and(|account| account.id == service.id);
    policy.uses_of(service).any(|each| {
        let fields = if is_account { each.required } else { each.fields };
        fields.iter().any(|id| policy.field(id).is_some_and(born::is_date))
    })
}

/// How long a statement of age holds at most; it begins with its hour, so that it tells no moment. Unit: seconds.
const STATEMENT_S: i64 = 2 * 3600;
const HOUR_S: i64 = 3600;

/// What a browser without an account says of its reader's age to one service: nobody's name, nor any moment.
#[derive(Deserialize, Serialize)]
struct Statement {
    iss: String,
    /// The client.
    aud: String,
    /// Its service.
    service: String,
    iat: i64,
    exp: i64,
    /// Unit: years.
    age_at_least: u32,
    /// The client's own word for the visit, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nonce: Option<String>,
}

/// A statement that the reader of a page said to be as old as `service` asks.
///
/// # Errors
/// [`ActionError::Broken`] when it cannot be signed.
pub fn state(app: &App, client: &Client, service: &Service, nonce: Option<String>) -> Result<String, ActionError> {
    let now_s = app.now().unix_s();
    let iat = now_s - now_s.rem_euclid(HOUR_S);
    let statement = Statement {
        iss: app.config.issuer.clone(),
        aud: client.id.clone(),
        service: service.name.clone(),
        iat,
        exp: iat + STATEMENT_S,
        age_at_least: service.min_age,
        nonce,
    };
    app.signing.sign(Alg::default(), Typ::Age, &statement, now_s)
}

/// The age that a visit without an account may count on at `service`.
///
/// # Errors
/// [`ActionError::Refused`] when the service has a least age and no statement for it holds.
pub fn check(app: &App, service: &Service, sent: Option<&str>, nonce: Option<&str>) -> Result<u32, ActionError> {
    if service.min_age == 0 {
        return Ok(0);
    }
    let refused = ActionError::Refused(Refusal::AgeUnconfirmed);
    let Some(sent) = sent else { return Err(refused) };
    let (issuer, now_s) = (app.config.issuer.as_str(), Some(app.now().unix_s()));
    let statement: Option<Arc<Statement>> = app.signing.verify(Typ::Age, sent, Audience { issuer, aud: None, now_s });
    let fits = |it: &Arc<Statement>| {
        it.service == service.name && it.age_at_least >= service.min_age && it.nonce.as_deref() == nonce
    };
    statement.filter(fits).map(|it| it.age_at_least).ok_or(refused)
}

/// From what age somebody may act for others: that at which the law lets people act alone.
///
/// # Errors
/// [`ActionError::NoPolicy`] when the law of the policy is not known.
pub fn of_majority(app: &App) -> Result<u32, ActionError> {
    let effective = app.policy()?;
    laws::ages(effective.policy.law()).map(|ages| ages.alone).ok_or(ActionError::NoPolicy)
}
