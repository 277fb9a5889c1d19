//! Who acts for a legal entity at a service: pseudonyms, and the names of those who let them be known. Clause 2.1¶C3.
//!
//! A name is opened like any other value: by the gate, on the mandate and its holder's own word, with an entry in the
//! ledger of that person.

use std::sync::Arc;

use kepil_domain::{
    Locator, Personal,
    gate::{Actor, ActorFacts, Ask, Ground},
    vault::{OpenedField, Provenance},
};
use kepil_policy::{Category, Effective, Service, ServiceId, Subject, Verb};
use kepil_store::{Acting, Question};
use serde::Serialize;

use super::{ActionError, Answered, ask_as_and_open, behalf::home_row, sign_in::sign_in_compartment};
use crate::App;

#[derive(Serialize)]
struct Listed {
    sub: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// Adds the list to what was opened, where it was granted.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub(crate) async fn fill(
    app: &App,
    effective: &Arc<Effective>,
    ask: &Ask,
    locator: Option<Locator>,
    answered: &mut Answered,
) -> Result<(), ActionError> {
    let policy = &effective.policy;
    let is_list = |id: &kepil_policy::FieldId| {
        policy.field(*id).is_some_and(|field| field.category == Category::Representative && field.derived.is_none())
    };
    let (Actor::Service(caller), Some(opened), Some(locator)) = (ask.actor, &mut answered.opened, locator) else {
        return Ok(());
    };
    let refused = answered.refused;
    let lists: Vec<_> = ask.fields.iter().filter(is_list).filter(|id| refused.reason(*id).is_none()).collect();
    if lists.is_empty() {
        return Ok(());
    }
    let service = policy.service(caller).ok_or(ActionError::Input("service"))?;
    let text = list(app, effective, service, locator).await?;
    for field in lists {
        let (value, written) = (Personal::new(text.clone()), ask.moment.day);
        opened.fields.push(OpenedField { field, value, provenance: Provenance::Edit, written });
    }
    opened.fields.sort_by_key(|opened| opened.field);
    Ok(())
}

/// The list as JSON.
async fn list(
    app: &App,
    effective: &Arc<Effective>,
    service: &Service,
    entity: Locator,
) -> Result<String, ActionError> {
    let (read_at, today) = (app.store.clock().tick(), app.now().day);
    let Some(row) = home_row(app, entity).await? else { return Ok("[]".to_owned()) };
    let mut all = Vec::new();
    for mandate in row.standing.live_mandates(today, Some(service.tag)) {
        let sub = app.store.keys().sector(&service.name).sub(&mandate.who)?.as_str().to_owned();
        let acting = Acting {
            facts: ActorFacts::Mandate { is_live: mandate.shows_name },
            read_at: Some(read_at),
            ..Acting::default()
        };
        let name = if mandate.shows_name {
            name(app, effective, (Actor::Service(service.id), service.id), acting, mandate.who).await?
        } else {
            None
        };
        all.push(Listed { sub, name: name.map(|name| name.reveal().clone()) });
    }
    // By pseudonym: the order says nothing of who came first.
    all.sort_by(|a, b| a.sub.cmp(&b.sub));
    serde_json::to_string(&all).map_err(|error| ActionError::Broken(error.to_string()))
}

/// The name of somebody who acts, as far as they let it be known.
///
/// # Errors
/// [`ActionError`] when facts or ledger failed.
pub(crate) async fn name(
    app: &App,
    effective: &Arc<Effective>,
    (actor, at): (Actor, ServiceId),
    acting: Acting,
    who: Locator,
) -> Result<Option<Personal<String>>, ActionError> {
    let policy = &effective.policy;
    let names = policy.entered(Subject::Person).filter(|field| field.category == Category::Name);
    let ask = Ask {
        event: App::new_event()?,
        actor,
        ground: Ground::Mandate(at),
        verb: Verb::Extract,
        fields: names.map(|field| field.id).collect(),
        moment: app.now(),
    };
    let compartment = sign_in_compartment(policy)?;
    let question = Question { policy: Arc::clone(effective), ask, acting, locator: Some(who), compartment };
    let answered = ask_as_and_open(app, question).await?;
    Ok(joined(answered.opened.map(|opened| opened.fields).unwrap_or_default()))
}

/// The parts of a name as one text.
pub(super) fn joined(parts: Vec<OpenedField>) -> Option<Personal<String>> {
    let parts: Vec<String> = parts.into_iter().map(|part| part.value.reveal().clone()).collect();
    (!parts.is_empty()).then(|| Personal::new(parts.join(" ")))
}
