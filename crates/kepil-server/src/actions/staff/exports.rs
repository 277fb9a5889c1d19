//! Leave to take many people's data at once: one officer asks, another confirms, either ends it. Clause 3.4g.
//!
//! A permit says for which purpose, which fields, to whom, about how many people and until when. It lifts none of what a
//! person decides: the gate is asked about each of them when it is used (`actions/export.rs`).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use kepil_domain::{Day, Locator, ledger::Act, standing::DutyFault};
use kepil_policy::{Effective, FieldSet, Power, Service, Use};
use kepil_store::{StoreError, Ticket};
use serde::{Deserialize, Serialize};

use super::{Desk, Seat, StaffAct, amend, at_desk, duties::check_reason, rules};
use crate::{App, actions::ActionError, oidc::grant::to_content};

/// Unit: seconds.
const DAY_S: i64 = 86_400;

/// What a permit says.
#[derive(Clone, Deserialize, Serialize)]
pub struct Permit {
    /// Name of the service that takes the data.
    pub service: String,
    /// Name of the purpose within the service.
    pub purpose: String,
    /// Names of the fields.
    pub fields: Vec<String>,
    /// Name of the recipient to whom they are passed; empty for the service itself.
    pub recipient: String,
    /// About how many people.
    pub people: u32,
    /// About how many they were taken already.
    pub taken: u32,
    /// Why.
    pub reason: String,
    /// The last day.
    pub until: u32,
    asked_by: [u8; 16],
    confirmed_by: Option<[u8; 16]>,
}

impl Permit {
    /// Whether another officer confirmed it.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.confirmed_by.is_some_and(|by| by != self.asked_by)
    }

    /// Whether `who` asked for it.
    #[must_use]
    pub fn is_of(&self, who: Locator) -> bool {
        self.asked_by == who.0
    }

    /// About how many people it may still be used.
    #[must_use]
    pub fn left(&self) -> u32 {
        self.people.saturating_sub(self.taken)
    }

    /// The same, used for so many people more.
    #[must_use]
    pub(crate) fn used_for(&self, people: u32) -> Self {
        Self { taken: self.taken.saturating_add(people), ..self.clone() }
    }

    /// The purpose that it is for, and its fields there; `None` when the edition in force has it no more, or not so.
    #[must_use]
    pub fn scope<'a>(&self, effective: &'a Effective) -> Option<(&'a Service, &'a Use, FieldSet)> {
        let policy = &effective.policy;
        let service = policy.find_service(&self.service)?;
        let row = policy.find_use(service, &self.purpose)?;
        let fields: FieldSet =
            self.fields.iter().filter_map(|name| policy.find_field(name)).map(|field| field.id).collect();
        let is_recipient = self.recipient.is_empty() || row.recipients.contains(&self.recipient);
        (is_recipient && !fields.is_empty() && fields.is_within(&row.fields)).then_some((service, row, fields))
    }
}

/// A permit as it is kept.
pub struct Kept {
    /// What names it on pages and towards the service.
    pub id: String,
    /// What it says.
    pub permit: Permit,
    pub(crate) ticket: Ticket,
}

/// What somebody asks for.
pub struct NewPermit {
    /// Name of the service.
    pub service: String,
    /// Name of the purpose within the service.
    pub purpose: String,
    /// Names of the fields.
    pub fields: Vec<String>,
    /// Name of the recipient; empty for the service itself.
    pub recipient: String,
    /// About how many people.
    pub people: u32,
    /// The last day.
    pub until: Day,
    /// Why.
    pub reason: String,
}

/// Every permit that has not ended, the oldest end first.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn list(app: &App) -> Result<Vec<Kept>, ActionError> {
    let kept = app.store.list_permits().await?.into_iter().filter_map(|ticket| {
        let permit = serde_json::from_slice(&ticket.content).ok()?;
        Some(Kept { id: BASE64_URL_SAFE_NO_PAD.encode(ticket.id), permit, ticket })
    });
    let mut all: Vec<Kept> = kept.collect();
    all.sort_by(|one, other| (one.permit.until, &one.id).cmp(&(other.permit.until, &other.id)));
    Ok(all)
}

/// The permit called `id`.
pub(crate) async fn find(app: &App, id: &str) -> Result<Option<Kept>, ActionError> {
    Ok(list(app).await?.into_iter().find(|kept| kept.id == id))
}

/// Asks for a permit. It gives nothing before another officer confirmed it, also where there is one officer only.
///
/// # Errors
/// [`ActionError::Refused`] without the power or a reason; [`ActionError::Input`] for what no purpose allows;
/// [`ActionError::Duty`] for a last day that is past or too far.
pub async fn ask(app: &App, seat: Seat, new: NewPermit) -> Result<(), ActionError> {
    let desk = at_desk(app, seat).await?;
    desk.with_power(app, Power::Export)?;
    check_reason(&new.reason)?;
    let permit = Permit {
        service: new.service,
        purpose: new.purpose,
        fields: new.fields,
        recipient: new.recipient,
        people: new.people,
        taken: 0,
        reason: new.reason,
        until: new.until.0,
        asked_by: seat.locator.0,
        confirmed_by: None,
    };
    if permit.people == 0 {
        return Err(ActionError::Input("people"));
    }
    permit.scope(&desk.effective).ok_or(ActionError::Input("fields"))?;
    let (longest, today) = (rules(&desk.effective.policy)?.longest, app.now().day);
    if new.until.0 < today.0 || new.until.0 > today.0.saturating_add(longest.days) {
        return Err(DutyFault::LastDay.into());
    }
    note(app, &desk, Act::AskExport, &permit).await?;
    let content = to_content(&permit).map_err(|error| ActionError::Broken(error.to_string()))?;
    // To the end of the last day, whatever the zone: what begins later is refused by the day itself.
    let until_s = (i64::from(new.until.0) + 2) * DAY_S;
    Ok(app.store.add_permit(content, until_s).await?)
}

/// Confirms the permit called `id`.
///
/// # Errors
/// [`ActionError::Refused`] without the power; [`ActionError::Duty`] for one's own, or one that is there no more.
pub async fn confirm(app: &App, seat: Seat, id: &str) -> Result<(), ActionError> {
    let kept = find(app, id).await?.ok_or(DutyFault::NotThere)?;
    let desk = at_desk(app, seat).await?;
    desk.with_power(app, Power::Export)?;
    if kept.permit.is_of(seat.locator) {
        return Err(DutyFault::OwnDuty.into());
    }
    if kept.permit.is_confirmed() {
        return Err(DutyFault::AlreadyThere.into());
    }
    note(app, &desk, Act::AllowExport, &kept.permit).await?;
    desk.check_fresh(app)?;
    set(app, &kept, Permit { confirmed_by: Some(seat.locator.0), ..kept.permit.clone() }).await
}

/// Ends the permit called `id`, whoever asked for it. Answered when nobody begins to use it any more.
///
/// # Errors
/// [`ActionError::Refused`] without the power; [`ActionError::Duty`] for one that is there no more.
pub async fn end(app: &App, seat: Seat, id: &str) -> Result<(), ActionError> {
    let kept = find(app, id).await?.ok_or(DutyFault::NotThere)?;
    let desk = at_desk(app, seat).await?;
    desk.with_power(app, Power::Export)?;
    note(app, &desk, Act::EndExport, &kept.permit).await?;
    app.store.remove_ticket(&kept.ticket.id, None).await?;
    app.store.wait_out_leases().await;
    Ok(())
}

/// Writes `permit` in the place of what was kept.
///
/// # Errors
/// [`ActionError::Busy`] when somebody else was first.
pub(crate) async fn set(app: &App, kept: &Kept, permit: Permit) -> Result<(), ActionError> {
    let content = to_content(&permit).map_err(|error| ActionError::Broken(error.to_string()))?;
    match app.store.set_permit(&kept.ticket.with(content)).await {
        Ok(()) => Ok(()),
        Err(StoreError::Conflict) => Err(ActionError::Busy),
        Err(error) => Err(error.into()),
    }
}

/// Records with the officer what they did about a permit.
async fn note(app: &App, desk: &Desk, act: Act, permit: &Permit) -> Result<(), ActionError> {
    amend(app, &desk.effective, desk.seat.locator, |_| {
        desk.check_fresh(app)?;
        let about = format!("export {}/{} people {}", permit.service, permit.purpose, permit.people);
        let reason = Some(permit.reason.clone());
        let acted = StaffAct { documents: vec![about], reason, ..StaffAct::plain(act) };
        Ok(vec![acted.recorded(app, &desk.effective)?])
    })
    .await
}
