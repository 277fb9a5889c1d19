//! Somebody who does not exist, opened in place of everybody whom the vault does not know: a miss costs what a hit costs.
//! Clause 3.4g.
//!
//! Nothing of it decides anything. Does not know: who asks, and about whom.

use kepil_domain::{
    Day,
    standing::Standing,
    vault::{Keys, Ring, RingPart},
};
use kepil_policy::{Effective, Tag};

use crate::{OsEntropy, StoreError};

/// Under what it is sealed; kept in memory only.
const SEALED_AS: &str = "stand-in";

/// The stand-in of one compartment.
pub(crate) struct StandIn {
    part: RingPart,
    ring: Vec<u8>,
    standing: Vec<u8>,
}

impl StandIn {
    /// One like the people of `policy`, who accepted what it has.
    pub fn new(keys: &Keys, policy: &Effective, compartment: Tag) -> Result<Self, StoreError> {
        let entropy = &mut OsEntropy;
        let ring = Ring::random(&policy.policy, entropy)?;
        let part = Ring::stranger(keys, compartment);
        let mut standing = Standing::default();
        for service in policy.policy.services() {
            standing.accept(service.tag, policy.no, Day(0));
            let uses = policy.policy.uses_of(service).filter(|each| !each.optional);
            uses.for_each(|each| standing.consent(each.tag, policy.no, Day(0), Vec::new()));
        }
        standing.stored = policy.policy.fields().iter().map(|field| field.tag).collect();
        let sealed = part.seal_standing(keys.installation(), &standing, entropy)?;
        Ok(Self { part, ring: keys.seal_for(SEALED_AS, b"ring", &ring.to_bytes(), entropy)?, standing: sealed })
    }

    /// What opening a ring takes.
    pub fn open_ring(&self, keys: &Keys) -> Result<(), StoreError> {
        let plain = keys.unseal_for(SEALED_AS, b"ring", &self.ring)?;
        Ring::from_bytes(kepil_domain::Locator([0; 16]), &plain)?;
        Ok(())
    }

    /// What opening a standing takes: for whoever computes facts of it and throws them away.
    pub fn open_standing(&self, keys: &Keys) -> Result<Standing, StoreError> {
        Ok(self.part.open_standing(keys.installation(), &self.standing)?)
    }
}
