//! Rings and buckets in the key store.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use kepil_domain::{
    Locator,
    vault::{Bucket, BucketKey, Ring},
};

use crate::{
    OsEntropy, Store, StoreError,
    batch::{Batch, Row, Value},
};

/// How many bucket keys a node keeps; more than any usual installation has.
const KEPT_MAX: usize = 1 << 17;

/// Finds a ring; also used by lanes for many at once.
pub(crate) const FIND_RING: &str = "SELECT locator, bucket, generation, sealed FROM ring WHERE locator = $1";

/// The bucket keys that this node has opened.
pub(crate) struct Buckets {
    bits: u32,
    open: Mutex<HashMap<Bucket, Arc<BucketKey>>>,
}

impl Buckets {
    pub fn new(bits: u32) -> Self {
        Self { bits, open: Mutex::default() }
    }

    fn kept(&self, bucket: Bucket) -> Option<Arc<BucketKey>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).get(&bucket).cloned()
    }

    fn keep(&self, bucket: Bucket, key: Arc<BucketKey>) -> Arc<BucketKey> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= KEPT_MAX {
            open.clear();
        }
        open.insert(bucket, Arc::clone(&key));
        key
    }
}

impl Store {
    /// The ring of the person at `locator`.
    ///
    /// # Errors
    /// [`StoreError`] when the key store does not answer or the ring does not open.
    pub async fn find_ring(&self, locator: Locator) -> Result<Option<Arc<Ring>>, StoreError> {
        match self.rings.find(FIND_RING, vec![locator.0.into()]).await? {
            Some(row) => self.open_ring(&row).await.map(Some),
            None => Ok(None),
        }
    }

    pub(crate) async fn open_ring(&self, row: &Row) -> Result<Arc<Ring>, StoreError> {
        let locator = Locator::from_slice(row.blob(0)).ok_or(StoreError::NotFound)?;
        let bucket = Bucket::of(&locator, self.buckets.bits);
        let key = self.bucket_key(bucket, row.int(2)).await?;
        Ok(Arc::new(Ring::open(&self.keys, locator, bucket, &key, row.blob(3))?))
    }

    /// Keeps a ring; does nothing when it is there already.
    pub(crate) async fn add_ring(&self, ring: &Ring) -> Result<(), StoreError> {
        let locator = ring.locator();
        let bucket = Bucket::of(&locator, self.buckets.bits);
        let key = self.bucket_for_writing(bucket).await?;
        let sealed = ring.seal(&self.keys, bucket, &key, &mut OsEntropy)?;
        let params = vec![locator.0.into(), bucket.0.into(), key.generation.into(), sealed.into()];
        let sql = "INSERT INTO ring (locator, bucket, generation, sealed) VALUES ($1, $2, $3, $4) ON CONFLICT (locator) DO NOTHING";
        self.rings.execute(Batch::default().any(sql, params)).await
    }

    /// Writes a ring that has grown.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the ring is gone.
    pub async fn set_ring(&self, ring: &Ring) -> Result<(), StoreError> {
        let locator = ring.locator();
        let bucket = Bucket::of(&locator, self.buckets.bits);
        let key = self.bucket_for_writing(bucket).await?;
        let sealed = ring.seal(&self.keys, bucket, &key, &mut OsEntropy)?;
        let sql = "UPDATE ring SET generation = $1, sealed = $2 WHERE locator = $3";
        self.rings
            .execute(Batch::default().one(sql, vec![key.generation.into(), sealed.into(), locator.0.into()]))
            .await
    }

    pub(crate) async fn remove_ring(&self, locator: Locator) -> Result<(), StoreError> {
        self.rings.execute(Batch::default().any("DELETE FROM ring WHERE locator = $1", vec![locator.0.into()])).await
    }

    async fn bucket_key(&self, bucket: Bucket, generation: i64) -> Result<Arc<BucketKey>, StoreError> {
        match self.buckets.kept(bucket) {
            Some(key) if i64::from(key.generation) == generation => Ok(key),
            _ => self.find_bucket(bucket).await?.ok_or(StoreError::NotFound),
        }
    }

    async fn bucket_for_writing(&self, bucket: Bucket) -> Result<Arc<BucketKey>, StoreError> {
        // Read anew each time: a ring must never be sealed under a generation that was retired.
        if let Some(key) = self.find_bucket(bucket).await? {
            return Ok(key);
        }
        let (_, sealed) = self.keys.new_bucket(bucket, 1, &mut OsEntropy)?;
        let sql = "INSERT INTO bucket (bucket, generation, sealed) VALUES ($1, $2, $3) ON CONFLICT (bucket) DO NOTHING";
        self.rings.execute(Batch::default().any(sql, vec![bucket.0.into(), Value::Int(1), sealed.into()])).await?;
        self.find_bucket(bucket).await?.ok_or(StoreError::NotFound)
    }

    async fn find_bucket(&self, bucket: Bucket) -> Result<Option<Arc<BucketKey>>, StoreError> {
        let sql = "SELECT generation, sealed FROM bucket WHERE bucket = $1";
        let Some(row) = self.rings.find(sql, vec![bucket.0.into()]).await? else { return Ok(None) };
        let generation = u32::try_from(row.int(0)).map_err(|_| StoreError::NotFound)?;
        let key = self.keys.open_bucket(bucket, generation, row.blob(1))?;
        Ok(Some(self.buckets.keep(bucket, Arc::new(key))))
    }
}
