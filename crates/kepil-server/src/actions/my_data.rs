//! A person sees, corrects and deletes what is held about them. Clauses 3.2b, 4.1, 4.3, 4.4a.

use std::sync::Arc;

use kepil_domain::{
    Day, Locator, Personal,
    form::{self, FormFault},
    gate::{Actor, ActorFacts, Agreement, Ask, Ground, Refusal, Right, decide},
    ledger::Act,
    standing::Standing,
    vault::{OpenedField, Provenance, Record, Value},
};
use kepil_policy::{Compartment, Effective, Field, FieldId, FieldSet, FormPlace, Service, Subject, Tag, Verb};
use kepil_store::{Amendment, PersonRow, Question};

use super::{
    ActionError, OwnAct, ask_as_and_open,
    behalf::{Behalf, home, home_row},
    born, check_right_as, tag_of,
};
use crate::App;

/// What one compartment holds about a person.
pub struct Held {
    /// Which compartment.
    pub compartment: Compartment,
    /// Its values.
    pub values: Vec<OpenedField>,
    /// The standing of the person there.
    pub standing: Standing,
}

/// Everything that is held about a person. Itself an act with an entry in each ledger.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn list(app: &App, whose: impl Into<Behalf>) -> Result<Vec<Held>, ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let locator = behalf.whose;
    let mut all = Vec::new();
    for compartment in effective.policy.compartments() {
        let tag = compartment.tag;
        let Some(row) = app.store.find_person(locator, tag).await? else { continue };
        let entered = effective.policy.entered(behalf.kind).filter(|field| field.compartment == compartment.id);
        let fields: FieldSet = entered.map(|field| field.id).collect();
        if behalf.kind == Subject::Entity && fields.is_empty() {
            continue;
        }
        let values = see(app, &effective, behalf, tag, fields).await?;
        all.push(Held { compartment: compartment.clone(), values, standing: row.standing });
    }
    Ok(all)
}

/// The value of one field, for its own person.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn find(app: &App, whose: impl Into<Behalf>, field: &Field) -> Result<Option<Personal<String>>, ActionError> {
    let effective = app.policy()?;
    let tag = tag_of(&effective.policy, field.compartment)?;
    let values = see(app, &effective, whose.into(), tag, FieldSet::from_iter([field.id])).await?;
    Ok(values.into_iter().next().map(|opened| opened.value))
}

/// What is known about a person where they sign in: what a new password may not be made of.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub(crate) async fn words(app: &App, locator: Locator) -> Result<Vec<Personal<String>>, ActionError> {
    let effective = app.policy()?;
    let fields = effective.policy.fields();
    let home = fields.iter().find(|field| field.sign_in).map(|field| field.compartment).ok_or(ActionError::NoPolicy)?;
    let stored = effective.policy.entered(Subject::Person).filter(|field| field.compartment == home);
    let fields: FieldSet = stored.map(|field| field.id).collect();
    let values = see(app, &effective, locator, tag_of(&effective.policy, home)?, fields).await?;
    Ok(values.into_iter().map(|opened| opened.value).collect())
}

/// The values of `fields` in one compartment, for their own person.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn see(
    app: &App,
    effective: &Arc<Effective>,
    whose: impl Into<Behalf>,
    tag: Tag,
    fields: FieldSet,
) -> Result<Vec<OpenedField>, ActionError> {
    let behalf = whose.into();
    let ask = Ask {
        event: App::new_event()?,
        actor: behalf.actor(),
        ground: Ground::Right(Right::See),
        verb: Verb::Extract,
        fields,
        moment: app.now(),
    };
    let acting = behalf.acting(app).await?;
    let question =
        Question { policy: Arc::clone(effective), ask, acting, locator: Some(behalf.whose), compartment: tag };
    let answered = ask_as_and_open(app, question).await?;
    match (answered.opened, answered.refused.whole()) {
        (Some(opened), _) => Ok(opened.fields),
        (None, Some(reason)) => Err(ActionError::Refused(reason)),
        (None, None) => Ok(Vec::new()),
    }
}

/// The services that would get `field` if they asked now: the gate itself is asked, so the page cannot differ from it.
#[must_use]
pub fn seen_by<'a>(
    effective: &'a Effective,
    standing: &Standing,
    field: FieldId,
    moment: kepil_domain::Moment,
) -> Vec<&'a Service> {
    let policy = &effective.policy;
    let sees = |service: &&Service| {
        policy.uses_for(service, standing.kind).filter(|each| each.fields.contains(field)).any(|each| {
            let ask = Ask {
                event: kepil_domain::EventId([0; 16]),
                actor: Actor::Service(service.id),
                ground: Ground::Use(each.id),
                verb: Verb::Extract,
                fields: FieldSet::from_iter([field]),
                moment,
            };
            decide(effective, &ask, &standing.facts(effective, &ask, ActorFacts::Nothing)).permit.is_some()
        })
    };
    policy.services().iter().filter(sees).collect()
}

/// Writes a value that the person entered. `Ok(Some(fault))` when it must be mended.
///
/// # Errors
/// [`ActionError::Input`] for a field that is not the person's to write; [`ActionError::Refused`] while blocked, and for a date
/// of birth that is moved in favour of whoever moves it (`born.rs`).
pub async fn edit(
    app: &App,
    whose: impl Into<Behalf>,
    name: &str,
    entered: &Personal<String>,
) -> Result<Option<FormFault>, ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let field = own_field(&effective, behalf, name)?;
    let today = app.now().day;
    match form::canonical(field, entered, today) {
        Err(fault) => Ok(Some(fault)),
        Ok(value) => {
            write(app, &effective, behalf, &[field], value.map(|text| (text, today))).await?;
            Ok(None)
        }
    }
}

/// Deletes a value.
///
/// # Errors
/// As [`edit`].
pub async fn remove(app: &App, whose: impl Into<Behalf>, name: &str) -> Result<(), ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let field = own_field(&effective, behalf, name)?;
    write(app, &effective, behalf, &[field], None).await
}

/// Deletes every value in a compartment of which each may be deleted: its keep classes are destroyed whole.
///
/// # Errors
/// As [`edit`]; [`ActionError::Input`] for a compartment in which somebody signs in.
pub async fn remove_all(app: &App, whose: impl Into<Behalf>, compartment: &str) -> Result<(), ActionError> {
    let (effective, behalf) = (app.policy()?, whose.into());
    let policy = &effective.policy;
    let known = policy.compartments().iter().find(|each| each.name == compartment);
    let known = known.ok_or(ActionError::Input("compartment"))?;
    let fields: Vec<&Field> = policy.entered(behalf.kind).filter(|field| field.compartment == known.id).collect();
    if fields.is_empty() || fields.iter().any(|field| field.sign_in) {
        return Err(ActionError::Input("compartment"));
    }
    write(app, &effective, behalf, &fields, None).await
}

/// A field that its person writes in place, or somebody for them. What names them at sign-in changes by letter only.
fn own_field<'a>(effective: &'a Effective, behalf: Behalf, name: &str) -> Result<&'a Field, ActionError> {
    let field = effective.policy.entered(behalf.kind).find(|field| field.name == name && !field.sign_in);
    field.ok_or(ActionError::Input("field"))
}

/// Writes one value, or deletes those of some fields of one compartment.
async fn write(
    app: &App,
    effective: &Effective,
    behalf: Behalf,
    fields: &[&Field],
    value: Option<(Personal<String>, Day)>,
) -> Result<(), ActionError> {
    let policy = &effective.policy;
    let first = fields.first().ok_or(ActionError::Input("field"))?;
    let classes = fields.iter().map(|field| Some((*field, policy.class(field.class)?.tag)));
    let classes: Vec<_> = classes.collect::<Option<_>>().ok_or(ActionError::NoPolicy)?;
    let verb = if value.is_some() { Verb::Clarify } else { Verb::Destroy };
    let right = if value.is_some() { Right::Correct } else { Right::Delete };
    ensure_keys(app, effective, behalf.whose).await?;
    let (acting, home, tag) = (behalf.acting(app).await?, home(app)?, tag_of(policy, first.compartment)?);
    let next = value.as_ref().map(|(text, _)| text);
    let date = fields.iter().copied().find(|field| born::is_date(field));
    let age = next.filter(|_| date.is_some()).and_then(|text| form::age(text, app.now().day));
    // Mandates stand in one compartment, and the date of birth may be in another.
    let minded = if date.is_some() && tag != home { home_row(app, behalf.whose).await? } else { None };
    let change = |row: &PersonRow| -> Result<Amendment, ActionError> {
        check_right_as(app, effective, row, (behalf.actor(), acting.facts), right, verb)?;
        if tag == home {
            behalf.check_whole(&row.standing, app.now().day)?;
        }
        if let Some(reason) = bar(effective, &row.standing, first).filter(|_| value.is_some()) {
            return Err(ActionError::Refused(reason));
        }
        let mut records = row.danger_open_records()?;
        if let Some(date) = date {
            let guarded = minded.as_ref().map_or(&row.standing, |row| &row.standing);
            born::check(effective, behalf, guarded, &records, (date, next), app.now().day)?;
        }
        for (field, class) in &classes {
            if !records.iter().any(|(tag, _)| tag == class) {
                records.push((*class, Record::default()));
            }
            let Some((_, record)) = records.iter_mut().find(|(tag, _)| tag == class) else { continue };
            match &value {
                Some((text, written)) => {
                    record.set(field.tag, Value { text: text.copy(), provenance: Provenance::Edit, written: *written });
                }
                None => drop(record.remove(field.tag)),
            }
        }
        let act = OwnAct { fields: fields.iter().map(|field| field.id).collect(), ..OwnAct::plain(Act::Did(verb)) };
        let acts = vec![act.recorded_by(behalf.actor(), effective, app.now())?];
        Ok(Amendment { standing: row.standing.clone(), records: Some(records), acts })
    };
    born::amend(app, behalf, (tag, app.now(), age), change).await?;
    if verb == Verb::Destroy {
        app.store.wait_out_leases().await;
    }
    Ok(())
}

/// Why the person may not write `field`, if so: a value that is not there yet is taken only for a purpose that they
/// accepted, and what a later edition adds is given after its acceptance (clauses 1.3a, 2.1.1b).
#[must_use]
pub fn bar(effective: &Effective, standing: &Standing, field: &Field) -> Option<Refusal> {
    let policy = &effective.policy;
    // What is given on request only is corrected and deleted here, but not given (clause 2.1.1c).
    if field.form == FormPlace::Request {
        return (!standing.stored.contains(&field.tag)).then_some(Refusal::ClaimNotReleased);
    }
    let live = policy.uses().iter().filter(|each| each.fields.contains(field.id)).filter_map(|each| {
        match standing.agreement(policy.service(each.service)?.tag) {
            Agreement::Live { edition } => Some((each.id, edition)),
            Agreement::Never | Agreement::Ended { .. } => None,
        }
    });
    let mut reason = Some(Refusal::NotAccepted);
    for (at, edition) in live {
        let is_accepted = effective.ceiling(at, edition).is_some_and(|ceiling| ceiling.fields.contains(field.id));
        reason = if is_accepted { None } else { reason.map(|_| Refusal::NewerEdition) };
    }
    reason.filter(|_| !standing.stored.contains(&field.tag))
}

/// A later edition may have compartments or keep classes for which the person has no keys yet.
pub(super) async fn ensure_keys(app: &App, effective: &Effective, locator: Locator) -> Result<(), ActionError> {
    let mut has_grown = false;
    let ring = app.store.change_ring(locator, |ring| {
        has_grown = ring.extend(&effective.policy, &mut kepil_store::OsEntropy)?;
        Ok(has_grown)
    });
    let ring = ring.await?.ok_or(kepil_store::StoreError::NotFound)?;
    if has_grown {
        let kind = home_row(app, locator).await?.map_or(Subject::Person, |row| row.standing.kind);
        app.store.add_missing_rows(&ring, kind).await?;
    }
    Ok(())
}
