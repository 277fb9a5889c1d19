//! Synthetic people for the demo and for measuring: made like registered ones, without form and letter.

use std::collections::BTreeMap;

use kepil_domain::{Locator, Personal, ledger::Act, vault::Provenance};
use kepil_policy::Language;

use super::{
    ActionError, OwnAct, documents_of,
    register::{self, Confirmed},
};
use crate::App;

/// One synthetic person: values by name of the field.
pub type Planted = BTreeMap<String, Personal<String>>;

/// Adds somebody who does not exist and uses every service in `services`: whoever asks about them raises an alarm
/// (clause 3.4g). In the store they are like everybody else; nobody knows a password to them.
///
/// # Errors
/// As [`plant`].
pub async fn plant_decoy(app: &App, values: Planted, services: &[String]) -> Result<Locator, ActionError> {
    let password = Personal::new(format!("{}{}", App::new_event()?, App::new_event()?));
    let hash = app.hasher.hash(password).await.map_err(|error| ActionError::Broken(error.to_string()))?;
    add(app, values, hash, services, true).await
}

/// How each of `services` calls the person at `locator`.
///
/// # Errors
/// [`ActionError`] when the keys refuse.
pub fn subs(app: &App, locator: &Locator, services: &[String]) -> Result<Vec<(String, String)>, ActionError> {
    let sub = |name: &String| Ok((name.clone(), app.store.keys().sector(name).sub(locator)?.as_str().to_owned()));
    services.iter().map(sub).collect()
}

/// Adds a person who accepted the account and every service in `services`.
///
/// # Errors
/// [`ActionError`] when the values do not fit the form or the store does not answer.
pub async fn plant(
    app: &App,
    values: Planted,
    password_hash: Personal<String>,
    services: &[String],
) -> Result<Locator, ActionError> {
    add(app, values, password_hash, services, false).await
}

async fn add(
    app: &App,
    values: Planted,
    password_hash: Personal<String>,
    services: &[String],
    is_decoy: bool,
) -> Result<Locator, ActionError> {
    let effective = app.policy()?;
    let policy = &effective.policy;
    let fields = values
        .into_iter()
        .map(|(name, value)| policy.find_field(&name).map(|field| (field, value)).ok_or(ActionError::Input("field")))
        .collect::<Result<Vec<_>, _>>()?;
    let pending = register::seal_pending(app, policy, fields, password_hash, Provenance::Form)?;
    let locator = pending.ring.locator();
    let confirmed = Confirmed { token: String::new(), purposes: Vec::new(), language: Language::Ru };
    let mut person = register::new_person(app, &effective, pending, Some(&confirmed))?;
    let moment = app.now();
    for row in &mut person.rows {
        row.standing.is_decoy = is_decoy;
        for service in services.iter().filter_map(|name| policy.find_service(name)) {
            let in_row = |id| policy.compartment(id).is_some_and(|it| it.tag == row.compartment);
            let uses: Vec<_> = policy
                .uses_of(service)
                .filter(|each| !each.optional && !each.per_claim && in_row(each.compartment))
                .collect();
            if uses.is_empty() {
                continue;
            }
            row.standing.accept(service.tag, effective.no, moment.day);
            // Synthetic people are of age.
            let years = service.guardian.map_or(service.min_age, |ages| ages.alone.max(service.min_age));
            row.standing.age_at_least = row.standing.age_at_least.max(u8::try_from(years).ok().filter(|age| *age > 0));
            let documents = documents_of(policy, service, Language::Ru);
            let accepted = OwnAct { service: Some(service), documents, ..OwnAct::plain(Act::Accept) };
            row.acts.push(accepted.recorded(&effective, moment)?);
            for each in uses {
                row.standing.consent(each.tag, effective.no, moment.day, Vec::new());
                row.acts.push(OwnAct::of_use(Act::Consent, service, each).recorded(&effective, moment)?);
            }
        }
    }
    app.store.add_person(person, moment).await?;
    Ok(locator)
}
