//! How old somebody is at least. Clause 2.4c.
//!
//! A date of birth that is on record decides; without one, a person's own word does, where no date is needed. What is kept
//! of either is "at least", never the date.

use kepil_domain::{Locator, form, gate::Refusal};
use kepil_policy::{Category, Subject};

use super::{ActionError, behalf::home_row, my_data};
use crate::{App, laws};

/// The age that somebody must have, and what they say of it.
#[derive(Clone, Copy)]
pub struct Needed {
    /// Unit: years; 0 means none.
    pub years: u32,
    /// Whether the person said that they are of that age.
    pub is_said: bool,
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
    if needed.is_said || was_confirmed { Ok(confirmed) } else { Err(ActionError::Refused(Refusal::AgeUnconfirmed)) }
}

/// From what age somebody may act for others: that at which the law lets people act alone.
///
/// # Errors
/// [`ActionError::NoPolicy`] when the law of the policy is not known.
pub fn of_majority(app: &App) -> Result<u32, ActionError> {
    let effective = app.policy()?;
    laws::ages(effective.policy.law()).map(|ages| ages.alone).ok_or(ActionError::NoPolicy)
}
