//! A service reads fields of a person for a purpose. Clauses 2.1¶C, 3.1.3, 3.2a, 3.4g.
//!
//! The whole way: `http/reads.rs` → here → lane (facts, decision, durable entry) → vault → `http/reads.rs`.

use kepil_domain::{
    Sub,
    gate::{Actor, Ask, Ground},
    vault::Opened,
};
use kepil_policy::{FieldSet, ServiceId, Verb};

use super::{ActionError, ask_and_open, tag_of};
use crate::App;

/// What a service asks for.
pub struct ReadAsk {
    /// Which service.
    pub service: ServiceId,
    /// The service's id for the person.
    pub sub: Sub,
    /// Name of the purpose within the service.
    pub purpose: String,
    /// Names of the fields; empty means all of the purpose.
    pub fields: Vec<String>,
}

/// What a service is told.
pub struct ReadAnswer {
    /// The values; `None` when nothing was granted.
    pub opened: Option<Opened>,
    /// Names of asked fields that were not granted, and of names that no field has.
    pub withheld: Vec<String>,
}

/// Reads. A service learns what was granted and what not, never why: unknown, blocked and not consented are one answer
/// with the same durable work behind it.
///
/// # Errors
/// [`ActionError::Input`] when the service has no such purpose; others when facts or ledger failed.
pub async fn read_fields(app: &App, asked: ReadAsk) -> Result<ReadAnswer, ActionError> {
    let effective = app.policy()?;
    let policy = &effective.policy;
    let service = policy.service(asked.service).ok_or(ActionError::Input("service"))?;
    let row = policy.find_use(service, &asked.purpose).ok_or(ActionError::Input("purpose"))?;
    let locator = app.store.keys().sector(&service.name).locator(&asked.sub);
    let fields: FieldSet = if asked.fields.is_empty() {
        row.fields
    } else {
        asked.fields.iter().filter_map(|name| policy.find_field(name)).map(|field| field.id).collect()
    };
    let ask = Ask {
        event: App::new_event()?,
        actor: Actor::Service(service.id),
        ground: Ground::Use(row.id),
        verb: Verb::Extract,
        fields,
        moment: app.now(),
    };
    let compartment = tag_of(policy, row.compartment)?;
    let answered = ask_and_open(app, &effective, ask, locator, compartment).await?;
    let is_granted = |id| answered.opened.as_ref().is_some_and(|_| answered.refused.reason(id).is_none());
    let refused =
        fields.iter().filter(|id| !is_granted(*id)).filter_map(|id| policy.field(id)).map(|field| field.name.clone());
    let unknown = asked.fields.iter().filter(|name| policy.find_field(name).is_none()).cloned();
    let withheld = refused.chain(unknown).collect();
    Ok(ReadAnswer { opened: answered.opened, withheld })
}
