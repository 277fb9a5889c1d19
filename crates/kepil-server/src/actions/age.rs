//! How old somebody is at least. Clause 2.4c.
//!
//! A date of birth that is on record decides; without one, a person's own word does, where no date is needed. What is kept
//! of either is "at least", never the date.

use kepil_domain::{Locator, form, gate::Refusal};
use kepil_policy::{Category, Policy, Service, Subject, laws};
use serde::{Deserialize, Serialize};

use super::{ActionError, behalf::home_row, my_data};
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
pub async fn confirm(app: &App, locator: Locator, needed: Needed) -> Result<Option<u8>, ActionError> {
    if needed.years == 0 {
        return Ok(None);
    }
    let confirmed = u8::try_from(needed.years).ok();
    let effective = app.policy()?;
    let is_date = |field: &&kepil_policy::Field| field.category == Category::BirthDate;
    for field in effective.policy.entered(Subject::Person).filter(is_date) {
        let Some(born) = my_data::find(app, locator, field).await? else { continue };
        let Some(age) = form::age(&born, app.now().day) else { continue };
        return if age < needed.years { Err(ActionError::Refused(Refusal::BelowAge)) } else { Ok(confirmed) };
    }
    let row = home_row(app, locator).await?;
    let was_confirmed = row.is_some_and(|row| row.standing.age_at_least >= confirmed);
    let is_enough = !needed.is_by_date && (needed.is_said || was_confirmed);
    if is_enough { Ok(confirmed) } else { Err(ActionError::Refused(Refusal::AgeUnconfirmed)) }
}

/// Whether `service` does something with a date of birth, or what follows from it: then a person's word is not enough.
#[must_use]
pub fn needs_date(policy: &Policy, service: &Service) -> bool {
    let mut fields = policy.uses_of(service).flat_map(|each| each.fields.iter());
    fields.any(|id| policy.field(id).is_some_and(|field| field.category == Category::BirthDate))
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
    let statement: Option<Statement> = app.signing.verify(Typ::Age, sent, Audience { issuer, aud: None, now_s });
    let fits = |it: &Statement| {
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
