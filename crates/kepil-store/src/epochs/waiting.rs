//! What waits for the end of an epoch, when one was closed last, and what certifies it.

use kepil_domain::{
    Day, Hour,
    ledger::{Certificate, Destroyed},
};
use kepil_policy::Tag;

use super::{Closed, EpochState};
use crate::{
    Engine, Store, StoreError,
    batch::{Batch, Row},
    engine::{Database, Home},
    schema::{Place, clear_columns},
};

/// The setting that has the day on which an epoch was closed last.
const CLOSED_ON: &str = "closed_on";

/// What waits for the end of an epoch.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Waiting {
    /// People who are gone.
    pub people: u64,
    /// People whose older values are to be forgotten.
    pub changed: u64,
    /// Whether the closing was begun.
    pub is_begun: bool,
}

impl Waiting {
    /// What waits in the installation of `engine`, whose compartments are called `names`; a server may run meanwhile.
    ///
    /// # Errors
    /// [`StoreError`] when a database does not answer.
    pub async fn find(engine: &Engine, names: &[String]) -> Result<Self, StoreError> {
        let home = Home::of(engine);
        let mut people = Vec::new();
        for name in names {
            people.push(Database::open(&home, &format!("people_{name}"), Place::Compartment).await?);
        }
        Self::count(&Database::open(&home, "keys", Place::Keys).await?, &people).await
    }

    async fn count(rings: &Database, people: &[Database]) -> Result<Self, StoreError> {
        let is_begun = EpochState::find(rings).await?.closing.is_some();
        let count = |row: Option<Row>| row.map_or(0, |row| u64::try_from(row.int(0)).unwrap_or(0));
        let gone = count(rings.find("SELECT count(*) FROM gone", Vec::new()).await?);
        let mut changed = 0;
        for each in people {
            changed += count(each.find("SELECT count(*) FROM worn", Vec::new()).await?);
        }
        Ok(Self { people: gone, changed, is_begun })
    }
}

impl Store {
    /// What waits for the end of the epoch.
    ///
    /// # Errors
    /// [`StoreError`] when a database does not answer.
    pub async fn count_waiting(&self) -> Result<Waiting, StoreError> {
        let mut people = Vec::new();
        for tag in self.compartments() {
            people.push(self.compartment(tag)?.people.clone());
        }
        Waiting::count(&self.rings, &people).await
    }

    /// Whether there is a destruction that the certificate `id` is to come of.
    ///
    /// # Errors
    /// [`StoreError`] when the key store does not answer.
    pub async fn awaits_certificate(&self, id: &[u8; 16]) -> Result<bool, StoreError> {
        Ok(self.rings.find("SELECT id FROM gone WHERE id = $1", vec![(*id).into()]).await?.is_some())
    }

    /// Whether the closing of an epoch was begun and is not done.
    ///
    /// # Errors
    /// [`StoreError`] when the key store does not answer.
    pub async fn is_closing(&self) -> Result<bool, StoreError> {
        Ok(EpochState::find(&self.rings).await?.closing.is_some())
    }

    /// The day on which an epoch was closed last; `None` before the first.
    ///
    /// # Errors
    /// [`StoreError`] when the key store does not answer.
    pub async fn closed_on(&self) -> Result<Option<Day>, StoreError> {
        let row = self.rings.find("SELECT value FROM meta WHERE name = $1", vec![CLOSED_ON.into()]).await?;
        Ok(row.and_then(|row| Some(Day(u32::from_be_bytes(row.blob(0).try_into().ok()?)))))
    }

    /// Notes the day on which an epoch was closed last.
    ///
    /// # Errors
    /// [`StoreError`] when the key store does not answer.
    pub async fn set_closed_on(&self, day: Day) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.rings.execute(Batch::default().one(sql, vec![CLOSED_ON.into(), day.0.to_be_bytes().into()])).await
    }

    /// A certificate signed with the key of the log of `compartment`.
    ///
    /// # Errors
    /// [`StoreError`] when there is no such compartment.
    pub fn certify(
        &self,
        closed: &Closed,
        what: Destroyed,
        (compartment, at): (Tag, Hour),
    ) -> Result<String, StoreError> {
        let sealers: Vec<&'static str> = closed.sealers.iter().map(|class| class.word()).collect();
        let (installation, clear) = (*self.keys.installation(), clear_columns());
        let certificate = Certificate { installation, what, epoch: closed.epoch, at, sealers: &sealers, clear: &clear };
        Ok(certificate.sign(&self.compartment(compartment)?.log.key()))
    }
}
