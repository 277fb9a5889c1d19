//! Staff: who they are, what they may do now, and what is missing for it. Clauses 3.5c, 5.1, 5.2b to 5.2f; KZ-36, KZ-37.
//!
//! What somebody is on the staff is in their own standing. Each act reads it anew: whoever lost a duty, or the one for whom
//! they stand in, does nothing more, on any node. Start reading at [`find`].

use std::sync::Arc;

use kepil_domain::{
    Day, Locator, Tick,
    gate::{Actor, ActorFacts, Refusal, StaffFacts, on_duty},
    ledger::Act,
    standing::{Circumstance, DutyRow, StaffRow},
    vault::{LEASE_MS, VaultError},
};
use kepil_policy::{Duty, DutyId, Effective, Policy, Power, StaffRules};
use kepil_store::{Acting, Amendment, NewAct, PersonRow};

use super::{ActionError, OwnAct, sign_in::Strength, sign_in_compartment};
use crate::App;

pub mod audit;
pub mod duties;
pub mod exports;
pub mod link;
pub mod members;
pub mod people;
pub mod signing;

/// Who acts: the person of a session, and how well they proved it.
#[derive(Clone, Copy)]
pub struct Seat {
    /// Who.
    pub locator: Locator,
    /// How well.
    pub strength: Strength,
}

/// A duty that is held now.
#[derive(Clone, Copy)]
pub struct Held {
    /// Which.
    pub duty: DutyId,
    /// The last day.
    pub until: Option<Day>,
    /// For whom they stand in.
    pub deputy_for: Option<Locator>,
}

/// Somebody of the staff, as they stand at this moment.
pub struct Desk {
    /// The edition in force.
    pub effective: Arc<Effective>,
    /// Who.
    pub seat: Seat,
    /// What they are.
    pub row: StaffRow,
    /// What they may act under.
    pub held: Vec<Held>,
    /// When all this was read: a lease like the facts about a person.
    pub read_at: Tick,
}

/// The policy's rules for staff.
///
/// # Errors
/// [`ActionError::NoPolicy`] when it has none.
pub(crate) fn rules(policy: &Policy) -> Result<&StaffRules, ActionError> {
    policy.staff().ok_or(ActionError::NoPolicy)
}

/// The person's desk; `None` for whoever is not of the staff.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn find(app: &App, seat: Seat) -> Result<Option<Desk>, ActionError> {
    let effective = app.policy()?;
    let read_at = app.store.clock().tick();
    let Some(row) = row_of(app, &effective, seat.locator).await? else { return Ok(None) };
    let held = held(app, &effective, seat.locator, &row).await?;
    Ok(Some(Desk { effective, seat, row, held, read_at }))
}

/// As [`find`], for an act that only staff does.
///
/// # Errors
/// [`ActionError::Refused`] for whoever is not of the staff.
pub(crate) async fn at_desk(app: &App, seat: Seat) -> Result<Desk, ActionError> {
    find(app, seat).await?.ok_or(ActionError::Refused(Refusal::NoDuty))
}

/// What the person at `locator` is on the staff; `None` once they left.
pub(crate) async fn row_of(
    app: &App,
    effective: &Effective,
    locator: Locator,
) -> Result<Option<StaffRow>, ActionError> {
    if effective.policy.staff().is_none() {
        return Ok(None);
    }
    let row = app.store.find_person(locator, sign_in_compartment(&effective.policy)?).await?;
    let standing = row.map(|row| row.standing).filter(|standing| !standing.is_destroying);
    Ok(standing.and_then(|standing| standing.staff).filter(|row| row.left.is_none()))
}

/// The duties that the person at `own` has now. A deputy has one only while the one they stand in for has it too.
pub(crate) async fn held(
    app: &App,
    effective: &Effective,
    own: Locator,
    row: &StaffRow,
) -> Result<Vec<Held>, ActionError> {
    let (policy, today) = (&effective.policy, app.now().day);
    let rules = rules(policy)?;
    let mut all = Vec::new();
    for duty in policy.duties() {
        for each in row.held(own, duty.tag, rules, today) {
            let is_live = match each.deputy_for {
                None => true,
                Some(whom) => {
                    let other = row_of(app, effective, whom).await?;
                    other.is_some_and(|other| has_own(&other, whom, duty, rules, today))
                }
            };
            if is_live {
                all.push(Held { duty: duty.id, until: each.until, deputy_for: each.deputy_for });
            }
        }
    }
    Ok(all)
}

/// Whether the duty is their own, not as a deputy.
pub(crate) fn has_own(row: &StaffRow, own: Locator, duty: &Duty, rules: &StaffRules, today: Day) -> bool {
    row.held(own, duty.tag, rules, today).any(|each| each.deputy_for.is_none())
}

impl Desk {
    /// What the gate has to know, for an act under `duty`.
    pub(crate) fn facts(&self, app: &App, duty: Option<DutyId>, has_reason: bool) -> Result<StaffFacts, ActionError> {
        let held = duty.filter(|id| self.held.iter().any(|held| held.duty == *id));
        let now = Circumstance { duty: held, is_strong: self.seat.strength >= Strength::Two, has_reason };
        Ok(self.row.facts(rules(&self.effective.policy)?, app.now().day, now))
    }

    /// What the lane has to know, for an act under `duty` for a stated reason.
    pub(crate) fn acting(&self, app: &App, duty: DutyId, reason: &str) -> Result<Acting, ActionError> {
        let facts = ActorFacts::Staff(self.facts(app, Some(duty), !reason.is_empty())?);
        // The session is the officer's: it does not belong into what the person reads.
        let reason = Some(reason.to_owned());
        Ok(Acting { facts, read_at: Some(self.read_at), reason, ..Acting::default() })
    }

    /// A duty that is held with `power`, when everything else holds too.
    ///
    /// # Errors
    /// [`ActionError::Refused`] with the first condition that does not hold.
    pub(crate) fn with_power(&self, app: &App, power: Power) -> Result<&Duty, ActionError> {
        let duty = self.duty_with(power)?;
        on_duty(duty.id, self.facts(app, Some(duty.id), true)?).map_err(ActionError::Refused)?;
        Ok(duty)
    }

    /// A duty that is held with `power`.
    pub(crate) fn duty_with(&self, power: Power) -> Result<&Duty, ActionError> {
        let mut duties = self.held.iter().filter_map(|held| self.effective.policy.duty(held.duty));
        duties.find(|duty| duty.powers.contains(&power)).ok_or(ActionError::Refused(Refusal::NoDuty))
    }

    /// That a second factor was proved and everything is signed: what is needed even where training is not.
    pub(crate) fn check_signed(&self, app: &App) -> Result<(), ActionError> {
        let facts = self.facts(app, None, true)?;
        match (facts.is_strong, facts.has_signed) {
            (false, _) => Err(ActionError::Refused(Refusal::NotStrong)),
            (true, false) => Err(ActionError::Refused(Refusal::NotSigned)),
            (true, true) => Ok(()),
        }
    }

    /// That what was read at this desk may still be acted on.
    pub(crate) fn check_fresh(&self, app: &App) -> Result<(), ActionError> {
        let age_ms = app.store.clock().tick().0.saturating_sub(self.read_at.0);
        if age_ms > LEASE_MS { Err(VaultError::StaleFacts.into()) } else { Ok(()) }
    }
}

/// What the entry of an act about staff says.
pub(crate) struct StaffAct<'a> {
    /// What was done.
    pub act: Act,
    /// About which duty.
    pub duty: Option<&'a Duty>,
    /// Under which duty an officer did it; `None` for one's own act.
    pub under: Option<&'a Duty>,
    /// Why; a word of the program where a rule says it.
    pub reason: Option<String>,
    /// What was signed, or which entry about somebody belongs to it.
    pub documents: Vec<String>,
}

impl<'a> StaffAct<'a> {
    pub(crate) fn about(act: Act, duty: &'a Duty, reason: &str) -> Self {
        let reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
        Self { act, duty: Some(duty), under: None, reason, documents: Vec::new() }
    }

    pub(crate) fn plain(act: Act) -> Self {
        Self { act, duty: None, under: None, reason: None, documents: Vec::new() }
    }

    /// The same, done by an officer under a duty of theirs.
    pub(crate) fn by(self, under: &'a Duty) -> Self {
        Self { under: Some(under), ..self }
    }

    /// The act as the store records it. An officer's names the duty under which it was done, and what it is about apart.
    pub(crate) fn recorded(mut self, app: &App, effective: &Effective) -> Result<NewAct, ActionError> {
        let actor = if self.under.is_some() { Actor::Officer } else { Actor::Person };
        self.documents.extend(self.duty.filter(|_| self.under.is_some()).map(|duty| format!("duty {}", duty.name)));
        let own = OwnAct { documents: self.documents, ..OwnAct::plain(self.act) };
        let mut new = own.recorded_by(actor, effective, app.now())?;
        new.payload.duty = self.under.or(self.duty).map(|duty| duty.name.clone().into());
        new.payload.reason = self.reason.map(Into::into);
        Ok(new)
    }
}

/// Changes what the person at `locator` is on the staff, and records it with them.
pub(crate) async fn amend(
    app: &App,
    effective: &Effective,
    locator: Locator,
    mut change: impl FnMut(&mut Option<StaffRow>) -> Result<Vec<NewAct>, ActionError>,
) -> Result<(), ActionError> {
    let compartment = sign_in_compartment(&effective.policy)?;
    let amend = |row: &PersonRow| -> Result<Amendment, ActionError> {
        let mut standing = row.standing.clone();
        if standing.is_destroying {
            return Err(ActionError::Refused(Refusal::Destroying));
        }
        let acts = change(&mut standing.staff)?;
        Ok(Amendment { standing, records: None, acts })
    };
    app.store.amend(locator, compartment, app.now(), amend).await.map(drop)
}

/// The row of a duty by its name, for whom it is held.
pub(crate) fn names(row: &DutyRow, duty: &Duty, deputy_for: Option<Locator>) -> bool {
    row.duty == duty.tag && row.deputy_for == deputy_for
}
