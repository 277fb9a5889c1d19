//! What others may have of a log: checkpoints, with the signatures of witnesses, tiles, and proofs that it only grew. Clause 5.1.
//!
//! Start reading at [`Store::find_checkpoint`]. Does not know: who may have what, how witnesses are asked.

use kepil_domain::{
    Hour,
    ledger::{Hash, TileSource, compartment_tag, consistency, join_entries},
};

use crate::{
    Store, StoreError, StoredLeaf,
    batch::Batch,
    engine::Database,
    journal::{Tiles, head, no_tile, signed, unsigned},
};

/// A note that witnesses signed.
pub struct CosignedRow {
    /// How many leaves.
    pub size: u64,
    /// The note, with the signatures of the log and of witnesses.
    pub note: String,
}

impl Store {
    /// The newest checkpoint of the log of `compartment`, with the signatures of witnesses when they signed just that one.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn find_checkpoint(&self, compartment: &str) -> Result<String, StoreError> {
        let log = self.log(compartment_tag(compartment))?;
        let newest = head(&log.database).await?;
        let cosigned = find_cosigned(&log.database).await?.filter(|cosigned| cosigned.size == newest.size);
        Ok(cosigned.map_or(newest.checkpoint, |cosigned| cosigned.note))
    }

    /// The newest checkpoint of the log of `compartment` that a witness signed.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn find_cosigned(&self, compartment: &str) -> Result<Option<CosignedRow>, StoreError> {
        find_cosigned(&self.log(compartment_tag(compartment))?.database).await
    }

    /// The notes that witnesses signed, oldest first: the last of each hour.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_cosigned(&self, compartment: &str) -> Result<Vec<String>, StoreError> {
        list_cosigned(&self.log(compartment_tag(compartment))?.database).await
    }

    /// Keeps a note of `size` leaves that a witness signed in `hour`; of each hour the largest is kept.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn set_cosigned(&self, compartment: &str, hour: Hour, size: u64, note: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO cosigned (hour, size, note) VALUES ($1, $2, $3) ON CONFLICT (hour) DO UPDATE \
                   SET size = excluded.size, note = excluded.note WHERE excluded.size >= cosigned.size";
        let log = self.log(compartment_tag(compartment))?;
        log.database.execute(Batch::default().any(sql, vec![hour.0.into(), signed(size).into(), note.into()])).await
    }

    /// How many leaves the log of `compartment` has.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn log_size(&self, compartment: &str) -> Result<u64, StoreError> {
        Ok(head(&self.log(compartment_tag(compartment))?.database).await?.size)
    }

    /// The first `width` hashes of a tile; `None` when it does not have so many yet.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn find_tile(
        &self,
        compartment: &str,
        (level, n): (u32, u64),
        width: usize,
    ) -> Result<Option<Vec<Hash>>, StoreError> {
        let log = self.log(compartment_tag(compartment))?;
        let mut tile = find_tile(&log.database, level, n).await?.filter(|tile| tile.len() >= width);
        tile.iter_mut().for_each(|tile| tile.truncate(width));
        Ok(tile)
    }

    /// The leaves at the positions from `from` on, `width` of them, as a file of entries; `None` when there are not so many.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn find_entries(
        &self,
        compartment: &str,
        from: u64,
        width: usize,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let log = self.log(compartment_tag(compartment))?;
        let leaves = list_leaves(&log.database, from, from.saturating_add(width as u64)).await?;
        let whole = (leaves.len() == width).then_some(leaves);
        Ok(whole.map(|leaves| join_entries(leaves.iter().map(|leaf| leaf.leaf.as_slice()))))
    }

    /// The proof that the log of `compartment`, of `new` leaves, only grew since it had `old`.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer or a tile is missing.
    pub async fn find_consistency(&self, compartment: &str, old: u64, new: u64) -> Result<Vec<Hash>, StoreError> {
        let log = self.log(compartment_tag(compartment))?;
        let mut tiles = Tiles::default();
        log.add_tiles(&mut tiles, old.saturating_sub(1), new).await?;
        let tiles: &dyn TileSource = &tiles;
        consistency(tiles, old, new).ok_or_else(no_tile)
    }
}

pub(crate) async fn find_tile(database: &Database, level: u32, n: u64) -> Result<Option<Vec<Hash>>, StoreError> {
    let sql = "SELECT hashes FROM tile WHERE level = $1 AND n = $2";
    let row = database.find(sql, vec![level.into(), signed(n).into()]).await?;
    Ok(row.map(|row| row.blob(0).as_chunks::<32>().0.to_vec()))
}

pub(crate) async fn list_leaves(database: &Database, from: u64, to: u64) -> Result<Vec<StoredLeaf>, StoreError> {
    let sql = "SELECT position, leaf, CAST(length(payload) AS BIGINT) FROM leaf WHERE position >= $1 AND position < $2 ORDER BY position";
    let rows = database.query(sql, vec![signed(from).into(), signed(to).into()]).await?;
    let leaf = |mut row: crate::batch::Row| StoredLeaf {
        position: unsigned(row.int(0)),
        leaf: row.take_blob(1),
        text_bytes: unsigned(row.int(2)),
    };
    Ok(rows.into_iter().map(leaf).collect())
}

pub(crate) async fn find_cosigned(database: &Database) -> Result<Option<CosignedRow>, StoreError> {
    let row =
        database.find("SELECT size, note FROM cosigned ORDER BY size DESC, hour DESC LIMIT 1", Vec::new()).await?;
    Ok(row.map(|row| CosignedRow { size: unsigned(row.int(0)), note: row.text(1).to_owned() }))
}

pub(crate) async fn list_cosigned(database: &Database) -> Result<Vec<String>, StoreError> {
    let rows = database.query("SELECT note FROM cosigned ORDER BY hour", Vec::new()).await?;
    Ok(rows.iter().map(|row| row.text(0).to_owned()).collect())
}
