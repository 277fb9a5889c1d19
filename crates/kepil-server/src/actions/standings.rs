//! What is known of a person in each compartment of a service. Clauses 1.2, 2.1¶C.

use kepil_domain::{gate::Agreement, standing::Standing};
use kepil_policy::{CompartmentId, Policy, Service, Subject, Tag};

use super::{ActionError, behalf::Behalf, sign_in::sign_in_compartment, tag_of};
use crate::App;

/// The compartments in which the agreement with `service` is written: those of its uses.
pub(crate) fn compartments_of(
    policy: &Policy,
    service: &Service,
    kind: Subject,
) -> Result<Vec<(CompartmentId, Tag)>, ActionError> {
    let mut ids: Vec<CompartmentId> = policy.uses_for(service, kind).map(|each| each.compartment).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        let tag = sign_in_compartment(policy)?;
        let found = policy.compartments().iter().find(|each| tag_of(policy, each.id).is_ok_and(|it| it == tag));
        ids.extend(found.map(|each| each.id));
    }
    ids.into_iter().map(|id| Ok((id, tag_of(policy, id)?))).collect()
}

/// The standing of a person in each compartment of a service; where they have no row yet, an empty one.
pub(crate) async fn standings(
    app: &App,
    policy: &Policy,
    service: &Service,
    whose: impl Into<Behalf>,
) -> Result<Vec<(CompartmentId, Standing)>, ActionError> {
    let Behalf { whose, kind, .. } = whose.into();
    let ring = app.store.find_ring(whose).await?;
    let mut all = Vec::new();
    for (id, tag) in compartments_of(policy, service, kind)? {
        let row = match &ring {
            Some(ring) => app.store.find_row(ring, tag).await?,
            None => None,
        };
        all.push((id, row.map(|row| row.standing).unwrap_or_default()));
    }
    Ok(all)
}

/// The standing in one compartment.
pub(crate) fn standing_at(known: &[(CompartmentId, Standing)], id: CompartmentId) -> Option<&Standing> {
    known.iter().find(|(at, _)| *at == id).map(|(_, standing)| standing)
}

/// The edition that the person accepted for `service`, the oldest of all compartments; `None` when an agreement is
/// missing or ended, or the person has blocked everything or is leaving.
pub(crate) fn live_edition(service: &Service, standings: &[(CompartmentId, Standing)]) -> Option<u32> {
    let editions: Option<Vec<u32>> = standings
        .iter()
        .map(|(_, standing)| match standing.agreement(service.tag) {
            Agreement::Live { edition } if !standing.is_blocked && !standing.is_destroying => Some(edition.0),
            _ => None,
        })
        .collect();
    editions?.into_iter().min()
}
