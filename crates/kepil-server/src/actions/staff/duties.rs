//! Duties granted by one officer and confirmed by another, ended by one; deputies; training; leaving. Clauses 5.2b to 5.2f.
//!
//! Each act is recorded with whom it is about. What narrows is answered only when nobody acts on older facts any more.

use kepil_domain::{
    Day, Locator,
    gate::Refusal,
    ledger::Act,
    standing::{DutyFault, DutyRow},
};
use kepil_policy::{Duty, Power};

use super::{
    Desk, Seat, StaffAct, amend, at_desk, has_own,
    link::ONE_OFFICER,
    members::{self, Member, founders_duty},
    rules,
};
use crate::{App, actions::ActionError};

/// A duty to be granted.
pub struct NewDuty {
    /// To whom: what the page calls them.
    pub member: String,
    /// Which.
    pub duty: String,
    /// The last day.
    pub until: Day,
    /// For whom they stand in: what the page calls them; empty for nobody.
    pub deputy_for: String,
    /// Why.
    pub reason: String,
}

/// A duty that somebody has, or that waits to be confirmed.
pub struct DutyOf {
    /// Whose: what the page calls them.
    pub member: String,
    /// Which.
    pub duty: String,
    /// For whom they stand in: what the page calls them; empty for nobody.
    pub deputy_for: String,
    /// Why.
    pub reason: String,
}

fn duty<'a>(desk: &'a Desk, name: &str) -> Result<&'a Duty, ActionError> {
    desk.effective.policy.duties().iter().find(|duty| duty.name == name).ok_or(ActionError::Input("duty"))
}

/// The one for whom somebody stands in.
async fn principal(app: &App, desk: &Desk, id: &str) -> Result<Option<Member>, ActionError> {
    if id.is_empty() { Ok(None) } else { members::find(app, &desk.effective, id).await.map(Some) }
}

/// Whether the one at the desk is the only officer, and the policy lets one be enough.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn is_enough_alone(app: &App, desk: &Desk) -> Result<bool, ActionError> {
    let all = members::list(app, &desk.effective).await?;
    let mut others = all.iter().filter(|member| member.locator != desk.seat.locator);
    Ok(rules(&desk.effective.policy)?.one_officer && !others.any(|member| member.grants(&desk.effective)))
}

/// Grants a duty. It gives nothing before another officer confirmed it, but where there is one officer only.
///
/// # Errors
/// [`ActionError::Refused`] without the power; [`ActionError::Duty`] when it cannot be granted so.
pub async fn grant(app: &App, seat: Seat, new: &NewDuty) -> Result<(), ActionError> {
    let first = at_desk(app, seat).await?;
    first.with_power(app, Power::Staff)?;
    check_reason(&new.reason)?;
    let member = members::find(app, &first.effective, &new.member).await?;
    let whom = principal(app, &first, &new.deputy_for).await?;
    let is_alone = is_enough_alone(app, &first).await?;
    let desk = at_desk(app, seat).await?;
    let under = desk.with_power(app, Power::Staff)?;
    let (rules, today) = (rules(&desk.effective.policy)?, app.now().day);
    let duty = duty(&desk, &new.duty)?;
    if let Some(whom) = &whom {
        check_deputy(whom, duty, &desk, new.until, today)?;
    }
    let row = DutyRow {
        duty: duty.tag,
        granted_by: Some(seat.locator),
        on: today,
        confirmed_by: is_alone.then_some(seat.locator),
        until: Some(new.until),
        deputy_for: whom.map(|whom| whom.locator),
    };
    amend(app, &desk.effective, member.locator, |staff| {
        desk.check_fresh(app)?;
        let staff = staff.as_mut().ok_or(DutyFault::NotOfStaff)?;
        staff.grant(member.locator, row, rules, today)?;
        let mut acts = vec![StaffAct::about(Act::Grant, duty, &new.reason).by(under).recorded(app, &desk.effective)?];
        if is_alone {
            acts.push(StaffAct::about(Act::Confirm, duty, ONE_OFFICER).by(under).recorded(app, &desk.effective)?);
        }
        Ok(acts)
    })
    .await
}

/// A deputy gets no more than the one for whom they stand in, and for no longer.
fn check_deputy(whom: &Member, duty: &Duty, desk: &Desk, until: Day, today: Day) -> Result<(), ActionError> {
    let rules = rules(&desk.effective.policy)?;
    if !has_own(&whom.row, whom.locator, duty, rules, today) {
        return Err(DutyFault::NotThere.into());
    }
    let mut own = whom.row.held(whom.locator, duty.tag, rules, today).filter(|row| row.deputy_for.is_none());
    let is_longer = own.next().and_then(|row| row.until).is_some_and(|last| until.0 > last.0);
    if is_longer { Err(DutyFault::LastDay.into()) } else { Ok(()) }
}

/// Free words that somebody reads later must be there.
pub(crate) fn check_reason(reason: &str) -> Result<(), ActionError> {
    let letters = reason.trim().chars().count();
    if (1..=REASON_LETTERS_MAX).contains(&letters) { Ok(()) } else { Err(ActionError::Refused(Refusal::NoReason)) }
}

/// How long a reason may be.
pub const REASON_LETTERS_MAX: usize = 300;

/// Confirms a duty that another officer granted.
///
/// # Errors
/// [`ActionError::Refused`] without the power; [`ActionError::Duty`] when it is not theirs to confirm.
pub async fn confirm(app: &App, seat: Seat, of: &DutyOf) -> Result<(), ActionError> {
    let first = at_desk(app, seat).await?;
    let member = members::find(app, &first.effective, &of.member).await?;
    let whom = principal(app, &first, &of.deputy_for).await?.map(|whom| whom.locator);
    let desk = at_desk(app, seat).await?;
    let duty = duty(&desk, &of.duty)?;
    // Of several first officers, where one alone is not enough, each confirms another; nobody can have been trained yet.
    let is_founding = match desk.with_power(app, Power::Staff) {
        Ok(_) => false,
        Err(_) if founders_duty(&desk, app.now().day).is_some() => desk.check_signed(app).map(|()| true)?,
        Err(refused) => return Err(refused),
    };
    let under = if is_founding { duty } else { desk.with_power(app, Power::Staff)? };
    let today = app.now().day;
    amend(app, &desk.effective, member.locator, |staff| {
        desk.check_fresh(app)?;
        let staff = staff.as_mut().ok_or(DutyFault::NotOfStaff)?;
        let is_of_founder = staff.duties.iter().any(|row| super::names(row, duty, whom) && row.granted_by.is_none());
        if is_founding && !is_of_founder {
            return Err(ActionError::Refused(Refusal::NoDuty));
        }
        staff.confirm(member.locator, (duty.tag, whom), seat.locator, today)?;
        Ok(vec![StaffAct::about(Act::Confirm, duty, &of.reason).by(under).recorded(app, &desk.effective)?])
    })
    .await
}

/// Ends a duty: an officer's of anybody, and one's own. Answered when nobody acts under it any more.
///
/// # Errors
/// [`ActionError::Refused`] without the power; [`ActionError::Duty`] when they do not have it.
pub async fn end(app: &App, seat: Seat, of: &DutyOf) -> Result<(), ActionError> {
    let first = at_desk(app, seat).await?;
    let member = members::find(app, &first.effective, &of.member).await?;
    let whom = principal(app, &first, &of.deputy_for).await?.map(|whom| whom.locator);
    let desk = at_desk(app, seat).await?;
    let under = own_or_officer(app, &desk, member.locator)?;
    let duty = duty(&desk, &of.duty)?;
    amend(app, &desk.effective, member.locator, |staff| {
        desk.check_fresh(app)?;
        staff.as_mut().ok_or(DutyFault::NotOfStaff)?.end((duty.tag, whom))?;
        let act = StaffAct { under, ..StaffAct::about(Act::Revoke, duty, &of.reason) };
        Ok(vec![act.recorded(app, &desk.effective)?])
    })
    .await?;
    app.store.wait_out_leases().await;
    Ok(())
}

/// Somebody leaves, by their own act or an officer's: every duty ends. Answered when nobody acts under one any more.
///
/// # Errors
/// [`ActionError::Refused`] without the power.
pub async fn depart(app: &App, seat: Seat, member: &str) -> Result<(), ActionError> {
    let first = at_desk(app, seat).await?;
    let member = members::find(app, &first.effective, member).await?;
    let desk = at_desk(app, seat).await?;
    let under = own_or_officer(app, &desk, member.locator)?;
    amend(app, &desk.effective, member.locator, |staff| {
        desk.check_fresh(app)?;
        let staff = staff.as_mut().filter(|staff| staff.left.is_none()).ok_or(DutyFault::NotOfStaff)?;
        staff.left = Some(app.now().day);
        staff.duties.clear();
        Ok(vec![StaffAct { under, ..StaffAct::plain(Act::Depart) }.recorded(app, &desk.effective)?])
    })
    .await?;
    app.store.remove_staff(member.locator).await?;
    app.store.wait_out_leases().await;
    Ok(())
}

/// The duty under which an officer does this to somebody; `None` for what one does to oneself.
fn own_or_officer<'a>(app: &App, desk: &'a Desk, whose: Locator) -> Result<Option<&'a Duty>, ActionError> {
    if desk.seat.locator != whose {
        return desk.with_power(app, Power::Staff).map(Some);
    }
    let facts = desk.facts(app, None, true)?;
    if facts.is_strong { Ok(None) } else { Err(ActionError::Refused(Refusal::NotStrong)) }
}

/// Records that somebody was trained today. Nobody records it of themselves, but the only officer of an operator who has one:
/// of whoever records, everything is asked but a training.
///
/// # Errors
/// [`ActionError::Refused`] without the power, [`ActionError::Duty`] for oneself.
pub async fn train(app: &App, seat: Seat, member: &str) -> Result<(), ActionError> {
    let first = at_desk(app, seat).await?;
    let member = members::find(app, &first.effective, member).await?;
    let is_own = member.locator == seat.locator;
    if is_own && !is_enough_alone(app, &first).await? {
        return Err(DutyFault::OwnDuty.into());
    }
    let desk = at_desk(app, seat).await?;
    let duty = desk.duty_with(Power::Staff)?;
    desk.check_signed(app)?;
    amend(app, &desk.effective, member.locator, |staff| {
        desk.check_fresh(app)?;
        let staff = staff.as_mut().filter(|staff| staff.left.is_none()).ok_or(DutyFault::NotOfStaff)?;
        staff.trained = Some(app.now().day);
        let act = StaffAct { reason: is_own.then(|| ONE_OFFICER.to_owned()), ..StaffAct::plain(Act::Train) };
        Ok(vec![act.by(duty).recorded(app, &desk.effective)?])
    })
    .await
}
