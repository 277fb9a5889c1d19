//! The root key: a next one into every sealer, the secrets sealed under it in one batch, the one before destroyed in every sealer.
//!
//! What it costs does not depend on how many people there are. A sealer that does not answer stops it before anything is
//! changed, or leaves the old key to be destroyed when it answers.

use kepil_domain::vault::RootNo;

use super::{TRIES_MAX, Turned, raised};
use crate::{
    OsEntropy, Store, StoreError,
    epochs::EpochState,
    sealer::Kind,
    secrets::{SecretRow, root_of},
};

impl Store {
    pub(super) async fn rotate_root(&self, progress: &Turned<'_>) -> Result<(), StoreError> {
        let now = root_of(&SecretRow::list(&self.rings).await?)?;
        let found = self.sealers.find()?;
        if found.split.is_some() {
            let text = "the root key is split: put it back by `kepil keys join`, rotate it, and split it anew";
            return Err(StoreError::Unusable(text.to_owned()));
        }
        // An older one is left of a rotation that was broken off after the batch.
        let next = if found.roots.iter().any(|root| root.no() < now) { now } else { RootNo(now.0 + 1) };
        self.sealers.install_root(next)?;
        progress(1, 3);
        self.seal_secrets(next).await?;
        progress(2, 3);
        self.all_learn().await?;
        // A copy of the keys from before opens with the key that goes.
        self.copy_keys().await?;
        self.sealers.destroy_before(Kind::Root, next.0)?;
        progress(3, 3);
        Ok(())
    }

    /// Seals every secret under the root key number `next`, unless that was done.
    async fn seal_secrets(&self, next: RootNo) -> Result<(), StoreError> {
        let (at, new) = (self.keys.installation(), self.sealers.install_root(next)?);
        for _ in 0..TRIES_MAX {
            let before = EpochState::find(&self.rings).await?.secrets;
            let rows = SecretRow::list(&self.rings).await?;
            if root_of(&rows)? >= next {
                return Ok(());
            }
            let old = self.root_for(&rows)?;
            let mut batch = raised(before);
            for row in rows {
                let sealed = new.seal_secret(at, &row.open(at, &old)?, &mut OsEntropy)?;
                let sql = "UPDATE secret SET root = $1, sealed = $2 WHERE name = $3 AND version = $4 AND root = $5";
                let params =
                    vec![next.0.into(), sealed.into(), row.name.word().into(), row.version.into(), old.no().0.into()];
                batch = batch.one(sql, params);
            }
            match self.rings.execute(batch).await {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict)
    }
}
