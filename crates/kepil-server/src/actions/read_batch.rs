//! A service reads fields of many people for one purpose that allows it: a nightly job. Clauses 2.1¶C4, 3.1.3, 3.4g.
//!
//! Each person is read as by [`read_fields`], with an entry of their own; all share the round trips and
//! the durable append of the lane. Whom it may be is counted in the quota of the purpose, apart from the service's budget.

use std::sync::Arc;

use futures::future::try_join_all;
use kepil_domain::{
    Sub,
    gate::{Reach, Refusal},
};
use kepil_policy::{Effective, ServiceId};

use super::{
    ActionError,
    budget::{self, Person, Spender},
    read_fields::{self, Manner, ReadAnswer, ReadAsk},
};
use crate::App;

/// What a service asks for.
pub struct BatchAsk {
    /// The edition by which it is decided.
    pub edition: Arc<Effective>,
    /// Which service of that edition.
    pub service: ServiceId,
    /// The service's ids for the people.
    pub subs: Vec<Sub>,
    /// Name of the purpose within the service.
    pub purpose: String,
    /// Names of the fields; empty means all of the purpose.
    pub fields: Vec<String>,
}

/// Reads; the answers are in the order of the ids.
///
/// # Errors
/// [`ActionError::Refused`] for a purpose that the service does not have, or that is not followed in bulk, recorded as well;
/// [`ActionError::OverBudget`] when the quota of the purpose is not enough for all of them: then nobody is read.
pub async fn read_batch(app: &App, asked: BatchAsk) -> Result<Vec<ReadAnswer>, ActionError> {
    let policy = &asked.edition.policy;
    let service = policy.service(asked.service).ok_or(ActionError::Input("service"))?;
    let row = policy.find_use(service, &asked.purpose);
    let (Some(row), Some(quota)) = (row, row.and_then(|row| row.batch)) else {
        budget::refuse(app, &asked.edition, (service, row), None, Reach::NotInBulk).await?;
        let reason = if row.is_some() { Refusal::NotInBulk } else { Refusal::UnknownPurpose };
        return Err(ActionError::Refused(reason));
    };
    let sector = app.store.keys().sector(&service.name);
    let person = |sub: &Sub| Person { locator: sector.locator(sub), called: sub.as_str().to_owned() };
    let people: Vec<Person> = asked.subs.iter().map(person).collect();
    let spender = Spender::Batch(service, row, quota);
    budget::check(app, &asked.edition, &spender, (service, Some(row)), &people).await?;
    let reads = asked.subs.iter().zip(&people).map(|(sub, person)| {
        let one = ReadAsk {
            edition: Arc::clone(&asked.edition),
            service: asked.service,
            sub: sub.clone(),
            purpose: asked.purpose.clone(),
            fields: asked.fields.clone(),
        };
        read_fields::read(app, one, person.whom(app), Manner::default())
    });
    try_join_all(reads).await
}
