//! New keys for the buckets of those who are gone or changed, and what is in them under these; the keys of the others are only
//! sealed under the next epoch's.

use std::collections::{HashMap, HashSet};

use kepil_domain::{
    Locator,
    vault::{Bucket, BucketKey, Bucketed, EpochNo, Mark, Ring, VaultError},
};
use kepil_policy::Tag;

use super::{
    closing::{Progress, ROWS, Step, TRIES_MAX},
    epoch_in,
    worn::Worn,
};
use crate::{
    OsEntropy, Store, StoreError,
    batch::{Batch, Row, Value},
    buckets::Buckets,
    secrets::version_in,
};

/// How many buckets get their keys in one transaction.
const BUCKETS: usize = 16;

/// What a ring forgets in one compartment: all versions before these.
type Change<'a> = (Tag, &'a [(Tag, u32)]);

/// The sealed bytes of what is called so, in that bucket, under the second key in place of the first.
type Reseal<'a> = dyn Fn([u8; 16], Bucket, (&BucketKey, &BucketKey), &[u8]) -> Result<Vec<u8>, VaultError> + Sync + 'a;

/// What is in buckets, and how it is written under another key.
struct Rows<'a> {
    buckets: &'a Buckets,
    /// Name, generation and sealed bytes of all in a bucket.
    list: &'static str,
    /// Writes one in place of what was read.
    set: &'static str,
    /// Refuses when one is left under another key.
    check: &'static str,
    /// Seals one under another key.
    reseal: &'a Reseal<'a>,
}

impl Store {
    /// Rings. What was written over is forgotten afterwards; says of how many rows.
    pub(super) async fn reseal_rings(&self, closing: EpochNo, progress: &Progress<'_>) -> Result<u64, StoreError> {
        self.sure_of_epoch().await?;
        let worn = self.list_worn().await?;
        let mut changes: HashMap<Locator, Vec<Change<'_>>> = HashMap::new();
        for each in &worn {
            changes.entry(each.locator).or_default().push((each.compartment, &each.versions));
        }
        let bucket_of = |locator: &Locator| self.ring_buckets.of(locator.0);
        let gone = self.list_gone(closing).await?;
        let touched: HashSet<Bucket> = changes.keys().chain(&gone).map(bucket_of).collect();
        let reseal = |name, bucket, (key, next): (&BucketKey, &BucketKey), sealed: &[u8]| {
            let locator = Locator(name);
            let mut ring = Ring::open(&self.keys, locator, bucket, key, sealed)?;
            for (compartment, versions) in changes.get(&locator).into_iter().flatten() {
                ring.forget_before(*compartment, versions);
            }
            ring.seal(&self.keys, bucket, next, &mut OsEntropy)
        };
        let rows = self.ring_rows(&reseal);
        let rekeyed = self.reseal_buckets(closing, &rows, &touched, (Step::Rings, progress)).await?;
        let (forgotten, kept): (Vec<&Worn>, Vec<&Worn>) =
            worn.iter().partition(|each| rekeyed.contains(&bucket_of(&each.locator)));
        self.forget_worn(&forgotten).await?;
        self.keep_worn(&kept, closing).await?;
        Ok(forgotten.len() as u64)
    }

    /// Marks of what people placed.
    pub(super) async fn reseal_marks(&self, closing: EpochNo, progress: &Progress<'_>) -> Result<(), StoreError> {
        self.sure_of_epoch().await?;
        let noted = self.contents.query("SELECT bucket, version FROM touched", Vec::new()).await?;
        let bucket = |row: &Row| Bucket(u32::try_from(row.int(0)).unwrap_or(0));
        let touched: HashSet<Bucket> = noted.iter().map(bucket).collect();
        let reseal = |name, _, keys: (&BucketKey, &BucketKey), sealed: &[u8]| self.mark_anew(name, keys, sealed);
        let rows = self.mark_rows(&reseal);
        let rekeyed = self.reseal_buckets(closing, &rows, &touched, (Step::Marks, progress)).await?;
        // Touched again meanwhile, or after its bucket was done: it stays for the next epoch.
        let batch =
            noted.into_iter().filter(|row| rekeyed.contains(&bucket(row))).fold(Batch::default(), |batch, mut row| {
                let params = vec![row.int(0).into(), row.take_blob(1).into()];
                batch.any("DELETE FROM touched WHERE bucket = $1 AND version = $2", params)
            });
        self.contents.execute(batch).await
    }

    fn ring_rows<'a>(&'a self, reseal: &'a Reseal<'a>) -> Rows<'a> {
        Rows {
            buckets: &self.ring_buckets,
            list: "SELECT locator, generation, sealed FROM ring WHERE locator >= $1 AND locator <= $2",
            set: "UPDATE ring SET generation = $1, sealed = $2 WHERE locator = $3 AND sealed = $4",
            check: "UPDATE bucket SET generation = $1 WHERE bucket = $2 AND generation = $1 \
                    AND NOT EXISTS (SELECT 1 FROM ring WHERE locator >= $3 AND locator <= $4 AND generation <> $1)",
            reseal,
        }
    }

    fn mark_rows<'a>(&'a self, reseal: &'a Reseal<'a>) -> Rows<'a> {
        Rows {
            buckets: &self.mark_buckets,
            list: "SELECT id, generation, mark FROM content WHERE id >= $1 AND id <= $2",
            set: "UPDATE content SET generation = $1, mark = $2 WHERE id = $3 AND mark = $4",
            check: "UPDATE bucket SET generation = $1 WHERE bucket = $2 AND generation = $1 \
                    AND NOT EXISTS (SELECT 1 FROM content WHERE id >= $3 AND id <= $4 AND generation <> $1)",
            reseal,
        }
    }

    fn mark_anew(
        &self,
        name: [u8; 16],
        (key, next): (&BucketKey, &BucketKey),
        sealed: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let at = self.keys.installation();
        Mark::open(at, name, key, sealed)?.seal(at, name, next, &mut OsEntropy)
    }

    /// A new key for every bucket that is made with an older version of its secret than `version`.
    pub(crate) async fn rekey_all(
        &self,
        what: Bucketed,
        version: u32,
        progress: &(dyn Fn(u64, u64) + Send + Sync + '_),
    ) -> Result<(), StoreError> {
        let ring = |name, bucket, (key, next): (&BucketKey, &BucketKey), sealed: &[u8]| {
            Ring::open(&self.keys, Locator(name), bucket, key, sealed)?.seal(&self.keys, bucket, next, &mut OsEntropy)
        };
        let mark = |name, _, keys: (&BucketKey, &BucketKey), sealed: &[u8]| self.mark_anew(name, keys, sealed);
        let rows = match what {
            Bucketed::Rings => self.ring_rows(&ring),
            Bucketed::Marks => self.mark_rows(&mark),
        };
        let (total, mut done) = (1u64 << rows.buckets.bits, 0);
        loop {
            let sql = "SELECT bucket FROM bucket WHERE secret < $1 ORDER BY bucket LIMIT $2";
            let found = rows.buckets.database.query(sql, vec![version.into(), ROWS.into()]).await?;
            if found.is_empty() {
                return Ok(());
            }
            let found: Vec<Bucket> = found.iter().map(|row| Bucket(u32::try_from(row.int(0)).unwrap_or(0))).collect();
            for group in found.chunks(BUCKETS) {
                self.sure_of_epoch().await?;
                self.rekey(group, &rows).await?;
                done += group.len() as u64;
                progress(done, total);
            }
        }
    }

    async fn reseal_buckets(
        &self,
        closing: EpochNo,
        rows: &Rows<'_>,
        touched: &HashSet<Bucket>,
        (step, progress): (Step, &Progress<'_>),
    ) -> Result<HashSet<Bucket>, StoreError> {
        let mut all = HashSet::new();
        let database = &rows.buckets.database;
        let (total, mut done, mut after) = (1u64 << rows.buckets.bits, 0, -1);
        loop {
            let sql = "SELECT bucket, generation, epoch, sealed, secret FROM bucket WHERE bucket > $1 ORDER BY bucket LIMIT $2";
            let found = database.query(sql, vec![Value::Int(after), ROWS.into()]).await?;
            let Some(last) = found.last() else { return Ok(all) };
            (after, done) = (last.int(0), done + found.len() as u64);
            let (mut rekeyed, mut sealed_only) = (Vec::new(), Batch::default());
            for row in found {
                let bucket = Bucket(u32::try_from(row.int(0)).map_err(|_| StoreError::NotFound)?);
                // What was done by a closing that was broken off is sealed in the next epoch, and ends with that.
                if epoch_in(&row, 2) > closing {
                    continue;
                }
                if touched.contains(&bucket) {
                    rekeyed.push(bucket);
                } else {
                    sealed_only = self.with_sealed_anew(sealed_only, rows.buckets, bucket, &row)?;
                }
            }
            match database.execute(sealed_only).await {
                // Somebody else closes too: what is left is counted at the end.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
            for group in rekeyed.chunks(BUCKETS) {
                self.rekey(group, rows).await?;
                all.extend(group);
            }
            progress(step, done, total);
        }
    }

    fn with_sealed_anew(
        &self,
        batch: Batch,
        buckets: &Buckets,
        bucket: Bucket,
        row: &Row,
    ) -> Result<Batch, StoreError> {
        let (generation, before) = (u32::try_from(row.int(1)).map_err(|_| StoreError::NotFound)?, epoch_in(row, 2));
        let key =
            self.keys.open_bucket(buckets.what, (bucket, generation, version_in(row, 4)), (before, row.blob(3)))?;
        let (epoch, sealed) = self.keys.seal_bucket(bucket, &key, &mut OsEntropy)?;
        let sql = "UPDATE bucket SET epoch = $1, sealed = $2 WHERE bucket = $3 AND generation = $4 AND epoch = $5";
        let params = vec![epoch.0.into(), sealed.into(), bucket.0.into(), generation.into(), before.0.into()];
        Ok(batch.one(sql, params))
    }

    /// New keys for some buckets together; where somebody writes into one of them meanwhile, for each alone.
    async fn rekey(&self, group: &[Bucket], rows: &Rows<'_>) -> Result<(), StoreError> {
        let database = &rows.buckets.database;
        let mut batch = Batch::default();
        for bucket in group {
            batch = self.with_rekeyed(batch, *bucket, rows).await?;
        }
        match database.execute(batch).await {
            Err(StoreError::Conflict) => {}
            done => return done,
        }
        for bucket in group {
            let mut tries = 0;
            while let Err(error) = database.execute(self.with_rekeyed(Batch::default(), *bucket, rows).await?).await {
                tries += 1;
                if !matches!(error, StoreError::Conflict) || tries == TRIES_MAX {
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// A new key for one bucket, and what is in it under that.
    async fn with_rekeyed(&self, batch: Batch, bucket: Bucket, rows: &Rows<'_>) -> Result<Batch, StoreError> {
        let key = rows.buckets.newest(self, bucket).await?;
        let next = self.keys.new_bucket(rows.buckets.what, key.generation + 1, &mut OsEntropy)?;
        let (epoch, sealed) = self.keys.seal_bucket(bucket, &next, &mut OsEntropy)?;
        let generation = Value::from(next.generation);
        let sql = "UPDATE bucket SET generation = $1, epoch = $2, sealed = $3, secret = $6 WHERE bucket = $4 AND generation = $5 AND epoch <= $2 AND secret <= $6";
        let params = vec![
            generation.clone(),
            epoch.0.into(),
            sealed.into(),
            bucket.0.into(),
            key.generation.into(),
            next.version.into(),
        ];
        let mut batch = batch.one(sql, params);
        let (from, to) = rows.buckets.names(bucket);
        for mut row in rows.buckets.database.query(rows.list, vec![from.into(), to.into()]).await? {
            let name: [u8; 16] = row.blob(0).try_into().map_err(|_| StoreError::NotFound)?;
            let sealed = match (rows.reseal)(name, bucket, (&key, &next), row.blob(2)) {
                Ok(sealed) => sealed,
                // Re-keyed by somebody else in between: the guards refuse this try.
                Err(_) if row.int(1) != i64::from(key.generation) => continue,
                // Opened by nothing: it keeps nobody else from being destroyed.
                Err(error) => {
                    tracing::error!(error = %error, "a row of a bucket does not open, and is left as it is");
                    row.blob(2).to_vec()
                }
            };
            // One that goes meanwhile needs no key; one that changed is found below.
            batch = batch.any(rows.set, vec![generation.clone(), sealed.into(), name.into(), row.take_blob(2).into()]);
        }
        Ok(batch.one(rows.check, vec![generation, bucket.0.into(), from.into(), to.into()]))
    }

    /// Whose rings were destroyed before the epoch began to close.
    pub(super) async fn list_gone(&self, closing: EpochNo) -> Result<Vec<Locator>, StoreError> {
        let rows = self.rings.query("SELECT locator FROM gone WHERE closing = $1", vec![closing.0.into()]).await?;
        Ok(rows.iter().filter_map(|row| Locator::from_slice(row.blob(0))).collect())
    }
}
