//! Rings in the key store.

use std::sync::Arc;

use kepil_domain::{
    Locator,
    vault::{Bucket, BucketKey, Ring, VaultError},
};

use crate::{
    OsEntropy, Store, StoreError,
    batch::{Batch, Row},
    buckets::held,
};

/// How often a ring that others keep changing is tried.
const TRIES_MAX: usize = 64;

/// Finds a ring; also used by lanes for many at once.
pub(crate) const FIND_RING: &str = "SELECT locator, bucket, generation, sealed FROM ring WHERE locator = $1";

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
        let bucket = self.ring_buckets.of(locator.0);
        for _ in 0..TRIES_MAX {
            if let Some(key) = self.ring_buckets.find(self, bucket, row.int(2)).await? {
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
        let bucket = self.ring_buckets.of(ring.locator().0);
        let key = self.ring_buckets.newest(self, bucket).await?;
        let sealed = ring.seal(&self.keys, bucket, &key, &mut OsEntropy)?;
        Ok((bucket, key, sealed))
    }
}
