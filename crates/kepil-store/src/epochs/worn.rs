//! Whose records were written anew: what stood there before is to be forgotten with the epoch.
//!
//! It is noted in the transaction that writes the records, in the compartment, by handle; whose ring that is can be told while
//! the epoch lasts.

use kepil_domain::{
    Entropy, Locator,
    vault::{EpochNo, VaultError, versions},
};
use kepil_policy::Tag;

use super::{closing::ROWS, epoch_in};
use crate::{OsEntropy, Store, StoreError, batch::Batch};

const WORN: &str = "worn";
/// How many notes are removed in one transaction.
const SOME: usize = 512;
const FORGET: &str = "DELETE FROM worn WHERE handle = $1 AND version = $2";

/// A person whose records were written anew.
pub(super) struct Worn {
    pub compartment: Tag,
    handle: Vec<u8>,
    version: Vec<u8>,
    pub locator: Locator,
    pub versions: Vec<(Tag, u32)>,
}

impl Store {
    /// Everybody whose records were written anew, with the versions that stay.
    pub(super) async fn list_worn(&self) -> Result<Vec<Worn>, StoreError> {
        let mut all = Vec::new();
        for tag in self.compartments() {
            let people = &self.compartment(tag)?.people;
            let mut after = Vec::new();
            loop {
                let sql = "SELECT worn.handle, worn.version, worn.epoch, worn.sealed, person.records FROM worn \
                           LEFT JOIN person ON person.handle = worn.handle WHERE worn.handle > $1 ORDER BY worn.handle LIMIT $2";
                let rows = people.query(sql, vec![after.clone().into(), ROWS.into()]).await?;
                let Some(last) = rows.last() else { break };
                after = last.blob(0).to_vec();
                for mut row in rows {
                    let sealed = (epoch_in(&row, 2), row.blob(3));
                    let plain = match self.in_epoch(|| self.keys.unseal_in_epoch(WORN, row.blob(0), sealed)).await {
                        Err(StoreError::Vault(VaultError::OtherEpoch)) => {
                            tracing::error!("a note of what was written over is of an epoch that is gone");
                            let params = vec![row.take_blob(0).into(), row.take_blob(1).into()];
                            people.execute(Batch::default().any(FORGET, params)).await?;
                            continue;
                        }
                        plain => plain?,
                    };
                    let locator = Locator::from_slice(&plain).ok_or(StoreError::NotFound)?;
                    let (versions, handle) = (versions(row.blob(4))?, row.take_blob(0));
                    all.push(Worn { compartment: tag, handle, version: row.take_blob(1), locator, versions });
                }
            }
        }
        Ok(all)
    }

    /// Removes the notes, some at a time: whoever writes a record meanwhile waits for no more than that.
    pub(super) async fn forget_worn(&self, worn: &[&Worn]) -> Result<(), StoreError> {
        // They were listed one compartment after another.
        for same in worn.chunk_by(|one, next| one.compartment == next.compartment) {
            let Some(first) = same.first() else { continue };
            let people = &self.compartment(first.compartment)?.people;
            for some in same.chunks(SOME) {
                // Written over again meanwhile: it stays for the next epoch.
                let batch = some.iter().fold(Batch::default(), |batch, each| {
                    batch.any(FORGET, vec![each.handle.clone().into(), each.version.clone().into()])
                });
                people.execute(batch).await?;
            }
        }
        Ok(())
    }

    /// Seals what stays for the next epoch under its key.
    pub(super) async fn keep_worn(&self, worn: &[&Worn], closing: EpochNo) -> Result<(), StoreError> {
        for each in worn {
            let (epoch, sealed) = self.keys.seal_in_epoch(WORN, &each.handle, &each.locator.0, &mut OsEntropy)?;
            let sql = "UPDATE worn SET epoch = $1, sealed = $2 WHERE handle = $3 AND version = $4 AND epoch <= $5";
            let params = vec![
                epoch.0.into(),
                sealed.into(),
                each.handle.clone().into(),
                each.version.clone().into(),
                closing.0.into(),
            ];
            self.compartment(each.compartment)?.people.execute(Batch::default().any(sql, params)).await?;
        }
        Ok(())
    }

    /// Notes that the records behind `handle` were written anew, so that what was there is forgotten with the epoch.
    pub(crate) fn with_worn(&self, batch: Batch, handle: [u8; 16], locator: Locator) -> Result<Batch, StoreError> {
        let (epoch, sealed) = self.keys.seal_in_epoch(WORN, &handle, &locator.0, &mut OsEntropy)?;
        let mut version = [0; 8];
        OsEntropy.fill(&mut version)?;
        let sql = "INSERT INTO worn (handle, version, epoch, sealed) VALUES ($1, $2, $3, $4) ON CONFLICT (handle) DO UPDATE SET version = excluded.version, epoch = excluded.epoch, sealed = excluded.sealed WHERE worn.epoch <= excluded.epoch";
        Ok(batch.one(sql, vec![handle.into(), version.into(), epoch.0.into(), sealed.into()]))
    }
}
