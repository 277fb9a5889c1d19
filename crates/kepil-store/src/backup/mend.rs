//! After the rows came in: what was narrowed or destroyed since the backup is so again, what opens nothing goes, and no log
//! contradicts what the world has seen of it. Clauses 2.3a, 3.7, 4.4a, 4.5, 5.1.
//!
//! Start reading at [`Store::mend`]. Every step may be done again.

use std::{collections::HashMap, path::PathBuf};

use kepil_domain::{
    Entropy, EventId, Locator,
    ledger::{Checkpoint, Entry, LedgerKey, Notice, origin, root_at},
    standing::Standing,
    vault::{Ring, RingPart},
};
use kepil_policy::Tag;

use crate::{
    OsEntropy, Store, StoreError,
    batch::{Batch, Row, Value},
    journal::Tiles,
    ledgers::pack,
    narrowings::{Entries, Narrowing, list_held},
    people::FIND_PERSON,
    store::RESTORING,
};

/// How many rings are looked at at once.
const ROWS: i64 = 512;

/// How a restore ends, and what it takes to know.
pub struct MendPlan {
    /// Folders of the journal, of every node.
    pub journals: Vec<PathBuf>,
    /// Checkpoints that others hold, besides those of the journal.
    pub held: Vec<String>,
    /// Whether whoever has keys and no data is let go.
    pub may_forget: bool,
}

/// What a restore came to.
#[derive(Debug, Default)]
pub struct Restored {
    /// People who are there.
    pub people: u64,
    /// Rows that the journal had newer.
    pub narrowed: u64,
    /// People who were destroyed since, and are again.
    pub destroyed: u64,
    /// Records that were corrected since, and open no more.
    pub lost_records: u64,
    /// People who came since, of whom there is nothing but keys.
    pub lost_people: u64,
    /// Rows of nobody, removed.
    pub orphans: u64,
    /// Bytes of the journal that were not readable.
    pub unreadable: u64,
    /// Each log.
    pub logs: Vec<RestoredLog>,
}

/// A log after a restore.
#[derive(Debug)]
pub struct RestoredLog {
    /// Of which compartment.
    pub name: String,
    /// How many leaves it has.
    pub size: u64,
    /// How many it had when it was last held, if it was.
    pub held: Option<u64>,
    /// The key of the new log, when another had to begin.
    pub begun: Option<String>,
}

/// The journal: where the last entry about each row is.
#[derive(Default)]
struct Journal {
    rows: HashMap<[u8; 16], Vec<(usize, u64)>>,
    gone: Vec<(Locator, [u8; 16])>,
    unreadable: u64,
}

impl Store {
    /// Makes a restored installation say what holds today, and ends the restore.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when there are keys of people without data and `plan` does not let them go; nothing is lost then.
    pub async fn mend(&self, plan: &MendPlan, progress: &super::BackupProgress<'_>) -> Result<Restored, StoreError> {
        let mut restored = Restored::default();
        let journal = self.read_journal(&plan.journals)?;
        restored.unreadable = journal.unreadable;
        for (locator, id) in &journal.gone {
            if self.find_ring(*locator).await?.is_some() {
                self.shred_ring(*locator, *id).await?;
                restored.destroyed += 1;
            }
        }
        let (handles, lost) = self.mend_people(&journal, plan, &mut restored, progress).await?;
        restored.lost_people = lost.len() as u64;
        if !lost.is_empty() && !plan.may_forget {
            return Err(StoreError::Unusable(format!(
                "of {} people there are keys and no data: they came after the backup was made. Restore a newer one, or let them go",
                lost.len()
            )));
        }
        for locator in lost {
            self.shred_ring(locator, EventId::random(&mut OsEntropy)?.0).await?;
        }
        for (compartment, mut handles) in handles {
            handles.sort_unstable();
            restored.orphans += self.remove_orphans(compartment, &handles).await?;
        }
        restored.logs = self.mend_logs(plan).await?;
        let done = Batch::default().any("DELETE FROM meta WHERE name = $1", vec![RESTORING.into()]);
        self.rings.execute(done).await?;
        Ok(restored)
    }

    fn read_journal(&self, folders: &[PathBuf]) -> Result<Journal, StoreError> {
        let mut journal = Journal::default();
        for (at, folder) in folders.iter().enumerate() {
            let Some(mut entries) = Entries::open(folder, &self.keys)? else { continue };
            let broken = |error: std::io::Error| crate::sealer::file(folder, &error);
            while let Some((place, entry)) = entries.next().map_err(broken)? {
                match entry {
                    Narrowing::Row { handle, .. } => {
                        let places = journal.rows.entry(handle).or_default();
                        places.retain(|(folder, _)| *folder != at);
                        places.push((at, place));
                    }
                    Narrowing::Gone { locator, id, .. } => journal.gone.push((locator, id)),
                }
            }
            journal.unreadable += entries.skipped;
        }
        Ok(journal)
    }

    // ---- people

    /// Looks at everybody who has keys; returns the handles of all rows, and those who have no row at all.
    async fn mend_people(
        &self,
        journal: &Journal,
        plan: &MendPlan,
        restored: &mut Restored,
        progress: &super::BackupProgress<'_>,
    ) -> Result<(HashMap<Tag, Vec<[u8; 16]>>, Vec<Locator>), StoreError> {
        let opened = plan.journals.iter().map(|folder| Entries::open(folder, &self.keys));
        let mut journals = opened.collect::<Result<Vec<_>, _>>()?;
        let total = self.rings.find("SELECT count(*) FROM ring", Vec::new()).await?.map_or(0, |row| row.int(0));
        let (mut after, mut handles, mut lost) = (Vec::new(), HashMap::<Tag, Vec<[u8; 16]>>::new(), Vec::new());
        loop {
            let sql =
                "SELECT locator, bucket, generation, sealed FROM ring WHERE locator > $1 ORDER BY locator LIMIT $2";
            let rows = self.rings.query(sql, vec![after.clone().into(), ROWS.into()]).await?;
            let Some(end) = rows.last() else { break };
            after = end.blob(0).to_vec();
            let mut rings = Vec::with_capacity(rows.len());
            for row in rows {
                rings.extend(self.open_ring(row).await?);
            }
            let mut there: HashMap<Locator, bool> = rings.iter().map(|ring| (ring.locator(), false)).collect();
            for compartment in self.compartments() {
                let of = rings.iter().filter_map(|ring| Some((ring.as_ref(), ring.part(compartment)?))).collect();
                for (locator, handle) in self.mend_rows(compartment, of, (journal, &mut journals), restored).await? {
                    there.insert(locator, true);
                    handles.entry(compartment).or_default().push(handle);
                }
            }
            restored.people += there.values().filter(|is_there| **is_there).count() as u64;
            lost.extend(there.into_iter().filter(|(_, is_there)| !is_there).map(|(locator, _)| locator));
            progress("people", restored.people, u64::try_from(total).unwrap_or(0));
        }
        Ok((handles, lost))
    }

    /// Mends the rows of some people in one compartment; returns whose are there.
    async fn mend_rows(
        &self,
        compartment: Tag,
        of: Vec<(&Ring, &RingPart)>,
        (journal, journals): (&Journal, &mut [Option<Entries<'_>>]),
        restored: &mut Restored,
    ) -> Result<Vec<(Locator, [u8; 16])>, StoreError> {
        let people = &self.compartment(compartment)?.people;
        let names: Vec<[u8; 16]> = of.iter().map(|(_, part)| part.handle().0).collect();
        let found = people.session().await?.find_each(FIND_PERSON, &names).await?;
        let mut found: HashMap<Vec<u8>, Row> = found.into_iter().map(|row| (row.blob(0).to_vec(), row)).collect();
        let (mut there, mut batch) = (Vec::with_capacity(of.len()), Batch::default());
        for (ring, part) in of {
            let handle = part.handle().0;
            let row = found.remove(handle.as_slice()).map(|mut row| (row.take_blob(2), row.take_blob(3)));
            let mut newer = Vec::new();
            for (folder, at) in journal.rows.get(&handle).into_iter().flatten() {
                let entries = journals.get_mut(*folder).and_then(Option::as_mut);
                let entry = entries.map(|entries| entries.at(*at)).transpose().map_err(|_| StoreError::NotFound)?;
                if let Some(Narrowing::Row { compartment: of, standing, records, .. }) = entry.flatten()
                    && of == compartment
                {
                    newer.push((standing, records));
                }
            }
            let Some(mended) = self.mend_row(part, row, newer)? else { continue };
            there.push((ring.locator(), handle));
            restored.lost_records += mended.lost as u64;
            restored.narrowed += u64::from(mended.is_newer);
            if mended.is_changed() {
                let sql = "INSERT INTO person (handle, version, standing, records) VALUES ($1, $2, $3, $4) ON CONFLICT (handle) \
                           DO UPDATE SET version = excluded.version, standing = excluded.standing, records = excluded.records";
                let params = vec![handle.into(), version()?.into(), mended.standing.into(), mended.records.into()];
                batch = batch.one(sql, params);
            }
            if mended.is_worn {
                batch = self.with_worn(batch, handle, ring.locator())?;
            }
        }
        people.execute(batch).await?;
        Ok(there)
    }

    /// The row as it is to be: the newest of what the backup and the journal have, without what opens no more.
    fn mend_row(
        &self,
        part: &RingPart,
        row: Option<Stored>,
        journaled: Vec<Stored>,
    ) -> Result<Option<Mended>, StoreError> {
        let at = self.keys.installation();
        let number = |standing: &Standing| standing.chain.number;
        let mut newest: Option<(Standing, Stored, bool)> = None;
        for (stored, is_newer) in
            row.into_iter().map(|row| (row, false)).chain(journaled.into_iter().map(|it| (it, true)))
        {
            // What does not open stays as it is: it refuses.
            let Ok(standing) = part.open_standing(at, &stored.0) else { continue };
            if newest.as_ref().is_none_or(|(than, _, _)| number(&standing) > number(than)) {
                newest = Some((standing, stored, is_newer));
            }
        }
        let Some((mut standing, (mut sealed, records), is_newer)) = newest else { return Ok(None) };
        let kept = part.openable(at, &records)?;
        if kept.lost > 0 {
            standing.stored = kept.fields;
            standing.seals += 1;
            sealed = part.seal_standing(at, &standing, &mut OsEntropy)?;
        }
        Ok(Some(Mended { standing: sealed, records: kept.row, lost: kept.lost, is_worn: kept.is_worn, is_newer }))
    }

    /// Removes the rows whose handles are in no ring.
    async fn remove_orphans(&self, compartment: Tag, handles: &[[u8; 16]]) -> Result<u64, StoreError> {
        let people = &self.compartment(compartment)?.people;
        let (mut after, mut removed) = (Vec::new(), 0);
        loop {
            let sql = "SELECT handle FROM person WHERE handle > $1 ORDER BY handle LIMIT $2";
            let rows = people.query(sql, vec![after.clone().into(), ROWS.into()]).await?;
            let Some(last) = rows.last() else { return Ok(removed) };
            after = last.blob(0).to_vec();
            let mut batch = Batch::default();
            for mut row in rows {
                let is_known =
                    row.blob(0).try_into().is_ok_and(|handle: [u8; 16]| handles.binary_search(&handle).is_ok());
                if !is_known {
                    removed += 1;
                    batch = batch.any("DELETE FROM person WHERE handle = $1", vec![row.take_blob(0).into()]);
                }
            }
            people.execute(batch).await?;
        }
    }

    // ---- logs

    async fn mend_logs(&self, plan: &MendPlan) -> Result<Vec<RestoredLog>, StoreError> {
        let mut logs = Vec::new();
        for compartment in self.compartments() {
            logs.push(self.mend_log(compartment, plan).await?);
        }
        logs.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(logs)
    }

    /// Lets a log go on when it extends what others have seen of it; begins another, that says so, when it does not.
    async fn mend_log(&self, compartment: Tag, plan: &MendPlan) -> Result<RestoredLog, StoreError> {
        let log = self.log(compartment)?;
        let head =
            log.database.find("SELECT size, root, generation FROM head WHERE id = $1", vec![Value::Int(1)]).await?;
        let head = head.ok_or(StoreError::NotFound)?;
        let (size, generation) = (crate::journal::unsigned(head.int(0)), u32::try_from(head.int(2)).unwrap_or(1));
        let notes = list_held(&plan.journals, &log.name).into_iter().chain(plan.held.iter().cloned());
        let newest = notes.filter_map(|note| self.read_held(&log.name, &note));
        let newest = newest.max_by_key(|(generation, held)| (*generation, held.size));
        let mut restored = RestoredLog { name: log.name.clone(), size, held: None, begun: None };
        if let Some((of, held)) = &newest {
            restored.held = Some(held.size);
            if *of == generation && held.size <= size {
                let mut tiles = Tiles::default();
                log.add_tiles(&mut tiles, held.size.saturating_sub(1), held.size).await?;
                if held.size == 0 || root_at(&tiles, held.size) == Some(held.root) {
                    return Ok(restored);
                }
            }
        }
        // Nobody knows what was seen of it, or more was seen than is there.
        let next = newest.as_ref().map_or(generation, |(of, _)| generation.max(*of)).saturating_add(1);
        let key = self.log_key(&log.name, next)?;
        let root = head.blob(1).try_into().map_err(|_| StoreError::NotFound)?;
        let sql = "UPDATE head SET generation = $1, checkpoint = $2 WHERE id = 1";
        let checkpoint = key.sign(size, &root);
        let batch = Batch::default()
            .one(sql, vec![next.into(), checkpoint.as_str().into()])
            .any("DELETE FROM cosigned", Vec::new());
        log.database.execute(batch).await?;
        self.narrowings.hold(&log.name, &checkpoint);
        let notice = Notice::Restored { generation: next, kept: size, held: newest.map_or(0, |(_, held)| held.size) };
        let leaf = notice.leaf(EventId::random(&mut OsEntropy)?, self.clock.now().hour());
        let entry = Entry { leaf, payload: Vec::new(), trail: [0; 8] };
        let params = vec![entry.leaf.event.0.into(), pack(std::slice::from_ref(&entry)).into()];
        let waits = Batch::default().one("INSERT INTO outbox (id, entries) VALUES ($1, $2)", params);
        self.compartment(compartment)?.people.execute(waits).await?;
        restored.begun = Some(key.verify_key().to_string());
        Ok(restored)
    }

    /// A checkpoint of the log called `name`, and of which generation it is; `None` for any other note.
    fn read_held(&self, name: &str, note: &str) -> Option<(u32, Checkpoint)> {
        let first = origin(self.keys.installation(), name, 1);
        let generation = match note.lines().next()?.strip_prefix(&first)? {
            "" => 1,
            more => more.strip_prefix('/')?.parse().ok()?,
        };
        let key: LedgerKey = self.log_key(name, generation).ok()?;
        Some((generation, key.verify_key().verify(note).ok()?))
    }
}

/// The sealed standing and records of a row.
type Stored = (Vec<u8>, Vec<u8>);

struct Mended {
    standing: Vec<u8>,
    records: Vec<u8>,
    lost: usize,
    is_worn: bool,
    is_newer: bool,
}

impl Mended {
    fn is_changed(&self) -> bool {
        self.is_newer || self.lost > 0
    }
}

fn version() -> Result<[u8; 8], StoreError> {
    let mut version = [0; 8];
    OsEntropy.fill(&mut version)?;
    Ok(version)
}
