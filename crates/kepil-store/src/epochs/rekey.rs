//! New keys for the buckets of those who are gone or changed, and their rings under them; the keys of the others are only sealed
//! under the next epoch's.

use std::collections::{HashMap, HashSet};

use kepil_domain::{
    Locator,
    vault::{Bucket, EpochNo, Ring},
};
use kepil_policy::Tag;

use super::{
    closing::{Progress, ROWS, Step, TRIES_MAX},
    epoch_in,
};
use crate::{
    OsEntropy, Store, StoreError,
    batch::{Batch, Row, Value},
};

/// How many buckets get their keys in one transaction.
const BUCKETS: usize = 16;

/// What one ring forgets in one compartment: all versions before these.
type Change<'a> = (Tag, &'a [(Tag, u32)]);

impl Store {
    /// Goes through all buckets. What was written over is forgotten afterwards; says of how many rows.
    pub(super) async fn reseal_rings(&self, closing: EpochNo, progress: &Progress<'_>) -> Result<u64, StoreError> {
        self.sure_of_epoch().await?;
        let worn = self.list_worn().await?;
        let mut changes: HashMap<Locator, Vec<Change<'_>>> = HashMap::new();
        for each in &worn {
            changes.entry(each.locator).or_default().push((each.compartment, &each.versions));
        }
        let worn_in: HashSet<Bucket> = changes.keys().map(|locator| self.bucket_of(locator)).collect();
        let gone_from: HashSet<Bucket> = self.list_gone(closing).await?.iter().map(|it| self.bucket_of(it)).collect();
        let (total, mut done, mut after) = (1u64 << self.buckets.bits, 0, -1);
        loop {
            let sql = "SELECT bucket, generation, epoch, sealed FROM bucket WHERE bucket > $1 ORDER BY bucket LIMIT $2";
            let rows = self.rings.query(sql, vec![Value::Int(after), ROWS.into()]).await?;
            let Some(last) = rows.last() else { break };
            (after, done) = (last.int(0), done + rows.len() as u64);
            let (mut rekeyed, mut sealed_only) = (Vec::new(), Batch::default());
            for row in rows {
                let bucket = Bucket(u32::try_from(row.int(0)).map_err(|_| StoreError::NotFound)?);
                let is_old = epoch_in(&row, 2) <= closing;
                // Whoever was broken off may have given the bucket its key, and somebody changed since.
                if worn_in.contains(&bucket) || (is_old && gone_from.contains(&bucket)) {
                    rekeyed.push(bucket);
                } else if is_old {
                    sealed_only = self.with_sealed_anew(sealed_only, bucket, &row)?;
                }
            }
            match self.rings.execute(sealed_only).await {
                // Somebody else closes too: what is left is counted at the end.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
            for group in rekeyed.chunks(BUCKETS) {
                self.rekey(group, &changes).await?;
            }
            progress(Step::Rings, done, total);
        }
        self.forget_worn(&worn).await?;
        Ok(worn.len() as u64)
    }

    fn with_sealed_anew(&self, batch: Batch, bucket: Bucket, row: &Row) -> Result<Batch, StoreError> {
        let (generation, before) = (u32::try_from(row.int(1)).map_err(|_| StoreError::NotFound)?, epoch_in(row, 2));
        let key = self.keys.open_bucket(bucket, generation, (before, row.blob(3)))?;
        let (epoch, sealed) = self.keys.seal_bucket(bucket, &key, &mut OsEntropy)?;
        let sql = "UPDATE bucket SET epoch = $1, sealed = $2 WHERE bucket = $3 AND generation = $4 AND epoch = $5";
        let params = vec![epoch.0.into(), sealed.into(), bucket.0.into(), generation.into(), before.0.into()];
        Ok(batch.one(sql, params))
    }

    /// New keys for some buckets together; where somebody writes a ring of one of them meanwhile, for each alone.
    async fn rekey(&self, group: &[Bucket], changes: &HashMap<Locator, Vec<Change<'_>>>) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        for bucket in group {
            batch = self.with_rekeyed(batch, *bucket, changes).await?;
        }
        match self.rings.execute(batch).await {
            Err(StoreError::Conflict) => {}
            done => return done,
        }
        for bucket in group {
            let mut tries = 0;
            while let Err(error) =
                self.rings.execute(self.with_rekeyed(Batch::default(), *bucket, changes).await?).await
            {
                tries += 1;
                if !matches!(error, StoreError::Conflict) || tries == TRIES_MAX {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// A new key for one bucket, and its rings under it, without what they are to forget.
    async fn with_rekeyed(
        &self,
        batch: Batch,
        bucket: Bucket,
        changes: &HashMap<Locator, Vec<Change<'_>>>,
    ) -> Result<Batch, StoreError> {
        let key = self.find_bucket(bucket).await?;
        let next = self.keys.new_bucket(key.generation + 1, &mut OsEntropy)?;
        let (epoch, sealed) = self.keys.seal_bucket(bucket, &next, &mut OsEntropy)?;
        let generation = Value::from(next.generation);
        let sql = "UPDATE bucket SET generation = $1, epoch = $2, sealed = $3 WHERE bucket = $4 AND generation = $5";
        let params = vec![generation.clone(), epoch.0.into(), sealed.into(), bucket.0.into(), key.generation.into()];
        let mut batch = batch.one(sql, params);
        let (from, to) = self.locators_of(bucket);
        let sql = "SELECT locator, bucket, generation, sealed FROM ring WHERE locator >= $1 AND locator <= $2";
        for mut row in self.rings.query(sql, vec![from.into(), to.into()]).await? {
            let locator = Locator::from_slice(row.blob(0)).ok_or(StoreError::NotFound)?;
            let mut ring = match Ring::open(&self.keys, locator, bucket, &key, row.blob(3)) {
                Ok(ring) => ring,
                // Re-keyed by somebody else in between: the guards refuse this try.
                Err(_) if row.int(2) != i64::from(key.generation) => continue,
                Err(error) => return Err(error.into()),
            };
            for (compartment, versions) in changes.get(&locator).into_iter().flatten() {
                ring.forget_before(*compartment, versions);
            }
            let sealed = ring.seal(&self.keys, bucket, &next, &mut OsEntropy)?;
            let sql = "UPDATE ring SET generation = $1, sealed = $2 WHERE locator = $3 AND sealed = $4";
            let params = vec![generation.clone(), sealed.into(), locator.0.into(), row.take_blob(3).into()];
            // One that goes meanwhile needs no key; one that changed is found below.
            batch = batch.any(sql, params);
        }
        let sql = "UPDATE bucket SET generation = $1 WHERE bucket = $2 AND generation = $1 \
                   AND NOT EXISTS (SELECT 1 FROM ring WHERE locator >= $3 AND locator <= $4 AND generation <> $1)";
        Ok(batch.one(sql, vec![generation, bucket.0.into(), from.into(), to.into()]))
    }

    fn bucket_of(&self, locator: &Locator) -> Bucket {
        Bucket::of(locator, self.buckets.bits)
    }

    /// The first and the last locator that a bucket can have.
    fn locators_of(&self, bucket: Bucket) -> ([u8; 16], [u8; 16]) {
        let bits = self.buckets.bits.min(24);
        let first = u128::from(bucket.0).checked_shl(128 - bits).unwrap_or(0);
        (first.to_be_bytes(), (first | (u128::MAX >> bits)).to_be_bytes())
    }

    /// Whose rings were destroyed before the epoch began to close.
    pub(super) async fn list_gone(&self, closing: EpochNo) -> Result<Vec<Locator>, StoreError> {
        let rows = self.rings.query("SELECT locator FROM gone WHERE closing = $1", vec![closing.0.into()]).await?;
        Ok(rows.iter().filter_map(|row| Locator::from_slice(row.blob(0))).collect())
    }
}
