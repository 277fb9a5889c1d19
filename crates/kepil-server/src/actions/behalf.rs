//! For whom somebody acts: for themselves, or by a mandate for a legal entity or a ward. Clauses 1.1b, 2.4c, 7.1.
//!
//! The mandate stands in the row of whoever is acted for, in the compartment in which people sign in, and is read at every
//! act. Start reading at `Behalf::acting`.

use kepil_domain::{
    Day, Locator, Moment, Sub,
    gate::{Actor, ActorFacts, Refusal},
    hex,
    ledger::{Act, Payload},
    standing::{MandateRow, Standing},
};
use kepil_policy::{Policy, Service, ServiceTag, Subject, Tag};
use kepil_store::{Acting, Amended, Amendment, NewAct, PersonRow, StoreError};

use super::{ActionError, authorize, my_data, session_here, sign_in::sign_in_compartment};
use crate::App;

/// For whom somebody acts.
#[derive(Clone, Copy)]
pub struct Behalf {
    /// Whose data it is about.
    pub whose: Locator,
    /// Whether that is a person or a legal entity.
    pub kind: Subject,
    /// Who acts by a mandate; `None` when the person acts alone.
    pub by: Option<Locator>,
}

/// A person who acts for themselves.
impl From<Locator> for Behalf {
    fn from(whose: Locator) -> Self {
        Self { whose, kind: Subject::Person, by: None }
    }
}

impl Behalf {
    /// Who acts, as the gate and the ledger call it.
    #[must_use]
    pub fn actor(self) -> Actor {
        if self.by.is_some() { Actor::Representative } else { Actor::Person }
    }

    /// What is known now of whoever acts; a lease of a second.
    ///
    /// # Errors
    /// [`ActionError`] when the store does not answer.
    pub(crate) async fn acting(self, app: &App) -> Result<Acting, ActionError> {
        let Some(by) = self.by else { return Ok(Acting::default()) };
        let read_at = app.store.clock().tick();
        let today = app.now().day;
        let row = home_row(app, self.whose).await?;
        let is_live = row.is_some_and(|row| row.standing.mandate(by, today, None).is_some());
        Ok(Acting { facts: ActorFacts::Mandate { is_live }, read_at: Some(read_at), ..Acting::default() })
    }

    /// Whether whoever acts may do so by the row that is about to be changed.
    ///
    /// # Errors
    /// [`ActionError::Refused`] without a mandate.
    pub(crate) fn check(self, standing: &Standing, today: Day, service: Option<ServiceTag>) -> Result<(), ActionError> {
        match self.by {
            Some(by) if standing.mandate(by, today, service).is_none() => Err(ActionError::Refused(Refusal::NoMandate)),
            _ => Ok(()),
        }
    }
}

impl Behalf {
    /// Who decides: whoever acts, or the person alone. A legal entity decides nothing by itself.
    ///
    /// # Errors
    /// [`ActionError::Refused`] for a legal entity of which nobody is said to act.
    pub(crate) fn decider(self) -> Result<Locator, ActionError> {
        let alone = (self.kind == Subject::Person).then_some(self.whose);
        self.by.or(alone).ok_or(ActionError::Refused(Refusal::NoMandate))
    }

    /// As [`Self::check`], of the row in compartment `at`: mandates stand in `home` only, and who changes another row asked
    /// there before.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub(crate) fn check_at(
        self,
        (at, home): (Tag, Tag),
        standing: &Standing,
        today: Day,
        service: &Service,
    ) -> Result<(), ActionError> {
        if at == home { self.check(standing, today, Some(service.tag)) } else { Ok(()) }
    }

    /// As [`Self::check`], of the row as it is now: for what is then changed in another one.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub(crate) async fn check_now(self, app: &App, service: &Service) -> Result<(), ActionError> {
        let may = authorize::may_act(app, self, service).await?;
        if may { Ok(()) } else { Err(ActionError::Refused(Refusal::NoMandate)) }
    }

    /// As [`Self::check`], for what concerns all services: a mandate for some of them is not enough.
    ///
    /// # Errors
    /// [`ActionError::Refused`] without such a mandate.
    pub(crate) fn check_whole(self, standing: &Standing, today: Day) -> Result<(), ActionError> {
        let is_whole = |by| standing.mandate(by, today, None).is_some_and(|row| row.services.is_empty());
        if self.by.is_none_or(is_whole) { Ok(()) } else { Err(ActionError::Refused(Refusal::NoMandate)) }
    }
}

impl Behalf {
    /// Changes a row of whoever is acted for. Whoever acts keeps the same acts among their own, in the same compartment, as
    /// done for somebody else. That comes second: no ledger tells of what was not done, and after a crash between the two
    /// it stands in that of whoever it was done for.
    ///
    /// # Errors
    /// [`ActionError`] of `change`, or when a database does not answer.
    pub(super) async fn amend<E: From<StoreError> + From<ActionError>>(
        self,
        app: &App,
        compartment: Tag,
        moment: Moment,
        mut change: impl FnMut(&PersonRow) -> Result<Amendment, E>,
    ) -> Result<Amended, E> {
        let mut done = Vec::new();
        let amended = app.store.amend(self.whose, compartment, moment, |row| {
            let amendment = change(row)?;
            done = amendment.acts.iter().map(|act| (act.act, act.payload.clone())).collect();
            Ok::<_, E>(amendment)
        });
        let amended = amended.await?;
        if let Some(by) = self.by {
            // Whoever acted may have closed their account meanwhile. What was done is done, noted or not: to say that it
            // failed would leave the rest of it undone.
            if let Err(error) = note(app, (by, self.whose), (compartment, moment), &done).await {
                tracing::error!(%error, "what somebody did for another is not among their own acts");
            }
        }
        Ok(amended)
    }
}

/// Notes in the row of `by` what they did for `whose`.
async fn note(
    app: &App,
    (by, whose): (Locator, Locator),
    (compartment, moment): (Tag, Moment),
    done: &[(Act, Payload<'static>)],
) -> Result<(), ActionError> {
    my_data::ensure_keys(app, &*app.policy()?, by).await?;
    let whom = id_for(app, by, whose)?;
    let session = session_here().map(|mark| mark.to_string());
    app.store
        .amend(by, compartment, moment, |row| {
            if row.standing.is_destroying {
                return Err(ActionError::Refused(Refusal::Destroying));
            }
            let own = |(act, payload): &(Act, Payload<'static>)| {
                let payload = Payload {
                    actor: Actor::Person.word().into(),
                    whom: Some(whom.clone().into()),
                    session: session.clone().map(Into::into),
                    ..payload.clone()
                };
                Ok(NewAct { event: App::new_event()?, act: *act, payload })
            };
            let acts = done.iter().map(own).collect::<Result<_, ActionError>>()?;
            Ok(Amendment { standing: row.standing.clone(), records: None, acts })
        })
        .await
        .map(drop)
}

/// The compartment in which mandates stand.
pub(crate) fn home(app: &App) -> Result<Tag, ActionError> {
    sign_in_compartment(&app.policy()?.policy)
}

/// All compartments, that of mandates first: whoever may not act touches nothing.
pub(super) fn home_first(app: &App, policy: &Policy) -> Result<Vec<Tag>, ActionError> {
    let home = home(app)?;
    let mut tags: Vec<Tag> = policy.compartments().iter().map(|it| it.tag).collect();
    tags.sort_by_key(|tag| *tag != home);
    Ok(tags)
}

/// The row in which the mandates of a person or legal entity stand.
pub(crate) async fn home_row(app: &App, locator: Locator) -> Result<Option<PersonRow>, ActionError> {
    Ok(app.store.find_person(locator, home(app)?).await?)
}

/// What stands of a person or legal entity in every compartment.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn standings(app: &App, whose: Locator) -> Result<Vec<Standing>, ActionError> {
    let (effective, mut all) = (app.policy()?, Vec::new());
    for compartment in effective.policy.compartments() {
        let row = app.store.find_person(whose, compartment.tag).await?;
        all.extend(row.map(|row| row.standing));
    }
    Ok(all)
}

/// The id by which `person` calls whoever they act for, in addresses of pages: nobody else has the same one, and it says
/// nothing about anybody.
///
/// # Errors
/// [`ActionError`] when the provider of keys refuses.
pub fn id_for(app: &App, person: Locator, whose: Locator) -> Result<String, ActionError> {
    Ok(sector(app, person).sub(&whose)?.as_str().to_owned())
}

fn sector(app: &App, person: Locator) -> kepil_domain::vault::SectorKey {
    // No service has a blank in its name.
    app.store.keys().sector(&format!("acting for {}", hex(&person.0)))
}

/// Whoever `person` calls `id`, if they may act for them now.
///
/// # Errors
/// [`ActionError::Refused`] without a mandate; the same for an id that is nobody's.
pub async fn find(app: &App, person: Locator, id: &str) -> Result<(Behalf, MandateRow), ActionError> {
    let refused = ActionError::Refused(Refusal::NoMandate);
    let Some(whose) = Sub::parse(id).and_then(|id| sector(app, person).locator(&id)) else { return Err(refused) };
    let Some(row) = home_row(app, whose).await? else { return Err(refused) };
    let mandate = row.standing.mandate(person, app.now().day, None).cloned();
    mandate.map(|mandate| (Behalf { whose, kind: row.standing.kind, by: Some(person) }, mandate)).ok_or(refused)
}

/// As [`find`], where the mandate is for all services.
///
/// # Errors
/// As [`find`].
pub async fn find_whole(app: &App, person: Locator, id: &str) -> Result<(Behalf, MandateRow), ActionError> {
    let (behalf, mandate) = find(app, person, id).await?;
    if mandate.services.is_empty() { Ok((behalf, mandate)) } else { Err(ActionError::Refused(Refusal::NoMandate)) }
}

/// Whether somebody goes to `service` for others of this kind: for legal entities where it does something with them, for
/// wards where it asks for a guardian.
#[must_use]
pub fn is_for(policy: &Policy, service: &Service, kind: Subject) -> bool {
    match kind {
        Subject::Entity => policy.uses_for(service, Subject::Entity).next().is_some(),
        Subject::Person => service.guardian.is_some(),
    }
}

/// Everybody for whom `who` may act now, at `service` when one is meant, with the mandate; and how many mandates for legal
/// entities have ended.
///
/// # Errors
/// [`ActionError`] when the store does not answer.
pub async fn list(
    app: &App,
    who: Locator,
    service: Option<&Service>,
) -> Result<(Vec<(Behalf, MandateRow)>, usize), ActionError> {
    let Some(own) = home_row(app, who).await? else { return Ok((Vec::new(), 0)) };
    let (effective, today) = (app.policy()?, app.now().day);
    let (mut all, mut ended) = (Vec::new(), 0);
    for whose in own.standing.acts_for.iter().copied() {
        let Some(PersonRow { standing, .. }) = home_row(app, whose).await? else { continue };
        if service.is_some_and(|service| !is_for(&effective.policy, service, standing.kind)) {
            continue;
        }
        if let Some(mandate) = standing.mandate(who, today, service.map(|service| service.tag)) {
            all.push((Behalf { whose, kind: standing.kind, by: Some(who) }, mandate.clone()));
        } else if standing.kind == Subject::Entity && standing.mandate(who, today, None).is_none() {
            ended += 1;
        }
    }
    Ok((all, ended))
}
