//! A service takes many people's data at once, by a permit of two officers and in no other way. Clauses 3.1.3, 3.4a, 3.4g.
//!
//! The gate is asked about each person, as for a single read; each has an entry that names the permit. Start reading at
//! [`take`].

use std::sync::Arc;

use futures::future::try_join_all;
use kepil_domain::{
    Locator, Sub,
    gate::{Agreement, Reach, Refusal},
};
use kepil_policy::{Effective, Service, ServiceId, Tag, Verb};

use super::{
    ActionError, budget,
    read_fields::{self, Manner, ReadAnswer, ReadAsk},
    staff::exports::{self, Kept, Permit},
    tag_of,
};
use crate::App;

/// People in one answer, at most: as many as share one append.
pub const PEOPLE_MAX: u32 = 256;
/// How many times so many people are looked through for one answer.
const LOOKS_MAX: usize = 16;

/// What a service asks for.
pub struct ExportAsk {
    /// The edition by which it is decided.
    pub edition: Arc<Effective>,
    /// Which service of that edition.
    pub service: ServiceId,
    /// What names the permit.
    pub permit: String,
    /// Where the last answer ended; `None` from the beginning.
    pub after: Option<String>,
    /// How many people, at most.
    pub most: u32,
}

/// What a service gets.
pub struct Exported {
    /// The service's ids for people, with what was granted of each.
    pub people: Vec<(Sub, ReadAnswer)>,
    /// Where this answer ended; `None` when everybody was looked through.
    pub next: Option<String>,
    /// About how many people the permit may still be used.
    pub left: u32,
}

/// Takes the next people who use the service.
///
/// # Errors
/// [`ActionError::Refused`] without a permit that holds, recorded as well, and one answer whatever is wrong with it;
/// [`ActionError::Busy`] when it is used at the same moment.
pub async fn take(app: &App, asked: ExportAsk) -> Result<Exported, ActionError> {
    let policy = &asked.edition.policy;
    let service = policy.service(asked.service).ok_or(ActionError::Input("service"))?;
    let kept = exports::find(app, &asked.permit).await?;
    let kept = kept.filter(|kept| holds(app, &kept.permit, service, &asked.edition));
    let Some(kept) = kept else {
        budget::refuse(app, &asked.edition, (service, None), None, Reach::NotInBulk).await?;
        return Err(ActionError::Refused(Refusal::NotInBulk));
    };
    let (_, row, _) = kept.permit.scope(&asked.edition).ok_or(ActionError::Input("fields"))?;
    // A place in the roll is the vault's own: the service gets it sealed, for this permit.
    let places = app.store.keys().sector(&format!("export {}", kept.id));
    let after = match &asked.after {
        Some(text) => Some(Sub::parse(text).and_then(|at| places.locator(&at)).ok_or(ActionError::Input("after"))?),
        None => None,
    };
    let most = asked.most.clamp(1, PEOPLE_MAX).min(kept.permit.left());
    let (members, last) = members(app, service, tag_of(policy, row.compartment)?, after, most).await?;
    // They are counted before anything of them is read, granted or not.
    let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
    let permit = kept.permit.used_for(count);
    let left = permit.left();
    exports::set(app, &kept, permit).await?;
    let people = read_all(app, &asked, service, &kept, members).await?;
    tracing::info!(service = service.name, count, "data were taken by a permit");
    let next = last.map(|at| places.sub(&at)).transpose()?.map(|at| at.as_str().to_owned());
    Ok(Exported { people, next, left })
}

/// Whether the permit lets `service` take anything today.
fn holds(app: &App, permit: &Permit, service: &Service, edition: &Effective) -> bool {
    permit.is_confirmed()
        && permit.service == service.name
        && permit.left() > 0
        && app.now().day.0 <= permit.until
        && permit.scope(edition).is_some()
}

/// Up to `most` people after `after` who use the service, and where the look ended; `None` at the end of the roll.
async fn members(
    app: &App,
    service: &Service,
    compartment: Tag,
    mut after: Option<Locator>,
    most: u32,
) -> Result<(Vec<Locator>, Option<Locator>), ActionError> {
    let mut found = Vec::new();
    for _ in 0..LOOKS_MAX {
        let roll = app.store.list_people(after, PEOPLE_MAX).await?;
        for locator in &roll {
            let row = app.store.find_person(*locator, compartment).await?;
            let standing = row.map(|row| row.standing).filter(|standing| !standing.is_destroying);
            after = Some(*locator);
            if standing.is_some_and(|it| matches!(it.agreement(service.tag), Agreement::Live { .. })) {
                found.push(*locator);
            }
            if found.len() >= most as usize {
                return Ok((found, after));
            }
        }
        if roll.len() < PEOPLE_MAX as usize {
            return Ok((found, None));
        }
    }
    Ok((found, after))
}

async fn read_all(
    app: &App,
    asked: &ExportAsk,
    service: &Service,
    kept: &Kept,
    members: Vec<Locator>,
) -> Result<Vec<(Sub, ReadAnswer)>, ActionError> {
    let sector = app.store.keys().sector(&service.name);
    let subs: Vec<Sub> = members.iter().map(|who| sector.sub(who)).collect::<Result<_, _>>()?;
    // Passing on is another verb of the law than taking out.
    let verb = if kept.permit.recipient.is_empty() { Verb::Extract } else { Verb::Transfer };
    let named: String = kept.id.chars().take(8).collect();
    let reads = subs.iter().zip(&members).map(|(sub, who)| {
        let one = ReadAsk {
            edition: Arc::clone(&asked.edition),
            service: asked.service,
            sub: sub.clone(),
            purpose: kept.permit.purpose.clone(),
            fields: kept.permit.fields.clone(),
        };
        read_fields::read(app, one, *who, Manner { verb, reason: Some(format!("export {named}")) })
    });
    let answers = try_join_all(reads).await?;
    Ok(subs.into_iter().zip(answers).collect())
}
