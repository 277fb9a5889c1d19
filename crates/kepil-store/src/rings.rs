//! Rings and buckets in the key store.
//!
//! A ring is written only while the key of its bucket is the one it is sealed under: the row of the bucket is held in the same
//! batch. So when a bucket was re-keyed, no ring is left under its old key.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use kepil_domain::{
    Locator,
    vault::{Bucket, BucketKey, EpochNo, Ring, VaultError},
};

use crate::{
    OsEntropy, Store, StoreError,
    batch::{Batch, Row},
    epochs::epoch_in,
};

/// How many bucket keys a node keeps; more than any usual installation has.
const KEPT_MAX: usize = 1 << 17;
/// How often a ring that others keep changing is tried.
const TRIES_MAX: usize = 64;

/// Finds a ring; also used by lanes for many at once.
pub(crate) const FIND_RING: &str = "SELECT locator, bucket, generation, sealed FROM ring WHERE locator = $1";

/// The bucket keys that this node has opened.
pub(crate) struct Buckets {
    pub bits: u32,
    open: Mutex<HashMap<Bucket, Arc<BucketKey>>>,
}

impl Buckets {
    pub fn new(bits: u32) -> Self {
        Self { bits, open: Mutex::default() }
    }

    /// Forgets all keys: some of them may have been destroyed.
    pub fn forget(&self) {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clear();
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
            Some(row) => self.open_ring(row).await,
            None => Ok(None),
        }
    }

    /// Opens a row; `None` when the ring is gone meanwhile.
    pub(crate) async fn open_ring(&self, row: Row) -> Result<Option<Arc<Ring>>, StoreError> {
        Ok(self.open_newest(row).await?.map(|(ring, _)| Arc::new(ring)))
    }

    /// Opens a row, or the one in its place when its bucket was re-keyed since; gives its sealed form too.
    async fn open_newest(&self, mut row: Row) -> Result<Option<(Ring, Vec<u8>)>, StoreError> {
        let locator = Locator::from_slice(row.blob(0)).ok_or(StoreError::NotFound)?;
        let bucket = Bucket::of(&locator, self.buckets.bits);
        for _ in 0..TRIES_MAX {
            let generation = row.int(2);
            let key = match self.buckets.kept(bucket) {
                Some(key) if i64::from(key.generation) == generation => key,
                _ => self.find_bucket(bucket).await?,
            };
            if i64::from(key.generation) == generation {
                let ring = Ring::open(&self.keys, locator, bucket, &key, row.blob(3))?;
                return Ok(Some((ring, row.take_blob(3))));
            }
            match self.rings.find(FIND_RING, vec![locator.0.into()]).await? {
                Some(next) => row = next,
                None => return Ok(None),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Keeps a ring; does nothing when it is there already.
    pub(crate) async fn add_ring(&self, ring: &Ring) -> Result<(), StoreError> {
        let locator = ring.locator();
        for _ in 0..TRIES_MAX {
            let (bucket, key, sealed) = self.seal_ring(ring).await?;
            let sql = "INSERT INTO ring (locator, bucket, generation, sealed) VALUES ($1, $2, $3, $4) ON CONFLICT (locator) DO NOTHING";
            let params = vec![locator.0.into(), bucket.0.into(), key.generation.into(), sealed.into()];
            match self.rings.execute(held(bucket, &key).any(sql, params)).await {
                Err(StoreError::Conflict) => {}
                done => return done,
            }
        }
        Err(StoreError::Conflict)
    }

    /// Changes a ring. `change` says whether there is anything to write, and may be called again when somebody else wrote
    /// meanwhile. Returns the ring as it is then; `None` when there is none.
    ///
    /// # Errors
    /// What `change` says, or [`StoreError`] when the key store does not answer.
    pub async fn change_ring(
        &self,
        locator: Locator,
        mut change: impl FnMut(&mut Ring) -> Result<bool, VaultError>,
    ) -> Result<Option<Ring>, StoreError> {
        for _ in 0..TRIES_MAX {
            let Some(row) = self.rings.find(FIND_RING, vec![locator.0.into()]).await? else { return Ok(None) };
            let Some((mut ring, before)) = self.open_newest(row).await? else { return Ok(None) };
            if !change(&mut ring)? {
                return Ok(Some(ring));
            }
            let (bucket, key, sealed) = self.seal_ring(&ring).await?;
            let sql = "UPDATE ring SET generation = $1, sealed = $2 WHERE locator = $3 AND sealed = $4";
            let params = vec![key.generation.into(), sealed.into(), locator.0.into(), before.into()];
            match self.rings.execute(held(bucket, &key).one(sql, params)).await {
                Err(StoreError::Conflict) => {}
                done => return done.map(|()| Some(ring)),
            }
        }
        Err(StoreError::Conflict)
    }

    /// Destroys a ring. It, and what named its person, is in no copy any more once the epoch has closed; `id` names the
    /// certificate of that.
    pub(crate) async fn shred_ring(&self, locator: Locator, id: [u8; 16]) -> Result<(), StoreError> {
        let batch = Batch::default().one("DELETE FROM ring WHERE locator = $1", vec![locator.0.into()]).any(
            "INSERT INTO gone (id, locator) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING",
            vec![id.into(), locator.0.into()],
        );
        match self.rings.execute(batch).await {
            // An earlier try got this far.
            Ok(()) | Err(StoreError::Conflict) => Ok(()),
            Err(error) => Err(error),
        }
    }

    async fn seal_ring(&self, ring: &Ring) -> Result<(Bucket, Arc<BucketKey>, Vec<u8>), StoreError> {
        let bucket = Bucket::of(&ring.locator(), self.buckets.bits);
        // Read anew each time: the one at hand may have been retired.
        let key = self.find_bucket(bucket).await?;
        let sealed = ring.seal(&self.keys, bucket, &key, &mut OsEntropy)?;
        Ok((bucket, key, sealed))
    }

    /// The key of a bucket as it is now.
    pub(crate) async fn find_bucket(&self, bucket: Bucket) -> Result<Arc<BucketKey>, StoreError> {
        let sql = "SELECT generation, epoch, sealed FROM bucket WHERE bucket = $1";
        let row = self.rings.find(sql, vec![bucket.0.into()]).await?.ok_or(StoreError::NotFound)?;
        let generation = u32::try_from(row.int(0)).map_err(|_| StoreError::NotFound)?;
        let sealed: (EpochNo, &[u8]) = (epoch_in(&row, 1), row.blob(2));
        let key = self.in_epoch(|| self.keys.open_bucket(bucket, generation, sealed)).await?;
        Ok(self.buckets.keep(bucket, Arc::new(key)))
    }
}

/// Holds the key of a bucket until the batch is done; refuses when there is another by now.
fn held(bucket: Bucket, key: &BucketKey) -> Batch {
    let sql = "UPDATE bucket SET generation = $1 WHERE bucket = $2 AND generation = $1";
    Batch::default().one(sql, vec![key.generation.into(), bucket.0.into()])
}
