//! A guardian makes the account of a ward who is too young for one of their own, and later gives the ward a way in. Clause 2.4c.
//!
//! As that of a legal entity it is a ring and rows, and nobody signs in to it: nothing leads to it but its guardian, who has
//! every right of the ward. It is offered where a service takes people younger than the account does. Start reading at [`make`].

use std::collections::BTreeMap;

use kepil_domain::{
    Locator, Personal,
    form::{self, FormFault},
    gate::Refusal,
    standing::{MandateKind, MandateRow, Standing},
    vault::Ring,
};
use kepil_policy::{Category, Effective, Field, FieldSet, FormPlace, Language, Subject};
use kepil_store::{NewPerson, OsEntropy};

use super::{
    ActionError, age,
    behalf::{self, Behalf, home_row},
    close_account::close_account,
    credentials, entities,
    guardians::{self, Unfit},
};
use crate::App;

/// What somebody says of a child.
pub struct NewWard {
    /// By name of the field.
    pub values: BTreeMap<String, Personal<String>>,
    /// Whether they said that they are the parent or guardian.
    pub is_guardian: bool,
    /// The language in which the documents were shown.
    pub language: Language,
}

/// What must be mended of what somebody said of a child: everything at once.
#[derive(Default)]
pub struct Faults {
    /// Single values, by name of the field.
    pub fields: Vec<(String, FormFault)>,
    /// Whether the child is old enough for an account of their own.
    pub is_old: bool,
    /// Whether it was not said that whoever makes it is the guardian.
    pub must_say: bool,
}

/// For what ages an account is made by a guardian: from the first, and below the second. Unit: years. `None` where no service
/// takes people younger than the account does.
#[must_use]
pub fn ages(effective: &Effective) -> Option<(u32, u32)> {
    let below = effective.policy.account()?.min_age;
    let from = guardians::services(effective).map(|service| service.min_age).min()?;
    (from < below).then_some((from, below))
}

/// What is asked of a child: what the form asks of a person, without what only somebody needs who signs in.
pub fn form_fields(effective: &Effective) -> impl Iterator<Item = &Field> {
    let entered = effective.policy.entered(Subject::Person);
    entered.filter(|field| field.form == FormPlace::Registration && !field.sign_in)
}

/// Makes the account with its guardian, who is one everywhere: the ward uses no right alone. Says by which id they call it, or
/// what must be mended.
///
/// The note in the guardian's row comes first: after a crash between the two it leads nowhere, and there is no account.
///
/// # Errors
/// [`ActionError::Refused`] when the guardian is not of age by their own date of birth, and for a child that no service
/// takes; [`ActionError::Input`] where nobody needs a guardian, and called `wards` for a guardian who has wards enough.
pub async fn make(app: &App, who: Locator, new: NewWard) -> Result<Result<String, Faults>, ActionError> {
    let effective = app.policy()?;
    let (from, below) = ages(&effective).ok_or(ActionError::Input("service"))?;
    let born = form_fields(&effective).find(|field| field.category == Category::BirthDate);
    let born = born.ok_or(ActionError::Refused(Refusal::AgeUnconfirmed))?;
    let today = app.now().day;
    let typed = new.values.get(&born.name).and_then(|text| form::canonical(born, text, today).ok().flatten());
    let age = typed.and_then(|date| form::age(&date, today));
    let (mut values, mut faults) = match entities::read(form_fields(&effective), &new.values, app) {
        Ok(values) => (values, Faults::default()),
        Err(fields) => (Vec::new(), Faults { fields, ..Faults::default() }),
    };
    if age.is_none() && !faults.fields.iter().any(|(name, _)| *name == born.name) {
        faults.fields.push((born.name.clone(), FormFault::Empty));
    }
    (faults.is_old, faults.must_say) = (age.is_some_and(|age| age >= below), !new.is_guardian);
    if !faults.fields.is_empty() || faults.is_old || faults.must_say {
        return Ok(Err(faults));
    }
    if age.is_some_and(|age| age < from) {
        return Err(ActionError::Refused(Refusal::BelowAge));
    }
    if let Some(unfit) = guardians::unfit(app, who).await? {
        return Err(unfit.refused());
    }
    let years = age::of_majority(app)?;
    let account = effective.policy.account().ok_or(ActionError::NoPolicy)?;
    let accepted = effective.policy.uses_of(account).filter(|each| !each.optional);
    let wanted = accepted.fold(FieldSet::EMPTY, |all, each| all.or(&each.fields));
    // The date of birth stays whatever the account needs: by it the child grows up.
    values.retain(|(field, _)| wanted.contains(field.id) || field.id == born.id);
    let ring = Ring::random(app.store.keys(), &effective.policy, &mut OsEntropy)?;
    let whose = ring.locator();
    entities::note(app, who, whose).await?;
    let mandate = MandateRow {
        who,
        kind: MandateKind::Guardian { until_age: u8::try_from(years).map_err(|_| ActionError::NoPolicy)? },
        is_head: false,
        services: Vec::new(),
        since: app.now().day,
        until: None,
        shows_name: true,
    };
    let rows = entities::rows(app, &effective, (Subject::Person, values), mandate, new.language)?;
    entities::add(app, NewPerson { ring, terms: Vec::new(), rows }).await?;
    // Others may have been added in just this moment, here or on another node.
    if guardians::wards_of(app, who).await? > guardians::WARDS_MAX {
        close_account(app, Behalf { whose, kind: Subject::Person, by: Some(who) }).await?;
        return Err(Unfit::Enough.refused());
    }
    behalf::id_for(app, who, whose).map(Ok)
}

/// Whether somebody signs in to the account of a person.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn has_way_in(app: &App, whose: Locator) -> Result<bool, ActionError> {
    let effective = app.policy()?;
    let row = home_row(app, whose).await?;
    Ok(row.is_none_or(|row| signs_in(&effective, &row.standing)))
}

/// As [`has_way_in`], of the row where mandates stand.
pub(super) fn signs_in(effective: &Effective, standing: &Standing) -> bool {
    let mut named = effective.policy.fields().iter().filter(|field| field.sign_in);
    named.any(|field| standing.stored.contains(&field.tag))
}

/// For how many wards who cannot sign in nobody acts any more when `guardian` is gone.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn left_by(app: &App, guardian: Locator) -> Result<u32, ActionError> {
    let mut left = 0;
    for (behalf, _) in behalf::list(app, guardian, None).await?.0 {
        let is_ward = behalf.kind == Subject::Person && !has_way_in(app, behalf.whose).await?;
        left += u32::from(is_ward && guardians::all(app, behalf.whose).await?.len() == 1);
    }
    Ok(left)
}

/// Whether it is time for the ward to have a way in: none signs in, and they are as old as the account asks. Then how old that
/// is. Unit: years.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn may_come_in(app: &App, behalf: Behalf) -> Result<Option<u32>, ActionError> {
    let effective = app.policy()?;
    let account = effective.policy.account().ok_or(ActionError::NoPolicy)?;
    if behalf.kind == Subject::Entity || has_way_in(app, behalf.whose).await? {
        return Ok(None);
    }
    Ok(age::by_date(app, behalf).await?.filter(|age| *age >= account.min_age))
}

/// Sends the ward a letter, to an address of their own, by which they come in and set a password.
///
/// # Errors
/// [`ActionError::Input`] when it is no address; [`ActionError::Refused`] before the time, when somebody signs in already, and
/// without a mandate for everything; [`ActionError::Busy`] after too many letters.
pub async fn let_in(
    app: &App,
    behalf: Behalf,
    address: &Personal<String>,
    language: Language,
) -> Result<(), ActionError> {
    let row = home_row(app, behalf.whose).await?.ok_or(ActionError::Expired)?;
    behalf.check_whole(&row.standing, app.now().day)?;
    if may_come_in(app, behalf).await?.is_none() {
        return Err(ActionError::Refused(Refusal::BelowAge));
    }
    credentials::ask_first_address(app, behalf, address, language).await
}

/// Calls the letter back by which the ward would come in.
///
/// # Errors
/// [`ActionError::Refused`] when somebody signs in already, and without a mandate for everything.
pub async fn call_back(app: &App, behalf: Behalf) -> Result<(), ActionError> {
    let row = home_row(app, behalf.whose).await?.ok_or(ActionError::Expired)?;
    behalf.check_whole(&row.standing, app.now().day)?;
    // What somebody who signs in asked for themselves is theirs.
    if signs_in(&*app.policy()?, &row.standing) {
        return Err(ActionError::Refused(Refusal::NotThePerson));
    }
    credentials::call_back(app, behalf.whose).await
}
