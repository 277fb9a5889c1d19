//! A person accepts a service or a later edition of it, and releases claims to a third party. Clauses 1.2c, 1.3a, 2.4c,
//! 3.4e, 3.4f, 8.2a.
//!
//! An agreement is written in every compartment in which the service has uses; each compartment is one guarded change.
//! The first that fails stops the rest, and the gate needs the one that is asked about.

use std::sync::Arc;

use kepil_domain::{
    gate::{Agreement, Ask, Ground, Refusal, Right},
    ledger::Act,
    standing::Standing,
    vault::OpenedField,
};
use kepil_policy::{Basis, CompartmentId, Effective, Language, Policy, Service, Subject, Tag, Use, Verb};
use kepil_store::{Amendment, NewAct, PersonRow, Question};

use super::{
    ActionError, OwnAct, age, ask_as_and_open,
    authorize::is_guarded,
    behalf::{Behalf, home, home_row, is_for},
    born, documents_of, guardians, my_data,
    standings::{compartments_of, live_edition, standings},
    tag_of,
};
use crate::App;

/// What a person accepts.
pub struct Accepted<'a> {
    /// Name of the service.
    pub service: &'a str,
    /// Names of the optional purposes that were ticked.
    pub purposes: &'a [String],
    /// Whether they said that they are old enough to act alone, where that is asked.
    pub is_of_age: bool,
    /// The language in which the documents were shown.
    pub language: Language,
}

/// Accepts: agreement, confirmed age, consents. A box that is not ticked any more withdraws its consent.
///
/// # Errors
/// [`ActionError::Refused`] when the person is too young, has no date of birth where one is needed, or blocked everything.
pub async fn accept(app: &App, whose: impl Into<Behalf>, accepted: Accepted<'_>) -> Result<(), ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let policy = &effective.policy;
    let service = policy.find_service(accepted.service).ok_or(ActionError::Input("service"))?;
    // By their date of birth they may have outgrown their guardian since anybody looked.
    if service.guardian.is_none() {
        guardians::look_again(app, behalf).await?;
    }
    let age = match behalf.kind {
        Subject::Person => age::to_accept(app, behalf, (policy, service), accepted.is_of_age).await?,
        // Whoever acts for an entity was of age when they took it on.
        Subject::Entity => None,
    };
    behalf.check_now(app, service).await?;
    check_begins(app, (policy, service), behalf).await?;
    my_data::ensure_keys(app, &effective, behalf.whose).await?;
    let (moment, home) = (app.now(), home(app)?);
    let mut has_narrowed = false;
    for (id, tag) in compartments_of(policy, service, behalf.kind)? {
        let change = |row: &PersonRow| -> Result<Amendment, ActionError> {
            check_open(&row.standing)?;
            behalf.check_at((tag, home), &row.standing, moment.day, service)?;
            let mut standing = row.standing.clone();
            standing.accept(service.tag, effective.no, moment.day);
            standing.age_at_least = standing.age_at_least.max(age);
            // The guardian may have left since, or one have agreed whom no word outgrows.
            if tag == home && !is_guarded(service, &standing, moment.day) {
                return Err(ActionError::Refused(Refusal::NoGuardian));
            }
            if tag == home && age.is_some_and(|age| row.standing.would_outgrow(age.into(), moment.day)) {
                return Err(ActionError::Refused(Refusal::AgeUnconfirmed));
            }
            let documents = documents_of(policy, service, accepted.language);
            let own = OwnAct { service: Some(service), documents, ..OwnAct::plain(Act::Accept) };
            let mut acts = vec![own.recorded_by(behalf.actor(), &effective, moment)?];
            decide_uses(app, &effective, (service, id, behalf), accepted.purposes, &mut standing, &mut acts)?;
            Ok(once(row, standing, acts))
        };
        let amended = behalf.amend(app, tag, moment, change).await?;
        // A box that was unticked narrows.
        has_narrowed |= amended.acts.contains(&Act::Withdraw);
    }
    // The date of birth may have been moved in just this moment: what it says now holds.
    let younger = if age.is_some() { age::by_date(app, behalf).await? } else { None };
    if let Some(younger) = younger {
        has_narrowed |= born::lower(app, behalf, younger).await?;
    }
    let is_ward = |alone: u32| age.is_some_and(|age| u32::from(age) < alone);
    if service.guardian.is_some_and(|ages| is_ward(ages.alone)) {
        guardians::tell(app, behalf.whose).await?;
    }
    if has_narrowed {
        app.store.wait_out_leases().await;
    }
    Ok(())
}

/// Whether whoever acts for somebody may accept this: for a ward they begin only what asks for a guardian, and go on with what
/// the ward uses.
///
/// # Errors
/// [`ActionError::Refused`] when they may not.
pub async fn check_begins(
    app: &App,
    (policy, service): (&Policy, &Service),
    behalf: Behalf,
) -> Result<(), ActionError> {
    if behalf.by.is_none() || is_for(policy, service, behalf.kind) {
        return Ok(());
    }
    let used = live_edition(service, &standings(app, policy, service, behalf).await?);
    used.map(drop).ok_or(ActionError::Refused(Refusal::NoMandate))
}

/// Gives and withdraws the consents of one compartment as the boxes say; claim by claim uses have their own page.
fn decide_uses(
    app: &App,
    effective: &Effective,
    (service, compartment, behalf): (&Service, CompartmentId, Behalf),
    ticked: &[String],
    standing: &mut Standing,
    acts: &mut Vec<NewAct>,
) -> Result<(), ActionError> {
    let moment = app.now();
    let is_boxed = |each: &Use| !each.per_claim && !each.is_on_request();
    let own = |each: &&Use| each.compartment == compartment && is_boxed(each) && each.basis == Basis::Consent;
    for row in effective.policy.uses_for(service, behalf.kind).filter(own) {
        let act = if !row.optional || ticked.contains(&row.purpose) {
            let kept = standing.consent_row(row.tag).filter(|row| !row.is_withdrawn).map(|row| row.claims.clone());
            standing.consent(row.tag, effective.no, moment.day, kept.unwrap_or_default());
            Act::Consent
        } else if standing.withdraw(row.tag, moment.day) {
            Act::Withdraw
        } else {
            continue;
        };
        acts.push(OwnAct::of_use(act, service, row).recorded_by(behalf.actor(), effective, moment)?);
    }
    Ok(())
}

/// What somebody decides; decided just the same before, as by a form that was sent twice, it is no act again.
fn once(row: &PersonRow, standing: Standing, acts: Vec<NewAct>) -> Amendment {
    let acts = if standing == row.standing { Vec::new() } else { acts };
    Amendment { standing, records: None, acts }
}

fn check_open(standing: &Standing) -> Result<(), ActionError> {
    match (standing.is_destroying, standing.is_blocked) {
        (true, _) => Err(ActionError::Refused(Refusal::Destroying)),
        (_, true) => Err(ActionError::Refused(Refusal::Blocked)),
        _ => Ok(()),
    }
}

/// What a person releases to a third party.
pub struct Released<'a> {
    /// Name of the service.
    pub service: &'a str,
    /// Name of the purpose.
    pub purpose: &'a str,
    /// Names of the ticked claims.
    pub claims: &'a [String],
}

/// Whether `claims` has all those without which `row` cannot go on.
#[must_use]
pub fn has_required(policy: &Policy, row: &Use, claims: &[String]) -> bool {
    row.required.iter().filter_map(|id| policy.field(id)).all(|field| claims.contains(&field.name))
}

/// Releases claims for one use. The agreement must be running.
///
/// # Errors
/// [`ActionError::Input`] for a use that is not asked claim by claim, or without a claim that it needs;
/// [`ActionError::Refused`] without an agreement.
pub async fn release(app: &App, whose: impl Into<Behalf>, released: Released<'_>) -> Result<(), ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let policy = &effective.policy;
    let service = policy.find_service(released.service).ok_or(ActionError::Input("service"))?;
    let row =
        policy.find_use(service, released.purpose).filter(|row| row.per_claim).ok_or(ActionError::Input("purpose"))?;
    if !has_required(policy, row, released.claims) {
        return Err(ActionError::Input("claim"));
    }
    let is_ticked = |name: &str| released.claims.iter().any(|claim| claim == name);
    let given: Vec<_> =
        row.fields.iter().filter_map(|id| policy.field(id)).filter(|field| is_ticked(&field.name)).collect();
    let tags: Vec<Tag> = given.iter().map(|field| field.tag).collect();
    let fields = given.iter().map(|field| field.id).collect();
    behalf.check_now(app, service).await?;
    age::check_decides(app, behalf, service).await?;
    let (moment, home, at) = (app.now(), home(app)?, tag_of(policy, row.compartment)?);
    let change = |person: &PersonRow| -> Result<Amendment, ActionError> {
        check_open(&person.standing)?;
        behalf.check_at((at, home), &person.standing, moment.day, service)?;
        if !matches!(person.standing.agreement(service.tag), Agreement::Live { .. }) {
            return Err(ActionError::Refused(Refusal::NotAccepted));
        }
        let mut standing = person.standing.clone();
        standing.consent(row.tag, effective.no, moment.day, tags.clone());
        let act = OwnAct { fields, ..OwnAct::of_use(Act::Consent, service, row) };
        Ok(once(person, standing, vec![act.recorded_by(behalf.actor(), &effective, moment)?]))
    };
    behalf.amend(app, at, moment, change).await?;
    // Fewer claims than before narrow.
    app.store.wait_out_leases().await;
    Ok(())
}

/// The person's own values of the fields of `row`, for the page on which they are released. None for whoever acts by a mandate
/// for single services: they see nothing of what is held.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn own_values(
    app: &App,
    effective: &Arc<Effective>,
    whose: impl Into<Behalf>,
    row: &Use,
) -> Result<Vec<OpenedField>, ActionError> {
    let behalf = whose.into();
    if behalf.by.is_some()
        && let Some(person) = home_row(app, behalf.whose).await?
        && behalf.check_whole(&person.standing, app.now().day).is_err()
    {
        return Ok(Vec::new());
    }
    let ask = Ask {
        event: App::new_event()?,
        actor: behalf.actor(),
        ground: Ground::Right(Right::See),
        verb: Verb::Extract,
        fields: row.fields,
        moment: app.now(),
    };
    let (acting, compartment) = (behalf.acting(app).await?, tag_of(&effective.policy, row.compartment)?);
    let question = Question { policy: Arc::clone(effective), ask, acting, locator: Some(behalf.whose), compartment };
    let answered = ask_as_and_open(app, question).await?;
    Ok(answered.opened.map(|opened| opened.fields).unwrap_or_default())
}
