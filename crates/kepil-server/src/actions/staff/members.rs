//! The list of the staff, for whoever grants duties: each member's name by which they sign in is an audited read like any
//! other. Clauses 5.2b, 5.2c.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::{
    Day, Locator, Personal,
    gate::{Actor, Ask, Ground, on_duty},
    standing::StaffRow,
};
use kepil_policy::{Duty, Effective, FieldSet, Power, Verb};
use kepil_store::Question;

use super::{Desk, Held, Seat, at_desk, held, row_of};
use crate::{
    App,
    actions::{ActionError, ask_as_and_open, tag_of},
};

/// What the entry of such a read says it was for.
pub const LISTING: &str = "staff_list";

/// Somebody of the staff.
pub struct Member {
    /// Names them on pages.
    pub id: String,
    /// Who.
    pub locator: Locator,
    /// What they are.
    pub row: StaffRow,
    /// What they have now.
    pub held: Vec<Held>,
}

/// Everybody of the staff; whose account is gone, is taken off the list.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub(crate) async fn list(app: &App, effective: &Effective) -> Result<Vec<Member>, ActionError> {
    let mut all = Vec::new();
    for entry in app.store.list_staff().await? {
        let locator = entry.locator;
        if app.store.find_ring(locator).await?.is_none() {
            app.store.remove_staff(locator).await?;
            continue;
        }
        let Some(row) = row_of(app, effective, locator).await? else { continue };
        let held = held(app, effective, locator, &row).await?;
        all.push(Member { id: BASE64_URL_SAFE_NO_PAD.encode(entry.id), locator, row, held });
    }
    all.sort_by_key(|member| member.row.since);
    Ok(all)
}

/// Whether somebody has the power to grant duties now.
pub(crate) async fn is_somebody_granting(app: &App, effective: &Effective) -> Result<bool, ActionError> {
    Ok(list(app, effective).await?.iter().any(|member| member.grants(effective)))
}

impl Member {
    /// Whether they have the power to grant duties, as their own or as a deputy.
    pub(crate) fn grants(&self, effective: &Effective) -> bool {
        let mut duties = self.held.iter().filter_map(|held| effective.policy.duty(held.duty));
        duties.any(|duty| duty.powers.contains(&Power::Staff))
    }
}

/// The staff with names, for an officer.
pub struct Listed {
    /// Who lists.
    pub desk: Desk,
    /// Everybody, with the name by which they sign in where the gate grants it.
    pub members: Vec<(Member, Option<Personal<String>>)>,
}

/// The duty to grant duties that the administrator gave them, confirmed or not.
pub(crate) fn founders_duty(desk: &Desk, today: Day) -> Option<&Duty> {
    let policy = &desk.effective.policy;
    let given = desk.row.duties.iter().filter(|row| row.granted_by.is_none() && !row.is_over(today));
    given.filter_map(|row| policy.duty_tagged(row.duty)).find(|duty| duty.powers.contains(&Power::Staff))
}

/// Lists the staff for somebody who grants duties.
///
/// # Errors
/// [`ActionError::Refused`] for anybody else.
pub async fn list_named(app: &App, seat: Seat) -> Result<Listed, ActionError> {
    let mut desk = at_desk(app, seat).await?;
    let duty = match desk.duty_with(Power::Staff) {
        Ok(duty) => duty.clone(),
        Err(refused) => founders_duty(&desk, app.now().day).ok_or(refused)?.clone(),
    };
    desk.check_signed(app)?;
    // Whoever waits for a training or a second officer sees that somebody is there, and not who.
    let can_read = on_duty(duty.id, desk.facts(app, Some(duty.id), true)?).is_ok();
    let effective = Arc::clone(&desk.effective);
    let policy = &effective.policy;
    let naming: FieldSet = policy.fields().iter().filter(|field| field.sign_in).map(|field| field.id).collect();
    let served = duty.serves.and_then(|at| policy.use_at(at)).ok_or(ActionError::NoPolicy)?;
    let compartment = tag_of(policy, served.compartment)?;
    let mut members = Vec::new();
    for member in list(app, &effective).await? {
        if !can_read {
            members.push((member, None));
            continue;
        }
        // One by one, each on facts of its moment.
        desk = at_desk(app, seat).await?;
        let ask = Ask {
            event: App::new_event()?,
            actor: Actor::Officer,
            ground: Ground::Duty(duty.id),
            verb: Verb::Extract,
            fields: naming.and(&duty.fields),
            moment: app.now(),
        };
        let acting = desk.acting(app, duty.id, LISTING)?;
        let question =
            Question { policy: Arc::clone(&effective), ask, acting, locator: Some(member.locator), compartment };
        let answered = ask_as_and_open(app, question).await?;
        let name = answered.opened.and_then(|opened| opened.fields.into_iter().next()).map(|opened| opened.value);
        members.push((member, name));
    }
    Ok(Listed { desk, members })
}

/// What pages call the person at `locator`.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn own_id(app: &App, locator: Locator) -> Result<String, ActionError> {
    let own = app.store.list_staff().await?.into_iter().find(|entry| entry.locator == locator);
    Ok(own.map(|entry| BASE64_URL_SAFE_NO_PAD.encode(entry.id)).unwrap_or_default())
}

/// The member whom a page calls `id`.
pub(crate) async fn find(app: &App, effective: &Effective, id: &str) -> Result<Member, ActionError> {
    let found = list(app, effective).await?.into_iter().find(|member| member.id == id);
    found.ok_or(ActionError::Input("member"))
}
