//! A person's own entries, found again by whoever has the ring.
//!
//! No two entries share anything that is readable, so each is looked for by its own tag ([`Nth`]): changes by their number,
//! reads by their number within a run of a lane. A run is begun with each lane and every month, and noted in the log.
//! Start reading at [`Store::list_places`].

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use kepil_domain::{
    Entropy, EventId, Hour,
    ledger::{Leaf, Nth, Trail, open_payload, trail},
    vault::RingPart,
};
use kepil_policy::Tag;

use crate::{
    OsEntropy, Store, StoreError, StoredEntry,
    batch::{Batch, Row},
    engine::Database,
    journal::{stored, unsigned},
};

/// How long a run lasts at most. Unit: hours.
const RUN_HOURS: u32 = 30 * 24;
/// About how many people a run may have read: so much of it is kept in memory.
const RUN_PEOPLE_MAX: usize = 100_000;
/// How many numbers are looked for first, and by how much more each time after that.
const BLOCK: u32 = 8;
const GROWTH: u32 = 4;
const BLOCK_MAX: u32 = 4096;

/// The reads of one lane in one compartment, numbered for each person.
pub(crate) struct Run {
    name: u64,
    begun: Hour,
    counts: HashMap<[u8; 16], u32>,
}

impl Run {
    /// Begins one; it is noted before anything is numbered in it.
    pub async fn begin(log: &Database, begun: Hour) -> Result<Self, StoreError> {
        let mut run = [0; 8];
        OsEntropy.fill(&mut run)?;
        let sql = "INSERT INTO run (run, hour) VALUES ($1, $2)";
        log.execute(Batch::default().one(sql, vec![run.into(), begun.0.into()])).await?;
        Ok(Self { name: u64::from_be_bytes(run), begun, counts: HashMap::new() })
    }

    /// Whether the next read needs a new one.
    pub fn is_over(&self, now: Hour) -> bool {
        now.0 >= self.begun.0.saturating_add(RUN_HOURS) || self.counts.len() > RUN_PEOPLE_MAX
    }

    /// The place of the next read about the person whose ring `part` is of.
    pub fn next(&mut self, part: &RingPart) -> Nth {
        let count = self.counts.entry(part.handle().0).or_default();
        let number = *count;
        *count = count.saturating_add(1);
        Nth::Look { run: self.name, number }
    }
}

/// Where the entries of a person are.
pub struct Places {
    compartment: Tag,
    /// In the log, the newest first.
    listed: Vec<(u64, Trail)>,
    /// Not in the log yet.
    waiting: Vec<Trail>,
}

/// An entry that is durable, but not in the log yet.
pub struct Waiter {
    /// The public part; its hour is when it comes in.
    pub leaf: Leaf,
    /// The sealed part.
    pub payload: Vec<u8>,
}

impl Places {
    /// Only what is below a position in the log.
    #[must_use]
    pub fn below(mut self, before: Option<u64>) -> Self {
        self.listed.retain(|(position, _)| before.is_none_or(|before| *position < before));
        self
    }

    /// How many are in the log.
    #[must_use]
    pub fn len(&self) -> usize {
        self.listed.len()
    }

    /// Whether nothing is in the log.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }
}

impl Store {
    /// Where the entries of the person whose ring `part` is of are: those of about the hours from `since` to `until`, and some
    /// around.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_places(&self, part: &RingPart, (since, until): (Hour, Hour)) -> Result<Places, StoreError> {
        let log = &self.log(part.compartment())?.database;
        let sql = "SELECT run FROM run WHERE hour >= $1 AND hour <= $2";
        let (first, last) = (since.0.saturating_sub(RUN_HOURS + 1), until.0.saturating_add(1));
        let rows = log.query(sql, vec![first.into(), last.into()]).await?;
        let runs = rows.iter().filter_map(|row| row.blob(0).try_into().ok()).map(u64::from_be_bytes);
        let mut open: Vec<(Option<u64>, Range<u32>)> =
            std::iter::once((None, 1..BLOCK + 1)).chain(runs.map(|run| (Some(run), 0..BLOCK))).collect();
        let mut places = Places { compartment: part.compartment(), listed: Vec::new(), waiting: Vec::new() };
        while !open.is_empty() {
            let trail_of = |run: Option<u64>, number| {
                trail(part, run.map_or(Nth::Change(number), |run| Nth::Look { run, number }))
            };
            let trails: Vec<(usize, Trail)> = open
                .iter()
                .enumerate()
                .flat_map(|(at, (run, numbers))| numbers.clone().map(move |number| (at, trail_of(*run, number))))
                .collect();
            let keys: Vec<Trail> = trails.iter().map(|(_, trail)| *trail).collect();
            let listed = log.find_each("SELECT trail, position FROM leaf WHERE trail = $1", &keys).await?;
            let waiting = log.find_each("SELECT trail FROM waiting WHERE trail = $1", &keys).await?;
            let named = |row: &Row| Trail::try_from(row.blob(0)).ok();
            let found: HashSet<Trail> = listed.iter().chain(&waiting).filter_map(named).collect();
            let hit: HashSet<usize> =
                trails.iter().filter(|(_, trail)| found.contains(trail)).map(|(at, _)| *at).collect();
            places.listed.extend(listed.iter().filter_map(|row| Some((unsigned(row.int(1)), named(row)?))));
            places.waiting.extend(waiting.iter().filter_map(named));
            // A run in which a whole stretch has nothing is at its end.
            let more = open.into_iter().enumerate().filter(|(at, _)| hit.contains(at));
            open = more.map(|(_, (run, numbers))| (run, next_block(&numbers))).collect();
        }
        places.listed.sort_unstable_by(|one, other| other.cmp(one));
        places.listed.dedup();
        Ok(places)
    }

    /// The entries at `places` in the log, the newest first: `limit` of them after the first `skip`.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_entries_at(
        &self,
        places: &Places,
        (skip, limit): (usize, usize),
    ) -> Result<Vec<StoredEntry>, StoreError> {
        let wanted: Vec<(u64, Trail)> = places.listed.iter().skip(skip).take(limit).copied().collect();
        let keys: Vec<Trail> = wanted.iter().map(|(_, trail)| *trail).collect();
        let sql = "SELECT position, leaf, payload FROM leaf WHERE trail = $1";
        let rows = self.log(places.compartment)?.database.find_each(sql, &keys).await?;
        let positions: HashSet<u64> = wanted.iter().map(|(position, _)| *position).collect();
        let mut entries: Vec<StoredEntry> =
            rows.into_iter().map(stored).filter(|entry| positions.contains(&entry.position)).collect();
        entries.sort_unstable_by_key(|entry| std::cmp::Reverse(entry.position));
        entries.dedup_by_key(|entry| entry.position);
        Ok(entries)
    }

    /// The entries of the person that are not in the log yet.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_waiting(&self, places: &Places) -> Result<Vec<Waiter>, StoreError> {
        let sql = "SELECT leaf, payload FROM waiting WHERE trail = $1";
        let rows = self.log(places.compartment)?.database.find_each(sql, &places.waiting).await?;
        let waiter = |mut row: Row| Some(Waiter { leaf: Leaf::from_bytes(row.blob(0))?, payload: row.take_blob(1) });
        Ok(rows.into_iter().filter_map(waiter).collect())
    }

    /// Whether the entry of the act `event` about the person whose ring `part` is of is not in the log yet.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn is_waiting(&self, part: &RingPart, event: EventId) -> Result<bool, StoreError> {
        let log = self.log(part.compartment())?;
        let sql = "SELECT leaf, payload FROM waiting WHERE event = $1";
        let Some(row) = log.database.find(sql, vec![event.0.into()]).await? else { return Ok(false) };
        Ok(Leaf::from_bytes(row.blob(0)).is_some_and(|leaf| open_payload(part, &leaf, row.blob(1)).is_ok()))
    }

    /// The entries of the person whose ring `part` is of, newest first, from `since` to `until`, below position `before`.
    ///
    /// # Errors
    /// [`StoreError`] when the database does not answer.
    pub async fn list_entries(
        &self,
        part: &RingPart,
        between: (Hour, Hour),
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<StoredEntry>, StoreError> {
        let places = self.list_places(part, between).await?.below(before);
        self.list_entries_at(&places, (0, usize::try_from(limit).unwrap_or(usize::MAX))).await
    }
}

fn next_block(numbers: &Range<u32>) -> Range<u32> {
    let len = (numbers.end - numbers.start).saturating_mul(GROWTH).min(BLOCK_MAX);
    numbers.end..numbers.end.saturating_add(len)
}
