//! A service reads fields of a person for a purpose. Clauses 2.1¶C, 3.1.3, 3.2a, 3.4g.
//!
//! The whole way: `http/reads.rs` → here → lane (facts, decision, durable entry) → vault → `http/reads.rs`.

use std::sync::Arc;

use kepil_domain::{
    Locator, Sub,
    gate::{Actor, Ask, Ground, Refusal},
    vault::Opened,
};
use kepil_policy::{Effective, FieldSet, ServiceId, Verb};
use kepil_store::{Acting, Question};

use super::{
    ActionError, ask_as_and_open,
    budget::{self, NO_USE, Person},
    representatives,
    sign_in::sign_in_compartment,
    tag_of,
};
use crate::App;

/// What a service asks for.
pub struct ReadAsk {
    /// The edition by which it is decided.
    pub edition: Arc<Effective>,
    /// Which service of that edition.
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
    /// What was asked for and not granted.
    pub withheld: Vec<Withheld>,
}

/// A field that a service asked for and did not get.
pub struct Withheld {
    /// Its name, as asked.
    pub field: String,
    /// The reason, where it follows from the policy alone; what follows from the person is never told.
    pub reason: Option<Refusal>,
}

/// How a read is done.
pub(super) struct Manner {
    /// What is done with the data.
    pub verb: Verb,
    /// What the person reads about it besides the purpose.
    pub reason: Option<String>,
}

impl Default for Manner {
    fn default() -> Self {
        Self { verb: Verb::Extract, reason: None }
    }
}

/// Reads. A service learns what was granted and what not. Why, it learns only where the policy alone says so: unknown,
/// blocked and not consented are one answer with the same durable work behind it.
///
/// # Errors
/// [`ActionError::Refused`] for a purpose that the service does not have, recorded as well; [`ActionError::OverBudget`]
/// after too many different people, whoever they are; others when facts or ledger failed.
pub async fn read_fields(app: &App, asked: ReadAsk) -> Result<ReadAnswer, ActionError> {
    let policy = &asked.edition.policy;
    let service = policy.service(asked.service).ok_or(ActionError::Input("service"))?;
    let row = policy.find_use(service, &asked.purpose);
    let locator = app.store.keys().sector(&service.name).locator(&asked.sub);
    let person = Person { locator, called: asked.sub.as_str().to_owned() };
    let whom = person.whom(app);
    budget::check_service(app, &asked.edition, (service, row), &[person]).await?;
    read(app, asked, whom, Manner::default()).await
}

/// The read itself, once it is within a budget.
pub(super) async fn read(app: &App, asked: ReadAsk, whom: Locator, manner: Manner) -> Result<ReadAnswer, ActionError> {
    let edition = &asked.edition;
    let policy = &edition.policy;
    let service = policy.service(asked.service).ok_or(ActionError::Input("service"))?;
    let row = policy.find_use(service, &asked.purpose);
    let fields: FieldSet = match row {
        Some(row) if asked.fields.is_empty() => row.fields,
        _ => asked.fields.iter().filter_map(|name| policy.find_field(name)).map(|field| field.id).collect(),
    };
    let ask = Ask {
        event: App::new_event()?,
        actor: Actor::Service(service.id),
        ground: Ground::Use(row.map_or(NO_USE, |row| row.id)),
        verb: manner.verb,
        fields,
        moment: app.now(),
    };
    let compartment = row.map_or_else(|| sign_in_compartment(policy), |row| tag_of(policy, row.compartment))?;
    let acting = Acting { reason: manner.reason, ..Acting::default() };
    let question = Question { acting, ..Question::new(edition, ask, Some(whom), compartment) };
    let mut answered = ask_as_and_open(app, question).await?;
    representatives::fill(app, edition, &ask, Some(whom), &mut answered).await?;
    let row = row.ok_or(ActionError::Refused(Refusal::UnknownPurpose))?;
    let is_granted = |id| answered.opened.is_some() && answered.refused.reason(id).is_none();
    let reason = |id| (!row.fields.contains(id)).then_some(Refusal::OutsidePurpose);
    let refused = fields.iter().filter(|id| !is_granted(*id)).filter_map(|id| policy.field(id));
    let refused = refused.map(|field| Withheld { field: field.name.clone(), reason: reason(field.id) });
    let unknown = asked.fields.iter().filter(|name| policy.find_field(name).is_none());
    let unknown = unknown.map(|name| Withheld { field: name.clone(), reason: Some(Refusal::OutsidePurpose) });
    let withheld = refused.chain(unknown).collect();
    Ok(ReadAnswer { opened: answered.opened, withheld })
}
