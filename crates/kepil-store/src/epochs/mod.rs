//! Which epoch it is, for one node: what it learns from the key store and the sealers, and what it must not be unsure of.
//!
//! Closing an epoch begins in `closing.rs`. A node knows of a new epoch within a second; it seals nothing on knowledge older than that,
//! and whoever closes an epoch waits that second out. What it finds sealed in an epoch that it does not know yet it looks up.

mod closing;
mod pages;
mod rekey;
mod waiting;
mod worn;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use kepil_domain::vault::{EpochNo, LEASE_MS, VaultError};

use crate::{
    Store, StoreError,
    batch::{Batch, Row, Value},
    engine::Database,
    narrowings::Over,
    secrets::SECRETS,
};

pub use closing::{Closed, Progress, Step};
pub use waiting::Waiting;

/// Settings of the key store: the epoch under whose key is sealed now, and the one that is being closed, with how far that is.
pub(crate) const EPOCH: &str = "epoch";
pub(crate) const CLOSING: &str = "closing";

/// How far the closing of an epoch is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Phase {
    /// What the old key seals is sealed under the next.
    Resealing,
    /// Nothing is under the old key any more: nodes drop it, then the sealers destroy it.
    Dropping,
}

/// What the key store says of epochs.
#[derive(Clone, Copy)]
pub(crate) struct EpochState {
    pub current: EpochNo,
    pub closing: Option<(EpochNo, Phase)>,
    /// Raised with each change of the secrets.
    pub secrets: u64,
}

impl EpochState {
    pub async fn find(rings: &Database) -> Result<Self, StoreError> {
        let sql = "SELECT name, value FROM meta WHERE name = $1 OR name = $2 OR name = $3";
        let rows = rings.query(sql, vec![EPOCH.into(), CLOSING.into(), SECRETS.into()]).await?;
        let value = |name: &str| rows.iter().find(|row| row.text(0) == name).map(|row| row.blob(1));
        let number = |bytes: &[u8]| Some(EpochNo(u64::from_be_bytes(*bytes.first_chunk()?)));
        let current = value(EPOCH).and_then(number);
        let current = current.ok_or_else(|| StoreError::Unusable("the key store names no epoch".to_owned()))?;
        let closing = value(CLOSING).and_then(|bytes| {
            let phase = if bytes.get(8) == Some(&1) { Phase::Dropping } else { Phase::Resealing };
            Some((number(bytes)?, phase))
        });
        let secrets = value(SECRETS).and_then(|bytes| Some(u64::from_be_bytes(*bytes.first_chunk()?))).unwrap_or(0);
        Ok(Self { current, closing, secrets })
    }
}

pub(crate) fn closing_value(epoch: EpochNo, phase: Phase) -> Vec<u8> {
    epoch.0.to_be_bytes().into_iter().chain([u8::from(phase == Phase::Dropping)]).collect()
}

/// The epoch in a column.
pub(crate) fn epoch_in(row: &Row, at: usize) -> EpochNo {
    EpochNo(u64::try_from(row.int(at)).unwrap_or(0))
}

/// When this node last read which epoch it is. Unit: milliseconds of the monotonic clock.
#[derive(Default)]
pub(crate) struct Learned(AtomicU64);

impl Store {
    /// Learns which epoch it is, and which secrets there are. Called all the time, and by whoever is about to seal and is not sure.
    ///
    /// # Errors
    /// [`StoreError`] when the key store or every sealer does not answer.
    pub async fn learn_epoch(&self) -> Result<(), StoreError> {
        let asked_at = self.clock.tick();
        let state = EpochState::find(&self.rings).await?;
        if state.secrets > self.keys.secrets_state() {
            self.fetch_secrets(state.secrets).await?;
        }
        // A late answer: it is known by now what came after.
        if state.current < self.keys.epoch() {
            return Ok(());
        }
        if !self.keys.holds(state.current) {
            self.fetch_keys()?;
        }
        self.keys.turn_to(state.current)?;
        let is_over = state.closing.is_none_or(|(_, phase)| phase == Phase::Dropping);
        if is_over && self.keys.drop_others() {
            self.ring_buckets.forget();
            self.mark_buckets.forget();
        }
        self.learned.0.fetch_max(asked_at.0, Ordering::AcqRel);
        Ok(())
    }

    /// Makes the journal of this node shorter, once after each epoch: what no copy can bring back any more goes.
    ///
    /// # Errors
    /// [`StoreError`] when the key store does not answer or a folder of the journal takes nothing; tried again at the next call.
    pub async fn compact_journal(self: &Arc<Self>) -> Result<(), StoreError> {
        let state = EpochState::find(&self.rings).await?;
        if state.closing.is_some() || self.compacted.load(Ordering::Acquire) == state.current.0 {
            return Ok(());
        }
        let rows = self.rings.query("SELECT id FROM gone", Vec::new()).await?;
        let waiting: HashSet<[u8; 16]> = rows.iter().filter_map(|row| row.blob(0).try_into().ok()).collect();
        let mut gone = HashSet::new();
        for (locator, id) in self.narrowings.list_gone(&self.keys)? {
            if !waiting.contains(&id) && self.find_ring(locator).await?.is_none() {
                gone.insert(id);
            }
        }
        let (own, over) = (Arc::clone(self), Over { gone, epoch: EpochNo(state.current.0.saturating_sub(1)) });
        let done = tokio::task::spawn_blocking(move || own.narrowings.compact(&own.keys, &over)).await;
        done.map_err(|_| StoreError::Closing)??;
        self.compacted.store(state.current.0, Ordering::Release);
        Ok(())
    }

    /// Returns when this node is sure of the epoch under whose key it seals.
    pub(crate) async fn sure_of_epoch(&self) -> Result<(), StoreError> {
        let since = self.clock.tick().0.saturating_sub(self.learned.0.load(Ordering::Acquire));
        if since < LEASE_MS { Ok(()) } else { self.learn_epoch().await }
    }

    /// What `open` says; asked again with the keys of the sealers when the epoch, or a secret, is one that this node does not know yet.
    pub(crate) async fn in_epoch<T>(&self, open: impl Fn() -> Result<T, VaultError>) -> Result<T, StoreError> {
        match open() {
            Err(VaultError::OtherEpoch | VaultError::OtherSecret) => {
                self.fetch_keys()?;
                self.learn_epoch().await?;
                Ok(open()?)
            }
            done => Ok(done?),
        }
    }

    /// Holds every key that a sealer has.
    fn fetch_keys(&self) -> Result<(), StoreError> {
        self.sealers.find()?.epochs.into_iter().for_each(|key| self.keys.hold(key));
        Ok(())
    }
}

/// Sets a setting of the key store that must be `before`, `None` when it must not be there.
pub(crate) fn with_setting(batch: Batch, name: &'static str, before: Option<Vec<u8>>, after: Vec<u8>) -> Batch {
    let name: Value = name.into();
    match before {
        None => batch.one(
            "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            vec![name, after.into()],
        ),
        Some(before) => batch
            .one("UPDATE meta SET value = $1 WHERE name = $2 AND value = $3", vec![after.into(), name, before.into()]),
    }
}

/// Names the seals of tickets.
pub(crate) const TICKET: &str = "ticket";

/// What a ticket that opens without its token is bound to.
pub(crate) fn ticket_place(kind: i64, id: &[u8]) -> Vec<u8> {
    kind.to_be_bytes().into_iter().chain(id.iter().copied()).collect()
}
