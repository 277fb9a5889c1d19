//! The secrets in the key store, sealed under the root key: how a node reads them and learns of others.
//!
//! Each change of the table raises one number (`secrets` in `meta`), which every node reads with the number of the epoch: so it
//! learns of a change within a second. Rotation is in `rotation/`. Source: law 5 of the house; clauses 3.1.5, 5.1.

use std::sync::PoisonError;

use kepil_domain::{
    Installation,
    vault::{NamedSecret, RootKey, RootNo, SecretName, Secrets, Stage},
};

use crate::{
    OsEntropy, Store, StoreError,
    batch::{Batch, Row},
    engine::Database,
};

/// The setting of the key store that is raised with each change of the secrets.
pub(crate) const SECRETS: &str = "secrets";

/// A secret as it lies in the key store.
pub(crate) struct SecretRow {
    pub name: SecretName,
    pub version: u32,
    pub root: RootNo,
    pub stage: Stage,
    pub made_s: i64,
    pub sealed: Vec<u8>,
}

impl SecretRow {
    /// All of them.
    pub async fn list(rings: &Database) -> Result<Vec<Self>, StoreError> {
        let sql = "SELECT name, version, root, stage, made_s, sealed FROM secret ORDER BY name, version";
        rings.query(sql, Vec::new()).await?.into_iter().map(Self::from_row).collect()
    }

    /// As its columns are in the registry.
    pub fn from_row(mut row: Row) -> Result<Self, StoreError> {
        let unknown = || StoreError::Unusable("the key store has a secret that this program does not know".to_owned());
        let name = SecretName::parse(row.text(0)).ok_or_else(unknown)?;
        let stage = Stage::from_code(row.int(3)).ok_or_else(unknown)?;
        let (version, root) = (version_in(&row, 1), RootNo(u64::try_from(row.int(2)).unwrap_or(0)));
        Ok(Self { name, version, root, stage, made_s: row.int(4), sealed: row.take_blob(5) })
    }

    /// What is in it.
    pub fn open(&self, at: &Installation, root: &RootKey) -> Result<NamedSecret, StoreError> {
        let (named, beside) = ((self.name, self.version), (self.stage, self.made_s));
        Ok(root.open_secret(at, named, beside, &self.sealed)?)
    }
}

/// Opens all of them.
pub(crate) fn open_all(at: &Installation, root: &RootKey, rows: &[SecretRow]) -> Result<Secrets, StoreError> {
    let opened = rows.iter().map(|row| row.open(at, root)).collect::<Result<_, _>>()?;
    Ok(Secrets::new(opened)?)
}

/// Adds a secret, sealed.
pub(crate) fn with_secret(
    batch: Batch,
    at: &Installation,
    root: &RootKey,
    secret: &NamedSecret,
) -> Result<Batch, StoreError> {
    let sealed = root.seal_secret(at, secret, &mut OsEntropy)?;
    let sql = "INSERT INTO secret (name, version, root, stage, made_s, sealed) VALUES ($1, $2, $3, $4, $5, $6)";
    let params = vec![
        secret.name.word().into(),
        secret.version.into(),
        root.no().0.into(),
        u32::from(secret.stage.code()).into(),
        secret.made_s.into(),
        sealed.into(),
    ];
    Ok(batch.one(sql, params))
}

/// The version of a secret in a column.
pub(crate) fn version_in(row: &Row, at: usize) -> u32 {
    u32::try_from(row.int(at)).unwrap_or(0)
}

impl Store {
    /// The root key at hand.
    pub(crate) fn root(&self) -> RootKey {
        self.root.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads the secrets anew, which are in `state` or a later one; with the root key of the sealers when that was replaced.
    pub(crate) async fn fetch_secrets(&self, state: u64) -> Result<(), StoreError> {
        let rows = SecretRow::list(&self.rings).await?;
        let root = self.root_for(&rows)?;
        self.keys.hold_secrets(state, open_all(self.keys.installation(), &root, &rows)?);
        for tag in self.compartments() {
            let log = &self.compartment(tag)?.log;
            log.set_key(self.log_key(&log.name, log.generation)?);
        }
        Ok(())
    }

    /// The root key that seals `rows`.
    pub(crate) fn root_for(&self, rows: &[SecretRow]) -> Result<RootKey, StoreError> {
        let no = root_of(rows)?;
        let held = self.root();
        if held.no() == no {
            return Ok(held);
        }
        let root = pick_root(self.sealers.find()?.roots, no)?;
        *self.root.write().unwrap_or_else(PoisonError::into_inner) = root.clone();
        Ok(root)
    }
}

/// Which root key seals `rows`: one batch seals them all anew.
pub(crate) fn root_of(rows: &[SecretRow]) -> Result<RootNo, StoreError> {
    let none = || StoreError::Unusable("there is no key store, or one of an earlier state of the program".to_owned());
    rows.iter().map(|row| row.root).max().ok_or_else(none)
}

/// The root key number `no`.
pub(crate) fn pick_root(roots: Vec<RootKey>, no: RootNo) -> Result<RootKey, StoreError> {
    let lacks = || StoreError::Unusable(format!("no sealer that answers has the root key number {}", no.0));
    roots.into_iter().find(|root| root.no() == no).ok_or_else(lacks)
}
