//! What a person decides about purposes and services: give, withdraw, leave, block, lift. Clauses 4.5, 4.7, 7.3, 8.2a.
//!
//! Every narrowing act commits in each compartment concerned, waits out the leases, and only then answers: after the
//! answer nothing opens on the old facts, on any node.

use kepil_domain::{
    Locator,
    gate::{Agreement, Refusal, Right},
    ledger::{Act, compartment_tag},
    standing::Standing,
};
use kepil_policy::{Effective, Service, Subject, Tag, Use, Verb};
use kepil_store::{Amendment, NewAct, PersonRow};

use super::{
    ActionError, OwnAct, age,
    authorize::may_act,
    behalf::{Behalf, home},
    check_right, guardians, name_person, tag_of,
};
use crate::App;

/// Withdraws the consent to `purpose` of `service`. Does nothing when there is none.
///
/// # Errors
/// [`ActionError::Input`] when there is no such purpose.
pub async fn withdraw(app: &App, locator: Locator, service: &str, purpose: &str) -> Result<(), ActionError> {
    let effective = app.policy()?;
    let (service, row) = find_use(&effective, service, purpose)?;
    let compartment = tag_of(&effective.policy, row.compartment)?;
    let today = app.now().day;
    change(app, locator, compartment, |person| {
        let mut standing = person.standing.clone();
        let has_ended = standing.withdraw(row.tag, today);
        let act = OwnAct::of_use(Act::Withdraw, service, row).recorded(&effective, app.now())?;
        Ok(has_ended.then_some((standing, act)))
    })
    .await?;
    app.store.wait_out_leases().await;
    Ok(())
}

/// Gives consent to an optional purpose of a service that the person uses.
///
/// # Errors
/// [`ActionError::Refused`] without an agreement or while everything is blocked; claim by claim consents have their own
/// page, and what is given on request waits for the service to ask.
pub async fn give(app: &App, locator: Locator, service: &str, purpose: &str) -> Result<(), ActionError> {
    let effective = app.policy()?;
    let (service, row) = find_use(&effective, service, purpose)?;
    if row.per_claim || row.is_on_request() {
        return Err(ActionError::Input("purpose"));
    }
    age::check_decides(app, locator.into(), service).await?;
    let compartment = tag_of(&effective.policy, row.compartment)?;
    let today = app.now().day;
    change(app, locator, compartment, |person| {
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
        Ok(Some((standing, OwnAct::of_use(Act::Consent, service, row).recorded(&effective, app.now())?)))
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
    if !may_act(app, behalf, service).await? {
        return Err(ActionError::Refused(Refusal::NoMandate));
    }
    let home = home(app)?;
    if policy.account().is_some_and(|account| account.id == service.id) {
        return Err(ActionError::Input("service"));
    }
    let today = app.now().day;
    for compartment in policy.compartments() {
        let tag = compartment_tag(&compartment.name);
        change(app, behalf.whose, tag, |person| {
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
pub async fn set_block(app: &App, locator: Locator, is_blocked: bool) -> Result<(), ActionError> {
    let effective = app.policy()?;
    for compartment in effective.policy.compartments() {
        change(app, locator, compartment_tag(&compartment.name), |person| {
            check_right(app, &effective, person, Right::Block, Verb::Block)?;
            let act = if is_blocked { Act::Did(Verb::Block) } else { Act::Unblock };
            let standing = Standing { is_blocked, ..person.standing.clone() };
            let has_changed = person.standing.is_blocked != is_blocked;
            Ok(if has_changed { Some((standing, OwnAct::plain(act).recorded(&effective, app.now())?)) } else { None })
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

/// Changes the standing in one compartment with one act; `None` from `decide` leaves everything as it is.
pub(super) async fn change(
    app: &App,
    locator: Locator,
    compartment: Tag,
    mut decide: impl FnMut(&PersonRow) -> Result<Option<(Standing, NewAct)>, ActionError>,
) -> Result<(), ActionError> {
    change_all(app, locator, compartment, |row| Ok(decide(row)?.map(|(standing, act)| (standing, vec![act])))).await
}

/// As [`change`], with several acts.
pub(super) async fn change_all(
    app: &App,
    locator: Locator,
    compartment: Tag,
    mut decide: impl FnMut(&PersonRow) -> Result<Option<(Standing, Vec<NewAct>)>, ActionError>,
) -> Result<(), ActionError> {
    let amended = app.store.amend(locator, compartment, app.now(), |row| match decide(row) {
        Ok(Some((standing, acts))) => Ok(Amendment { standing, records: None, acts }),
        Ok(None) => Err(Stop::Unchanged),
        Err(error) => Err(Stop::Failed(error)),
    });
    match amended.await {
        Ok(_) | Err(Stop::Unchanged) => Ok(()),
        Err(Stop::Failed(error)) => Err(error),
    }
}
