//! Buckets: what is found by a random name lies in buckets, each with a key of its own that the epoch seals. Whoever is to be in
//! no copy any more costs their bucket a new key, not everybody.
//!
//! What is in a bucket is written only while the key it is sealed under is the key of the bucket: its row is held in the same
//! batch. So when a bucket was re-keyed, nothing is left under its old key.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use kepil_domain::vault::{Bucket, BucketKey, Bucketed, Keys};

use crate::{
    OsEntropy, Store, StoreError,
    batch::{Batch, Value},
    engine::Database,
    epochs::epoch_in,
    secrets::version_in,
};

/// How many bucket keys a node keeps; more than any usual installation has.
const KEPT_MAX: usize = 1 << 17;

/// Makes all buckets in one statement: numbers, and pieces of one long value. (The empty side of the union gives the types.)
const ADD_BUCKETS: &str = "WITH RECURSIVE number(n) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT n + 1 FROM number WHERE n + 1 < $1), \
     given(epoch, secret, buckets) AS (SELECT epoch, secret, sealed FROM bucket WHERE 1 = 0 UNION ALL SELECT $2, $5, $3) \
     INSERT INTO bucket (bucket, generation, epoch, secret, sealed) \
     SELECT n, 1, epoch, secret, substr(buckets, CAST(n * $4 + 1 AS INTEGER), CAST($4 AS INTEGER)) FROM number, given WHERE 1 = 1 \
     ON CONFLICT (bucket) DO NOTHING";

/// The buckets of one database, with the keys that this node has opened.
pub(crate) struct Buckets {
    pub what: Bucketed,
    pub bits: u32,
    pub database: Database,
    open: Mutex<HashMap<Bucket, Arc<BucketKey>>>,
}

impl Buckets {
    pub fn new(what: Bucketed, bits: u32, database: Database) -> Self {
        Self { what, bits, database, open: Mutex::default() }
    }

    /// In which bucket `name` is.
    pub fn of(&self, name: [u8; 16]) -> Bucket {
        Bucket::of(name, self.bits)
    }

    /// The first and the last name that a bucket can have.
    pub fn names(&self, bucket: Bucket) -> ([u8; 16], [u8; 16]) {
        let bits = self.bits.min(24);
        let first = u128::from(bucket.0).checked_shl(128 - bits).unwrap_or(0);
        (first.to_be_bytes(), (first | (u128::MAX >> bits)).to_be_bytes())
    }

    /// Forgets all keys: some of them may have been destroyed.
    pub fn forget(&self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The key of a bucket in one generation; `None` when it has another by now.
    pub async fn find(
        &self,
        store: &Store,
        bucket: Bucket,
        generation: i64,
    ) -> Result<Option<Arc<BucketKey>>, StoreError> {
        let kept = self.open.lock().unwrap_or_else(PoisonError::into_inner).get(&bucket).cloned();
        let key = match kept {
            Some(key) if i64::from(key.generation) == generation => key,
            _ => self.newest(store, bucket).await?,
        };
        Ok(Some(key).filter(|key| i64::from(key.generation) == generation))
    }

    /// The key of a bucket as it is now, under which is sealed: the one at hand may have been retired.
    pub async fn newest(&self, store: &Store, bucket: Bucket) -> Result<Arc<BucketKey>, StoreError> {
        let sql = "SELECT generation, epoch, sealed, secret FROM bucket WHERE bucket = $1";
        let row = self.database.find(sql, vec![bucket.0.into()]).await?.ok_or(StoreError::NotFound)?;
        let generation = u32::try_from(row.int(0)).map_err(|_| StoreError::NotFound)?;
        let (sealed, version) = ((epoch_in(&row, 1), row.blob(2)), version_in(&row, 3));
        let key = store.in_epoch(|| store.keys.open_bucket(self.what, (bucket, generation, version), sealed)).await?;
        let key = Arc::new(key);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= KEPT_MAX {
            open.clear();
        }
        open.insert(bucket, Arc::clone(&key));
        Ok(key)
    }
}

/// Holds the key of a bucket until the batch is done; refuses when there is another by now.
pub(crate) fn held(bucket: Bucket, key: &BucketKey) -> Batch {
    let sql = "UPDATE bucket SET generation = $1 WHERE bucket = $2 AND generation = $1";
    Batch::default().one(sql, vec![key.generation.into(), bucket.0.into()])
}

/// Makes all buckets of a database that are not there.
pub(crate) fn with_all(batch: Batch, what: Bucketed, keys: &Keys, bits: u32) -> Result<Batch, StoreError> {
    let count = 1u32 << bits;
    let (mut all, mut len, mut version) = (Vec::new(), 0, 0);
    for bucket in 0..count {
        let key = keys.new_bucket(what, 1, &mut OsEntropy)?;
        let (_, sealed) = keys.seal_bucket(Bucket(bucket), &key, &mut OsEntropy)?;
        (len, version) = (sealed.len(), key.version);
        all.extend(sealed);
    }
    let len = Value::Int(i64::try_from(len).unwrap_or(0));
    Ok(batch.any(ADD_BUCKETS, vec![count.into(), keys.epoch().0.into(), all.into(), len, version.into()]))
}
