//! Somebody who does not exist, opened in place of everybody whom the vault does not know: a miss costs what a hit costs.
//! Clause 3.4g.
//!
//! Nothing of it decides anything. Does not know: who asks, and about whom.

use kepil_domain::{
    Day, Locator,
    standing::Standing,
    vault::{Bucket, BucketKey, Bucketed, Keys, Ring, RingPart},
};
use kepil_policy::{Effective, Tag};

use crate::{OsEntropy, StoreError};

/// In which bucket its ring would be.
const BUCKET: Bucket = Bucket(0);

/// The stand-in of one compartment.
pub(crate) struct StandIn {
    part: RingPart,
    /// Kept in memory only, as the ring under it.
    under: BucketKey,
    whose: Locator,
    ring: Vec<u8>,
    standing: Vec<u8>,
}

impl StandIn {
    /// One like the people of `policy`, who accepted what it has.
    pub fn new(keys: &Keys, policy: &Effective, compartment: Tag) -> Result<Self, StoreError> {
        let entropy = &mut OsEntropy;
        let ring = Ring::random(keys, &policy.policy, entropy)?;
        let part = Ring::stranger(keys, compartment);
        let mut standing = Standing::default();
        for service in policy.policy.services() {
            standing.accept(service.tag, policy.no, Day(0));
            let uses = policy.policy.uses_of(service).filter(|each| !each.optional);
            uses.for_each(|each| standing.consent(each.tag, policy.no, Day(0), Vec::new()));
        }
        standing.stored = policy.policy.fields().iter().map(|field| field.tag).collect();
        let sealed = part.seal_standing(keys.installation(), &standing, entropy)?;
        let under = keys.new_bucket(Bucketed::Rings, 1, entropy)?;
        let (whose, ring) = (ring.locator(), ring.seal(keys, BUCKET, &under, entropy)?);
        Ok(Self { part, under, whose, ring, standing: sealed })
    }

    /// What opening a ring takes.
    pub fn open_ring(&self, keys: &Keys) -> Result<(), StoreError> {
        Ring::open(keys, self.whose, BUCKET, &self.under, &self.ring)?;
        Ok(())
    }

    /// What opening a standing takes: for whoever computes facts of it and throws them away.
    pub fn open_standing(&self, keys: &Keys) -> Result<Standing, StoreError> {
        Ok(self.part.open_standing(keys.installation(), &self.standing)?)
    }
}
