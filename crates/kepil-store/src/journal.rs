//! Reading the logs: a person's own entries, proofs, and everything for whoever verifies.
//!
//! [`LogReader`] needs no key: an auditor opens it on a copy of the data.

use std::collections::hash_map::{Entry, HashMap};

use kepil_domain::{
    EventId, Hour,
    ledger::{Hash, Leaf, ProofFile, TileSource, VerifyKey, compartment_tag, inclusion, open_payload, trail},
    vault::RingPart,
};
use kepil_policy::Tag;

use crate::{
    Engine, Store, StoreConfig, StoreError,
    batch::{Row, Value},
    engine::{Database, Home},
    ledgers::Log,
    schema::Place,
};

/// An entry as the log has it.
pub struct StoredEntry {
    /// Position in the log.
    pub position: u64,
    /// The public part.
    pub leaf: Leaf,
    /// The sealed part.
    pub payload: Vec<u8>,
}

/// A leaf for whoever verifies.
pub struct StoredLeaf {
    /// Position in the log.
    pub position: u64,
    /// The bytes that the tree hashes.
    pub leaf: Vec<u8>,
}

/// Size, root and signed note of a log as it is stored.
pub struct StoredHead {
    /// How many leaves.
    pub size: u64,
    /// Root hash.
    pub root: Vec<u8>,
    /// The signed note.
    pub checkpoint: String,
}

/// One log, without keys.
pub struct LogReader {
    database: Database,
}

impl LogReader {
    /// Opens the log of the compartment called `name`.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be used.
    pub async fn open(engine: &Engine, name: &str) -> Result<Self, StoreError> {
        Ok(Self { database: Database::open(&Home::of(engine), &format!("ledger_{name}"), Place::Ledger).await? })
    }

    /// Size, root and checkpoint.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer or has no head.
    pub async fn head(&self) -> Result<StoredHead, StoreError> {
        head(&self.database).await
    }

    /// Up to `limit` leaves from `position` on.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_leaves(&self, position: u64, limit: u32) -> Result<Vec<StoredLeaf>, StoreError> {
        let sql = "SELECT position, leaf FROM leaf WHERE position >= $1 ORDER BY position LIMIT $2";
        let rows = self.database.query(sql, vec![signed(position).into(), limit.into()]).await?;
        Ok(rows
            .into_iter()
            .map(|mut row| StoredLeaf { position: unsigned(row.int(0)), leaf: row.take_blob(1) })
            .collect())
    }

    /// The hashes of the tile of leaf hashes that begins at `n * 256`.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn find_leaf_tile(&self, n: u64) -> Result<Option<Vec<Hash>>, StoreError> {
        let row =
            self.database.find("SELECT hashes FROM tile WHERE level = 0 AND n = $1", vec![signed(n).into()]).await?;
        Ok(row.map(|row| row.blob(0).as_chunks::<32>().0.to_vec()))
    }
}

impl StoreConfig {
    /// Names of the compartments that have a log, from the folder; `None` where the engine has no folder.
    #[must_use]
    pub fn log_names(engine: &Engine) -> Option<Vec<String>> {
        let Engine::Sqlite { folder } = engine else { return None };
        let files = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
        let mut names: Vec<String> = files
            .filter_map(|file| {
                Some(file.file_name().to_str()?.strip_prefix("ledger_")?.strip_suffix(".db")?.to_owned())
            })
            .collect();
        names.sort();
        Some(names)
    }
}

impl Store {
    /// The entries of the person whose ring `part` is of, newest first, from `since` to `until`, below position `before`.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_entries(
        &self,
        part: &RingPart,
        (since, until): (Hour, Hour),
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        let log = self.log(part.compartment())?;
        let sql = "SELECT position, leaf, payload FROM leaf WHERE trail = $1 AND position < $2 ORDER BY position DESC LIMIT $3";
        let mut entries = Vec::new();
        let periods: Vec<Hour> = since.trail_periods(until).collect();
        for period in periods.into_iter().rev() {
            let left = limit.saturating_sub(u32::try_from(entries.len()).unwrap_or(u32::MAX));
            if left == 0 {
                break;
            }
            let bound = before.map_or(i64::MAX, signed);
            let rows = log.database.query(sql, vec![trail(part, period).into(), bound.into(), left.into()]).await?;
            entries.extend(rows.into_iter().filter_map(stored));
        }
        Ok(entries)
    }

    /// The receipt for the act `event` about the person whose ring `part` is of; `None` when the log has no such entry of
    /// theirs.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer or a tile is missing.
    pub async fn find_receipt(&self, part: &RingPart, event: EventId) -> Result<Option<ProofFile>, StoreError> {
        let log = self.log(part.compartment())?;
        let sql = "SELECT position, leaf, payload FROM leaf WHERE event = $1";
        let Some(entry) = log.database.find(sql, vec![event.0.into()]).await?.and_then(stored) else { return Ok(None) };
        if open_payload(part, &entry.leaf, &entry.payload).is_err() {
            return Ok(None);
        }
        Ok(self.list_receipts(part, std::slice::from_ref(&entry)).await?.pop())
    }

    /// The receipts for `entries` of the person whose ring `part` is of, in their order and under one checkpoint. A tile
    /// is fetched once, however many of them need it.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer, a tile is missing or an entry does not open.
    pub async fn list_receipts(&self, part: &RingPart, entries: &[StoredEntry]) -> Result<Vec<ProofFile>, StoreError> {
        let log = self.log(part.compartment())?;
        let head = head(&log.database).await?;
        let mut tiles = Tiles::default();
        let mut receipts = Vec::with_capacity(entries.len());
        for entry in entries {
            let (text, key) = open_payload(part, &entry.leaf, &entry.payload)?;
            log.add_tiles(&mut tiles, entry.position, head.size).await?;
            let path = inclusion(&tiles, entry.position, head.size)
                .ok_or_else(|| StoreError::Unusable("a tile of the log is missing".to_owned()))?;
            receipts.push(ProofFile::new(text, &key, &entry.leaf, entry.position, &path, &head.checkpoint));
        }
        Ok(receipts)
    }

    /// The key by which anyone verifies the log of `compartment`.
    ///
    /// # Errors
    /// [`StoreError`] when there is no such compartment.
    pub fn verify_key(&self, compartment: &str) -> Result<VerifyKey, StoreError> {
        Ok(self.log(compartment_tag(compartment))?.key.verify_key())
    }

    /// The newest checkpoint of the log of `compartment`.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn find_checkpoint(&self, compartment: &str) -> Result<String, StoreError> {
        Ok(head(&self.log(compartment_tag(compartment))?.database).await?.checkpoint)
    }

    fn log(&self, compartment: Tag) -> Result<std::sync::Arc<Log>, StoreError> {
        Ok(std::sync::Arc::clone(&self.compartment(compartment)?.log))
    }
}

/// The tiles that proofs touch, fetched beforehand; `None` for one that is not there.
#[derive(Default)]
struct Tiles(HashMap<(u32, u64), Option<Vec<Hash>>>);

impl TileSource for Tiles {
    fn tile(&self, level: u32, n: u64) -> Option<Vec<Hash>> {
        self.0.get(&(level, n)).cloned().flatten()
    }
}

impl Log {
    /// For each level the tiles on the way of the leaf and at the right edge: a proof needs no other.
    async fn add_tiles(&self, tiles: &mut Tiles, position: u64, size: u64) -> Result<(), StoreError> {
        for level in 0..7u32 {
            let shift = 8 * (level + 1);
            for n in [position >> shift, size >> shift, (size >> shift).saturating_sub(1)] {
                if let Entry::Vacant(place) = tiles.0.entry((level, n)) {
                    place.insert(self.find_tile(level, signed(n)).await?);
                }
            }
        }
        Ok(())
    }
}

async fn head(database: &Database) -> Result<StoredHead, StoreError> {
    let row = database.find("SELECT size, root, checkpoint FROM head WHERE id = $1", vec![Value::Int(1)]).await?;
    let row = row.ok_or(StoreError::NotFound)?;
    Ok(StoredHead { size: unsigned(row.int(0)), root: row.blob(1).to_vec(), checkpoint: row.text(2).to_owned() })
}

fn stored(mut row: Row) -> Option<StoredEntry> {
    Some(StoredEntry {
        position: unsigned(row.int(0)),
        leaf: Leaf::from_bytes(row.blob(1))?,
        payload: row.take_blob(2),
    })
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
