//! What is known of a person in each compartment of a service. Clauses 1.2, 2.1¶C.

use std::sync::Arc;

use kepil_domain::{gate::Agreement, standing::Standing, vault::Ring};
use kepil_policy::{CompartmentId, Policy, Service, Subject, Tag};
use kepil_store::Found;

use super::{ActionError, behalf::Behalf, sign_in::sign_in_compartment, tag_of};
use crate::App;

/// What was looked at for one answer: nothing is read twice.
#[derive(Default)]
pub(crate) struct Known {
    ring: Option<Arc<Ring>>,
    /// The standing in each compartment that was looked at.
    pub standings: Vec<(CompartmentId, Standing)>,
}

impl Known {
    /// Keeps what the gate's answer brings along.
    pub fn add(&mut self, id: CompartmentId, found: Found) {
        self.ring = Some(found.ring);
        if self.at(id).is_none() {
            self.standings.push((id, found.standing));
        }
    }

    /// The standing in one compartment.
    pub fn at(&self, id: CompartmentId) -> Option<&Standing> {
        standing_at(&self.standings, id)
    }

    /// Reads what is not known yet of the compartments of `service`; where the person has no row yet, an empty standing.
    ///
    /// # Errors
    /// [`ActionError`] when the store does not answer.
    pub async fn complete(
        &mut self,
        app: &App,
        policy: &Policy,
        service: &Service,
        behalf: Behalf,
    ) -> Result<(), ActionError> {
        let mut missing = compartments_of(policy, service, behalf.kind)?;
        missing.retain(|(id, _)| self.at(*id).is_none());
        if missing.is_empty() {
            return Ok(());
        }
        if self.ring.is_none() {
            self.ring = app.store.find_ring(behalf.whose).await?;
        }
        for (id, tag) in missing {
            let row = match &self.ring {
                Some(ring) => app.store.find_row(ring, tag).await?,
                None => None,
            };
            self.standings.push((id, row.map(|row| row.standing).unwrap_or_default()));
        }
        Ok(())
    }
}

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
    let mut known = Known::default();
    known.complete(app, policy, service, whose.into()).await?;
    Ok(known.standings)
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
