//! People in their compartments: added, changed and removed, each change together with its ledger entries.
//!
//! Start reading at [`Store::amend`]: check, act and record happen in one guarded batch.

use std::sync::Arc;

use kepil_domain::{
    Entropy, EventId, Installation, Locator, Moment, Receipt, hex,
    ledger::{Act, Entry, NewEntry, Nth, Payload},
    standing::{ChainHead, Standing},
    vault::{IndexTerm, Record, Ring, RingPart, VaultError},
};
use kepil_policy::{Subject, Tag};

use crate::{
    OsEntropy, Store, StoreError,
    batch::{Batch, Value},
    ledgers::{pack, receipt},
    narrowings::Narrowing,
};

/// Finds the row of a person; also used by lanes for many at once.
pub(crate) const FIND_PERSON: &str = "SELECT handle, version, standing, records FROM person WHERE handle = $1";
const TRIES_MAX: usize = 64;

/// An act to be recorded with a change. The chain's number and commitment are filled in when it is written.
pub struct NewAct {
    /// Names the act.
    pub event: EventId,
    /// What was done.
    pub act: Act,
    /// What the entry says.
    pub payload: Payload<'static>,
}

/// A person to be added.
pub struct NewPerson {
    /// Their keys.
    pub ring: Ring,
    /// What names them at sign-in.
    pub terms: Vec<IndexTerm>,
    /// What each compartment gets.
    pub rows: Vec<NewRow>,
}

/// The first row of a person in one compartment.
pub struct NewRow {
    /// Which compartment.
    pub compartment: Tag,
    /// Their standing there.
    pub standing: Standing,
    /// Their values there, by keep class.
    pub records: Vec<(Tag, Record)>,
    /// What is recorded about it.
    pub acts: Vec<NewAct>,
}

/// The row of a person as it is before a change.
pub struct PersonRow {
    /// Their keys.
    pub ring: Arc<Ring>,
    /// Their standing.
    pub standing: Standing,
    compartment: Tag,
    installation: Installation,
    version: Vec<u8>,
    sealed: Vec<u8>,
    records: Vec<u8>,
}

/// A change of a row.
pub struct Amendment {
    /// The standing afterwards.
    pub standing: Standing,
    /// The values afterwards; `None` when they stay.
    pub records: Option<Vec<(Tag, Record)>>,
    /// What is recorded about it: at least one act.
    pub acts: Vec<NewAct>,
}

/// A change that is durable, with the proofs of its acts.
pub struct Amended {
    /// One for each act.
    pub receipts: Vec<Receipt>,
    /// What was done.
    pub acts: Vec<Act>,
    /// The standing afterwards.
    pub standing: Standing,
}

impl PersonRow {
    /// What the ring has for this compartment.
    ///
    /// # Errors
    /// [`VaultError::KeyDestroyed`] when it has nothing.
    pub fn part(&self) -> Result<&RingPart, VaultError> {
        self.ring.part(self.compartment).ok_or(VaultError::KeyDestroyed)
    }

    /// The row as it stands, for the journal: later than any act that began before it, earlier than any that begins with it.
    fn narrowing(&self) -> Result<Narrowing, VaultError> {
        let (compartment, handle) = (self.compartment, self.part()?.handle().0);
        let (standing, records) = (self.sealed.clone(), self.records.clone());
        Ok(Narrowing::Row { compartment, handle, rank: rank_of(&self.standing), standing, records })
    }

    /// The values, opened to be sealed again with a change; never for an answer.
    ///
    /// # Errors
    /// [`VaultError`] when they do not open.
    pub fn danger_open_records(&self) -> Result<Vec<(Tag, Record)>, VaultError> {
        self.part()?.danger_open_row(&self.installation, &self.records)
    }
}

impl Store {
    /// Adds a person. May be tried again with the same ring after a crash.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when someone has one of the unique values; then nothing of the new person stays.
    pub async fn add_person(&self, person: NewPerson, moment: Moment) -> Result<(), StoreError> {
        let locator = person.ring.locator();
        self.add_ring(&person.ring).await?;
        for row in person.rows {
            let part = person.ring.part(row.compartment).ok_or(VaultError::KeyDestroyed)?;
            let change = Change { standing: row.standing, records: Some(&row.records), before: &[] };
            let sealed = self.seal_change(part, change, row.acts, moment)?;
            let sql = "INSERT INTO person (handle, version, standing, records) VALUES ($1, $2, $3, $4)";
            let params =
                vec![part.handle().0.into(), sealed.version.into(), sealed.standing.into(), sealed.records.into()];
            let people = &self.compartment(row.compartment)?.people;
            match people.execute(with_entries(Batch::default().one(sql, params), &sealed.entries)).await {
                // The row is there: an earlier try got this far.
                Ok(()) | Err(StoreError::Conflict) => {}
                Err(error) => return Err(error),
            }
        }
        for (at, term) in person.terms.iter().enumerate() {
            if let Err(error) = self.add_holder(term, locator).await {
                for given in person.terms.iter().take(at) {
                    self.remove_holder(given, locator).await?;
                }
                self.remove_rows(&person.ring).await?;
                self.shred_ring(locator, EventId::random(&mut OsEntropy)?.0).await?;
                return Err(error);
            }
        }
        Ok(())
    }

    /// The row of the person at `locator` in `compartment`; `None` when there is no such person.
    ///
    /// # Errors
    /// [`StoreError`] when a database does not answer or the row does not open.
    pub async fn find_person(&self, locator: Locator, compartment: Tag) -> Result<Option<PersonRow>, StoreError> {
        match self.find_ring(locator).await? {
            Some(ring) => self.find_row(&ring, compartment).await,
            None => Ok(None),
        }
    }

    /// [`Self::find_person`] for a ring that was just found: whoever looks into several compartments finds it once.
    ///
    /// # Errors
    /// As [`Self::find_person`].
    pub async fn find_row(&self, ring: &Arc<Ring>, compartment: Tag) -> Result<Option<PersonRow>, StoreError> {
        let Some(part) = ring.part(compartment) else { return Ok(None) };
        let people = &self.compartment(compartment)?.people;
        let Some(mut row) = people.find(FIND_PERSON, vec![part.handle().0.into()]).await? else { return Ok(None) };
        let standing = part.open_standing(self.keys.installation(), row.blob(2))?;
        Ok(Some(PersonRow {
            standing,
            compartment,
            installation: *self.keys.installation(),
            version: row.take_blob(1),
            sealed: row.take_blob(2),
            records: row.take_blob(3),
            ring: Arc::clone(ring),
        }))
    }

    /// Changes the row of a person and records the acts in the same transaction. `change` sees the row as it is, decides,
    /// and may be called again when someone else changed the row meanwhile.
    ///
    /// # Errors
    /// What `change` says, or [`StoreError`] when the change could not be made durable; then nothing happened.
    pub async fn amend<E: From<StoreError>>(
        &self,
        locator: Locator,
        compartment: Tag,
        moment: Moment,
        mut change: impl FnMut(&PersonRow) -> Result<Amendment, E>,
    ) -> Result<Amended, E> {
        let mut is_journaled = false;
        for _ in 0..TRIES_MAX {
            let row = self.find_person(locator, compartment).await?.ok_or(StoreError::NotFound)?;
            if std::mem::take(&mut is_journaled) {
                // What was journaled did not happen: what did is noted in its place.
                self.narrowings.write(&self.keys, &row.narrowing().map_err(StoreError::from)?).await?;
            }
            let amendment = change(&row)?;
            let part = row.part().map_err(StoreError::from)?;
            let acts = amendment.acts.iter().map(|act| act.act).collect();
            let is_kept = self.narrowings.is_kept()
                && (amendment.records.is_some() || amendment.standing.is_narrower_than(&row.standing));
            let change =
                Change { standing: amendment.standing, records: amendment.records.as_deref(), before: &row.records };
            let sealed = self.seal_change(part, change, amendment.acts, moment)?;
            let (at, guard): ([u8; 16], Value) = (part.handle().0, row.version.clone().into());
            let narrowed = is_kept.then(|| {
                let records = if amendment.records.is_some() { &sealed.records } else { &row.records };
                let (standing, records) = (sealed.standing.clone(), records.clone());
                let rank = rank_of(&row.standing) + 1;
                Narrowing::Row { compartment, handle: at, rank, standing, records }
            });
            let (version, standing) = (sealed.version.into(), sealed.standing.into());
            let batch = if amendment.records.is_some() {
                self.sure_of_epoch().await?;
                let sql =
                    "UPDATE person SET version = $1, standing = $2, records = $3 WHERE handle = $4 AND version = $5";
                let params = vec![version, standing, sealed.records.into(), at.into(), guard];
                self.with_worn(Batch::default().one(sql, params), at, locator)?
            } else {
                let sql = "UPDATE person SET version = $1, standing = $2 WHERE handle = $3 AND version = $4";
                Batch::default().one(sql, vec![version, standing, at.into(), guard])
            };
            if let Some(narrowed) = &narrowed {
                self.narrowings.write(&self.keys, narrowed).await?;
                is_journaled = true;
            }
            let people = &self.compartment(compartment)?.people;
            match people.execute(with_entries(batch, &sealed.entries)).await {
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
                Ok(()) => {
                    return Ok(Amended {
                        receipts: sealed.entries.iter().map(receipt).collect(),
                        acts,
                        standing: sealed.after,
                    });
                }
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Removes everything that opens or links the person: tickets, rows, ring. Their standing must be *destroying* by then,
    /// with its entry, and the leases waited out. What copies have of them goes with the epoch, which `id` certifies.
    ///
    /// # Errors
    /// [`StoreError`] when a database does not answer; the call may be repeated.
    pub async fn destroy_person(&self, ring: &Ring, id: [u8; 16]) -> Result<(), StoreError> {
        let handles = ring.parts().iter().map(|part| part.handle().0).collect();
        let gone = Narrowing::Gone { locator: ring.locator(), id, handles };
        self.narrowings.write(&self.keys, &gone).await?;
        tokio::try_join!(self.leave_tickets(ring.locator()), self.remove_rows(ring))?;
        self.shred_ring(ring.locator(), id).await
    }

    /// Adds an empty row wherever a ring that has grown has none yet. It is of a person or a legal entity, as the others are.
    ///
    /// # Errors
    /// [`StoreError`] when a database does not answer.
    pub async fn add_missing_rows(&self, ring: &Ring, kind: Subject) -> Result<(), StoreError> {
        for part in ring.parts() {
            let Ok(compartment) = self.compartment(part.compartment()) else { continue };
            let standing = part.seal_standing(
                self.keys.installation(),
                &Standing { kind, ..Standing::default() },
                &mut OsEntropy,
            )?;
            let mut version = [0; 8];
            OsEntropy.fill(&mut version)?;
            let sql = "INSERT INTO person (handle, version, standing, records) VALUES ($1, $2, $3, $4) ON CONFLICT (handle) DO NOTHING";
            let params = vec![part.handle().0.into(), version.into(), standing.into(), Value::Blob(Vec::new())];
            compartment.people.execute(Batch::default().any(sql, params)).await?;
        }
        Ok(())
    }

    async fn remove_rows(&self, ring: &Ring) -> Result<(), StoreError> {
        let parts = ring.parts().iter().filter_map(|part| Some((self.compartment(part.compartment()).ok()?, part)));
        let each = parts.map(async |(compartment, part)| {
            let handle: Value = part.handle().0.into();
            let batch = Batch::default()
                .any("DELETE FROM person WHERE handle = $1", vec![handle.clone()])
                .any("DELETE FROM worn WHERE handle = $1", vec![handle]);
            compartment.people.execute(batch).await
        });
        futures::future::try_join_all(each).await.map(drop)
    }

    fn seal_change(
        &self,
        part: &RingPart,
        Change { mut standing, records, before }: Change<'_>,
        acts: Vec<NewAct>,
        moment: Moment,
    ) -> Result<SealedChange, StoreError> {
        let entropy = &mut OsEntropy;
        let waits = self.compartment(part.compartment())?.log.waits;
        let mut entries = Vec::with_capacity(acts.len());
        for act in acts {
            let number = standing.chain.number + 1;
            let previous = hex(&standing.chain.commitment);
            let payload = Payload { chain: number, previous, waits, ..act.payload };
            let (hour, nth) = (moment.hour().after_waiting(waits), Nth::Change(number));
            let new = NewEntry { event: act.event, act: act.act, hour, nth };
            let entry = Entry::seal(part, new, &payload, entropy)?;
            standing.chain = ChainHead { number, commitment: entry.leaf.commitment };
            entries.push(entry);
        }
        standing.seals += 1;
        if let Some(records) = records {
            standing.stored = records.iter().flat_map(|(_, record)| record.tags()).collect();
        }
        let at = self.keys.installation();
        let records = match records {
            Some(records) => part.seal_row(at, records, before, entropy)?,
            None => Vec::new(),
        };
        let mut version = [0; 8];
        entropy.fill(&mut version)?;
        Ok(SealedChange {
            version,
            standing: part.seal_standing(at, &standing, entropy)?,
            records,
            entries,
            after: standing,
        })
    }
}

/// The rank in the journal of a row as it stands; an act that begins with it comes next.
pub(crate) fn rank_of(standing: &Standing) -> u64 {
    2 * u64::from(standing.chain.number)
}

/// A row as it is to be.
struct Change<'a> {
    standing: Standing,
    /// The values; `None` when they stay.
    records: Option<&'a [(Tag, Record)]>,
    /// The sealed values that they stand in place of.
    before: &'a [u8],
}

struct SealedChange {
    version: [u8; 8],
    standing: Vec<u8>,
    records: Vec<u8>,
    entries: Vec<Entry>,
    after: Standing,
}

fn with_entries(batch: Batch, entries: &[Entry]) -> Batch {
    let Some(first) = entries.first() else { return batch };
    let sql = "INSERT INTO outbox (id, entries) VALUES ($1, $2)";
    batch.one(sql, vec![first.leaf.event.0.into(), pack(entries).into()])
}
