//! Reading the logs: a person's own entries, proofs, and everything for whoever verifies.
//!
//! [`LogReader`] needs no key: an auditor opens it on a copy of the data.

use std::collections::hash_map::{Entry, HashMap};

use kepil_domain::{
    EventId, Hour,
    ledger::{Hash, Leaf, ProofFile, TileSource, VerifyKey, compartment_tag, inclusion, open_payload},
    vault::RingPart,
};
use kepil_policy::Tag;

use crate::{
    Engine, Store, StoreConfig, StoreError,
    batch::{Row, Value},
    engine::{Database, Home},
    ledgers::Log,
    schema::Place,
    witnessed::{find_cosigned, find_tile, list_cosigned, list_leaves},
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
    /// How long its sealed text is. Unit: bytes.
    pub text_bytes: u64,
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

    /// The leaves at the positions from `from` to before `to`, of those that are there.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_leaves(&self, from: u64, to: u64) -> Result<Vec<StoredLeaf>, StoreError> {
        list_leaves(&self.database, from, to).await
    }

    /// The hashes of a tile, as many as it has by now.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn find_tile(&self, level: u32, n: u64) -> Result<Option<Vec<Hash>>, StoreError> {
        find_tile(&self.database, level, n).await
    }

    /// The notes that witnesses signed, oldest first: the last of each hour.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_cosigned(&self) -> Result<Vec<String>, StoreError> {
        list_cosigned(&self.database).await
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
    /// The receipt for the act `event` about the person whose ring `part` is of; `None` when the log has no such entry of
    /// theirs.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer or a tile is missing.
    pub async fn find_receipt(&self, part: &RingPart, event: EventId) -> Result<Option<ProofFile>, StoreError> {
        let log = self.log(part.compartment())?;
        let sql = "SELECT position, leaf, payload FROM leaf WHERE event = $1";
        let Some(entry) = log.database.find(sql, vec![event.0.into()]).await?.map(stored) else { return Ok(None) };
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
        let newest = head(&log.database).await?;
        let cosigned = find_cosigned(&log.database).await?;
        let mut tiles = Tiles::default();
        let mut receipts = Vec::with_capacity(entries.len());
        for entry in entries {
            let (text, key) = open_payload(part, &entry.leaf, &entry.payload)?;
            // What a witness signed too is worth more than what is newer.
            let cosigned = cosigned.as_ref().filter(|cosigned| cosigned.size > entry.position);
            let (size, note) =
                cosigned.map_or((newest.size, &newest.checkpoint), |cosigned| (cosigned.size, &cosigned.note));
            log.add_tiles(&mut tiles, entry.position, size).await?;
            let path = inclusion(&tiles, entry.position, size).ok_or_else(no_tile)?;
            receipts.push(ProofFile::new(text, &key, &entry.leaf, entry.position, &path, note));
        }
        Ok(receipts)
    }

    /// The key by which anyone verifies the log of `compartment`.
    ///
    /// # Errors
    /// [`StoreError`] when there is no such compartment.
    pub fn verify_key(&self, compartment: &str) -> Result<VerifyKey, StoreError> {
        Ok(self.log(compartment_tag(compartment))?.key().verify_key())
    }

    /// Every key that signs that log now, the newest first: two while the key is being replaced.
    ///
    /// # Errors
    /// [`StoreError`] when there is no such compartment.
    pub fn verify_keys(&self, compartment: &str) -> Result<Vec<VerifyKey>, StoreError> {
        Ok(self.log(compartment_tag(compartment))?.key().verify_keys())
    }

    pub(crate) fn log(&self, compartment: Tag) -> Result<std::sync::Arc<Log>, StoreError> {
        Ok(std::sync::Arc::clone(&self.compartment(compartment)?.log))
    }
}

/// The tiles that proofs touch, fetched beforehand; `None` for one that is not there.
#[derive(Default)]
pub(crate) struct Tiles(HashMap<(u32, u64), Option<Vec<Hash>>>);

impl TileSource for Tiles {
    fn tile(&self, level: u32, n: u64) -> Option<Vec<Hash>> {
        self.0.get(&(level, n)).cloned().flatten()
    }
}

impl Log {
    /// For each level the tiles on the way of the leaf and at the right edge: a proof needs no other.
    pub(crate) async fn add_tiles(&self, tiles: &mut Tiles, position: u64, size: u64) -> Result<(), StoreError> {
        for level in 0..7u32 {
            let shift = 8 * (level + 1);
            for n in [position >> shift, size >> shift, (size >> shift).saturating_sub(1)] {
                if let Entry::Vacant(place) = tiles.0.entry((level, n)) {
                    place.insert(self.find_tile(level, n).await?);
                }
            }
        }
        Ok(())
    }
}

pub(crate) fn no_tile() -> StoreError {
    StoreError::Unusable("a tile of the log is missing".to_owned())
}

pub(crate) async fn head(database: &Database) -> Result<StoredHead, StoreError> {
    let row = database.find("SELECT size, root, checkpoint FROM head WHERE id = $1", vec![Value::Int(1)]).await?;
    let row = row.ok_or(StoreError::NotFound)?;
    Ok(StoredHead { size: unsigned(row.int(0)), root: row.blob(1).to_vec(), checkpoint: row.text(2).to_owned() })
}

/// An entry of which even the leaf was altered beyond its layout stays one, that nothing opens.
pub(crate) fn stored(mut row: Row) -> StoredEntry {
    let none = Leaf { event: EventId([0; 16]), hour: Hour(0), act: u8::MAX, commitment: [0; 32] };
    let leaf = Leaf::from_bytes(row.blob(1)).unwrap_or(none);
    StoredEntry { position: unsigned(row.int(0)), leaf, payload: row.take_blob(2) }
}

pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}
