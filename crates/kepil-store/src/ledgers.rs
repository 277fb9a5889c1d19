//! The logs: entries become leaves, tiles and a signed checkpoint.
//!
//! Start reading at [`Store::sequence`]. Entries wait in the outbox of their compartment (state changes) or where the lanes
//! append them (reads); both are durable before anyone is answered. The sequencer takes them into the tree in one transaction
//! guarded by the size and root that it began with, then removes what it took. What waited long comes after a notice.
//! Where a log waits ([`Log::waits`]), entries lie in a table of the log until their hour, and come in together.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
};

use kepil_domain::ledger::{Entry, Hash, LEAF_LEN, Leaf, LedgerKey, Notice, Tile, Tree, hash_leaf};
use kepil_domain::{EventId, Hour, Receipt};
use kepil_policy::Tag;
use tokio::sync::Mutex;

use crate::{
    OsEntropy, Store, StoreError,
    batch::{Batch, Value},
    engine::{Database, Home, Reads, Source},
    journal::signed,
    narrowings::Narrowings,
    schema::Place,
    witnessed::find_tile,
};

/// The log of one compartment.
pub(crate) struct Log {
    pub name: String,
    /// How many logs there were of the compartment, with this one.
    pub generation: u32,
    /// For how many hours entries wait before they are in the log, all of them together; `None` when they do not.
    pub waits: Option<u16>,
    key: RwLock<Arc<LedgerKey>>,
    pub database: Database,
    pub reads: Reads,
    narrowings: Arc<Narrowings>,
    tree: Mutex<Option<Growing>>,
}

/// A tree as this node last left it.
struct Growing {
    tree: Tree,
    /// The latest hour in which this node took something.
    newest: Hour,
    is_careful: bool,
}

/// The proof that `entry` is durable: asked for only after its flush.
#[expect(clippy::disallowed_methods, reason = "the store is who knows")]
pub(crate) fn receipt(entry: &Entry) -> Receipt {
    Receipt::danger_committed(entry.leaf.event, entry.leaf.commitment, entry.leaf.hour)
}

/// Entries as they wait: leaf, trail, length and payload of each.
pub(crate) fn pack(entries: &[Entry]) -> Vec<u8> {
    let len = entries.iter().map(|entry| LEAF_LEN + 20 + entry.payload.len()).sum();
    let mut out = Vec::with_capacity(len);
    for entry in entries {
        out.extend(entry.leaf.to_bytes());
        out.extend(entry.trail);
        out.extend(u32::try_from(entry.payload.len()).unwrap_or(0).to_be_bytes());
        out.extend_from_slice(&entry.payload);
    }
    out
}

fn unpack(mut bytes: &[u8]) -> Option<Vec<Entry>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (leaf, rest) = bytes.split_at_checked(LEAF_LEN)?;
        let (trail, rest) = rest.split_first_chunk::<16>()?;
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let (payload, rest) = rest.split_at_checked(u32::from_be_bytes(*len) as usize)?;
        entries.push(Entry { leaf: Leaf::from_bytes(leaf)?, payload: payload.to_vec(), trail: *trail });
        bytes = rest;
    }
    Some(entries)
}

impl Log {
    /// Opens the log of the compartment called `name`; `key` gives the key of each generation of it, and entries wait as `waits`
    /// says.
    pub async fn open(
        home: &Home,
        name: &str,
        key: impl Fn(u32) -> Result<LedgerKey, StoreError>,
        narrowings: Arc<Narrowings>,
        waits: Option<u16>,
    ) -> Result<Self, StoreError> {
        let database = Database::open(home, &format!("ledger_{name}"), Place::Ledger).await?;
        let empty = Tree::default();
        let checkpoint = key(1)?.sign(0, &empty.root());
        let sql = "INSERT INTO head (id, size, root, checkpoint, generation) VALUES (1, 0, $1, $2, 1) ON CONFLICT (id) DO NOTHING";
        database.execute(Batch::default().any(sql, vec![empty.root().into(), checkpoint.as_str().into()])).await?;
        let head = database.find("SELECT generation FROM head WHERE id = $1", vec![Value::Int(1)]).await?;
        let generation = head.and_then(|head| u32::try_from(head.int(0)).ok()).unwrap_or(1);
        let key = RwLock::new(Arc::new(key(generation)?));
        let reads = Reads::open(home, name, &database)?;
        Ok(Self { name: name.to_owned(), generation, waits, key, database, reads, narrowings, tree: Mutex::new(None) })
    }

    /// What signs its checkpoints.
    pub fn key(&self) -> Arc<LedgerKey> {
        Arc::clone(&self.key.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Signs with another key from now on.
    pub fn set_key(&self, key: LedgerKey) {
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(key);
    }

    /// Signs the newest checkpoint once more, with the keys at hand: a log in which nothing happens shows the new key too.
    pub async fn sign_anew(&self) -> Result<(), StoreError> {
        let head = self.database.find("SELECT size, root FROM head WHERE id = $1", vec![Value::Int(1)]).await?;
        let head = head.ok_or(StoreError::NotFound)?;
        let size = u64::try_from(head.int(0)).map_err(|_| StoreError::NotFound)?;
        let root: Hash = head.blob(1).try_into().map_err(|_| StoreError::NotFound)?;
        // One that grew meanwhile is signed by that.
        let sql = "UPDATE head SET checkpoint = $1 WHERE id = 1 AND size = $2 AND root = $3 AND generation = $4";
        let checkpoint = self.key().sign(size, &root);
        let params = vec![checkpoint.as_str().into(), signed(size).into(), root.into(), self.generation.into()];
        self.database.execute(Batch::default().any(sql, params)).await?;
        self.narrowings.hold(&self.name, &checkpoint);
        Ok(())
    }

    async fn load_tree(&self) -> Result<Tree, StoreError> {
        let head =
            self.database.find("SELECT size, root, generation FROM head WHERE id = $1", vec![Value::Int(1)]).await?;
        let head = head.ok_or(StoreError::NotFound)?;
        if head.int(2) != i64::from(self.generation) {
            return Err(StoreError::Unusable(format!(
                "the log `{}` is another since a restore: start anew",
                self.name
            )));
        }
        let size = u64::try_from(head.int(0)).map_err(|_| StoreError::NotFound)?;
        let mut tiles = std::collections::HashMap::new();
        for level in 0..7u32 {
            let n = size >> (8 * (level + 1));
            if let Some(hashes) = self.find_tile(level, n).await? {
                tiles.insert((level, n), hashes);
            }
        }
        let tree = Tree::from_edge(size, |level, n| tiles.get(&(level, n)).cloned());
        let whole = tree.filter(|tree| tree.root().as_slice() == head.blob(1));
        whole.ok_or_else(|| StoreError::Unusable(format!("the tiles of the log `{}` do not give its root", self.name)))
    }

    pub(crate) async fn find_tile(&self, level: u32, n: u64) -> Result<Option<Vec<Hash>>, StoreError> {
        find_tile(&self.database, level, n).await
    }

    /// Takes what waits in `from` into the tree. It is `now`.
    async fn take(&self, growing: &mut Growing, from: &Source, now: Hour) -> Result<Bite, StoreError> {
        let waiting = from.waiting().await?;
        let before = growing.tree.size();
        let mut fresh = Vec::new();
        let mut seen = HashSet::new();
        for packed in &waiting.entries {
            let entries =
                unpack(packed).ok_or_else(|| StoreError::Unusable("a waiting entry is not readable".to_owned()))?;
            let first = entries.first().map(|first| first.leaf.event.0);
            // What a broken disk wrote twice counts once.
            if growing.is_careful && (!seen.insert(first) || self.has(&entries).await?) {
                continue;
            }
            fresh.extend(entries);
        }
        // What its hour has not come for waits with the others of the day. Elsewhere another node may be ahead by a little.
        let last = Hour(now.0.saturating_add(u32::from(self.waits.is_none())));
        let (early, due): (Vec<_>, Vec<_>) = fresh.into_iter().partition(|entry| entry.leaf.hour > last);
        self.append(growing, due, early.into_iter().fold(Batch::default(), with_waiting), now).await?;
        let bite = Bite { entries: growing.tree.size() - before, is_full: waiting.is_full };
        from.took(waiting).await?;
        Ok(bite)
    }

    /// Takes into the tree what waited for its hour: all of it together, in the order of random ids.
    async fn release(&self, growing: &mut Growing, now: Hour) -> Result<Bite, StoreError> {
        let before = growing.tree.size();
        let sql = "SELECT event, leaf, trail, payload FROM waiting WHERE hour <= $1 ORDER BY event LIMIT $2";
        let rows = self.database.query(sql, vec![now.0.into(), RELEASED.into()]).await?;
        let is_full = i64::try_from(rows.len()).unwrap_or(i64::MAX) == RELEASED;
        let (mut due, mut gone) = (Vec::with_capacity(rows.len()), Batch::default());
        for mut row in rows {
            let broken = || StoreError::Unusable("a waiting entry is not readable".to_owned());
            let leaf = Leaf::from_bytes(row.blob(1)).ok_or_else(broken)?;
            let trail = row.blob(2).try_into().map_err(|_| broken())?;
            due.push(Entry { leaf, trail, payload: row.take_blob(3) });
            // Released by another node meanwhile: then nothing of this happens.
            gone = gone.one("DELETE FROM waiting WHERE event = $1", vec![row.take_blob(0).into()]);
        }
        self.append(growing, due, gone, now).await?;
        Ok(Bite { entries: growing.tree.size() - before, is_full })
    }

    /// Appends what is due, and does `batch` in the same transaction; nothing of it when another node went ahead.
    async fn append(
        &self,
        growing: &mut Growing,
        due: Vec<Entry>,
        mut batch: Batch,
        now: Hour,
    ) -> Result<(), StoreError> {
        if due.is_empty() && batch.0.is_empty() {
            return Ok(());
        }
        let (before, root) = (growing.tree.size(), growing.tree.root());
        let newest = Hour(growing.newest.0.max(now.0));
        let (mut grown, mut full) = (growing.tree.clone(), Vec::new());
        for entry in in_time(due, newest)? {
            let position = signed(grown.size());
            grown.append(hash_leaf(&entry.leaf.to_bytes()), &mut full);
            batch = with_leaf(batch, position, entry);
        }
        if grown.size() == before {
            let sql = "UPDATE head SET size = $1 WHERE id = 1 AND size = $1 AND root = $2 AND generation = $3";
            let params = vec![signed(before).into(), root.into(), self.generation.into()];
            return self.database.execute(batch.one(sql, params)).await;
        }
        batch = full.into_iter().chain(grown.edge_tiles()).fold(batch, with_tile);
        let checkpoint = self.key().sign(grown.size(), &grown.root());
        batch = batch.one(
            "UPDATE head SET size = $1, root = $2, checkpoint = $3 WHERE id = 1 AND size = $4 AND root = $5 AND generation = $6",
            vec![
                signed(grown.size()).into(),
                grown.root().into(),
                checkpoint.as_str().into(),
                signed(before).into(),
                root.into(),
                self.generation.into(),
            ],
        );
        self.database.execute(batch).await?;
        self.narrowings.hold(&self.name, &checkpoint);
        (growing.tree, growing.newest) = (grown, newest);
        Ok(())
    }

    /// Whether entries that waited together are in the log.
    async fn has(&self, entries: &[Entry]) -> Result<bool, StoreError> {
        let Some(first) = entries.first() else { return Ok(true) };
        let sql = "SELECT position FROM leaf WHERE event = $1";
        Ok(self.database.find(sql, vec![first.leaf.event.0.into()]).await?.is_some())
    }
}

/// How many of those that waited for their hour come into the tree at once.
const RELEASED: i64 = 512;

/// How changes wait, each with its person.
const OUTBOX: (&str, &str) = ("SELECT id, entries FROM outbox LIMIT $1", "DELETE FROM outbox WHERE id = $1");

/// `fresh` in the order of the log: what is older than the hour before `newest` waited on a node that was down, and comes
/// last, after a notice that says so. Without the notice it would look dated back.
fn in_time(fresh: Vec<Entry>, newest: Hour) -> Result<Vec<Entry>, StoreError> {
    let (mut timely, late): (Vec<_>, Vec<_>) =
        fresh.into_iter().partition(|entry| entry.leaf.hour.0.saturating_add(1) >= newest.0);
    let Some(oldest) = late.iter().map(|entry| entry.leaf.hour).min() else { return Ok(timely) };
    let entries = u32::try_from(late.len()).unwrap_or(u32::MAX);
    let leaf = Notice::Late { entries, oldest }.leaf(EventId::random(&mut OsEntropy)?, newest);
    timely.push(Entry { leaf, payload: Vec::new(), trail: [0; 16] });
    timely.extend(late);
    Ok(timely)
}

fn with_leaf(batch: Batch, position: i64, entry: Entry) -> Batch {
    batch.one(
        "INSERT INTO leaf (position, event, leaf, trail, payload) VALUES ($1, $2, $3, $4, $5)",
        vec![
            position.into(),
            entry.leaf.event.0.into(),
            entry.leaf.to_bytes().into(),
            entry.trail.into(),
            entry.payload.into(),
        ],
    )
}

fn with_waiting(batch: Batch, entry: Entry) -> Batch {
    batch.any(
        "INSERT INTO waiting (event, hour, leaf, trail, payload) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (event) DO NOTHING",
        vec![
            entry.leaf.event.0.into(),
            entry.leaf.hour.0.into(),
            entry.leaf.to_bytes().into(),
            entry.trail.into(),
            entry.payload.into(),
        ],
    )
}

fn with_tile(batch: Batch, tile: Tile) -> Batch {
    let sql = "INSERT INTO tile (level, n, hashes) VALUES ($1, $2, $3) ON CONFLICT (level, n) DO UPDATE SET hashes = excluded.hashes";
    batch.one(sql, vec![tile.level.into(), signed(tile.n).into(), tile.hashes.concat().into()])
}

impl Store {
    /// Takes every waiting entry of `compartment` into its log and signs a checkpoint. Returns how many were taken.
    ///
    /// # Errors
    /// [`StoreError`] when a database does not answer; the entries wait on.
    pub async fn sequence(&self, compartment: Tag) -> Result<u64, StoreError> {
        let store = self.compartment(compartment)?;
        let log = Arc::clone(&store.log);
        let mut kept = log.tree.lock().await;
        let mut taken = 0;
        loop {
            // Careful the first time and after another node went ahead: what waits may be in the tree already.
            let is_careful = kept.is_none();
            let mut growing = match kept.take() {
                Some(kept) => Growing { is_careful, ..kept },
                None => Growing { tree: log.load_tree().await?, newest: Hour(0), is_careful },
            };
            match sequence_once(&log, &store.people, &mut growing, self.clock.now().hour()).await {
                Ok(bite) => {
                    taken += bite.entries;
                    // Careful until all that waited was looked at.
                    *kept = (!(is_careful && bite.is_full)).then_some(growing);
                    // What came meanwhile waits for the next time: each bite costs flushes and a signature.
                    if !bite.is_full {
                        return Ok(taken);
                    }
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// As [`Self::sequence`], for every compartment.
    ///
    /// # Errors
    /// [`StoreError`] of the first compartment that failed; the others were still served.
    pub async fn sequence_all(&self) -> Result<u64, StoreError> {
        let mut taken = Ok(0);
        for compartment in self.compartments() {
            taken = match (taken, self.sequence(compartment).await) {
                (Ok(all), Ok(some)) => Ok(all + some),
                (Err(error), _) | (_, Err(error)) => Err(error),
            };
        }
        taken
    }
}

/// What was taken into a tree at once.
struct Bite {
    entries: u64,
    /// Whether more may wait.
    is_full: bool,
}

impl Bite {
    fn and(self, other: Self) -> Self {
        Self { entries: self.entries + other.entries, is_full: self.is_full || other.is_full }
    }
}

async fn sequence_once(log: &Log, people: &Database, growing: &mut Growing, now: Hour) -> Result<Bite, StoreError> {
    let mut taken = log.take(growing, &Source::Table(people.clone(), OUTBOX), now).await?;
    for from in log.reads.sources() {
        taken = taken.and(log.take(growing, &from, now).await?);
    }
    Ok(taken.and(log.release(growing, now).await?))
}
