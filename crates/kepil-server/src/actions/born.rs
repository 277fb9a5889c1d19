//! A date of birth moves only against the interest of whoever moves it, and what it says holds everywhere at once. Clause 2.4c.
//!
//! A first date is believed, as everything that people say of themselves; one that says that somebody is too young for
//! anything is not argued away. Start reading at [`check`].

use std::cmp::Ordering;

use kepil_domain::{Day, Moment, Personal, form, gate::Refusal, ledger::Act, standing::Standing, vault::Record};
use kepil_policy::{Category, Effective, Field, FieldSet, Subject, Tag, Verb, laws};
use kepil_store::{Amendment, PersonRow, StoreError};

use super::{
    ActionError, OwnAct,
    behalf::{Behalf, home_first},
    choices::change,
};
use crate::App;

/// Whether `field` says how old its person is.
#[must_use]
pub fn is_date(field: &Field) -> bool {
    field.category == Category::BirthDate
}

/// The field in which people say when they were born.
#[must_use]
pub fn field(effective: &Effective) -> Option<&Field> {
    effective.policy.entered(Subject::Person).find(|field| is_date(field))
}

/// Whether somebody born on `date` is old enough for all that any service or the law asks: then it is theirs to change.
#[must_use]
pub fn is_free(effective: &Effective, date: &Personal<String>, today: Day) -> bool {
    let policy = &effective.policy;
    let by_service = |it: &kepil_policy::Service| it.min_age.max(it.guardian.map_or(0, |ages| ages.alone));
    let by_law = laws::ages(policy.law()).map(|ages| ages.alone);
    let free_from = policy.services().iter().map(by_service).chain(by_law).max().unwrap_or(0);
    form::age(date, today).is_none_or(|age| age >= free_from)
}

/// Asks within a change of the row that has the date: it is in `records`, and `next` would be. `guarded` is the row where
/// mandates stand.
///
/// # Errors
/// [`ActionError::Refused`]: [`Refusal::NotThePerson`] for a guardian who would make a ward younger or take the date away;
/// for the person, who would make themselves older, [`Refusal::GuardianDecides`] where there is a guardian, else
/// [`Refusal::AgeUnconfirmed`].
pub(super) fn check(
    effective: &Effective,
    behalf: Behalf,
    guarded: &Standing,
    records: &[(Tag, Record)],
    (field, next): (&Field, Option<&Personal<String>>),
    today: Day,
) -> Result<(), ActionError> {
    // What is no date tells no age.
    let before = records.iter().find_map(|(_, record)| record.find(field.tag)).map(|value| &value.text);
    let before = before.filter(|date| form::age(date, today).is_some());
    let order = before.zip(next).and_then(|(before, next)| form::compare_born(before, next));
    if behalf.by.is_some() {
        let may = before.is_none() || order.is_some_and(Ordering::is_le);
        return if may { Ok(()) } else { Err(ActionError::Refused(Refusal::NotThePerson)) };
    }
    let may = match (before, next.and_then(|next| form::age(next, today))) {
        (Some(before), _) => is_free(effective, before, today) || order.is_some_and(Ordering::is_ge),
        (None, Some(age)) => !guarded.would_outgrow(age, today),
        (None, None) => true,
    };
    let has_guardian = guarded.live_mandates(today, None).any(|row| row.kind.is_guardian());
    match (may, has_guardian) {
        (true, _) => Ok(()),
        (false, true) => Err(ActionError::Refused(Refusal::GuardianDecides)),
        (false, false) => Err(ActionError::Refused(Refusal::AgeUnconfirmed)),
    }
}

/// Changes a row of `behalf`; where a date of birth is written by which they are of `age`, that holds everywhere when it is
/// done. What takes comes first, as far as it is sure that the date will be written: after a crash nobody is older than it says.
///
/// # Errors
/// [`ActionError`] of `change`, or when a database does not answer.
pub(super) async fn amend(
    app: &App,
    behalf: Behalf,
    (tag, moment, age): (Tag, Moment, Option<u32>),
    change: impl Fn(&PersonRow) -> Result<Amendment, ActionError>,
) -> Result<(), ActionError> {
    if let Some(age) = age {
        let row = app.store.find_person(behalf.whose, tag).await?.ok_or(StoreError::NotFound)?;
        change(&row)?;
        lower(app, behalf, age).await?;
    }
    behalf.amend(app, tag, moment, &change).await?;
    if let Some(age) = age {
        // Something may have been accepted meanwhile by the date that was.
        lower(app, behalf, age).await?;
        app.store.wait_out_leases().await;
    }
    Ok(())
}

/// Whoever is younger by their date of birth than was known of them is so in every compartment. Says whether anything changed.
///
/// # Errors
/// [`ActionError`] when a database does not answer: what is changed by then stays, and the next call does the rest.
pub(super) async fn lower(app: &App, behalf: Behalf, age: u32) -> Result<bool, ActionError> {
    let effective = app.policy()?;
    let fields: FieldSet = effective.policy.entered(Subject::Person).filter(|it| is_date(it)).map(|it| it.id).collect();
    let mut has_changed = false;
    for tag in home_first(app, &effective.policy)? {
        if app.store.find_person(behalf.whose, tag).await?.is_none() {
            continue;
        }
        change(app, behalf, tag, |row| {
            let Some(standing) = row.standing.lowered(age) else { return Ok(None) };
            has_changed = true;
            let act = OwnAct { fields, ..OwnAct::plain(Act::Did(Verb::Clarify)) };
            Ok(Some((standing, act.recorded_by(behalf.actor(), &effective, app.now())?)))
        })
        .await?;
    }
    Ok(has_changed)
}
