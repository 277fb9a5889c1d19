//! What is under an older version of a secret, written anew: buckets with what is in them, and pages of the blind index.

use kepil_domain::vault::{Bucketed, SecretName};

use super::{TRIES_MAX, Turned};
use crate::{
    Store, StoreError,
    batch::{Row, Value},
};

/// How many pages are written in one transaction.
const PAGES: i64 = 128;

impl Store {
    /// Every bucket of rings gets a new key.
    pub(super) async fn replace_rings(&self, version: u32, progress: &Turned<'_>) -> Result<(), StoreError> {
        self.rekey_all(Bucketed::Rings, version, progress).await
    }

    /// Every bucket of marks gets a new key.
    pub(super) async fn replace_marks(&self, version: u32, progress: &Turned<'_>) -> Result<(), StoreError> {
        self.rekey_all(Bucketed::Marks, version, progress).await
    }

    /// A version of the field key goes over all pages.
    pub(super) async fn replace_pages(&self, version: u32, progress: &Turned<'_>) -> Result<(), StoreError> {
        let total = self.count(&self.rings, "SELECT count(*) FROM index_page WHERE secret <= $1", version).await?;
        let mut failed = 0;
        loop {
            let left = self.count_under_older(SecretName::Fields, version).await?;
            progress(total.saturating_sub(left), total);
            // While others write on the pages they are taken one by one.
            let limit = if failed == 0 { PAGES } else { 1 };
            let sql = "SELECT version, epoch, sealed, secret, field, page FROM index_page WHERE secret < $1 ORDER BY field, page LIMIT $2";
            let rows = self.rings.query(sql, vec![version.into(), Value::Int(limit)]).await?;
            if rows.is_empty() {
                return Ok(());
            }
            let mut pages = Vec::with_capacity(rows.len());
            for row in rows {
                let number = |at| u32::try_from(Row::int(&row, at)).unwrap_or(0);
                let at = (number(4), number(5));
                pages.push((at, self.open_page(at, row).await?));
            }
            match self.set_pages(pages).await {
                Err(StoreError::Conflict) if failed < TRIES_MAX => failed += 1,
                done => {
                    done?;
                    failed = 0;
                }
            }
        }
    }

    /// How many rows are under a version of `name` before `version`.
    pub(super) async fn count_under_older(&self, name: SecretName, version: u32) -> Result<u64, StoreError> {
        let buckets = "SELECT count(*) FROM bucket WHERE secret < $1";
        match name {
            SecretName::Rings => self.count(&self.rings, buckets, version).await,
            SecretName::Marks => self.count(&self.contents, buckets, version).await,
            SecretName::Fields => {
                self.count(&self.rings, "SELECT count(*) FROM index_page WHERE secret < $1", version).await
            }
            SecretName::Seals => {
                let sql = "SELECT count(*) FROM ticket WHERE epoch IS NULL AND substr(sealed, 1, 4) < $1";
                let row = self.system.database.find(sql, vec![version.to_be_bytes().into()]).await?;
                Ok(row.map_or(0, |row| u64::try_from(row.int(0)).unwrap_or(0)))
            }
            SecretName::Sectors | SecretName::Ledgers | SecretName::Journals | SecretName::Hashes => Ok(0),
        }
    }

    async fn count(
        &self,
        database: &crate::engine::Database,
        sql: &'static str,
        version: u32,
    ) -> Result<u64, StoreError> {
        let row = database.find(sql, vec![version.into()]).await?;
        Ok(row.map_or(0, |row| u64::try_from(row.int(0)).unwrap_or(0)))
    }
}
