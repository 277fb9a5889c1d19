//! A person makes a legal entity, of which they are the first representative; and which entities they act for. Clauses 1.1b, 2.1.1a.
//!
//! An entity is a ring and rows of its own, and nothing leads to it but its people: it is found by no number, since anybody
//! could write anybody's. Start reading at [`make`].

use std::collections::BTreeMap;

use kepil_domain::{
    Locator, Personal,
    form::{self, FormFault},
    gate::Actor,
    hex,
    ledger::Act,
    standing::{MandateKind, MandateRow, Standing},
    vault::{Provenance, Ring, Value},
};
use kepil_policy::{Category, Effective, Field, FieldSet, FormPlace, Kind, Language, Service, Subject, Verb};
use kepil_store::{Acting, Destruction, NewAct, NewPerson, NewRow, OsEntropy};

use super::{
    ActionError, OwnAct,
    age::{self, Needed},
    behalf::{self, Behalf, home, home_row},
    choices::change,
    credentials::put_value,
    documents_of, my_data, representatives,
    standings::compartments_of,
    tag_of,
};
use crate::App;

/// For how many somebody acts, at most.
const ENTITIES_MAX: usize = 50;
/// How long a making that a crash cut short holds the firm's number. Unit: seconds.
const MAKING_S: i64 = 60;

/// What somebody says of a legal entity.
pub struct NewEntity {
    /// By name of the field.
    pub values: BTreeMap<String, Personal<String>>,
    /// Whether they said that they are of age.
    pub is_of_age: bool,
    /// The language in which the documents were shown.
    pub language: Language,
}

/// Makes a legal entity with its first representative; says by which id they call it, or what must be mended.
///
/// The note in the person's own row comes first: after a crash between the two it leads nowhere, and nobody acts.
///
/// # Errors
/// [`ActionError::Refused`] when the person is not of age; [`ActionError::Input`], called `again`, when they act for a firm
/// with this number.
pub async fn make(
    app: &App,
    who: Locator,
    new: NewEntity,
) -> Result<Result<String, Vec<(String, FormFault)>>, ActionError> {
    let effective = app.policy()?;
    let values = match read(form_fields(&effective), &new.values, app) {
        Ok(values) => values,
        Err(faults) => return Ok(Err(faults)),
    };
    let years = age::of_majority(app)?;
    age::confirm(app, who, Needed { years, is_said: new.is_of_age, is_by_date: false }).await?;
    let number = values.iter().find(|(field, _)| field.kind == Kind::Bin).map(|(_, number)| number.copy());
    let Some(number) = number else { return write(app, &effective, who, (values, new.language)).await.map(Ok) };
    // Of several makings at once the first holds the number until it is done, so that the next one finds the firm.
    let (held, until_s) = (format!("firm {} {}", hex(&who.0), number.reveal()), app.now().unix_s() + MAKING_S);
    if !app.store.is_first_use(&held, until_s).await? {
        return Err(ActionError::Input("again"));
    }
    let made = match is_represented(app, who, &number).await {
        Ok(true) => Err(ActionError::Input("again")),
        Ok(false) => write(app, &effective, who, (values, new.language)).await,
        Err(error) => Err(error),
    };
    // What stays of it ends by itself; what was made is made.
    app.store.forget_use(&held).await.ok();
    made.map(Ok)
}

/// Whether `who` acts for a firm with this number already.
async fn is_represented(app: &App, who: Locator, number: &Personal<String>) -> Result<bool, ActionError> {
    let effective = app.policy()?;
    let mut numbers = effective.policy.entered(Subject::Entity).filter(|field| field.kind == Kind::Bin);
    let Some(field) = numbers.next() else { return Ok(false) };
    for (behalf, _) in behalf::list(app, who, None).await?.0 {
        if behalf.kind == Subject::Entity
            && let Some(held) = my_data::find(app, behalf, field).await?
            && held.reveal() == number.reveal()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn write(
    app: &App,
    effective: &Effective,
    who: Locator,
    (values, language): (Read<'_>, Language),
) -> Result<String, ActionError> {
    let ring = Ring::random(app.store.keys(), &effective.policy, &mut OsEntropy)?;
    let whose = ring.locator();
    note(app, who, whose).await?;
    let mandate = MandateRow {
        who,
        kind: MandateKind::Representative,
        is_head: true,
        services: Vec::new(),
        since: app.now().day,
        until: None,
        shows_name: false,
    };
    let rows = rows(app, effective, (Subject::Entity, values), mandate, language)?;
    add(app, NewPerson { ring, terms: Vec::new(), rows }).await?;
    behalf::id_for(app, who, whose)
}

/// Adds somebody whom nothing finds but a mandate. Of a half that a crash left, the row with the mandate missing, nobody would
/// know: its destruction is noted beforehand, and is nothing to be done once that row is there.
pub(super) async fn add(app: &App, person: NewPerson) -> Result<(), ActionError> {
    let (whose, certificate) = (person.ring.locator(), App::new_event()?.0);
    let begun = Destruction { whose, certificate, is_by_mandate: true };
    let noted = app.store.add_destruction(&begun, app.now().unix_s()).await?;
    app.store.add_person(person, app.now()).await?;
    Ok(app.store.remove_ticket(&noted, None).await?)
}

/// Notes in the row of `who` that they act for `whose`.
pub(super) async fn note(app: &App, who: Locator, whose: Locator) -> Result<(), ActionError> {
    let effective = app.policy()?;
    change(app, who, home(app)?, |person| {
        let mut standing = person.standing.clone();
        if standing.acts_for.len() >= ENTITIES_MAX {
            return Err(ActionError::Busy);
        }
        if !standing.acts_for.contains(&whose) {
            standing.acts_for.push(whose);
        }
        Ok(Some((standing, OwnAct::plain(Act::Mandate).recorded(&effective, app.now())?)))
    })
    .await
}

pub(super) type Read<'a> = Vec<(&'a Field, Personal<String>)>;

/// The values that were entered for `fields`, or what is wrong with them.
pub(super) fn read<'a>(
    fields: impl Iterator<Item = &'a Field>,
    entered: &BTreeMap<String, Personal<String>>,
    app: &App,
) -> Result<Read<'a>, Vec<(String, FormFault)>> {
    let empty = Personal::new(String::new());
    let (mut values, mut faults) = (Vec::new(), Vec::new());
    for field in fields {
        match form::canonical(field, entered.get(&field.name).unwrap_or(&empty), app.now().day) {
            Ok(Some(value)) => values.push((field, value)),
            Ok(None) => {}
            Err(fault) => faults.push((field.name.clone(), fault)),
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(faults) }
}

/// What is asked when an entity is made.
pub fn form_fields(effective: &Effective) -> impl Iterator<Item = &Field> {
    effective.policy.entered(Subject::Entity).filter(|field| field.form == FormPlace::Registration)
}

/// The rows of somebody who does not sign in, as whoever acts for them makes them: values, mandate, the account accepted.
pub(super) fn rows(
    app: &App,
    effective: &Effective,
    (kind, mut values): (Subject, Read<'_>),
    mandate: MandateRow,
    language: Language,
) -> Result<Vec<NewRow>, ActionError> {
    let (policy, home, moment) = (&effective.policy, home(app)?, app.now());
    let account = policy.account().ok_or(ActionError::NoPolicy)?;
    let (by, agreed) = (Actor::Representative, compartments_of(policy, account, kind)?);
    let mut rows = Vec::new();
    for compartment in policy.compartments() {
        let tag = compartment.tag;
        let (mut standing, mut records, mut acts) = (Standing { kind, ..Standing::default() }, Vec::new(), Vec::new());
        let (here, rest): (Read<'_>, Read<'_>) =
            values.into_iter().partition(|(field, _)| field.compartment == compartment.id);
        values = rest;
        let fields: FieldSet = here.iter().map(|(field, _)| field.id).collect();
        if !fields.is_empty() {
            let recorded = OwnAct { fields, ..OwnAct::plain(Act::Did(Verb::Record)) };
            acts.push(recorded.recorded_by(by, effective, moment)?);
        }
        for (field, text) in here {
            let class = policy.class(field.class).ok_or(ActionError::NoPolicy)?.tag;
            let value = Value { text, provenance: Provenance::Form, written: moment.day };
            put_value(&mut records, class, field.tag, value);
        }
        let uses = policy.uses_for(account, kind).filter(|each| !each.optional && each.compartment == compartment.id);
        let uses: Vec<_> = uses.collect();
        if tag == home {
            standing.set_mandate(mandate.clone());
            acts.push(OwnAct::plain(Act::Mandate).recorded_by(by, effective, moment)?);
        }
        if tag == home || agreed.iter().any(|(id, _)| *id == compartment.id) {
            standing.accept(account.tag, effective.no, moment.day);
            acts.push(accepted(effective, account, language, moment)?);
        }
        for each in uses {
            standing.consent(each.tag, effective.no, moment.day, Vec::new());
            acts.push(OwnAct::of_use(Act::Consent, account, each).recorded_by(by, effective, moment)?);
        }
        rows.push(NewRow { compartment: tag, standing, records, acts });
    }
    // Where the mandate stands comes last: after a crash before it nobody acts for half of somebody.
    rows.sort_by_key(|row| row.compartment == home);
    Ok(rows)
}

fn accepted(
    effective: &Effective,
    account: &Service,
    language: Language,
    moment: kepil_domain::Moment,
) -> Result<NewAct, ActionError> {
    let documents = documents_of(&effective.policy, account, language);
    let act = OwnAct { service: Some(account), documents, ..OwnAct::plain(Act::Accept) };
    act.recorded_by(Actor::Representative, effective, moment)
}

/// An entity or a ward for whom somebody acts.
pub struct Listed {
    /// By which id they call it.
    pub id: String,
    /// For whom.
    pub behalf: Behalf,
    /// What it is called.
    pub name: Option<Personal<String>>,
    /// By which mandate.
    pub mandate: MandateRow,
}

/// Everybody for whom `who` may act now, at `service` when one is meant; and how many mandates of theirs have ended.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn list(app: &App, who: Locator, service: Option<&Service>) -> Result<(Vec<Listed>, usize), ActionError> {
    let (found, ended) = behalf::list(app, who, service).await?;
    let mut all = Vec::new();
    for (behalf, mandate) in found {
        let name = name(app, behalf).await?;
        all.push(Listed { id: behalf::id_for(app, who, behalf.whose)?, behalf, name, mandate });
    }
    Ok((all, ended))
}

/// What the entity is called, for whoever acts for it; the name of a ward, for a guardian.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn name(app: &App, behalf: Behalf) -> Result<Option<Personal<String>>, ActionError> {
    let effective = app.policy()?;
    if behalf.kind == Subject::Entity {
        let field = effective.policy.entity_name().ok_or(ActionError::NoPolicy)?;
        return my_data::find(app, behalf, field).await;
    }
    let (policy, home) = (&effective.policy, home(app)?);
    let is_name = |field: &&Field| {
        field.category == Category::Name && tag_of(policy, field.compartment).is_ok_and(|tag| tag == home)
    };
    let fields: FieldSet = policy.entered(Subject::Person).filter(is_name).map(|field| field.id).collect();
    Ok(representatives::joined(my_data::see(app, &effective, behalf, home, fields).await?))
}

/// Somebody who acts for an entity, as the others who do see them.
pub struct Colleague {
    /// By which id the entity's pages call them.
    pub id: String,
    /// Their name, if they let it be known.
    pub name: Option<Personal<String>>,
    /// Their mandate.
    pub mandate: MandateRow,
    /// Whether it is the reader.
    pub is_reader: bool,
}

/// Everybody who acts for the entity, or for the person.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub async fn colleagues(app: &App, behalf: Behalf) -> Result<Vec<Colleague>, ActionError> {
    let effective = app.policy()?;
    let account = effective.policy.account().ok_or(ActionError::NoPolicy)?;
    let read_at = app.store.clock().tick();
    let row = home_row(app, behalf.whose).await?.ok_or(ActionError::Expired)?;
    let mut all = Vec::new();
    for mandate in row.standing.live_mandates(app.now().day, None) {
        let facts = kepil_domain::gate::ActorFacts::Mandate { is_live: mandate.shows_name };
        let acting = Acting { facts, read_at: Some(read_at), ..Acting::default() };
        let name = if mandate.shows_name {
            let asks = (Actor::Representative, account.id);
            representatives::name(app, &effective, asks, acting, mandate.who).await?
        } else {
            None
        };
        all.push(Colleague {
            id: behalf::id_for(app, behalf.whose, mandate.who)?,
            name,
            mandate: mandate.clone(),
            is_reader: behalf.by == Some(mandate.who),
        });
    }
    Ok(all)
}
