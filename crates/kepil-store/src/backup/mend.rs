//! After the rows came in: what was narrowed or destroyed since the backup is so again, what opens nothing goes, and no log
//! contradicts what the world has seen of it. Clauses 2.3a, 3.7, 4.4a, 4.5, 5.1.
//!
//! Start reading at [`Store::mend`]. Every step may be done again.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use kepil_domain::{
    Entropy, EventId, Locator,
    standing::Standing,
    vault::{IndexTerm, Openable, Ring, RingPart, VaultError},
};
use kepil_policy::{Field, Policy, Tag};

use super::logs::RestoredLog;
use crate::{
    Destruction, OsEntropy, Store, StoreError,
    batch::{Batch, Row},
    contents::with_touched,
    narrowings::{Entries, Narrowing},
    people::{FIND_PERSON, rank_of},
    store::RESTORING,
};

/// How many rings are looked at at once.
const ROWS: i64 = 512;

/// How a restore ends, and what it takes to know.
pub struct MendPlan<'a> {
    /// The edition that was published last.
    pub policy: &'a Policy,
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
    /// Rows that the program did not write: they refuse, as before.
    pub refusing: u64,
    /// Bytes of the journal that were not readable.
    pub unreadable: u64,
    /// Each log.
    pub logs: Vec<RestoredLog>,
}

/// Where the entries of a row are that have the highest rank: folder and place.
#[derive(Default)]
struct Places {
    rank: u64,
    at: Vec<(usize, u64)>,
}

/// The journal: where the last entry about each row is.
#[derive(Default)]
struct Journal {
    rows: HashMap<[u8; 16], Places>,
    gone: Vec<(Locator, [u8; 16])>,
    pieces: Vec<Narrowing>,
    unreadable: u64,
}

impl Store {
    /// Makes a restored installation say what holds today, and ends the restore.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] when there are keys of people without data and `plan` does not let them go; nothing is lost then.
    pub async fn mend(
        &self,
        plan: &MendPlan<'_>,
        progress: &super::BackupProgress<'_>,
    ) -> Result<Restored, StoreError> {
        let mut restored = Restored::default();
        let journal = self.read_journal(&plan.journals)?;
        restored.unreadable = journal.unreadable;
        for (locator, id) in &journal.gone {
            if self.find_ring(*locator).await?.is_some() {
                self.shred_ring(*locator, *id).await?;
                restored.destroyed += 1;
            }
        }
        restored.narrowed += self.mend_pieces(&journal.pieces).await?;
        let services: Vec<Tag> = plan.policy.services().iter().map(|service| service.tag).collect();
        for (locator, _) in &journal.gone {
            self.leave_contents(&services, *locator).await?;
        }
        let found = self.mend_people(&journal, plan, &mut restored, progress).await?;
        restored.lost_people = found.lost.len() as u64;
        if !found.lost.is_empty() && !plan.may_forget {
            return Err(StoreError::Unusable(format!(
                "of {} people there are keys and no data: they came after the backup was made. Restore a newer one, or let them go",
                found.lost.len()
            )));
        }
        for locator in found.lost {
            self.shred_ring(locator, EventId::random(&mut OsEntropy)?.0).await?;
        }
        for (compartment, mut handles) in found.handles {
            handles.sort_unstable();
            restored.orphans += self.remove_orphans(compartment, &handles).await?;
        }
        self.go_on_destroying(found.destroying).await?;
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
                    Narrowing::Row { handle, rank, .. } => {
                        let places = journal.rows.entry(handle).or_default();
                        if rank > places.rank {
                            *places = Places { rank, at: Vec::new() };
                        }
                        if rank == places.rank {
                            places.at.push((at, place));
                        }
                    }
                    Narrowing::Gone { locator, id, .. } => journal.gone.push((locator, id)),
                    piece => journal.pieces.push(piece),
                }
            }
            journal.unreadable += entries.skipped;
        }
        Ok(journal)
    }

    /// Whoever was being destroyed is so to the end: the note of it is newer than the copy.
    async fn go_on_destroying(&self, whose: Vec<Locator>) -> Result<(), StoreError> {
        let noted = self.list_destructions().await?;
        let noted: Vec<Locator> = noted.iter().filter_map(|note| Some(note.destruction()?.whose)).collect();
        for whose in whose.into_iter().filter(|whose| !noted.contains(whose)) {
            let certificate = EventId::random(&mut OsEntropy)?.0;
            // So long ago that it is taken up at once.
            self.add_destruction(&Destruction { whose, certificate, is_by_mandate: false }, 0).await?;
        }
        Ok(())
    }

    // ---- people

    /// Looks at everybody who has keys.
    async fn mend_people(
        &self,
        journal: &Journal,
        plan: &MendPlan<'_>,
        restored: &mut Restored,
        progress: &super::BackupProgress<'_>,
    ) -> Result<Found, StoreError> {
        let opened = plan.journals.iter().map(|folder| Entries::open(folder, &self.keys));
        let mut journals = opened.collect::<Result<Vec<_>, _>>()?;
        let total = self.rings.find("SELECT count(*) FROM ring", Vec::new()).await?.map_or(0, |row| row.int(0));
        let (mut after, mut found) = (Vec::new(), Found::default());
        loop {
            let sql =
                "SELECT locator, bucket, generation, sealed FROM ring WHERE locator > $1 ORDER BY locator LIMIT $2";
            let rows = self.rings.query(sql, vec![after.clone().into(), ROWS.into()]).await?;
            let Some(end) = rows.last() else { return Ok(found) };
            after = end.blob(0).to_vec();
            let mut rings = Vec::with_capacity(rows.len());
            for row in rows {
                rings.extend(self.open_ring(row).await?);
            }
            let mut there = HashSet::new();
            for compartment in self.compartments() {
                let of = rings.iter().filter_map(|ring| Some((ring.as_ref(), ring.part(compartment)?))).collect();
                for mended in self.mend_rows((compartment, plan.policy), of, (journal, &mut journals), restored).await?
                {
                    there.insert(mended.whose);
                    found.handles.entry(compartment).or_default().push(mended.handle);
                    if mended.is_destroying && !found.destroying.contains(&mended.whose) {
                        found.destroying.push(mended.whose);
                    }
                }
            }
            restored.people += there.len() as u64;
            found.lost.extend(rings.iter().map(|ring| ring.locator()).filter(|locator| !there.contains(locator)));
            progress("people", restored.people, u64::try_from(total).unwrap_or(0));
        }
    }

    /// Mends the rows of some people in one compartment; returns those who have one.
    async fn mend_rows(
        &self,
        (compartment, policy): (Tag, &Policy),
        of: Vec<(&Ring, &RingPart)>,
        (journal, journals): (&Journal, &mut [Option<Entries<'_>>]),
        restored: &mut Restored,
    ) -> Result<Vec<There>, StoreError> {
        let people = &self.compartment(compartment)?.people;
        let names: Vec<[u8; 16]> = of.iter().map(|(_, part)| part.handle().0).collect();
        let found = people.session().await?.find_each(FIND_PERSON, &names).await?;
        let mut found: HashMap<Vec<u8>, Row> = found.into_iter().map(|row| (row.blob(0).to_vec(), row)).collect();
        let (mut there, mut batch) = (Vec::with_capacity(of.len()), Batch::default());
        for (ring, part) in of {
            let (whose, handle) = (ring.locator(), part.handle().0);
            let row = found.remove(handle.as_slice()).map(|mut row| (row.take_blob(2), row.take_blob(3)));
            let newer = journaled(journal, journals, (compartment, handle))?;
            let has_row = row.is_some();
            let before = row.as_ref().map(|(_, records)| records.clone());
            let Some(mended) = self.mend_row(part, row, newer)? else {
                // A row that the program did not write stays, and refuses.
                restored.refusing += u64::from(has_row);
                there.extend(has_row.then_some(There { whose, handle, is_destroying: false }));
                continue;
            };
            there.push(There { whose, handle, is_destroying: mended.is_destroying });
            restored.lost_records += mended.lost as u64;
            restored.narrowed += u64::from(mended.is_newer);
            if mended.is_newer {
                self.mend_terms(policy, (whose, part), before.as_deref(), &mended.records).await?;
            }
            if mended.is_changed() {
                let sql = "INSERT INTO person (handle, version, standing, records) VALUES ($1, $2, $3, $4) ON CONFLICT (handle) \
                           DO UPDATE SET version = excluded.version, standing = excluded.standing, records = excluded.records";
                let params = vec![handle.into(), version()?.into(), mended.standing.into(), mended.records.into()];
                batch = batch.one(sql, params);
            }
            if mended.is_worn {
                batch = self.with_worn(batch, handle, whose)?;
            }
        }
        people.execute(batch).await?;
        Ok(there)
    }

    /// What names a person at sign-in is what their row says: an older copy of the index may have what it was before.
    async fn mend_terms(
        &self,
        policy: &Policy,
        (whose, part): (Locator, &RingPart),
        before: Option<&[u8]>,
        after: &[u8],
    ) -> Result<(), StoreError> {
        let terms = |row: &[u8]| -> Result<Vec<IndexTerm>, VaultError> {
            // What does not open names nobody.
            let Ok(kept) = part.openable(self.keys.installation(), row) else { return Ok(Vec::new()) };
            let records = part.danger_open_row(self.keys.installation(), &kept.row).unwrap_or_default();
            let of = |field: &Field| records.iter().find_map(|(_, record)| record.find(field.tag));
            let named = policy.fields().iter().filter(|field| field.sign_in);
            named.filter_map(|field| Some(IndexTerm::of(&self.keys, &field.name, &of(field)?.text))).collect()
        };
        for old in before.map(terms).transpose()?.unwrap_or_default() {
            self.remove_holder(&old, whose).await?;
        }
        for term in terms(after)? {
            match self.add_holder(&term, whose).await {
                // Somebody else has it by now: the newer index knows better.
                Ok(()) | Err(StoreError::Taken) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The row as it is to be: the newest of what the backup and the journal have, without what opens no more.
    fn mend_row(
        &self,
        part: &RingPart,
        row: Option<Stored>,
        journaled: Vec<(u64, Stored)>,
    ) -> Result<Option<Mended>, StoreError> {
        let at = self.keys.installation();
        let mut newest: Option<(u64, Standing, Stored, bool)> = None;
        let all =
            row.into_iter().map(|row| (None, row)).chain(journaled.into_iter().map(|(rank, it)| (Some(rank), it)));
        for (rank, stored) in all {
            // What does not open stays as it is: it refuses.
            let Ok(standing) = part.open_standing(at, &stored.0) else { continue };
            let is_newer = rank.is_some();
            let rank = rank.unwrap_or(rank_of(&standing));
            // Of two acts that began with the same row one did not happen: in doubt the one that takes away did.
            let wins = newest
                .as_ref()
                .is_none_or(|(than, other, ..)| rank > *than || (rank == *than && standing.is_narrower_than(other)));
            if wins {
                newest = Some((rank, standing, stored, is_newer));
            }
        }
        let Some((_, mut standing, (mut sealed, records), is_newer)) = newest else { return Ok(None) };
        let kept = part.openable(at, &records)?;
        if kept.lost > 0 {
            standing.stored = kept.fields;
            standing.seals += 1;
            sealed = part.seal_standing(at, &standing, &mut OsEntropy)?;
        }
        let is_destroying = standing.is_destroying;
        let Openable { row: records, lost, is_worn, .. } = kept;
        Ok(Some(Mended { standing: sealed, records, lost, is_worn, is_newer, is_destroying }))
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

    // ---- what people placed

    /// Removes, withholds and lets go of pieces as was done since, in the order in which it was done.
    async fn mend_pieces(&self, pieces: &[Narrowing]) -> Result<u64, StoreError> {
        let mut mended = 0;
        for piece in pieces {
            let (name, batch) = match piece {
                Narrowing::Removed { name, .. } => {
                    (name, Batch::default().one("DELETE FROM content WHERE id = $1", vec![(*name).into()]))
                }
                Narrowing::Piece { name, generation, mark, parties: [author, about], .. } => {
                    // A copy of the keys that is newer has it under another key.
                    let sql = "UPDATE content SET version = $1, mark = $2, author = $3, about = $4 WHERE id = $5 AND generation = $6";
                    let params = vec![
                        version()?.into(),
                        mark.clone().into(),
                        (*author).into(),
                        (*about).into(),
                        (*name).into(),
                        (*generation).into(),
                    ];
                    (name, Batch::default().one(sql, params))
                }
                Narrowing::Row { .. } | Narrowing::Gone { .. } => continue,
            };
            match self.contents.execute(with_touched(batch, self.mark_buckets.of(*name))?).await {
                Ok(()) => mended += 1,
                // It is not there, or was changed since.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(mended)
    }
}

/// What the journal has of a row, with its rank.
fn journaled(
    journal: &Journal,
    journals: &mut [Option<Entries<'_>>],
    (compartment, handle): (Tag, [u8; 16]),
) -> Result<Vec<(u64, Stored)>, StoreError> {
    let mut newer = Vec::new();
    for (folder, at) in journal.rows.get(&handle).into_iter().flat_map(|places| &places.at) {
        let entries = journals.get_mut(*folder).and_then(Option::as_mut);
        let entry = entries.map(|entries| entries.at(*at)).transpose().map_err(|_| StoreError::NotFound)?;
        if let Some(Narrowing::Row { compartment: of, rank, standing, records, .. }) = entry.flatten()
            && of == compartment
        {
            newer.push((rank, (standing, records)));
        }
    }
    Ok(newer)
}

/// The sealed standing and records of a row.
type Stored = (Vec<u8>, Vec<u8>);

struct Mended {
    standing: Vec<u8>,
    records: Vec<u8>,
    lost: usize,
    is_worn: bool,
    is_newer: bool,
    is_destroying: bool,
}

/// Somebody who has a row.
struct There {
    whose: Locator,
    handle: [u8; 16],
    is_destroying: bool,
}

/// What was found of everybody.
#[derive(Default)]
struct Found {
    /// The handles of all rows.
    handles: HashMap<Tag, Vec<[u8; 16]>>,
    /// Who has no row at all.
    lost: Vec<Locator>,
    /// Whose destruction was begun.
    destroying: Vec<Locator>,
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
