//! Closing an epoch: how what was destroyed is gone from every copy too.
//!
//! Start reading at [`Store::close_epoch`]. In this order, each step repeatable, whoever crashed before: the next key into every
//! sealer; from then on everything is sealed under it; the buckets of those who are gone or changed get new keys (`rekey.rs`); all
//! pages of the index are written anew (`pages.rs`); tickets too; nodes drop the old key; the sealers destroy it; certificates.
//! Source: law 5 of the house; clauses 3.7, 4.4a.

use kepil_domain::vault::{EpochNo, VaultError};

use super::{CLOSING, EPOCH, EpochState, Phase, TICKET, closing_value, epoch_in, ticket_place, with_setting};
use crate::{OsEntropy, SealerClass, Store, StoreError, batch::Batch, sealer::Kind};

/// How many rows are read or written at once.
pub(super) const ROWS: i64 = 512;
pub(super) const TRIES_MAX: usize = 64;

/// Which step of closing is being done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Step {
    /// Rings of those who changed or are gone, by bucket.
    Rings,
    /// Marks of what people placed, by bucket.
    Marks,
    /// Pages of the blind index.
    Pages,
    /// Tickets.
    Tickets,
    /// Nodes and sealers let the old key go.
    Keys,
}

impl Step {
    /// A short stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Rings => "rings",
            Self::Marks => "marks",
            Self::Pages => "pages",
            Self::Tickets => "tickets",
            Self::Keys => "keys",
        }
    }
}

/// Hears how far a step is: which, how much is done, of how much.
pub type Progress<'a> = dyn Fn(Step, u64, u64) + Send + Sync + 'a;

/// An epoch that is closed: its key is in no sealer any more.
pub struct Closed {
    /// Which.
    pub epoch: EpochNo,
    /// How surely its key is gone, for each sealer.
    pub sealers: Vec<SealerClass>,
    /// For each destruction the number of its certificate.
    pub certificates: Vec<[u8; 16]>,
    /// How many rows of people were rid of what was written over.
    pub changed: u64,
}

impl Store {
    /// Closes the epoch, or goes on where that was interrupted. What it returns is to be certified, then
    /// [`Self::end_closing`] called; until then it returns the same again.
    ///
    /// # Errors
    /// [`StoreError`] when a database or a sealer does not answer: the epoch stays open, nothing is lost.
    pub async fn close_epoch(&self, progress: &Progress<'_>) -> Result<Closed, StoreError> {
        let closing = self.begin_closing().await?;
        self.learn_epoch().await?;
        self.wait_out_leases().await;
        let mut changed = 0;
        for _ in 0..TRIES_MAX {
            changed += self.reseal_rings(closing, progress).await?;
            self.reseal_marks(closing, progress).await?;
            self.reseal_pages(closing, progress).await?;
            self.reseal_tickets(closing, progress).await?;
            if self.count_left(closing).await? > 0 {
                continue;
            }
            progress(Step::Keys, 0, 2);
            self.turn_phase(closing, Phase::Resealing, Phase::Dropping).await?;
            self.learn_epoch().await?;
            self.wait_out_leases().await;
            progress(Step::Keys, 1, 2);
            if self.count_left(closing).await? == 0 {
                return self.destroy_key(closing, changed, progress).await;
            }
            // Somebody who was held up wrote under the old key after all.
            self.turn_phase(closing, Phase::Dropping, Phase::Resealing).await?;
        }
        Err(StoreError::Conflict)
    }

    /// The certificates are written: the epoch is over.
    ///
    /// # Errors
    /// [`StoreError`] when the key store does not answer; may be repeated.
    pub async fn end_closing(&self, closed: &Closed) -> Result<(), StoreError> {
        let before = closing_value(closed.epoch, Phase::Dropping);
        let batch = Batch::default()
            .any("DELETE FROM gone WHERE closing = $1", vec![closed.epoch.0.into()])
            .any("DELETE FROM meta WHERE name = $1 AND value = $2", vec![CLOSING.into(), before.into()]);
        self.rings.execute(batch).await
    }

    /// Puts the next key into every sealer and turns to it, unless that was done.
    async fn begin_closing(&self) -> Result<EpochNo, StoreError> {
        let state = EpochState::find(&self.rings).await?;
        if let Some((closing, _)) = state.closing {
            self.keys.hold(self.sealers.spread(state.current)?);
            if self.count_left(closing).await? > 0 {
                self.turn_phase(closing, Phase::Dropping, Phase::Resealing).await?;
            }
            return Ok(closing);
        }
        let (closing, next) = (state.current, EpochNo(state.current.0 + 1));
        self.keys.hold(self.sealers.install(next)?);
        let batch = with_setting(Batch::default(), CLOSING, None, closing_value(closing, Phase::Resealing));
        let (before, after) = (closing.0.to_be_bytes().to_vec(), next.0.to_be_bytes().to_vec());
        let batch = with_setting(batch, EPOCH, Some(before), after)
            .any("UPDATE gone SET closing = $1 WHERE closing IS NULL", vec![closing.0.into()]);
        self.rings.execute(batch).await?;
        Ok(closing)
    }

    // ---- tickets

    async fn reseal_tickets(&self, closing: EpochNo, progress: &Progress<'_>) -> Result<(), StoreError> {
        let system = &self.system.database;
        let (mut after, mut done) = (Vec::new(), 0);
        loop {
            let sql = "SELECT id, kind, epoch, version, sealed FROM ticket WHERE id > $1 AND epoch <= $2 ORDER BY id LIMIT $3";
            let rows = system.query(sql, vec![after.clone().into(), closing.0.into(), ROWS.into()]).await?;
            let Some(last) = rows.last() else { return Ok(()) };
            after = last.blob(0).to_vec();
            done += rows.len() as u64;
            self.sure_of_epoch().await?;
            let mut batch = Batch::default();
            for mut row in rows {
                let place = ticket_place(row.int(1), row.blob(0));
                let sealed = (epoch_in(&row, 2), row.blob(4));
                let plain = match self.in_epoch(|| self.keys.unseal_in_epoch(TICKET, &place, sealed)).await {
                    Err(StoreError::Vault(VaultError::OtherEpoch)) => {
                        tracing::error!("a ticket is of an epoch that is gone, and is removed");
                        let params = vec![row.take_blob(0).into(), row.take_blob(3).into()];
                        batch = batch.any("DELETE FROM ticket WHERE id = $1 AND version = $2", params);
                        continue;
                    }
                    plain => plain?,
                };
                let (epoch, sealed) = self.keys.seal_in_epoch(TICKET, &place, &plain, &mut OsEntropy)?;
                // The version stays: for whoever holds the ticket nothing changed. What is changed meanwhile is sealed anew by that.
                batch = batch.any(
                    "UPDATE ticket SET epoch = $1, sealed = $2 WHERE id = $3 AND version = $4 AND epoch <= $5",
                    vec![
                        epoch.0.into(),
                        sealed.into(),
                        row.take_blob(0).into(),
                        row.take_blob(3).into(),
                        closing.0.into(),
                    ],
                );
            }
            system.execute(batch).await?;
            progress(Step::Tickets, done, done);
        }
    }

    // ---- the end

    /// How many rows are still under the old key.
    async fn count_left(&self, closing: EpochNo) -> Result<i64, StoreError> {
        let mut left = 0;
        for (database, sql) in [
            (&self.rings, "SELECT count(*) FROM bucket WHERE epoch <= $1"),
            (&self.contents, "SELECT count(*) FROM bucket WHERE epoch <= $1"),
            (&self.rings, "SELECT count(*) FROM index_page WHERE epoch <= $1"),
            (&self.system.database, "SELECT count(*) FROM ticket WHERE epoch <= $1"),
        ] {
            left += database.find(sql, vec![closing.0.into()]).await?.map_or(0, |row| row.int(0));
        }
        for tag in self.compartments() {
            let people = &self.compartment(tag)?.people;
            let sql = "SELECT count(*) FROM worn WHERE epoch <= $1";
            left += people.find(sql, vec![closing.0.into()]).await?.map_or(0, |row| row.int(0));
        }
        Ok(left)
    }

    /// Tells every node how far it is.
    async fn turn_phase(&self, closing: EpochNo, before: Phase, after: Phase) -> Result<(), StoreError> {
        if EpochState::find(&self.rings).await?.closing != Some((closing, before)) {
            return Ok(());
        }
        let (before, after) = (closing_value(closing, before), closing_value(closing, after));
        self.rings.execute(with_setting(Batch::default(), CLOSING, Some(before), after)).await
    }

    /// Nothing needs the old key any more, and every node has dropped it: every sealer destroys it.
    async fn destroy_key(&self, closing: EpochNo, changed: u64, progress: &Progress<'_>) -> Result<Closed, StoreError> {
        // A copy of the keys from before would be worth nothing after this, and with it every copy of the data.
        self.copy_keys().await?;
        let sealers = self.sealers.destroy_before(Kind::Epoch, closing.0 + 1)?;
        progress(Step::Keys, 2, 2);
        let rows = self.rings.query("SELECT id FROM gone WHERE closing = $1", vec![closing.0.into()]).await?;
        let certificates = rows.iter().filter_map(|row| row.blob(0).try_into().ok()).collect();
        Ok(Closed { epoch: closing, sealers, certificates, changed })
    }
}
