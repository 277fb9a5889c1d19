//! What a person decides about purposes and services: give, withdraw, leave, block, lift. Clauses 4.5, 4.7, 7.3, 8.2a.
//!
//! Every narrowing act commits in each compartment concerned, waits out the leases, and only then answers: after the
//! answer nothing opens on the old facts, on any node.

use kepil_domain::{
    gate::{Agreement, Refusal, Right},
    ledger::Act,
    standing::Standing,
};
use kepil_policy::{Effective, Policy, Service, Subject, Tag, Use, Verb};
use kepil_store::{Amendment, NewAct, PersonRow};

use super::{
    ActionError, OwnAct, age,
    behalf::{Behalf, home, home_first},
    check_right_as, guardians, name_person, tag_of,
};
use crate::App;

/// Whether a consent to `row` goes on as long as the account does: what the account cannot be kept without is withdrawn by
/// closing it (clauses 7.3, 8.2a).
#[must_use]
pub fn ends_with_account(policy: &Policy, row: &Use) -> bool {
    !row.optional && policy.account().is_some_and(|account| account.id == row.service)
}

/// Withdraws the consent to `purpose` of `service`. Does nothing when there is none.
///
/// # Errors
/// [`ActionError::Input`] when there is no such purpose, or it ends with the account alone; [`ActionError::Refused`] without
/// a mandate.
pub async fn withdraw(app: &App, whose: impl Into<Behalf>, service: &str, purpose: &str) -> Result<(), ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let (service, row) = find_use(&effective, service, purpose)?;
    if ends_with_account(&effective.policy, row) {
        return Err(ActionError::Input("purpose"));
    }
    behalf.check_now(app, service).await?;
    let (compartment, home) = (tag_of(&effective.policy, row.compartment)?, home(app)?);
    let today = app.now().day;
    change(app, behalf, compartment, |person| {
        behalf.check_at((compartment, home), &person.standing, today, service)?;
        let mut standing = person.standing.clone();
        let has_ended = standing.withdraw(row.tag, today);
        let act = OwnAct::of_use(Act::Withdraw, service, row);
        let act = act.recorded_by(behalf.actor(), &effective, app.now())?;
        Ok(has_ended.then_some((standing, act)))
    })
    .await?;
    app.store.wait_out_leases().await;
    Ok(())
}

/// Gives consent to an optional purpose of a service that the person uses.
///
/// # Errors
/// [`ActionError::Refused`] without an agreement or a mandate, or while everything is blocked; claim by claim consents have
/// their own page, and what is given on request waits for the service to ask.
pub async fn give(app: &App, whose: impl Into<Behalf>, service: &str, purpose: &str) -> Result<(), ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let (service, row) = find_use(&effective, service, purpose)?;
    if row.per_claim || row.is_on_request() {
        return Err(ActionError::Input("purpose"));
    }
    age::check_decides(app, behalf, service).await?;
    behalf.check_now(app, service).await?;
    let (compartment, home) = (tag_of(&effective.policy, row.compartment)?, home(app)?);
    let today = app.now().day;
    change(app, behalf, compartment, |person| {
        behalf.check_at((compartment, home), &person.standing, today, service)?;
        let mut standing = person.standing.clone();
        if standing.is_blocked {
            return Err(ActionError::Refused(Refusal::Blocked));
        }
        if !matches!(standing.agreement(service.tag), Agreement::Live { .. }) {
            return Err(ActionError::Refused(Refusal::NotAccepted));
        }
        // What was given one by one before stays given only where it was not withdrawn.
        let kept = standing.consent_row(row.tag).filter(|row| !row.is_withdrawn).map(|row| row.claims.clone());
        standing.consent(row.tag, effective.no, today, kept.unwrap_or_default());
        let act = OwnAct::of_use(Act::Consent, service, row);
        Ok(Some((standing, act.recorded_by(behalf.actor(), &effective, app.now())?)))
    })
    .await
}

/// Ends the agreement with `service`. The account itself is closed instead.
///
/// # Errors
/// [`ActionError::Input`] when there is no such service.
pub async fn leave(app: &App, whose: impl Into<Behalf>, service: &str) -> Result<(), ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let policy = &effective.policy;
    let service = policy.find_service(service).ok_or(ActionError::Input("service"))?;
    behalf.check_now(app, service).await?;
    let home = home(app)?;
    if policy.account().is_some_and(|account| account.id == service.id) {
        return Err(ActionError::Input("service"));
    }
    let today = app.now().day;
    for compartment in policy.compartments() {
        let tag = compartment.tag;
        change(app, behalf, tag, |person| {
            if tag == home {
                behalf.check(&person.standing, today, Some(service.tag))?;
            }
            let mut standing = person.standing.clone();
            let has_ended = standing.end_agreement(service.tag, today);
            for row in policy.all_uses_of(service) {
                standing.withdraw(row.tag, today);
            }
            let act = OwnAct { service: Some(service), ..OwnAct::plain(Act::EndAgreement) };
            let act = act.recorded_by(behalf.actor(), &effective, app.now())?;
            Ok(has_ended.then_some((standing, act)))
        })
        .await?;
    }
    name_person::take_back(app, behalf.whose).await?;
    if service.guardian.is_some() && behalf.kind == Subject::Person {
        guardians::tell(app, behalf.whose).await?;
    }
    app.store.wait_out_leases().await;
    Ok(())
}

/// Blocks everything about the person, or lifts the block.
///
/// # Errors
/// [`ActionError`] when a compartment could not be changed; those before it are.
pub async fn set_block(app: &App, whose: impl Into<Behalf>, is_blocked: bool) -> Result<(), ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let (acting, home) = (behalf.acting(app).await?, home(app)?);
    for tag in home_first(app, &effective.policy)? {
        change(app, behalf, tag, |person| {
            if tag == home {
                behalf.check_whole(&person.standing, app.now().day)?;
            }
            check_right_as(app, &effective, person, (behalf.actor(), acting.facts), Right::Block, Verb::Block)?;
            let act = if is_blocked { Act::Did(Verb::Block) } else { Act::Unblock };
            let standing = Standing { is_blocked, ..person.standing.clone() };
            let has_changed = person.standing.is_blocked != is_blocked;
            let act = OwnAct::plain(act).recorded_by(behalf.actor(), &effective, app.now())?;
            Ok(has_changed.then_some((standing, act)))
        })
        .await?;
    }
    if is_blocked {
        app.store.wait_out_leases().await;
    }
    Ok(())
}

fn find_use<'a>(effective: &'a Effective, service: &str, purpose: &str) -> Result<(&'a Service, &'a Use), ActionError> {
    let service = effective.policy.find_service(service).ok_or(ActionError::Input("service"))?;
    let row = effective.policy.find_use(service, purpose).ok_or(ActionError::Input("purpose"))?;
    Ok((service, row))
}

/// Why a change stopped: nothing to do, or a reason.
enum Stop {
    Unchanged,
    Failed(ActionError),
}

impl From<kepil_store::StoreError> for Stop {
    fn from(error: kepil_store::StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ActionError> for Stop {
    fn from(error: ActionError) -> Self {
        Self::Failed(error)
    }
}

/// Changes the standing in one compartment with one act; `None` from `decide` leaves everything as it is.
pub(super) async fn change(
    app: &App,
    whose: impl Into<Behalf>,
    compartment: Tag,
    mut decide: impl FnMut(&PersonRow) -> Result<Option<(Standing, NewAct)>, ActionError>,
) -> Result<(), ActionError> {
    change_all(app, whose, compartment, |row| Ok(decide(row)?.map(|(standing, act)| (standing, vec![act])))).await
}

/// As [`change`], with several acts.
pub(super) async fn change_all(
    app: &App,
    whose: impl Into<Behalf>,
    compartment: Tag,
    mut decide: impl FnMut(&PersonRow) -> Result<Option<(Standing, Vec<NewAct>)>, ActionError>,
) -> Result<(), ActionError> {
    let amended = whose.into().amend(app, compartment, app.now(), |row| match decide(row) {
        Ok(Some((standing, acts))) => Ok(Amendment { standing, records: None, acts }),
        Ok(None) => Err(Stop::Unchanged),
        Err(error) => Err(Stop::Failed(error)),
    });
    match amended.await {
        Ok(_) | Err(Stop::Unchanged) => Ok(()),
        Err(Stop::Failed(error)) => Err(error),
    }
}
